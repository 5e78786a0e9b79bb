//! Secrets that have to be read again, encrypted at rest with AES-256-GCM; and keyed hashes of what must not be read from
//! the database. Both keys come from one secret of the configuration by HKDF-SHA-256 (RFC 5869).

use crate::config::Config;
use anyhow::anyhow;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// Bytes of the name that a sealed value carries of its key.
const NAME_BYTES: usize = 4;

/// Opens with the current key and with the one before, seals with the current one.
pub(crate) struct Vault {
    current: Key,
    previous: Option<Key>,
    /// For keyed hashes.
    hashing: [u8; 32],
}

struct Key {
    name: [u8; NAME_BYTES],
    cipher: RandomizedNonceKey,
}

/// What was in a sealed value.
pub(crate) struct Opened {
    pub(crate) secret: Vec<u8>,
    /// Sealed with the key before the last change: to be sealed again.
    pub(crate) is_old: bool,
}

fn derived(secret: &SecretString, purpose: &str) -> anyhow::Result<[u8; 32]> {
    let mut key = [0; 32];
    let salt = Salt::new(HKDF_SHA256, b"customer portal");
    let purpose = [purpose.as_bytes()];
    let prk = salt.extract(secret.expose_secret().as_bytes());
    prk.expand(&purpose, HKDF_SHA256).and_then(|okm| okm.fill(&mut key)).map_err(|_| anyhow!("key derivation"))?;
    Ok(key)
}

impl Key {
    fn new(secret: &SecretString) -> anyhow::Result<Self> {
        let bytes = derived(secret, "sealing")?;
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| anyhow!("encryption key"))?;
        let mut name = [0; NAME_BYTES];
        name.copy_from_slice(&derived(secret, "name of the sealing key")?[..NAME_BYTES]);
        Ok(Self { name, cipher })
    }
}

impl Vault {
    /// # Errors
    /// When a key is shorter than 32 bytes.
    pub(crate) fn new(config: &Config) -> anyhow::Result<Self> {
        for key in [Some(&config.secrets_key), config.previous_secrets_key.as_ref()].into_iter().flatten() {
            anyhow::ensure!(
                key.expose_secret().len() >= Config::MIN_KEY_BYTES,
                "the key of stored secrets is too short"
            );
        }
        Ok(Self {
            current: Key::new(&config.secrets_key)?,
            previous: config.previous_secrets_key.as_ref().map(Key::new).transpose()?,
            hashing: derived(&config.secrets_key, "hashing")?,
        })
    }

    /// Encrypts; `of` says whose it is and must be the same when it is opened, so that a value cannot be moved to another row.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub(crate) fn seal(&self, secret: &[u8], of: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut text = secret.to_vec();
        let nonce = self.current.cipher.seal_in_place_append_tag(Aad::from(of), &mut text);
        let nonce = nonce.map_err(|_| anyhow!("encrypting a secret"))?;
        Ok([&self.current.name[..], nonce.as_ref(), &text].concat())
    }

    /// # Errors
    /// When it was sealed with neither key, belongs elsewhere or was changed.
    pub(crate) fn open(&self, sealed: &[u8], of: &[u8]) -> anyhow::Result<Opened> {
        let cut = || anyhow!("a stored secret is cut off");
        let (name, rest) = sealed.split_at_checked(NAME_BYTES).ok_or_else(cut)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or_else(cut)?;
        let key = [Some(&self.current), self.previous.as_ref()].into_iter().flatten().find(|key| key.name == name);
        let key = key.ok_or_else(|| anyhow!("a stored secret belongs to a key that is not configured"))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| cut())?;
        let mut text = text.to_vec();
        let opened = key.cipher.open_in_place(nonce, Aad::from(of), &mut text);
        let secret = opened.map_err(|_| anyhow!("a stored secret cannot be decrypted"))?.to_vec();
        Ok(Opened { secret, is_old: key.name != self.current.name })
    }

    /// HMAC-SHA-256 of a value of a kind.
    pub(crate) fn keyed_hash(&self, kind: &str, value: &[u8]) -> Vec<u8> {
        // HMAC takes a key of any length (RFC 2104).
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.hashing) else { return Vec::new() };
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(value);
        mac.finalize().into_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(current: &str, previous: Option<&str>) -> Vault {
        let key = |letter: &str| SecretString::from(letter.repeat(32));
        let mut config = Config::new("http://localhost".parse().unwrap(), key("j"), key("r"));
        config.secrets_key = key(current);
        config.previous_secrets_key = previous.map(key);
        Vault::new(&config).unwrap()
    }

    #[test]
    fn a_secret_comes_out_as_it_went_in_and_only_where_it_belongs() {
        let vault = vault("a", None);
        let sealed = vault.seal(b"seed", b"row 1").unwrap();
        assert!(!sealed.windows(4).any(|w| w == b"seed"));
        assert_ne!(sealed, vault.seal(b"seed", b"row 1").unwrap(), "each has its own nonce");
        assert_eq!(vault.open(&sealed, b"row 1").unwrap().secret, b"seed");
        assert!(vault.open(&sealed, b"row 2").is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(vault.open(&changed, b"row 1").is_err());
        for cut in [0, 3, 15, 20] {
            assert!(vault.open(&sealed[..cut], b"row 1").is_err(), "{cut}");
        }
    }

    #[test]
    fn the_key_before_the_last_change_still_opens() {
        let sealed = vault("a", None).seal(b"seed", b"x").unwrap();
        let opened = vault("b", Some("a")).open(&sealed, b"x").unwrap();
        assert!(opened.is_old && opened.secret == b"seed");
        assert!(vault("b", None).open(&sealed, b"x").is_err());
    }

    #[test]
    fn hashes_of_kinds_and_keys_differ() {
        let (a, b) = (vault("a", None), vault("b", None));
        assert_eq!(a.keyed_hash("account", b"x"), a.keyed_hash("account", b"x"));
        assert_ne!(a.keyed_hash("account", b"x"), a.keyed_hash("address", b"x"));
        assert_ne!(a.keyed_hash("account", b"x"), b.keyed_hash("account", b"x"));
    }
}
