//! (mapper follows)
