use super::client::Client;
use super::soql::Soql;
use crate::error::UpstreamError;
use crate::http::error_shape;
use domain::catalog::Product;
use domain::catalog::providers::salesforce::{self as mapper, RawPricebookEntry};
use serde_json::Value;

impl Client {
    /// Everything on sale in the portal's price book. A product that does not fit is logged and left out, so that one
    /// mistake of an editor does not empty the shop.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled` (the whole result), `Refused` (a field that this organisation lacks).
    pub async fn sellable_products(&self) -> Result<Vec<Product>, UpstreamError> {
        let call = Self::call_read("query products");
        let query = Soql::new("SELECT ")
            .code(RawPricebookEntry::FIELDS)
            .code(" FROM PricebookEntry WHERE Pricebook2.Name = ")
            .text(&self.inner.config.price_book)
            .code(" AND IsActive = true AND Product2.IsActive = true AND Product2.Portal_Catalog__c = true");
        let rows: Vec<Value> = self.query(call, &query).await.map_err(|kind| call.error(kind))?;
        let total = rows.len();
        let products: Vec<Product> = rows.into_iter().filter_map(|row| self.product(row)).collect();
        tracing::debug!(total, usable = products.len(), "products read");
        Ok(products)
    }

    fn product(&self, row: Value) -> Option<Product> {
        let id = row.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned();
        match serde_json::from_value::<RawPricebookEntry>(row) {
            Ok(raw) => mapper::product(raw, self.inner.config.currency)
                .inspect_err(|error| tracing::warn!(salesforce.pricebook_entry = id, %error, "a product is left out"))
                .ok(),
            Err(error) => {
                tracing::warn!(salesforce.pricebook_entry = id, error = error_shape(&error), "a product is left out");
                None
            }
        }
    }
}
