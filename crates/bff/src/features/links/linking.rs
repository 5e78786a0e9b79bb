//! An existing customer gets an account: customer number and mail address must be those of one record in the other
//! systems, and the mail to that address must be opened. Who asks is told nothing; a job does the looking.

use super::sign_up::{account, open};
use super::{allowance, change, link_invalid};
use crate::error::ApiResult;
use crate::features::auth::common_passwords;
use crate::features::auth::service::SignedIn;
use crate::state::Context;
use domain::auth::links::normalise_customer_number;
use domain::auth::schema::normalise_email;
use domain::auth::{LinkConfirm, LinkRequest};
use domain::common::pii::Pii;
use domain::customer::Customer;
use platform::queue::Work;
use platform::store::StoreError;
use platform::store::link_requests::{self, LinkRequest as Asked, LinkedRecord};
use platform::store::mail_tokens::{self, Purpose, Secret};
use std::net::IpAddr;

/// Keeps the question for the job.
///
/// # Errors
/// 429 with the waiting time at the sixth try in a quarter of an hour from one place, for one number or to one address.
pub(super) async fn begin(ctx: &Context, from: IpAddr, form: &LinkRequest) -> ApiResult<()> {
    let number = normalise_customer_number(form.customer_number.reveal());
    let email = normalise_email(form.email.reveal());
    let from = from.to_string();
    let subjects = [
        (allowance::LINK_FROM, from.as_bytes()),
        (allowance::LINK_NUMBER, number.as_bytes()),
        (allowance::LINK_EMAIL, email.as_bytes()),
    ];
    allowance::count(ctx, &subjects).await?;
    let asked = Asked { customer_number: Pii::new(number), email: Pii::new(email), language: form.language };
    let mut change = change(ctx, None).await?;
    let request_id = link_requests::insert(change.conn(), &asked, change.now()).await?;
    change.enqueue(Work::LinkCustomer { request_id }).await?;
    Ok(change.commit(&ctx.bus).await?)
}

/// The link was opened and a password chosen.
///
/// # Errors
/// 410 `link_invalid`, also when the customer has got an account meanwhile; 422 `password_common`.
pub(super) async fn confirm(ctx: &Context, form: LinkConfirm) -> ApiResult<SignedIn> {
    common_passwords::refuse(form.password.reveal(), "/password")?;
    let hash = Secret::hash_of(&form.token);
    // Whoever has no link makes us do no costly work.
    let looked = mail_tokens::look(ctx.db.conn(), &hash, Purpose::Link, ctx.clock.now()).await?;
    looked.ok_or_else(link_invalid)?;
    let password_hash = ctx.passwords.hash(form.password).await?;
    let mut change = change(ctx, None).await?;
    let found = mail_tokens::take(change.conn(), &hash, Purpose::Link, change.now()).await?.ok_or_else(link_invalid)?;
    let record: LinkedRecord = serde_json::from_value(found.data).map_err(|_| StoreError::Unreadable("link"))?;
    let account =
        Customer { whmcs_client_id: record.whmcs_client_id, ..account(record.customer_number, record.customer) };
    let signed_in = open(ctx, &mut change, account, &password_hash, form.language, "linked").await?;
    change.commit(&ctx.bus).await?;
    Ok(signed_in)
}
