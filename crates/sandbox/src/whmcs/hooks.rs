//! The hook file that an operator installs, imitated: posts the events that the portal wants, signed, once, without waiting.
//! What the real file picks of the variables stands in `contrib/whmcs`; it is written in PHP and tested on its own.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use tokio::sync::mpsc;

use crate::World;
use crate::faults::System;

/// A slow receiver slows billing down, so the sender gives up soon.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hooks with the variables that leave the installation. `params` and model objects never do.
const SENT: &[(&str, &[&str])] = &[
    ("InvoiceCreated", &["invoiceid", "status"]),
    ("InvoicePaid", &["invoiceid"]),
    ("InvoiceCancelled", &["invoiceid"]),
    ("InvoiceRefunded", &["invoiceid"]),
    ("InvoiceUnpaid", &["invoiceid"]),
    ("UpdateInvoiceTotal", &["invoiceid"]),
    ("AddInvoiceLateFee", &["invoiceid"]),
    ("AddInvoicePayment", &["invoiceid"]),
    ("InvoicePaymentReminder", &["invoiceid", "type"]),
    ("InvoiceChangeGateway", &["invoiceid"]),
    ("InvoiceSplit", &["originalinvoiceid", "newinvoiceid"]),
    ("AddTransaction", &["id", "userid", "invocieid"]),
    ("AcceptOrder", &["orderid"]),
    ("CancelOrder", &["orderid"]),
    ("PendingOrder", &["orderid"]),
    ("FraudOrder", &["orderid"]),
    ("DeleteOrder", &["orderid"]),
    ("CancelAndRefundOrder", &["orderid"]),
    ("OrderPaid", &["orderId", "userId", "invoiceId"]),
    ("AfterShoppingCartCheckout", &["OrderID", "InvoiceID"]),
    ("AfterModuleCreate", &["serviceid", "userid"]),
    ("AfterModuleSuspend", &["serviceid", "userid"]),
    ("AfterModuleUnsuspend", &["serviceid", "userid"]),
    ("AfterModuleTerminate", &["serviceid", "userid"]),
    ("AfterModuleChangePackage", &["serviceid", "userid"]),
    ("AfterModuleCustom", &["serviceid", "userid"]),
    ("AfterModuleCreateFailed", &["serviceid", "userid"]),
    ("AfterModuleSuspendFailed", &["serviceid", "userid"]),
    ("AfterModuleUnsuspendFailed", &["serviceid", "userid"]),
    ("AfterModuleTerminateFailed", &["serviceid", "userid"]),
    ("AfterModuleChangePackageFailed", &["serviceid", "userid"]),
    ("AfterModuleCustomFailed", &["serviceid", "userid"]),
    ("AfterProductUpgrade", &["upgradeid", "userid", "serviceid"]),
    ("AfterConfigOptionsUpgrade", &["upgradeid", "userid", "serviceid"]),
    ("ServiceEdit", &["userid", "serviceid"]),
    ("ServiceDelete", &["userid", "serviceid"]),
    ("ServiceRecurringCompleted", &["serviceid"]),
    ("CancellationRequest", &["userid", "relid", "type"]),
    ("ClientEdit", &["userid"]),
    ("ClientClose", &["userid"]),
    ("ClientDelete", &["userid"]),
];

struct Delivery {
    url: String,
    event: String,
    data: Value,
}

/// The queue between what happened and its delivery, so that nobody waits for the receiver and the order stays.
pub(crate) struct Hooks {
    target: Mutex<Option<String>>,
    sender: mpsc::UnboundedSender<Delivery>,
    receiver: Mutex<Option<mpsc::UnboundedReceiver<Delivery>>>,
}

impl Default for Hooks {
    fn default() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { target: Mutex::default(), sender, receiver: Mutex::new(Some(receiver)) }
    }
}

impl Hooks {
    pub(crate) fn set_target(&self, target: Option<String>) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    pub(crate) fn fire(&self, event: String, variables: Value) {
        let Some((_, wanted)) = SENT.iter().find(|(name, _)| *name == event) else { return };
        let Some(url) = self.target.lock().unwrap_or_else(PoisonError::into_inner).clone() else { return };
        // Module hooks hold everything in `params`, passwords too: only the two ids are taken.
        let from = variables.get("params").unwrap_or(&variables);
        let data = wanted.iter().filter_map(|name| from.get(*name).map(|value| ((*name).to_owned(), value.clone())));
        // Without a receiver the sandbox is stopping.
        let _ = self.sender.send(Delivery { url, event, data: Value::Object(data.collect::<Map<_, _>>()) });
    }
}

/// Delivers until the sandbox stops. A delivery that fails is lost, as with the real file.
pub(crate) async fn deliver(world: World) {
    let receiver = world.hooks().receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (Some(mut receiver), Ok(client)) = (receiver, reqwest::Client::builder().no_proxy().timeout(PATIENCE).build())
    else {
        return;
    };
    let mut stopping = world.watch_stop();
    loop {
        let delivery = tokio::select! {
            delivery = receiver.recv() => delivery,
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        let Some(delivery) = delivery else { return };
        let started = Instant::now();
        let outcome = match post(&client, &delivery, &world.keys().webhook_secret(), world.now_ms()).await {
            Ok(status) => status.to_string(),
            Err(_) => "not delivered".to_owned(),
        };
        world.log_call(System::Whmcs, format!("hook {}", delivery.event), started, outcome);
    }
}

async fn post(client: &reqwest::Client, delivery: &Delivery, secret: &str, now: i64) -> Result<u16, reqwest::Error> {
    let occurred = crate::clock::salesforce_datetime(now).replace("+0000", "Z");
    let envelope = json!({
        "event": delivery.event, "eventId": crate::keys::new_uuid(), "occurredAt": occurred, "data": delivery.data,
    });
    let body = envelope.to_string();
    let timestamp = (now / 1_000).to_string();
    let signature = signature(secret, &timestamp, body.as_bytes());
    let reply = client
        .post(&delivery.url)
        .header("Content-Type", "application/json")
        .header("X-Whmcs-Timestamp", timestamp)
        .header("X-Whmcs-Signature", signature)
        .body(body)
        .send()
        .await?;
    Ok(reply.status().as_u16())
}

/// `sha256=` and the hex HMAC of `timestamp.body`.
fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_the_contract() {
        // From `printf '1700000000.{}' | openssl dgst -sha256 -hmac secret`.
        let expected = "sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
        assert_eq!(signature("secret", "1700000000", b"{}"), expected);
    }

    #[test]
    fn passwords_of_module_hooks_stay_inside() {
        let hooks = Hooks::default();
        hooks.set_target(Some("http://x".to_owned()));
        hooks.fire(
            "AfterModuleCreate".to_owned(),
            json!({ "params": { "serviceid": 5, "userid": 1, "password": "p" } }),
        );
        hooks.fire("TicketOpen".to_owned(), json!({ "ticketid": 1 }));
        let mut receiver = hooks.receiver.lock().unwrap().take().unwrap();
        assert_eq!(receiver.try_recv().unwrap().data, json!({ "serviceid": 5, "userid": 1 }));
        assert!(receiver.try_recv().is_err(), "what nobody wants is not sent");
    }
}
