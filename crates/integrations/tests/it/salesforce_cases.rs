//! Support cases against the sandbox's Salesforce, where agents answer too.

use crate::harness::{Upstreams, newcomer};
use domain::common::pii::Pii;
use domain::support::providers::salesforce::NewCase;
use domain::support::{Author, CasePriority, CaseStatus};
use integrations::UpstreamErrorKind::{NotFound, OutcomeUnknown, Refused};
use integrations::salesforce::MOST_FILE_BYTES;
use sandbox::{FaultKind, System};
use uuid::Uuid;

/// Two accounts: the customer's, and somebody else's.
async fn start() -> (Upstreams, String, String) {
    let upstreams = Upstreams::start().await;
    let own = upstreams.salesforce.upsert_account(&newcomer("C-9001", "hanako@example.com")).await.unwrap();
    let other = upstreams.salesforce.upsert_account(&newcomer("C-9002", "other@example.com")).await.unwrap();
    (upstreams, own, other)
}

fn new_case(n: u128, account: &str) -> NewCase {
    NewCase {
        id: Uuid::from_u128(n),
        account_id: account.to_owned(),
        contact_id: None,
        subject: Pii::new("圏外 \"no signal\" & O'Hara".to_owned()),
        description: Pii::new("Since 8:00.\nTwo lines.".to_owned()),
        category: Some("SIM".to_owned()),
        priority: CasePriority::High,
    }
}

#[tokio::test]
async fn a_case_is_opened_once_whatever_happens_to_the_answer() {
    let (upstreams, own, other) = start().await;
    let crm = &upstreams.salesforce;
    for (n, fault) in [(1, FaultKind::DropAfterCommit), (2, FaultKind::Garbled), (3, FaultKind::DropBefore)] {
        upstreams.fault(System::Salesforce, "Case.create", fault.clone());
        let lost = crm.open_case(&new_case(n, &own)).await.unwrap_err();
        assert_eq!(lost.kind, OutcomeUnknown, "{fault:?}");
        let first = crm.open_case(&new_case(n, &own)).await.unwrap();
        let again = crm.open_case(&new_case(n, &own)).await.unwrap();
        assert_eq!(first, again);
        assert_eq!((first.subject.as_str(), &first.status), ("圏外 \"no signal\" & O'Hara", &CaseStatus::New));
        assert_eq!((first.priority, first.category.as_deref()), (Some(CasePriority::High), Some("SIM")));
    }
    assert_eq!(crm.cases(&own, 50).await.unwrap().len(), 3);
    assert_eq!(crm.cases(&own, 2).await.unwrap().len(), 2);
    assert!(crm.cases(&other, 50).await.unwrap().is_empty());
    let newest = crm.cases(&own, 1).await.unwrap().remove(0);
    let since = crm.cases_changed_since(&own, newest.updated_at).await.unwrap();
    assert!(since.iter().any(|case| case.id == newest.id));
    assert!(crm.cases_changed_since(&own, newest.updated_at.plus_seconds(3_600)).await.unwrap().is_empty());
    let long = NewCase { subject: Pii::new("x".repeat(256)), ..new_case(9, &own) };
    assert!(matches!(crm.open_case(&long).await.unwrap_err().kind, Refused { .. }));
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn only_what_is_for_the_customer_is_read_and_only_by_the_customer() {
    let (upstreams, own, other) = start().await;
    let crm = &upstreams.salesforce;
    let case = crm.open_case(&new_case(1, &own)).await.unwrap();
    crm.add_comment(&own, &case.id, "It works again,\nthank you.").await.unwrap();
    let world = upstreams.sandbox.world();
    world.answer_case(&case.id, "Internal: wrong tower", false).unwrap();
    world.answer_case(&case.id, "Please restart your phone.", true).unwrap();
    let detail = crm.case(&own, &case.id).await.unwrap();
    assert_eq!(detail.description, "Since 8:00.\nTwo lines.");
    let bodies: Vec<&str> = detail.messages.iter().map(|m| m.body.as_str()).collect();
    assert_eq!(bodies, ["It works again,\nthank you.", "Please restart your phone."]);
    assert_eq!(detail.messages[0].author, Author::Customer);
    assert!(matches!(&detail.messages[1].author, Author::Agent { name } if !name.is_empty()));

    for (account, id) in
        [(other.as_str(), case.id.as_str()), (&own, "500000000000999AAA"), (&own, "not-an-id"), (&own, "' OR Id != '")]
    {
        assert_eq!(crm.case(account, id).await.unwrap_err().kind, NotFound);
        assert_eq!(crm.add_comment(account, id, "x").await.unwrap_err().kind, NotFound);
        assert_eq!(crm.set_case_closed(account, id, true).await.unwrap_err().kind, NotFound);
        assert_eq!(crm.attach(account, id, "a.txt", b"x").await.unwrap_err().kind, NotFound);
        assert_eq!(crm.download(account, id, "068000000000001AAA").await.unwrap_err().kind, NotFound);
    }
    assert!(matches!(crm.add_comment(&own, &case.id, &"x".repeat(4_001)).await.unwrap_err().kind, Refused { .. }));
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_case_is_closed_and_opened_again() {
    let (upstreams, own, _) = start().await;
    let crm = &upstreams.salesforce;
    let case = crm.open_case(&new_case(1, &own)).await.unwrap();
    for _ in 0..2 {
        crm.set_case_closed(&own, &case.id, true).await.unwrap();
    }
    let closed = crm.case(&own, &case.id).await.unwrap().case;
    assert!(closed.is_closed && closed.closed_at.is_some() && closed.status == CaseStatus::Closed, "{closed:?}");
    crm.set_case_closed(&own, &case.id, false).await.unwrap();
    let open = crm.case(&own, &case.id).await.unwrap().case;
    assert!(!open.is_closed && open.closed_at.is_none() && open.status == CaseStatus::Working, "{open:?}");
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn files_are_stored_listed_and_fetched_whole() {
    let (upstreams, own, _) = start().await;
    let crm = &upstreams.salesforce;
    let case = crm.open_case(&new_case(1, &own)).await.unwrap();
    let elsewhere = crm.open_case(&new_case(2, &own)).await.unwrap();
    let photo: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    crm.attach(&own, &case.id, "写真 1.jpg", &photo).await.unwrap();
    crm.attach(&own, &case.id, "note.txt", b"hello").await.unwrap();
    let files = crm.case(&own, &case.id).await.unwrap().attachments;
    let seen: Vec<(&str, u64)> = files.iter().map(|f| (f.file_name.as_str(), f.size)).collect();
    assert_eq!(seen, [("写真 1.jpg", 3_000_000), ("note.txt", 5)]);
    assert_eq!(crm.download(&own, &case.id, &files[0].id).await.unwrap(), photo);
    assert_eq!(crm.download(&own, &elsewhere.id, &files[0].id).await.unwrap_err().kind, NotFound, "another case's");

    for wrong in [&b""[..], &vec![0; MOST_FILE_BYTES + 1]] {
        assert!(matches!(crm.attach(&own, &case.id, "x.bin", wrong).await.unwrap_err().kind, Refused { .. }));
    }
    upstreams.fault(System::Salesforce, "composite", FaultKind::DropAfterCommit);
    assert_eq!(crm.attach(&own, &case.id, "lost.txt", b"x").await.unwrap_err().kind, OutcomeUnknown);
    let files = crm.case(&own, &case.id).await.unwrap().attachments;
    assert_eq!(files.iter().filter(|f| f.file_name == "lost.txt").count(), 1, "reading tells");
    upstreams.sandbox.stop().await;
}
