//! Where toasts appear: a polite live region that is always there.

use crate::components::ui::button::IconButton;
use crate::components::ui::icon::Icon;
use crate::providers::toasts::use_toasts;
use crate::{t, tr};
use leptos::prelude::*;

/// The region. One per page, in the frame.
#[component]
pub fn ToastRegion() -> AnyView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite" aria-label=t!(common.messages)
            on:mouseenter=move |_| toasts.hold(true)
            on:mouseleave=move |_| toasts.hold(false)
            on:focusin=move |_| toasts.hold(true)
            on:focusout=move |_| toasts.hold(false)
        >
            <For each=move || toasts.list() key=|toast| toast.id let:toast>
                <div class="toast">
                    {Icon::Check.view()}
                    <p>{toast.text.view()}</p>
                    <IconButton label=tr!(common.dismiss) icon=Icon::Close
                        on_press=Callback::new(move |()| { toasts.hold(false); toasts.dismiss(toast.id); })/>
                </div>
            </For>
        </div>
    }
    .into_any()
}
