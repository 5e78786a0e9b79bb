//! Provider spellings of SIM lines; nowhere else.

pub mod freebit;
