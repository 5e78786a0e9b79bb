//! The executable as an operator meets it.

mod alerts;
mod all_in_one;
mod asvs;
mod canaries;
mod docs;
mod fleet;
mod process;
mod settings;
mod sign_up;
mod staff;
