//! The customer record in billing: a broken link is explained, and repaired with one press.

use super::api;
use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::ui::button::Button;
use crate::components::ui::notice::{Notice, Urgency};
use crate::providers::session::use_session;
use crate::providers::toasts::use_toasts;
use crate::shared::api::access;
use crate::shared::hooks::form::Form;
use crate::shared::hooks::polling::poll_while;
use crate::w;
use domain::auth::BillingLink;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A notice when billing does not know the customer (yet); nothing otherwise.
pub fn billing_link() -> AnyView {
    let (session, toasts) = (use_session(), use_toasts());
    // What was asked for since, else what was known at sign-in.
    let asked = RwSignal::new(None::<BillingLink>);
    let state = Memo::new(move |_| asked.get().or_else(|| session.me().and_then(|me| me.billing_link)));
    let form = Form::new(&[]);
    poll_while(Signal::derive(move || state.get() == Some(BillingLink::Opening)), move || {
        spawn_local(async move {
            if let Ok(now) = api::billing_link().await {
                if now.state == BillingLink::Linked {
                    toasts.say(w!("Your bills are connected.", "請求との連携が完了しました。"));
                    access::refresh().await;
                }
                asked.try_set(Some(now.state));
            }
        });
    });
    let repair = move |()| form.run(api::repair_billing_link(), move |()| asked.set(Some(BillingLink::Opening)));
    let view = move || {
        match state.get()? {
        BillingLink::Broken => Some(
            view! {
                <Notice urgency=Urgency::Caution
                    title=w!("Your bills are not connected", "請求情報と連携されていません")
                    text=w!(
                        "Billing does not find your customer record, so services and bills may be missing here. Nothing is lost and nothing is charged twice.",
                        "請求システムでお客様の情報が見つからないため、サービスや請求が表示されないことがあります。情報が失われたり、二重に請求されることはありません。"
                    )>
                    <div class="notice-actions">
                        <Button label=w!("Repair the connection", "連携を修復") pending=form.pending() on_press=Callback::new(repair)/>
                    </div>
                    {move || form.failure().map(|f| view! { <FailurePanel failure=f/> })}
                </Notice>
            }
            .into_any(),
        ),
        BillingLink::Opening => Some(
            view! {
                <Notice urgency=Urgency::Info
                    title=w!("Your account is being opened in billing", "請求用のアカウントを準備しています")
                    text=w!("This takes a minute at most and settles by itself. You can order already.", "1分ほどで自動的に完了します。注文はすぐにご利用いただけます。")/>
            }
            .into_any(),
        ),
        BillingLink::Linked | BillingLink::Unknown => None,
    }
    };
    view.into_any()
}
