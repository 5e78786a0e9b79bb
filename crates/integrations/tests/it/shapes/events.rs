//! Payloads of platform events in the forms that the schemas of Salesforce give them: raw Avro of one record.

use integrations::salesforce::events::decode_untrusted;
use serde_json::{Value, json};

/// A record with the two fields that every event begins with, and one more.
fn decoded(field: &Value, bytes: &[u8]) -> Result<Value, &'static str> {
    let schema = json!({"type": "record", "name": "Order_Event__e", "namespace": "com.sforce.eventbus", "fields": [
        {"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"},
        {"name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId"},
        {"name": "X__c", "type": field, "doc": "Data:Text:00N"}]});
    // 1 as zig-zag, and a text of three.
    let payload = [&[2, 6, b'0', b'0', b'5'], bytes].concat();
    let (name, fields) = decode_untrusted(&schema.to_string(), &payload)?;
    assert_eq!(
        (name.as_str(), &fields["CreatedDate"], &fields["CreatedById"]),
        ("Order_Event__e", &json!(1), &json!("005"))
    );
    Ok(fields["X__c"].clone())
}

#[test]
fn every_kind_of_field_is_read_with_and_without_a_value() {
    let or_null = |kind: &str| json!(["null", kind]);
    let header = json!({"type": "record", "name": "ChangeEventHeader", "fields": [
        {"name": "entityName", "type": "string"},
        {"name": "recordIds", "type": {"type": "array", "items": "string"}},
        {"name": "changeType", "type": {"type": "enum", "name": "ChangeType", "symbols": ["CREATE", "UPDATE", "GAP_UPDATE"]}}]});
    let half = 0.5_f64.to_le_bytes();
    let double = [&[2], half.as_slice()].concat();
    for (form, field, bytes, expected) in [
        ("text", or_null("string"), [&[2, 6], "佐".as_bytes()].concat(), json!("佐")),
        ("empty text", or_null("string"), vec![2, 0], json!("")),
        ("no text", or_null("string"), vec![0], Value::Null),
        ("number, currency, percent", or_null("double"), double, json!(0.5)),
        ("no number", or_null("double"), vec![0], Value::Null),
        ("checkbox", or_null("boolean"), vec![2, 1], json!(true)),
        ("checkbox without null", json!("boolean"), vec![0], json!(false)),
        (
            "date and datetime",
            or_null("long"),
            vec![2, 0x80, 0xc0, 0xcb, 0x95, 0x82, 0x67],
            json!(1_769_817_600_000_i64),
        ),
        ("null behind the value", json!(["string", "null"]), vec![2], Value::Null),
        (
            "header of a changed record",
            header.clone(),
            vec![6, b'A', b'c', b'c', 2, 2, b'1', 0, 4],
            json!({"entityName": "Acc", "recordIds": ["1"], "changeType": "GAP_UPDATE"}),
        ),
        (
            "header without records",
            header,
            vec![0, 0, 0],
            json!({"entityName": "", "recordIds": [], "changeType": "CREATE"}),
        ),
    ] {
        assert_eq!(decoded(&field, &bytes), Ok(expected), "{form}");
    }
}

#[test]
fn what_is_no_such_record_is_refused() {
    let text = json!(["null", "string"]);
    for (form, bytes) in [
        ("a branch that is not there", vec![4]),
        ("a container's header", b"Obj\x01".to_vec()),
        ("a text longer than the payload", vec![2, 40, b'a']),
        ("a text of negative length", vec![2, 1]),
        ("no UTF-8", vec![2, 4, 0xff, 0xfe]),
        ("something behind the record", vec![0, 0]),
        ("nothing where even null is a byte", vec![]),
    ] {
        assert!(decoded(&text, &bytes).is_err(), "{form}");
    }
}
