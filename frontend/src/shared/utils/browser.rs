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
/// Loads the page again.
#[cfg_attr(not(feature = "split"), expect(dead_code, reason = "only what is fetched can be missing"))]
pub fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}
/// Adds the style sheet of the pages that are fetched when they are opened, once, and waits until it is there. The build
/// writes its address on the page. Without it pages are plain, but they work.
#[cfg(feature = "split")]
pub async fn later_styles() {
    use wasm_bindgen::JsValue;
    const ID: &str = "later-styles";
    let document = document();
    let link = match document.get_element_by_id(ID) {
        Some(link) => link,
        None => {
            let address = document.document_element().and_then(|root| root.get_attribute("data-styles"));
            let (Some(address), Ok(link)) = (address, document.create_element("link")) else { return };
            for (name, value) in [("id", ID), ("rel", "stylesheet"), ("href", &address)] {
                let _ = link.set_attribute(name, value);
            }
            if let Ok(Some(head)) = document.query_selector("head") {
                let _ = head.append_child(&link);
            }
            link
        }
    };
    let there = js_sys::Reflect::get(&link, &JsValue::from_str("sheet")).is_ok_and(|sheet| !sheet.is_null());
    if !there {
        let arrival = js_sys::Promise::new(&mut |done, _| {
            for event in ["load", "error"] {
                let _ = link.add_event_listener_with_callback(event, &done);
            }
        });
        let _ = wasm_bindgen_futures::JsFuture::from(arrival).await;
    }
}
/// Puts text on the clipboard; false when the browser refuses.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    let clipboard = window.navigator().clipboard();
    // Absent outside secure contexts.
    !clipboard.is_undefined() && wasm_bindgen_futures::JsFuture::from(clipboard.write_text(text)).await.is_ok()
}
/// Lets the browser save text as a file.
pub fn save_file(name: &str, kind: &str, text: &str) {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    let address = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options)
        .and_then(|blob| web_sys::Url::create_object_url_with_blob(&blob));
    let Ok(address) = address else { return };
    if let Ok(link) = document().create_element("a") {
        let _ = link.set_attribute("href", &address);
        let _ = link.set_attribute("download", name);
        if let Some(link) = link.dyn_ref::<web_sys::HtmlElement>() {
            link.click();
        }
    }
    let _ = web_sys::Url::revoke_object_url(&address);
}
/// `encodeURIComponent`.
pub fn encode_component(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
