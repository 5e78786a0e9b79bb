//! QR codes, drawn here: their content is a secret that no other site may see.

use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};

/// Quiet modules around a code, as its standard asks.
const MARGIN: i32 = 4;

/// A code as a picture, with words for those who cannot see it. Nothing when the text is too long for a code.
pub fn qr(content: &str, label: impl Fn() -> &'static str + Send + Sync + 'static) -> AnyView {
    let Ok(code) = QrCode::encode_text(content, QrCodeEcc::Medium) else { return ().into_any() };
    let size = code.size();
    let dark = (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y));
    let path: String = dark.map(|(x, y)| format!("M{} {}h1v1h-1z", x + MARGIN, y + MARGIN)).collect();
    let side = size + 2 * MARGIN;
    view! {
        <svg class="qr" role="img" aria-label=label viewBox=format!("0 0 {side} {side}") shape-rendering="crispEdges">
            <rect width="100%" height="100%" fill="#fff"></rect>
            <path d=path fill="#000"></path>
        </svg>
    }
    .into_any()
}
