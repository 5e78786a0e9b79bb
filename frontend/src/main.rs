//! The portal in the browser: a single-page client of the JSON API, with the very types and rules of the server.

mod app;
mod components;
mod features;
mod locales;
mod pages;
mod providers;
mod shared;

fn main() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    // The executor of leptos starts with the first view.
    wasm_bindgen_futures::spawn_local(async {
        providers::language::start().await;
        leptos::mount::mount_to_body(app::App);
        // The static shell of index.html has done its work.
        if let Some(shell) = leptos::prelude::document().get_element_by_id("boot") {
            shell.remove();
        }
    });
}
