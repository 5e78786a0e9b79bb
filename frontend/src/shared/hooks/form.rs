//! What all forms do: check the rules, send once at a time, keep what is typed, show faults beside fields and in a summary.

use crate::components::ui::field::FieldErrors;
use crate::shared::api::failure::Failure;
use domain::FieldError;
use domain::common::validation::field_errors;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;
use validator::Validate;

/// The state of one form.
#[derive(Clone, Copy)]
pub struct Form {
    errors: RwSignal<Vec<FieldError>>,
    failure: RwSignal<Option<Failure>>,
    pending: RwSignal<bool>,
    attempts: RwSignal<u32>,
    /// JSON pointers in the order of the fields on the page, which the summary follows.
    order: &'static [&'static str],
}

impl Form {
    pub fn new(order: &'static [&'static str]) -> Self {
        Self {
            errors: RwSignal::new(Vec::new()),
            failure: RwSignal::new(None),
            pending: RwSignal::new(false),
            attempts: RwSignal::new(0),
            order,
        }
    }
    pub fn errors(self) -> FieldErrors {
        self.errors.into()
    }
    /// Why the last try failed, tracked.
    pub fn failure(self) -> Option<Failure> {
        self.failure.get()
    }
    pub const fn pending(self) -> RwSignal<bool> {
        self.pending
    }
    /// Rises with every try.
    pub const fn attempts(self) -> RwSignal<u32> {
        self.attempts
    }

    /// Sends `value` unless it breaks a rule or an earlier one is on its way; `done` gets the answer.
    pub fn send<V, A, F>(self, value: V, request: impl FnOnce(V) -> F, done: impl FnOnce(A) + 'static)
    where
        V: Validate,
        A: 'static,
        F: Future<Output = Result<A, Failure>> + 'static,
    {
        if self.pending.get_untracked() {
            return;
        }
        self.failure.set(None);
        let broken = value.validate().err().map(|e| field_errors(&e)).unwrap_or_default();
        self.fault(broken);
        if self.errors.with_untracked(Vec::is_empty) {
            self.run(request(value), done);
        }
    }

    /// Sends what has no rules of its own.
    pub fn run<A: 'static>(
        self,
        request: impl Future<Output = Result<A, Failure>> + 'static,
        done: impl FnOnce(A) + 'static,
    ) {
        if self.pending.get_untracked() {
            return;
        }
        self.failure.set(None);
        self.pending.set(true);
        spawn_local(async move {
            let outcome = request.await;
            // The page may be gone.
            if self.pending.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(answer) => done(answer),
                Err(refused) => {
                    self.fault(refused.errors.clone());
                    self.failure.set(Some(refused));
                }
            }
        });
    }

    /// Shows these faults, and brings the summary into focus.
    pub fn fault(self, mut errors: Vec<FieldError>) {
        let place = |e: &FieldError| self.order.iter().position(|p| *p == e.pointer).unwrap_or(self.order.len());
        errors.sort_by_key(place);
        self.errors.set(errors);
        self.attempts.update(|n| *n = n.wrapping_add(1));
    }

    /// Takes faults and failure away.
    pub fn clear(self) {
        self.errors.set(Vec::new());
        self.failure.set(None);
    }
}
