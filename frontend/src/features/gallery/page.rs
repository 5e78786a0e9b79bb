//! The page `/gallery`. Its texts are names of components, not words for customers, so they are not translated.

use crate::components::molecules::empty::Empty;
use crate::components::molecules::error_summary::ErrorSummary;
use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::molecules::states::{chip, line_words, service_words, stage_words};
use crate::components::molecules::stepper::{Stepper, StepperStep};
use crate::components::ui::button::{Button, IconButton, LinkButton, RetryButton, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::checkbox::{Checkbox, CheckboxCard};
use crate::components::ui::chip::{Badge, StatusChip, Tone};
use crate::components::ui::field::{PasswordInput, TextInput};
use crate::components::ui::icon::Icon;
use crate::components::ui::notice::{Notice, Urgency};
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::radio_cards::{RadioCard, RadioCards};
use crate::components::ui::select::Select;
use crate::components::ui::skeleton::{Skeleton, SkeletonCards};
use crate::providers::language::Text;
use crate::providers::toasts::use_toasts;
use crate::shared::api::failure::{Failure, FailureKind};
use crate::tr;
use domain::orders::Stage;
use domain::sim::LineState;
use domain::subscriptions::ServiceStatus;
use domain::{ErrorCode, FieldError};
use leptos::prelude::*;

const ICONS: [Icon; 25] = [
    Icon::Home,
    Icon::Plans,
    Icon::Orders,
    Icon::Sim,
    Icon::Account,
    Icon::Check,
    Icon::Clock,
    Icon::Alert,
    Icon::Close,
    Icon::Arrow,
    Icon::Refresh,
    Icon::Eye,
    Icon::EyeOff,
    Icon::Sun,
    Icon::Moon,
    Icon::Device,
    Icon::Globe,
    Icon::SignOut,
    Icon::Search,
    Icon::Shield,
    Icon::Wave,
    Icon::Help,
    Icon::Skip,
    Icon::Mail,
    Icon::Key,
];

fn name(text: &str) -> Text {
    Text::from(text.to_owned())
}

/// All components.
#[component]
pub fn Gallery() -> AnyView {
    let toasts = use_toasts();
    view! {
        <PageTitle title=name("Gallery") lead=name("Every component in every state.")/>
        <div class="stack">
            <Card id="g-buttons" title=name("Buttons")>
                <div class="card-actions">
                    {[Weight::Primary, Weight::Secondary, Weight::Quiet].map(|w| view! { <Button label=name(&format!("{w:?}")) weight=w/> }.into_any()).into_iter().collect::<Vec<_>>()}
                    <Button label=name("Pending") pending=Signal::stored(true)/>
                    <Button label=name("Disabled") disabled=Signal::stored(true)/>
                    <LinkButton label=name("Link") href="/gallery" weight=Weight::Secondary icon=Icon::Arrow/>
                    <RetryButton on_press=Callback::new(|()| ())/>
                    <IconButton label=name("Icon button") icon=Icon::Sun on_press=Callback::new(|()| ())/>
                    <Button label=name("Toast") weight=Weight::Quiet
                        on_press=Callback::new(move |()| toasts.say(tr!(auth.signed_out)))/>
                </div>
            </Card>
            {chips()}
            {fields()}
            {choices()}
            {messages()}
            <Card id="g-skeleton" title=name("Skeleton")><Skeleton/><SkeletonCards/></Card>
            <Card id="g-icons" title=name("Icons")><p class="card-actions">{ICONS.map(Icon::view).into_iter().collect::<Vec<_>>()}</p></Card>
        </div>
    }
    .into_any()
}

fn chips() -> AnyView {
    let services = [
        ServiceStatus::Active,
        ServiceStatus::Pending,
        ServiceStatus::Suspended,
        ServiceStatus::Terminated,
        ServiceStatus::Cancelled,
        ServiceStatus::Fraud,
        ServiceStatus::Completed,
        ServiceStatus::Unknown,
    ];
    let lines = [LineState::Active, LineState::Waiting, LineState::Suspended, LineState::Obsolete, LineState::Unknown];
    view! {
        <Card id="g-chips" title=name("Chips and badges")>
            <p class="badges">{[Tone::Good, Tone::Busy, Tone::Bad, Tone::Off].map(|t| view! { <StatusChip tone=t label=name(&format!("{t:?}"))/> }.into_any()).into_iter().collect::<Vec<_>>()} <Badge label=name("Badge")/></p>
            <p class="badges">{Stage::ALL.map(|s| chip(stage_words(s))).into_iter().collect::<Vec<_>>()}</p>
            <p class="badges">{services.map(|s| chip(service_words(s))).into_iter().collect::<Vec<_>>()}</p>
            <p class="badges">{lines.map(|s| chip(line_words(s))).into_iter().collect::<Vec<_>>()}</p>
        </Card>
    }
    .into_any()
}

fn fields() -> AnyView {
    let errors = Signal::stored(vec![FieldError::new("/email", "email", "")]);
    let (text, email, password) =
        (RwSignal::new(String::new()), RwSignal::new("mika@".to_owned()), RwSignal::new(String::new()));
    view! {
        <Card id="g-fields" title=name("Fields")>
            <div class="form">
                <ErrorSummary errors=errors attempts=Signal::stored(0)/>
                <TextInput pointer="#/plain" label=name("Text") value=text errors=errors hint=name("With a hint") optional=true/>
                <TextInput pointer="#/email" label=tr!(form.email) value=email errors=errors kind="email"/>
                <PasswordInput pointer="#/password" label=tr!(form.password) value=password errors=errors autocomplete="off"/>
                <Select id="g-select" label=name("Select") choices=vec![("a", tr!(category.sim)), ("b", tr!(category.vpn))]
                    chosen=Signal::stored("a") on_choose=Callback::new(|_| ())/>
            </div>
        </Card>
    }
    .into_any()
}

fn choices() -> AnyView {
    let none = Signal::stored(Vec::new());
    let (picked, ticked) = (RwSignal::new(Some("a".to_owned())), RwSignal::new(true));
    let card = |value: &str| RadioCard {
        value: value.to_owned(),
        label: name(&["Card ", value].concat()),
        description: Some(name("What it is")),
        price: Some(name("¥1,100")),
    };
    let step = |name, current, done| StepperStep { name, href: Some("/gallery".to_owned()), current, done };
    let steps = vec![
        step(tr!(wizard.plan), false, true),
        step(tr!(wizard.options), true, false),
        step(tr!(wizard.review), false, false),
    ];
    view! {
        <Card id="g-choices" title=name("Choices and steps")>
            <div class="form">
                <Stepper label=name("Steps") steps=Signal::stored(steps)/>
                <RadioCards pointer="#/gallery-cards" legend=name("Radio cards") cards=vec![card("a"), card("b")] chosen=picked
                    on_choose=Callback::new(move |v| picked.set(Some(v))) errors=none/>
                <CheckboxCard id="g-add-on".to_owned() label=name("Add-on") description=name("What it is") price=name("¥330")
                    checked=ticked on_change=Callback::new(move |on| ticked.set(on))/>
                <Checkbox pointer="#/gallery-box" label=name("Checkbox") checked=ticked
                    on_change=Callback::new(move |on| ticked.set(on)) errors=none/>
            </div>
        </Card>
    }
    .into_any()
}

fn messages() -> AnyView {
    let failure = |kind| Failure::new(kind, "0f0f0f0f-0000-4000-8000-000000000000");
    let retry = Callback::new(|()| ());
    view! {
        <Card id="g-messages" title=name("Messages")>
            <div class="stack">
                {[Urgency::Info, Urgency::Caution].map(|u| view! { <Notice urgency=u title=name(&format!("{u:?}")) text=name("A sentence.")/> }.into_any()).into_iter().collect::<Vec<_>>()}
                <FailurePanel failure=failure(FailureKind::NoAnswer) on_retry=retry/>
                {ErrorCode::ALL
                    .iter()
                    .map(|code| view! { <FailurePanel failure=failure(FailureKind::Refused(*code)) on_retry=retry/> })
                    .collect::<Vec<_>>()}
                <Empty title=name("Nothing yet") text=name("What would be here.")/>
            </div>
        </Card>
    }
    .into_any()
}
