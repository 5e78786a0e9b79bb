//! One case: what was said, an agent's answer, its status, its files.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value;

use super::cases::{path, talk};
use crate::World;
use crate::console::ui::form::{Fields, Sent};
use crate::console::ui::layout::{self, Page, Part};
use crate::console::ui::notice::{self, Typed};
use crate::console::ui::parts::{self, any, badge, salesforce_moment, text, words};
use crate::salesforce::schema::CASE_STATUS;

/// Characters of an answer.
const LONGEST: usize = 4_000;

// Names of the forms.
const ANSWER: &str = "answer";
const STATUS: &str = "status";

fn find(world: &World, id: &str) -> Option<Value> {
    world.salesforce_cases().into_iter().find(|case| text(case, "Id") == id)
}

pub(super) async fn show(world: web::Data<World>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    let Some(case) = find(&world, &id) else {
        return layout::missing(&world, &request, Part::Cases, "There is no such case.");
    };
    let title = format!("Case {}: {}", text(&case, "CaseNumber"), any(&case, "Subject"));
    let body = html! {
        div class="two" {
            (parts::card("talk", "Conversation", &parts::plain(), &conversation(&case)))
            div class="stack" {
                (parts::card("facts", "Case", &parts::plain(), &facts(&case)))
                (answer_form(&case, &Typed::of(&request, ANSWER), &Typed::of(&request, STATUS)))
                (parts::card("files", "Files", &parts::plain(), &files(&case)))
            }
        }
    };
    let page = Page { part: Part::Cases, title: Some(&title), aside: html! {}, body };
    layout::page(&world, &request, StatusCode::OK, &page)
}

fn conversation(case: &Value) -> Markup {
    let said = talk(case);
    html! {
        @if said.is_empty() { p class="empty" { "Nobody has written anything." } }
        @else {
            ol class="talk" { @for said in &said {
                li class=(if said.inside { "inside" } else if said.ours { "ours" } else { "" }) {
                    small { strong { (said.who) } " · " (salesforce_moment(&said.at)) @if said.inside { " · internal, the customer does not see it" } }
                    p class="text" { (said.text) }
                }
            } }
        }
    }
}

fn facts(case: &Value) -> Markup {
    let customer = format!("/console/customers/{}", text(case, "AccountId"));
    parts::facts(&[
        ("Status", badge(text(case, "Status"))),
        ("Customer", parts::link(&customer, text(case, "AccountName"))),
        ("Contact", words(any(case, "ContactName"))),
        ("Priority", words(any(case, "Priority"))),
        ("Topic", words(any(case, "Type"))),
        ("Reason", words(any(case, "Reason"))),
        ("Came by", words(any(case, "Origin"))),
        ("Opened", salesforce_moment(text(case, "CreatedDate"))),
        ("Last changed", salesforce_moment(text(case, "LastModifiedDate"))),
        ("Closed", salesforce_moment(text(case, "ClosedDate"))),
    ])
}

fn answer_form(case: &Value, typed: &Typed, typed_status: &Typed) -> Markup {
    let mut statuses = vec![("", "Leave as it is")];
    statuses
        .extend(CASE_STATUS.iter().filter(|status| **status != text(case, "Status")).map(|status| (*status, *status)));
    let options: Vec<(&str, &str)> = CASE_STATUS.iter().map(|status| (*status, *status)).collect();
    let reader = typed.or("reader", "customer");
    let choice = |value: &str, text: &str| {
        html! { label class="tick" { input type="radio" name="reader" value=(value) checked[reader == value]; span { (text) } } }
    };
    parts::panel(
        "answer",
        "Answer as an agent",
        &html! {
            form method="post" action={ (path(case)) "/answer" } class="form" {
                label class="field" { span { "Text" } textarea name="text" required maxlength=(LONGEST) rows="5" { (typed.or("text", "")) } }
                fieldset {
                    legend { "Who reads it" }
                    (choice("customer", "The customer and staff"))
                    (choice("staff", "Staff only"))
                }
                (parts::choice("status", "Set the status to", &statuses, &typed.or("status", "")))
                div class="actions" { button class="primary" { "Send" } }
            }
            form method="post" action={ (path(case)) "/status" } class="row" {
                (parts::choice("status", "Status without an answer", &options, &typed_status.or("status", text(case, "Status"))))
                button { "Set" }
            }
        },
    )
}

fn files(case: &Value) -> Markup {
    let rows: Vec<Vec<Markup>> = case["Attachments"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|file| {
            let to = format!("{}/files/{}", path(case), text(file, "VersionId"));
            let size = file["ContentSize"].as_u64().unwrap_or(0);
            vec![
                parts::link(&to, &name_of(file)),
                words(parts::data(size.div_ceil(1_000))),
                words(if text(file, "Visibility") == "AllUsers" { "the customer too" } else { "staff" }),
            ]
        })
        .collect();
    parts::table("Files", &["File", "#Size", "Read by"], &rows, "No files.")
}

fn name_of(file: &Value) -> String {
    match text(file, "FileExtension") {
        "" => any(file, "Title"),
        extension => format!("{}.{extension}", any(file, "Title")),
    }
}

/// A customer's file is saved and never shown, whatever it claims to be.
pub(super) async fn file(world: web::Data<World>, path: web::Path<(String, String)>) -> HttpResponse {
    let (id, version) = path.into_inner();
    let case = find(&world, &id).unwrap_or_default();
    let attached = case["Attachments"].as_array().into_iter().flatten().find(|file| text(file, "VersionId") == version);
    let (Some(file), Some(bytes)) = (attached, world.salesforce_file(&version)) else {
        return HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("There is no such file.");
    };
    let name = percent_encoding::utf8_percent_encode(&name_of(file), percent_encoding::NON_ALPHANUMERIC).to_string();
    HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header(("Content-Disposition", format!("attachment; filename*=UTF-8''{name}")))
        .body(bytes)
}

pub(super) async fn answer(world: web::Data<World>, id: web::Path<String>, sent: Sent) -> HttpResponse {
    let Some(case) = find(&world, &id) else {
        return notice::after(Part::Cases.path(), Err("There is no such case any more.".to_owned()));
    };
    let fields = Fields(&sent);
    let published = fields.text("reader") != "staff";
    // Browsers send line breaks as two characters and count them as one.
    let written = world.answer_case(&id, &fields.text("text").replace("\r\n", "\n"), published);
    if let Err(why) = written {
        let result = Err(format!("{why}. Write up to {LONGEST} characters."));
        return notice::after_form(&path(&case), ANSWER, &sent, result);
    }
    // From here on the text must not come back into the form: it would be sent twice.
    let done =
        if published { "The answer is written; the customer can read it." } else { "The internal note is written." };
    let result = match fields.given("status") {
        Some(status) => world
            .set_case_status(&id, status)
            .map_err(|why| format!("The answer is written, but the status stays: {why}.")),
        None => Ok(()),
    };
    notice::after(&path(&case), result.map(|()| done.to_owned()))
}

pub(super) async fn set_status(world: web::Data<World>, id: web::Path<String>, sent: Sent) -> HttpResponse {
    let Some(case) = find(&world, &id) else {
        return notice::after(Part::Cases.path(), Err("There is no such case any more.".to_owned()));
    };
    let status = Fields(&sent).text("status");
    let result = match status {
        "" => Err("Choose a status.".to_owned()),
        status => world.set_case_status(&id, status).map(|()| format!("The case is {status}.")),
    };
    notice::after_form(&path(&case), STATUS, &sent, result)
}
