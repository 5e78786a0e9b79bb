//! The executable as an operator meets it.

mod all_in_one;
mod docs;
mod process;
mod settings;
