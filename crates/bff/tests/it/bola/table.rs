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
    /// A second session of the person.
    Session,
    Passkey,
    /// The person's own id, as a member of the account.
    Person,
    Invitation,
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
    /// Without an id it acts on the caller's own account, so a customer who calls it changes something rightly.
    pub acts_on_own: bool,
}

const fn row(op: &'static str, whom: For) -> Row {
    Row { op, whom, ids: &[], body: None, own: &[], acts_on_own: false }
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

    const fn acts_on_own(mut self) -> Self {
        self.acts_on_own = true;
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
const SESSION: &[(&str, Id)] = &[("id", Id::Session)];
const PASSKEY: &[(&str, Id)] = &[("id", Id::Passkey)];
const PERSON: &[(&str, Id)] = &[("id", Id::Person)];
const INVITATION: &[(&str, Id)] = &[("id", Id::Invitation)];

pub const TABLE: &[Row] = &[
    // Signing in and out.
    row("register", For::Anyone).body(nothing),
    row("login", For::Anyone).body(nothing),
    row("refresh", For::Anyone),
    row("logout", For::Anyone),
    row("me", For::Person),
    row("login_code", For::Anyone).body(nothing),
    row("start_passkey", For::Anyone).body(nothing).acts_on_own(),
    row("finish_passkey", For::Anyone).body(nothing),
    row("verify_person", For::Person).body(nothing),
    row("start_verify_passkey", For::Person).acts_on_own(),
    row("finish_verify_passkey", For::Person).body(nothing),
    row("switch_account", For::Person).body(|ids| json!({ "customer_id": ids.customer })),
    // By a mail.
    row("confirm_registration", For::Anyone).body(nothing),
    row("ask_for_link", For::Anyone).body(nothing),
    row("confirm_link", For::Anyone).body(nothing),
    row("forget_password", For::Anyone).body(nothing),
    row("reset_password", For::Anyone).body(nothing),
    row("confirm_email", For::Anyone).body(nothing),
    row("look_at_invitation", For::Anyone).body(nothing),
    row("accept_invitation", For::Anyone).body(nothing),
    // One's own account.
    row("get_security", For::Person),
    row("change_password", For::Person).body(nothing),
    row("start_totp", For::Person).acts_on_own(),
    row("confirm_totp", For::Person).body(nothing),
    row("switch_totp_off", For::Person).body(nothing),
    row("renew_recovery_codes", For::Person).acts_on_own(),
    row("start_new_passkey", For::Person).acts_on_own(),
    row("finish_new_passkey", For::Person).body(nothing),
    row("rename_passkey", For::Person).ids(PASSKEY, &[204]).body(|_| json!({ "name": "A key" })),
    row("remove_passkey", For::Person).ids(PASSKEY, &[204]),
    row("email_address", For::Person),
    row("change_email", For::Person).body(nothing),
    row("withdraw_email", For::Person).acts_on_own(),
    row("list_sessions", For::Person),
    row("end_session", For::Person).ids(SESSION, &[204]),
    row("end_other_sessions", For::Person).acts_on_own(),
    row("list_activity", For::Person),
    row("get_copy", For::Person),
    row("ask_copy", For::Person).acts_on_own(),
    row("download_copy", For::Person).acts_on_own(),
    row("list_accounts", For::Person),
    // One's customer account.
    row("list_people", For::Customer),
    row("change_member", For::Customer).ids(PERSON, &[409]).body(|_| json!({ "role": "billing" })),
    row("remove_member", For::Customer).ids(PERSON, &[409]),
    row("invite", For::Customer).body(nothing),
    row("resend_invitation", For::Customer).ids(INVITATION, &[200, 429]),
    row("withdraw_invitation", For::Customer).ids(INVITATION, &[204]),
    row("billing_link", For::Customer),
    row("repair_billing_link", For::Customer).acts_on_own(),
    row("get_closing", For::Customer),
    row("ask_closing", For::Customer).acts_on_own(),
    row("withdraw_closing", For::Customer).acts_on_own(),
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
