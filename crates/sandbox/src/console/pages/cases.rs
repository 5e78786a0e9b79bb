//! Cases as a list. What counts is whether the customer waits for an answer.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value;

use crate::World;
use crate::console::ui::form::{self, Fields};
use crate::console::ui::layout::{self, Part};
use crate::console::ui::list::Asked;
use crate::console::ui::parts::{self, any, badge, salesforce_moment, text, words};
use crate::seed::AGENT_USER_ID;

/// One thing that was said in a case.
pub(super) struct Said {
    /// As Salesforce writes it; sorts by age.
    pub at: String,
    pub who: String,
    pub text: String,
    /// Written by staff.
    pub ours: bool,
    /// The customer does not see it.
    pub inside: bool,
}

/// Everything that was said, oldest first.
pub(super) fn talk(case: &Value) -> Vec<Said> {
    let rows = |name: &str| case[name].as_array().cloned().unwrap_or_default();
    let customer = || match text(case, "ContactName") {
        "" => "Customer".to_owned(),
        name => name.to_owned(),
    };
    let mut said = vec![Said {
        at: any(case, "CreatedDate"),
        who: customer(),
        text: any(case, "Description"),
        ours: text(case, "CreatedById") == AGENT_USER_ID,
        inside: false,
    }];
    said.extend(rows("Comments").iter().map(|comment| {
        let ours = text(comment, "CreatedById") == AGENT_USER_ID;
        Said {
            at: any(comment, "CreatedDate"),
            who: if ours { any(comment, "Author") } else { customer() },
            text: any(comment, "CommentBody"),
            ours,
            inside: comment["IsPublished"] != true,
        }
    }));
    said.extend(rows("EmailMessages").iter().map(|mail| {
        let body = if text(mail, "TextBody").is_empty() { any(mail, "HtmlBody") } else { any(mail, "TextBody") };
        Said {
            at: if text(mail, "MessageDate").is_empty() { any(mail, "CreatedDate") } else { any(mail, "MessageDate") },
            who: format!("{} by mail", any(mail, "FromAddress")),
            text: format!("{}\n\n{body}", any(mail, "Subject")),
            ours: mail["Incoming"] != true,
            inside: false,
        }
    }));
    said.retain(|said| !said.text.trim().is_empty());
    said.sort_by(|a, b| a.at.cmp(&b.at));
    said
}

/// Open, and the last word that the customer can see is his own.
pub(super) fn waits(case: &Value) -> bool {
    case["IsClosed"] != true && talk(case).iter().rev().find(|said| !said.inside).is_none_or(|said| !said.ours)
}

pub(super) fn path(case: &Value) -> String {
    format!("/console/cases/{}", text(case, "Id"))
}

pub(super) const HEADS: &[&str] = &["Case", "Subject", "Customer", "Priority", "Status", "Answer", "Opened"];

pub(super) fn row(case: &Value) -> Vec<Markup> {
    let customer = format!("/console/customers/{}", text(case, "AccountId"));
    let subject = match text(case, "Subject") {
        "" => "(no subject)",
        subject => subject,
    };
    vec![
        words(text(case, "CaseNumber")),
        parts::link(&path(case), subject),
        parts::link(&customer, text(case, "AccountName")),
        words(any(case, "Priority")),
        badge(text(case, "Status")),
        html! { @if waits(case) { (badge("Waiting")) } @else if case["IsClosed"] != true { (badge("Answered")) } },
        salesforce_moment(text(case, "CreatedDate")),
    ]
}

pub(super) async fn list(world: web::Data<World>, request: HttpRequest, asked: form::Asked) -> HttpResponse {
    let fields = Fields(&asked);
    let asked = Asked::read(Part::Cases.path(), &fields);
    let mut cases = world.salesforce_cases();
    let fits = |case: &Value, show: &str| match show {
        "waiting" => waits(case),
        "open" => case["IsClosed"] != true,
        "closed" => case["IsClosed"] == true,
        _ => true,
    };
    let filters: Vec<(&str, &str, usize)> =
        [("", "All"), ("waiting", "Waiting for an answer"), ("open", "Open"), ("closed", "Closed")]
            .map(|(value, name)| (value, name, cases.iter().filter(|case| fits(case, value)).count()))
            .into();
    cases.retain(|case| {
        let texts = [text(case, "CaseNumber"), text(case, "Subject"), text(case, "AccountName")];
        fits(case, asked.show) && asked.finds(&texts)
    });
    let (cases, links) = asked.page(cases);
    let rows: Vec<Vec<Markup>> = cases.iter().map(row).collect();
    let empty =
        if asked.search.is_empty() { "No cases here. Customers open them in the portal." } else { "No case fits." };
    let body = html! {
        (asked.bar("Cases by state", &filters, "Number, subject or customer"))
        section class="card" id="cases" data-live aria-label="Cases" { (parts::table("Cases, newest first", HEADS, &rows, empty)) (links) }
    };
    layout::send(&world, &request, Part::Cases, body)
}
