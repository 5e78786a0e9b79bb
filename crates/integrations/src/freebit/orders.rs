//! Orders to the carrier: openings, changes and endings. Each answer says that the order was taken, not that it is done.

use super::client::Client;
use super::lines::compact;
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::Date;
use domain::sim::Network;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// The carrier took an order and works on it. It is done when [`Client::line`] shows no change running, and then to be read
/// there; only one order is open on a line at a time.
#[must_use = "accepted is not done: look at the line"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted;

/// When a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Now,
    /// At the beginning of this day, Japan time.
    On(Date),
}

/// Which options change; `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoiceOptions {
    pub voicemail: Option<bool>,
    pub call_waiting: Option<bool>,
    /// Use abroad (`worldWing`).
    pub roaming: Option<bool>,
}

/// Services that an eSIM profile carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    Voice,
    Data,
    DataAndSms,
}

impl ProfileKind {
    /// `simkind`
    const fn code(self) -> &'static str {
        match self {
            Self::Voice => "E0",
            Self::Data => "E2",
            Self::DataAndSms => "E3",
        }
    }
}

/// An eSIM line to be opened.
#[derive(Clone, Copy, Debug)]
pub struct NewEsim<'n> {
    /// Allotted by the portal and stored before the call, so that the line can be found after a lost answer.
    pub number: &'n str,
    /// 32 digits.
    pub eid: &'n str,
    pub plan_code: &'n str,
    pub profile: ProfileKind,
}

impl Client {
    /// Orders the opening of a line on a card from our stock (`master/addAcnt`).
    ///
    /// # Errors
    /// `Unavailable` (also 400-303, an order is open on this line), `OutcomeUnknown`: look with [`Client::line`] before
    /// sending it again; `Refused` (number or plan not acceptable), `Denied`.
    pub async fn open_physical(&self, number: &str, iccid: &str, plan_code: &str) -> Result<Accepted, UpstreamError> {
        let document = json!({ "kind": "MVNO", "account": number, "iccid": iccid, "planCode": plan_code });
        self.order("master/addAcnt", document).await
    }

    /// Orders a new eSIM profile (`mvno/esim/addAcnt`, `addKind` N).
    ///
    /// # Errors
    /// As [`Client::open_physical`]; a malformed or used EID is `Refused` (400-306).
    pub async fn open_esim(&self, new: NewEsim<'_>) -> Result<Accepted, UpstreamError> {
        self.add_esim("N", new, json!({})).await
    }

    /// Orders an eSIM profile for a number that comes from another operator (`addKind` M). `reserve_number` is the
    /// customer's ten-digit MNP reservation.
    ///
    /// # Errors
    /// As [`Client::open_esim`].
    pub async fn port_in_esim(
        &self,
        new: NewEsim<'_>,
        reserve_number: &SecretString,
    ) -> Result<Accepted, UpstreamError> {
        let mnp = json!({ "mnp": { "reserveNumber": reserve_number.expose_secret() } });
        self.add_esim("M", new, mnp).await
    }

    /// Orders a new profile for an eSIM line, for the same phone or another one (`addKind` R). The line stays in service; the
    /// new card number and activation code follow.
    ///
    /// # Errors
    /// As [`Client::open_esim`]; `NotFound`: the line does not have `old_eid`.
    pub async fn reissue_esim(&self, number: &str, eid: &str, old_eid: &str) -> Result<Accepted, UpstreamError> {
        let document = json!({ "addKind": "R", "eid": eid, "account": number, "reissue": { "oldEid": old_eid } });
        self.order("mvno/esim/addAcnt", document).await
    }

    async fn add_esim(&self, kind: &str, new: NewEsim<'_>, more: Value) -> Result<Accepted, UpstreamError> {
        let mut document = json!({
            "addKind": kind, "eid": new.eid, "account": new.number, "planCode": new.plan_code,
            "simkind": new.profile.code(),
        });
        extend(&mut document, more);
        self.order("mvno/esim/addAcnt", document).await
    }

    /// Orders another plan for a line (`mvno/changePlan`).
    ///
    /// # Errors
    /// `Unavailable` with a wait: an order is open, or the last change is less than 30 minutes ago (400-303);
    /// `OutcomeUnknown`: look with [`Client::line`]; `Refused`: the plan is not known (400-304) or the line not in service;
    /// `NotFound`, `Denied`.
    pub async fn change_plan(&self, number: &str, plan_code: &str, when: When) -> Result<Accepted, UpstreamError> {
        let mut document = json!({ "account": number, "planCode": plan_code });
        extend(&mut document, day("runTime", when));
        self.order("mvno/changePlan", document).await
    }

    /// Orders the end of the plan of a line (`mvno/releasePlan`).
    ///
    /// # Errors
    /// As [`Client::change_plan`].
    pub async fn release_plan(&self, number: &str, on: Date) -> Result<Accepted, UpstreamError> {
        self.order("mvno/releasePlan", json!({ "account": number, "runTime": compact(on) })).await
    }

    /// Orders the end of a line (`master/cnclAcnt`).
    ///
    /// # Errors
    /// As [`Client::change_plan`].
    pub async fn cancel_line(&self, number: &str, on: Date) -> Result<Accepted, UpstreamError> {
        self.order("master/cnclAcnt", json!({ "kind": "MVNO", "account": number, "runDate": compact(on) })).await
    }

    /// Orders voice options (`mvno/talkoption/changeOrder`).
    ///
    /// # Errors
    /// As [`Client::change_plan`]; `Refused` when none is named, or the line has no voice (400-356).
    pub async fn change_voice_options(&self, number: &str, to: VoiceOptions) -> Result<Accepted, UpstreamError> {
        const OPERATION: &str = "mvno/talkoption/changeOrder";
        let flags = [("voiceMail", to.voicemail), ("callWaiting", to.call_waiting), ("worldWing", to.roaming)];
        let options: serde_json::Map<String, Value> = flags
            .into_iter()
            .filter_map(|(name, on)| on.map(|on| (name.to_owned(), json!(if on { "10" } else { "20" }))))
            .collect();
        if options.is_empty() {
            let reason = "no option is named".to_owned();
            return Err(Call::write(Provider::Freebit, OPERATION).error(UpstreamErrorKind::Refused { reason }));
        }
        self.order(OPERATION, json!({ "account": number, "talkOption": options })).await
    }

    /// Orders another radio network (`mvno/contractline/change`). Takes about half an hour.
    ///
    /// # Errors
    /// As [`Client::change_plan`]; `Refused` when the plan does not have it (400-356).
    pub async fn change_network(&self, number: &str, to: Network) -> Result<Accepted, UpstreamError> {
        let line = match to {
            Network::FourG => "4G",
            Network::FiveG => "5G",
        };
        self.order("mvno/contractline/change", json!({ "account": number, "contractLine": line })).await
    }

    async fn order(&self, operation: &'static str, document: Value) -> Result<Accepted, UpstreamError> {
        self.send(Call::write(Provider::Freebit, operation), document).await.map(|_| Accepted)
    }
}

fn day(member: &str, when: When) -> Value {
    match when {
        When::Now => json!({}),
        When::On(on) => json!({ member: compact(on) }),
    }
}

fn extend(document: &mut Value, more: Value) {
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
}
