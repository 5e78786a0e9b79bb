//! A sign-up is only what somebody says until the link in the mail is opened. The answer, and the work behind it, are the
//! same for an address that has an account.

use super::{allowance, change, link_invalid, secret};
use crate::error::{ApiError, ApiResult};
use crate::features::auth::common_passwords;
use crate::features::auth::service::{self, SignedIn, hyphenated, trimmed};
use crate::state::Context;
use domain::auth::Register;
use domain::auth::schema::normalise_email;
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::customer::{Address, Customer, KnownCustomer};
use domain::{CustomerId, ErrorCode, UserId};
use platform::clock::new_id;
use platform::queue::Work;
use platform::store::mail_tokens::{self, NewToken, Purpose, Secret};
use platform::store::mails::{self, Mail, MailFields, MailTemplate};
use platform::store::{StoreError, accounts};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What the token of the mail stands for. A stored format.
#[derive(Serialize, Deserialize)]
struct Pending {
    customer: KnownCustomer,
    /// PHC string.
    password_hash: String,
    language: Language,
}

/// Keeps a sign-up and sends the link; to an address that has an account, word that it has one.
///
/// # Errors
/// 422 `password_common`; 429 after five sign-ups with this address in a quarter of an hour.
pub(super) async fn begin(ctx: &Context, form: Register) -> ApiResult<()> {
    common_passwords::refuse(form.password.reveal(), "/password")?;
    let email = Pii::new(normalise_email(form.email.reveal()));
    allowance::count(ctx, &[(allowance::SIGN_UP, email.reveal().as_bytes())]).await?;
    let password_hash = ctx.passwords.hash(form.password).await?;
    let pending = Pending {
        customer: KnownCustomer {
            family_name: trimmed(&form.family_name),
            given_name: trimmed(&form.given_name),
            email: email.clone(),
            phone: trimmed(&form.phone),
            address: Address {
                postcode: hyphenated(&form.address.postcode),
                prefecture: trimmed(&form.address.prefecture),
                city: trimmed(&form.address.city),
                line1: trimmed(&form.address.line1),
                line2: trimmed(&form.address.line2),
            },
        },
        password_hash,
        language: form.language,
    };
    let data = serde_json::to_value(&pending).map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
    let secret = secret()?;
    let subject = hex::encode(Secret::hash_of(&email));
    let mut change = change(ctx, None).await?;
    let known = accounts::person_with(change.conn(), email.reveal()).await?;
    // A second sign-up with the same address replaces the first one, whoever made it.
    let (purpose, template, data) = match known {
        None => (Purpose::SignUp, MailTemplate::ConfirmSignUp, data),
        Some(_) => (Purpose::Nothing, MailTemplate::AccountExists, json!({})),
    };
    let token = NewToken { hash: &secret.hash, purpose, subject: &subject, person: known, customer: None, data };
    mail_tokens::insert(change.conn(), &token, change.now()).await?;
    let fields = MailFields { token: known.is_none().then_some(secret.text), ..MailFields::default() };
    mails::enqueue(&mut change, Mail { fields, person: known, ..Mail::new(email, template, form.language) }).await?;
    Ok(change.commit(&ctx.bus).await?)
}

/// The link was opened: makes the person, their account and a first session. A job opens the customer in the other
/// systems.
///
/// # Errors
/// 410 `link_invalid`, also when the address has got an account meanwhile.
pub(super) async fn confirm(ctx: &Context, token: &Pii<String>) -> ApiResult<SignedIn> {
    let mut change = change(ctx, None).await?;
    let found = mail_tokens::take(change.conn(), &Secret::hash_of(token), Purpose::SignUp, change.now()).await?;
    let found = found.ok_or_else(link_invalid)?;
    let pending: Pending = serde_json::from_value(found.data).map_err(|_| StoreError::Unreadable("pending sign-up"))?;
    let number = accounts::next_customer_number(change.conn()).await?;
    let account = account(number, pending.customer);
    let signed_in = open(ctx, &mut change, account, &pending.password_hash, pending.language, "registered").await?;
    change.commit(&ctx.bus).await?;
    Ok(signed_in)
}

/// An account of the portal for somebody whose mail address is proven.
pub(super) fn account(number: String, known: KnownCustomer) -> Customer {
    Customer {
        id: CustomerId(new_id()),
        number,
        family_name: known.family_name,
        given_name: known.given_name,
        email: known.email,
        phone: known.phone,
        address: known.address,
        salesforce_account_id: None,
        whmcs_client_id: None,
    }
}

/// Person, account, fact, session and the job that opens the customer in the other systems.
///
/// # Errors
/// 410 `link_invalid` when mail address or customer number have an account.
pub(super) async fn open(
    ctx: &Context,
    change: &mut platform::Change,
    account: Customer,
    password_hash: &str,
    language: Language,
    event: &str,
) -> ApiResult<SignedIn> {
    let (user, customer, now) = (UserId(new_id()), account.id, change.now());
    let made = accounts::insert_owner(change.conn(), user, &account, password_hash, language, now).await;
    made.map_err(|error| match error {
        StoreError::Taken(_) => link_invalid(),
        other => other.into(),
    })?;
    service::record(change.conn(), event, user, Some(customer), json!({}), now).await?;
    change.enqueue(Work::OpenCustomer { customer_id: customer, round: customer.0 }).await?;
    service::open_session(ctx, change.conn(), user, Some(customer), now).await
}
