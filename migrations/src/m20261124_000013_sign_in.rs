//! Signing in with more than a password, and the counters that slow guessing down.

use crate::table;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["passkey_ceremony", "sign_in_challenge", "passkey", "recovery_code", "totp_secret", "sign_in_guard"];
        table::drop(manager, &tables).await?;
        table::run(manager, &["ALTER TABLE person DROP COLUMN password_changed_at"]).await
    }
}

const UP: &[&str] = &[
    "ALTER TABLE person ADD COLUMN password_changed_at $ms",
    // `key` is a keyed hash of the mail address, of the client's address or of the person: an account that does not exist
    // has its counter too, and nobody can read an address from it. `forget_at` is when the last failed try is forgotten.
    "CREATE TABLE sign_in_guard (key $bytes PRIMARY KEY, forget_at $ms NOT NULL, locked_until $ms NOT NULL)",
    "CREATE INDEX sign_in_guard_forget ON sign_in_guard (forget_at)",
    // `secret` is encrypted. A step of 30 seconds is used once: `last_step` only grows.
    "CREATE TABLE totp_secret (
        person_id $uuid PRIMARY KEY REFERENCES person (id),
        secret $bytes NOT NULL, created_at $ms NOT NULL, confirmed_at $ms, last_step bigint NOT NULL)",
    "CREATE TABLE recovery_code (
        person_id $uuid NOT NULL REFERENCES person (id), hash $bytes NOT NULL, used_at $ms,
        PRIMARY KEY (person_id, hash))",
    "CREATE TABLE passkey (
        id $uuid PRIMARY KEY, person_id $uuid NOT NULL REFERENCES person (id),
        credential_id $bytes NOT NULL CONSTRAINT passkey_credential_key UNIQUE,
        credential $json NOT NULL, name text NOT NULL, created_at $ms NOT NULL, last_used_at $ms)",
    "CREATE INDEX passkey_person ON passkey (person_id)",
    // The password was right; the second factor is still to come.
    "CREATE TABLE sign_in_challenge (
        hash $bytes PRIMARY KEY, person_id $uuid NOT NULL REFERENCES person (id),
        tries integer NOT NULL, expires_at $ms NOT NULL)",
    "CREATE INDEX sign_in_challenge_person ON sign_in_challenge (person_id)",
    // What an authenticator was asked. Nobody in `person_id`: whoever holds the passkey.
    "CREATE TABLE passkey_ceremony (
        hash $bytes PRIMARY KEY, purpose text NOT NULL, person_id $uuid REFERENCES person (id),
        session_id $uuid REFERENCES session (id), challenge_hash $bytes,
        state $json NOT NULL, expires_at $ms NOT NULL)",
];
