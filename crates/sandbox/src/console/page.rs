//! The console for people: one page without scripts, which renews itself.

use std::fmt::Write;

use actix_web::{HttpRequest, HttpResponse, web};
use html_escape::{encode_double_quoted_attribute, encode_text};
use serde_json::Value;

use super::guard::{self, Refused};
use crate::World;
use crate::clock::japan_datetime;
use crate::config::Delays;
use crate::faults::{DelayPoint, Fault, FaultKind, System};
use crate::seed::OPERATOR_NAME;

const STYLE: &str = include_str!("style.css");

/// A value for display.
fn show(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => encode_text(text).into_owned(),
        other => encode_text(&other.to_string()).into_owned(),
    }
}

fn yen(value: &Value) -> String {
    let amount = value.as_f64().unwrap_or(0.0).round() as i64;
    let digits = amount.unsigned_abs().to_string();
    let grouped: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| std::str::from_utf8(part).ok()).collect();
    format!("{}¥{}", if amount < 0 { "−" } else { "" }, grouped.join(","))
}

fn badge(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let tone = match text {
        "Active" | "Activated" | "Paid" | "active" => "good",
        "Draft" | "Pending" | "waiting" | "Approved" | "Activating" => "wait",
        "Rejected" | "Cancelled" | "Failed" | "Suspended" | "suspended" | "Unpaid" | "obsolete" => "bad",
        _ => "plain",
    };
    if text.is_empty() { String::new() } else { format!("<span class=\"badge {tone}\">{}</span>", encode_text(text)) }
}

fn table(out: &mut String, heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut any = false;
    let mut body = String::new();
    for row in rows {
        any = true;
        body.push_str("<tr>");
        for (head, cell) in heads.iter().zip(row) {
            let _ = write!(body, "<td data-label=\"{head}\">{cell}</td>");
        }
        body.push_str("</tr>");
    }
    if !any {
        out.push_str("<p class=\"empty\">Nothing here yet.</p>");
        return;
    }
    out.push_str("<div class=\"scroll\"><table><thead><tr>");
    for head in heads {
        let _ = write!(out, "<th scope=\"col\">{head}</th>");
    }
    let _ = write!(out, "</tr></thead><tbody>{body}</tbody></table></div>");
}

fn section(out: &mut String, id: &str, title: &str, count: usize, fill: impl FnOnce(&mut String)) {
    let _ = write!(out, "<section id=\"{id}\"><h2>{title} <span class=\"count\">{count}</span></h2>");
    fill(out);
    out.push_str("</section>");
}

fn render(world: &World) -> String {
    let dump = world.dump();
    let list = |system: &str, name: &str| -> Vec<Value> { dump[system][name].as_array().cloned().unwrap_or_default() };
    let mut out = String::with_capacity(64 * 1024);
    let _ = write!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"refresh\" content=\"5\"><meta name=\"color-scheme\" content=\"light dark\"><title>{OPERATOR_NAME} · upstream console</title>\
         <style>{STYLE}</style></head><body><header><div><strong>{OPERATOR_NAME}</strong><span>upstream console</span></div>\
         <nav><a href=\"#orders\">Orders</a><a href=\"#billing\">Billing</a><a href=\"#lines\">Lines</a><a href=\"#events\">Events</a><a href=\"#calls\">Calls</a><a href=\"#settings\">Settings</a></nav></header><main>"
    );
    orders(&mut out, world);
    billing(&mut out, &list("whmcs", "orders"), &list("whmcs", "services"), &list("whmcs", "invoices"));
    lines(&mut out, &list("freebit", "lines"), &list("freebit", "orders"));
    events(&mut out, dump["events"].as_array().map(Vec::as_slice).unwrap_or_default());
    calls(&mut out, world);
    settings_form(&mut out, world);
    let _ = write!(
        out,
        "</main><footer>Renewed {} JST · every person and number here is made up</footer></body></html>",
        japan_datetime(world.now_ms())
    );
    out
}

fn orders(out: &mut String, world: &World) {
    let mut orders = world.salesforce_orders();
    orders.reverse();
    orders.sort_by_key(|order| order["Status"] != "Draft");
    section(out, "orders", "Salesforce orders", orders.len(), |out| {
        let rows = orders.iter().map(|order| {
            let id = order["Id"].as_str().unwrap_or_default();
            let id = encode_double_quoted_attribute(id);
            let actions = if order["Status"] == "Draft" {
                format!(
                    "<form method=\"post\" action=\"/console/orders/{id}/approve\"><button class=\"primary\">Approve</button></form>\
                     <form method=\"post\" action=\"/console/orders/{id}/reject\"><button>Reject</button></form>"
                )
            } else {
                String::new()
            };
            let items: Vec<String> = order["OrderItems"].as_array().into_iter().flatten().map(|item| show(&item["ProductName"])).collect();
            let activation = match &order["Activation_Error_Message__c"] {
                Value::Null => badge(&order["Activation_Status__c"]),
                error => format!("{} <small>{}</small>", badge(&order["Activation_Status__c"]), show(error)),
            };
            vec![
                show(&order["OrderNumber"]),
                show(&order["AccountName"]),
                items.join(", "),
                format!("<b>{}</b>", yen(&order["TotalAmount"])),
                badge(&order["Status"]),
                activation,
                format!("<div class=\"actions\">{actions}</div>"),
            ]
        });
        table(out, &["Order", "Account", "Products", "Total", "Status", "Activation", "Decision"], rows);
    });
}

fn billing(out: &mut String, orders: &[Value], services: &[Value], invoices: &[Value]) {
    section(out, "billing", "WHMCS orders", orders.len(), |out| {
        let rows = orders.iter().rev().take(30).map(|order| {
            vec![
                show(&order["id"]),
                show(&order["userid"]),
                show(&order["date"]),
                yen(&order["amount"]),
                show(&order["invoiceid"]),
                badge(&order["status"]),
            ]
        });
        table(out, &["Order", "Client", "Date", "Amount", "Invoice", "Status"], rows);
    });
    section(out, "services", "WHMCS services", services.len(), |out| {
        let rows = services.iter().rev().take(40).map(|row| {
            vec![
                show(&row["id"]),
                show(&row["clientid"]),
                show(&row["name"]),
                show(&row["domain"]),
                yen(&row["recurringamount"]),
                show(&row["nextduedate"]),
                badge(&row["status"]),
            ]
        });
        table(out, &["Service", "Client", "Product", "Number", "Monthly", "Next due", "Status"], rows);
    });
    section(out, "invoices", "WHMCS invoices", invoices.len(), |out| {
        let rows = invoices.iter().rev().take(20).map(|row| {
            vec![
                show(&row["id"]),
                show(&row["userid"]),
                show(&row["date"]),
                show(&row["duedate"]),
                yen(&row["total"]),
                badge(&row["status"]),
            ]
        });
        table(out, &["Invoice", "Client", "Date", "Due", "Total", "Status"], rows);
    });
}

fn lines(out: &mut String, lines: &[Value], open: &[Value]) {
    section(out, "lines", "Freebit lines", lines.len(), |out| {
        let rows = lines.iter().rev().map(|line| {
            let order = open
                .iter()
                .find(|order| order["account"] == line["account"])
                .map(|order| show(&order["change"]["kind"]))
                .unwrap_or_default();
            vec![
                show(&line["account"]),
                show(&line["plan_code"]),
                show(&line["size"]),
                show(&line["contract_line"]),
                show(&line["iccid"]),
                badge(&line["state"]),
                order,
            ]
        });
        table(out, &["Number", "Plan", "SIM", "Network", "ICCID", "State", "Open order"], rows);
    });
}

fn events(out: &mut String, events: &[Value]) {
    section(out, "events", "Platform events", events.len(), |out| {
        let rows = events.iter().rev().take(30).map(|event| {
            let at = japan_datetime(event["published_ms"].as_i64().unwrap_or(0));
            vec![
                show(&event["replay_id"]),
                at,
                show(&event["topic"]),
                format!("<code>{}</code>", show(&event["fields"])),
            ]
        });
        table(out, &["Replay id", "Time", "Topic", "Fields"], rows);
    });
}

fn calls(out: &mut String, world: &World) {
    let calls = world.calls();
    section(out, "calls", "Upstream calls", calls.len(), |out| {
        let rows = calls.iter().rev().take(50).map(|call| {
            vec![
                japan_datetime(call.at_ms),
                format!("{:?}", call.system),
                encode_text(&call.operation).into_owned(),
                encode_text(&call.outcome).into_owned(),
                format!("{} ms", call.took_ms),
            ]
        });
        table(out, &["Time", "System", "Operation", "Outcome", "Took"], rows);
    });
}

fn settings_form(out: &mut String, world: &World) {
    let delays = world.delays();
    let waiting = world.faults();
    section(out, "settings", "Delays and faults", waiting.len(), |out| {
        for fault in &waiting {
            let _ = write!(out, "<p class=\"fault\"><code>{}</code></p>", encode_text(&format!("{fault:?}")));
        }
        let number = |name: &str, label: &str, value: u64| {
            format!("<label>{label}<input type=\"number\" min=\"0\" name=\"{name}\" value=\"{value}\"></label>")
        };
        let _ = write!(
            out,
            "<div class=\"forms\"><form method=\"post\" action=\"/console/settings\"><h3>Delays (ms)</h3><input type=\"hidden\" name=\"what\" value=\"delays\">{}{}{}<button>Set</button></form>",
            number("latency_ms", "Latency of every call", delays.latency_ms),
            number("freebit_async_min_ms", "Freebit order, shortest", delays.freebit_async_min_ms),
            number("freebit_async_max_ms", "Freebit order, longest", delays.freebit_async_max_ms),
        );
        out.push_str(
            "<form method=\"post\" action=\"/console/settings\"><h3>Add a fault</h3><input type=\"hidden\" name=\"what\" value=\"fault\">\
             <label>System<select name=\"system\"><option>Salesforce</option><option>PubSub</option><option>Whmcs</option><option>Freebit</option></select></label>\
             <label>Operation (empty = all)<input name=\"operation\" placeholder=\"AddOrder\"></label>\
             <label>Kind<select name=\"kind\"><option value=\"503\">503</option><option value=\"429\">429, retry after 5 s</option><option value=\"html\">503 HTML page</option>\
             <option value=\"drop\">Connection dropped</option><option value=\"lost\">Done, answer lost</option><option value=\"slow\">10 s late</option>\
             <option value=\"garbled\">Garbled</option><option value=\"refuse\">Refused</option></select></label>\
             <label>How often (empty = until cleared)<input type=\"number\" min=\"1\" name=\"times\" value=\"1\"></label><button>Add</button></form>",
        );
        let awkward =
            if world.awkward() { ("plain", "Answer WHMCS plainly") } else { ("awkward", "Answer WHMCS awkwardly") };
        for (what, label) in [
            ("clear", "Clear all faults"),
            ("sessions", "End all Salesforce sessions"),
            awkward,
            ("reset", "Back to the beginning"),
        ] {
            let _ = write!(
                out,
                "<form method=\"post\" action=\"/console/settings\"><input type=\"hidden\" name=\"what\" value=\"{what}\"><button>{label}</button></form>"
            );
        }
        out.push_str("</div>");
    });
}

pub(super) async fn root(world: web::Data<World>, request: HttpRequest) -> Result<HttpResponse, Refused> {
    guard::local(&request)?;
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    let response = HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("Content-Security-Policy", policy))
        .body(render(&world));
    Ok(response)
}

fn back(anchor: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("Location", format!("/#{anchor}"))).finish()
}

pub(super) async fn decide(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refused> {
    guard::change(&request)?;
    let (id, decision) = path.into_inner();
    let done = match decision.as_str() {
        "approve" => world.approve_order(&id),
        "reject" => world.reject_order(&id),
        _ => return Ok(HttpResponse::NotFound().finish()),
    };
    Ok(match done {
        Ok(()) => back("orders"),
        Err(message) => HttpResponse::Conflict().content_type("text/plain; charset=utf-8").body(message),
    })
}

type Fields = Vec<(String, String)>;

pub(super) async fn settings(
    world: web::Data<World>,
    request: HttpRequest,
    form: web::Form<Fields>,
) -> Result<HttpResponse, Refused> {
    guard::change(&request)?;
    let field =
        |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).unwrap_or_default();
    match field("what") {
        "delays" => {
            let number = |name: &str| field(name).parse().unwrap_or(0);
            world.set_delays(Delays {
                latency_ms: number("latency_ms"),
                freebit_async_min_ms: number("freebit_async_min_ms"),
                freebit_async_max_ms: number("freebit_async_max_ms"),
                ..world.delays()
            });
        }
        "fault" => match fault(field("system"), field("operation"), field("kind"), field("times")) {
            Some(fault) => drop(world.add_fault(fault)),
            None => return Ok(HttpResponse::BadRequest().body("no such fault")),
        },
        "clear" => world.clear_faults(),
        "sessions" => world.drop_sessions(),
        "awkward" => world.set_awkward(true),
        "plain" => world.set_awkward(false),
        "reset" => world.reset(),
        _ => return Ok(HttpResponse::BadRequest().body("no such setting")),
    }
    Ok(back("settings"))
}

fn fault(system: &str, operation: &str, kind: &str, times: &str) -> Option<Fault> {
    let system = match system {
        "Salesforce" => System::Salesforce,
        "PubSub" => System::PubSub,
        "Whmcs" => System::Whmcs,
        "Freebit" => System::Freebit,
        _ => return None,
    };
    let kind = match kind {
        "503" => FaultKind::Status(503, None),
        "429" => FaultKind::Status(429, Some(5)),
        "html" => FaultKind::Html503,
        "drop" => FaultKind::DropBefore,
        "lost" => FaultKind::DropAfterCommit,
        "slow" => FaultKind::Delay(10_000, DelayPoint::AfterCommit),
        "garbled" => FaultKind::Garbled,
        "refuse" if system == System::Freebit => FaultKind::Refuse("400-356".to_owned()),
        "refuse" => FaultKind::Refuse("Refused at the console".to_owned()),
        _ => return None,
    };
    Some(Fault {
        system,
        operation: (!operation.is_empty()).then(|| operation.to_owned()),
        kind,
        times: times.parse().ok(),
    })
}
