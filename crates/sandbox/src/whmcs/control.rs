//! The handles that tests and the console have on the installation.

use super::access::{self, WhmcsAccess};
use super::settings::{self, BillingSettings};
use super::varied;
use crate::World;
use crate::world::store::StoreError;

impl World {
    /// Who may call WHMCS.
    pub fn whmcs_access(&self) -> WhmcsAccess {
        self.read(access::get)
    }

    /// Changes who may call WHMCS, from the next call on.
    ///
    /// # Errors
    /// A text for people when the change could not be kept.
    pub fn set_whmcs_access(&self, access: &WhmcsAccess) -> Result<(), String> {
        self.keep(|txn| access::set(txn, access))
    }

    /// The rules of billing.
    pub fn whmcs_settings(&self) -> BillingSettings {
        self.read(settings::get)
    }

    /// Changes the rules of billing.
    ///
    /// # Errors
    /// A text for people when the change could not be kept.
    pub fn set_whmcs_settings(&self, settings: &BillingSettings) -> Result<(), String> {
        self.keep(|txn| settings::set(txn, settings))
    }

    /// Makes WHMCS answer in forms chosen anew for each request, from this seed; `None` ends it. Beside
    /// [`World::set_awkward`], which shows all quirks at once and goes first.
    ///
    /// # Errors
    /// A text for people when the change could not be kept.
    pub fn set_whmcs_awkward_seed(&self, seed: Option<u64>) -> Result<(), String> {
        self.keep(|txn| varied::set_seed(txn, seed))
    }

    /// The seed of [`World::set_whmcs_awkward_seed`].
    pub(crate) fn whmcs_awkward_seed(&self) -> Option<u64> {
        self.read(varied::seed)
    }

    fn keep(&self, change: impl FnOnce(&mut crate::world::store::Txn<'_>)) -> Result<(), String> {
        self.write(|txn| -> Result<(), StoreError> {
            change(txn);
            Ok(())
        })
        .map_err(|error| error.to_string())
    }
}
