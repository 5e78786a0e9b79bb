//! Mails: what customers would find in their mailbox.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::World;
use crate::console::ui::form::{self, Fields};
use crate::console::ui::layout::{self, Page, Part};
use crate::console::ui::list::Asked;
use crate::console::ui::parts::{self, words};
use crate::outbox::Mail;

pub(super) async fn list(world: web::Data<World>, request: HttpRequest, asked: form::Asked) -> HttpResponse {
    let fields = Fields(&asked);
    let asked = Asked::read(Part::Outbox.path(), &fields);
    let mut mails = world.outbox();
    let from_whmcs = |mail: &Mail| mail.from == "WHMCS";
    let billing = mails.iter().filter(|mail| from_whmcs(mail)).count();
    let filters = [("", "All", mails.len()), ("whmcs", "WHMCS", billing), ("others", "Others", mails.len() - billing)];
    mails.retain(|mail| {
        let shown = match asked.show {
            "whmcs" => from_whmcs(mail),
            "others" => !from_whmcs(mail),
            _ => true,
        };
        shown && asked.finds(&[&mail.to, &mail.subject, &mail.text])
    });
    mails.reverse();
    let (mails, links) = asked.page(mails);
    let rows: Vec<Vec<Markup>> = mails
        .iter()
        .map(|mail| {
            let subject = if mail.subject.is_empty() { "(no subject)" } else { &mail.subject };
            vec![
                parts::link(&format!("/console/outbox/{}", mail.id), subject),
                words(&mail.to),
                words(&mail.from),
                words(mail.at.get(..16).unwrap_or(&mail.at)),
            ]
        })
        .collect();
    let empty = "No mails. The portal sends some when somebody signs up; WHMCS writes some when billing days run or an invoice is paid.";
    let body = html! {
        (asked.bar("Mails by sender", &filters, "Receiver, subject or text"))
        section class="card" id="mails" data-live aria-label="Mails" {
            (parts::table("Mails, newest first", &["Subject", "To", "From", "Sent"], &rows, empty)) (links)
        }
    };
    layout::send(&world, &request, Part::Outbox, body)
}

pub(super) async fn show(world: web::Data<World>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    let mails = world.outbox();
    let Some(mail) = mails.iter().find(|mail| mail.id == id.as_str()) else {
        return layout::missing(&world, &request, Part::Outbox, "There is no such mail.");
    };
    let body = html! {
        section class="card" aria-label="Mail" {
            (parts::facts(&[("From", words(&mail.from)), ("To", words(&mail.to)), ("Sent", words(&mail.at))]))
            p class="text" { (with_links(&mail.text)) }
        }
    };
    let title = if mail.subject.is_empty() { "(no subject)" } else { &mail.subject };
    layout::page(
        &world,
        &request,
        StatusCode::OK,
        &Page { part: Part::Outbox, title: Some(title), aside: html! {}, body },
    )
}

/// The text with its addresses as links, each in a tab of its own.
fn with_links(text: &str) -> Markup {
    html! {
        @for (index, line) in text.split('\n').enumerate() {
            @if index > 0 { "\n" }
            @for (index, word) in line.split(' ').enumerate() {
                @if index > 0 { " " }
                @if word.starts_with("http://") || word.starts_with("https://") {
                    a href=(word) target="_blank" rel="noreferrer" { (word) }
                } @else {
                    (word)
                }
            }
        }
    }
}
