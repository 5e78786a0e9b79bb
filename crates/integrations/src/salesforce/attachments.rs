//! Files of a case, kept as content versions that are linked to it.

use super::client::{Answer, Client};
use super::composite::SubRequest;
use super::soql::{self, Soql};
use crate::error::{UpstreamError, UpstreamErrorKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::orders::providers::salesforce::normalise_id;
use domain::support::Attachment;
use domain::support::providers::salesforce::{self as mapper, RawVersion};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

/// Largest file that is taken or fetched, bytes. Salesforce takes 37 MB as base64 (general knowledge); a customer's photo or
/// scan is far below this.
pub const MOST_FILE_BYTES: usize = 20 * 1024 * 1024;

#[derive(Deserialize)]
struct RawLink {
    #[serde(rename = "ContentDocumentId")]
    document_id: String,
}

impl Client {
    /// The files of a case that everybody at the case may see, oldest first. The caller has checked whose the case is.
    pub(super) async fn attachments_of(&self, case_id: &str) -> Result<Vec<Attachment>, UpstreamError> {
        let call = Self::call_read("query files of Case");
        // Salesforce wants this object to be asked for by its record.
        let links = Soql::new("SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = ")
            .text(case_id)
            .code(" AND Visibility = 'AllUsers'");
        let links: Vec<RawLink> = self.query(call, &links).await.map_err(|kind| call.error(kind))?;
        let documents: Vec<String> = links.into_iter().map(|link| link.document_id).collect();
        let mut found = Vec::with_capacity(documents.len());
        for some in soql::chunks(&documents) {
            let query = Soql::new("SELECT ")
                .code(RawVersion::FIELDS)
                .code(" FROM ContentVersion WHERE IsLatest = ")
                .boolean(true)
                .code(" AND ")
                .is_one_of("ContentDocumentId", some);
            let rows: Vec<RawVersion> = self.query(call, &query).await.map_err(|kind| call.error(kind))?;
            for row in &rows {
                found.push(mapper::attachment(row).map_err(|error| call.error(error.into()))?);
            }
        }
        found.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(found)
    }

    /// Adds a file to a case: the file, and the link that shows it to customer and agents, all or nothing. After
    /// `OutcomeUnknown` read the case and look for the file before sending it again.
    ///
    /// # Errors
    /// `Refused`: empty, larger than [`MOST_FILE_BYTES`], or against a rule of the organisation; `NotFound`, also when the
    /// case is another account's; `OutcomeUnknown`, `Unavailable`, `Denied`.
    pub async fn attach(
        &self,
        account_id: &str,
        case_id: &str,
        file_name: &str,
        bytes: &[u8],
    ) -> Result<(), UpstreamError> {
        let call = Self::call_write("attach file");
        if bytes.is_empty() || bytes.len() > MOST_FILE_BYTES {
            return Err(call.error(UpstreamErrorKind::Refused { reason: "the file is empty or too large".to_owned() }));
        }
        let case = self.own_case(account_id, case_id).await?;
        let step = |method, path: String, name: &str, body| SubRequest { method, path, name: name.to_owned(), body };
        let file = json!({ "Title": file_name, "PathOnClient": file_name, "VersionData": STANDARD.encode(bytes) });
        let link = json!({
            "ContentDocumentId": "@{stored.ContentDocumentId}", "LinkedEntityId": case,
            "ShareType": "V", "Visibility": "AllUsers",
        });
        let requests = vec![
            step(Method::POST, self.path("/sobjects/ContentVersion"), "file", Some(file)),
            // The document is made with its first version; only reading tells which it is.
            step(
                Method::GET,
                self.path("/sobjects/ContentVersion/@{file.id}?fields=ContentDocumentId"),
                "stored",
                None,
            ),
            step(Method::POST, self.path("/sobjects/ContentDocumentLink"), "link", Some(link)),
        ];
        let answer = self.composite(call, requests).await;
        answer.and_then(Answer::value).map(drop).map_err(|kind| call.error(kind))
    }

    /// The bytes of a file of a case.
    ///
    /// # Errors
    /// `NotFound`, also when the file is not at this case, or the case is another account's; `Unavailable`, `Denied`,
    /// `Garbled` (also when it is larger than [`MOST_FILE_BYTES`]).
    pub async fn download(
        &self,
        account_id: &str,
        case_id: &str,
        attachment_id: &str,
    ) -> Result<Vec<u8>, UpstreamError> {
        let mut call = Self::call_read("download file");
        call.body_limit = MOST_FILE_BYTES;
        let not_found = || call.error(UpstreamErrorKind::NotFound);
        let id = normalise_id(attachment_id).ok_or_else(not_found)?;
        let case = self.own_case(account_id, case_id).await?;
        if self.attachments_of(&case).await?.iter().all(|file| file.id != id) {
            return Err(not_found());
        }
        let path = self.path(&format!("/sobjects/ContentVersion/{id}/VersionData"));
        let answer =
            self.request_read(call, Method::GET, &path, None, |reply| Ok(Answer::Ok(reply.body.clone()))).await;
        answer.and_then(Answer::value).map_err(|kind| call.error(kind))
    }
}
