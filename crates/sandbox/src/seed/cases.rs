//! Cases of the first customer with what was written about them, and articles of the knowledge base.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{AGENT_USER_ID, INTEGRATION_USER_ID};
use crate::clock::salesforce_datetime;
use crate::salesforce::records::{self, Writer};
use crate::salesforce::schema;
use crate::world::store::Txn;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Writes a record without telling the portal: history is no news. The author is put in afterwards, as the flows only
/// speak of what staff write.
fn write(txn: &mut Txn<'_>, name: &str, body: &Value, author: &str, at_ms: i64) -> anyhow::Result<String> {
    let object = schema::find(name).ok_or_else(|| anyhow::anyhow!("no object {name}"))?;
    let body = body.as_object().cloned().unwrap_or_default();
    let writer = Writer { user_id: INTEGRATION_USER_ID.to_owned(), now_ms: at_ms };
    let id =
        records::insert_own(txn, object, &body, &writer).map_err(|error| anyhow::anyhow!("seed: {name}: {error:?}"))?;
    if let Some(mut record) = records::load(txn, object, &id) {
        for field in ["CreatedById", "LastModifiedById"] {
            record.insert(field.to_owned(), json!(author));
        }
        txn.put(object.table, &id, &record);
    }
    Ok(id)
}

fn comment(txn: &mut Txn<'_>, case: &str, body: &str, published: bool, author: &str, at: i64) -> anyhow::Result<()> {
    let body = json!({ "ParentId": case, "CommentBody": body, "IsPublished": published });
    write(txn, "CaseComment", &body, author, at).map(drop)
}

/// Three cases of a customer: one being worked on, one new, one closed.
pub(super) fn plant(txn: &mut Txn<'_>, account: &str, contact: &str, email: &str, now: i64) -> anyhow::Result<()> {
    let at = now - 6 * DAY_MS;
    let slow = json!({
        "AccountId": account, "ContactId": contact, "Subject": "Home internet is slow in the evening", "Origin": "Web",
        "Type": "Internet", "Status": "Working", "Priority": "High", "SuppliedEmail": email, "Topics__c": "Internet",
        "Description": "Between 20:00 and 23:00 pages take several seconds to open.\nIt began last week.",
    });
    let slow = write(txn, "Case", &slow, INTEGRATION_USER_ID, at)?;
    let agent = AGENT_USER_ID;
    comment(
        txn,
        &slow,
        "Thank you for writing. Please send us the result of a speed test at that time.",
        true,
        agent,
        at + HOUR_MS,
    )?;
    comment(
        txn,
        &slow,
        "Exchange shows congestion since the 12th; asked the line operator.",
        false,
        agent,
        at + 2 * HOUR_MS,
    )?;
    comment(txn, &slow, "The result is attached.", true, INTEGRATION_USER_ID, at + DAY_MS)?;
    let file = json!({
        "Title": "Speed test", "PathOnClient": "speed-test.txt", "FirstPublishLocationId": slow,
        "VersionData": STANDARD.encode("21:40\ndown 6.1 Mbit/s\nup 38.4 Mbit/s\nlatency 74 ms\n"),
    });
    write(txn, "ContentVersion", &file, INTEGRATION_USER_ID, at + DAY_MS)?;
    let mail = |subject: &str, body: &str, from: &str, to: &str, incoming: bool, at: i64| {
        json!({
            "ParentId": slow, "Subject": subject, "TextBody": body, "FromAddress": from, "ToAddress": to, "Incoming": incoming,
            "Status": if incoming { "1" } else { "3" }, "MessageDate": salesforce_datetime(at), "IsExternallyVisible": true,
        })
    };
    let support = "support@asagao.example.com";
    let (asked, sent) = (at + 26 * HOUR_MS, at + 28 * HOUR_MS);
    let question = mail("Re: Home internet is slow", "Is there any news?", email, support, true, asked);
    write(txn, "EmailMessage", &question, INTEGRATION_USER_ID, asked)?;
    let answer = "The line operator widens the exchange this week. We write again when that is done.";
    let answer = mail("Re: Home internet is slow", answer, support, email, false, sent);
    write(txn, "EmailMessage", &answer, agent, sent)?;

    let at = now - 5 * HOUR_MS;
    let bill = json!({
        "AccountId": account, "ContactId": contact, "Subject": "請求書の宛名を変更したい", "Origin": "Web", "Type": "Billing",
        "Status": "New", "Priority": "Medium", "SuppliedEmail": email, "Topics__c": "Billing",
        "Description": "来月から会社名で請求書をお願いします。",
    });
    write(txn, "Case", &bill, INTEGRATION_USER_ID, at)?;

    let at = now - 90 * DAY_MS;
    let sim = json!({
        "AccountId": account, "ContactId": contact, "Subject": "When does my SIM card arrive?", "Origin": "Email", "Type": "Delivery",
        "Status": "Closed", "Priority": "Low", "SuppliedEmail": email, "Description": "I ordered it on Monday.", "Topics__c": "Delivery;SIM",
    });
    let sim = write(txn, "Case", &sim, INTEGRATION_USER_ID, at)?;
    comment(txn, &sim, "It was posted today and arrives tomorrow before noon.", true, agent, at + 3 * HOUR_MS)
}

/// Title and summary in English and Japanese, and the name in the address.
const ARTICLES: &[(&str, [&str; 2], [&str; 2])] = &[
    (
        "esim-install",
        ["Install an eSIM", "eSIMを設定する"],
        [
            "Open the camera, read the QR code from the portal and follow your phone. You need Wi-Fi until the line is active.",
            "ポータルのQRコードをカメラで読み取り、画面の案内に従ってください。開通まではWi-Fiが必要です。",
        ],
    ),
    (
        "apn-settings",
        ["APN settings", "APNの設定"],
        [
            "If there is no data after inserting the SIM card, enter the APN by hand: name, user and password are in the portal.",
            "SIMカードを入れてもデータ通信ができないときは、ポータルにあるAPN名・ユーザー名・パスワードを手で入力してください。",
        ],
    ),
    (
        "slow-internet",
        ["Internet is slow", "インターネットが遅い"],
        [
            "Restart the router, test with a cable, and compare the speed in the morning and in the evening before you write to us.",
            "ルーターを再起動し、有線で測定し、朝と夜の速度を比べてからお問い合わせください。",
        ],
    ),
    (
        "invoice-address",
        ["Change the address on invoices", "請求書の住所を変更する"],
        [
            "The address on invoices follows the address in your profile. Invoices that exist already stay as they are.",
            "請求書の住所はプロフィールの住所と同じです。発行済みの請求書は変わりません。",
        ],
    ),
    (
        "number-portability",
        ["Keep your number (MNP)", "番号をそのまま使う（MNP）"],
        [
            "Get a reservation number from your present operator. It must be valid for at least two more days when you order.",
            "現在の事業者からMNP予約番号を取得してください。お申し込み時に有効期限が2日以上残っている必要があります。",
        ],
    ),
];

pub(super) fn articles(txn: &mut Txn<'_>, now: i64) -> anyhow::Result<()> {
    for (at, (url, titles, summaries)) in ARTICLES.iter().enumerate() {
        let number = format!("{:09}", 1_000 + at);
        let published = salesforce_datetime(now - (200 + at as i64) * DAY_MS);
        let article = crate::salesforce::ids::make("kA0", at as u64 + 1);
        for ((language, title), summary) in ["en_US", "ja"].into_iter().zip(titles).zip(summaries) {
            let body = json!({
                "Title": title, "Summary": summary, "UrlName": url, "Language": language, "PublishStatus": "Online", "ArticleNumber": number,
                "KnowledgeArticleId": article, "VersionNumber": 1, "IsLatestVersion": true, "IsVisibleInPkb": true, "IsVisibleInCsp": true,
                "FirstPublishedDate": published, "LastPublishedDate": published, "ArticleTotalViewCount": 0.0,
            });
            write(txn, "KnowledgeArticleVersion", &body, AGENT_USER_ID, now - 200 * DAY_MS)?;
        }
    }
    // Not yet for anyone but its authors.
    let draft = json!({
        "Title": "Internet outage of the north exchange", "Summary": "Draft: what to tell customers.", "UrlName": "north-outage", "Language": "en_US",
        "PublishStatus": "Draft", "ArticleNumber": "000002000", "KnowledgeArticleId": crate::salesforce::ids::make("kA0", 99), "VersionNumber": 1,
        "IsLatestVersion": true, "IsVisibleInPkb": false, "IsVisibleInCsp": false, "ArticleTotalViewCount": 0.0,
    });
    write(txn, "KnowledgeArticleVersion", &draft, AGENT_USER_ID, now - DAY_MS).map(drop)
}
