//! The order as it is being filled in. Kept for the tab, so that it survives a reload and sign-in; terms are not part of
//! it, because they are accepted anew each time.

use super::keep_number::KeepNumber;
use domain::catalog::{Catalog, Choice, SimKind};
use domain::common::validation::field_errors;
use domain::orders::pricing::quote;
use domain::orders::{NewOrder, NewOrderItem, Quote, SimChoice};
use domain::{FieldError, OrderId, Sku};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// What the customer has chosen so far, with the key that makes sending it twice harmless.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    pub plan: Option<Sku>,
    /// Chosen options; included fees are not listed.
    pub options: Vec<Sku>,
    pub sim: Option<SimKind>,
    /// As typed.
    pub eid: String,
    /// A number from another operator, for an eSIM.
    #[serde(default)]
    pub keep: KeepNumber,
    /// Idempotency key, made with the draft.
    key: String,
    /// The exact request that was sent under the key.
    sent: Option<String>,
    /// The order that came of it.
    pub placed: Option<OrderId>,
}

impl Draft {
    pub fn new(plan: Option<Sku>, key: String) -> Self {
        Self { plan, key, ..Self::default() }
    }

    /// A draft that was stored, unless it is of a form that this release does not know.
    pub fn from_stored(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(|draft| !draft.key.is_empty())
    }

    /// Chooses a plan. What does not go with it is dropped; the rest is kept.
    pub fn choose_plan(&mut self, catalog: &Catalog, sku: Sku) {
        let plan = catalog.plan(&sku);
        self.options.retain(|o| plan.is_some_and(|p| p.option(o).is_some_and(|o| o.choice != Choice::Included)));
        self.sim = self.sim.filter(|kind| plan.is_some_and(|p| p.sim_kinds.contains(kind)));
        self.keep.wanted &= plan.is_some_and(|p| p.voice);
        self.plan = Some(sku);
    }

    /// Adds or removes an option that may be chosen freely.
    pub fn set_option(&mut self, sku: &Sku, on: bool) {
        self.options.retain(|o| o != sku);
        if on {
            self.options.push(sku.clone());
        }
    }

    /// Chooses one option of a kind of which exactly one is needed.
    pub fn choose_one(&mut self, catalog: &Catalog, sku: &Sku) {
        let Some(plan) = self.plan.as_ref().and_then(|p| catalog.plan(p)) else { return };
        let Some(kind) = plan.option(sku).map(|o| o.kind) else { return };
        self.options.retain(|o| plan.option(o).is_some_and(|o| o.kind != kind || o.choice != Choice::OneOfKind));
        self.options.push(sku.clone());
    }

    pub fn has_option(&self, sku: &Sku) -> bool {
        self.options.contains(sku)
    }

    /// The request. `expected_total` guards against a price that changes meanwhile.
    pub fn order(&self, expected_total: i64, terms_accepted: bool) -> NewOrder {
        let sim = self.sim.map(|kind| SimChoice {
            kind,
            eid: (kind == SimKind::Esim).then(|| self.eid.trim().to_owned()),
            port_in: if kind == SimKind::Esim { self.keep.port_in() } else { None },
        });
        let item = self.plan.clone().map(|plan| NewOrderItem { plan, options: self.options.clone(), sim });
        NewOrder { items: item.into_iter().collect(), expected_total, terms_accepted }
    }

    /// All faults of the choices by the rules of form and catalogue; the terms are not among them.
    pub fn faults(&self, catalog: &Catalog) -> Vec<FieldError> {
        let order = self.order(0, true);
        let mut faults = order.validate().err().map(|e| field_errors(&e)).unwrap_or_default();
        faults.extend(quote(catalog, &order).err().unwrap_or_default());
        faults.extend(self.keep.day_faults(&order, catalog));
        faults
    }

    /// The price of what is chosen so far: by the very function that the server charges by. What is still to be chosen
    /// simply does not count yet.
    pub fn price_so_far(&self, catalog: &Catalog) -> Option<Quote> {
        let mut plan = catalog.plan(self.plan.as_ref()?)?.clone();
        plan.sim_kinds.clear();
        for option in &mut plan.options {
            if option.choice == Choice::OneOfKind {
                option.choice = Choice::Optional;
            }
        }
        let open = Catalog { plans: vec![plan], ..catalog.clone() };
        let order =
            NewOrder { items: self.order(0, true).items.into_iter().map(without_sim).collect(), ..NewOrder::default() };
        quote(&open, &order).ok()
    }

    /// The key for this request: the same as long as the content is the same. A changed content is another order and
    /// gets a fresh key.
    pub fn key_for(&mut self, content: &str, fresh: impl FnOnce() -> String) -> String {
        if self.sent.as_deref().is_some_and(|sent| sent != content) {
            self.key = fresh();
        }
        self.sent = Some(content.to_owned());
        self.key.clone()
    }

    /// The key was refused: the next try is a new request.
    pub fn renew_key(&mut self, fresh: String) {
        self.key = fresh;
        self.sent = None;
    }

    /// Sent once, and no answer was seen: the page was closed or the network failed.
    pub const fn is_sent(&self) -> bool {
        self.sent.is_some() && self.placed.is_none()
    }
}

fn without_sim(item: NewOrderItem) -> NewOrderItem {
    NewOrderItem { sim: None, ..item }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::orders::words::tests::catalog;
    use domain::Money;

    fn keys() -> impl FnMut() -> String {
        let mut n = 0;
        move || {
            n += 1;
            format!("fresh-{n}")
        }
    }

    #[test]
    fn the_same_content_keeps_its_key_over_retries_and_reloads() {
        let mut draft = Draft::new(Some("SIM-20".into()), "first".to_owned());
        let mut fresh = keys();
        assert_eq!(draft.key_for("a", &mut fresh), "first");
        let stored = serde_json::to_string(&draft).unwrap();
        let mut again = Draft::from_stored(&stored).unwrap();
        assert!(again.is_sent());
        assert_eq!(again.key_for("a", &mut fresh), "first");
        assert_eq!(again.key_for("b", &mut fresh), "fresh-1", "another content is another order");
        assert_eq!(again.key_for("b", &mut fresh), "fresh-1");
    }

    #[test]
    fn a_draft_of_another_release_is_not_guessed_at() {
        assert_eq!(Draft::from_stored("{\"plan\":7}"), None);
        assert_eq!(Draft::from_stored("not json"), None);
        let no_key = serde_json::to_string(&Draft::default()).unwrap();
        assert_eq!(Draft::from_stored(&no_key), None);
    }

    #[test]
    fn another_plan_keeps_what_still_fits() {
        let catalog = catalog();
        let mut draft = Draft::new(Some("SIM-20".into()), "k".to_owned());
        draft.sim = Some(SimKind::Esim);
        draft.eid = "123".to_owned();
        draft.set_option(&"VOICEMAIL".into(), true);
        draft.choose_plan(&catalog, "NET-1G".into());
        assert!(draft.options.is_empty() && draft.sim.is_none());
        assert_eq!(draft.eid, "123", "typed text is never thrown away");
    }

    #[test]
    fn a_number_is_kept_with_an_esim_only_and_its_faults_have_their_fields() {
        let catalog = catalog();
        let mut draft = Draft::new(Some("SIM-20".into()), "k".to_owned());
        draft.sim = Some(SimKind::Esim);
        draft.keep.wanted = true;
        let codes = |draft: &Draft| -> Vec<String> {
            let faults = draft.faults(&catalog).into_iter().filter(|f| f.pointer.contains("port_in"));
            faults.map(|f| [f.pointer.trim_start_matches("#/items/0/sim/port_in/"), " ", &f.code].concat()).collect()
        };
        assert_eq!(
            codes(&draft),
            [
                "holder_name_kana kana",
                "phone_number mobile_number",
                "reservation_number reservation_number",
                "expires_on reservation_day"
            ]
        );
        draft.keep.phone_number = " 090-1234-5678".to_owned();
        draft.keep.reservation_number = "1234567890".to_owned();
        draft.keep.holder_name_kana = "タナカ ユイ".to_owned();
        draft.keep.expires_on = "1970-01-02".to_owned();
        assert_eq!(codes(&draft), ["expires_on reservation_too_short"], "the catalogue is of the first");
        draft.keep.expires_on = "1970-01-03".to_owned();
        assert_eq!(codes(&draft), Vec::<String>::new());
        assert!(!format!("{draft:?}").contains("1234-5678"));
        draft.sim = Some(SimKind::Physical);
        assert_eq!(draft.order(0, true).items[0].sim.as_ref().unwrap().port_in, None, "a card cannot keep one");
        let mut stored = serde_json::to_value(&draft).unwrap();
        stored.as_object_mut().unwrap().remove("keep");
        assert!(Draft::from_stored(&stored.to_string()).is_some(), "a draft of the last release is still one");
        draft.choose_plan(&catalog, "NET-1G".into());
        assert_eq!(draft.keep.phone_number, " 090-1234-5678", "typed text is never thrown away");
    }

    #[test]
    fn one_installation_replaces_the_other() {
        let catalog = catalog();
        let mut draft = Draft::new(Some("NET-1G".into()), "k".to_owned());
        draft.choose_one(&catalog, &"INST-WEEKDAY".into());
        draft.choose_one(&catalog, &"INST-WEEKEND".into());
        assert_eq!(draft.options, [Sku::from("INST-WEEKEND")]);
        assert!(draft.faults(&catalog).is_empty());
    }

    #[test]
    fn an_unfinished_order_already_has_a_price() {
        let catalog = catalog();
        let draft = Draft::new(Some("NET-1G".into()), "k".to_owned());
        assert!(!draft.faults(&catalog).is_empty());
        let price = draft.price_so_far(&catalog).unwrap();
        assert_eq!(price.monthly.gross, Money::yen(5500));
        assert_eq!(price.one_time.gross, Money::yen(3300));
    }
}
