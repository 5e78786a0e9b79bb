//! The one `h1` of a page. Sets the window title, and takes the focus after a change of page so that screen readers and
//! keyboards start there.

use crate::providers::language::{Text, now};
use crate::shared::utils::browser;
use crate::tr;
use leptos::html::H1;
use leptos::prelude::*;

/// Whether a page was shown before: the first page of a visit leaves the focus where the browser puts it.
#[derive(Clone, Copy)]
pub struct Visited(StoredValue<bool>);

impl Visited {
    pub fn provide() {
        provide_context(Self(StoredValue::new(false)));
    }
}

/// Heading of a page.
#[component]
pub fn PageTitle(
    #[prop(into)] title: Text,
    /// A sentence below it.
    #[prop(optional, into)]
    lead: Option<Text>,
) -> AnyView {
    let heading = NodeRef::<H1>::new();
    let visited = use_context::<Visited>();
    heading.on_load(move |element| {
        if visited.is_some_and(|v| v.0.try_update_value(|seen| std::mem::replace(seen, true)) == Some(true)) {
            // After the router has scrolled.
            request_animation_frame(move || browser::focus(&element));
        }
    });
    let window_title = title.clone();
    Effect::new(move |_| browser::set_title(&[&window_title.get(), " · ", now(tr!(brand.name))].concat()));
    view! {
        <div class="page-title">
            <h1 tabindex="-1" node_ref=heading>{title.view()}</h1>
            {lead.map(|lead| view! { <p class="lead">{lead.view()}</p> })}
        </div>
    }
    .into_any()
}
