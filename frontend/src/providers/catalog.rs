//! The catalogue, loaded once and shared by the public page, the plan list and the order wizard.

use crate::shared::api::client;
use crate::shared::hooks::loader::Loader;
use domain::catalog::Catalog;
use domain::common::paths;
use leptos::prelude::*;

/// The shared catalogue.
#[derive(Clone, Copy)]
pub struct Offers(pub Loader<Catalog>);

impl Offers {
    pub fn provide() {
        let loader = Loader::new(|| Box::pin(client::get::<Catalog>(paths::CATALOG.to_owned())));
        provide_context(Self(loader));
    }
}

/// The catalogue of this page; provided by `App`.
pub fn use_offers() -> Loader<Catalog> {
    expect_context::<Offers>().0
}
