//! The operator's sign: a morning glory.

use crate::t;
use leptos::prelude::*;

/// Sign and name; the name comes from the locale files.
#[component]
pub fn Logo() -> AnyView {
    view! {
        <span class="logo">
            {mark()}
            <span class="logo-name">{t!(brand.name)}</span>
        </span>
    }
    .into_any()
}

/// The flower alone.
pub fn mark() -> AnyView {
    let petal = "M20 20C14.500 15 14 6.500 20 3c6 3.500 5.500 12 0 17Z";
    view! {
        <svg class="logo-mark" viewBox="0 0 40 40" aria-hidden="true" focusable="false">
            <g class="logo-petals">
                <path d=petal></path>
                <path d=petal transform="rotate(72 20 20)"></path>
                <path d=petal transform="rotate(144 20 20)"></path>
                <path d=petal transform="rotate(216 20 20)"></path>
                <path d=petal transform="rotate(288 20 20)"></path>
            </g>
            <circle class="logo-heart" cx="20" cy="20" r="3.500"></circle>
        </svg>
    }
    .into_any()
}
