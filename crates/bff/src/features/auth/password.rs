//! Password hashing: Argon2id, off the event loop, a few at a time.

use crate::config::PasswordCost;
use crate::error::{ApiError, ApiResult};
use anyhow::anyhow;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use domain::ErrorCode;
use domain::common::pii::Pii;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Longest wait for a turn. Under a flood of sign-ins the later ones are told to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What a password check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wrong,
    Right,
    /// Right, and the stored hash is cheaper than today's rules ask for.
    RightButOld,
}

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    hasher: Argon2<'static>,
    turns: Arc<Semaphore>,
    /// Compared with when there is no such account, so that both cases take as long.
    dummy: String,
}

fn hasher(cost: PasswordCost) -> anyhow::Result<Argon2<'static>> {
    let params =
        Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(|e| anyhow!("password cost: {e}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes one password.
///
/// # Errors
/// When the cost is out of Argon2's range.
pub(crate) async fn hash_password(password: Pii<String>, cost: PasswordCost) -> anyhow::Result<String> {
    let hasher = hasher(cost)?;
    tokio::task::spawn_blocking(move || hash(&hasher, &password)).await?
}

fn hash(hasher: &Argon2<'_>, password: &Pii<String>) -> anyhow::Result<String> {
    let hash = hasher.hash_password(password.reveal().as_bytes()).map_err(|e| anyhow!("hashing: {e}"))?;
    Ok(hash.to_string())
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> anyhow::Result<Self> {
        Ok(Self {
            hasher: hasher(cost)?,
            turns: Arc::new(Semaphore::new(cost.parallel.max(1))),
            // Sixteen bytes of salt and 32 of hash, all zero: nobody finds a password for it.
            dummy: format!(
                "$argon2id$v=19$m={},t={},p={}${}${}",
                cost.memory_kib,
                cost.passes,
                cost.lanes,
                "A".repeat(22),
                "A".repeat(43)
            ),
        })
    }

    async fn turn(&self) -> ApiResult<OwnedSemaphorePermit> {
        let busy = || ApiError::new(ErrorCode::Unavailable).retry_after(2).caused_by("password hashing is saturated");
        let turn = tokio::time::timeout(LONGEST_WAIT, Arc::clone(&self.turns).acquire_owned()).await;
        turn.map_err(|_| busy())?.map_err(|_| busy())
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> anyhow::Result<T> + Send + 'static,
    ) -> ApiResult<T> {
        let turn = self.turn().await?;
        let hasher = self.hasher.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&hasher)
        });
        let internal = |e: anyhow::Error| ApiError::new(ErrorCode::Internal).caused_by(e);
        done.await.map_err(|e| internal(e.into()))?.map_err(internal)
    }

    /// A PHC string with a fresh salt.
    pub(crate) async fn hash(&self, password: Pii<String>) -> ApiResult<String> {
        self.run(move |hasher| hash(hasher, &password)).await
    }

    /// Compares with a stored hash, or, for an unknown account, with one that nothing matches.
    pub(crate) async fn verify(&self, password: Pii<String>, stored: Option<String>) -> ApiResult<Verdict> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.dummy.clone());
        let verdict = self.run(move |hasher| {
            let parsed = PasswordHash::new(&stored).map_err(|e| anyhow!("a stored password hash: {e}"))?;
            Ok(match hasher.verify_password(password.reveal().as_bytes(), &parsed) {
                Err(_) => Verdict::Wrong,
                Ok(()) if is_weaker(&parsed, hasher.params()) => Verdict::RightButOld,
                Ok(()) => Verdict::Right,
            })
        });
        Ok(if known { verdict.await? } else { verdict.await.map(|_| Verdict::Wrong)? })
    }
}

fn is_weaker(stored: &PasswordHash, wanted: &Params) -> bool {
    Params::try_from(stored).map_or(true, |p| {
        stored.algorithm.as_str() != Algorithm::Argon2id.as_str()
            || p.m_cost() < wanted.m_cost()
            || p.t_cost() < wanted.t_cost()
            || p.p_cost() < wanted.p_cost()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PasswordCost = PasswordCost { memory_kib: 64, passes: 1, lanes: 1, parallel: 1 };

    fn pass(text: &str) -> Pii<String> {
        Pii::new(text.to_owned())
    }

    #[tokio::test]
    async fn right_wrong_and_unknown() {
        let passwords = Passwords::new(CHEAP).unwrap();
        let stored = passwords.hash(pass("correct horse")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        assert_ne!(stored, passwords.hash(pass("correct horse")).await.unwrap(), "every hash has its own salt");
        assert_eq!(passwords.verify(pass("correct horse"), Some(stored.clone())).await.unwrap(), Verdict::Right);
        assert_eq!(passwords.verify(pass("correct hors"), Some(stored)).await.unwrap(), Verdict::Wrong);
        assert_eq!(passwords.verify(pass("correct horse"), None).await.unwrap(), Verdict::Wrong);
        assert!(passwords.verify(pass("x"), Some("not a hash".into())).await.is_err());
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_renewed() {
        let old = hash_password(pass("correct horse"), CHEAP).await.unwrap();
        let today = Passwords::new(PasswordCost { memory_kib: 128, ..CHEAP }).unwrap();
        assert_eq!(today.verify(pass("correct horse"), Some(old)).await.unwrap(), Verdict::RightButOld);
    }

    #[test]
    fn the_default_cost_is_the_owasp_minimum() {
        let params = hasher(PasswordCost::default()).unwrap().params().clone();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19 * 1024, 2, 1));
    }
}
