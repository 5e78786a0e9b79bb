//! Who is signed in, and the way out.

use crate::components::molecules::failure_text;
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::card::{Card, fact};
use crate::components::ui::icon::Icon;
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::now;
use crate::providers::session::use_session;
use crate::providers::toasts::use_toasts;
use crate::tr;
use domain::auth::Me;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The page `/account`.
#[component]
pub fn Account() -> AnyView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let pending = RwSignal::new(false);
    let sign_out = Callback::new(move |()| {
        let navigate = navigate.clone();
        pending.set(true);
        spawn_local(async move {
            let outcome = session.end().await;
            navigate("/", NavigateOptions::default());
            match outcome {
                Ok(()) => toasts.say(tr!(auth.signed_out)),
                Err(failure) => toasts.say(failure_text::title(&failure)),
            }
        });
    });
    view! {
        <PageTitle title=tr!(nav.account)/>
        <div class="stack narrow-left">
            <Card id="who" title=tr!(auth.who)>
                <dl class="facts">{move || session.me().map(|me| facts(&me))}</dl>
            </Card>
            <Card id="security" title=tr!(auth.security)>
                <p class="muted">{crate::t!(auth.sign_out_text)}</p>
                <div class="card-actions">
                    <Button label=tr!(auth.sign_out) weight=Weight::Secondary icon=Icon::SignOut pending=pending on_press=sign_out/>
                </div>
            </Card>
        </div>
    }
    .into_any()
}

fn facts(me: &Me) -> Vec<AnyView> {
    let (family, given) = (me.family_name.reveal().clone(), me.given_name.reveal().clone());
    let name =
        move || crate::shared::utils::fill::fill(now(tr!(auth.full_name)), &[("family", &family), ("given", &given)]);
    let customer = me.customer_number.clone();
    let mut facts = vec![
        fact(tr!(auth.name).into(), name.into_any()),
        fact(tr!(form.email).into(), me.email.reveal().clone().into_any()),
    ];
    facts.extend(customer.map(|number| fact(tr!(auth.customer_number).into(), number.into_any())));
    facts
}
