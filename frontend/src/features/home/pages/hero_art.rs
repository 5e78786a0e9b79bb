//! The picture of the public page: morning glories on a line that ends in a phone. Our own drawing, coloured by the theme.

use leptos::prelude::*;

const PETAL: &str = "M0 0C-11-10-12-27 0-34 12-27 11-10 0 0Z";

/// One flower at a place with a size (1 is 68 units wide).
fn flower(class: &'static str, place: &'static str) -> AnyView {
    view! {
        <g class=class transform=place>
            {[0, 72, 144, 216, 288]
                .map(|turn| view! { <path d=PETAL transform=format!("rotate({turn})")></path> }.into_any())
                .into_iter().collect::<Vec<_>>()}
            <circle class="art-heart" r="5"></circle>
        </g>
    }
    .into_any()
}

/// Decoration only.
pub fn hero_art() -> AnyView {
    view! {
        <svg class="hero-art" viewBox="0 0 480 400" aria-hidden="true" focusable="false">
            <circle class="art-sun" cx="300" cy="180" r="150"></circle>
            <path class="art-vine" d="M20 380C90 300 60 220 130 180s120 30 170-30 40-110 130-120"></path>
            <path class="art-leaf" d="M104 208c-34-6-52 8-58 36 30 6 52-6 58-36Z"></path>
            <path class="art-leaf" d="M214 176c8 30 28 42 56 36-2-28-22-42-56-36Z"></path>
            <path class="art-leaf" d="M372 62c-8-28-26-38-52-32 2 26 20 38 52 32Z"></path>
            <rect class="art-phone" x="236" y="96" width="138" height="262" rx="22"></rect>
            <rect class="art-screen" x="246" y="108" width="118" height="238" rx="14"></rect>
            <g class="art-steps">
                <path class="art-rail" d="M270 164v120"></path>
                <circle class="art-done" cx="270" cy="160" r="9"></circle>
                <circle class="art-done" cx="270" cy="202" r="9"></circle>
                <circle class="art-now" cx="270" cy="244" r="9"></circle>
                <circle class="art-next" cx="270" cy="286" r="9"></circle>
                <path class="art-text" d="M292 160h52M292 202h40M292 244h56M292 286h34"></path>
                <path class="art-tick" d="m266 160 3 3 5-6M266 202l3 3 5-6"></path>
            </g>
            {flower("art-flower", "translate(130 172) scale(1.5)")}
            {flower("art-flower art-flower-2", "translate(396 326) scale(1.15)")}
            {flower("art-flower art-flower-3", "translate(430 32) scale(.8)")}
            {flower("art-flower art-flower-2", "translate(42 330) scale(.7)")}
        </svg>
    }
    .into_any()
}
