//! Buttons act, links go somewhere; both can look the same.

use super::icon::Icon;
use crate::providers::language::Text;
use crate::tr;
use leptos::prelude::*;

/// How much weight an act has. One `Primary` per view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    #[default]
    Primary,
    Secondary,
    Quiet,
}

impl Weight {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "btn btn-primary",
            Self::Secondary => "btn btn-secondary",
            Self::Quiet => "btn btn-quiet",
        }
    }
}

/// A button. While pending or disabled it keeps the focus and does nothing.
#[component]
pub fn Button(
    #[prop(into)] label: Text,
    #[prop(optional)] weight: Weight,
    /// Sends the form it stands in; then `on_press` is not needed.
    #[prop(optional)]
    submit: bool,
    #[prop(optional, into)] pending: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Id of the text that says why it is disabled.
    #[prop(optional)]
    described_by: Option<&'static str>,
    #[prop(optional)] icon: Option<Icon>,
    #[prop(optional, into)] on_press: Option<Callback<()>>,
) -> AnyView {
    let blocked = move || pending.get() || disabled.get();
    let press = move |event: web_sys::MouseEvent| {
        if untrack(blocked) {
            event.prevent_default();
        } else if let Some(on_press) = on_press {
            on_press.run(());
        }
    };
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=weight.class()
            aria-disabled=move || blocked().then_some("true")
            aria-busy=move || pending.get().then_some("true")
            aria-describedby=described_by
            on:click=press
        >
            <span class="spinner" aria-hidden="true"></span>
            {icon.map(Icon::view)}
            <span>{label.view()}</span>
        </button>
    }
    .into_any()
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    #[prop(into)] label: Text,
    #[prop(into)] href: Signal<String>,
    #[prop(optional)] weight: Weight,
    #[prop(optional, into)] described_by: Option<String>,
    #[prop(optional)] icon: Option<Icon>,
) -> AnyView {
    view! {
        <a class=weight.class() href=move || href.get() aria-describedby=described_by>
            {icon.map(Icon::view)}
            <span>{label.view()}</span>
        </a>
    }
    .into_any()
}

/// A button with a picture only; its name is for screen readers and as a tooltip.
#[component]
pub fn IconButton(#[prop(into)] label: Text, #[prop(into)] icon: Signal<Icon>, on_press: Callback<()>) -> AnyView {
    view! {
        <button type="button" class="icon-btn" aria-label=label.view() title=label.view() on:click=move |_| on_press.run(())>
            {move || icon.get().view()}
        </button>
    }
    .into_any()
}

/// The button that asks again; the same words everywhere.
#[component]
pub fn RetryButton(on_press: Callback<()>, #[prop(optional, into)] pending: Signal<bool>) -> AnyView {
    view! { <Button label=tr!(common.retry) weight=Weight::Secondary icon=Icon::Refresh pending=pending on_press=on_press/> }.into_any()
}
