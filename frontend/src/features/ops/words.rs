//! The texts of these pages, and words for stored names and codes.

use crate::components::ui::chip::Tone;
use crate::providers::language::Tr;
pub(super) use crate::w;
use domain::common::text::Language;
use domain::ops::{JobAct, JobState};

/// Words for a stored name; the name itself when this release does not know it.
pub struct Named {
    words: Option<Tr>,
    name: String,
}

impl Named {
    pub fn get(&self, language: Language) -> String {
        self.words.map_or_else(|| self.name.clone(), |words| words.get(language).to_owned())
    }
}

fn named(name: &str, words: Option<Tr>) -> Named {
    Named { words, name: name.to_owned() }
}

pub const fn job_state(state: JobState) -> (Tone, Tr) {
    match state {
        JobState::Ready => (Tone::Busy, w!("Waiting", "待機中")),
        JobState::Leased => (Tone::Busy, w!("Running", "実行中")),
        JobState::Done => (Tone::Good, w!("Done", "完了")),
        JobState::Dead => (Tone::Bad, w!("Dead", "試行回数超過")),
        JobState::Parked => (Tone::Bad, w!("Parked", "保留")),
        JobState::Discarded => (Tone::Off, w!("Given up", "破棄")),
    }
}

pub const fn act_name(act: JobAct) -> Tr {
    match act {
        JobAct::Retry => w!("Retry", "再試行"),
        JobAct::Resume => w!("Resume", "再開"),
        JobAct::Discard => w!("Give up", "破棄"),
    }
}

/// What an act does, for whoever is about to press.
pub const fn act_effect(act: JobAct) -> Tr {
    match act {
        JobAct::Retry => w!(
            "The job goes back to work and its tries are counted anew.",
            "ジョブを作業に戻し、試行回数を数え直します。"
        ),
        JobAct::Resume => w!(
            "The same job goes on. The run looks in the other systems before it sends anything again.",
            "同じジョブを続けます。他のシステムの状態を確認してから送信します。"
        ),
        JobAct::Discard => w!(
            "Before billing has accepted the order: everything is taken back and the order is rejected. Afterwards: the order stays with us.",
            "請求側の受注前：すべて取り消し、注文は却下されます。受注後：注文は要対応のまま残ります。"
        ),
    }
}

/// The steps of a run.
pub fn step(name: &str) -> Named {
    let words = match name {
        "check_order" => w!("Check the order in Salesforce", "Salesforceの注文を確認"),
        "ensure_client" => w!("Find or make the billing client", "請求先の確認・作成"),
        "reserve_line" => w!("Reserve number and SIM", "番号とSIMの確保"),
        "add_billing_order" => w!("Add the billing order", "請求側の注文を登録"),
        "accept_billing_order" => w!("Accept the billing order", "請求側の注文を受注"),
        "open_line" => w!("Open the line", "回線の開通を依頼"),
        "await_line" => w!("Wait until the line works", "開通を待つ"),
        "report_fulfilled" => w!("Report to Salesforce", "Salesforceへ報告"),
        _ => return named(name, None),
    };
    named(name, Some(words))
}

pub fn step_state(state: &str) -> Named {
    let words = match state {
        "todo" => w!("Not yet", "未着手"),
        "intent" => w!("Being sent, no answer recorded", "送信中・結果未記録"),
        "done" => w!("Done", "完了"),
        "refused" => w!("Refused", "拒否"),
        "undone" => w!("Taken back", "取り消し済み"),
        "unclear" => w!("Nobody can tell", "判断できません"),
        _ => return named(state, None),
    };
    named(state, Some(words))
}

/// How a step looks, in the states of the customer's timeline.
pub fn step_look(state: &str) -> &'static str {
    match state {
        "done" => "done",
        "intent" => "checking",
        "refused" | "unclear" => "failed",
        "undone" => "skipped",
        _ => "waiting",
    }
}

/// Why something stopped or waits: a code in a sentence.
pub fn code(code: &str) -> Named {
    let words = match code {
        "needs_attention" => w!("A step stopped; a person decides.", "手順が止まりました。担当者の判断が必要です。"),
        "answer_not_understood" => w!("The answer does not fit its contract.", "応答が取り決めと合いません。"),
        "answer_unknown" => w!(
            "No usable answer came; the run looks before it repeats.",
            "有効な応答がありません。確認してから再送します。"
        ),
        "settling" => w!(
            "The call may still be at work there; the run waits, then looks.",
            "相手側で処理中の可能性があります。待ってから確認します。"
        ),
        "look_up_failed" => {
            w!("The other system could not be asked what was done.", "相手側に結果を確認できませんでした。")
        }
        "unavailable" => w!("The other system does not answer.", "相手側が応答しません。"),
        "denied" => w!("Our credentials were refused.", "認証情報が拒否されました。"),
        "database" => w!("The database did not answer.", "データベースが応答しませんでした。"),
        "waiting" => w!("All is well; it takes its time.", "正常です。処理を待っています。"),
        "customer_busy" => w!("The customer is being opened elsewhere.", "お客様を別の処理で登録中です。"),
        "mail_unconfigured" => w!("No mail server is configured.", "メールサーバーが設定されていません。"),
        "mail_not_reached" | "mail_timeout" => w!("The mail server does not answer.", "メールサーバーが応答しません。"),
        "mail_put_off" => w!("The mail server asks for patience.", "メールサーバーが待機を求めています。"),
        "mail_tls" => w!("The line to the mail server is not safe.", "メールサーバーへの接続が安全ではありません。"),
        "mail_login" => w!("The mail server refused our login.", "メールサーバーへのログインが拒否されました。"),
        "mail_sender_refused" => w!("The mail server refused our address.", "送信元アドレスが拒否されました。"),
        "client_busy" => w!("Another order of the same client is being added.", "同じ顧客の別の注文を登録中です。"),
        "stock_empty" => w!("No free number or card in stock.", "番号またはカードの在庫がありません。"),
        "interrupted" => w!("The attempt was interrupted.", "試行が中断されました。"),
        "worker_crashed" => w!("It ended its worker three times.", "ワーカーが3回停止しました。"),
        "unreadable" => w!("It was written by another release.", "別のバージョンで書かれたジョブです。"),
        "discarded" => w!("Given up by a person.", "担当者が破棄しました。"),
        "rolled_back" => w!("Taken back.", "取り消しました。"),
        "undo_unknown" => {
            w!("Taking it back got no answer; it is repeated.", "取り消しの応答がありません。繰り返します。")
        }
        "order_not_approved" => {
            w!("Salesforce does not call it approved (yet).", "Salesforceでまだ承認されていません。")
        }
        "order_withdrawn" => w!("The order was withdrawn in Salesforce.", "Salesforceで取り下げられました。"),
        "order_changed_in_crm" => {
            w!("Items or prices differ from what was ordered.", "内容または価格が注文時と異なります。")
        }
        "order_already_activated" => w!("Salesforce calls it activated already.", "Salesforceでは有効化済みです。"),
        "order_belongs_to_another" => {
            w!("It belongs to another account in Salesforce.", "Salesforceで別の取引先の注文です。")
        }
        "order_unknown_to_crm" => w!("Salesforce does not know the order.", "Salesforceにこの注文がありません。"),
        "crm_update_refused" => w!("Salesforce refused the report.", "Salesforceが報告を拒否しました。"),
        "billing_client_refused" => w!("Billing refused the client's data.", "請求側が顧客情報を拒否しました。"),
        "billing_client_unknown" => w!("The billing client is not known.", "請求先が不明です。"),
        "billing_email_taken" => {
            w!("Another billing client has this mail address.", "同じメールの請求先が別にあります。")
        }
        "billing_order_refused" => w!("Billing refused the order.", "請求側が注文を拒否しました。"),
        "billing_order_unknown" => w!("The billing order cannot be found.", "請求側の注文が見つかりません。"),
        "billing_order_not_pending" => {
            w!("The billing order is not pending any more.", "請求側の注文は保留状態ではありません。")
        }
        "billing_order_not_cancelled" => {
            w!("Billing did not cancel the order.", "請求側が注文を取り消しませんでした。")
        }
        "billing_not_accepted" => w!("Billing refused to accept the order.", "請求側が受注を拒否しました。"),
        "billing_services_missing" => {
            w!("Billing accepted, but services are missing.", "受注後のサービスが見つかりません。")
        }
        "two_billing_orders" => w!("Two billing orders carry our mark.", "同じ印の注文が2件あります。"),
        "carrier_plan_unknown" => w!("The plan has no code of the carrier.", "通信事業者のプランコードがありません。"),
        "reservation_expired" => {
            w!("The reservation of the kept number has ended.", "引き継ぐ番号のMNP予約番号の期限が切れました。")
        }
        "number_served_already" => {
            w!("The kept number is one of our lines already.", "引き継ぐ番号はすでに自社の回線です。")
        }
        "number_not_accepted" => {
            w!("The carrier does not take the kept number.", "通信事業者が番号の引き継ぎを受け付けません。")
        }
        "line_has_another_eid" => {
            w!("The line under this number belongs to another eSIM.", "この番号の回線は別のeSIMのものです。")
        }
        "line_refused" => w!("The carrier refused to open the line.", "通信事業者が開通を拒否しました。"),
        "line_obsolete" => w!("The carrier calls the line ended.", "通信事業者側で廃止された回線です。"),
        "line_data_missing" => w!("Data for the line is missing.", "回線の情報が不足しています。"),
        "line_not_reserved" => w!("No number is reserved for the line.", "番号が確保されていません。"),
        "line_not_active_in_time" => {
            w!("The carrier took too long to open the line.", "開通に時間がかかりすぎました。")
        }
        "line_unknown_to_carrier" => w!("The carrier does not know the line.", "通信事業者にこの回線がありません。"),
        "replay_position_lost" => w!("Salesforce refused the replay position.", "Salesforceが再生位置を拒否しました。"),
        _ => return named(code, None),
    };
    named(code, Some(words))
}

/// What happened: a fact of the log.
pub fn fact(kind: &str) -> Named {
    let words = match kind {
        "registered" => w!("Signed up", "登録"),
        "signed_in" => w!("Signed in", "ログイン"),
        "signed_out" => w!("Signed out", "ログアウト"),
        "refresh_reused" => w!("Session ended: a token was used twice", "トークン再利用でセッション終了"),
        "linked" => w!("Existing customer signed up", "既存のお客様が登録"),
        "password_reset" => w!("Password set anew by mail", "メールでパスワードを再設定"),
        "email_change_asked" => w!("Change of mail address asked for", "メールアドレス変更の申し込み"),
        "email_change_withdrawn" => w!("Change of mail address taken back", "メールアドレス変更の取り消し"),
        "email_changed" => w!("Mail address changed", "メールアドレスを変更"),
        "mail_refused" => w!("A mail was refused", "メールが拒否されました"),
        "mail_unknown" => w!("A mail may not have arrived", "メールの到達が不明"),
        "billing_link_broken" => w!("Billing has somebody else's record", "請求側の記録が一致しません"),
        "order_placed" => w!("Order placed", "注文"),
        "order_confirmed" => w!("Order confirmed by the customer", "お客様が注文を確定"),
        "order_approved" => w!("Order approved", "注文を承認"),
        "order_rejected" => w!("Order rejected in Salesforce", "Salesforceで却下"),
        "order_active" => w!("Everything works", "利用開始"),
        "order_rolled_back" => w!("Everything taken back", "すべて取り消し"),
        "order_needs_attention" => w!("A person must decide", "担当者の判断が必要"),
        "order_snapshot" => w!("The log begins here", "記録の開始"),
        "run_opened" => w!("Run opened", "処理を開始"),
        "run_resumed" => w!("Run resumed", "処理を再開"),
        "run_state_changed" => w!("State of the run changed", "処理の状態が変化"),
        "run_step_recorded" => w!("Step recorded", "手順を記録"),
        "run_settled_by_hand" => w!("Settled by hand", "手作業で解決"),
        "job_retried" => w!("Job retried", "ジョブを再試行"),
        "job_resumed" => w!("Job resumed", "ジョブを再開"),
        "job_discarded" => w!("Job given up", "ジョブを破棄"),
        "staff_added" => w!("Staff added", "担当者を追加"),
        "staff_removed" => w!("Staff removed", "担当者を削除"),
        "staff_password_changed" => w!("Password of staff changed", "担当者のパスワード変更"),
        _ => return named(kind, None),
    };
    named(kind, Some(words))
}

/// The facts that staff look for, for the filter.
pub const FACTS: [&str; 9] = [
    "job_resumed",
    "job_retried",
    "job_discarded",
    "run_settled_by_hand",
    "order_needs_attention",
    "order_placed",
    "order_approved",
    "order_active",
    "signed_in",
];

pub fn drift(kind: &str) -> Named {
    let words = match kind {
        "missed_approval" => w!("An approval that no event told us", "イベントで届かなかった承認"),
        "approved_without_row" => {
            w!("Approved in Salesforce, unknown to us", "Salesforceで承認済み・ポータルに記録なし")
        }
        "unknown_to_crm" => w!("Our order is unknown to Salesforce", "Salesforceに存在しない注文"),
        "run_without_job" => w!("A run without a job to carry it on", "ジョブのない処理"),
        "active_here_only" => w!("Active here, not in Salesforce", "ポータルのみ有効な注文"),
        _ => return named(kind, None),
    };
    named(kind, Some(words))
}

pub fn provider(name: &str) -> &str {
    match name {
        "salesforce" => "Salesforce",
        "whmcs" => "WHMCS",
        "freebit" => "Freebit",
        other => other,
    }
}

/// A span of time in one unit: `45 s`, `12 min`, `3 h`, `2 d`.
pub fn span(seconds: u64, language: Language) -> String {
    let (amount, unit) = match seconds {
        0..120 => (seconds, w!(" s", " 秒")),
        120..7_200 => (seconds / 60, w!(" min", " 分")),
        7_200..172_800 => (seconds / 3_600, w!(" h", " 時間")),
        _ => (seconds / 86_400, w!(" d", " 日")),
    };
    [&amount.to_string(), unit.get(language)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::orders::fulfilment::{Step, StepState};

    #[test]
    fn every_step_and_state_has_words_in_both_languages() {
        let all = Step::ALL.map(|s| step(s.name())).into_iter().chain(StepState::ALL.map(|s| step_state(s.name())));
        for named in all.chain(FACTS.map(fact)) {
            assert!(named.words.is_some(), "{} has no words", named.name);
            assert_ne!(named.get(Language::En), named.get(Language::Ja));
        }
        assert_eq!(code("from_the_future").get(Language::Ja), "from_the_future", "an unknown code stays a code");
    }

    /// The worker's codes are read from its sources: one without words would be shown to staff as a bare code.
    #[test]
    fn every_code_of_the_worker_has_words() {
        let steps = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/worker/src/provisioning/steps");
        let mut missing = Vec::new();
        let mut seen = 0;
        for entry in std::fs::read_dir(steps).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for before in [
                "Refused(\"",
                "Unclear(\"",
                "Ambiguous(\"",
                "reason: \"",
                "failed(&error, \"",
                "failed_write(&error, \"",
                "failed_repeatable(&error, \"",
            ] {
                for part in text.split(before).skip(1) {
                    let name = part.split('"').next().unwrap();
                    seen += 1;
                    if code(name).words.is_none() {
                        missing.push(name.to_owned());
                    }
                }
            }
        }
        assert!(seen > 30, "{seen}");
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn spans_are_short() {
        for (seconds, text) in [(0, "0 s"), (119, "119 s"), (600, "10 min"), (7_200, "2 h"), (200_000, "2 d")] {
            assert_eq!(span(seconds, Language::En), text);
        }
    }
}
