//! The hooks of WHMCS: every documented one is used or left out for a reason, and the file that operators install, its imitation
//! in the sandbox and the mapper know the same ones.

use crate::sources::{between, quoted, text};
use domain::webhooks::providers::whmcs::{UNUSED, delivery, used};
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// Every hook that WHMCS documents in the groups that concern clients, invoices, orders, services, users and tickets. The
/// documentation writes `AfterModule…Failed` for the module functions together.
const DOCUMENTED: [&str; 59] = [
    "InvoiceCreation",
    "InvoiceCreationPreEmail",
    "InvoiceCreated",
    "InvoicePaidPreEmail",
    "InvoicePaid",
    "InvoiceCancelled",
    "InvoiceRefunded",
    "InvoiceUnpaid",
    "UpdateInvoiceTotal",
    "AddInvoicePayment",
    "AddInvoiceLateFee",
    "InvoicePaymentReminder",
    "InvoiceChangeGateway",
    "InvoiceSplit",
    "AddTransaction",
    "AcceptOrder",
    "CancelOrder",
    "PendingOrder",
    "FraudOrder",
    "DeleteOrder",
    "CancelAndRefundOrder",
    "OrderPaid",
    "AfterShoppingCartCheckout",
    "PreModuleCreate",
    "AfterModuleCreate",
    "AfterModuleSuspend",
    "AfterModuleUnsuspend",
    "AfterModuleTerminate",
    "AfterModuleChangePackage",
    "AfterModuleCustom",
    "AfterModuleCreateFailed",
    "AfterModuleSuspendFailed",
    "AfterModuleUnsuspendFailed",
    "AfterModuleTerminateFailed",
    "AfterModuleChangePackageFailed",
    "AfterModuleCustomFailed",
    "AfterModuleChangePasswordFailed",
    "AfterModuleChangePassword",
    "ServiceEdit",
    "PreServiceEdit",
    "ServiceDelete",
    "ServiceRecurringCompleted",
    "CancellationRequest",
    "AfterProductUpgrade",
    "AfterConfigOptionsUpgrade",
    "ClientAdd",
    "ClientEdit",
    "ClientClose",
    "ClientDelete",
    "PreDeleteClient",
    "UserAdd",
    "UserEdit",
    "UserChangePassword",
    "TicketOpen",
    "TicketOpenAdmin",
    "TicketUserReply",
    "TicketAdminReply",
    "TicketStatusChange",
    "TicketClose",
];

/// Names of hooks with the variables that are sent.
type Sent = BTreeMap<String, Vec<String>>;

fn of_the_hook_file() -> Sent {
    let file = text("../contrib/whmcs/portal_webhooks.php");
    let list = between(&file, "$events = [\n", "\n    ];").to_owned();
    rows(&list, '\'')
}

fn of_the_sandbox() -> Sent {
    let file = text("sandbox/src/whmcs/hooks.rs");
    rows(between(&file, "const SENT: &[(&str, &[&str])] = &[\n", "\n];"), '"')
}

fn rows(list: &str, sign: char) -> Sent {
    let row = |line: &str| {
        let mut words = quoted(line, sign).into_iter();
        (words.next().expect("a name"), words.collect())
    };
    list.lines().map(row).collect()
}

#[test]
fn every_documented_hook_is_used_or_left_out_for_a_reason() {
    let mut known: Vec<&str> = used().chain(UNUSED.iter().map(|(name, _)| *name)).collect();
    let mut documented = DOCUMENTED.to_vec();
    known.sort_unstable();
    documented.sort_unstable();
    assert_eq!(known, documented, "each once, and none that does not exist");
}

#[test]
fn the_hook_file_and_its_imitation_send_what_the_mapper_reads() {
    let sent = of_the_hook_file();
    let mut names: Vec<&str> = used().collect();
    names.sort_unstable();
    assert_eq!(sent.keys().map(String::as_str).collect::<Vec<_>>(), names);
    assert_eq!(of_the_sandbox(), sent);
    for (event, variables) in sent {
        // What the file picks is enough to find the client, from each single variable that is an id of something known.
        let all: Map<_, _> = variables.iter().map(|name| (name.clone(), json!(7))).collect();
        let body = json!({"event": event, "eventId": "0190a1b2-0000-4000-8000-000000000001", "data": all});
        let read = delivery(body.to_string().as_bytes()).unwrap();
        assert!(read.notice.is_some(), "{event} names nobody");
    }
}
