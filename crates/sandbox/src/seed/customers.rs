//! Five customers with their history. Names, addresses and numbers are made up: mail at example.com, numbers of the
//! range 070-00xx-xxxx, which is not allotted.

use std::collections::BTreeMap;

use serde_json::json;

use super::catalog::{self, Planted};
use crate::clock::{DAY_MS, Date, japan_datetime};
use crate::freebit::types::{Line, Quota};
use crate::freebit::{self, types as sim};
use crate::salesforce::records::{self, Record, Writer};
use crate::salesforce::schema;
use crate::whmcs::types::{self, Client, Credit, Invoice, InvoiceItem, Order, PayMethod, Service, Transaction};
use crate::whmcs::{CUSTOMER_NUMBER_FIELD, NEVER, new_invoice, tax, users};
use crate::world::store::{Txn, numeric_key};

/// The password of every made-up user in WHMCS; nothing but `ValidateLogin` asks for it.
const DEMO_PASSWORD: &str = "asagao-demo-1";

struct Person {
    number: &'static str,
    first: &'static str,
    last: &'static str,
    account: &'static str,
    company: &'static str,
    email: &'static str,
    phone: &'static str,
    /// Postal code, prefecture, city, street.
    address: (&'static str, &'static str, &'static str, &'static str),
    bank: bool,
    /// Unpaid invoices at the end of the history.
    unpaid: usize,
    holdings: &'static [Holding],
}

struct Holding {
    pid: u64,
    /// Active, Suspended, Pending, Cancelled.
    status: &'static str,
    /// Full months since it began.
    months: i64,
    /// The line's number, and whether it is an eSIM.
    line: Option<(&'static str, bool)>,
}

const fn holding(pid: u64, status: &'static str, months: i64, line: Option<(&'static str, bool)>) -> Holding {
    Holding { pid, status, months, line }
}

const PEOPLE: &[Person] = &[
    Person {
        number: "C-100001",
        first: "Mika",
        last: "Sato",
        account: "佐藤 美佳",
        company: "",
        email: "mika@example.com",
        phone: "07000200001",
        address: ("100-0000", "Tokyo", "Hoshimi-ku", "1-2-3 Kagamimachi"),
        bank: false,
        unpaid: 0,
        holdings: &[
            holding(102, "Active", 14, Some(("07000300001", false))),
            holding(101, "Active", 8, Some(("07000300002", true))),
            holding(201, "Active", 14, None),
            holding(208, "Active", 14, None),
        ],
    },
    Person {
        number: "C-100002",
        first: "Kenji",
        last: "Tanaka",
        account: "田中 健司",
        company: "",
        email: "kenji@example.com",
        phone: "07000200002",
        address: ("530-0000", "Osaka", "Minamoto-shi", "4-5-6 Kawabata"),
        bank: true,
        unpaid: 2,
        holdings: &[holding(103, "Suspended", 20, Some(("07000300003", false))), holding(203, "Active", 16, None)],
    },
    Person {
        number: "C-100003",
        first: "Yui",
        last: "Kobayashi",
        account: "小林 結衣",
        company: "",
        email: "yui@example.com",
        phone: "07000200003",
        address: ("810-0000", "Fukuoka", "Umibe-ku", "7-8-9 Nagisa"),
        bank: false,
        unpaid: 1,
        holdings: &[
            holding(104, "Active", 13, Some(("07000300004", true))),
            holding(108, "Active", 13, None),
            holding(301, "Active", 12, None),
        ],
    },
    Person {
        number: "C-100004",
        first: "Daichi",
        last: "Mori",
        account: "森 大地",
        company: "",
        email: "daichi@example.com",
        phone: "07000200004",
        address: ("980-0000", "Miyagi", "Morinaka-shi", "2-2-2 Aoyama"),
        bank: false,
        unpaid: 0,
        holdings: &[holding(105, "Active", 18, Some(("07000300005", false))), holding(204, "Cancelled", 15, None)],
    },
    Person {
        number: "C-100005",
        first: "Emi",
        last: "O'Hara-Ito",
        account: "伊藤商店 & Sons",
        company: "Ito & Sons",
        email: "emi@example.com",
        phone: "07000200005",
        address: ("060-0000", "Hokkaido", "Yukimi-shi", "3-3-3 Kitadori"),
        bank: false,
        unpaid: 0,
        holdings: &[
            holding(106, "Active", 13, Some(("07000300006", false))),
            holding(202, "Pending", 0, None),
            holding(207, "Pending", 0, None),
        ],
    },
];

pub(super) fn plant(txn: &mut Txn<'_>, planted: &Planted, now: i64) -> anyhow::Result<()> {
    for person in PEOPLE {
        let client = client(txn, person, now);
        let account = account(txn, person, client.id, now)?;
        let services = services(txn, person, &client, now);
        invoices(txn, person, &client, &services, now);
        order(txn, person, &account, &services, planted, now)?;
    }
    Ok(())
}

/// When the history of a person begins.
fn since(person: &Person, now: i64) -> Date {
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
        credit: if person.number == "C-100003" { 1_100 } else { 0 },
        paymentmethod: if person.bank { "banktransfer" } else { "stripe" }.to_owned(),
        datecreated: since(person, now).iso(),
        marketing: true,
        customfields: BTreeMap::from([(CUSTOMER_NUMBER_FIELD, person.number.to_owned())]),
        ..Client::default()
    };
    types::save(txn, &client);
    users::create(txn, &client, DEMO_PASSWORD, since(person, now).japan_start_ms());
    let method = PayMethod {
        id: types::next_id::<PayMethod>(txn),
        clientid: id,
        kind: if person.bank { "BankAccount" } else { "RemoteCreditCard" }.to_owned(),
        description: String::new(),
        gateway_name: client.paymentmethod.clone(),
        card_last_four: format!("{:04}", 4_240 + id),
        expiry_date: format!("12/{:02}", (Date::japan(now).year + 2) % 100),
        card_type: "Visa".to_owned(),
        bank_name: "Example Bank".to_owned(),
        last_updated: since(person, now).iso().split('-').rev().collect::<Vec<_>>().join("/") + " 10:00",
        ..PayMethod::default()
    };
    types::save(txn, &method);
    if client.credit > 0 {
        let date = Date::japan(now).first_of_month(-1).plus_days(9).iso();
        let credit = Credit {
            id: types::next_id::<Credit>(txn),
            clientid: id,
            date,
            description: "Goodwill after an outage".to_owned(),
            amount: client.credit,
            relid: 0,
        };
        types::save(txn, &credit);
    }
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

fn account(txn: &mut Txn<'_>, person: &Person, client_id: u64, now: i64) -> anyhow::Result<String> {
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
    create(txn, "Contact", contact, at)?;
    Ok(account)
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

/// One invoice on the first of each month, paid five days later but for the last ones of those who owe.
fn invoices(txn: &mut Txn<'_>, person: &Person, client: &Client, services: &[Service], now: i64) {
    let today = Date::japan(now);
    let months = person.holdings.iter().map(|holding| holding.months).max().unwrap_or(0);
    for back in (0..=months).rev() {
        let date = today.first_of_month(-back);
        let items: Vec<InvoiceItem> = services
            .iter()
            .zip(person.holdings)
            .filter(|(service, holding)| {
                // A cancelled service was billed for half a year.
                let ended = holding.status == "Cancelled" && back < holding.months - 6;
                service.recurringamount > 0 && holding.months >= back && holding.months > 0 && !ended
            })
            .map(|(service, _)| InvoiceItem {
                id: txn.next("whmcs.invoiceitems", 0),
                kind: "Hosting".to_owned(),
                relid: service.id,
                description: format!(
                    "{} ({} - {})",
                    service.name,
                    date.iso(),
                    date.first_of_month(1).plus_days(-1).iso()
                ),
                amount: service.recurringamount,
                taxed: true,
                due: date.iso(),
            })
            .collect();
        if items.is_empty() {
            continue;
        }
        let subtotal: i64 = items.iter().map(|item| item.amount).sum();
        let unpaid = usize::try_from(back).is_ok_and(|back| back < person.unpaid);
        let paid_ms = (date.japan_start_ms() + 5 * DAY_MS + DAY_MS / 3).min(now);
        let created = japan_datetime(date.japan_start_ms() + 3_600_000);
        let invoice = Invoice {
            id: types::next_id::<Invoice>(txn),
            userid: client.id,
            date: date.iso(),
            duedate: date.plus_days(14).iso(),
            datepaid: if unpaid { NEVER.to_owned() } else { japan_datetime(paid_ms) },
            subtotal,
            tax: tax(subtotal),
            credit: 0,
            total: subtotal + tax(subtotal),
            status: if unpaid { "Unpaid" } else { "Paid" }.to_owned(),
            paymentmethod: client.paymentmethod.clone(),
            notes: String::new(),
            created_at: created.clone(),
            updated_at: if unpaid { created } else { japan_datetime(paid_ms) },
            items,
            ..new_invoice()
        };
        types::save(txn, &invoice);
        if !unpaid {
            let id = types::next_id::<Transaction>(txn);
            let transaction = Transaction {
                id,
                userid: client.id,
                gateway: client.paymentmethod.clone(),
                date: japan_datetime(paid_ms),
                description: "Invoice Payment".to_owned(),
                amountin: invoice.total,
                fees: 0,
                amountout: 0,
                transid: format!("ch_{:012x}", sim::mix(person.phone, back) & 0xffff_ffff_ffff),
                invoiceid: invoice.id,
                refundid: 0,
            };
            types::save(txn, &transaction);
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
