//! `GET /api/account/activity`: every sensitive act of a person and on their customer account, from the append-only log.

use crate::common::pii::Pii;
use crate::{OrderId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// What happened, in the customer's terms. New ones are added, none is renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    AccountOpened,
    AccountLinked,
    SignedIn,
    SignInFailed,
    SignedOut,
    SessionEnded,
    /// A refresh token was used twice: all sessions of its family have ended.
    SessionReused,
    NewDevice,
    PasswordChanged,
    PasswordResetAsked,
    PasswordReset,
    EmailChangeAsked,
    EmailChangeWithdrawn,
    EmailChanged,
    AuthenticatorOn,
    AuthenticatorOff,
    /// An app, passkey or recovery code was added, changed or removed.
    SecondFactorChanged,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    MemberInvited,
    InvitationWithdrawn,
    MemberJoined,
    MemberChanged,
    MemberRemoved,
    BillingLinkRepaired,
    OrderPlaced,
    OrderConfirmed,
    OrderApproved,
    OrderRejected,
    OrderActive,
    LineChanged,
    PaymentMade,
    PaymentMethodChanged,
    DataCopyAsked,
    DataCopyFetched,
    ClosingAsked,
    ClosingWithdrawn,
}

/// Who sees an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Only the person who did it, or whom it concerns.
    Person,
    /// Also the others of the customer account who may see such things.
    Account,
}

/// Whether a fact of the log is shown to customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    As(ActivityKind, Audience),
    /// Not shown; the text says why.
    Not(&'static str),
}

const STEPS: &str = "a step of the work on an order, which the order's own page shows";
const STAFF: &str = "an act of the operator's staff on their own side";

/// Every kind of fact that the portal writes. The log refuses others while debugging, so a new one fails a test until it
/// stands here.
#[rustfmt::skip]
pub const FACTS: &[(&str, Shown)] = {
    use ActivityKind as K;
    use Audience::{Account, Person};
    use Shown::{As, Not};
    &[
        ("registered", As(K::AccountOpened, Person)),
        ("account_linked", As(K::AccountLinked, Person)),
        ("linked", As(K::AccountLinked, Person)),
        ("signed_in", As(K::SignedIn, Person)),
        ("sign_in_failed", As(K::SignInFailed, Person)),
        ("signed_out", As(K::SignedOut, Person)),
        ("session_ended", As(K::SessionEnded, Person)),
        ("session_reused", As(K::SessionReused, Person)),
        ("new_device", As(K::NewDevice, Person)),
        ("password_changed", As(K::PasswordChanged, Person)),
        ("password_reset_asked", As(K::PasswordResetAsked, Person)),
        ("password_reset", As(K::PasswordReset, Person)),
        ("email_change_asked", As(K::EmailChangeAsked, Person)),
        ("email_change_withdrawn", As(K::EmailChangeWithdrawn, Person)),
        ("email_changed", As(K::EmailChanged, Person)),
        ("second_factor_changed", As(K::SecondFactorChanged, Person)),
        ("totp_on", As(K::AuthenticatorOn, Person)),
        ("totp_off", As(K::AuthenticatorOff, Person)),
        ("recovery_codes_made", As(K::RecoveryCodesMade, Person)),
        ("recovery_code_used", As(K::RecoveryCodeUsed, Person)),
        ("passkey_added", As(K::PasskeyAdded, Person)),
        ("passkey_renamed", As(K::PasskeyRenamed, Person)),
        ("passkey_removed", As(K::PasskeyRemoved, Person)),
        ("member_invited", As(K::MemberInvited, Account)),
        ("invitation_withdrawn", As(K::InvitationWithdrawn, Account)),
        ("member_joined", As(K::MemberJoined, Account)),
        ("member_changed", As(K::MemberChanged, Account)),
        ("member_removed", As(K::MemberRemoved, Account)),
        ("billing_link_repaired", As(K::BillingLinkRepaired, Account)),
        ("order_placed", As(K::OrderPlaced, Account)),
        ("order_confirmed", As(K::OrderConfirmed, Account)),
        ("order_approved", As(K::OrderApproved, Account)),
        ("order_rejected", As(K::OrderRejected, Account)),
        ("order_rolled_back", As(K::OrderRejected, Account)),
        ("order_active", As(K::OrderActive, Account)),
        ("line_changed", As(K::LineChanged, Account)),
        ("payment_made", As(K::PaymentMade, Account)),
        ("payment_method_changed", As(K::PaymentMethodChanged, Account)),
        ("data_copy_asked", As(K::DataCopyAsked, Person)),
        ("data_copy_fetched", As(K::DataCopyFetched, Person)),
        ("closing_asked", As(K::ClosingAsked, Account)),
        ("closing_withdrawn", As(K::ClosingWithdrawn, Account)),
        ("account_closed", Not("nobody is left to read it")),
        ("data_copy_ready", Not("the mail and the page say so")),
        ("refresh_reused", As(K::SessionReused, Person)),
        ("session_ended_by_owner", As(K::SessionEnded, Person)),
        ("verified", Not("asked again before an act that is shown itself")),
        ("account_switched", Not("changes nothing")),
        ("invitation_sent", As(K::MemberInvited, Account)),
        ("invitation_accepted", As(K::MemberJoined, Account)),
        ("mail_refused", Not("staff look into it")),
        ("mail_unknown", Not("staff look into it")),
        ("billing_link_broken", Not("the page of the account says so")),
        ("run_opened", Not(STEPS)),
        ("run_resumed", Not(STEPS)),
        ("run_state_changed", Not(STEPS)),
        ("run_step_recorded", Not(STEPS)),
        ("order_needs_attention", Not(STEPS)),
        ("order_snapshot", Not("the beginning of the log of an order from before the log")),
        ("run_settled_by_hand", Not(STAFF)),
        ("job_retried", Not(STAFF)),
        ("job_resumed", Not(STAFF)),
        ("job_discarded", Not(STAFF)),
        ("staff_added", Not(STAFF)),
        ("staff_removed", Not(STAFF)),
        ("staff_password_changed", Not(STAFF)),
        ("closing_noted_upstream", Not(STAFF)),
    ]
};

/// How a fact is shown; `None` for one that the table lacks.
pub fn shown(fact: &str) -> Option<Shown> {
    FACTS.iter().find(|(kind, _)| *kind == fact).map(|(_, shown)| *shown)
}

/// The facts of an audience.
pub fn facts_of(audience: Audience) -> impl Iterator<Item = &'static str> {
    FACTS.iter().filter(move |(_, shown)| matches!(shown, Shown::As(_, of) if *of == audience)).map(|(kind, _)| *kind)
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum By {
    /// The person who asks.
    You,
    /// Another person of the customer account.
    Member { id: UserId },
    /// The operator's staff; which of them stays with the operator.
    Operator,
    /// Nobody: the portal itself.
    Portal,
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Entry {
    pub at: Timestamp,
    pub kind: ActivityKind,
    pub by: By,
    /// The network that it came from, such as `192.0.2.0/24`; absent when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub address: Option<Pii<String>>,
    /// Such as `Firefox on Windows`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    pub data: EntryData,
}

/// What it was about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryData {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
}

/// A page of the list, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    /// At most [`PER_PAGE`].
    pub entries: Vec<Entry>,
    /// What `before` has to be for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Most entries of a page.
pub const PER_PAGE: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_fact_stands_once_and_a_hidden_one_says_why() {
        let names: HashSet<_> = FACTS.iter().map(|(kind, _)| kind).collect();
        assert_eq!(names.len(), FACTS.len());
        for (kind, shown) in FACTS {
            assert!(kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{kind}");
            assert!(!matches!(shown, Shown::Not("")), "{kind}");
        }
        assert_eq!(shown("no_such_fact"), None);
    }

    #[test]
    fn signing_in_is_seen_by_the_person_alone_and_an_order_by_the_account() {
        assert!(facts_of(Audience::Person).any(|kind| kind == "signed_in"));
        assert!(!facts_of(Audience::Account).any(|kind| kind == "signed_in"));
        assert!(facts_of(Audience::Account).any(|kind| kind == "order_placed"));
    }
}
