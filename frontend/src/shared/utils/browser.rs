//! Small questions to the browser. Each has an answer when the browser refuses.

use leptos::prelude::document;
use wasm_bindgen::JsCast;

/// Sets an attribute of `<html>`.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}
/// The browser's first language, such as `ja-JP`.
pub fn preferred_language() -> String {
    web_sys::window().and_then(|w| w.navigator().language()).unwrap_or_else(|| "en".to_owned())
}
pub fn prefers_dark() -> bool {
    web_sys::window()
        .and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten())
        .is_some_and(|query| query.matches())
}
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|w| w.navigator().on_line())
}
/// A random UUID (`crypto.randomUUID`); the browser offers it on https and on localhost.
pub fn random_uuid() -> String {
    web_sys::window().and_then(|w| w.crypto().ok()).map(|c| c.random_uuid()).unwrap_or_default()
}
/// From 0 to 1, for jitter.
pub fn dice() -> f64 {
    js_sys::Math::random()
}
/// `wss://host/path` for a path of this site.
pub fn socket_address(path: &str) -> Option<String> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some([scheme, "://", &location.host().ok()?, path].concat())
}
/// Moves the focus to the element with this id. Elements that take no focus by themselves need `tabindex="-1"`.
pub fn focus_id(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        focus(&element);
    }
}
pub fn focus(element: &web_sys::Element) {
    if let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
        let _ = element.focus();
    }
}
pub fn set_title(title: &str) {
    document().set_title(title);
}
/// `encodeURIComponent`.
pub fn encode_component(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
