//! What the domain says about other systems, held against what stands outside it: the documented replies, the hook file that
//! operators install, and the operations that `integrations` calls.

mod hooks;
mod sources;
