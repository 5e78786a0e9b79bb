//! What people may do for a customer account: roles, rights, and the one table between them.

use crate::ServiceId;
use serde::{Deserialize, Serialize};

/// What a member is to the customer account. Names are a stored format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything, and is the only one who may close the account or make another owner.
    Owner,
    /// Runs the account for the owner: everything but closing it and touching owners.
    Admin,
    /// The accounts department: bills and payments, and what they are for.
    Billing,
    /// The user of some lines: sees and manages these, no bills and no orders.
    LineUser,
}

/// Something that can be done for a customer account. Each operation of the API names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Right {
    OrderServices,
    SeeOrders,
    /// For a user of lines: of these lines only.
    SeeServices,
    /// SIM functions of a line. For a user of lines: of these lines only.
    ManageLine,
    SeeBills,
    PayBills,
    /// Members, their roles and invitations.
    ManagePeople,
    CloseAccount,
}

impl Right {
    pub const ALL: &[Self] = &[
        Self::OrderServices,
        Self::SeeOrders,
        Self::SeeServices,
        Self::ManageLine,
        Self::SeeBills,
        Self::PayBills,
        Self::ManagePeople,
        Self::CloseAccount,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderServices => "order_services",
            Self::SeeOrders => "see_orders",
            Self::SeeServices => "see_services",
            Self::ManageLine => "manage_line",
            Self::SeeBills => "see_bills",
            Self::PayBills => "pay_bills",
            Self::ManagePeople => "manage_people",
            Self::CloseAccount => "close_account",
        }
    }

    /// Whether it is about single lines, so that a user of lines has it for theirs.
    pub const fn is_of_lines(self) -> bool {
        matches!(self, Self::SeeServices | Self::ManageLine)
    }
}

impl Role {
    pub const ALL: &[Self] = &[Self::Owner, Self::Admin, Self::Billing, Self::LineUser];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Billing => "billing",
            Self::LineUser => "line_user",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// The table of rights.
    pub const fn may(self, right: Right) -> bool {
        match (self, right) {
            (Self::Owner, _)
            | (Self::Billing, Right::SeeOrders | Right::SeeServices | Right::SeeBills | Right::PayBills)
            | (Self::LineUser, Right::SeeServices | Right::ManageLine) => true,
            (Self::Admin, right) => !matches!(right, Right::CloseAccount),
            (Self::Billing | Self::LineUser, _) => false,
        }
    }

    /// Whether the role is limited to lines that are named for the person.
    pub const fn has_lines(self) -> bool {
        matches!(self, Self::LineUser)
    }

    /// Whether this role may invite somebody as `other`, change or remove a member who is `other`, or make one of them.
    pub const fn may_touch(self, other: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => !matches!(other, Self::Owner),
            Self::Billing | Self::LineUser => false,
        }
    }
}

/// Which services of the account a member reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lines {
    All,
    /// These only; a service that is not among them does not exist for the person.
    Only(Vec<ServiceId>),
}

impl Lines {
    pub fn of(role: Role, given: Vec<ServiceId>) -> Self {
        if role.has_lines() { Self::Only(given) } else { Self::All }
    }

    pub fn contain(&self, service: ServiceId) -> bool {
        match self {
            Self::All => true,
            Self::Only(given) => given.contains(&service),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decision of the product, written a second time: a change of one side only fails.
    const TABLE: &[(Right, [bool; 4])] = &[
        // owner, admin, billing, line_user
        (Right::OrderServices, [true, true, false, false]),
        (Right::SeeOrders, [true, true, true, false]),
        (Right::SeeServices, [true, true, true, true]),
        (Right::ManageLine, [true, true, false, true]),
        (Right::SeeBills, [true, true, true, false]),
        (Right::PayBills, [true, true, true, false]),
        (Right::ManagePeople, [true, true, false, false]),
        (Right::CloseAccount, [true, false, false, false]),
    ];

    #[test]
    fn every_role_has_exactly_its_rights() {
        assert_eq!(TABLE.len(), Right::ALL.len());
        for (right, row) in TABLE {
            assert!(Right::ALL.contains(right));
            for (role, may) in Role::ALL.iter().zip(row) {
                assert_eq!(role.may(*right), *may, "{role:?} {right:?}");
            }
        }
    }

    #[test]
    fn names_are_the_wire_form_and_are_read_back() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
            assert_eq!(Role::from_name(role.name()), Some(*role));
        }
        for right in Right::ALL {
            assert_eq!(serde_json::to_value(right).unwrap(), right.name());
        }
        assert_eq!(Role::from_name("Owner"), None);
    }

    #[test]
    fn nobody_reaches_above_themselves() {
        use Role::{Admin, Billing, LineUser, Owner};
        for other in Role::ALL {
            assert!(Owner.may_touch(*other));
            assert_eq!(Admin.may_touch(*other), *other != Owner);
            assert!(!Billing.may_touch(*other) && !LineUser.may_touch(*other));
        }
    }

    #[test]
    fn only_a_user_of_lines_is_limited_to_some() {
        let given = vec![ServiceId(7)];
        for role in Role::ALL {
            let lines = Lines::of(*role, given.clone());
            assert!(lines.contain(ServiceId(7)));
            assert_eq!(lines.contain(ServiceId(8)), *role != Role::LineUser);
            // A right that is not of lines would give a user of lines more than theirs.
            assert!(Right::ALL.iter().all(|r| !role.has_lines() || !role.may(*r) || r.is_of_lines()), "{role:?}");
        }
    }
}
