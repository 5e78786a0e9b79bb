//! A question that has to be answered before anything else: the browser's own dialog, which keeps the focus inside and
//! gives it back.

use crate::providers::language::Text;
use leptos::html::Dialog as DialogTag;
use leptos::prelude::*;

/// A modal dialog that is open while `open` holds. Esc and the backdrop's close run `on_close`.
#[component]
pub fn Dialog(
    /// Unique on the page; names the dialog.
    id: &'static str,
    #[prop(into)] title: Text,
    #[prop(into)] open: Signal<bool>,
    on_close: Callback<()>,
    /// Built anew each time it opens.
    children: ChildrenFn,
) -> AnyView {
    let dialog = NodeRef::<DialogTag>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            // It can only fail for a dialog that is open or not on the page.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let closed = move |_| {
        if open.get_untracked() {
            on_close.run(());
        }
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby=id on:close=closed>
            <Show when=move || open.get()>
                <h2 class="card-title" id=id tabindex="-1">{title.view()}</h2>
                {children()}
            </Show>
        </dialog>
    }
    .into_any()
}
