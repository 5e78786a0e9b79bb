//! What the domain says about other systems, held against what stands outside it: the documented replies, the hook file that
//! operators install, and the operations that `integrations` calls.

// The longest documented reply is one expression.
#![recursion_limit = "256"]

mod hooks;
mod shapes;
mod sources;
