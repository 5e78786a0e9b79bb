//! The steps of the order form: which fault belongs where, and how far one may go.

use super::draft::Draft;
use crate::providers::language::Tr;
use crate::tr;
use domain::FieldError;
use domain::catalog::Catalog;

/// A step, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Plan,
    Options,
    Details,
    Review,
}

impl Step {
    pub const ALL: [Self; 4] = [Self::Plan, Self::Options, Self::Details, Self::Review];

    /// The form in addresses: `?step=options`.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Options => "options",
            Self::Details => "details",
            Self::Review => "review",
        }
    }
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.slug() == slug)
    }
    pub const fn name(self) -> Tr {
        match self {
            Self::Plan => tr!(wizard.plan),
            Self::Options => tr!(wizard.options),
            Self::Details => tr!(wizard.details),
            Self::Review => tr!(wizard.review),
        }
    }
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|s| *s > self)
    }
    pub fn before(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|s| *s < self)
    }

    /// The step on which a fault can be mended.
    pub fn of_pointer(pointer: &str) -> Self {
        match pointer {
            "#/items/0/sim/" | "#/items/0/sim/eid" => Self::Details,
            p if p.starts_with("#/items/0/sim/port_in") => Self::Details,
            p if p.starts_with("#/items/0/options") || p.starts_with("#/items/0/sim") => Self::Options,
            p if p.starts_with("#/items") => Self::Plan,
            _ => Self::Review,
        }
    }

    /// The faults of this step.
    pub fn faults(self, draft: &Draft, catalog: &Catalog) -> Vec<FieldError> {
        draft.faults(catalog).into_iter().filter(|e| Self::of_pointer(&e.pointer) == self).map(at_its_field).collect()
    }
}

/// Faults of single options and of the EID are shown at the one field that can mend them.
pub fn at_its_field(error: FieldError) -> FieldError {
    let pointer = match error.pointer.as_str() {
        p if p.starts_with("#/items/0/options/") => "#/items/0/options".to_owned(),
        "#/items/0/sim/eid" => "#/items/0/sim/".to_owned(),
        "#/items/0/sim/kind" => "#/items/0/sim".to_owned(),
        _ => error.pointer,
    };
    FieldError { pointer, ..error }
}

/// The last step that may be opened: the first one with a fault. Details needs a signed-in customer.
pub fn reachable(draft: &Draft, catalog: &Catalog, signed_in: bool) -> Step {
    Step::ALL
        .into_iter()
        .find(|step| !step.faults(draft, catalog).is_empty() || (*step == Step::Details && !signed_in))
        .unwrap_or(Step::Review)
}

/// Address of a step.
pub fn href(step: Step) -> String {
    ["/order?step=", step.slug()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::orders::words::tests::catalog;
    use domain::catalog::SimKind;

    #[test]
    fn one_can_go_as_far_as_the_first_fault() {
        let catalog = catalog();
        let mut draft = Draft::new(None, "k".to_owned());
        assert_eq!(reachable(&draft, &catalog, true), Step::Plan);
        draft.choose_plan(&catalog, "SIM-20".into());
        assert_eq!(reachable(&draft, &catalog, true), Step::Options);
        draft.sim = Some(SimKind::Esim);
        assert_eq!(reachable(&draft, &catalog, true), Step::Details, "the EID is missing");
        draft.sim = Some(SimKind::Physical);
        assert_eq!(reachable(&draft, &catalog, true), Step::Review);
        assert_eq!(reachable(&draft, &catalog, false), Step::Details, "sign in first");
    }

    #[test]
    fn a_plan_that_is_gone_is_chosen_anew() {
        let draft = Draft::new(Some("GONE".into()), "k".to_owned());
        assert_eq!(reachable(&draft, &catalog(), true), Step::Plan);
    }

    #[test]
    fn faults_of_the_server_find_their_step() {
        for (pointer, step) in [
            ("#/items/0/plan", Step::Plan),
            ("#/items", Step::Plan),
            ("#/items/0/options/1", Step::Options),
            ("#/items/0/sim/kind", Step::Options),
            ("#/items/0/sim/", Step::Details),
            ("#/items/0/sim/eid", Step::Details),
            ("#/items/0/sim/port_in", Step::Details),
            ("#/items/0/sim/port_in/phone_number", Step::Details),
            ("#/terms_accepted", Step::Review),
            ("#/expected_total", Step::Review),
        ] {
            assert_eq!(Step::of_pointer(pointer), step, "{pointer}");
        }
    }

    #[test]
    fn slugs_round_trip_and_steps_are_a_line() {
        for step in Step::ALL {
            assert_eq!(Step::from_slug(step.slug()), Some(step));
            assert_eq!(step.next().and_then(Step::before), step.next().map(|_| step));
        }
    }
}
