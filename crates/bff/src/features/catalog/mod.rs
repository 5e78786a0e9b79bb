//! What is on sale. Prices of an order are made elsewhere, from the same products.

pub(crate) mod routes;
