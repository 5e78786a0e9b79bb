//! Support tickets: opening, answering, changing. What they look like when they are read is in `ticket_view`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::form::Form;
use super::types::{self, Client, Row, Service};
use super::{Answer, Failure, effects, object};
use crate::clock::japan_datetime;
use crate::keys::random_text;
use crate::world::store::{Store, Txn};

pub(crate) const STATUSES: &[&str] = &["Open", "Answered", "Customer-Reply", "On Hold", "In Progress", "Closed"];
pub(crate) const PRIORITIES: &[&str] = &["Low", "Medium", "High"];
/// Departments: id and name.
pub(crate) const DEPARTMENTS: &[(u64, &str)] = &[(1, "Support"), (2, "Billing")];

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Reply {
    pub id: u64,
    /// 0 = not a client.
    pub userid: u64,
    pub name: String,
    pub email: String,
    pub date: String,
    /// As it is stored: CRLF line ends, HTML-encoded.
    pub message: String,
    /// The administrator who wrote it, or nothing.
    pub admin: String,
    /// Names of files.
    pub attachments: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Ticket {
    pub id: u64,
    /// The number shown to people.
    pub tid: String,
    /// The access code of its page.
    pub c: String,
    pub deptid: u64,
    pub userid: u64,
    pub name: String,
    pub email: String,
    pub cc: String,
    pub date: String,
    pub subject: String,
    pub status: String,
    pub priority: String,
    pub lastreply: String,
    pub flag: u64,
    /// S12 for service 12, or nothing.
    pub service: String,
    /// The opening message comes first.
    pub replies: Vec<Reply>,
}

impl Row for Ticket {
    const TABLE: &'static str = "whmcs.tickets";
    fn id(&self) -> u64 {
        self.id
    }
}

pub(crate) fn department(id: u64) -> Option<&'static str> {
    DEPARTMENTS.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// Text as it is stored: HTML-encoded once, lines end in CRLF.
fn stored(text: &str) -> String {
    html_escape::encode_quoted_attribute(&text.replace("\r\n", "\n")).replace("&#x27;", "&#039;").replace('\n', "\r\n")
}

/// Names of the files in base64 of a JSON list of `{name, data}`.
fn attachments(form: &Form) -> Vec<String> {
    use base64::Engine;
    #[derive(Deserialize)]
    struct File {
        name: String,
    }
    let text = form.text("attachments").unwrap_or_default().replace(' ', "+");
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
    serde_json::from_slice::<Vec<File>>(&bytes).unwrap_or_default().into_iter().map(|file| file.name).collect()
}

/// When it was written: now, or `created`.
fn created(form: &Form, now: i64, future: &'static str) -> Result<String, Failure> {
    match form.text("created").filter(|text| !text.is_empty()) {
        None => Ok(japan_datetime(now)),
        Some(text) => {
            let time = text.get(..10).and_then(crate::clock::Date::parse_iso);
            let day = time.ok_or_else(|| Failure::new("Invalid Date Format"))?;
            if day > crate::clock::Date::japan(now) {
                return Err(Failure::new(future));
            }
            Ok(if text.len() == 19 { text } else { format!("{} 00:00:00", day.iso()) })
        }
    }
}

/// Whom a message is from: a client, a guest with name and address, or nobody yet.
fn writer(store: &Store, form: &Form) -> Result<(u64, String, String), Failure> {
    let given = |name: &str| form.text(name).filter(|text| !text.is_empty() && text != "0");
    if given("clientid").is_some() {
        let client = form.number("clientid").and_then(|id| types::find::<Client>(store, id));
        let client = client.ok_or_else(|| Failure::new("Client ID Not Found"))?;
        return Ok((client.id, format!("{} {}", client.firstname, client.lastname), client.email));
    }
    if given("contactid").is_some() {
        return Err(Failure::new("Contact ID Not Found"));
    }
    match (given("name"), given("email")) {
        (Some(name), Some(email)) => Ok((0, name, email)),
        _ => Err(Failure::new("Name and email address are required if not a client")),
    }
}

fn check_email(email: &str) -> Result<(), Failure> {
    let right = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if right { Ok(()) } else { Err(Failure::new("Email Address Invalid")) }
}

pub(crate) fn open(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let text = |name: &str| form.text(name).unwrap_or_default();
    let given = |name: &str| form.text(name).is_some_and(|text| !text.is_empty() && text != "0");
    if given("userid") && form.number("userid").and_then(|id| types::find::<super::users::User>(txn, id)).is_none() {
        return Err(Failure::new("The system cannot find the provided user ID."));
    }
    let (userid, name, email) = writer(txn, form)?;
    let deptid = form.number("deptid").filter(|id| department(*id).is_some());
    let deptid = deptid.ok_or_else(|| Failure::new("Department ID not found"))?;
    for (field, message) in [("subject", "Subject is required"), ("message", "Message is required")] {
        if text(field).is_empty() {
            return Err(Failure::new(message));
        }
    }
    let service = match form.number("serviceid").filter(|id| *id != 0) {
        Some(id) => {
            let service = types::find::<Service>(txn, id).filter(|service| userid == 0 || service.clientid == userid);
            format!("S{}", service.ok_or_else(|| Failure::new("Service ID Not Found"))?.id)
        }
        None => String::new(),
    };
    if given("domainid") {
        return Err(Failure::new("Domain ID Not Found"));
    }
    check_email(&email)?;
    let now = txn.now_ms();
    let date = created(form, now, "Ticket creation date cannot be in the future")?;
    let admin = if form.flag("admin") { "Aki Hoshino" } else { "" };
    let tid = rand::Rng::random_range(&mut rand::rng(), 100_000..999_999_u32).to_string();
    let priority = text("priority");
    let first = Reply {
        id: 0,
        userid,
        name: name.clone(),
        email: email.clone(),
        date: date.clone(),
        message: stored(&text("message")),
        admin: admin.to_owned(),
        attachments: attachments(form),
    };
    let ticket = Ticket {
        id: types::next_id::<Ticket>(txn),
        tid,
        c: random_text(8),
        deptid,
        userid,
        name,
        email,
        cc: String::new(),
        lastreply: date.clone(),
        date,
        subject: stored(&text("subject")),
        status: "Open".to_owned(),
        priority: if PRIORITIES.contains(&priority.as_str()) { priority } else { "Medium".to_owned() },
        flag: 0,
        service,
        replies: vec![first],
    };
    types::save(txn, &ticket);
    let mut vars = described(&ticket, &ticket.replies[0]);
    vars["ticketmask"] = json!(ticket.tid);
    effects::hook(txn, if admin.is_empty() { "TicketOpen" } else { "TicketOpenAdmin" }, vars);
    if !form.flag("noemail") && userid != 0 {
        let body = format!("We have received your request #{}.", ticket.tid);
        effects::mail(txn, userid, "Support Ticket Opened", "New Support Ticket Opened", body, now);
    }
    Ok(object(json!({ "id": ticket.id.to_string(), "tid": ticket.tid, "c": ticket.c })))
}

/// What the hooks of tickets have in common.
fn described(ticket: &Ticket, reply: &Reply) -> Value {
    json!({
        "ticketid": ticket.id, "userid": ticket.userid, "deptid": ticket.deptid, "deptname": department(ticket.deptid),
        "subject": ticket.subject, "message": reply.message, "priority": ticket.priority,
    })
}

pub(crate) fn reply(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let ticket = form.number("ticketid").and_then(|id| types::find::<Ticket>(txn, id));
    let mut ticket = ticket.ok_or_else(|| Failure::new("Ticket ID not found"))?;
    let admin = form.text("adminusername").unwrap_or_default();
    let (userid, name, email) = if admin.is_empty() { writer(txn, form)? } else { (0, String::new(), String::new()) };
    let message = form.text("message").filter(|message| !message.is_empty());
    let message = message.ok_or_else(|| Failure::new("Message is required"))?;
    if admin.is_empty() {
        check_email(&email)?;
    }
    let status = form.text("status").filter(|status| !status.is_empty());
    if status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(Failure::new("Invalid Ticket Status"));
    }
    let now = txn.now_ms();
    let date = created(form, now, "Reply creation date cannot be in the future")?;
    let usual = if admin.is_empty() { "Customer-Reply" } else { "Answered" };
    let before = std::mem::replace(&mut ticket.status, status.unwrap_or_else(|| usual.to_owned()));
    let id = txn.next("whmcs.ticketreplies", 0);
    let row = Reply {
        id,
        userid,
        name,
        email,
        date: date.clone(),
        message: stored(&message),
        admin: admin.clone(),
        attachments: attachments(form),
    };
    ticket.lastreply = date;
    let mut vars = described(&ticket, &row);
    vars["replyid"] = json!(id);
    vars["status"] = json!(ticket.status);
    ticket.replies.push(row);
    types::save(txn, &ticket);
    if admin.is_empty() {
        effects::hook(txn, "TicketUserReply", vars);
    } else {
        vars["admin"] = json!(admin);
        if let Value::Object(members) = &mut vars {
            members.remove("userid");
        }
        effects::hook(txn, "TicketAdminReply", vars);
        if !form.flag("noemail") && ticket.userid != 0 {
            let body = format!("There is an answer to your request #{}.", ticket.tid);
            effects::mail(txn, ticket.userid, "Support Ticket Reply", "Support Ticket Response", body, now);
        }
    }
    status_changed(txn, &ticket, &before);
    Ok(Map::new())
}

fn status_changed(txn: &mut Txn<'_>, ticket: &Ticket, before: &str) {
    if ticket.status != before {
        let vars = json!({ "ticketid": ticket.id, "status": ticket.status, "adminid": 1 });
        effects::hook(txn, "TicketStatusChange", vars);
        if ticket.status == "Closed" {
            effects::hook(txn, "TicketClose", json!({ "ticketid": ticket.id }));
        }
    }
}

pub(crate) fn update(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let ticket = form.number("ticketid").and_then(|id| types::find::<Ticket>(txn, id));
    let mut ticket = ticket.ok_or_else(|| Failure::new("Ticket ID Not Found"))?;
    let text = |name: &str| form.text(name).filter(|text| !text.is_empty());
    let before = ticket.status.clone();
    if text("deptid").is_some() {
        let id = form.number("deptid").filter(|id| department(*id).is_some());
        ticket.deptid = id.ok_or_else(|| Failure::new("Department ID Not Found"))?;
    }
    if let Some(priority) = text("priority") {
        if !PRIORITIES.contains(&priority.as_str()) {
            return Err(Failure::new("Invalid Ticket Priority. Valid priorities are: Low,Medium,High"));
        }
        ticket.priority = priority;
    }
    if let Some(status) = text("status") {
        if !STATUSES.contains(&status.as_str()) {
            return Err(Failure::message(format!("Invalid Ticket Status. Valid statuses are: {}", STATUSES.join(","))));
        }
        ticket.status = status;
    }
    if text("created").is_some() {
        ticket.date = created(form, txn.now_ms(), "Ticket creation date cannot be in the future")?;
    }
    for (name, target) in [("name", &mut ticket.name), ("email", &mut ticket.email), ("cc", &mut ticket.cc)] {
        if let Some(value) = text(name) {
            *target = value;
        }
    }
    if let Some(subject) = text("subject") {
        ticket.subject = stored(&subject);
    }
    if let (Some(message), Some(first)) = (text("message"), ticket.replies.first_mut()) {
        first.message = stored(&message);
    }
    if let Some(user) = form.number("userid") {
        ticket.userid = user;
    }
    ticket.flag = if form.flag("removeFlag") { 0 } else { form.number("flag").unwrap_or(ticket.flag) };
    types::save(txn, &ticket);
    status_changed(txn, &ticket, &before);
    let mut body = Map::new();
    body.insert("ticketid".to_owned(), json!(ticket.id.to_string()));
    Ok(body)
}
