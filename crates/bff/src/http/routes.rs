//! The list of addresses, taken from the OpenAPI document: for "wrong method" answers and for metrics.

use std::sync::OnceLock;
use utoipa::openapi::{OpenApi, PathItem};

/// Path patterns with the methods that they offer.
pub(crate) struct RouteTable(Vec<(String, Vec<&'static str>)>);

impl RouteTable {
    /// Of this API.
    pub(crate) fn get() -> &'static Self {
        static TABLE: OnceLock<RouteTable> = OnceLock::new();
        TABLE.get_or_init(|| Self::from_document(&crate::app::document()))
    }

    fn from_document(document: &OpenApi) -> Self {
        Self(document.paths.paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect())
    }

    /// The pattern of a path such as `/api/orders/{id}`, and the methods that it offers. A pattern without a variable
    /// comes before one with.
    pub(crate) fn find(&self, path: &str) -> Option<(&str, &[&'static str])> {
        let hits = self.0.iter().filter(|(pattern, _)| matches(pattern, path));
        hits.min_by_key(|(pattern, _)| pattern.matches('{').count()).map(|(p, m)| (p.as_str(), m.as_slice()))
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(w), Some(g)) if w == g || (w.starts_with('{') && !g.is_empty()) => {}
            _ => return false,
        }
    }
}

fn methods(item: &PathItem) -> Vec<&'static str> {
    let offered = [("GET", &item.get), ("POST", &item.post), ("PUT", &item.put), ("DELETE", &item.delete)];
    offered.into_iter().chain([("PATCH", &item.patch)]).filter(|(_, o)| o.is_some()).map(|(m, _)| m).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::common::paths;

    #[test]
    fn every_path_that_the_browser_knows_is_served() {
        let table = RouteTable::get();
        let id = "00000000-0000-0000-0000-000000000000".parse().unwrap();
        for (path, method) in [
            (paths::REGISTER.to_owned(), "POST"),
            (paths::LOGIN.to_owned(), "POST"),
            (paths::REFRESH.to_owned(), "POST"),
            (paths::LOGOUT.to_owned(), "POST"),
            (paths::ME.to_owned(), "GET"),
            (paths::CATALOG.to_owned(), "GET"),
            (paths::ORDERS.to_owned(), "GET"),
            (paths::ORDERS.to_owned(), "POST"),
            (paths::order(id), "GET"),
            (paths::order_confirm(id), "POST"),
            (paths::SUBSCRIPTIONS.to_owned(), "GET"),
            (paths::subscription(domain::ServiceId(7)), "GET"),
            (paths::LIVE_TICKET.to_owned(), "POST"),
            (paths::LIVE.to_owned(), "GET"),
            (paths::OPENAPI.to_owned(), "GET"),
            (paths::DOCS.to_owned(), "GET"),
        ] {
            let (_, methods) = table.find(&path).unwrap_or_else(|| panic!("{path} is not served"));
            assert!(methods.contains(&method), "{method} {path}");
        }
        assert!(table.find("/api/orders/1/2/3").is_none());
        assert!(table.find("/api/orders/").is_none());
    }
}
