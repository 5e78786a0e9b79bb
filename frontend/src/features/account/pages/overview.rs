//! Who is signed in, and the way out.

use super::super::parts::email_change::email_change;
use super::super::parts::switcher::switcher;
use crate::components::molecules::failure_text;
use crate::components::organisms::roles::{role_name, role_text};
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::card::{Card, fact};
use crate::components::ui::icon::Icon;
use crate::providers::language::{now, text};
use crate::providers::session::use_session;
use crate::providers::toasts::use_toasts;
use crate::shared::utils::fill::fill;
use crate::{tr, w};
use domain::auth::Me;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The page `/account`.
pub fn overview() -> AnyView {
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
        {switcher()}
        <Card id="who" title=tr!(auth.who)>
            <dl class="facts">{move || session.me().map(|me| facts(&me))}</dl>
        </Card>
        {email_change()}
        <Card id="leave" title=tr!(auth.sign_out)>
            <p class="muted">{crate::t!(auth.sign_out_text)}</p>
            <div class="card-actions">
                <Button label=tr!(auth.sign_out) weight=Weight::Secondary icon=Icon::SignOut pending=pending on_press=sign_out/>
            </div>
        </Card>
    }
    .into_any()
}

fn facts(me: &Me) -> Vec<AnyView> {
    let (family, given) = (me.family_name.reveal().clone(), me.given_name.reveal().clone());
    let name = move || fill(now(tr!(auth.full_name)), &[("family", &family), ("given", &given)]);
    let mut facts = vec![fact(tr!(auth.name).into(), name.into_any())];
    facts.extend(me.customer_number.clone().map(|number| fact(tr!(form.customer_number).into(), number.into_any())));
    facts.extend(me.role.map(|role| {
        let words = view! { {text(role_name(role))} <span class="entry-sub">{text(role_text(role))}</span> };
        fact(w!("Your role", "役割").into(), words.into_any())
    }));
    facts
}
