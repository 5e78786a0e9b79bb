//! The people of a customer account: their sessions, members, invitations.

pub mod contract;
pub mod schema;

pub use contract::{
    EndedCount, Invitation, InvitationLook, Member, OwnAccount, OwnAccounts, People, SessionInfo, SessionList,
};
pub use schema::{AcceptInvitation, LookAtInvitation, MemberChange, NewInvitation, SwitchAccount};
