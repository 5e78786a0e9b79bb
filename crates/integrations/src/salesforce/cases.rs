//! Support cases of a customer: list, read, open, write, close. Every call names the customer's account, and a case of
//! another account does not exist for it.

use super::client::{Answer, Client};
use super::rest_error;
use super::soql::Soql;
use crate::error::{UpstreamError, UpstreamErrorKind};
use crate::http::error_shape;
use domain::Timestamp;
use domain::orders::providers::salesforce::normalise_id;
use domain::support::providers::salesforce::{self as mapper, NewCase, RawCase, RawComment};
use domain::support::{Case, CaseDetail};
use serde_json::{Value, json};
use uuid::Uuid;

impl Client {
    /// The cases of an account, the one changed last first, at most `limit`. One that does not fit is logged and left out, so
    /// that it does not hide the others.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`.
    pub async fn cases(&self, account_id: &str, limit: u32) -> Result<Vec<Case>, UpstreamError> {
        let tail = Soql::new(" WHERE AccountId = ")
            .text(account_id)
            .code(" ORDER BY LastModifiedDate DESC, Id LIMIT ")
            .number(i64::from(limit));
        self.list_cases("query Cases", tail).await
    }

    /// The cases of an account that changed at or after an instant, the oldest change first. For looking again after
    /// messages may have been missed.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`.
    pub async fn cases_changed_since(&self, account_id: &str, since: Timestamp) -> Result<Vec<Case>, UpstreamError> {
        let tail = Soql::new(" WHERE AccountId = ")
            .text(account_id)
            .code(" AND SystemModstamp >= ")
            .instant(since)
            .code(" ORDER BY SystemModstamp, Id");
        self.list_cases("query changed Cases", tail).await
    }

    /// One case with what the customer may read of it: published comments, and files that everybody at the case may see.
    ///
    /// # Errors
    /// `NotFound`, also when it is another account's; `Unavailable`, `Denied`, `Garbled`.
    pub async fn case(&self, account_id: &str, case_id: &str) -> Result<CaseDetail, UpstreamError> {
        const FIELDS: &str = "Id, CaseNumber, Subject, Status, Priority, Type, IsClosed, CreatedDate, LastModifiedDate, \
            ClosedDate, Description";
        let call = Self::call_read("query Case");
        let not_found = || call.error(UpstreamErrorKind::NotFound);
        let id = normalise_id(case_id).ok_or_else(not_found)?;
        let tail = Soql::new(" WHERE AccountId = ").text(account_id).code(" AND Id = ").text(&id);
        let found = self.select_cases(call.operation, FIELDS, tail).await?.into_iter().next();
        let (raw, case) = found.ok_or_else(not_found)?;
        let description = mapper::description(&raw);
        let (messages, attachments) = tokio::try_join!(self.messages(&case.id), self.attachments_of(&case.id))?;
        Ok(CaseDetail { case, description, messages, attachments })
    }

    async fn messages(&self, case_id: &str) -> Result<Vec<domain::support::CaseMessage>, UpstreamError> {
        let call = Self::call_read("query CaseComment");
        let query = Soql::new("SELECT ")
            .code(RawComment::FIELDS)
            .code(" FROM CaseComment WHERE ParentId = ")
            .text(case_id)
            .code(" AND IsPublished = ")
            .boolean(true)
            .code(" ORDER BY CreatedDate, Id");
        let rows: Vec<RawComment> = self.query(call, &query).await.map_err(|kind| call.error(kind))?;
        let user = self.session(None).await.map_err(|kind| call.error(kind))?.user.clone();
        let read = rows.iter().filter_map(|row| mapper::message(row, &user).transpose()).collect::<Result<_, _>>();
        read.map_err(|error| call.error(error.into()))
    }

    /// Opens a case under our own id. A repeat finds the first one and leaves it as it is.
    ///
    /// # Errors
    /// `OutcomeUnknown` and `Unavailable`: call again with the same id; `Refused` (too long, or a rule of the organisation),
    /// `Denied`, `Garbled`.
    pub async fn open_case(&self, new: &NewCase) -> Result<Case, UpstreamError> {
        let call = Self::call_write("create Case");
        let answer = self.insert(call, "Case", &mapper::new_case_fields(new)).await;
        match answer.map_err(|kind| call.error(kind))? {
            Answer::Ok(_) => {}
            Answer::Errors(_, errors) if rest_error::is_duplicate(&errors, "Portal_Case_Id__c") => {
                tracing::info!(case.id = %new.id, "Salesforce has this case already");
            }
            Answer::Errors(status, errors) => return Err(call.error(rest_error::kind(status, &errors))),
        }
        // A write that succeeded and cannot be read yet is as good as unknown: the repeat finds it.
        let found = self.find_case(&new.account_id, new.id).await?;
        found.ok_or_else(|| call.error(UpstreamErrorKind::OutcomeUnknown))
    }

    /// The case that was opened under our id.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`. Absence is `None`.
    pub async fn find_case(&self, account_id: &str, id: Uuid) -> Result<Option<Case>, UpstreamError> {
        let tail =
            Soql::new(" WHERE AccountId = ").text(account_id).code(" AND Portal_Case_Id__c = ").text(&id.to_string());
        let found = self.select_cases("query own Case", RawCase::FIELDS, tail).await?;
        Ok(found.into_iter().next().map(|(_, case)| case))
    }

    /// Adds what the customer wrote to a case. Salesforce knows no id of ours for it: after `OutcomeUnknown` read the case
    /// and look for the text before sending it again.
    ///
    /// # Errors
    /// `NotFound`, also when it is another account's; `Refused` (longer than 4,000 characters, or a rule of the
    /// organisation), `OutcomeUnknown`, `Unavailable`, `Denied`.
    pub async fn add_comment(&self, account_id: &str, case_id: &str, body: &str) -> Result<(), UpstreamError> {
        let call = Self::call_write("create CaseComment");
        let case = self.own_case(account_id, case_id).await?;
        let answer = self.insert(call, "CaseComment", &mapper::new_comment_fields(&case, body)).await;
        answer.and_then(Answer::value).map(drop).map_err(|kind| call.error(kind))
    }

    /// Closes a case, or opens it again. The same every time.
    ///
    /// # Errors
    /// `NotFound`, also when it is another account's; `Refused`, `OutcomeUnknown`, `Unavailable`, `Denied`.
    pub async fn set_case_closed(&self, account_id: &str, case_id: &str, closed: bool) -> Result<(), UpstreamError> {
        let call = Self::call_write("update Case");
        let case = self.own_case(account_id, case_id).await?;
        let config = &self.inner.config;
        let status = if closed { &config.closed_case_status } else { &config.reopened_case_status };
        let fields = [("Status".to_owned(), json!(status))].into_iter().collect();
        self.patch(call, "Case", &case, &fields).await.map_err(|kind| call.error(kind))
    }

    /// The 18-character id of a case, if it is this account's.
    pub(super) async fn own_case(&self, account_id: &str, case_id: &str) -> Result<String, UpstreamError> {
        let call = Self::call_read("query Case owner");
        let not_found = || call.error(UpstreamErrorKind::NotFound);
        let id = normalise_id(case_id).ok_or_else(not_found)?;
        let query = Soql::new("SELECT Id FROM Case WHERE AccountId = ").text(account_id).code(" AND Id = ").text(&id);
        let rows: Vec<Value> = self.query(call, &query).await.map_err(|kind| call.error(kind))?;
        if rows.is_empty() { Err(not_found()) } else { Ok(id) }
    }

    async fn select_cases(
        &self,
        operation: &'static str,
        fields: &'static str,
        tail: Soql,
    ) -> Result<Vec<(RawCase, Case)>, UpstreamError> {
        let rows = self.query_cases(operation, fields, tail).await?;
        let call = Self::call_read(operation);
        rows.into_iter().map(|row| read_case(row).map_err(|kind| call.error(kind))).collect()
    }

    async fn list_cases(&self, operation: &'static str, tail: Soql) -> Result<Vec<Case>, UpstreamError> {
        let rows = self.query_cases(operation, RawCase::FIELDS, tail).await?;
        let readable = |row: Value| {
            let id = row.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned();
            read_case(row)
                .inspect_err(|error| {
                    tracing::warn!(salesforce.case = id, ?error, "a case does not fit and is left out")
                })
                .ok()
        };
        Ok(rows.into_iter().filter_map(readable).map(|(_, case)| case).collect())
    }

    async fn query_cases(
        &self,
        operation: &'static str,
        fields: &'static str,
        tail: Soql,
    ) -> Result<Vec<Value>, UpstreamError> {
        let query = Soql::new("SELECT ").code(fields).code(" FROM Case").append(tail);
        let call = Self::call_read(operation);
        self.query(call, &query).await.map_err(|kind| call.error(kind))
    }
}

fn read_case(row: Value) -> Result<(RawCase, Case), UpstreamErrorKind> {
    let raw: RawCase = serde_json::from_value(row).map_err(|error| UpstreamErrorKind::garbled(error_shape(&error)))?;
    let case = mapper::case(&raw)?;
    Ok((raw, case))
}
