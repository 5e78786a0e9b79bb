//! Bodies of requests: JSON, or several parts of which one is a file.

use actix_web::web::Bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::SfError;

/// The part that holds the record's fields, as JSON.
const FIELDS: &str = "entity_content";

/// Reads a body as the JSON that a client without files would have sent; nothing is `null`.
pub(super) async fn read_body(kind: &str, body: Bytes) -> Result<Value, SfError> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    if let Ok(boundary) = multer::parse_boundary(kind) {
        return read_parts(boundary, body).await;
    }
    if !kind.is_empty() && !kind.starts_with("application/json") {
        return Err(SfError::new(415, "UNSUPPORTED_MEDIA_TYPE", "The request body has an unsupported content type"));
    }
    read_json(&body)
}

fn read_json(bytes: &[u8]) -> Result<Value, SfError> {
    serde_json::from_slice(bytes).map_err(|error| SfError::bad("JSON_PARSER_ERROR", error.to_string()))
}

/// The fields' part comes first; each file's part has the name of the field whose value it is.
async fn read_parts(boundary: String, body: Bytes) -> Result<Value, SfError> {
    let invalid = |message: String| SfError::bad("INVALID_MULTIPART_REQUEST", message);
    let stream = futures_util::stream::once(async { Ok::<_, std::io::Error>(body) });
    let mut parts = multer::Multipart::new(stream, boundary);
    let mut fields = None;
    while let Some(part) = parts.next_field().await.map_err(|error| invalid(error.to_string()))? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(|error| invalid(error.to_string()))?;
        match &mut fields {
            None if !is_file && (name == FIELDS || name.starts_with("entity_")) => fields = Some(read_json(&bytes)?),
            Some(Value::Object(fields)) if is_file => {
                fields.insert(name, json!(STANDARD.encode(&bytes)));
            }
            _ => return Err(invalid(format!("Unexpected part '{name}': the JSON part comes first, then files"))),
        }
    }
    fields.ok_or_else(|| invalid(format!("The part '{FIELDS}' is missing")))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(body: &str) -> Result<Value, SfError> {
        read_body("multipart/form-data; boundary=b", Bytes::from(body.replace('\n', "\r\n"))).await
    }

    #[tokio::test]
    async fn a_files_part_becomes_the_value_of_its_field() {
        let body = "--b\nContent-Disposition: form-data; name=\"entity_content\"\nContent-Type: application/json\n\n{\"Title\":\"T\"}\n--b\nContent-Disposition: form-data; name=\"VersionData\"; filename=\"a.txt\"\nContent-Type: application/octet-stream\n\nhi\n--b--\n";
        assert_eq!(read(body).await, Ok(json!({ "Title": "T", "VersionData": "aGk=" })));
    }

    #[tokio::test]
    async fn parts_out_of_order_and_broken_bodies_are_refused() {
        let late = "--b\nContent-Disposition: form-data; name=\"VersionData\"; filename=\"a.txt\"\n\nhi\n--b--\n";
        for body in [late, "--b\n", "nonsense"] {
            assert_eq!(read(body).await.unwrap_err().code, "INVALID_MULTIPART_REQUEST", "{body}");
        }
    }
}
