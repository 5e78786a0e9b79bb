//! What a person does about a stopped job or run: a reason, then one of the acts that are possible now.

use super::super::api;
use super::super::words::{act_effect, act_name, job_state, w};
use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::icon::Icon;
use crate::providers::language::{Tr, language, now, text};
use crate::providers::toasts::use_toasts;
use crate::shared::api::failure::Failure;
use domain::ops::schema::reason as rule;
use domain::ops::{HandOutcome, JobAct, JobState};
use domain::{ErrorCode, OrderId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

/// One thing that can be done.
#[derive(Clone, PartialEq, Eq)]
pub enum Act {
    Job(Uuid, JobAct),
    /// Every dead job of this kind; so many there are.
    RetryDead(String, u64),
    Settle(OrderId, HandOutcome),
}

impl Act {
    const fn name(&self) -> Tr {
        match self {
            Self::Job(_, act) => act_name(*act),
            Self::RetryDead(..) => w!("Retry all", "すべて再試行"),
            Self::Settle(_, HandOutcome::Active) => w!("It works: settle", "利用可能として解決"),
            Self::Settle(_, HandOutcome::Rejected) => w!("Taken back: settle", "取り消し済みとして解決"),
        }
    }
    const fn effect(&self) -> Tr {
        match self {
            Self::Job(_, act) => act_effect(*act),
            Self::RetryDead(..) => w!(
                "All of them go back to work and their tries are counted anew; each is written to the log.",
                "すべて作業に戻し、試行回数を数え直します。それぞれ記録されます。"
            ),
            Self::Settle(_, HandOutcome::Active) => w!(
                "You have looked: every ordered service works. Nothing is sent; the order becomes active.",
                "注文のサービスがすべて利用できることを確認済みの場合。何も送信せず、注文は有効になります。"
            ),
            Self::Settle(_, HandOutcome::Rejected) => w!(
                "You have taken everything back in billing and at the carrier. Nothing is sent; the order is rejected.",
                "請求側と通信事業者の登録をすべて取り消した場合。何も送信せず、注文は却下されます。"
            ),
        }
    }
    async fn carry_out(self, reason: String) -> Result<(), Failure> {
        match self {
            Self::Job(id, act) => api::act(id, act, reason).await,
            Self::RetryDead(kind, _) => api::retry_dead(kind, reason).await,
            Self::Settle(id, outcome) => api::settle(id, outcome, reason).await,
        }
    }
}

/// A field for the reason and a button for each act. `id` makes the field's id unique on the page.
pub fn acts(id: &str, possible: Vec<Act>, on_done: Callback<()>) -> AnyView {
    let toasts = use_toasts();
    let field = ["reason-", id].concat();
    let hint = [&field, "-hint"].concat();
    let described = [&hint, " ", &field, "-error"].concat();
    let (reason, pending) = (RwSignal::new(String::new()), RwSignal::new(false));
    let missing = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let focus = field.clone();
    let press = Callback::new(move |act: Act| {
        if pending.get_untracked() {
            return;
        }
        failure.set(None);
        missing.set(rule(&reason.get_untracked()).is_err());
        if missing.get_untracked() {
            crate::shared::utils::browser::focus_id(&focus);
            return;
        }
        pending.set(true);
        spawn_local(async move {
            match act.carry_out(reason.get_untracked().trim().to_owned()).await {
                Ok(()) => {
                    toasts.say(w!("Done, and written to the log.", "完了し、記録しました。"));
                    reason.try_set(String::new());
                }
                Err(refused) => {
                    failure.try_set(Some(refused));
                }
            }
            pending.try_set(false);
            on_done.run(());
        });
    });
    let button = move |(place, act): (usize, Act)| {
        let weight = if place == 0 { Weight::Primary } else { Weight::Secondary };
        let (name, effect) = (act.name(), act.effect());
        let jobs = match &act {
            Act::RetryDead(kind, jobs) => Some(view! { <code>{format!("{jobs} × {kind}")}</code> }),
            Act::Job(..) | Act::Settle(..) => None,
        };
        let on_press = Callback::new(move |()| press.run(act.clone()));
        view! {
            <li class="act">
                <Button label=name weight=weight pending=pending on_press=on_press/>
                <p class="muted">{jobs} " " {text(effect)}</p>
            </li>
        }
        .into_any()
    };
    view! {
        <div class="field">
            <div class="field-label"><label for=field.clone()>{text(w!("Reason", "理由"))}</label></div>
            <p class="field-hint" id=hint>
                {text(w!("Kept for ever in the log. No customer's name, address or number.", "記録に永久に残ります。お客様の氏名・住所・番号は書かないでください。"))}
            </p>
            <textarea class="input" id=field.clone() rows="2" maxlength="500" aria-required="true"
                aria-describedby=described
                aria-invalid=move || missing.get().then_some("true")
                prop:value=move || reason.get()
                on:input=move |event| { reason.set(event_target_value(&event)); missing.set(false); }></textarea>
            <p class="field-error" id=[&field, "-error"].concat()>
                {move || missing.get().then(|| view! {
                    {Icon::Alert.view()}
                    <span>{text(w!("Say why, in 3 to 500 characters.", "理由を3〜500文字で入力してください。"))}</span>
                })}
            </p>
        </div>
        {move || failure.get().map(refused)}
        <ul class="acts">{possible.into_iter().enumerate().map(button).collect::<Vec<_>>()}</ul>
    }
    .into_any()
}

/// Why nothing was done. What only acts of staff answer with has words of its own.
fn refused(failure: Failure) -> AnyView {
    let words: Tr = if failure.is(ErrorCode::JobStateChanged) {
        w!(
            "Somebody was faster. Nothing was done; below is how it stands now:",
            "先に操作されたため、何も実行していません。現在の状態："
        )
    } else if failure.is(ErrorCode::RunUndecided) {
        w!(
            "Nothing was done: it is not known whether the last call was carried out. Resume it, or put it right by hand and settle it.",
            "最後の呼び出しの結果が不明なため、何も実行していません。再開するか、手作業で解決してください。"
        )
    } else {
        return view! { <FailurePanel failure=failure/> }.into_any();
    };
    let state = failure.errors.first().and_then(|e| JobState::from_name(&e.code));
    view! {
        <div class="notice notice-problem" role="alert">
            {Icon::Alert.view()}
            <div class="notice-body">
                <p class="notice-title">
                    {text(words)} " "
                    {move || state.map(|s| now(job_state(s).1)).filter(|_| { language(); true })}
                </p>
            </div>
        </div>
    }
    .into_any()
}
