//! A copy of one's data, and the end of the account.

use super::super::parts::verify::use_verifier;
use super::super::{api, words};
use crate::components::molecules::form_notices::form_notices;
use crate::components::molecules::loaded::loaded;
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::checkbox::Checkbox;
use crate::components::ui::notice::{Notice, Urgency};
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{now, tag, text};
use crate::providers::toasts::use_toasts;
use crate::shared::hooks::form::Form;
use crate::shared::hooks::loader::Loader;
use crate::shared::hooks::polling::poll_while;
use crate::shared::utils::fill::fill;
use crate::shared::utils::{browser, format};
use crate::w;
use domain::ErrorCode;
use domain::account::{ClosePlan, CloseState, DataCopy, DataCopyState, Kept, Obstacle};
use leptos::prelude::*;

/// The page `/account/privacy`.
pub fn privacy() -> AnyView {
    view! { {copy_card()} {close_card()} }.into_any()
}

fn copy_card() -> AnyView {
    let loader = Loader::new(|| Box::pin(api::data_copy()));
    let gathering = Signal::derive(move || loader.value().is_some_and(|c| c.state == DataCopyState::Gathering));
    poll_while(gathering, move || loader.reload());
    view! {
        <Card id="copy" title=w!("A copy of your data", "データの写し")>
            <p class="muted">
                {text(w!(
                    "Everything that the portal holds of you and your account, as one file that programs can read. It can be downloaded once.",
                    "ポータルが保有するお客様とアカウントのデータを、1つのファイルにまとめます。ダウンロードは1回限りです。"
                ))}
            </p>
            {loaded(loader, || view! { <Skeleton lines=2/> }.into_any(), move |copy| copy_state(copy, loader))}
        </Card>
    }
    .into_any()
}

fn copy_state(copy: Signal<DataCopy>, loader: Loader<DataCopy>) -> AnyView {
    let verifier = use_verifier();
    let form = Form::new(&[]);
    let ask = move |()| form.run(async move { verifier.guard(api::ask_for_data_copy).await }, move |_| loader.reload());
    let fetch = move |()| {
        form.run(async move { verifier.guard(api::download_data).await }, move |body: String| {
            browser::save_file("my-data.json", "application/json", &body);
            loader.reload();
        });
    };
    let state = Memo::new(move |_| copy.with(|c| c.state));
    let until = move || {
        let at = copy.with(|c| c.expires_at)?;
        Some(fill(
            now(w!("Kept for you until {time}.", "{time}まで保管します。")),
            &[("time", &format::date_time(tag(), at))],
        ))
    };
    let body = move || {
        match state.get() {
        DataCopyState::Gathering => view! {
            <p role="status">{text(w!("We are gathering your data. You may leave this page; a mail tells you when it is ready.", "データを準備しています。このページを離れても構いません。準備ができたらメールでお知らせします。"))}</p>
        }
        .into_any(),
        DataCopyState::Ready => view! {
            <p role="status">{text(w!("Your copy is ready.", "データの準備ができました。"))} " " {until}</p>
            <div class="card-actions"><Button label=w!("Download", "ダウンロード") pending=form.pending() on_press=Callback::new(fetch)/></div>
        }
        .into_any(),
        other => {
            let said = match other {
                DataCopyState::Fetched => Some(w!("You have downloaded the last copy.", "前回のデータはダウンロード済みです。")),
                DataCopyState::Failed => Some(w!("The last copy could not be made. You can ask again.", "前回のデータは作成できませんでした。もう一度お試しください。")),
                _ => None,
            };
            view! {
                {said.map(|words| view! { <p role="status">{text(words)}</p> })}
                <div class="card-actions">
                    <Button label=w!("Ask for a copy", "写しを請求") weight=Weight::Secondary pending=form.pending() on_press=Callback::new(ask)/>
                </div>
            }
            .into_any()
        }
    }
    };
    view! { <div class="card-part">{form_notices(form)} {body}</div> }.into_any()
}

fn close_card() -> AnyView {
    let loader = Loader::new(|| Box::pin(api::close_plan()));
    view! {
        <Card id="close" title=w!("Close the account", "アカウントの解約")>
            {loaded(loader, || view! { <Skeleton lines=4/> }.into_any(), move |plan| close_state(plan, loader))}
        </Card>
    }
    .into_any()
}

fn close_state(plan: Signal<ClosePlan>, loader: Loader<ClosePlan>) -> AnyView {
    let state = Memo::new(move |_| plan.with(|p| (p.state, p.obstacles.clone())));
    let body = move || match state.get() {
        (CloseState::Waiting, _) => keep(plan, loader),
        (CloseState::Open, against) if against.is_empty() => close(loader),
        (CloseState::Open, against) => obstacles(against),
    };
    view! {
        <p class="muted">
            {text(w!(
                "After 14 days the account, the people in it and their sign-ins are deleted. Until then you can change your mind.",
                "14日後に、アカウント・メンバー・ログイン情報を削除します。それまでは取り消せます。"
            ))}
        </p>
        <h3 class="card-part">{text(w!("What stays, because the law asks for it", "法律により保管されるもの"))}</h3>
        <ul class="kept">{move || plan.with(|p| p.kept.iter().copied().map(kept).collect::<Vec<_>>())}</ul>
        {body}
    }
    .into_any()
}

fn kept(kept: Kept) -> AnyView {
    let words = w!("{record}: {years} years ({law})", "{record}：{years}年間（{law}）");
    let line = move || {
        let years = kept.years.to_string();
        fill(
            now(words),
            &[("record", now(words::record(kept.record))), ("years", &years), ("law", now(words::law(kept.reason)))],
        )
    };
    view! { <li>{line}</li> }.into_any()
}

fn obstacles(all: Vec<Obstacle>) -> AnyView {
    let rows = all.into_iter().map(|o| view! { <li>{text(words::obstacle(o))}</li> }).collect::<Vec<_>>();
    view! {
        <div class="card-part">
            <Notice urgency=Urgency::Info title=w!("Not possible yet", "まだ解約できません") text=w!("Before the account can be closed:", "解約の前に、次の点をご確認ください。")>
                <ul class="kept">{rows}</ul>
            </Notice>
        </div>
    }
    .into_any()
}

fn close(loader: Loader<ClosePlan>) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let form = Form::new(&[]);
    let sure = RwSignal::new(false);
    let press = move |()| {
        let ask = async move {
            let outcome = verifier.guard(api::close_account).await;
            // Something stands against it since the page was opened; the plan says what.
            if outcome.as_ref().is_err_and(|f| f.is(ErrorCode::CloseRefused)) {
                loader.reload();
            }
            outcome
        };
        form.run(ask, move |_| {
            toasts.say(w!("The account closes in 14 days.", "アカウントは14日後に解約されます。"));
            loader.reload();
        });
    };
    view! {
        <div class="form card-part">
            {form_notices(form)}
            <Checkbox pointer="#/sure" label=w!("I know that this ends the account for everybody in it", "メンバー全員がこのアカウントを利用できなくなることを理解しました")
                checked=sure on_change=Callback::new(move |on| sure.set(on)) errors=form.errors()/>
            <div class="card-actions">
                <Button label=w!("Close the account", "アカウントを解約") weight=Weight::Secondary pending=form.pending()
                    disabled=Signal::derive(move || !sure.get()) on_press=Callback::new(press)/>
            </div>
        </div>
    }
    .into_any()
}

fn keep(plan: Signal<ClosePlan>, loader: Loader<ClosePlan>) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let form = Form::new(&[]);
    let press = move |()| {
        form.run(async move { verifier.guard(api::keep_account).await }, move |()| {
            toasts.say(w!("The account stays.", "アカウントを継続します。"));
            loader.reload();
        });
    };
    let when = move || {
        let at = plan.with(|p| p.closes_at).map(|at| format::date_time(tag(), at)).unwrap_or_default();
        fill(now(w!("This account closes on {time}.", "このアカウントは{time}に解約されます。")), &[("time", &at)])
    };
    view! {
        <div class="card-part">
            {form_notices(form)}
            <Notice urgency=Urgency::Caution text=Signal::derive(when)>
                <div class="notice-actions"><Button label=w!("Keep the account", "解約を取り消す") pending=form.pending() on_press=Callback::new(press)/></div>
            </Notice>
        </div>
    }
    .into_any()
}
