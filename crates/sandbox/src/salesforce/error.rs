//! Errors as REST writes them.

use serde_json::{Value, json};

use crate::world::store::StoreError;

/// One refused operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SfError {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    pub fields: Vec<String>,
    /// Addresses of the records among which the client must choose: the whole body of a 300.
    choices: Vec<String>,
}

impl SfError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: Vec::new(), choices: Vec::new() }
    }

    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    pub(crate) fn on(mut self, field: &str) -> Self {
        self.fields.push(field.to_owned());
        self
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(crate) fn method() -> Self {
        Self::new(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed for the specified resource.")
    }

    /// Several records have the external id.
    pub(crate) fn several(addresses: Vec<String>) -> Self {
        Self { choices: addresses, ..Self::new(300, "MULTIPLE_CHOICES", "several records match the external id") }
    }

    /// The body of a reply: an array of errors, or of addresses.
    pub(crate) fn body(&self) -> Value {
        if self.choices.is_empty() { json!([self.rest()]) } else { json!(self.choices) }
    }

    /// The member of a REST error array.
    fn rest(&self) -> Value {
        let mut error = json!({ "message": self.message, "errorCode": self.code });
        if !self.fields.is_empty() || self.code == "REQUIRED_FIELD_MISSING" || self.code == "DUPLICATE_VALUE" {
            error["fields"] = json!(self.fields);
        }
        error
    }

    /// The member of a save result, where the code is called `statusCode`.
    pub(crate) fn save_result(&self) -> Value {
        json!({ "statusCode": self.code, "message": self.message, "fields": self.fields })
    }
}

impl From<StoreError> for SfError {
    fn from(error: StoreError) -> Self {
        Self::new(503, "SERVER_UNAVAILABLE", error.to_string())
    }
}
