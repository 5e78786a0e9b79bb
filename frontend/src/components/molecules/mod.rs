//! Small groups of parts with a meaning: a failure, an empty list, a price, a value on its way.

pub mod empty;
pub mod error_summary;
pub mod failure_panel;
pub mod failure_text;
pub mod form_notices;
pub mod loaded;
pub mod prices;
pub mod states;
pub mod stepper;
pub mod toast_region;
