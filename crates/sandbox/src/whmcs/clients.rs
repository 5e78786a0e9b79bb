//! Clients: details, list, add, update.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::tickets::Ticket;
use super::types::{self, Client, Invoice, Service, display, money};
use super::{Answer, CUSTOMER_NUMBER_FIELD, Failure, effects, page, paymethods, php, settings, users};
use crate::clock::Date;
use crate::world::store::{Store, Txn};

fn by_email(store: &Store, email: &str) -> Option<Client> {
    types::all::<Client>(store).into_iter().find(|client| client.email.eq_ignore_ascii_case(email))
}

pub(crate) fn details(store: &Store, form: &Form) -> Answer {
    let client = match (form.number("clientid"), form.text("email")) {
        (Some(id), _) => types::find::<Client>(store, id),
        (None, Some(email)) => by_email(store, &email),
        (None, None) => return Err(Failure::new("Either clientid Or email Is Required")),
    };
    let client = client.ok_or_else(|| Failure::new("Client Not Found"))?;
    let shown = show(&client);
    // The client's members are repeated at the top: an old form, still there.
    let mut body = shown.clone();
    body.insert("client".to_owned(), Value::Object(shown));
    if form.flag("stats") {
        body.insert("stats".to_owned(), stats(store, &client));
    }
    Ok(body)
}

fn show(client: &Client) -> Map<String, Value> {
    let fields: Vec<Value> =
        client.customfields.iter().map(|(id, value)| json!({ "id": id, "value": value })).collect();
    let name = format!("{} {}", client.firstname, client.lastname);
    let mails = |kind: &str| if client.mails_refused.iter().any(|refused| refused == kind) { "0" } else { "1" };
    let national = client.phonenumber.trim_start_matches('0');
    let shown = json!({
        "client_id": client.id, "owner_user_id": client.owner_user_id, "userid": client.id, "id": client.id, "uuid": client.uuid,
        "firstname": client.firstname, "lastname": client.lastname, "fullname": name, "companyname": client.companyname, "email": client.email,
        "address1": client.address1, "address2": client.address2, "city": client.city, "fullstate": client.state, "state": client.state,
        "postcode": client.postcode, "countrycode": client.country, "country": client.country, "phonenumber": client.phonenumber,
        "tax_id": client.tax_id, "statecode": client.state, "countryname": if client.country == "JP" { "Japan" } else { client.country.as_str() },
        "phonecc": 81, "phonenumberformatted": format!("+81.{national}"), "telephoneNumber": format!("+81.{national}"), "billingcid": 0,
        "email_preferences": {
            "general": mails("general"), "invoice": mails("invoice"), "support": mails("support"), "product": mails("product"),
            "domain": mails("domain"), "affiliate": mails("affiliate"),
        },
        "notes": client.notes, "currency": settings::YEN, "defaultgateway": client.paymentmethod, "groupid": 0, "status": client.status,
        "credit": money(client.credit), "taxexempt": client.taxexempt, "latefeeoveride": client.latefeeoveride,
        "overideduenotices": client.overideduenotices, "separateinvoices": client.separateinvoices,
        "disableautocc": client.disableautocc, "emailoptout": !client.marketing, "marketing_emails_opt_in": client.marketing, "overrideautoclose": false,
        "allowSingleSignOn": u8::from(!client.sso_blocked), "email_verified": true, "language": client.language, "isOptedInToMarketingEmails": client.marketing,
        "lastlogin": "No Login Logged", "currency_code": "JPY", "customfields": fields,
        "users": { "user": [{ "id": client.owner_user_id, "name": name, "email": client.email, "is_owner": true }] },
    });
    let Value::Object(mut shown) = shown else { return Map::new() };
    for (at, value) in client.customfields.values().enumerate() {
        shown.insert(format!("customfields{}", at + 1), json!(value));
    }
    shown
}

fn stats(store: &Store, client: &Client) -> Value {
    let invoices: Vec<Invoice> = types::all::<Invoice>(store).into_iter().filter(|i| i.userid == client.id).collect();
    let today = Date::japan(store.now_ms()).iso();
    let count = |wanted: &dyn Fn(&Invoice) -> bool| {
        let found: Vec<&Invoice> = invoices.iter().filter(|invoice| wanted(invoice)).collect();
        (found.len(), display(found.iter().map(|invoice| invoice.total).sum()))
    };
    let of = |status: &'static str| count(&move |invoice| invoice.status == status);
    let (unpaid, unpaid_sum) = of("Unpaid");
    let (overdue, overdue_sum) = count(&|invoice| invoice.status == "Unpaid" && invoice.duedate < today);
    let services: Vec<Service> = types::all::<Service>(store).into_iter().filter(|s| s.clientid == client.id).collect();
    let active = services.iter().filter(|service| service.status == "Active").count();
    let tickets: Vec<Ticket> = types::all::<Ticket>(store).into_iter().filter(|t| t.userid == client.id).collect();
    let open = tickets.iter().filter(|ticket| ticket.status != "Closed").count();
    let mut stats = json!({
        "numdueinvoices": unpaid, "dueinvoicesbalance": unpaid_sum, "incredit": client.credit > 0, "creditbalance": display(client.credit),
        "grossRevenue": of("Paid").1, "expenses": display(0), "income": of("Paid").1, "numoverdueinvoices": overdue,
        "overdueinvoicesbalance": overdue_sum, "numDraftInvoices": of("Draft").0, "draftInvoicesBalance": of("Draft").1,
        "productsnumactiveother": active, "productsnumother": services.len(), "productsnumactive": active, "productsnumtotal": services.len(),
        "numtickets": tickets.len(), "numactivetickets": open, "isAffiliate": false,
    });
    for (name, status) in [
        ("unpaid", "Unpaid"),
        ("paid", "Paid"),
        ("cancelled", "Cancelled"),
        ("refunded", "Refunded"),
        ("collections", "Collections"),
        ("paymentpending", "Payment Pending"),
    ] {
        let (number, sum) = of(status);
        stats[format!("num{name}invoices")] = json!(number);
        stats[format!("{name}invoicesamount")] = json!(sum);
    }
    // What this operator does not sell.
    for name in [
        "productsnumactivehosting",
        "productsnumhosting",
        "productsnumactivereseller",
        "productsnumreseller",
        "productsnumactiveservers",
        "productsnumservers",
        "numactivedomains",
        "numdomains",
        "numacceptedquotes",
        "numquotes",
        "numaffiliatesignups",
    ] {
        stats[name] = json!(0);
    }
    stats
}

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
    let search = form.text("search").unwrap_or_default().to_lowercase();
    let status = form.text("status");
    let mut clients: Vec<Client> = types::all(store);
    clients.retain(|client| {
        let name = format!("{} {}", client.firstname, client.lastname);
        let texts = [&client.email, &client.firstname, &client.lastname, &name, &client.companyname];
        texts.iter().any(|text| text.to_lowercase().starts_with(&search))
            && status.as_ref().is_none_or(|wanted| *wanted == client.status)
    });
    clients.sort_by_key(|client| (client.lastname.to_lowercase(), client.firstname.to_lowercase()));
    if form.get("sorting").is_some_and(|order| order.eq_ignore_ascii_case("DESC")) {
        clients.reverse();
    }
    let rows = clients.iter().map(|client| {
        json!({
            "id": client.id, "firstname": client.firstname, "lastname": client.lastname, "companyname": client.companyname, "email": client.email,
            "datecreated": client.datecreated, "groupid": 0, "status": client.status,
        })
    });
    Ok(page(form, "clients", "client", rows.collect()))
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !text.contains(' '))
}

pub(crate) fn add(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let text = |name: &str| form.text(name).unwrap_or_default();
    if !form.flag("skipvalidation") {
        let required = [
            ("firstname", "You did not enter your first name"),
            ("lastname", "You did not enter your last name"),
            ("email", "You did not enter your email address"),
            ("address1", "You did not enter your  address line 1"),
            ("city", "You did not enter your city"),
            ("state", "You did not enter your state"),
            ("postcode", "You did not enter your postcode"),
            ("country", "Valid country required"),
            ("phonenumber", "You did not enter your phone number"),
        ];
        if let Some((_, message)) = required.iter().find(|(field, _)| text(field).is_empty()) {
            return Err(Failure::new(message));
        }
        if text("country").len() != 2 {
            return Err(Failure::new("Valid country required"));
        }
    }
    if !is_email(&text("email")) {
        return Err(Failure::new("The email address you entered was not valid"));
    }
    if by_email(txn, &text("email")).is_some() {
        return Err(Failure::new("A user already exists with that email address"));
    }
    let owner = form.number("owner_user_id");
    if owner.is_some_and(|id| types::find::<users::User>(txn, id).is_none()) {
        return Err(Failure::new("Invalid Owner User ID"));
    }
    let mut client = Client {
        id: types::next_id::<Client>(txn),
        uuid: crate::keys::new_uuid(),
        email: text("email"),
        // The owner is a User of its own (since 8.0), made along with the client.
        owner_user_id: owner.unwrap_or_else(|| txn.next(users::SERIES, 0)),
        country: text("country").to_uppercase(),
        language: form.text("language").unwrap_or_else(|| "japanese".to_owned()),
        status: "Active".to_owned(),
        paymentmethod: settings::DEFAULT_GATEWAY.to_owned(),
        datecreated: Date::japan(txn.now_ms()).iso(),
        marketing: form.flag("marketingoptin"),
        ..Client::default()
    };
    apply(&mut client, form)?;
    types::save(txn, &client);
    if owner.is_none() {
        users::create(txn, &client, form.get("password2").unwrap_or_default(), txn.now_ms());
    }
    let vars = json!({
        "client_id": client.id, "user_id": client.owner_user_id, "userid": client.id, "firstname": client.firstname,
        "lastname": client.lastname, "email": client.email,
    });
    effects::hook(txn, "ClientAdd", vars);
    if !form.flag("noemail") {
        effects::mail(
            txn,
            client.id,
            "Client Signup Email",
            "Welcome",
            "Thank you for signing up.".to_owned(),
            txn.now_ms(),
        );
    }
    let mut body = Map::new();
    body.insert("clientid".to_owned(), json!(client.id));
    body.insert("owner_id".to_owned(), json!(client.owner_user_id));
    Ok(body)
}

/// Takes the given fields over.
fn apply(client: &mut Client, form: &Form) -> Result<(), Failure> {
    let fields: [(&str, &mut String); 13] = [
        ("firstname", &mut client.firstname),
        ("lastname", &mut client.lastname),
        ("companyname", &mut client.companyname),
        ("address1", &mut client.address1),
        ("address2", &mut client.address2),
        ("city", &mut client.city),
        ("state", &mut client.state),
        ("postcode", &mut client.postcode),
        ("country", &mut client.country),
        ("phonenumber", &mut client.phonenumber),
        ("tax_id", &mut client.tax_id),
        ("notes", &mut client.notes),
        ("language", &mut client.language),
    ];
    for (name, target) in fields {
        if let Some(value) = form.text(name) {
            *target = value;
        }
    }
    if let Some(encoded) = form.get("customfields").filter(|text| !text.is_empty()) {
        // A value that does not decode is passed over without a word, as the real system does.
        for (key, value) in php::decode_map(encoded).unwrap_or_default() {
            if key == CUSTOMER_NUMBER_FIELD.to_string() {
                client.customfields.insert(CUSTOMER_NUMBER_FIELD, value);
            }
        }
    }
    Ok(())
}

pub(crate) fn update(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let client = match (form.number("clientid"), form.text("clientemail")) {
        (Some(id), _) => types::find::<Client>(txn, id),
        (None, Some(email)) => by_email(txn, &email),
        (None, None) => None,
    };
    let mut client = client.ok_or_else(|| Failure::new("Client ID Not Found"))?;
    let old = client.clone();
    if let Some(email) = form.text("email") {
        if !is_email(&email) {
            return Err(Failure::new("The email address entered is not valid"));
        }
        if by_email(txn, &email).is_some_and(|other| other.id != client.id) {
            return Err(Failure::new("Duplicate Email Address"));
        }
        client.email = email;
    }
    apply(&mut client, form)?;
    if let Some(status) =
        form.text("status").filter(|status| ["Active", "Inactive", "Closed"].contains(&status.as_str()))
    {
        client.status = status;
    }
    if form.get("marketingoptin").is_some() {
        client.marketing = form.flag("marketingoptin");
    }
    if let Some(method) = form.text("paymentmethod").filter(|method| settings::gateway(txn, method).is_some()) {
        client.paymentmethod = method;
    }
    for (name, target) in [
        ("taxexempt", &mut client.taxexempt),
        ("latefeeoveride", &mut client.latefeeoveride),
        ("overideduenotices", &mut client.overideduenotices),
        ("separateinvoices", &mut client.separateinvoices),
        ("disableautocc", &mut client.disableautocc),
    ] {
        if form.get(name).is_some() {
            *target = form.flag(name);
        }
    }
    for kind in ["general", "invoice", "support", "product", "domain", "affiliate"] {
        let name = format!("email_preferences[{kind}]");
        if form.get(&name).is_some() {
            client.mails_refused.retain(|refused| refused != kind);
            if !form.flag(&name) {
                client.mails_refused.push(kind.to_owned());
            }
        }
    }
    if form.flag("clearcreditcard") {
        paymethods::clear_card(txn, client.id)?;
    }
    types::save(txn, &client);
    let vars = json!({
        "userid": client.id, "uuid": client.uuid, "firstname": client.firstname, "lastname": client.lastname, "email": client.email,
        "status": client.status, "olddata": { "email": old.email, "firstname": old.firstname, "lastname": old.lastname, "status": old.status },
    });
    effects::hook(txn, "ClientEdit", vars);
    if client.status == "Closed" && old.status != "Closed" {
        effects::hook(txn, "ClientClose", json!({ "userid": client.id }));
    }
    let mut body = Map::new();
    // A text here, a number in AddClient: so it is on live installations.
    body.insert("clientid".to_owned(), json!(client.id.to_string()));
    Ok(body)
}
