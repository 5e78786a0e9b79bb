//! Each client × each fault: what a read and a write conclude, and how often the effect happened. A write is called once; the
//! effect is counted afterwards with the fault gone.

use crate::harness::{Upstreams, newcomer};
use domain::common::pii::Pii;
use domain::sim::Megabytes;
use domain::support::CasePriority;
use domain::support::providers::salesforce::NewCase;
use domain::{Date, Money};
use integrations::UpstreamErrorKind::{self, Denied, OutcomeUnknown, Refused, Unavailable};
use integrations::freebit::{NewEsim, ProfileKind};
use integrations::{UpstreamError, freebit, salesforce, whmcs};
use sandbox::{DelayPoint, Fault, FaultKind, System};
use std::time::Duration;
use uuid::Uuid;

const MIKA: u64 = 1;
const LINE: &str = "07001000001";
/// Patience of the clients, and a delay beyond it.
const TIMEOUT_MS: u64 = 700;
const TOO_LONG_MS: u64 = 1_200;

/// What callers act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Later,
    /// With the wait in seconds.
    LaterIn(u64),
    Unknown,
    Refused,
    Denied,
    /// Cut and followed by rubbish: told as no answer or as none that can be read.
    Broken,
    /// It went as it should.
    Done,
}

fn ended(result: Result<(), UpstreamError>) -> Class {
    result.map_or_else(|error| class(&error), |()| Class::Done)
}

fn class(error: &UpstreamError) -> Class {
    match &error.kind {
        Unavailable { retry_after: None } => Class::Later,
        Unavailable { retry_after: Some(wait) } => Class::LaterIn(wait.as_secs()),
        OutcomeUnknown => Class::Unknown,
        Refused { .. } => Class::Refused,
        Denied => Class::Denied,
        UpstreamErrorKind::Garbled { .. } => Class::Broken,
        UpstreamErrorKind::NotFound => panic!("{error:?}"),
    }
}

/// A client of one system with a read and a write that can be counted.
trait Subject {
    const SYSTEM: System;
    const READ: &'static str;
    const WRITE: &'static str;
    async fn read(&self) -> Result<(), UpstreamError>;
    async fn write(&self, tag: &str) -> Result<(), UpstreamError>;
    async fn count(&self, tag: &str) -> usize;
}

struct Whmcs(whmcs::Client);

impl Subject for Whmcs {
    const SYSTEM: System = System::Whmcs;
    const READ: &'static str = "GetInvoices";
    const WRITE: &'static str = "AddCredit";
    async fn read(&self) -> Result<(), UpstreamError> {
        self.0.invoices(MIKA, None).await.map(drop)
    }
    async fn write(&self, tag: &str) -> Result<(), UpstreamError> {
        self.0.add_credit(MIKA, Money::yen(1), tag).await
    }
    async fn count(&self, tag: &str) -> usize {
        self.0.credits(MIKA).await.unwrap().iter().filter(|entry| entry.description == tag).count()
    }
}

struct Freebit(freebit::Client);

const ANY_DAY: (Date, Date) = (Date { year: 2_020, month: 1, day: 1 }, Date { year: 2_099, month: 1, day: 1 });

impl Subject for Freebit {
    const SYSTEM: System = System::Freebit;
    const READ: &'static str = "mvno/getTrafficInfo";
    const WRITE: &'static str = "master/addSpec";
    async fn read(&self) -> Result<(), UpstreamError> {
        self.0.usage(LINE).await.map(drop)
    }
    async fn write(&self, tag: &str) -> Result<(), UpstreamError> {
        self.0.top_up(LINE, Megabytes(1), tag, ANY_DAY.0, ANY_DAY.1).await
    }
    async fn count(&self, tag: &str) -> usize {
        let all = self.0.top_ups(LINE, ANY_DAY.0, ANY_DAY.1).await.unwrap();
        all.iter().filter(|top_up| top_up.tag.as_deref() == Some(tag)).count()
    }
}

struct Salesforce {
    client: salesforce::Client,
    account: String,
    case: String,
}

impl Subject for Salesforce {
    const SYSTEM: System = System::Salesforce;
    const READ: &'static str = "query";
    const WRITE: &'static str = "CaseComment.create";
    async fn read(&self) -> Result<(), UpstreamError> {
        self.client.cases(&self.account, 1).await.map(drop)
    }
    async fn write(&self, tag: &str) -> Result<(), UpstreamError> {
        self.client.add_comment(&self.account, &self.case, tag).await
    }
    async fn count(&self, tag: &str) -> usize {
        let case = self.client.case(&self.account, &self.case).await.unwrap();
        case.messages.iter().filter(|message| message.body == tag).count()
    }
}

/// The faults with what they mean for a read, for a write, and how often the effect happens.
fn faults(system: System) -> Vec<(FaultKind, Class, Class, usize)> {
    let refusal = match system {
        System::Freebit => "400-305",
        System::Salesforce | System::PubSub | System::Whmcs => "FIELD_CUSTOM_VALIDATION_EXCEPTION: No",
    };
    // Salesforce says by itself that it did nothing; what stands before the others says nothing about them.
    let own_503 = if system == System::Salesforce { Class::Later } else { Class::Unknown };
    let mut all = vec![
        (FaultKind::Status(429, Some(30)), Class::LaterIn(30), Class::LaterIn(30), 0),
        (FaultKind::Status(503, Some(30)), Class::LaterIn(30), Class::LaterIn(30), 0),
        (FaultKind::Status(503, None), Class::Later, own_503, 0),
        (FaultKind::Status(500, None), Class::Later, Class::Unknown, 0),
        (FaultKind::Html503, Class::Later, Class::Unknown, 0),
        (FaultKind::DropBefore, Class::Later, Class::Unknown, 0),
        (FaultKind::DropAfterCommit, Class::Later, Class::Unknown, 1),
        (FaultKind::Garbled, Class::Broken, Class::Unknown, 1),
        (FaultKind::Delay(TOO_LONG_MS, DelayPoint::BeforeCommit), Class::Later, Class::Unknown, 1),
        (FaultKind::Delay(TOO_LONG_MS, DelayPoint::AfterCommit), Class::Later, Class::Unknown, 1),
        (FaultKind::Refuse(refusal.to_owned()), Class::Refused, Class::Refused, 0),
        (FaultKind::Html200, Class::Later, Class::Unknown, 1),
        (FaultKind::Drip { pieces: 30, pause_ms: TOO_LONG_MS / 30 }, Class::Later, Class::Unknown, 1),
        (FaultKind::TooLarge { megabytes: 1_000 }, Class::Broken, Class::Unknown, 1),
        // What an answer is, its bytes say.
        (FaultKind::Mislabelled, Class::Done, Class::Done, 1),
    ];
    match system {
        System::Salesforce => {
            all.push((FaultKind::Status(401, None), Class::Denied, Class::Denied, 0));
            // Each call's session ends, also the second one's.
            all.push((FaultKind::ExpiredSession, Class::Denied, Class::Denied, 0));
            all.push((FaultKind::Status(403, None), Class::LaterIn(300), Class::LaterIn(300), 0));
        }
        System::Whmcs => {
            all.push((FaultKind::Status(403, None), Class::Denied, Class::Denied, 0));
            // A write that does not say what it made was refused. Reads know no soft failure: a list without its members is
            // an empty one.
            all.push((FaultKind::SoftFailure("Not now".to_owned()), Class::Done, Class::Refused, 0));
        }
        System::Freebit => {
            all.push((FaultKind::Refuse("210-2".to_owned()), Class::Denied, Class::Denied, 0));
            all.push((FaultKind::ExpiredSession, Class::Denied, Class::Denied, 0));
            all.push((FaultKind::Refuse("400-303".to_owned()), Class::LaterIn(60), Class::LaterIn(60), 0));
            all.push((FaultKind::Refuse("500-1".to_owned()), Class::Later, Class::Unknown, 0));
            all.push((FaultKind::Refuse("503-1".to_owned()), Class::Later, Class::Later, 0));
        }
        System::PubSub => {}
    }
    all
}

async fn run<S: Subject>(upstreams: &Upstreams, fresh: impl AsyncFn() -> S) {
    let world = upstreams.sandbox.world();
    for (n, (kind, read, write, effects)) in faults(S::SYSTEM).into_iter().enumerate() {
        // A client of its own, so that no breaker remembers the last fault.
        let subject = fresh().await;
        let add = |operation: &str| {
            let operation = Some(operation.to_owned());
            world.add_fault(Fault { system: S::SYSTEM, operation, kind: kind.clone(), times: None });
        };
        let tag = format!("matrix-{n}");
        add(S::WRITE);
        let calls = upstreams.count_calls(S::SYSTEM, S::WRITE);
        let written = ended(subject.write(&tag).await);
        assert_eq!(written, write, "write, {:?}: {kind:?}", S::SYSTEM);
        if matches!(kind, FaultKind::Delay(..)) {
            tokio::time::sleep(Duration::from_millis(TOO_LONG_MS)).await;
        }
        let sent = upstreams.count_calls(S::SYSTEM, S::WRITE) - calls;
        // Only a refused session or key is worth a second call: nothing was done.
        assert_eq!(sent, if write == Class::Denied && S::SYSTEM != System::Whmcs { 2 } else { 1 }, "{kind:?}");
        add(S::READ);
        let seen = ended(subject.read().await);
        let seen = if read == Class::Broken && seen == Class::Later { Class::Broken } else { seen };
        assert_eq!(seen, read, "read, {:?}: {kind:?}", S::SYSTEM);
        world.clear_faults();
        let calm = fresh().await;
        assert_eq!(calm.count(&tag).await, effects, "effects, {:?}: {kind:?}", S::SYSTEM);
        calm.read().await.unwrap();
    }
}

#[tokio::test]
async fn whmcs() {
    let upstreams = Upstreams::start().await;
    let (at, keys) = (upstreams.sandbox.endpoints(), upstreams.sandbox.credentials());
    run(&upstreams, async || {
        let config = whmcs::Config::new(
            at.whmcs.parse().unwrap(),
            keys.whmcs_identifier.clone().into(),
            keys.whmcs_secret.clone().into(),
        );
        Whmcs(whmcs::Client::new(whmcs::Config { timeout_ms: TIMEOUT_MS, ..config }).unwrap())
    })
    .await;
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn freebit() {
    let upstreams = Upstreams::start().await;
    let plan = upstreams.products().await.0.freebit_plan_code.unwrap();
    let eid = "89049032000000000000000000000123";
    let new = NewEsim { number: LINE, eid, plan_code: &plan, profile: ProfileKind::Voice };
    let _ = upstreams.freebit.open_esim(new).await.unwrap();
    let (at, keys) = (upstreams.sandbox.endpoints(), upstreams.sandbox.credentials());
    run(&upstreams, async || {
        let (id, key) = (keys.freebit_oem_id.clone(), keys.freebit_oem_key.clone().into());
        let config = freebit::Config::new(at.freebit.parse().unwrap(), id, key);
        Freebit(freebit::Client::new(freebit::Config { timeout_ms: TIMEOUT_MS, ..config }).unwrap())
    })
    .await;
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn salesforce() {
    let upstreams = Upstreams::start().await;
    let account = upstreams.salesforce.upsert_account(&newcomer("C-9001", "hanako@example.com")).await.unwrap();
    let new = NewCase {
        id: Uuid::from_u128(1),
        account_id: account.clone(),
        contact_id: None,
        subject: Pii::new("s".to_owned()),
        description: Pii::new("d".to_owned()),
        category: None,
        priority: CasePriority::Low,
    };
    let case = upstreams.salesforce.open_case(&new).await.unwrap().id;
    let config = upstreams.salesforce_config();
    run(&upstreams, async || {
        let config = salesforce::Config { timeout_ms: TIMEOUT_MS, ..config.clone() };
        let client = salesforce::Client::new(config).unwrap();
        // Signed in, so that a fault strikes the call itself.
        client.cases(&account, 1).await.unwrap();
        Salesforce { client, account: account.clone(), case: case.clone() }
    })
    .await;
    upstreams.sandbox.stop().await;
}
