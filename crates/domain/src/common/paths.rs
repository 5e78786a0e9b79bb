//! Addresses of the API, written once for server, browser and tests.

pub const REGISTER: &str = "/api/auth/register";
pub const LOGIN: &str = "/api/auth/login";
pub const REFRESH: &str = "/api/auth/refresh";
pub const LOGOUT: &str = "/api/auth/logout";
pub const ME: &str = "/api/auth/me";
/// `GET`: what happened on the account, `?before=` the `next` of the page before.
pub const ACTIVITY: &str = "/api/account/activity";
/// `POST` asks for a copy of one's data, `GET` says how it stands.
pub const DATA_COPY: &str = "/api/account/data";
/// `POST`: the copy itself, once.
pub const DATA_COPY_DOWNLOAD: &str = "/api/account/data/download";
/// `GET` what closing the account means, `POST` asks for it, `DELETE` withdraws it.
pub const CLOSE: &str = "/api/account/close";
/// `POST`: the code after the password.
pub const LOGIN_CODE: &str = "/api/auth/login/code";
pub const PASSKEY_START: &str = "/api/auth/passkey/start";
pub const PASSKEY_FINISH: &str = "/api/auth/passkey/finish";
/// `POST`: shows again who one is; good for ten minutes.
pub const VERIFY: &str = "/api/auth/verify";
pub const VERIFY_PASSKEY_START: &str = "/api/auth/verify/passkey/start";
pub const VERIFY_PASSKEY_FINISH: &str = "/api/auth/verify/passkey/finish";
pub const SECURITY: &str = "/api/account/security";
pub const PASSWORD: &str = "/api/account/password";
pub const TOTP_START: &str = "/api/account/totp/start";
pub const TOTP_CONFIRM: &str = "/api/account/totp/confirm";
pub const TOTP_OFF: &str = "/api/account/totp/off";
/// `POST`: ten new codes; the old ones end.
pub const RECOVERY_CODES: &str = "/api/account/recovery-codes";
pub const PASSKEYS: &str = "/api/account/passkeys";
pub const PASSKEYS_START: &str = "/api/account/passkeys/start";
pub const PASSKEYS_FINISH: &str = "/api/account/passkeys/finish";
pub const CATALOG: &str = "/api/catalog";
pub const ORDERS: &str = "/api/orders";
pub const SUBSCRIPTIONS: &str = "/api/subscriptions";
/// `POST`: a one-time ticket for the live connection, valid 30 seconds.
pub const LIVE_TICKET: &str = "/api/live/ticket";
/// WebSocket; the first message is [`crate::live::ClientMessage::Auth`].
pub const LIVE: &str = "/api/live";
/// How everything stands, for staff.
pub const OPS_OVERVIEW: &str = "/api/ops/overview";
pub const OPS_RUNS: &str = "/api/ops/runs";
pub const OPS_JOBS: &str = "/api/ops/jobs";
/// `POST`: every dead job of a kind goes back to work.
pub const OPS_RETRY_DEAD: &str = "/api/ops/jobs/retry-dead";
pub const OPS_DRIFT: &str = "/api/ops/drift";
pub const OPS_AUDIT: &str = "/api/ops/audit";
/// `POST`: what the hook file in WHMCS sends.
pub const WHMCS_WEBHOOK: &str = "/api/webhooks/whmcs";
pub const OPENAPI: &str = "/api/openapi.json";
pub const DOCS: &str = "/api/docs";

/// Request header of every write that must happen at most once.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Request header that a browser form of another site cannot set (with the Origin check, the defence against CSRF).
pub const CLIENT_HEADER: &str = "X-Portal-Client";
/// Request and response header; every log line of a request carries it.
pub const REQUEST_ID: &str = "X-Request-Id";

pub fn order(id: crate::OrderId) -> String {
    format!("{ORDERS}/{id}")
}
/// `POST`: the customer approves the order, where the operator allows that.
pub fn order_confirm(id: crate::OrderId) -> String {
    format!("{ORDERS}/{id}/confirm")
}
pub fn subscription(id: crate::ServiceId) -> String {
    format!("{SUBSCRIPTIONS}/{id}")
}
/// `PATCH` and `DELETE`.
pub fn passkey(id: crate::PasskeyId) -> String {
    format!("{PASSKEYS}/{id}")
}
pub fn ops_run(id: crate::OrderId) -> String {
    format!("{OPS_RUNS}/{id}")
}
/// `POST`: staff say how an order stands that they have put right by hand.
pub fn ops_settle(id: crate::OrderId) -> String {
    format!("{OPS_RUNS}/{id}/settle")
}
/// `POST`: an act on a stopped job.
pub fn ops_job_act(id: uuid::Uuid, act: crate::ops::JobAct) -> String {
    format!("{OPS_JOBS}/{id}/{}", act.name())
}
