//! Files: a version makes or continues its document, the bytes are kept beside the record.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::super::error::SfError;
use super::super::records::{self, Record, Writer, text};
use super::super::schema;
use super::{cases, find, linked};
use crate::world::store::{Store, Txn};

/// Bytes of a file at most, decoded: what one base64 insert may hold (general knowledge, not documented with a code).
pub(crate) const FILE_BYTES: usize = 37 << 20;
/// Table of the bytes, as base64, by the version's id. Apart from the records so that no query carries them about.
const BODIES: &str = "sf.ContentBody";

/// The bytes of a version.
pub(crate) fn bytes(store: &Store, version_id: &str) -> Option<Vec<u8>> {
    STANDARD.decode(store.get(BODIES, version_id)?.as_str()?).ok()
}

/// Type as the system names it, from the file's ending.
fn file_type(extension: &str) -> String {
    match extension {
        "txt" => "TEXT".to_owned(),
        "jpg" | "jpeg" => "JPG".to_owned(),
        "docx" => "WORD_X".to_owned(),
        "xlsx" => "EXCEL_X".to_owned(),
        "" => "UNKNOWN".to_owned(),
        other => other.to_ascii_uppercase(),
    }
}

pub(super) fn before_version(txn: &mut Txn<'_>, record: &mut Record, writer: &Writer) -> Result<(), SfError> {
    let missing = |name: &str| {
        let mut error = SfError::bad("REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{name}]"));
        error.fields = vec![name.to_owned()];
        error
    };
    let Some(Value::String(encoded)) = record.remove("VersionData") else { return Err(missing("VersionData")) };
    let path = text(record, "PathOnClient").ok_or_else(|| missing("PathOnClient"))?.to_owned();
    let bytes = STANDARD.decode(&encoded).map_err(|_| missing("VersionData"))?;
    if bytes.len() > FILE_BYTES {
        return Err(SfError::bad("STORAGE_LIMIT_EXCEEDED", "The file is larger than a file may be.").on("VersionData"));
    }
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let extension = extension.to_ascii_lowercase();
    let checksum: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    record.entry("Title").or_insert(json!(stem));
    record.entry("Origin").or_insert(json!("C"));
    for (field, value) in [
        ("FileType", json!(file_type(&extension))),
        ("FileExtension", json!(extension)),
        ("ContentSize", json!(bytes.len())),
        ("Checksum", json!(checksum)),
        ("IsLatest", json!(true)),
    ] {
        record.insert(field.to_owned(), value);
    }
    let id = text(record, "Id").unwrap_or_default().to_owned();
    txn.put(BODIES, &id, &encoded);
    let place = record.get("FirstPublishLocationId").cloned();
    let document = if record.contains_key("ContentDocumentId") {
        if place.is_some() {
            let message = "FirstPublishLocationId can only be set on the first version of a document.";
            return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", message).on("FirstPublishLocationId"));
        }
        next_version(txn, record, writer)?
    } else {
        record.insert("VersionNumber".to_owned(), json!("1"));
        let members = ["Title", "Description", "FileType", "FileExtension", "ContentSize"];
        let mut document: Record =
            members.iter().filter_map(|name| Some(((*name).to_owned(), record.get(*name)?.clone()))).collect();
        document.insert("LatestPublishedVersionId".to_owned(), json!(id));
        records::insert_own(txn, find("ContentDocument")?, &document, writer)?
    };
    record.insert("ContentDocumentId".to_owned(), json!(document));
    if text(record, "VersionNumber") == Some("1") {
        // The owner reaches the file by a link too.
        link(txn, &document, &json!(writer.user_id), "I", writer)?;
        if let Some(place) = place {
            link(txn, &document, &place, "V", writer)?;
        }
    }
    Ok(())
}

fn next_version(txn: &mut Txn<'_>, record: &mut Record, writer: &Writer) -> Result<String, SfError> {
    let document_id = text(record, "ContentDocumentId").unwrap_or_default().to_owned();
    let versions = find("ContentVersion")?;
    let key = json!(document_id);
    let earlier: Vec<Record> = records::with(txn, versions, "ContentDocumentId", &key).cloned().collect();
    record.insert("VersionNumber".to_owned(), json!((earlier.len() + 1).to_string()));
    for mut version in earlier {
        if version.get("IsLatest") == Some(&json!(true)) {
            version.insert("IsLatest".to_owned(), json!(false));
            records::save(txn, versions, version, writer);
        }
    }
    let documents = find("ContentDocument")?;
    let mut document = records::get(txn, documents, &document_id)?;
    for field in ["Title", "FileType", "FileExtension", "ContentSize"] {
        if let Some(value) = record.get(field) {
            document.insert(field.to_owned(), value.clone());
        }
    }
    document.insert("LatestPublishedVersionId".to_owned(), record["Id"].clone());
    records::save(txn, documents, document, writer);
    Ok(document_id)
}

fn link(txn: &mut Txn<'_>, document: &str, to: &Value, share: &str, writer: &Writer) -> Result<(), SfError> {
    let body = json!({ "ContentDocumentId": document, "LinkedEntityId": to, "ShareType": share });
    let body = body.as_object().cloned().unwrap_or_default();
    records::insert_own(txn, find("ContentDocumentLink")?, &body, writer).map(drop)
}

pub(super) fn before_link(txn: &Txn<'_>, record: &mut Record) -> Result<(), SfError> {
    let Some(document) = record.get("ContentDocumentId").cloned() else { return Ok(()) };
    let links = find("ContentDocumentLink")?;
    let twin = records::with(txn, links, "ContentDocumentId", &document)
        .any(|link| link.get("LinkedEntityId") == record.get("LinkedEntityId"));
    if twin {
        return Err(SfError::bad(
            "DUPLICATE_VALUE",
            "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
        ));
    }
    record.entry("ShareType").or_insert(json!("I"));
    record.entry("Visibility").or_insert(json!("AllUsers"));
    Ok(())
}

pub(super) fn after_link(txn: &mut Txn<'_>, record: &Record) -> Result<(), SfError> {
    match text(record, "LinkedEntityId") {
        Some(id) if id.starts_with("02s") => cases::note_attachment(txn, id),
        _ => Ok(()),
    }
}

/// A version goes with its document only.
pub(super) fn refuse_version_delete() -> SfError {
    SfError::bad("INSUFFICIENT_ACCESS_OR_READONLY", "delete the ContentDocument, not one of its versions")
}

/// The new title of a document is that of its latest version, and the other way round.
pub(super) fn share_title(txn: &mut Txn<'_>, record: &Record, writer: &Writer) -> Result<(), SfError> {
    let (object, field) = match text(record, "LatestPublishedVersionId") {
        Some(_) => ("ContentVersion", "LatestPublishedVersionId"),
        None => ("ContentDocument", "ContentDocumentId"),
    };
    let newest = record.get("IsLatest") != Some(&json!(false));
    if let Some(mut other) = linked(txn, object, record, field).filter(|_| newest)
        && other.get("Title") != record.get("Title")
    {
        other.insert("Title".to_owned(), record.get("Title").cloned().unwrap_or_default());
        records::save(txn, find(object)?, other, writer);
    }
    Ok(())
}

/// Lets go of the bytes of a document's versions.
pub(super) fn forget_bytes(txn: &mut Txn<'_>, document_id: &Value) {
    let Some(versions) = schema::find("ContentVersion") else { return };
    let ids: Vec<String> = records::with(txn, versions, "ContentDocumentId", document_id)
        .filter_map(|version| text(version, "Id").map(str::to_owned))
        .collect();
    for id in ids {
        txn.delete(BODIES, &id);
    }
}
