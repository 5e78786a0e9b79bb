//! What mails say, in both languages. One arm per mail, so that the compiler asks for both texts of a new one.

use domain::Timestamp;
use domain::common::paths;
use domain::common::pii::Pii;
use domain::common::text::Language;
use platform::store::mails::{FactorChange, MailFields, MailTemplate};

/// A mail's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// `en` or `ja`.
    pub lang: &'static str,
    pub subject: String,
    pub lines: Vec<Line>,
}

/// A paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Words(String),
    Link { label: String, url: String },
}

/// Words of one language: subject, what happened, the label of the link, what else must be said.
struct Said {
    subject: String,
    before: Vec<String>,
    label: &'static str,
    after: Vec<&'static str>,
}

/// What a mail says. `base` is the public address of the portal.
pub fn text(template: MailTemplate, language: Language, fields: &MailFields, base: &str) -> Text {
    let said = match language {
        Language::En => english(template, fields),
        Language::Ja => japanese(template, fields),
    };
    let mut lines: Vec<Line> = said.before.into_iter().map(Line::Words).collect();
    if let Some(url) = link(template, fields, base) {
        lines.push(Line::Link { label: said.label.to_owned(), url });
    }
    lines.extend(said.after.into_iter().map(|words| Line::Words(words.to_owned())));
    let lang = match language {
        Language::En => "en",
        Language::Ja => "ja",
    };
    Text { lang, subject: said.subject, lines }
}

/// Where the mail leads. A token travels as the fragment, which browsers send to nobody.
fn link(template: MailTemplate, fields: &MailFields, base: &str) -> Option<String> {
    let base = base.trim_end_matches('/');
    let with_token = |page: &str| fields.token.as_ref().map(|token| format!("{base}{page}#{}", token.reveal()));
    match template {
        MailTemplate::ConfirmSignUp => with_token(paths::PAGE_CONFIRM),
        MailTemplate::LinkAccount => with_token(paths::PAGE_LINK),
        MailTemplate::PasswordReset => with_token(paths::PAGE_RESET),
        MailTemplate::EmailConfirmOld | MailTemplate::EmailConfirmNew => with_token(paths::PAGE_EMAIL),
        MailTemplate::Invitation => with_token(paths::PAGE_INVITATION),
        MailTemplate::AccountExists
        | MailTemplate::PasswordChanged
        | MailTemplate::EmailChanged
        | MailTemplate::SessionReused
        | MailTemplate::NewDevice
        | MailTemplate::SecondFactorChanged
        | MailTemplate::DataReady
        | MailTemplate::AccountClosing => Some(format!("{base}/")),
    }
}

fn shown(field: Option<&Pii<String>>) -> &str {
    // One line: what a person typed must not look like a paragraph of ours.
    field.and_then(|text| text.reveal().lines().next()).unwrap_or("–")
}

/// `2026-01-31 10:00`, Japan time, which needs no time-zone table: +9 hours all year.
fn time(at: Option<Timestamp>) -> String {
    let Some(at) = at else { return "–".to_owned() };
    let minutes = at.plus_seconds(9 * 3600).millis().div_euclid(60_000).rem_euclid(1_440);
    format!("{} {:02}:{:02}", at.date_in_japan(), minutes / 60, minutes % 60)
}

const NOT_YOU_EN: &str = "If this was not you, change your password at once and end all other sessions under Security.";
const NOT_YOU_JA: &str =
    "お心当たりがない場合は、すぐにパスワードを変更し、「セキュリティ」からほかのセッションを終了してください。";
const NOTHING_EN: &str = "If you did not ask for this, do nothing: without the link nothing happens.";
const NOTHING_JA: &str = "お心当たりがない場合は何もしないでください。リンクを開かなければ何も起こりません。";
const DAY_EN: &str = "The link works once and for 24 hours.";
const DAY_JA: &str = "リンクは1回だけ、24時間以内に使えます。";
const OPEN_EN: &str = "Open the portal";
const OPEN_JA: &str = "ポータルを開く";

fn english(template: MailTemplate, fields: &MailFields) -> Said {
    let said =
        |subject: &str, before: Vec<String>, label, after| Said { subject: subject.to_owned(), before, label, after };
    match template {
        MailTemplate::ConfirmSignUp => said(
            "Confirm your mail address",
            vec!["Thank you for signing up. Open this link to confirm your mail address and finish.".to_owned()],
            "Confirm the mail address",
            vec![DAY_EN, "If you did not sign up, do not open the link: without it no account is made."],
        ),
        MailTemplate::AccountExists => said(
            "You already have an account",
            vec!["Somebody wanted to use this mail address for an account. It already has one, so nothing was changed.".to_owned()],
            OPEN_EN,
            vec!["If it was you: sign in, or ask for a new password on the sign-in page."],
        ),
        MailTemplate::LinkAccount => said(
            "Set up access to your contract",
            vec!["Your customer number and mail address were entered at our portal. Open this link to set a password.".to_owned()],
            "Set a password",
            vec![DAY_EN, NOTHING_EN],
        ),
        MailTemplate::PasswordReset => said(
            "Set a new password",
            vec!["A new password was asked for. Open this link to set it. All sessions end when you do.".to_owned()],
            "Set a new password",
            vec!["The link works once and for one hour.", "If you did not ask for this, do nothing: your password stays as it is."],
        ),
        MailTemplate::PasswordChanged => said(
            "Your password was changed",
            vec!["The password of your account was changed.".to_owned()],
            OPEN_EN,
            vec!["If this was not you, ask for a new password on the sign-in page at once."],
        ),
        MailTemplate::EmailConfirmOld => said(
            "May your mail address be changed?",
            vec![
                format!("Your account is to use the mail address {} from now on.", shown(fields.email.as_ref())),
                "Open this link if you want that. The link in the mail to the new address must be opened too.".to_owned(),
            ],
            "Agree to the change",
            vec![DAY_EN, NOT_YOU_EN],
        ),
        MailTemplate::EmailConfirmNew => said(
            "Confirm your new mail address",
            vec![
                "An account at our portal is to use this mail address. Open this link if it is yours.".to_owned(),
                "The link in the mail to the present address must be opened too.".to_owned(),
            ],
            "Confirm the mail address",
            vec![DAY_EN, NOTHING_EN],
        ),
        MailTemplate::EmailChanged => said(
            "Your mail address was changed",
            vec![format!("Your account uses the mail address {} from now on. Sign in with it.", shown(fields.email.as_ref()))],
            OPEN_EN,
            vec!["If this was not you, call our support at once."],
        ),
        MailTemplate::SessionReused => said(
            "A session was ended for your safety",
            vec!["A sign-in token of your account was used a second time. Somebody may have a copy of it, so we have ended that session everywhere.".to_owned()],
            OPEN_EN,
            vec!["Sign in again. If you see this more often, change your password."],
        ),
        MailTemplate::NewDevice => said(
            "Sign-in from a new device",
            vec![format!(
                "Your account was signed in to from a device that we had not seen before: {}, network {}, {} (Japan time).",
                fields.device.as_deref().unwrap_or("–"),
                fields.address.as_deref().unwrap_or("–"),
                time(fields.at)
            )],
            OPEN_EN,
            vec![NOT_YOU_EN],
        ),
        MailTemplate::SecondFactorChanged => said(
            "Your sign-in protection was changed",
            vec![match fields.what {
                Some(FactorChange::TotpOn) => "Codes of an authenticator app are asked for from now on.",
                Some(FactorChange::TotpOff) => "Codes of an authenticator app are no longer asked for.",
                Some(FactorChange::RecoveryCodesRenewed) => "New recovery codes were made; the old ones no longer work.",
                Some(FactorChange::RecoveryCodeUsed) => "A recovery code was used to sign in. It does not work again.",
                Some(FactorChange::PasskeyAdded) => "A passkey was added.",
                Some(FactorChange::PasskeyRemoved) => "A passkey was removed.",
                None => "A second factor was changed.",
            }
            .to_owned()],
            OPEN_EN,
            vec![NOT_YOU_EN],
        ),
        MailTemplate::Invitation => said(
            "You are invited",
            vec![format!("{} invites you to use their account at our portal.", shown(fields.customer.as_ref()))],
            "Accept the invitation",
            vec!["The link works once and for seven days.", NOTHING_EN],
        ),
        MailTemplate::DataReady => said(
            "Your data is ready",
            vec![format!("The copy of your data can be fetched until {} (Japan time), once.", time(fields.until))],
            OPEN_EN,
            vec![NOT_YOU_EN],
        ),
        MailTemplate::AccountClosing => said(
            "Your account is being closed",
            vec![format!("Your account will be closed. Until {} (Japan time) you can take that back after signing in.", time(fields.until))],
            OPEN_EN,
            vec![NOT_YOU_EN],
        ),
    }
}

fn japanese(template: MailTemplate, fields: &MailFields) -> Said {
    let said =
        |subject: &str, before: Vec<String>, label, after| Said { subject: subject.to_owned(), before, label, after };
    match template {
        MailTemplate::ConfirmSignUp => said(
            "メールアドレスの確認",
            vec!["お申し込みありがとうございます。次のリンクを開いてメールアドレスを確認し、登録を完了してください。".to_owned()],
            "メールアドレスを確認する",
            vec![DAY_JA, "お心当たりがない場合はリンクを開かないでください。開かなければアカウントは作成されません。"],
        ),
        MailTemplate::AccountExists => said(
            "すでにアカウントをお持ちです",
            vec!["このメールアドレスでアカウントの登録が試みられました。すでにアカウントがあるため、何も変更していません。".to_owned()],
            OPEN_JA,
            vec!["ご本人の場合は、ログインするか、ログイン画面からパスワードを再設定してください。"],
        ),
        MailTemplate::LinkAccount => said(
            "ご契約のオンライン利用の設定",
            vec!["ポータルでお客さま番号とメールアドレスが入力されました。次のリンクを開いてパスワードを設定してください。".to_owned()],
            "パスワードを設定する",
            vec![DAY_JA, NOTHING_JA],
        ),
        MailTemplate::PasswordReset => said(
            "パスワードの再設定",
            vec!["パスワードの再設定が申し込まれました。次のリンクを開いて設定してください。設定するとすべてのセッションが終了します。".to_owned()],
            "新しいパスワードを設定する",
            vec!["リンクは1回だけ、1時間以内に使えます。", "お心当たりがない場合は何もしないでください。パスワードは変わりません。"],
        ),
        MailTemplate::PasswordChanged => said(
            "パスワードが変更されました",
            vec!["アカウントのパスワードが変更されました。".to_owned()],
            OPEN_JA,
            vec!["お心当たりがない場合は、すぐにログイン画面からパスワードを再設定してください。"],
        ),
        MailTemplate::EmailConfirmOld => said(
            "メールアドレス変更の確認",
            vec![
                format!("アカウントのメールアドレスを {} に変更する申し込みがありました。", shown(fields.email.as_ref())),
                "変更する場合は次のリンクを開いてください。新しいアドレスに届くメールのリンクも開く必要があります。".to_owned(),
            ],
            "変更に同意する",
            vec![DAY_JA, NOT_YOU_JA],
        ),
        MailTemplate::EmailConfirmNew => said(
            "新しいメールアドレスの確認",
            vec![
                "ポータルのアカウントでこのメールアドレスを使う申し込みがありました。ご本人の場合は次のリンクを開いてください。".to_owned(),
                "現在のアドレスに届くメールのリンクも開く必要があります。".to_owned(),
            ],
            "メールアドレスを確認する",
            vec![DAY_JA, NOTHING_JA],
        ),
        MailTemplate::EmailChanged => said(
            "メールアドレスが変更されました",
            vec![format!("アカウントのメールアドレスが {} に変更されました。今後はこのアドレスでログインしてください。", shown(fields.email.as_ref()))],
            OPEN_JA,
            vec!["お心当たりがない場合は、すぐにサポートへお電話ください。"],
        ),
        MailTemplate::SessionReused => said(
            "安全のためセッションを終了しました",
            vec!["アカウントのログイン情報が二重に使われました。第三者が複製を持っている可能性があるため、そのセッションをすべて終了しました。".to_owned()],
            OPEN_JA,
            vec!["もう一度ログインしてください。繰り返し届く場合はパスワードを変更してください。"],
        ),
        MailTemplate::NewDevice => said(
            "新しい端末からのログイン",
            vec![format!(
                "これまでにない端末からログインがありました。端末: {}、ネットワーク: {}、日時: {}（日本時間）",
                fields.device.as_deref().unwrap_or("–"),
                fields.address.as_deref().unwrap_or("–"),
                time(fields.at)
            )],
            OPEN_JA,
            vec![NOT_YOU_JA],
        ),
        MailTemplate::SecondFactorChanged => said(
            "ログインの保護が変更されました",
            vec![match fields.what {
                Some(FactorChange::TotpOn) => "今後は認証アプリのコードが必要になります。",
                Some(FactorChange::TotpOff) => "認証アプリのコードは不要になりました。",
                Some(FactorChange::RecoveryCodesRenewed) => "新しいリカバリーコードが作成されました。以前のコードは使えません。",
                Some(FactorChange::RecoveryCodeUsed) => "リカバリーコードでログインがありました。そのコードはもう使えません。",
                Some(FactorChange::PasskeyAdded) => "パスキーが追加されました。",
                Some(FactorChange::PasskeyRemoved) => "パスキーが削除されました。",
                None => "二段階認証の設定が変更されました。",
            }
            .to_owned()],
            OPEN_JA,
            vec![NOT_YOU_JA],
        ),
        MailTemplate::Invitation => said(
            "ポータルへの招待",
            vec![format!("{} さまのアカウントの利用に招待されました。", shown(fields.customer.as_ref()))],
            "招待を受ける",
            vec!["リンクは1回だけ、7日以内に使えます。", NOTHING_JA],
        ),
        MailTemplate::DataReady => said(
            "データの準備ができました",
            vec![format!("お客さまのデータの写しを {}（日本時間）まで、1回だけ取得できます。", time(fields.until))],
            OPEN_JA,
            vec![NOT_YOU_JA],
        ),
        MailTemplate::AccountClosing => said(
            "アカウントの閉鎖",
            vec![format!("アカウントを閉鎖します。{}（日本時間）までは、ログインして取り消すことができます。", time(fields.until))],
            OPEN_JA,
            vec![NOT_YOU_JA],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_is_whole_in_both_languages_and_its_token_only_in_a_fragment() {
        let token = "t".repeat(43);
        let fields = MailFields {
            token: Some(Pii::new(token.clone())),
            email: Some(Pii::new("new@example.com".to_owned())),
            until: Some(Timestamp(1_800_000_000_000)),
            ..MailFields::default()
        };
        for template in MailTemplate::ALL {
            let [en, ja] = [Language::En, Language::Ja].map(|l| text(template, l, &fields, "https://portal.example/"));
            assert_ne!(en.subject, ja.subject, "{template:?}");
            assert!(en.subject.is_ascii() && !ja.subject.is_ascii(), "{template:?}");
            for said in [en, ja] {
                let urls: Vec<&String> = said
                    .lines
                    .iter()
                    .filter_map(|l| if let Line::Link { url, .. } = l { Some(url) } else { None })
                    .collect();
                assert_eq!(urls.len(), 1, "{template:?}");
                let (before, fragment) = urls[0].split_once('#').unwrap_or((urls[0], ""));
                assert!(before.starts_with("https://portal.example/") && !before.contains(&token), "{template:?}");
                assert!(fragment.is_empty() || fragment == token);
                let words = said.lines.iter().filter(|l| matches!(l, Line::Words(w) if w.contains(&token))).count();
                assert_eq!(words, 0, "{template:?}");
            }
        }
    }

    #[test]
    fn times_are_those_of_japan() {
        // 2027-01-15 08:00 UTC.
        assert_eq!(time(Some(Timestamp(1_800_000_000_000))), "2027-01-15 17:00");
        assert_eq!(time(Some(Timestamp(1_800_028_800_000))), "2027-01-16 01:00");
    }
}
