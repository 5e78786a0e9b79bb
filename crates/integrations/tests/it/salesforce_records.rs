//! General record calls against the sandbox's Salesforce, with faults: what a caller may conclude, and what is there afterwards.

use crate::harness::Upstreams;
use integrations::UpstreamErrorKind::{self, NotFound, OutcomeUnknown, Refused, Unavailable};
use integrations::salesforce::{Fields, MOST_RECORDS, Upserted};
use sandbox::{FaultKind, System};
use serde_json::{Value, json};

fn fields(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

fn account(name: &str) -> Fields {
    fields(json!({ "Name": name }))
}

/// How many accounts have this name.
fn count(upstreams: &Upstreams, name: &str) -> usize {
    fn walk(value: &Value, name: &str) -> usize {
        match value {
            Value::Object(members) => {
                // What is deleted waits in the bin.
                let binned = members.get("IsDeleted") == Some(&Value::Bool(true));
                let own = !binned && members.get("Name").and_then(Value::as_str) == Some(name);
                usize::from(own) + members.values().map(|v| walk(v, name)).sum::<usize>()
            }
            Value::Array(items) => items.iter().map(|v| walk(v, name)).sum(),
            _ => 0,
        }
    }
    walk(&upstreams.sandbox.world().dump()["salesforce"], name)
}

fn refused_for(kind: &UpstreamErrorKind, code: &str) -> bool {
    matches!(kind, Refused { reason } if reason.contains(code))
}

#[tokio::test]
async fn a_record_is_made_read_changed_and_deleted() {
    let upstreams = Upstreams::start().await;
    let crm = &upstreams.salesforce;
    let id =
        crm.create_record("Account", &fields(json!({"Name": "佐藤 & O'Hara", "Phone": "0312345678"}))).await.unwrap();
    assert_eq!(id.len(), 18);
    crm.update_record("Account", &id[..15], &fields(json!({ "Phone": null }))).await.unwrap();
    let read = crm.read_record("Account", &id, &["Name", "Phone"]).await.unwrap();
    assert_eq!((&read["Name"], &read["Phone"]), (&json!("佐藤 & O'Hara"), &Value::Null));
    crm.delete_record("Account", &id).await.unwrap();
    for gone in [
        crm.read_record("Account", &id, &["Name"]).await.unwrap_err(),
        crm.update_record("Account", &id, &account("x")).await.unwrap_err(),
        crm.delete_record("Account", &id).await.unwrap_err(),
        crm.delete_record("Account", "../Order").await.unwrap_err(),
    ] {
        assert_eq!(gone.kind, NotFound);
    }
    let no_field = crm.create_record("Account", &fields(json!({"Name": "x", "Nonsense__c": 1}))).await.unwrap_err();
    assert!(refused_for(&no_field.kind, "INVALID_FIELD"), "{no_field:?}");
    let nameless = crm.create_record("Account", &Fields::new()).await.unwrap_err();
    assert!(refused_for(&nameless.kind, "REQUIRED_FIELD_MISSING"), "{nameless:?}");
    assert_eq!(count(&upstreams, "x"), 0);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn an_upsert_says_whether_it_made_changed_or_found_several() {
    let upstreams = Upstreams::start().await;
    let crm = &upstreams.salesforce;
    // What stands in an address is encoded: slashes, question marks and blanks are part of the value.
    let key = ("Customer_Number__c", "C-1/2?x=%20 佐藤");
    let Upserted::Created(id) = crm.upsert_record("Account", key, &account("first")).await.unwrap() else {
        panic!("it is new")
    };
    assert_eq!(crm.upsert_record("Account", key, &account("second")).await.unwrap(), Upserted::Updated(id.clone()));
    let read = crm.read_record("Account", &id, &["Name", "Customer_Number__c"]).await.unwrap();
    assert_eq!((&read["Name"], &read["Customer_Number__c"]), (&json!("second"), &json!(key.1)));

    let shared = fields(json!({"Name": "twin", "WHMCS_Client_ID__c": 4711}));
    for _ in 0..2 {
        crm.create_record("Account", &shared).await.unwrap();
    }
    let several = crm.upsert_record("Account", ("WHMCS_Client_ID__c", "4711"), &account("third")).await.unwrap();
    assert_eq!(several, Upserted::Several);
    assert_eq!((count(&upstreams, "twin"), count(&upstreams, "third")), (2, 0), "nothing was done");
    let no_key = crm.upsert_record("Account", ("Phone", "1"), &account("x")).await.unwrap_err();
    assert_eq!(no_key.kind, NotFound, "no external id");
    let taken = fields(json!({"Name": "x", "Customer_Number__c": key.1}));
    let duplicate = crm.create_record("Account", &taken).await.unwrap_err();
    assert!(refused_for(&duplicate.kind, "DUPLICATE_VALUE"), "{duplicate:?}");
    upstreams.sandbox.stop().await;
}

/// Every write × every way in which it can go wrong, with what is there afterwards.
#[tokio::test]
async fn a_write_that_goes_wrong_says_what_may_be_concluded() {
    let upstreams = Upstreams::start().await;
    let crm = &upstreams.salesforce;
    let id = crm.create_record("Account", &account("kept")).await.unwrap();
    let lock = || FaultKind::Refuse("UNABLE_TO_LOCK_ROW: unable to obtain exclusive access".to_owned());
    let rule = || FaultKind::Refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION: No".to_owned());
    let later = Unavailable { retry_after: None };
    let tree = |name: &str| vec![json!({"attributes": {"type": "Account", "referenceId": "a"}, "Name": name})];
    for (n, (fault, expected, effects)) in [
        (FaultKind::DropAfterCommit, OutcomeUnknown, 1),
        (FaultKind::Garbled, OutcomeUnknown, 1),
        (FaultKind::DropBefore, OutcomeUnknown, 0),
        (FaultKind::Html503, OutcomeUnknown, 0),
        (FaultKind::Status(503, None), later.clone(), 0),
        (lock(), later.clone(), 0),
    ]
    .into_iter()
    .enumerate()
    {
        let name = |what: &str| format!("{what}-{n}");
        for (operation, what) in [
            ("Account.create", "create"),
            ("Account.upsert", "upsert"),
            ("Account.update", "update"),
            ("composite/tree", "tree"),
            ("composite/sobjects", "rows"),
        ] {
            // An update answers without a body: there is nothing to cut.
            if what == "update" && fault == FaultKind::Garbled {
                continue;
            }
            let name = name(what);
            // A client of its own, so that no breaker remembers the last fault; signed in, so that the call itself is struck.
            let crm = integrations::salesforce::Client::new(upstreams.salesforce_config()).unwrap();
            crm.read_record("Account", &id, &["Name"]).await.unwrap();
            upstreams.fault(System::Salesforce, operation, fault.clone());
            let result = match what {
                "create" => crm.create_record("Account", &account(&name)).await.map(drop),
                "upsert" => {
                    crm.upsert_record("Account", ("Customer_Number__c", &name), &account(&name)).await.map(drop)
                }
                "update" => crm.update_record("Account", &id, &account(&name)).await,
                "tree" => crm.create_tree("Account", tree(&name)).await.map(drop),
                _ => crm.create_records("Account", &[account(&name)], true).await.map(drop),
            };
            assert_eq!(result.unwrap_err().kind, expected, "{what}: {fault:?}");
            assert_eq!(count(&upstreams, &name), effects, "{what}: {fault:?}");
        }
    }
    for operation in ["Account.create", "Account.upsert"] {
        upstreams.fault(System::Salesforce, operation, rule());
        let refused = match operation {
            "Account.create" => crm.create_record("Account", &account("no")).await.map(drop),
            _ => crm.upsert_record("Account", ("Customer_Number__c", "no"), &account("no")).await.map(drop),
        };
        assert!(refused_for(&refused.unwrap_err().kind, "FIELD_CUSTOM_VALIDATION_EXCEPTION"));
    }
    upstreams.fault(System::Salesforce, "Account.delete", FaultKind::DropAfterCommit);
    assert_eq!(crm.delete_record("Account", &id).await.unwrap_err().kind, OutcomeUnknown);
    assert_eq!(
        crm.delete_record("Account", &id).await.unwrap_err().kind,
        NotFound,
        "it was done; the repeat is harmless"
    );
    upstreams.fault(System::Salesforce, "Account.get", FaultKind::DropBefore);
    assert_eq!(crm.read_record("Account", &id, &["Name"]).await.unwrap_err().kind, NotFound, "a read is tried again");
    upstreams.sandbox.world().drop_sessions();
    assert!(crm.create_record("Account", &account("after")).await.is_ok(), "the session is renewed");
    assert_eq!(count(&upstreams, "after"), 1);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn many_records_are_all_or_none_or_each_by_itself() {
    let upstreams = Upstreams::start().await;
    let crm = &upstreams.salesforce;
    let mixed = [account("good 1"), Fields::new(), account("good 2")];
    let error = crm.create_records("Account", &mixed, true).await.unwrap_err();
    assert!(refused_for(&error.kind, "REQUIRED_FIELD_MISSING"), "the cause, not the roll-back: {error:?}");
    let Refused { reason } = &error.kind else { panic!("{error:?}") };
    assert!(!reason.contains("ROLLED_BACK"), "{reason}");
    assert_eq!(count(&upstreams, "good 1") + count(&upstreams, "good 2"), 0);

    let rows = crm.create_records("Account", &mixed, false).await.unwrap();
    let ids: Vec<String> = rows.iter().filter_map(|row| row.clone().ok()).collect();
    assert_eq!(ids.len(), 2);
    assert!(refused_for(rows[1].as_ref().unwrap_err(), "REQUIRED_FIELD_MISSING"), "{rows:?}");
    assert_eq!(count(&upstreams, "good 1") + count(&upstreams, "good 2"), 2);

    let missing = "001000000000999AAA".to_owned();
    let change = [(ids[0].clone(), account("better 1")), (missing.clone(), account("nobody"))];
    assert!(crm.update_records("Account", &change, true).await.is_err());
    assert_eq!(count(&upstreams, "better 1"), 0);
    let rows = crm.update_records("Account", &change, false).await.unwrap();
    assert!(rows[0].is_ok() && rows[1].is_err(), "{rows:?}");
    assert_eq!(count(&upstreams, "better 1"), 1);

    let doomed = [ids[0].clone(), missing, ids[1].clone()];
    assert!(crm.delete_records(&doomed, true).await.is_err());
    assert_eq!(count(&upstreams, "better 1") + count(&upstreams, "good 2"), 2, "rolled back");
    let rows = crm.delete_records(&doomed, false).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 2, "{rows:?}");
    assert_eq!(count(&upstreams, "better 1") + count(&upstreams, "good 2"), 0);

    assert_eq!(crm.create_records("Account", &[], true).await, Ok(vec![]));
    let calls = upstreams.sandbox.world().calls().len();
    let too_many = vec![account("x"); MOST_RECORDS + 1];
    assert!(matches!(crm.create_records("Account", &too_many, true).await.unwrap_err().kind, Refused { .. }));
    assert_eq!(crm.delete_records(&["x".to_owned()], true).await.unwrap_err().kind, NotFound);
    assert_eq!(upstreams.sandbox.world().calls().len(), calls, "nothing is sent");
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_tree_is_all_or_none() {
    let upstreams = Upstreams::start().await;
    let crm = &upstreams.salesforce;
    let record = |name: &str, reference: &str, contact: Value| json!({"attributes": {"type": "Account", "referenceId": reference}, "Name": name, "Contacts": {"records": [contact]}});
    let contact = |reference: &str, name: Value| json!({"attributes": {"type": "Contact", "referenceId": reference}, "LastName": name});
    let good = vec![record("root", "a1", contact("c1", json!("Sato")))];
    let made = crm.create_tree("Account", good).await.unwrap();
    assert_eq!(made.len(), 2);
    let child = crm.read_record("Contact", &made["c1"], &["AccountId"]).await.unwrap();
    assert_eq!(child["AccountId"], json!(made["a1"]));
    let bad = vec![record("fine", "a1", contact("c1", json!("Ito"))), record("bad", "a2", contact("c2", Value::Null))];
    let error = crm.create_tree("Account", bad).await.unwrap_err();
    assert!(refused_for(&error.kind, "REQUIRED_FIELD_MISSING"), "{error:?}");
    assert_eq!(count(&upstreams, "fine") + count(&upstreams, "bad"), 0);
    upstreams.sandbox.stop().await;
}
