//! The people of the customer account.

use super::super::api;
use super::super::parts::invite::invite;
use super::super::parts::member::{invitation, member};
use crate::components::molecules::loaded::loaded;
use crate::components::ui::button::Button;
use crate::components::ui::card::Card;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::now;
use crate::providers::session::use_session;
use crate::shared::hooks::loader::Loader;
use crate::w;
use domain::auth::Role;
use domain::people::People;
use domain::subscriptions::Subscription;
use leptos::prelude::*;

/// The page `/account/people`.
pub fn people() -> AnyView {
    let session = use_session();
    let loader = Loader::new(|| Box::pin(api::people()));
    // Names of lines; without them a line is chosen by nobody, but people can still be seen.
    let services = Loader::new(|| Box::pin(api::services()));
    services.ensure();
    let lines: Signal<Vec<Subscription>> =
        Signal::derive(move || services.value().map(|l| l.items).unwrap_or_default());
    let mine = Memo::new(move |_| session.me().and_then(|me| me.role).unwrap_or(Role::LineUser));
    let inviting = RwSignal::new(false);
    let changed = Callback::new(move |()| loader.reload());
    let body = move |list: Signal<People>| {
        let members =
            move || list.get().people.into_iter().map(|m| member(mine.get(), m, lines, changed)).collect::<Vec<_>>();
        view! { <ul class="entries" aria-label=move || now(w!("Members", "メンバー"))>{members}</ul> }.into_any()
    };
    let waiting = move || {
        let invitations = loader.value().map(|l| l.invitations).unwrap_or_default();
        (!invitations.is_empty()).then(|| {
            let rows = invitations.into_iter().map(|i| invitation(mine.get(), i, lines, changed)).collect::<Vec<_>>();
            view! { <Card id="invitations" title=w!("Invitations", "招待")><ul class="entries">{rows}</ul></Card> }
        })
    };
    let new = move || {
        if inviting.get() {
            let done = Callback::new(move |()| {
                inviting.set(false);
                loader.reload();
            });
            let cancel = Callback::new(move |()| inviting.set(false));
            view! {
                <Card id="invite" title=w!("Invite somebody", "メンバーを招待")>{invite(mine.get_untracked(), lines, done, cancel)}</Card>
            }
            .into_any()
        } else {
            view! { <div><Button label=w!("Invite somebody", "メンバーを招待") on_press=Callback::new(move |()| inviting.set(true))/></div> }
                .into_any()
        }
    };
    view! {
        {new}
        <Card id="members" title=w!("Members", "メンバー")>
            {loaded(loader, || view! { <Skeleton lines=4/> }.into_any(), body)}
        </Card>
        {waiting}
    }
    .into_any()
}
