//! The connected app that asks: its consumer key, and its secret where the grant wants one.

use super::{Refusal, field};
use crate::World;

/// What a request says of the app, in its body or as Basic credentials.
pub(super) struct Client {
    id: Option<String>,
    secret: Option<String>,
}

impl Client {
    pub(super) fn of(form: &[(String, String)], basic: Option<(String, String)>) -> Self {
        let own = |name: &str| field(form, name).map(str::to_owned);
        match (own("client_id"), own("client_secret"), basic) {
            (id, None, Some((basic_id, secret))) => Self { id: id.or(Some(basic_id)), secret: Some(secret) },
            (id, secret, _) => Self { id, secret },
        }
    }

    /// Lets in an app that shows its secret.
    pub(super) fn authenticate(&self, world: &World) -> Result<(), Refusal> {
        let bad = || Refusal::new(401, "invalid_client", "invalid client credentials");
        if self.id.is_none() || self.secret.is_none() {
            return Err(bad());
        }
        self.identify(world)
    }

    /// Lets in an app that names itself; a secret is not needed, but a wrong one is refused.
    pub(super) fn identify(&self, world: &World) -> Result<(), Refusal> {
        let keys = world.keys();
        if self.id.as_ref() != Some(&keys.client_id) {
            return Err(Refusal::unknown_client());
        }
        if self.secret.as_ref().is_some_and(|secret| *secret != keys.client_secret) {
            return Err(Refusal::new(401, "invalid_client", "invalid client credentials"));
        }
        Ok(())
    }
}
