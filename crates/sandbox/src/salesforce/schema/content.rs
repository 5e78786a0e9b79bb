//! Files: a document with its versions, and the links that show it at a record.

use super::Kind::{Base64, Boolean, Int, Linked, LongText, Picklist, Reference, Text};
use super::{Field, Object, f};

const VERSION: &[Field] = &[
    f("ContentDocumentId", Reference("ContentDocument", "ContentDocument")).once(),
    f("Title", Text(255)),
    f("PathOnClient", Text(500)).once(),
    f("VersionData", Base64).once(),
    f("Description", LongText(1_000)),
    f("ReasonForChange", Text(1_000)),
    f("Origin", Picklist(&["C", "H"])).once(),
    f("FirstPublishLocationId", Linked(LINKABLE, "FirstPublishLocation")).once(),
    f("IsMajorVersion", Boolean).once(),
    f("IsLatest", Boolean).read(),
    f("VersionNumber", Text(20)).read(),
    f("FileType", Text(20)).read(),
    f("FileExtension", Text(40)).read(),
    f("ContentSize", Int).read(),
    f("Checksum", Text(50)).read(),
];

const DOCUMENT: &[Field] = &[
    f("Title", Text(255)),
    f("Description", LongText(1_000)),
    f("LatestPublishedVersionId", Reference("ContentVersion", "LatestPublishedVersion")).read(),
    f("FileType", Text(20)).read(),
    f("FileExtension", Text(40)).read(),
    f("ContentSize", Int).read(),
];

/// What a document can be shown at.
pub(super) const LINKABLE: &[&str] = &["Case", "EmailMessage", "Account", "Contact", "Order", "Asset", "User"];

const LINK: &[Field] = &[
    f("ContentDocumentId", Reference("ContentDocument", "ContentDocument")).required().once(),
    f("LinkedEntityId", Linked(LINKABLE, "LinkedEntity")).required().once(),
    // Viewer, collaborator, inferred from the record.
    f("ShareType", Picklist(&["V", "C", "I"])),
    f("Visibility", Picklist(&["AllUsers", "InternalUsers", "SharedUsers"])),
];

pub(super) static OBJECTS: &[Object] = &[
    Object::new("ContentVersion", "Content Versions", "068", "sf.ContentVersion", VERSION),
    Object::new("ContentDocument", "Content Documents", "069", "sf.ContentDocument", DOCUMENT)
        .never_inserted()
        .children(&[
            ("ContentVersions", "ContentVersion", "ContentDocumentId"),
            ("ContentDocumentLinks", "ContentDocumentLink", "ContentDocumentId"),
        ]),
    Object::new("ContentDocumentLink", "Content Document Links", "06A", "sf.ContentDocumentLink", LINK).unowned(),
];
