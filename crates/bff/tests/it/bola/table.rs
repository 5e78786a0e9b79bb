//! The matrix's table: one row for each operation of the OpenAPI document. An operation without a row fails.

use super::world::Ids;
use serde_json::{Value, json};

/// For whom an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Anybody: nothing in it belongs to somebody, or it says so by a secret in the request.
    Anyone,
    /// Whoever is signed in: a customer's people and staff.
    Person,
    /// People who act for a customer.
    Customer,
    /// The operator's staff.
    Staff,
}

/// Whose id a parameter of the path takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    Order,
    Service,
    Job,
}

pub struct Row {
    /// The `operationId`.
    pub op: &'static str,
    pub whom: For,
    /// What each parameter of the path means.
    pub ids: &'static [(&'static str, Id)],
    /// The JSON body for something of these ids; `None` for an operation without one.
    pub body: Option<fn(&Ids) -> Value>,
    /// What the owner gets with their own ids: proof that the refusal of others is not a mistake of the request. Only
    /// looked at when the operation takes ids.
    pub own: &'static [u16],
}

const fn row(op: &'static str, whom: For) -> Row {
    Row { op, whom, ids: &[], body: None, own: &[] }
}

impl Row {
    const fn ids(mut self, ids: &'static [(&'static str, Id)], own: &'static [u16]) -> Self {
        self.ids = ids;
        self.own = own;
        self
    }

    const fn body(mut self, body: fn(&Ids) -> Value) -> Self {
        self.body = Some(body);
        self
    }
}

fn nothing(_: &Ids) -> Value {
    json!({})
}

fn reason(_: &Ids) -> Value {
    json!({ "reason": "a test of who may do what" })
}

const ORDER: &[(&str, Id)] = &[("id", Id::Order)];
const SERVICE: &[(&str, Id)] = &[("id", Id::Service)];
const JOB: &[(&str, Id)] = &[("id", Id::Job)];

pub const TABLE: &[Row] = &[
    // Signing in and out.
    row("register", For::Anyone).body(nothing),
    row("login", For::Anyone).body(nothing),
    row("refresh", For::Anyone),
    row("logout", For::Anyone),
    row("me", For::Person),
    // For everybody.
    row("get_catalog", For::Anyone),
    row("get_docs", For::Anyone),
    row("get_docs_style", For::Anyone),
    row("get_openapi", For::Anyone),
    row("get_liveness", For::Anyone),
    row("get_readiness", For::Anyone),
    row("get_metrics", For::Anyone),
    row("open_live", For::Anyone),
    row("take_whmcs_webhook", For::Anyone).body(nothing),
    // Orders and services.
    row("create_live_ticket", For::Customer),
    row("list_orders", For::Customer),
    row("create_order", For::Customer).body(nothing),
    row("get_order", For::Customer).ids(ORDER, &[200]),
    row("confirm_order", For::Customer).ids(ORDER, &[409]),
    row("list_subscriptions", For::Customer),
    row("get_subscription", For::Customer).ids(SERVICE, &[200]),
    // Staff.
    row("get_overview", For::Staff),
    row("list_runs", For::Staff),
    row("get_run", For::Staff).ids(ORDER, &[200]),
    row("settle_run", For::Staff)
        .ids(ORDER, &[409, 422])
        .body(|_| json!({ "reason": "a test of who may do what", "outcome": "active" })),
    row("list_jobs", For::Staff),
    row("retry_job", For::Staff).ids(JOB, &[409]).body(reason),
    row("resume_job", For::Staff).ids(JOB, &[409]).body(reason),
    row("discard_job", For::Staff).ids(JOB, &[200, 409]).body(reason),
    row("retry_dead_jobs", For::Staff).body(|_| json!({ "kind": "provision", "reason": "a test of who may do what" })),
    row("list_drift", For::Staff),
    row("list_audit", For::Staff),
];
