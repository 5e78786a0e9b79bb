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
}

/// The two keys of the API.
pub struct Keys {
    pub jwt: SecretString,
    pub refresh: SecretString,
}

/// Reads the keys, or makes them at the first start.
pub fn load_or_create(data_dir: &Path) -> anyhow::Result<Keys> {
    let path = data_dir.join("keys.json");
    let stored = match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(&path)?,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    Ok(Keys { jwt: stored.jwt_key.into(), refresh: stored.refresh_key.into() })
}

fn create(path: &Path) -> anyhow::Result<Stored> {
    // Two version 4 UUIDs hold 244 random bits.
    let key = || format!("{}{}", random_id().simple(), random_id().simple());
    let stored = Stored { jwt_key: key(), refresh_key: key() };
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(serde_json::to_string_pretty(&stored)?.as_bytes())?;
    file.sync_all()?;
    Ok(stored)
}
