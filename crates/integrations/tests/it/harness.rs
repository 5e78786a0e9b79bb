use domain::CustomerId;
use domain::catalog::Product;
use domain::common::pii::Pii;
use domain::customer::{Address, Customer};
use integrations::{freebit, salesforce, whmcs};
use sandbox::{Fault, FaultKind, Sandbox, System};

/// The three systems with a client each.
pub struct Upstreams {
    pub sandbox: Sandbox,
    pub salesforce: salesforce::Client,
    pub whmcs: whmcs::Client,
    pub freebit: freebit::Client,
}

impl Upstreams {
    pub async fn start() -> Self {
        Self::start_with(sandbox::Config::default()).await
    }

    pub async fn start_with(config: sandbox::Config) -> Self {
        let sandbox = sandbox::start(config).await.unwrap();
        let (at, keys) = (sandbox.endpoints(), sandbox.credentials());
        let salesforce = salesforce::Client::new(salesforce_config(&sandbox)).unwrap();
        let whmcs = whmcs::Client::new(whmcs::Config {
            timeout_ms: 5_000,
            ..whmcs::Config::new(
                at.whmcs.parse().unwrap(),
                keys.whmcs_identifier.clone().into(),
                keys.whmcs_secret.clone().into(),
            )
        })
        .unwrap();
        let freebit = freebit::Client::new(freebit::Config {
            timeout_ms: 5_000,
            ..freebit::Config::new(
                at.freebit.parse().unwrap(),
                keys.freebit_oem_id.clone(),
                keys.freebit_oem_key.clone().into(),
            )
        })
        .unwrap();
        Self { sandbox, salesforce, whmcs, freebit }
    }

    /// Access for a client of its own.
    pub fn salesforce_config(&self) -> salesforce::Config {
        salesforce_config(&self.sandbox)
    }

    /// The next such call goes wrong.
    pub fn fault(&self, system: System, operation: &str, kind: FaultKind) {
        let operation = Some(operation.to_owned());
        self.sandbox.world().add_fault(Fault { system, operation, kind, times: Some(1) });
    }

    pub fn count_calls(&self, system: System, operation: &str) -> usize {
        let calls = self.sandbox.world().calls();
        calls.iter().filter(|c| c.system == system && c.operation.eq_ignore_ascii_case(operation)).count()
    }

    /// A SIM plan with voice, and everything else on sale.
    pub async fn products(&self) -> (Product, Vec<Product>) {
        let products = self.salesforce.sellable_products().await.unwrap();
        let plan = products.iter().find(|p| p.freebit_plan_code.is_some() && p.voice).unwrap().clone();
        (plan, products)
    }
}

fn salesforce_config(sandbox: &Sandbox) -> salesforce::Config {
    let (at, keys) = (sandbox.endpoints(), sandbox.credentials());
    salesforce::Config {
        timeout_ms: 5_000,
        event_silence_seconds: 5,
        pubsub_ca: Some(at.ca_pem.clone()),
        ..salesforce::Config::new(
            at.salesforce.parse().unwrap(),
            keys.salesforce_client_id.clone(),
            keys.salesforce_username.clone(),
            keys.salesforce_private_key_pem.clone().into(),
            at.pubsub.parse().unwrap(),
        )
    }
}

/// A person whom no system knows.
pub fn newcomer(number: &str, email: &str) -> Customer {
    let pii = |s: &str| Pii::new(s.to_owned());
    Customer {
        id: CustomerId("00000000-0000-4000-8000-000000000009".parse().unwrap()),
        number: number.to_owned(),
        family_name: pii("O'Hara & Söhne"),
        given_name: pii("花子"),
        email: pii(email),
        phone: pii("0312345678"),
        address: Address {
            postcode: pii("100-0001"),
            prefecture: pii("東京都"),
            city: pii("千代田区"),
            line1: pii("千代田1-1"),
            line2: pii(""),
        },
        salesforce_account_id: None,
        whmcs_client_id: None,
    }
}
