//! Replies about sessions, members and invitations.

use crate::auth::Role;
use crate::common::pii::Pii;
use crate::{CustomerId, InvitationId, ServiceId, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// One signed-in browser of the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionInfo {
    pub id: SessionId,
    /// The one that asks.
    pub current: bool,
    /// Such as `Firefox on Windows`; absent when the browser did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The network of the last use, such as `192.0.2.0/24` or `2001:db8:1::/48`: enough to know one's own, not who it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub address: Option<Pii<String>>,
    pub created_at: Timestamp,
    /// At most a minute late.
    pub last_used_at: Timestamp,
}

/// `GET /api/account/sessions`, the last used first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionList {
    pub sessions: Vec<SessionInfo>,
}

/// Reply of `POST /api/account/sessions/end-others`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndedCount {
    pub ended: u32,
}

/// A member of the customer account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    pub id: UserId,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub email: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub family_name: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub given_name: Pii<String>,
    pub role: Role,
    /// Services that a `line_user` reaches; empty for the other roles, who reach all.
    pub lines: Vec<ServiceId>,
    pub joined_at: Timestamp,
    /// The person who asks.
    pub me: bool,
}

/// An invitation that waits to be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    pub id: InvitationId,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub email: Pii<String>,
    pub role: Role,
    pub lines: Vec<ServiceId>,
    /// When its mail was last queued.
    pub sent_at: Timestamp,
    pub expires_at: Timestamp,
    /// Its time is over; it can be sent again.
    pub expired: bool,
}

/// `GET /api/account/people`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct People {
    pub people: Vec<Member>,
    /// Those that are neither accepted nor withdrawn.
    pub invitations: Vec<Invitation>,
}

/// A customer account that the person belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnAccount {
    pub id: CustomerId,
    /// Such as `C-100001`.
    pub number: String,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub family_name: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub given_name: Pii<String>,
    pub role: Role,
    /// The one that this session acts for.
    pub current: bool,
}

/// `GET /api/account/customers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnAccounts {
    pub customers: Vec<OwnAccount>,
}

/// Reply of `POST /api/auth/invitations/look`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationLook {
    /// Family name and given name of the customer.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub customer_name: Pii<String>,
    /// The address that was invited.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub email: Pii<String>,
    pub role: Role,
    /// `true`: the address has no person yet, so accepting asks for a password and a name. `false`: sign in with that
    /// address first, then accept.
    pub needs_password: bool,
    pub expires_at: Timestamp,
}
