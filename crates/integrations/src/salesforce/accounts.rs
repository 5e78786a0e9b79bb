use super::client::{Answer, Client};
use super::records::Upserted;
use super::soql::Soql;
use crate::error::{UpstreamError, UpstreamErrorKind};
use crate::http::error_shape;
use domain::customer::providers::salesforce::{self as mapper, RawContact};
use domain::customer::{Customer, KnownCustomer};
use serde_json::Value;

impl Client {
    /// Makes or updates the customer's account (by its number, which is a unique external id) and its contact. Gives the
    /// 18-character `Account.Id`. May be repeated: the second call finds what the first one made.
    ///
    /// # Errors
    /// `OutcomeUnknown` and `Unavailable`: call again; `Refused` (a validation rule of the organisation, or several
    /// accounts have the number), `Denied`, `Garbled`.
    pub async fn upsert_account(&self, customer: &Customer) -> Result<String, UpstreamError> {
        let call = Self::call_write("upsert Account");
        let key = ("Customer_Number__c", customer.number.as_str());
        let account = self
            .upsert(call, "Account", key, &mapper::account_fields(customer))
            .await
            .and_then(Upserted::id)
            .map_err(|kind| call.error(kind))?;
        self.upsert_contact(customer, &account).await?;
        Ok(account)
    }

    /// Who the customer with this number is, when one of the account's contacts has this mail address.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`.
    pub async fn find_customer(&self, number: &str, email: &str) -> Result<Option<KnownCustomer>, UpstreamError> {
        let call = Self::call_read("query Contact");
        let query =
            Soql::new("SELECT Id, Email, FirstName, LastName, Phone FROM Contact WHERE Account.Customer_Number__c = ")
                .text(number)
                .code(" AND Email = ")
                .text(email);
        let rows: Vec<Value> = self.query(call, &query).await.map_err(|kind| call.error(kind))?;
        let contacts = rows
            .into_iter()
            .map(serde_json::from_value)
            .collect::<Result<Vec<RawContact>, _>>()
            .map_err(|error| call.error(UpstreamErrorKind::garbled(error_shape(&error))))?;
        Ok(mapper::known_customer(&contacts, email))
    }

    /// Contacts have no external id, so the customer's own is looked for among those of the account.
    async fn upsert_contact(&self, customer: &Customer, account: &str) -> Result<(), UpstreamError> {
        let look = Self::call_read("query Contact");
        let query = Soql::new("SELECT Id, Email, FirstName, LastName FROM Contact WHERE AccountId = ").text(account);
        let rows: Vec<Value> = self.query(look, &query).await.map_err(|kind| look.error(kind))?;
        let contacts = rows
            .into_iter()
            .map(serde_json::from_value)
            .collect::<Result<Vec<RawContact>, _>>()
            .map_err(|error| look.error(UpstreamErrorKind::garbled(error_shape(&error))))?;
        let mut fields = mapper::contact_fields(customer, account);
        match mapper::contact_of(customer, &contacts) {
            Some(own) => {
                // It is of this account already, and a contact is not moved by us.
                fields.remove("AccountId");
                let call = Self::call_write("update Contact");
                self.patch(call, "Contact", &own.id, &fields).await.map_err(|kind| call.error(kind))
            }
            None => {
                let call = Self::call_write("create Contact");
                let made = self.insert(call, "Contact", &fields).await;
                made.and_then(Answer::value).map(drop).map_err(|kind| call.error(kind))
            }
        }
    }
}
