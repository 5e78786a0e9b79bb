//! Roles in words, for members, invitations and pages that a role does not open.

use crate::providers::language::Tr;
use crate::w;
use domain::auth::Role;

pub const fn role_name(role: Role) -> Tr {
    match role {
        Role::Owner => w!("Owner", "契約者"),
        Role::Admin => w!("Administrator", "管理者"),
        Role::Billing => w!("Billing", "経理担当"),
        Role::LineUser => w!("User of a line", "回線の利用者"),
    }
}

/// What a role allows.
pub const fn role_text(role: Role) -> Tr {
    match role {
        Role::Owner => w!("Everything, also closing the account.", "解約を含むすべての操作。"),
        Role::Admin => w!(
            "Everything but closing the account and changing owners.",
            "アカウントの解約と契約者の変更を除くすべての操作。"
        ),
        Role::Billing => w!("Bills and payments; sees orders and services.", "請求とお支払い、注文とサービスの閲覧。"),
        Role::LineUser => w!(
            "Sees and manages the lines given to them; no bills.",
            "割り当てられた回線の閲覧と管理（請求は表示されません）。"
        ),
    }
}
