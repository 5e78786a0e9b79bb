//! Layers around every handler.

pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod intake;
pub(crate) mod meter;
pub(crate) mod observe;
