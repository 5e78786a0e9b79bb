//! Who may call: credentials, roles, addresses. Seen from outside the checks come in this order: credentials, role,
//! address (the order of the last two is an assumption).

use serde::{Deserialize, Serialize};

use super::form::Form;
use crate::keys::Keys;
use crate::world::store::{Store, Txn};

/// Refusals at the door, changed at run time through [`crate::World::set_whmcs_access`]. It holds secrets, so it cannot
/// be printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WhmcsAccess {
    /// Actions that the installation's first credential may call; `None` = all.
    pub role: Option<Vec<String>>,
    /// More credentials.
    pub credentials: Vec<WhmcsCredential>,
    /// Administrators who sign in with name and password, the old way.
    pub admins: Vec<WhmcsAdmin>,
    /// The administrator behind the first credential is disabled.
    pub disabled: bool,
    /// Addresses that may call; empty = any. (A real installation begins with none at all.)
    pub allowed_ips: Vec<String>,
    /// Addresses that may not.
    pub banned_ips: Vec<String>,
    /// The access key that lets any address in.
    pub access_key: Option<String>,
}

/// One credential.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WhmcsCredential {
    /// Its name, 32 characters in a real installation.
    pub identifier: String,
    /// Its secret.
    pub secret: String,
    /// Actions of its role, compared without regard to case; `None` = all.
    pub role: Option<Vec<String>>,
    /// Its administrator is disabled.
    pub disabled: bool,
}

/// One administrator.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WhmcsAdmin {
    /// Login name.
    pub username: String,
    /// Lower-case hex of the MD5 of the password: what the caller sends.
    pub password_md5: String,
    /// Actions of the role; `None` = all.
    pub role: Option<Vec<String>>,
    /// May not sign in.
    pub disabled: bool,
}

const TABLE: &str = "whmcs.access";

pub(crate) fn get(store: &Store) -> WhmcsAccess {
    store.read(TABLE, "access").unwrap_or_default()
}

pub(crate) fn set(txn: &mut Txn<'_>, access: &WhmcsAccess) {
    txn.put(TABLE, "access", access);
}

/// Whom a call is from.
pub(crate) struct Caller {
    role: Option<Vec<String>>,
}

/// Checks the credentials of a call.
///
/// # Errors
/// The text of the refusal, which goes with status 403.
pub(crate) fn caller(access: &WhmcsAccess, keys: &Keys, form: &Form) -> Result<Caller, &'static str> {
    // The old names carry new credentials as well.
    let name = form.get("identifier").or_else(|| form.get("username")).unwrap_or_default();
    let secret = form.get("secret").or_else(|| form.get("password")).unwrap_or_default();
    if name.is_empty() || secret.is_empty() {
        return Err("Authentication Failed");
    }
    let (expected, role, disabled) = if name == keys.whmcs_identifier {
        (&keys.whmcs_secret, &access.role, access.disabled)
    } else if let Some(row) = access.credentials.iter().find(|row| row.identifier == name) {
        (&row.secret, &row.role, row.disabled)
    } else if let Some(row) = access.admins.iter().find(|row| row.username == name && form.get("identifier").is_none())
    {
        (&row.password_md5, &row.role, row.disabled)
    } else {
        return Err("Invalid or missing credentials");
    };
    if expected.is_empty() || secret != expected {
        return Err("Authentication Failed");
    }
    if disabled {
        return Err("Administrator Account Disabled");
    }
    Ok(Caller { role: role.clone() })
}

impl Caller {
    pub(crate) fn may(&self, action: &str) -> bool {
        self.role.as_ref().is_none_or(|role| role.iter().any(|allowed| allowed.eq_ignore_ascii_case(action)))
    }
}

/// Checks the caller's address.
///
/// # Errors
/// The text of the refusal, which goes with status 403.
pub(crate) fn address(access: &WhmcsAccess, form: &Form, peer: &str) -> Result<(), String> {
    if access.banned_ips.iter().any(|ip| ip == peer) {
        return Err("IP Banned".to_owned());
    }
    let key = access.access_key.as_deref().filter(|key| !key.is_empty());
    let with_key = key.is_some() && form.get("accesskey") == key;
    if access.allowed_ips.is_empty() || with_key || access.allowed_ips.iter().any(|ip| ip == peer) {
        return Ok(());
    }
    Err(format!("Invalid IP {peer}"))
}
