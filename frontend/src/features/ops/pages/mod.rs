//! The pages below `/ops`, and which address is whose.

mod audit;
mod drift;
mod jobs;
mod overview;
mod run;
mod runs;

use crate::components::organisms::not_found::NotFound;
use crate::providers::place::use_place;
use domain::OrderId;
use leptos::prelude::*;

/// A page of staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Overview,
    Runs,
    Run(OrderId),
    Jobs,
    Drift,
    Audit,
    Unknown,
}

impl Place {
    fn of(path: &str) -> Self {
        match path.trim_end_matches('/').strip_prefix("/ops") {
            Some("") => Self::Overview,
            Some("/runs") => Self::Runs,
            Some("/jobs") => Self::Jobs,
            Some("/drift") => Self::Drift,
            Some("/audit") => Self::Audit,
            Some(rest) => {
                let id = rest.strip_prefix("/runs/").and_then(|id| id.parse().ok());
                id.map_or(Self::Unknown, Self::Run)
            }
            None => Self::Unknown,
        }
    }
}

/// The page that the address names.
#[component]
pub fn Operations() -> AnyView {
    let shown = use_place();
    let place = Memo::new(move |_| shown.with(Place::of));
    let page = move || match place.get() {
        Place::Overview => overview::Overview(),
        Place::Runs => runs::Runs(),
        Place::Run(id) => run::run_page(id),
        Place::Jobs => jobs::Jobs(),
        Place::Drift => drift::Drift(),
        Place::Audit => audit::Audit(),
        Place::Unknown => NotFound().into_any(),
    };
    page.into_any()
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn addresses_lead_to_their_pages() {
        assert_eq!(Place::of("/ops"), Place::Overview);
        assert_eq!(Place::of("/ops/"), Place::Overview);
        assert_eq!(Place::of("/ops/jobs"), Place::Jobs);
        let id = "00000000-0000-0000-0000-000000000007";
        assert_eq!(Place::of(&format!("/ops/runs/{id}")), Place::Run(id.parse().unwrap()));
        for unknown in ["/opsx", "/ops/runs/7", "/ops/jobs/1", "/"] {
            assert_eq!(Place::of(unknown), Place::Unknown, "{unknown}");
        }
    }
}
