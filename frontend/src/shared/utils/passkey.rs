//! Passkeys through `navigator.credentials`, with the JSON forms of WebAuthn level 3, or by hand where the browser does
//! not know them.

use js_sys::{Array, ArrayBuffer, Function, JSON, Object, Promise, Reflect, Uint8Array};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Why there is no answer of an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPasskey {
    /// The person has closed the browser's window, or it waited too long.
    GivenUp,
    /// The authenticator holds a passkey of this account already.
    AlreadyThere,
    /// Not offered by this browser, or refused by it.
    NotPossible,
}

impl NoPasskey {
    fn from_error(error: &JsValue) -> Self {
        match get(error, "name").as_string().as_deref() {
            Some("NotAllowedError" | "AbortError") => Self::GivenUp,
            Some("InvalidStateError") => Self::AlreadyThere,
            _ => Self::NotPossible,
        }
    }
}

fn get(target: &JsValue, name: &str) -> JsValue {
    Reflect::get(target, &name.into()).unwrap_or(JsValue::UNDEFINED)
}
fn set(target: &JsValue, name: &str, value: &JsValue) {
    // Setting a member of a plain object cannot fail.
    let _ = Reflect::set(target, &name.into(), value);
}
fn window() -> JsValue {
    web_sys::window().map(JsValue::from).unwrap_or(JsValue::UNDEFINED)
}

/// Whether this browser has passkeys at all.
pub fn supported() -> bool {
    get(&window(), "PublicKeyCredential").is_function()
}

/// Makes a passkey. `options` is the argument of `navigator.credentials.create` as JSON.
///
/// # Errors
/// [`NoPasskey`].
pub async fn create(options: &Value) -> Result<Value, NoPasskey> {
    ask(options, "create", "parseCreationOptionsFromJSON").await
}

/// Lets the person choose a passkey and sign with it. `options` is the argument of `navigator.credentials.get` as JSON.
///
/// # Errors
/// [`NoPasskey`].
pub async fn choose(options: &Value) -> Result<Value, NoPasskey> {
    ask(options, "get", "parseRequestOptionsFromJSON").await
}

async fn ask(options: &Value, act: &str, parse: &str) -> Result<Value, NoPasskey> {
    let no = |_| NoPasskey::NotPossible;
    let text = options.get("publicKey").ok_or(NoPasskey::NotPossible)?.to_string();
    let json = JSON::parse(&text).map_err(no)?;
    let kind = get(&window(), "PublicKeyCredential");
    let public_key = match get(&kind, parse).dyn_into::<Function>() {
        Ok(parse) => parse.call1(&kind, &json).map_err(no)?,
        Err(_) => binary(json),
    };
    let argument = Object::new();
    set(&argument, "publicKey", &public_key);
    let credentials = get(&get(&window(), "navigator"), "credentials");
    let act = get(&credentials, act).dyn_into::<Function>().map_err(no)?;
    let promise: Promise = act.call1(&credentials, &argument).map_err(no)?.dyn_into().map_err(no)?;
    let credential = JsFuture::from(promise).await.map_err(|e| NoPasskey::from_error(&e))?;
    let json = match get(&credential, "toJSON").dyn_into::<Function>() {
        Ok(to_json) => to_json.call0(&credential).map_err(no)?,
        Err(_) => plain(&credential),
    };
    let text = JSON::stringify(&json).map_err(no)?;
    serde_json::from_str(&String::from(text)).map_err(|_| NoPasskey::NotPossible)
}

/// What `parse…OptionsFromJSON` does: binary members from base64url.
fn binary(options: JsValue) -> JsValue {
    let decode = |target: &JsValue, name: &str| {
        if let Some(bytes) = get(target, name).as_string().and_then(|text| from_base64url(&text)) {
            set(target, name, &Uint8Array::from(bytes.as_slice()).buffer());
        }
    };
    decode(&options, "challenge");
    decode(&get(&options, "user"), "id");
    for list in ["excludeCredentials", "allowCredentials"] {
        for entry in get(&options, list).dyn_ref::<Array>().into_iter().flat_map(Array::iter) {
            decode(&entry, "id");
        }
    }
    options
}

/// What `PublicKeyCredential.toJSON` does: base64url from binary members.
fn plain(credential: &JsValue) -> JsValue {
    let result = Object::new();
    for name in ["id", "type", "authenticatorAttachment"] {
        set(&result, name, &get(credential, name));
    }
    set(&result, "rawId", &get(credential, "id"));
    let (given, response) = (get(credential, "response"), Object::new());
    for name in ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"] {
        if let Some(buffer) = get(&given, name).dyn_ref::<ArrayBuffer>() {
            set(&response, name, &to_base64url(&Uint8Array::new(buffer).to_vec()).into());
        }
    }
    set(&result, "response", &response);
    let extensions = get(credential, "getClientExtensionResults").dyn_into::<Function>().ok();
    let extensions = extensions.and_then(|f| f.call0(credential).ok()).unwrap_or_else(|| Object::new().into());
    set(&result, "clientExtensionResults", &extensions);
    result.into()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn to_base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(number >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::with_capacity(text.len()), 0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|a| *a == letter)?;
        held = held << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 255) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_goes_there_and_back() {
        for (bytes, text) in [(&b""[..], ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (&[0xfb, 0xff], "-_8")] {
            assert_eq!(to_base64url(bytes), text);
            assert_eq!(from_base64url(text).as_deref(), Some(bytes));
        }
        assert_eq!(from_base64url("a b"), None);
        assert_eq!(from_base64url("Zg==").as_deref(), Some(&b"f"[..]));
    }
}
