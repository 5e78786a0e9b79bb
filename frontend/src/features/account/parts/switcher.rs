//! The customer accounts of one person.

use super::super::api;
use crate::components::molecules::form_notices::form_notices;
use crate::components::organisms::roles::role_name;
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::chip::Badge;
use crate::providers::language::{now, text};
use crate::providers::session::use_session;
use crate::providers::toasts::use_toasts;
use crate::shared::hooks::form::Form;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::fill::fill;
use crate::{tr, w};
use domain::people::{OwnAccount, OwnAccounts};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// A card to change between accounts; nothing for who has only one.
pub fn switcher() -> AnyView {
    let accounts = Loader::new(|| Box::pin(api::own_accounts()));
    accounts.ensure();
    let (session, toasts, navigate) = (use_session(), use_toasts(), use_navigate());
    let form = Form::new(&[]);
    let go = Callback::new(move |account: OwnAccount| {
        let navigate = navigate.clone();
        form.run(api::switch_to(account.id), move |reply| {
            session.begin(reply);
            let words = w!("You act for {number} now.", "{number} に切り替えました。");
            toasts.say(untrack(|| fill(now(words), &[("number", &account.number)])));
            navigate("/home", NavigateOptions::default());
        });
    });
    let row = move |account: OwnAccount| {
        let (family, given) = (account.family_name.reveal().clone(), account.given_name.reveal().clone());
        let name = move || fill(now(tr!(auth.full_name)), &[("family", &family), ("given", &given)]);
        let (number, role) = (account.number.clone(), account.role);
        let act = if account.current {
            view! { <Badge label=w!("Shown now", "表示中")/> }.into_any()
        } else {
            view! { <Button label=w!("Switch", "切り替える") weight=Weight::Secondary pending=form.pending() on_press=Callback::new(move |()| go.run(account.clone()))/> }.into_any()
        };
        view! {
            <li class="entry entry-line">
                <div class="entry-main"><p class="entry-title">{name}</p><p class="entry-sub">{number} " · " {text(role_name(role))}</p></div>
                {act}
            </li>
        }
        .into_any()
    };
    let several = move |list: &OwnAccounts| list.customers.len() > 1;
    let card = move || {
        accounts.value().filter(several).map(|list| {
            view! {
                <Card id="accounts" title=w!("Your accounts", "ご利用中のアカウント")>
                    {form_notices(form)}
                    <ul class="entries">{list.customers.into_iter().map(row).collect::<Vec<_>>()}</ul>
                </Card>
            }
        })
    };
    card.into_any()
}
