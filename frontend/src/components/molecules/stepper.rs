//! The steps of a form: where one is, what is done (and can be opened again), what is to come.

use crate::components::ui::icon::Icon;
use crate::providers::language::{Tr, text};
use crate::t;
use leptos::prelude::*;

/// One step.
#[derive(Clone)]
pub struct StepperStep {
    pub name: Tr,
    /// Where it is, when it can be opened now.
    pub href: Option<String>,
    pub current: bool,
    pub done: bool,
}

/// The steps in their order.
#[component]
pub fn Stepper(
    #[prop(into)] label: crate::providers::language::Text,
    #[prop(into)] steps: Signal<Vec<StepperStep>>,
) -> AnyView {
    let step = |(index, step): (usize, StepperStep)| {
        let sign = if step.done { Icon::Check.view() } else { (index + 1).to_string().into_any() };
        let state = if step.current {
            "current"
        } else if step.done {
            "done"
        } else {
            "ahead"
        };
        let body = view! {
            <span class="step-sign">{sign}</span>
            <span class="step-name">{text(step.name)}</span>
            {step.done.then(|| view! { <span class="visually-hidden">{t!(wizard.done)}</span> })}
        };
        let body = match step.href.filter(|_| !step.current) {
            Some(href) => view! { <a class="step-body" href=href>{body}</a> }.into_any(),
            None => view! { <span class="step-body">{body}</span> }.into_any(),
        };
        view! { <li class="step" data-state=state aria-current=step.current.then_some("step")>{body}</li> }.into_any()
    };
    view! {
        <nav class="stepper" aria-label=label.view()>
            <ol>{move || steps.get().into_iter().enumerate().map(step).collect::<Vec<_>>()}</ol>
        </nav>
    }
    .into_any()
}
