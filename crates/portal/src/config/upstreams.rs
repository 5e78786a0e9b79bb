//! Where Salesforce, WHMCS and Freebit are.

use super::Role;
use integrations::{freebit, salesforce, whmcs};
use platform::config::Reader;
use secrecy::ExposeSecret;
use url::Url;

/// Where the three systems are and how to sign in to them.
#[derive(Clone)]
pub struct Upstreams {
    pub salesforce: salesforce::Config,
    pub whmcs: whmcs::Config,
    pub freebit: freebit::Config,
}

pub(super) fn read(r: &mut Reader, role: Role) -> Option<Upstreams> {
    let declared = ["SALESFORCE__LOGIN_URL", "WHMCS__BASE_URL", "FREEBIT__BASE_URL"];
    let given = declared.iter().any(|name| r.has(name));
    let needed = matches!(role, Role::Bff | Role::Worker) || (role == Role::Run && given);
    let url = |r: &mut Reader, name, doc| match needed {
        true => r.required::<Url>(name, "URL", doc),
        false => r.optional::<Url>(name, "URL", doc),
    };
    let text = |r: &mut Reader, name, doc| match needed {
        true => r.required::<String>(name, "text", doc),
        false => r.optional::<String>(name, "text", doc),
    };
    let timeout = |r: &mut Reader, name| r.or::<u64>(name, "milliseconds", "10000", "longest time of one call");
    let places = |r: &mut Reader, name, default| {
        r.or::<usize>(name, "number", default, "calls at a time of one process; further ones wait two seconds at most")
    };
    let list = |text: String| text.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect();

    let login_url = url(r, "SALESFORCE__LOGIN_URL", "Salesforce sign-in, such as `https://login.salesforce.com`");
    let audience = r.optional::<String>(
        "SALESFORCE__AUDIENCE",
        "text",
        "`aud` of the sign-in assertion; empty: the sign-in address",
    );
    let client_id = text(r, "SALESFORCE__CLIENT_ID", "consumer key of the connected app");
    let username = text(r, "SALESFORCE__USERNAME", "user that the portal acts as");
    let private_key =
        r.secret("SALESFORCE__PRIVATE_KEY", needed, "RSA key (PEM) whose certificate the connected app holds");
    let api_version = r.or("SALESFORCE__API_VERSION", "text", "v62.0", "REST API version");
    let price_book = r.or("SALESFORCE__PRICE_BOOK", "text", "Portal", "name of the price book of the portal");
    let pubsub_url = url(r, "SALESFORCE__PUBSUB_URL", "Pub/Sub API, such as `https://api.pubsub.salesforce.com:7443`");
    let pubsub_ca =
        r.secret("SALESFORCE__PUBSUB_CA", false, "certificate authority (PEM) of the Pub/Sub API, if not a public one");
    let approved = r.or("SALESFORCE__APPROVED_STATUS", "text", "Approved", "order status that starts provisioning");
    let fulfilled =
        r.or("SALESFORCE__FULFILLED_STATUS", "text", "Activated", "order status at the end of provisioning");
    let rejected = r.or::<String>(
        "SALESFORCE__REJECTED_STATUSES",
        "list",
        "Rejected,Cancelled",
        "order statuses that turn an order down",
    );
    let closed_case =
        r.or("SALESFORCE__CLOSED_CASE_STATUS", "text", "Closed", "case status that a customer's closing sets");
    let reopened_case =
        r.or("SALESFORCE__REOPENED_CASE_STATUS", "text", "Working", "case status that a customer's reopening sets");
    let salesforce_timeout = timeout(r, "SALESFORCE__TIMEOUT_MS");
    let salesforce_places = places(r, "SALESFORCE__CONCURRENCY", "20");
    let silence = r.or(
        "SALESFORCE__EVENT_SILENCE_SECONDS",
        "seconds",
        "300",
        "silence of the event stream after which it is opened anew",
    );
    let whmcs_url = url(r, "WHMCS__BASE_URL", "WHMCS installation; the API is below it at `/includes/api.php`");
    let identifier = r.secret("WHMCS__IDENTIFIER", needed, "API credential: identifier");
    let secret = r.secret("WHMCS__SECRET", needed, "API credential: secret");
    let payment_method =
        r.or("WHMCS__PAYMENT_METHOD", "text", "banktransfer", "system name of the payment method of new orders");
    let number_field = r.or(
        "WHMCS__CUSTOMER_NUMBER_FIELD",
        "number",
        "1",
        "id of the client custom field that holds the customer number",
    );
    let line_field = r.or(
        "WHMCS__LINE_NUMBER_FIELD",
        "text",
        "MSISDN",
        "name of the product custom field that holds the phone number",
    );
    let whmcs_timeout = timeout(r, "WHMCS__TIMEOUT_MS");
    let whmcs_places = places(r, "WHMCS__CONCURRENCY", "8");
    let freebit_url = url(r, "FREEBIT__BASE_URL", "Freebit address up to `/emptool/api`");
    let oem_id = text(r, "FREEBIT__OEM_ID", "partner id");
    let oem_key = r.secret("FREEBIT__OEM_KEY", needed, "partner key");
    let freebit_timeout = timeout(r, "FREEBIT__TIMEOUT_MS");
    let freebit_places = places(r, "FREEBIT__CONCURRENCY", "4");
    let freebit_units =
        r.or("FREEBIT__KILOBYTES_PER_MEGABYTE", "number", "1000", "how the carrier counts data: 1000 or 1024");
    Some(Upstreams {
        salesforce: salesforce::Config {
            login_url: login_url?,
            client_id: client_id?,
            username: username?,
            private_key: private_key?,
            api_version: api_version?,
            price_book: price_book?,
            pubsub_url: pubsub_url?,
            pubsub_ca: pubsub_ca.map(|pem| pem.expose_secret().to_owned()),
            approved_status: approved?,
            fulfilled_status: fulfilled?,
            rejected_statuses: list(rejected?),
            closed_case_status: closed_case?,
            reopened_case_status: reopened_case?,
            timeout_ms: salesforce_timeout?,
            concurrency: salesforce_places?,
            audience,
            currency: domain::Currency::Jpy,
            event_silence_seconds: silence?,
        },
        whmcs: whmcs::Config {
            base_url: whmcs_url?,
            identifier: identifier?,
            secret: secret?,
            payment_method: payment_method?,
            customer_number_field: number_field?,
            line_number_field: line_field?,
            currency: domain::Currency::Jpy,
            timeout_ms: whmcs_timeout?,
            concurrency: whmcs_places?,
        },
        freebit: freebit::Config {
            base_url: freebit_url?,
            oem_id: oem_id?,
            oem_key: oem_key?,
            timeout_ms: freebit_timeout?,
            concurrency: freebit_places?,
            units: freebit_units?,
        },
    })
}
