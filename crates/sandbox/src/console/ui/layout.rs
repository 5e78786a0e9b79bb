//! The frame of every page: head, navigation with what waits, clock, notice, footer.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{DOCTYPE, Markup, html};

use super::notice;
use crate::World;
use crate::clock::japan_datetime;
use crate::console::pages::{Waiting, now};
use crate::seed::OPERATOR_NAME;

/// The parts of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Overview,
    Orders,
    Cases,
    Customers,
    Invoices,
    Lines,
    Outbox,
    Faults,
    Calls,
    Events,
    Settings,
}

impl Part {
    /// In the order of the navigation, under the headings.
    const GROUPS: &[(&str, &[Self])] = &[
        ("Work", &[Self::Overview, Self::Orders, Self::Cases]),
        ("Customers", &[Self::Customers, Self::Invoices, Self::Lines, Self::Outbox]),
        ("Sandbox", &[Self::Faults, Self::Calls, Self::Events, Self::Settings]),
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Orders => "Orders",
            Self::Customers => "Customers",
            Self::Invoices => "Invoices",
            Self::Lines => "SIMs & usage",
            Self::Cases => "Cases",
            Self::Outbox => "Outbox",
            Self::Faults => "Faults",
            Self::Calls => "Calls",
            Self::Events => "Events",
            Self::Settings => "Settings",
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Overview => "/",
            Self::Orders => "/console/orders",
            Self::Customers => "/console/customers",
            Self::Invoices => "/console/invoices",
            Self::Lines => "/console/lines",
            Self::Cases => "/console/cases",
            Self::Outbox => "/console/outbox",
            Self::Faults => "/console/faults",
            Self::Calls => "/console/calls",
            Self::Events => "/console/events",
            Self::Settings => "/console/settings",
        }
    }

    /// Lines of a drawing of 24 by 24.
    fn drawing(self) -> &'static str {
        match self {
            Self::Overview => "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
            Self::Orders => "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
            Self::Customers => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c1-4 4-6 8-6s7 2 8 6",
            Self::Invoices => "M4 5h16v14H4zM4 10h16M8 15h4",
            Self::Lines => "M7 3h7l4 4v14H7zM10 11h5v6h-5zM10 14h5",
            Self::Cases => "M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12h5",
            Self::Outbox => "M3 6h18v12H3zM3 7l9 7 9-7",
            Self::Faults => "M13 3 5 13h6l-1 8 8-10h-6z",
            Self::Calls => "M4 8h13M13 4l4 4-4 4M20 16H7M11 12l-4 4 4 4",
            Self::Events => "M5 19a14 14 0 0 1 14 0M8 15a8 8 0 0 1 8 0M12 4v7M9 7l3-3 3 3",
            Self::Settings => "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5",
        }
    }

    fn waits(self, waiting: &Waiting) -> usize {
        match self {
            Self::Orders => waiting.orders,
            Self::Cases => waiting.cases,
            Self::Faults => waiting.faults,
            Self::Overview
            | Self::Customers
            | Self::Invoices
            | Self::Lines
            | Self::Outbox
            | Self::Calls
            | Self::Events
            | Self::Settings => 0,
        }
    }
}

/// A page to be sent.
pub(crate) struct Page<'a> {
    pub part: Part,
    /// Its own title; `None` = that of its part.
    pub title: Option<&'a str>,
    /// What stands beside the heading.
    pub aside: Markup,
    pub body: Markup,
}

fn icon(part: Part) -> Markup {
    html! { svg viewBox="0 0 24 24" aria-hidden="true" { path d=(part.drawing()) {} } }
}

/// The time of the world; a narrow screen shows the hour only.
fn clock(world: &World) -> Markup {
    let written = japan_datetime(now(world));
    let (date, time) = written.split_once(' ').unwrap_or((&written, ""));
    html! {
        time datetime=(format!("{date}T{time}+09:00")) title=(format!("{written} JST")) {
            span class="date" { (date) " " } (time.get(..5).unwrap_or(time))
        }
        span class="zone" { "JST" }
    }
}

/// Sends a page of a part under that part's title.
pub(crate) fn send(world: &World, request: &HttpRequest, part: Part, body: Markup) -> HttpResponse {
    page(world, request, StatusCode::OK, &Page { part, title: None, aside: html! {}, body })
}

/// Sends a page that says that something does not exist, under the part where it was looked for.
pub(crate) fn missing(world: &World, request: &HttpRequest, part: Part, what: &str) -> HttpResponse {
    let body = html! {
        section class="card" {
            p { (what) " It may have gone with a start over." }
            p { a class="button" href=(part.path()) { "Back to " (part.title()) } }
        }
    };
    page(world, request, StatusCode::NOT_FOUND, &Page { part, title: Some("Not found"), aside: html! {}, body })
}

pub(crate) fn page(world: &World, request: &HttpRequest, status: StatusCode, page: &Page<'_>) -> HttpResponse {
    let asked = url::form_urlencoded::parse(request.query_string().as_bytes());
    let notice = asked.into_iter().find(|(key, _)| key == "notice").and_then(|(_, name)| notice::take(&name));
    let waiting = Waiting::count(world);
    let title = page.title.unwrap_or(page.part.title());
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · " (OPERATOR_NAME) " console" }
                link rel="icon" href="/console/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/console/assets/style.css";
                script src="/console/assets/console.js" defer {}
            }
            body {
                a class="skip" href="#main" { "Skip to content" }
                header class="top" {
                    a class="brand" href="/" {
                        img src="/console/assets/icon.svg" alt="" width="32" height="32";
                        span { strong { (OPERATOR_NAME) } " " small { "upstream console" } }
                    }
                    div class="top-right" id="top-right" data-live {
                        span class="clock" { span class="unseen" { "Time in the sandbox: " } (clock(world)) }
                    }
                    button type="button" class="quiet" id="live" hidden aria-pressed="true" { "Live" }
                }
                nav class="side" aria-label="Console" id="side" data-live {
                    @for (heading, parts) in Part::GROUPS {
                        div class="group" {
                            p id={ "nav-" (heading) } { (heading) }
                            ul aria-labelledby={ "nav-" (heading) } { @for part in *parts { li {
                                a href=(part.path()) aria-current=[(*part == page.part).then_some("page")] {
                                    (icon(*part)) span { (part.title()) }
                                    @let waits = part.waits(&waiting);
                                    @if waits > 0 { span class="dot" { (waits) span class="unseen" { (if *part == Part::Faults { " in force" } else { " waiting" }) } } }
                                }
                            } } }
                        }
                    }
                }
                main id="main" tabindex="-1" {
                    div class="head" { h1 { (title) } (page.aside) }
                    @if let Some(notice) = &notice {
                        div class={ "notice " (if notice.good { "good" } else { "bad" }) } id="notice" tabindex="-1"
                            role=(if notice.good { "status" } else { "alert" }) {
                            p { @if !notice.good { strong { "Not done. " } } (notice.text) }
                        }
                    }
                    (page.body)
                }
                footer { p { "Every person and number here is made up. Times are Japan time." } }
            }
        }
    };
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html.into_string())
}
