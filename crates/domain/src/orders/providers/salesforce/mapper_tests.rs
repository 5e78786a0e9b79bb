use super::*;
use proptest::prelude::*;

fn statuses() -> OrderStatuses {
    OrderStatuses {
        approved: "Approved".to_owned(),
        fulfilled: "Activated".to_owned(),
        rejected: vec!["Rejected".to_owned(), "Cancelled".to_owned()],
    }
}

fn raw(change: impl FnOnce(&mut Value)) -> RawOrder {
    let mut row = json!({
        "attributes": {"type": "Order", "url": "/services/data/v62.0/sobjects/Order/801000000000001AAA"},
        "Id": "801000000000001AAA", "OrderNumber": "00001234", "Status": "Approved", "StatusCode": "Draft",
        "AccountId": "001000000000001AAA", "Portal_Order_Id__c": "6f1c2b1e-5a39-4a3c-9f10-000000000001",
        "Activation_Status__c": "Not Started", "WHMCS_Order_ID__c": null,
        "OrderItems": {"totalSize": 2, "done": true, "records": [
            {"attributes": {"type": "OrderItem"}, "Id": "802B", "OrderItemNumber": "0000000002", "PricebookEntryId": "01uB",
             "Quantity": 1.0, "UnitPrice": 3000.0, "Description": "Item 1", "WHMCS_Service_ID__c": 41.0},
            {"attributes": {"type": "OrderItem"}, "Id": "802A", "OrderItemNumber": "0000000001", "PricebookEntryId": "01uA",
             "Quantity": 1, "UnitPrice": 2980, "Description": "Item 2", "WHMCS_Service_ID__c": "42"}
        ]}
    });
    change(&mut row);
    serde_json::from_value(row).unwrap()
}

#[test]
fn an_order_is_read_with_its_items_in_order() {
    let order = order(raw(|_| ()), &statuses(), Currency::Jpy).unwrap();
    assert_eq!(order.state, CrmOrderState::Approved);
    assert_eq!(order.number, "00001234");
    assert_eq!(order.portal_order_id.unwrap().to_string(), "6f1c2b1e-5a39-4a3c-9f10-000000000001");
    assert!(!order.provisioned);
    let items: Vec<_> = order.items.iter().map(|i| (i.id.as_str(), i.unit_price, i.item, i.whmcs_service_id)).collect();
    assert_eq!(
        items,
        [
            ("802A", Money::yen(2980), Some(2), Some(ServiceId(42))),
            ("802B", Money::yen(3000), Some(1), Some(ServiceId(41)))
        ]
    );
}

#[test]
fn an_order_made_by_hand_has_no_portal_id_and_maybe_no_items() {
    let order = order(
        raw(|r| {
            r["Portal_Order_Id__c"] = Value::Null;
            r["OrderItems"] = Value::Null;
            r["WHMCS_Order_ID__c"] = json!("12");
        }),
        &statuses(),
        Currency::Jpy,
    )
    .unwrap();
    assert_eq!((order.portal_order_id, order.items.len(), order.whmcs_order_id), (None, 0, Some(12)));
}

#[test]
fn statuses_follow_the_configured_names() {
    let state = |status: &str, code: &str| {
        order(
            raw(|r| {
                r["Status"] = json!(status);
                r["StatusCode"] = json!(code);
            }),
            &statuses(),
            Currency::Jpy,
        )
        .unwrap()
        .state
    };
    assert_eq!(state("Draft", "Draft"), CrmOrderState::Draft);
    assert_eq!(state("Cancelled", "Draft"), CrmOrderState::Rejected);
    assert_eq!(state("Activated", "Activated"), CrmOrderState::Activated);
    assert_eq!(state("Completed", "Activated"), CrmOrderState::Activated);
    assert_eq!(state("On Hold", "Draft"), CrmOrderState::Other);
}

#[test]
fn an_order_that_does_not_fit_names_the_member() {
    for (field, value) in
        [("Status", Value::Null), ("OrderNumber", json!("")), ("Portal_Order_Id__c", json!("x")), ("Id", json!("801"))]
    {
        let error = order(raw(|r| r[field] = value), &statuses(), Currency::Jpy).unwrap_err();
        assert_eq!(error.field, field);
    }
    assert!(
        order(raw(|r| r["OrderItems"]["records"][0]["UnitPrice"] = Value::Null), &statuses(), Currency::Jpy).is_err()
    );
}

#[test]
fn a_new_order_is_a_draft_with_our_id() {
    let new = NewCrmOrder {
        order_id: "6f1c2b1e-5a39-4a3c-9f10-000000000001".parse().unwrap(),
        account_id: "001A".to_owned(),
        effective_on: Date::new(2026, 11, 23).unwrap(),
        sim: Some(SimKind::Esim),
        eid: Some(Pii::new("89049032000000000000000000000001".to_owned())),
        port_in: None,
        lines: vec![NewCrmOrderLine { pricebook_entry_id: "01uA".to_owned(), unit_price: Money::yen(2980), item: 1 }],
    };
    let fields = Value::Object(new_order_fields(&new, "01sA"));
    assert_eq!(fields["Status"], "Draft");
    assert_eq!(fields["Portal_Order_Id__c"], "6f1c2b1e-5a39-4a3c-9f10-000000000001");
    assert_eq!((&fields["EffectiveDate"], &fields["SIM_Type__c"]), (&json!("2026-11-23"), &json!("eSIM")));
    assert_eq!(
        Value::Object(new_order_item_fields(&new.lines[0])),
        json!({"PricebookEntryId": "01uA", "Quantity": 1, "UnitPrice": 2980, "Description": "Item 1"})
    );
    assert!(!format!("{new:?}").contains("8904903"));
    assert_eq!(fields["MNP_Application__c"], false);
}

#[test]
fn a_kept_number_stands_in_the_order_and_does_not_print() {
    let pii = |text: &str| Pii::new(text.to_owned());
    let port_in = CrmPortIn {
        phone_number: pii("09012345678"),
        reservation_number: pii("1234567890"),
        expires_on: Date::new(2026, 12, 1).unwrap(),
        holder_name_kana: pii("タナカ ユイ"),
    };
    let new = NewCrmOrder {
        order_id: "6f1c2b1e-5a39-4a3c-9f10-000000000001".parse().unwrap(),
        account_id: "001A".to_owned(),
        effective_on: Date::new(2026, 11, 23).unwrap(),
        sim: Some(SimKind::Esim),
        eid: None,
        port_in: Some(port_in),
        lines: Vec::new(),
    };
    let fields = Value::Object(new_order_fields(&new, "01sA"));
    for (field, value) in [
        ("MNP_Application__c", json!(true)),
        ("MNP_Phone_Number__c", json!("09012345678")),
        ("MNP_Reservation_Number__c", json!("1234567890")),
        ("MNP_Expiry_Date__c", json!("2026-12-01")),
        ("MNP_Holder_Name_Kana__c", json!("タナカ ユイ")),
    ] {
        assert_eq!(fields[field], value, "{field}");
    }
    let printed = format!("{new:?} {:?}", new.port_in);
    assert!(
        !printed.contains("0901234") && !printed.contains("1234567890") && !printed.contains("タナカ"),
        "{printed}"
    );
}

#[test]
fn ids_get_their_suffix() {
    assert_eq!(normalise_id("00D30000000abcd").as_deref(), Some("00D30000000abcdEAA"));
    assert_eq!(normalise_id("801000000000001AAA").as_deref(), Some("801000000000001AAA"));
    for bad in ["", "801", "80100000000000'", "8010000000000010AAAA", "８０１"] {
        assert_eq!(normalise_id(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn normalising_keeps_the_fifteen_characters(id in "[0-9A-Za-z]{15}") {
        let long = normalise_id(&id).unwrap();
        prop_assert_eq!(long.len(), 18);
        prop_assert!(long.starts_with(&id));
        prop_assert_eq!(normalise_id(&long), Some(long.clone()));
    }
    #[test]
    fn money_survives_the_way_to_salesforce(minor in 0_i64..10_000_000, usd: bool) {
        let currency = if usd { Currency::Usd } else { Currency::Jpy };
        let money = Money::new(minor, currency);
        prop_assert_eq!(Money::parse(&decimal(money).to_string(), currency), Ok(money));
    }
}
