use super::raw::{RawCase, RawComment, RawVersion};
use crate::Timestamp;
use crate::common::map_error::MapError;
use crate::common::pii::Pii;
use crate::orders::providers::salesforce::normalise_id;
use crate::support::{Attachment, Author, Case, CaseMessage, CasePriority, CaseStatus};
use serde_json::{Map, Value, json};
use uuid::Uuid;

const CASE: &str = "Salesforce case";
const COMMENT: &str = "Salesforce case comment";
const FILE: &str = "Salesforce file";

/// A case to be opened.
#[derive(Clone, Debug)]
pub struct NewCase {
    /// Ours, and unique in Salesforce (`Portal_Case_Id__c`, assumed): a repeat finds the first case.
    pub id: Uuid,
    pub account_id: String,
    pub contact_id: Option<String>,
    /// At most 255 characters; Salesforce refuses more.
    pub subject: Pii<String>,
    /// At most 32,000 characters.
    pub description: Pii<String>,
    pub category: Option<String>,
    pub priority: CasePriority,
}

/// Reads a case.
///
/// # Errors
/// When it has no id, number, status or time that can be read.
pub fn case(raw: &RawCase) -> Result<Case, MapError> {
    let status = raw.status.as_deref().filter(|s| !s.is_empty()).ok_or_else(|| MapError::missing(CASE, "Status"))?;
    Ok(Case {
        id: id(CASE, &raw.id)?,
        number: raw.number.clone().filter(|n| !n.is_empty()).ok_or_else(|| MapError::missing(CASE, "CaseNumber"))?,
        subject: raw.subject.clone().unwrap_or_default(),
        status: case_status(status),
        is_closed: raw.is_closed,
        priority: raw.priority.as_deref().and_then(priority),
        category: raw.category.clone().filter(|c| !c.is_empty()),
        created_at: instant(CASE, "CreatedDate", raw.created_at.as_deref())?,
        updated_at: instant(CASE, "LastModifiedDate", raw.updated_at.as_deref())?,
        closed_at: match raw.closed_at.as_deref() {
            None => None,
            closed => Some(instant(CASE, "ClosedDate", closed)?),
        },
    })
}

/// What the customer wrote first, with plain line ends.
pub fn description(raw: &RawCase) -> String {
    plain(raw.description.as_deref())
}

/// Reads a comment; `None` when it is not for the customer. `own_user` is the user that the portal works as.
///
/// # Errors
/// When it has no id or time that can be read.
pub fn message(raw: &RawComment, own_user: &str) -> Result<Option<CaseMessage>, MapError> {
    if !raw.is_published {
        return Ok(None);
    }
    let by_portal = raw.created_by_id.as_deref().and_then(normalise_id).as_deref() == Some(own_user);
    let name = raw.created_by.as_ref().and_then(|by| by.name.clone()).unwrap_or_default();
    Ok(Some(CaseMessage {
        id: id(COMMENT, &raw.id)?,
        author: if by_portal { Author::Customer } else { Author::Agent { name } },
        body: plain(raw.body.as_deref()),
        at: instant(COMMENT, "CreatedDate", raw.created_at.as_deref())?,
    }))
}

/// Reads a file.
///
/// # Errors
/// When it has no id, size or time that can be read.
pub fn attachment(raw: &RawVersion) -> Result<Attachment, MapError> {
    let size = raw.size.as_ref().and_then(whole).ok_or_else(|| MapError::missing(FILE, "ContentSize"))?;
    Ok(Attachment {
        id: id(FILE, &raw.id)?,
        file_name: file_name(raw),
        size,
        at: instant(FILE, "CreatedDate", raw.created_at.as_deref())?,
    })
}

/// The name it came with, without the folders of the sender's machine.
fn file_name(raw: &RawVersion) -> String {
    let given = raw.path.as_deref().and_then(|path| path.rsplit(['/', '\\']).next()).filter(|name| !name.is_empty());
    let extension = raw.extension.as_deref().filter(|e| !e.is_empty());
    match (given, raw.title.as_deref(), extension) {
        (Some(given), ..) => given.to_owned(),
        (None, Some(title), Some(extension)) => format!("{title}.{extension}"),
        (None, Some(title), None) => title.to_owned(),
        (None, None, _) => raw.id.clone(),
    }
}

/// The fields of a new `Case`.
pub fn new_case_fields(new: &NewCase) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("Portal_Case_Id__c", json!(new.id.to_string()));
    put("AccountId", json!(new.account_id));
    put("Subject", json!(new.subject.reveal()));
    put("Description", json!(new.description.reveal()));
    put("Origin", json!("Web"));
    put("Status", json!("New"));
    put(
        "Priority",
        json!(match new.priority {
            CasePriority::High => "High",
            CasePriority::Medium => "Medium",
            CasePriority::Low => "Low",
        }),
    );
    if let Some(contact) = &new.contact_id {
        put("ContactId", json!(contact));
    }
    if let Some(category) = &new.category {
        put("Type", json!(category));
    }
    fields
}

/// The fields of a new `CaseComment` that the customer wrote; Salesforce refuses more than 4,000 characters.
pub fn new_comment_fields(case_id: &str, body: &str) -> Map<String, Value> {
    let fields = [("ParentId", json!(case_id)), ("CommentBody", json!(body)), ("IsPublished", json!(true))];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn case_status(text: &str) -> CaseStatus {
    match text {
        "New" => CaseStatus::New,
        "Working" => CaseStatus::Working,
        "Escalated" => CaseStatus::Escalated,
        "Closed" => CaseStatus::Closed,
        other => CaseStatus::Other(other.to_owned()),
    }
}

fn priority(text: &str) -> Option<CasePriority> {
    match text {
        "High" => Some(CasePriority::High),
        "Medium" => Some(CasePriority::Medium),
        "Low" => Some(CasePriority::Low),
        _ => None,
    }
}

fn id(what: &'static str, text: &str) -> Result<String, MapError> {
    normalise_id(text).ok_or_else(|| MapError::new(what, "Id", "is not a Salesforce id"))
}

fn instant(what: &'static str, field: &'static str, text: Option<&str>) -> Result<Timestamp, MapError> {
    let text = text.ok_or_else(|| MapError::missing(what, field))?;
    text.parse().map_err(|_| MapError::new(what, field, "is not a time"))
}

/// Numbers come as `12` or `12.0`; kept as text until here, so that none passes through a float.
fn whole(number: &serde_json::Number) -> Option<u64> {
    let text = number.to_string();
    text.split_once('.')
        .map_or(text.as_str(), |(whole, fraction)| if fraction.bytes().all(|b| b == b'0') { whole } else { "" })
        .parse()
        .ok()
}

/// Text areas keep the line ends that they were given.
fn plain(text: Option<&str>) -> String {
    text.unwrap_or_default().replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "005000000000001AAA";

    fn raw_case(change: impl FnOnce(&mut Value)) -> RawCase {
        let mut row = json!({
            "attributes": {"type": "Case", "url": "/services/data/v62.0/sobjects/Case/500000000000001AAA"},
            "Id": "500000000000001AAA", "CaseNumber": "00001026", "Subject": "No signal", "Status": "New",
            "Priority": "High", "Type": "SIM", "IsClosed": false, "CreatedDate": "2026-01-31T00:37:00.000+0000",
            "LastModifiedDate": "2026-01-31T00:38:00.000+0000", "ClosedDate": null
        });
        change(&mut row);
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_case_is_read() {
        let found = case(&raw_case(|_| ())).unwrap();
        assert_eq!((found.number.as_str(), &found.status, found.is_closed), ("00001026", &CaseStatus::New, false));
        assert_eq!(found.created_at.to_string(), "2026-01-31T00:37:00.000Z");
        assert_eq!((found.priority, found.closed_at), (Some(CasePriority::High), None));
    }

    #[test]
    fn odd_cases_are_understood_and_broken_ones_are_not() {
        let odd = case(&raw_case(|row| {
            row["Id"] = json!("500000000000001");
            row["Subject"] = json!(null);
            row["Status"] = json!("Waiting for parts");
            row["Priority"] = json!("P1");
            row["Type"] = json!("");
            row["IsClosed"] = json!(true);
            row["ClosedDate"] = json!("2026-01-31T09:38:00+09:00");
        }))
        .unwrap();
        assert_eq!(odd.id, "500000000000001AAA");
        assert_eq!((odd.subject.as_str(), odd.priority, odd.category), ("", None, None));
        assert_eq!(odd.status, CaseStatus::Other("Waiting for parts".to_owned()));
        assert_eq!(odd.closed_at.unwrap().to_string(), "2026-01-31T00:38:00.000Z");
        for (field, wrong) in [
            ("Id", json!("../Account")),
            ("CaseNumber", json!(null)),
            ("Status", json!("")),
            ("CreatedDate", json!(null)),
            ("LastModifiedDate", json!("yesterday")),
            ("ClosedDate", json!("")),
        ] {
            assert!(case(&raw_case(|row| row[field] = wrong)).is_err(), "{field}");
        }
    }

    #[test]
    fn only_published_comments_are_for_the_customer() {
        let raw = |published: bool, by: &str| -> RawComment {
            serde_json::from_value(json!({
                "Id": "00a000000000001AAA", "CommentBody": "line 1\r\nline 2", "CreatedDate": "2026-01-31T00:37:00.000+0000",
                "CreatedById": by, "CreatedBy": {"attributes": {"type": "Name"}, "Name": "Ken Ito"}, "IsPublished": published
            }))
            .unwrap()
        };
        assert_eq!(message(&raw(false, "005000000000009AAA"), ME), Ok(None));
        let agent = message(&raw(true, "005000000000009AAA"), ME).unwrap().unwrap();
        assert_eq!(agent.author, Author::Agent { name: "Ken Ito".to_owned() });
        assert_eq!(agent.body, "line 1\nline 2");
        let own = message(&raw(true, "005000000000001"), ME).unwrap().unwrap();
        assert_eq!(own.author, Author::Customer, "the short form of our user");
    }

    #[test]
    fn files_have_a_name_and_a_size() {
        let raw = |change: &dyn Fn(&mut Value)| -> RawVersion {
            let mut row = json!({"Id": "068000000000001AAA", "Title": "photo", "PathOnClient": "C:\\Users\\me\\photo.jpg",
                "FileExtension": "jpg", "ContentSize": 1024, "CreatedDate": "2026-01-31T00:37:00.000+0000"});
            change(&mut row);
            serde_json::from_value(row).unwrap()
        };
        let file = attachment(&raw(&|_| ())).unwrap();
        assert_eq!((file.file_name.as_str(), file.size), ("photo.jpg", 1024));
        let odd = attachment(&raw(&|row| {
            row["PathOnClient"] = json!(null);
            row["ContentSize"] = json!(1024.0);
        }));
        assert_eq!(odd.map(|file| (file.file_name, file.size)), Ok(("photo.jpg".to_owned(), 1024)));
        assert!(attachment(&raw(&|row| row["ContentSize"] = json!(-1))).is_err());
        assert!(attachment(&raw(&|row| row["ContentSize"] = json!(1.5))).is_err());
    }

    #[test]
    fn what_is_written_does_not_print() {
        let new = NewCase {
            id: Uuid::nil(),
            account_id: "001000000000001AAA".to_owned(),
            contact_id: None,
            subject: Pii::new("圏外".to_owned()),
            description: Pii::new("secret".to_owned()),
            category: None,
            priority: CasePriority::Low,
        };
        let fields = new_case_fields(&new);
        assert_eq!(fields["Subject"], json!("圏外"));
        assert_eq!((&fields["Origin"], &fields["Priority"]), (&json!("Web"), &json!("Low")));
        assert!(!fields.contains_key("ContactId"));
        assert!(!format!("{new:?}").contains("secret"));
        assert_eq!(new_comment_fields("500", "x")["IsPublished"], json!(true));
    }
}
