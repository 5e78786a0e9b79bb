//! The secret of a link in a mail. It stands behind the `#` of the address, which browsers send to nobody.

use crate::components::ui::button::LinkButton;
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::Tr;
use crate::w;
use domain::common::pii::Pii;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The token of the address, when there is one.
pub fn token() -> Memo<Option<String>> {
    let hash = use_location().hash;
    Memo::new(move |_| hash.with(|h| Some(h.trim_start_matches('#').to_owned())).filter(|t| !t.is_empty()))
}

/// The token as requests carry it.
pub fn secret(token: Memo<Option<String>>) -> Pii<String> {
    Pii::new(token.get_untracked().unwrap_or_default())
}

/// For an address without a token: the link was not opened as a whole.
pub fn no_token(title: Tr, href: &'static str, action: Tr) -> AnyView {
    view! {
        <div class="narrow">
            <PageTitle
                title=title
                lead=w!(
                    "Part of the link is missing. Open it from the mail again, or copy all of it into the address bar.",
                    "リンクの一部が欠けています。メールからもう一度開くか、全体をアドレス欄に貼り付けてください。"
                )
            />
            <LinkButton label=action href=href/>
        </div>
    }
    .into_any()
}
