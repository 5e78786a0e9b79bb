//! Parts of the pages.

pub mod mailed;
pub mod passkey;
pub mod second_factor;
pub mod token;
