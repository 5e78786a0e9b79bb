//! SOQL: reading a query and answering it.

pub(crate) mod ast;
pub(crate) mod eval;
mod filter;
mod lexer;
mod literal;
pub(crate) mod parser;
