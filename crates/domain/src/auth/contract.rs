//! Replies of `/api/auth/*`.

use super::rights::Role;
use crate::auth::links::BillingLink;
use crate::common::pii::Pii;
use crate::common::text::Language;
use crate::{CustomerId, UserId};
use serde::{Deserialize, Serialize};

/// The signed-in person and the customer account they act for, if they have one: staff of the operator need none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    pub user_id: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// The number on letters and bills, such as `C-100001`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_number: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub email: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub given_name: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub family_name: Pii<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Belongs to the operator's staff and may use `/api/ops`. Asked again at every request, so it is only for the page.
    #[serde(default)]
    pub staff: bool,
    pub language: Language,
    /// How the account stands with the billing system, as far as was last seen; nothing without an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_link: Option<BillingLink>,
}

/// Reply of sign-up, sign-in and refresh. The refresh token itself travels in an HttpOnly cookie only.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenReply {
    /// JWT for `Authorization: Bearer`; kept in the browser's memory only.
    pub access_token: String,
    /// Seconds until the access token ends (900).
    pub expires_in: u32,
    pub me: Me,
}
