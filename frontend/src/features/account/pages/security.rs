//! Password, authenticator app, recovery codes, passkeys.

use super::super::api;
use super::super::parts::{passkeys::passkeys, password::password, totp::totp};
use crate::components::molecules::loaded::loaded;
use crate::components::ui::skeleton::Skeleton;
use crate::shared::hooks::loader::Loader;
use leptos::prelude::*;

/// The page `/account/security`.
pub fn security() -> AnyView {
    let loader = Loader::new(|| Box::pin(api::security()));
    loaded(
        loader,
        || view! { <div class="card"><Skeleton lines=6/></div> }.into_any(),
        move |security| {
            view! {
                <div class="stack">
                    {password(security, loader)}
                    {totp(security, loader)}
                    {passkeys(security, loader)}
                </div>
            }
            .into_any()
        },
    )
}
