//! What a card knows about the data it shows.

use crate::shared::api::failure::Failure;

/// Data on its way, there, or failed; the last good value survives a failure.
#[derive(Clone, Debug, PartialEq)]
pub enum Loadable<T> {
    Loading,
    Ready {
        value: T,
        /// A newer value is being fetched behind it.
        refreshing: bool,
    },
    Failed {
        failure: Failure,
        /// The last good value, shown dimmed with the failure above it.
        last: Option<T>,
    },
}

/// Which of the faces a card shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    Skeleton,
    Value,
    Failure,
}

impl<T> Loadable<T> {
    /// The value to show, even an old one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Loading => None,
            Self::Ready { value, .. } => Some(value),
            Self::Failed { last, .. } => last.as_ref(),
        }
    }
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            Self::Loading | Self::Ready { .. } => None,
        }
    }
    pub const fn face(&self) -> Face {
        match self {
            Self::Loading => Face::Skeleton,
            Self::Ready { .. } | Self::Failed { last: Some(_), .. } => Face::Value,
            Self::Failed { last: None, .. } => Face::Failure,
        }
    }

    /// A request has started.
    pub fn begin(self) -> Self {
        match self {
            Self::Ready { value, .. } | Self::Failed { last: Some(value), .. } => {
                Self::Ready { value, refreshing: true }
            }
            Self::Loading | Self::Failed { last: None, .. } => Self::Loading,
        }
    }

    /// A request has ended. `newer(old, new)` may refuse a value that is older than the one there.
    pub fn settle(self, outcome: Result<T, Failure>, newer: fn(&T, &T) -> bool) -> Self {
        let last = match self {
            Self::Ready { value, .. } => Some(value),
            Self::Failed { last, .. } => last,
            Self::Loading => None,
        };
        match (outcome, last) {
            (Ok(new), Some(old)) if !newer(&old, &new) => Self::Ready { value: old, refreshing: false },
            (Ok(value), _) => Self::Ready { value, refreshing: false },
            (Err(failure), last) => Self::Failed { failure, last },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::api::failure::FailureKind;

    fn rising(old: &i32, new: &i32) -> bool {
        new >= old
    }
    fn lost() -> Failure {
        Failure::new(FailureKind::NoAnswer, "ref")
    }

    #[test]
    fn an_older_copy_never_replaces_a_newer_one() {
        let shown = Loadable::Loading.settle(Ok(5), rising).settle(Ok(4), rising);
        assert_eq!(shown, Loadable::Ready { value: 5, refreshing: false });
        assert_eq!(shown.settle(Ok(6), rising).value(), Some(&6));
    }

    #[test]
    fn a_failure_keeps_the_last_good_value() {
        let failed = Loadable::Loading.settle(Ok(5), rising).begin().settle(Err(lost()), rising);
        assert_eq!((failed.value(), failed.face()), (Some(&5), Face::Value));
        assert!(failed.failure().is_some());
        assert_eq!(failed.begin(), Loadable::Ready { value: 5, refreshing: true });
    }

    #[test]
    fn a_first_failure_has_its_own_face_and_retry_shows_the_skeleton() {
        let failed = Loadable::<i32>::Loading.settle(Err(lost()), rising);
        assert_eq!(failed.face(), Face::Failure);
        assert_eq!(failed.begin().face(), Face::Skeleton);
    }
}
