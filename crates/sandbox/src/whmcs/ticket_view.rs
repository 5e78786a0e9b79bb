//! Tickets as they are read.

use serde_json::{Value, json};

use super::form::Form;
use super::tickets::{self, DEPARTMENTS, Reply, Ticket};
use super::types::{self, Client};
use super::{Answer, Failure, object};
use crate::world::store::Store;

/// None is a list that holds an empty list.
fn files(names: &[String]) -> Value {
    if names.is_empty() {
        return json!([[]]);
    }
    names.iter().enumerate().map(|(index, name)| json!({ "filename": name, "index": index })).collect()
}

fn requestor(userid: u64, admin: &str) -> &'static str {
    match (userid, admin.is_empty()) {
        (_, false) => "Operator",
        (0, true) => "Guest",
        (_, true) => "Owner",
    }
}

/// Whether anybody has to do something about it.
fn active(ticket: &Ticket) -> bool {
    ticket.status != "Closed"
}

fn awaiting(ticket: &Ticket) -> bool {
    matches!(ticket.status.as_str(), "Open" | "Customer-Reply")
}

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
    let text = |name: &str| form.text(name).filter(|text| !text.is_empty());
    let (client, dept, email) = (form.number("clientid"), form.number("deptid"), text("email"));
    let (status, subject) = (text("status"), text("subject").map(|text| text.to_lowercase()));
    let mut found: Vec<Ticket> = types::all(store);
    found.retain(|ticket| {
        client.is_none_or(|id| id == ticket.userid)
            && dept.is_none_or(|id| id == ticket.deptid)
            && email.as_ref().is_none_or(|email| email.eq_ignore_ascii_case(&ticket.email))
            && subject.as_ref().is_none_or(|subject| ticket.subject.to_lowercase().contains(subject))
            && status.as_deref().is_none_or(|status| match status {
                "Awaiting Reply" => awaiting(ticket),
                "All Active Tickets" => active(ticket),
                "My Flagged Tickets" => ticket.flag == 1,
                status => status.eq_ignore_ascii_case(&ticket.status),
            })
    });
    // What moved last comes first.
    found.sort_by(|a, b| b.lastreply.cmp(&a.lastreply).then(b.id.cmp(&a.id)));
    let rows: Vec<Value> = found.iter().map(|ticket| show(store, ticket)).collect();
    let mut body = super::page(form, "tickets", "ticket", rows);
    body.insert("totalresults".to_owned(), json!(found.len().to_string()));
    Ok(body)
}

fn show(store: &Store, ticket: &Ticket) -> Value {
    let owner = types::find::<Client>(store, ticket.userid)
        .map_or_else(|| ticket.name.clone(), |client| format!("{} {}", client.firstname, client.lastname));
    let first = ticket.replies.first().cloned().unwrap_or_default();
    json!({
        "id": ticket.id.to_string(), "tid": ticket.tid, "deptid": ticket.deptid.to_string(), "userid": ticket.userid.to_string(),
        "name": ticket.name, "owner_name": owner, "email": ticket.email, "requestor_name": ticket.name, "requestor_email": ticket.email,
        "requestor_type": requestor(ticket.userid, &first.admin), "cc": ticket.cc, "c": ticket.c, "date": ticket.date,
        "subject": ticket.subject, "status": ticket.status, "priority": ticket.priority, "admin": first.admin,
        "attachment": first.attachments.join("|"), "attachments": files(&first.attachments), "attachments_removed": false,
        "lastreply": ticket.lastreply, "flag": ticket.flag.to_string(), "service": ticket.service,
    })
}

pub(crate) fn one(store: &Store, form: &Form) -> Answer {
    let number = form.text("ticketnum");
    let ticket = form.number("ticketid").and_then(|id| types::find::<Ticket>(store, id)).or_else(|| {
        types::all::<Ticket>(store)
            .into_iter()
            .find(|ticket| number.as_ref().is_some_and(|number| *number == ticket.tid))
    });
    // No text is documented for this action; its neighbours say it so (A).
    let ticket = ticket.ok_or_else(|| Failure::new("Ticket ID Not Found"))?;
    let mut replies: Vec<Value> = ticket.replies.iter().map(show_reply).collect();
    if form.get("repliessort").is_some_and(|order| order.eq_ignore_ascii_case("DESC")) {
        replies.reverse();
    }
    Ok(object(json!({
        "ticketid": ticket.id.to_string(), "tid": ticket.tid, "c": ticket.c, "deptid": ticket.deptid.to_string(),
        "deptname": tickets::department(ticket.deptid), "userid": ticket.userid.to_string(), "contactid": "0", "name": ticket.name,
        "email": ticket.email, "cc": ticket.cc, "date": ticket.date, "subject": ticket.subject, "status": ticket.status,
        "priority": ticket.priority, "admin": ticket.replies.first().map_or("", |first| first.admin.as_str()),
        "lastreply": ticket.lastreply, "flag": ticket.flag.to_string(), "service": ticket.service,
        "replies": { "reply": replies }, "notes": "",
    })))
}

fn show_reply(reply: &Reply) -> Value {
    json!({
        "replyid": reply.id.to_string(), "userid": reply.userid.to_string(), "contactid": "0", "name": reply.name, "email": reply.email,
        "requestor_name": reply.name, "requestor_email": reply.email, "requestor_type": requestor(reply.userid, &reply.admin),
        "date": reply.date, "message": reply.message, "attachment": reply.attachments.join("|"), "attachments": files(&reply.attachments),
        "attachments_removed": false, "admin": reply.admin, "rating": "0",
    })
}

pub(crate) fn departments(store: &Store) -> Answer {
    let all: Vec<Ticket> = types::all(store);
    let rows: Vec<Value> = DEPARTMENTS
        .iter()
        .map(|(id, name)| {
            let of = |wanted: &dyn Fn(&Ticket) -> bool| {
                all.iter().filter(|ticket| ticket.deptid == *id && wanted(ticket)).count().to_string()
            };
            json!({ "id": id.to_string(), "name": name, "awaitingreply": of(&awaiting), "opentickets": of(&active) })
        })
        .collect();
    Ok(object(json!({ "totalresults": rows.len(), "departments": { "department": rows } })))
}
