//! SOQL and SOSL: reading a query and answering it. How answers are paged is in `query`.

mod aggregate;
pub(crate) mod ast;
pub(crate) mod columns;
mod conditions;
pub(crate) mod eval;
mod filter;
mod lexer;
mod literal;
pub(crate) mod node;
pub(crate) mod parser;
mod plan;
pub(crate) mod search;
