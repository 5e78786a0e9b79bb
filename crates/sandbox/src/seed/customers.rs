//! Five customers with their history. Names, addresses and numbers are made up: mail at example.com, numbers of the
//! range 070-00xx-xxxx, which is not allotted.

use std::collections::BTreeMap;

use serde_json::json;

use super::catalog::{self, Planted};
use super::people::{Holding, PEOPLE, Person};
use super::{billing, cases};
use crate::clock::{DAY_MS, Date, japan_datetime};
use crate::freebit::types::{Line, Quota};
use crate::freebit::{self, types as sim};
use crate::salesforce::records::{self, Record, Writer};
use crate::salesforce::schema;
use crate::whmcs::types::{self, Client, Order, Service};
use crate::whmcs::{CUSTOMER_NUMBER_FIELD, users};
use crate::world::store::{Txn, numeric_key};

/// The password of every made-up user in WHMCS; nothing but `ValidateLogin` asks for it.
const DEMO_PASSWORD: &str = "asagao-demo-1";

pub(super) fn plant(txn: &mut Txn<'_>, planted: &Planted, now: i64) -> anyhow::Result<()> {
    for person in PEOPLE {
        let client = client(txn, person, now);
        let (account, contact) = account(txn, person, client.id, now)?;
        let services = services(txn, person, &client, now);
        billing::invoices(txn, person, &client, &services, now);
        billing::extras(txn, &client, now);
        order(txn, person, &account, &services, planted, now)?;
        // The customer of demonstrations has written in.
        if person.number == PEOPLE[0].number {
            cases::plant(txn, &account, &contact, person.email, now)?;
        }
    }
    Ok(())
}

/// When the history of a person begins.
pub(super) fn since(person: &Person, now: i64) -> Date {
    let months = person.holdings.iter().map(|holding| holding.months).max().unwrap_or(0);
    Date::japan(now).first_of_month(-months)
}

fn client(txn: &mut Txn<'_>, person: &Person, now: i64) -> Client {
    let (postcode, state, city, street) = person.address;
    let id = types::next_id::<Client>(txn);
    let client = Client {
        id,
        uuid: uuid::Uuid::from_u128(0x5a4d_0000_0000_4000_8000_0000_0000_0000 + u128::from(id)).to_string(),
        owner_user_id: txn.next("whmcs.users", 0),
        firstname: person.first.to_owned(),
        lastname: person.last.to_owned(),
        companyname: person.company.to_owned(),
        email: person.email.to_owned(),
        address1: street.to_owned(),
        city: city.to_owned(),
        state: state.to_owned(),
        postcode: postcode.to_owned(),
        country: "JP".to_owned(),
        phonenumber: person.phone.to_owned(),
        language: "japanese".to_owned(),
        status: "Active".to_owned(),
        credit: billing::credit(person),
        paymentmethod: if person.bank { "banktransfer" } else { "stripe" }.to_owned(),
        datecreated: since(person, now).iso(),
        marketing: true,
        customfields: BTreeMap::from([(CUSTOMER_NUMBER_FIELD, person.number.to_owned())]),
        ..Client::default()
    };
    types::save(txn, &client);
    users::create(txn, &client, DEMO_PASSWORD, since(person, now).japan_start_ms());
    billing::means(txn, person, &client, now);
    client
}

fn writer(at_ms: i64) -> Writer {
    Writer { user_id: super::AGENT_USER_ID.to_owned(), now_ms: at_ms }
}

fn create(txn: &mut Txn<'_>, object: &str, body: serde_json::Value, at_ms: i64) -> anyhow::Result<String> {
    let object = schema::find(object).ok_or_else(|| anyhow::anyhow!("no object {object}"))?;
    let body: Record = serde_json::from_value(body)?;
    records::create(txn, object, &body, &writer(at_ms)).map_err(|error| anyhow::anyhow!("seed: {error:?}"))
}

fn account(txn: &mut Txn<'_>, person: &Person, client_id: u64, now: i64) -> anyhow::Result<(String, String)> {
    let (postcode, state, city, street) = person.address;
    let at = since(person, now).japan_start_ms() + 10 * 3_600_000;
    let account = create(
        txn,
        "Account",
        json!({
            "Name": person.account, "Phone": person.phone, "Type": "Customer", "Customer_Number__c": person.number, "WHMCS_Client_ID__c": client_id,
            "Portal_Status__c": "Active", "ID_Verification_Status__c": "Verified", "BillingStreet": street, "BillingCity": city, "BillingState": state,
            "BillingPostalCode": postcode, "BillingCountry": "Japan", "Internet_Eligibility__c": if person.number == "C-100004" { "" } else { "Home 10G" },
        }),
        at,
    )?;
    let contact = json!({
        "FirstName": person.first, "LastName": person.last, "AccountId": account, "Email": person.email, "MobilePhone": person.phone,
        "MailingStreet": street, "MailingCity": city, "MailingState": state, "MailingPostalCode": postcode, "MailingCountry": "Japan",
    });
    let contact = create(txn, "Contact", contact, at)?;
    Ok((account, contact))
}

fn services(txn: &mut Txn<'_>, person: &Person, client: &Client, now: i64) -> Vec<Service> {
    let order_id = types::next_id::<Order>(txn);
    let ordernum = 2_000_000_000 + order_id * 7_919;
    let today = Date::japan(now);
    let mut made = Vec::new();
    for holding in person.holdings {
        let Some(item) = catalog::by_pid(holding.pid) else { continue };
        let began = if holding.months == 0 { today } else { today.first_of_month(-holding.months) };
        let mut service = Service {
            id: types::next_id::<Service>(txn),
            clientid: client.id,
            orderid: order_id,
            ordernumber: ordernum,
            pid: item.pid,
            name: item.name.to_owned(),
            groupname: item.group().to_owned(),
            regdate: began.iso(),
            firstpaymentamount: item.price,
            recurringamount: if item.is_monthly() { item.price } else { 0 },
            paymentmethod: client.paymentmethod.clone(),
            billingcycle: if item.is_monthly() { "Monthly" } else { "One Time" }.to_owned(),
            nextduedate: today.first_of_month(1).iso(),
            status: holding.status.to_owned(),
            suspensionreason: if holding.status == "Suspended" { "Overdue on Payment" } else { "" }.to_owned(),
            ..Service::default()
        };
        if let Some((number, esim)) = holding.line {
            let (msisdn, kind) = item.sim_fields();
            service.domain = number.to_owned();
            service.username = number.to_owned();
            service.customfields = BTreeMap::from([
                (msisdn, number.to_owned()),
                (kind, if esim { "eSIM" } else { "Physical" }.to_owned()),
            ]);
            line(txn, holding, item.plan_code().unwrap_or_default(), number, esim, now);
        }
        types::save(txn, &service);
        made.push(service);
    }
    let order = Order {
        id: order_id,
        ordernum,
        userid: client.id,
        date: japan_datetime(since(person, now).japan_start_ms() + 11 * 3_600_000),
        amount: made.iter().map(|service| service.firstpaymentamount).sum(),
        paymentmethod: client.paymentmethod.clone(),
        invoiceid: 0,
        status: "Active".to_owned(),
        notes: String::new(),
        promocode: String::new(),
        ipaddress: "192.0.2.10".to_owned(),
        serviceids: made.iter().map(|service| service.id).collect(),
    };
    types::save(txn, &order);
    made
}

fn line(txn: &mut Txn<'_>, holding: &Holding, plan_code: &str, number: &str, esim: bool, now: i64) {
    let today = Date::japan(now);
    let plan = sim::plan(plan_code);
    let serial = txn.next("freebit.imsi", 0);
    let suspended = holding.status == "Suspended";
    let line = Line {
        account: number.to_owned(),
        state: if suspended { "suspended" } else { "active" }.to_owned(),
        start_date: today.first_of_month(-holding.months).compact(),
        plan_code: plan_code.to_owned(),
        // Not the range that the portal hands out to new customers.
        iccid: format!("8981099{serial:012}"),
        imsi: format!("44099{serial:010}"),
        eid: if esim { format!("8904999{serial:025}") } else { String::new() },
        contract_line: if plan.is_some_and(|plan| plan.fast) { "5G" } else { "4G" }.to_owned(),
        size: if esim { "esim" } else { "nano" }.to_owned(),
        sms: plan.is_some_and(|plan| plan.voice),
        talk: plan.is_some_and(|plan| plan.voice),
        ipv4: format!("192.0.2.{}", serial % 250 + 1),
        voicemail: number == "07000300004",
        suspended_since: suspended.then(|| today.days() - 9),
        ..Line::default()
    };
    sim::save(txn, &line);
    for month in 0..3 {
        let at = today.first_of_month(-month).japan_start_ms() + DAY_MS / 2;
        if at < now && (sim::mix(number, month).is_multiple_of(2) || month == 1) {
            let id = txn.next(freebit::QUOTA, 0);
            let quota = Quota {
                id,
                account: number.to_owned(),
                added_ms: at,
                expire: today.first_of_month(2 - month).plus_days(-1).compact(),
                quota_kb: 1_000_000,
                quota_code: format!("TOPUP{id:05}"),
            };
            txn.put(freebit::QUOTA, &numeric_key(id), &quota);
        }
    }
}

/// The Salesforce order behind the services, long activated.
fn order(
    txn: &mut Txn<'_>,
    person: &Person,
    account: &str,
    services: &[Service],
    planted: &Planted,
    now: i64,
) -> anyhow::Result<()> {
    let began = since(person, now);
    let at = began.japan_start_ms() + 11 * 3_600_000;
    let body = json!({
        "AccountId": account, "EffectiveDate": began.iso(), "Status": "Draft", "Pricebook2Id": planted.portal_book, "Order_Type__c": "Mixed",
        "WHMCS_Order_ID__c": services.first().map(|service| service.orderid.to_string()),
    });
    let order = create(txn, "Order", body, at)?;
    for service in services {
        let Some(entry) = planted.entries.get(&service.pid) else { continue };
        let item = json!({
            "OrderId": order, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": service.firstpaymentamount, "WHMCS_Service_ID__c": service.id,
            "Billing_Cycle__c": "Monthly",
        });
        create(txn, "OrderItem", item, at)?;
    }
    let object = schema::find("Order").ok_or_else(|| anyhow::anyhow!("no object Order"))?;
    let done = json!({ "Status": "Activated", "Activation_Status__c": "Activated" });
    let done: Record = serde_json::from_value(done)?;
    records::update(txn, object, &order, &done, &writer(at + 1_800_000))
        .map_err(|error| anyhow::anyhow!("seed: {error:?}"))
}
