//! Keys of the all-in-one process: made once, kept in its data folder, readable by its owner only.

use anyhow::Context as _;
use platform::clock::random_id;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

#[derive(Serialize, Deserialize)]
struct Stored {
    jwt_key: String,
    refresh_key: String,
    /// Absent in a file of an older release.
    #[serde(default)]
    secrets_key: Option<String>,
}

/// The keys of the API.
pub struct Keys {
    pub jwt: SecretString,
    pub refresh: SecretString,
    pub secrets: SecretString,
}

/// Reads the keys, or makes them at the first start.
pub fn load_or_create(data_dir: &Path) -> anyhow::Result<Keys> {
    let path = data_dir.join("keys.json");
    let mut stored: Stored = match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(&path)?,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let secrets = match stored.secrets_key.take() {
        Some(key) => key,
        None => add_secrets_key(&path, &mut stored)?,
    };
    Ok(Keys { jwt: stored.jwt_key.into(), refresh: stored.refresh_key.into(), secrets: secrets.into() })
}

/// Two version 4 UUIDs hold 244 random bits.
fn new_key() -> String {
    format!("{}{}", random_id().simple(), random_id().simple())
}

fn create(path: &Path) -> anyhow::Result<Stored> {
    let stored = Stored { jwt_key: new_key(), refresh_key: new_key(), secrets_key: Some(new_key()) };
    write_new(path, &stored)?;
    Ok(stored)
}

/// Puts the file in place whole, or not at all: with its other keys gone everybody would be signed out.
fn add_secrets_key(path: &Path, stored: &mut Stored) -> anyhow::Result<String> {
    let key = new_key();
    stored.secrets_key = Some(key.clone());
    let beside = path.with_extension("json.new");
    if beside.exists() {
        std::fs::remove_file(&beside).with_context(|| format!("cannot remove {}", beside.display()))?;
    }
    write_new(&beside, stored)?;
    std::fs::rename(&beside, path).with_context(|| format!("cannot replace {}", path.display()))?;
    Ok(key)
}

fn write_new(path: &Path, stored: &Stored) -> anyhow::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(serde_json::to_string_pretty(stored)?.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn a_file_of_an_older_release_gets_the_missing_key_once() {
        let folder = std::env::temp_dir().join(format!("portal-keys-{}", random_id().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("keys.json"), r#"{"jwt_key":"j","refresh_key":"r"}"#).unwrap();
        let first = load_or_create(&folder).unwrap();
        let second = load_or_create(&folder).unwrap();
        assert_eq!((first.jwt.expose_secret(), first.refresh.expose_secret()), ("j", "r"));
        assert!(first.secrets.expose_secret().len() >= 32);
        assert_eq!(first.secrets.expose_secret(), second.secrets.expose_secret());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
