//! Data volumes. The carrier takes megabytes and shows kilobytes, so each has a type and only [`CarrierUnits`] turns one into
//! the other.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Kilobytes as the portal counts them everywhere: a thousandth of a megabyte as sold, whatever the carrier counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Kilobytes(pub u64);

/// Megabytes as plans and top-ups are sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Megabytes(pub u32);

impl Kilobytes {
    /// Megabytes begun are not counted.
    pub const fn whole_megabytes(self) -> u64 {
        self.0 / 1000
    }
}

impl From<Megabytes> for Kilobytes {
    fn from(megabytes: Megabytes) -> Self {
        Self(u64::from(megabytes.0) * 1000)
    }
}

impl fmt::Display for Kilobytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KB", self.0)
    }
}

impl fmt::Display for Megabytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MB", self.0)
    }
}

/// How many kilobytes the carrier counts in a megabyte: 1000 (assumed) or 1024, a setting because Freebit's own is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarrierUnits {
    kilobytes_per_megabyte: u16,
}

impl CarrierUnits {
    /// `None` unless it is 1000 or 1024.
    pub const fn new(kilobytes_per_megabyte: u16) -> Option<Self> {
        match kilobytes_per_megabyte {
            1000 | 1024 => Some(Self { kilobytes_per_megabyte }),
            _ => None,
        }
    }

    /// The carrier's kilobytes as ours, rounded down; what no line can have used is cut at the greatest number.
    pub fn kilobytes(self, carrier: u64) -> Kilobytes {
        let ours = u128::from(carrier) * 1000 / u128::from(self.kilobytes_per_megabyte);
        Kilobytes(u64::try_from(ours).unwrap_or(u64::MAX))
    }
}

impl std::str::FromStr for CarrierUnits {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().ok().and_then(Self::new).ok_or("must be 1000 or 1024")
    }
}

impl Default for CarrierUnits {
    fn default() -> Self {
        Self { kilobytes_per_megabyte: 1000 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_two_factors_exist() {
        assert!([0, 1, 999, 1001, 1023, u16::MAX].into_iter().all(|n| CarrierUnits::new(n).is_none()));
        assert_eq!(CarrierUnits::new(1000), Some(CarrierUnits::default()));
    }

    proptest! {
        /// What was sold in megabytes is shown as that many megabytes, whichever way the carrier counts.
        #[test]
        fn megabytes_come_back_as_they_were_sold(sold in any::<u32>(), binary in any::<bool>()) {
            let factor = if binary { 1024 } else { 1000 };
            let units = CarrierUnits::new(factor).unwrap();
            let shown = units.kilobytes(u64::from(sold) * u64::from(factor));
            prop_assert_eq!(shown, Kilobytes::from(Megabytes(sold)));
            prop_assert_eq!(shown.whole_megabytes(), u64::from(sold));
        }

        #[test]
        fn no_volume_overflows(carrier in any::<u64>()) {
            for factor in [1000, 1024] {
                prop_assert!(CarrierUnits::new(factor).unwrap().kilobytes(carrier).0 <= carrier);
            }
        }
    }
}
