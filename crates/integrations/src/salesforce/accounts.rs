use super::client::Client;
use super::soql::Soql;
use crate::error::{UpstreamError, UpstreamErrorKind};
use crate::http::{Call, error_shape};
use domain::customer::Customer;
use domain::customer::providers::salesforce::{self as mapper, RawContact};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Map, Value};

impl Client {
    /// Makes or updates the customer's account (by its number, which is a unique external id) and its contact. Gives the
    /// 18-character `Account.Id`. May be repeated: the second call finds what the first one made.
    ///
    /// # Errors
    /// `OutcomeUnknown` and `Unavailable`: call again; `Refused` (a validation rule of the organisation), `Denied`, `Garbled`.
    pub async fn upsert_account(&self, customer: &Customer) -> Result<String, UpstreamError> {
        let call = Self::call_write("upsert Account");
        let number = utf8_percent_encode(&customer.number, NON_ALPHANUMERIC);
        let path = self.path(&format!("/sobjects/Account/Customer_Number__c/{number}"));
        let fields = Value::Object(mapper::account_fields(customer));
        let reply = self
            .request(call, Method::PATCH, &path, Some(&fields))
            .await
            .and_then(|answer| answer.value())
            .map_err(|kind| call.error(kind))?;
        let account = reply
            .get("id")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| call.error(UpstreamErrorKind::OutcomeUnknown))?;
        self.upsert_contact(customer, &account).await?;
        Ok(account)
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
                let path = self.path(&format!("/sobjects/Contact/{}", own.id));
                self.save(Self::call_write("update Contact"), Method::PATCH, &path, fields).await
            }
            None => {
                let path = self.path("/sobjects/Contact");
                self.save(Self::call_write("create Contact"), Method::POST, &path, fields).await
            }
        }
    }

    async fn save(
        &self,
        call: Call,
        method: Method,
        path: &str,
        fields: Map<String, Value>,
    ) -> Result<(), UpstreamError> {
        self.request(call, method, path, Some(&Value::Object(fields)))
            .await
            .and_then(|answer| answer.value())
            .map(drop)
            .map_err(|kind| call.error(kind))
    }
}
