//! Ceremonies of WebAuthn: what an authenticator is asked, and whether its answer is right. A question lives in the database,
//! so that any process can take the answer, once and within five minutes.

use super::super::service::random_secret;
use crate::config::Config;
use crate::error::{ApiError, ApiResult};
use crate::state::Context;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::auth::sign_in::Ceremony;
use domain::common::pii::Pii;
use domain::{ErrorCode, Timestamp, UserId};
use platform::store::passkeys::{self, Purpose, Stored};
use platform::store::{Connection, passkeys::Ceremony as Question};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyAuthentication,
    PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Webauthn, WebauthnBuilder,
};

/// Seconds that an authenticator, or the second step of signing in, may take.
pub(crate) const STEP_SECONDS: u32 = 300;

/// `None` when the portal's address has no host name (an IP address): browsers offer no passkeys there.
pub(crate) fn relying_party(config: &Config) -> anyhow::Result<Option<Webauthn>> {
    let Some(host) = config.public_url.domain() else { return Ok(None) };
    let builder = WebauthnBuilder::new(host, &config.public_url).map_err(|e| anyhow::anyhow!("passkeys: {e:?}"))?;
    Ok(Some(builder.rp_name(host).build().map_err(|e| anyhow::anyhow!("passkeys: {e:?}"))?))
}

fn party(ctx: &Context) -> ApiResult<&Webauthn> {
    let nameless = "Passkeys need a host name, and this portal is reached by a bare IP address.";
    ctx.webauthn.as_ref().ok_or_else(|| ApiError::new(ErrorCode::PasskeyRefused).detail(nameless))
}

fn refused(error: impl std::fmt::Debug) -> ApiError {
    // The library's errors name the rule that was broken and repeat nothing of what was sent.
    ApiError::new(ErrorCode::PasskeyRefused).caused_by(format!("{error:?}"))
}

fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ApiError {
    ApiError::new(ErrorCode::Internal).caused_by(error)
}

fn from_json<T: DeserializeOwned>(value: Value) -> ApiResult<T> {
    serde_json::from_value(value).map_err(internal)
}

/// A secret for a page, and what is kept of it.
pub(crate) fn new_token() -> ApiResult<(String, Vec<u8>)> {
    let token = URL_SAFE_NO_PAD.encode(random_secret()?);
    let hash = token_hash(&token);
    Ok((token, hash))
}

pub(crate) fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

async fn ask<C: Connection>(
    conn: &C,
    mut question: Question,
    state: &impl Serialize,
    options: &impl Serialize,
    now: Timestamp,
) -> ApiResult<Ceremony> {
    question.state = serde_json::to_value(state).map_err(internal)?;
    let mut options = serde_json::to_value(options).map_err(internal)?;
    if let Some(members) = options.as_object_mut() {
        // Whether the browser offers passkeys while a name is typed, or at a button, is the page's business.
        members.remove("mediation");
    }
    let (token, hash) = new_token()?;
    let ends = now.plus_seconds(i64::from(STEP_SECONDS));
    passkeys::insert_ceremony(conn, &hash, &question, ends, now).await?;
    Ok(Ceremony { ceremony: token, options })
}

/// Takes a question away, so that no answer counts twice.
///
/// # Errors
/// 401 `challenge_ended` when there is none, it has ended, or it was asked for something else.
pub(crate) async fn take<C: Connection>(
    conn: &C,
    ceremony: &Pii<String>,
    purposes: &[Purpose],
    now: Timestamp,
) -> ApiResult<Question> {
    let found = passkeys::take_ceremony(conn, &token_hash(ceremony.reveal()), purposes, now).await?;
    found.ok_or_else(|| ApiError::new(ErrorCode::ChallengeEnded))
}

/// Asks for a new passkey of a person, one that the authenticator can find by itself.
pub(crate) async fn ask_for_new<C: Connection>(
    ctx: &Context,
    conn: &C,
    question: Question,
    user: UserId,
    email: &str,
    now: Timestamp,
) -> ApiResult<Ceremony> {
    let known = passkeys::all(conn, user).await?.into_iter().map(|p| from_json::<Passkey>(p.credential));
    let known = known.map(|p| p.map(|p| p.cred_id().clone())).collect::<ApiResult<Vec<_>>>()?;
    let started = party(ctx)?.start_passkey_registration(user.0, email, email, Some(known));
    let (options, state) = started.map_err(refused)?;
    let mut options = serde_json::to_value(options).map_err(internal)?;
    let selection = &mut options["publicKey"]["authenticatorSelection"];
    selection["residentKey"] = json!("required");
    selection["requireResidentKey"] = json!(true);
    ask(conn, question, &state, &options, now).await
}

/// The passkey that was made, with the id of its credential.
pub(crate) fn made(ctx: &Context, question: Question, credential: Value) -> ApiResult<(Value, Vec<u8>)> {
    let answer: RegisterPublicKeyCredential = serde_json::from_value(credential).map_err(refused)?;
    let state: PasskeyRegistration = from_json(question.state)?;
    let passkey = party(ctx)?.finish_passkey_registration(&answer, &state).map_err(refused)?;
    let id: &[u8] = passkey.cred_id().as_ref();
    Ok((serde_json::to_value(&passkey).map_err(internal)?, id.to_vec()))
}

/// Asks whoever holds a passkey of the portal.
pub(crate) async fn ask_anybody<C: Connection>(
    ctx: &Context,
    conn: &C,
    question: Question,
    now: Timestamp,
) -> ApiResult<Ceremony> {
    let (options, state) = party(ctx)?.start_discoverable_authentication().map_err(refused)?;
    ask(conn, question, &state, &options, now).await
}

/// Asks for one of a person's passkeys.
///
/// # Errors
/// 401 `passkey_refused` when they have none.
pub(crate) async fn ask_person<C: Connection>(
    ctx: &Context,
    conn: &C,
    question: Question,
    user: UserId,
    now: Timestamp,
) -> ApiResult<Ceremony> {
    let known = passkeys::all(conn, user).await?.into_iter().map(|p| from_json(p.credential));
    let known = known.collect::<ApiResult<Vec<Passkey>>>()?;
    if known.is_empty() {
        return Err(ApiError::new(ErrorCode::PasskeyRefused));
    }
    let (options, state) = party(ctx)?.start_passkey_authentication(&known).map_err(refused)?;
    ask(conn, question, &state, &options, now).await
}

/// Whose passkey has answered, rightly. Keeps its counter and the time.
///
/// # Errors
/// 401 `passkey_refused`.
pub(crate) async fn answered<C: Connection>(
    ctx: &Context,
    conn: &C,
    question: &Question,
    credential: Value,
    now: Timestamp,
) -> ApiResult<UserId> {
    let answer: PublicKeyCredential = serde_json::from_value(credential).map_err(refused)?;
    let found = passkeys::by_credential(conn, &answer.raw_id).await?;
    let found: Stored = found.ok_or_else(|| refused("no such credential"))?;
    let mut passkey: Passkey = from_json(found.credential)?;
    let result: AuthenticationResult = if let Some(asked) = question.user_id {
        if found.user_id != asked {
            return Err(refused("a passkey of another person"));
        }
        let state: PasskeyAuthentication = from_json(question.state.clone())?;
        party(ctx)?.finish_passkey_authentication(&answer, &state).map_err(refused)?
    } else {
        // The authenticator says whose it is; the credential, which is signed for, must say the same.
        let (named, _) = party(ctx)?.identify_discoverable_authentication(&answer).map_err(refused)?;
        if named != found.user_id.0 {
            return Err(refused("a passkey with another person's handle"));
        }
        let state: DiscoverableAuthentication = from_json(question.state.clone())?;
        let key = DiscoverableKey::from(&passkey);
        party(ctx)?.finish_discoverable_authentication_v2(&answer, state, key).map_err(refused)?
    };
    if !result.user_verified() {
        return Err(refused("the authenticator did not check who is using it"));
    }
    passkey.update_credential(&result).ok_or_else(|| refused("another credential"))?;
    let kept = serde_json::to_value(&passkey).map_err(internal)?;
    if !passkeys::used(conn, found.shown.id, &kept, now).await? {
        return Err(refused("removed meanwhile"));
    }
    Ok(found.user_id)
}
