//! Who owns orders, services and invoices.

use crate::CustomerId;
use crate::common::pii::Pii;
use crate::common::validation;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

/// A Japanese postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Address {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "postcode"))]
    pub postcode: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "line"))]
    pub prefecture: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "line"))]
    pub city: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "line"))]
    pub line1: Pii<String>,
    /// Building and room; may be empty.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "optional_line"))]
    #[serde(default)]
    pub line2: Pii<String>,
}

fn postcode(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::postcode(value.reveal())
}
fn line(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::line(value.reveal())
}
fn optional_line(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::optional_line(value.reveal())
}

/// A customer account with what CRM and billing need to know. Stays on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    /// The external id in CRM and billing, such as `C-100001`.
    pub number: String,
    pub family_name: Pii<String>,
    pub given_name: Pii<String>,
    pub email: Pii<String>,
    pub phone: Pii<String>,
    pub address: Address,
    /// 18-character Salesforce `Account.Id`, once known.
    pub salesforce_account_id: Option<String>,
    /// WHMCS `clientid`, once known.
    pub whmcs_client_id: Option<u64>,
}

/// A customer as another system has them, before they have an account here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCustomer {
    pub family_name: Pii<String>,
    pub given_name: Pii<String>,
    pub email: Pii<String>,
    pub phone: Pii<String>,
    pub address: Address,
}
