//! What the org says about itself: versions, resources, limits, describes.

use serde_json::{Value, json};

use super::schema::{self, Access, Field, Kind, Object};
use crate::World;

/// API versions answered, newest last.
pub(crate) const VERSIONS: std::ops::RangeInclusive<u32> = 50..=67;
/// When the org's objects were last changed, seconds since the Unix epoch: 2026-01-01T00:00:00Z.
pub(crate) const CHANGED: i64 = 1_767_225_600;

/// `GET /services/data`.
pub(crate) fn versions() -> Value {
    const SEASONS: [&str; 3] = ["Winter", "Spring", "Summer"];
    // Three releases a year; v50.0 is Winter '21.
    let label = |version: u32| {
        let at = version - 50;
        format!("{} '{}", SEASONS[at as usize % 3], 21 + at / 3)
    };
    VERSIONS.map(|version| json!({ "label": label(version), "url": format!("/services/data/v{version}.0"), "version": format!("{version}.0") })).collect()
}

pub(crate) fn resources(version: &str) -> Value {
    ["composite", "limits", "query", "queryAll", "search", "sobjects", "tooling"]
        .into_iter()
        .map(|name| (name.to_owned(), json!(format!("/services/data/{version}/{name}"))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

pub(crate) fn limits(world: &World) -> Value {
    let requests = world.api_requests();
    json!({
        "DailyApiRequests": { "Max": requests.max, "Remaining": requests.max.saturating_sub(requests.used) },
        "HourlyPublishedPlatformEvents": { "Max": 50_000, "Remaining": 50_000 },
        "DailyDeliveredPlatformEvents": { "Max": 25_000, "Remaining": 25_000 },
        "DataStorageMB": { "Max": 1_024, "Remaining": 1_000 },
    })
}

fn summary(object: &Object, version: &str) -> Value {
    let base = format!("/services/data/{version}/sobjects/{}", object.name);
    let writable = !matches!(object.name, "User" | "KnowledgeArticleVersion");
    json!({
        "name": object.name, "label": object.label, "labelPlural": object.plural, "keyPrefix": object.prefix, "custom": false,
        "createable": object.insertable, "updateable": writable, "deletable": writable, "queryable": true, "retrieveable": true, "searchable": true,
        "urls": { "sobject": base, "describe": format!("{base}/describe"), "rowTemplate": format!("{base}/{{ID}}") },
    })
}

pub(crate) fn global(version: &str) -> Value {
    let objects: Vec<Value> = schema::objects().map(|object| summary(object, version)).collect();
    json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects })
}

pub(crate) fn basic(object: &Object, version: &str) -> Value {
    json!({ "objectDescribe": summary(object, version), "recentItems": [] })
}

pub(crate) fn object(object: &Object, version: &str) -> Value {
    let mut described = summary(object, version);
    described["fields"] = object.all_fields().map(|f| field(object, f)).collect();
    described["childRelationships"] = object
        .children
        .iter()
        .map(|(relation, child, field)| {
            let cascade = matches!(
                *child,
                "OrderItem" | "CaseComment" | "EmailMessage" | "ContentVersion" | "ContentDocumentLink"
            );
            json!({ "relationshipName": relation, "childSObject": child, "field": field, "cascadeDelete": cascade })
        })
        .collect();
    described["recordTypeInfos"] = json!([]);
    described
}

fn field(object: &Object, field: &Field) -> Value {
    let (referenced, relation) = field.kind.targets();
    let picklist: Vec<Value> = field
        .kind
        .values()
        .iter()
        .map(|v| json!({ "value": v, "label": v, "active": true, "defaultValue": false }))
        .collect();
    let soap = match field.kind {
        Kind::Boolean => "xsd:boolean",
        Kind::Int => "xsd:int",
        Kind::Double | Kind::Currency => "xsd:double",
        Kind::Date => "xsd:date",
        Kind::DateTime => "xsd:dateTime",
        Kind::Id | Kind::Reference(..) | Kind::Linked(..) => "tns:ID",
        Kind::Base64 => "xsd:base64Binary",
        _ => "xsd:string",
    };
    let numeric = matches!(field.kind, Kind::Double | Kind::Currency);
    json!({
        "name": field.name, "label": field.name.trim_end_matches("__c").replace('_', " "), "type": field.kind.describe(),
        "custom": field.name.ends_with("__c"),
        "length": field.kind.length(), "precision": if numeric { 18 } else { 0 }, "scale": if numeric { 2 } else { 0 },
        "nillable": !field.required && field.kind != Kind::Boolean && field.name != "Id",
        "createable": field.access != Access::Read, "updateable": field.access == Access::Write,
        "calculated": false, "autoNumber": object.auto_number.is_some_and(|(name, _)| name == field.name),
        "defaultedOnCreate": field.kind == Kind::Boolean || field.name == "OwnerId", "defaultValue": Value::Null,
        "unique": field.unique, "externalId": field.external_id, "idLookup": field.external_id || field.name == "Id",
        "caseSensitive": false, "referenceTo": referenced, "relationshipName": relation, "picklistValues": picklist,
        "restrictedPicklist": matches!(field.kind, Kind::Picklist(_) | Kind::MultiPicklist(_)), "dependentPicklist": false, "controllerName": Value::Null,
        "soapType": soap,
    })
}
