//! Addresses of the API, written once for server, browser and tests.

pub const REGISTER: &str = "/api/auth/register";
/// `POST`: the link of the sign-up mail was opened.
pub const REGISTER_CONFIRM: &str = "/api/auth/register/confirm";
/// `POST`: an existing customer asks for a link by customer number and mail address.
pub const LINK: &str = "/api/auth/link";
pub const LINK_CONFIRM: &str = "/api/auth/link/confirm";
pub const PASSWORD_FORGOT: &str = "/api/auth/password/forgot";
pub const PASSWORD_RESET: &str = "/api/auth/password/reset";
/// `POST`: one of the two links of a change of the mail address was opened.
pub const EMAIL_CONFIRM: &str = "/api/auth/email/confirm";
/// `GET`, `POST`, `DELETE`: the mail address and its pending change.
pub const ACCOUNT_EMAIL: &str = "/api/account/email";
pub const BILLING_LINK: &str = "/api/account/billing-link";
/// `POST`: looks for the customer in billing anew, and opens them where they are missing.
pub const BILLING_LINK_REPAIR: &str = "/api/account/billing-link/repair";
pub const LOGIN: &str = "/api/auth/login";
pub const REFRESH: &str = "/api/auth/refresh";
pub const LOGOUT: &str = "/api/auth/logout";
pub const ME: &str = "/api/auth/me";
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
/// `POST`: another customer account of the same person.
pub const SWITCH: &str = "/api/auth/switch";
/// `POST`: what an invitation is for.
pub const INVITATION_LOOK: &str = "/api/auth/invitations/look";
pub const INVITATION_ACCEPT: &str = "/api/auth/invitations/accept";
pub const SESSIONS: &str = "/api/account/sessions";
/// `POST`: every session of the person but this one.
pub const SESSIONS_END_OTHERS: &str = "/api/account/sessions/end-others";
pub const PEOPLE: &str = "/api/account/people";
pub const INVITATIONS: &str = "/api/account/people/invitations";
/// Customer accounts that the person belongs to.
pub const OWN_ACCOUNTS: &str = "/api/account/customers";
/// `GET`: what happened on the account, `?before=` the `next` of the page before.
pub const ACTIVITY: &str = "/api/account/activity";
/// `POST` asks for a copy of one's data, `GET` says how it stands.
pub const DATA_COPY: &str = "/api/account/data";
/// `POST`: the copy itself, once.
pub const DATA_COPY_DOWNLOAD: &str = "/api/account/data/download";
/// `GET` what closing the account means, `POST` asks for it, `DELETE` withdraws it.
pub const CLOSE: &str = "/api/account/close";
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

/// Pages that links in mails open; the token follows as the fragment (`/confirm#…`).
pub const PAGE_CONFIRM: &str = "/confirm";
pub const PAGE_LINK: &str = "/link";
pub const PAGE_RESET: &str = "/reset";
pub const PAGE_EMAIL: &str = "/email";
pub const PAGE_INVITATION: &str = "/invitation";

/// Request header of every write that must happen at most once.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Request header that a browser form of another site cannot set (with the Origin check, the defence against CSRF).
pub const CLIENT_HEADER: &str = "X-Portal-Client";
/// Request and response header; every log line of a request carries it.
pub const REQUEST_ID: &str = "X-Request-Id";

/// `DELETE`: signs that browser out.
pub fn session(id: crate::SessionId) -> String {
    format!("{SESSIONS}/{id}")
}
/// `PATCH` and `DELETE`: a member.
pub fn member(id: crate::UserId) -> String {
    format!("{PEOPLE}/{id}")
}
/// `DELETE`: withdraws it.
pub fn invitation(id: crate::InvitationId) -> String {
    format!("{INVITATIONS}/{id}")
}
/// `POST`: a new link, the old one ends.
pub fn invitation_resend(id: crate::InvitationId) -> String {
    format!("{INVITATIONS}/{id}/resend")
}
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
