//! The state of the order form, shared by its steps. The draft is the only thing that is stored; errors, prices and the
//! open step are derived from it.

use super::draft::Draft;
use super::steps::{Step, at_its_field, reachable};
use crate::providers::session::use_session;
use crate::shared::utils::{browser, storage};
use domain::catalog::{Catalog, Plan};
use domain::orders::Quote;
use domain::orders::pricing::quote;
use domain::{FieldError, Sku};
use leptos::prelude::*;

const STORED_AS: &str = "portal.order-draft";

/// The form.
#[derive(Clone, Copy)]
pub struct OrderForm {
    pub draft: RwSignal<Draft>,
    pub catalog: Signal<Catalog>,
    /// The step that is open.
    pub step: Memo<Step>,
    /// The last step that may be opened.
    pub reachable: Memo<Step>,
    pub terms: RwSignal<bool>,
    /// The step that was tried to be left: from then on its faults show, and vanish as they are mended.
    tried: RwSignal<Option<Step>>,
    /// Rises with every try, so that the summary takes the focus.
    pub attempts: RwSignal<u32>,
    /// Faults that only the server found; gone with the next change.
    refused: RwSignal<Vec<FieldError>>,
}

impl OrderForm {
    /// `wanted` is the step in the address; a step that cannot be opened yet shows the last one that can.
    pub fn new(draft: RwSignal<Draft>, catalog: Signal<Catalog>, wanted: Memo<Option<Step>>) -> Self {
        let session = use_session();
        let reachable = Memo::new(move |_| catalog.with(|c| draft.with(|d| reachable(d, c, session.is_signed_in()))));
        let step = Memo::new(move |_| wanted.get().unwrap_or(Step::Plan).min(reachable.get()));
        let form = Self {
            draft,
            catalog,
            step,
            reachable,
            terms: RwSignal::new(false),
            tried: RwSignal::new(None),
            attempts: RwSignal::new(0),
            refused: RwSignal::new(Vec::new()),
        };
        // Web storage is outside the reactive world, so this is an effect.
        Effect::new(move |_| draft.with(store));
        form
    }

    /// Changes the draft; what the server said about the old one no longer counts.
    pub fn change(self, change: impl FnOnce(&mut Draft, &Catalog)) {
        self.catalog.with_untracked(|catalog| self.draft.update(|draft| change(draft, catalog)));
        if self.refused.with_untracked(|r| !r.is_empty()) {
            self.refused.set(Vec::new());
        }
    }

    /// The chosen plan, tracked.
    pub fn plan(self) -> Option<Plan> {
        let sku: Option<Sku> = self.draft.with(|d| d.plan.clone());
        sku.and_then(|sku| self.catalog.with(|c| c.plan(&sku).cloned()))
    }

    /// The price of the finished order, tracked; `None` while something is missing.
    pub fn quote(self) -> Option<Quote> {
        self.catalog.with(|c| self.draft.with(|d| quote(c, &d.order(0, true)).ok()))
    }

    /// The faults to show on the open step.
    pub fn errors(self) -> Signal<Vec<FieldError>> {
        Signal::derive(move || {
            let step = self.step.get();
            let mut errors = Vec::new();
            if self.tried.get() == Some(step) {
                errors = self.faults(step);
            }
            errors.extend(self.refused.get().into_iter().filter(|e| Step::of_pointer(&e.pointer) == step));
            errors
        })
    }

    fn faults(self, step: Step) -> Vec<FieldError> {
        let mut faults = self.catalog.with(|c| self.draft.with(|d| step.faults(d, c)));
        if step == Step::Review && !self.terms.get() {
            faults.push(FieldError::new("/terms_accepted", "terms", "Please accept the terms to order."));
        }
        faults
    }

    /// Tries to leave the open step: `true` when nothing is wrong with it, else its faults show.
    pub fn try_leave(self) -> bool {
        let step = self.step.get_untracked();
        self.tried.set(Some(step));
        self.attempts.update(|n| *n += 1);
        untrack(|| self.faults(step)).is_empty()
    }

    /// Shows faults that the server found; returns the first step that has one.
    pub fn show_refused(self, errors: Vec<FieldError>) -> Option<Step> {
        let first = errors.iter().map(|e| Step::of_pointer(&e.pointer)).min();
        self.refused.set(errors.into_iter().map(at_its_field).collect());
        self.attempts.update(|n| *n += 1);
        first
    }
}

/// The stored draft.
pub fn stored_draft() -> Option<Draft> {
    storage::session().get(STORED_AS).and_then(|text| Draft::from_stored(&text))
}
/// Stores the draft at once; the key must be safe before the request leaves.
pub fn store(draft: &Draft) {
    if let Ok(text) = serde_json::to_string(draft) {
        storage::session().set(STORED_AS, &text);
    }
}
/// A draft with a key of its own.
pub fn fresh_draft(plan: Option<Sku>) -> Draft {
    Draft::new(plan, browser::random_uuid())
}
