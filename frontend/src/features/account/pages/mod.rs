//! The pages below `/account`, one frame with places around them.

mod activity;
mod overview;
mod people;
mod privacy;
mod security;
mod sessions;

use super::parts::verify;
use crate::components::organisms::not_found::NotFound;
use crate::components::templates::gate::allowed;
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::{Tr, now, text};
use crate::providers::place::use_place;
use crate::providers::session::use_session;
use crate::{tr, w};
use domain::auth::Right;
use leptos::prelude::*;

/// A page of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Overview,
    Security,
    Sessions,
    People,
    Activity,
    Privacy,
    Unknown,
}

impl Place {
    const LISTED: [Self; 6] =
        [Self::Overview, Self::Security, Self::Sessions, Self::People, Self::Activity, Self::Privacy];

    fn of(path: &str) -> Self {
        Self::LISTED.into_iter().find(|place| place.href() == path).unwrap_or(Self::Unknown)
    }
    const fn href(self) -> &'static str {
        match self {
            Self::Overview | Self::Unknown => "/account",
            Self::Security => "/account/security",
            Self::Sessions => "/account/sessions",
            Self::People => "/account/people",
            Self::Activity => "/account/activity",
            Self::Privacy => "/account/privacy",
        }
    }
    const fn name(self) -> Tr {
        match self {
            Self::Overview | Self::Unknown => tr!(nav.account),
            Self::Security => w!("Security", "セキュリティ"),
            Self::Sessions => w!("Devices", "端末"),
            Self::People => w!("People", "メンバー"),
            Self::Activity => w!("Activity", "操作の記録"),
            Self::Privacy => w!("Privacy", "プライバシー"),
        }
    }
    const fn lead(self) -> Tr {
        match self {
            Self::Overview | Self::Unknown => w!("Who you are, and your mail address.", "お客様情報とメールアドレス。"),
            Self::Security => w!("How you sign in.", "ログインの方法。"),
            Self::Sessions => w!("Where you are signed in.", "ログイン中の端末。"),
            Self::People => w!("Who may do what for this account.", "このアカウントを利用できる方と、その役割。"),
            Self::Activity => {
                w!("What happened on your account, the newest first.", "アカウントの操作の記録（新しい順）。")
            }
            Self::Privacy => w!("Your data, and the end of the account.", "お客様のデータと、アカウントの解約。"),
        }
    }
}

/// The page that the address names.
#[component]
pub fn Account() -> AnyView {
    let session = use_session();
    let verifier = verify::Verifier::provide();
    let shown = use_place();
    let place = Memo::new(move |_| shown.with(Place::of));
    // The page goes when its owner does, before the address of the next one is looked at.
    let page = move || match place.get() {
        Place::Overview => framed(Place::Overview, overview::overview),
        Place::Security => framed(Place::Security, security::security),
        Place::Sessions => framed(Place::Sessions, sessions::sessions),
        Place::People => framed(Place::People, || allowed(Right::ManagePeople, people::people)),
        Place::Activity => framed(Place::Activity, activity::activity),
        Place::Privacy => framed(Place::Privacy, privacy::privacy),
        Place::Unknown => NotFound().into_any(),
    };
    // Staff without a customer account have nobody to manage and nothing to close.
    let listed = move || {
        let (customer, role) = session.me().map_or((false, None), |me| (me.customer_id.is_some(), me.role));
        let may = role.is_some_and(|role| role.may(Right::ManagePeople));
        let theirs = |p: &Place| match p {
            Place::People => may,
            Place::Privacy | Place::Activity => customer,
            _ => true,
        };
        let link = |p: Place| {
            let current = move || (place.get() == p).then_some("page");
            view! { <li><a class="tab" href=p.href() aria-current=current>{text(p.name())}</a></li> }
        };
        Place::LISTED.into_iter().filter(theirs).map(link).collect::<Vec<_>>()
    };
    view! {
        <nav class="account-places" aria-label=move || now(w!("Account pages", "アカウントのページ"))><ul class="tabs">{listed}</ul></nav>
        {page}
        {verify::dialog(verifier)}
    }
    .into_any()
}

fn framed(place: Place, body: fn() -> AnyView) -> AnyView {
    view! {
        <PageTitle title=place.name() lead=place.lead()/>
        <div class="stack narrow-left">{body()}</div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn addresses_lead_to_their_pages() {
        for place in Place::LISTED {
            assert_eq!(Place::of(place.href()), place);
        }
        for unknown in ["/account/x", "/accounts", "/"] {
            assert_eq!(Place::of(unknown), Place::Unknown, "{unknown}");
        }
    }
}
