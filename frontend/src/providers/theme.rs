//! Light or dark. `public/theme.js` runs before the first paint and obeys the same stored choice, so nothing flashes.

use crate::shared::utils::{browser, storage};
use leptos::prelude::*;

/// What the customer chose; `System` follows the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    System,
    Light,
    Dark,
}

/// Shared with `public/theme.js`.
const STORED_AS: &str = "portal.theme";

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|t| t.name() == name).unwrap_or(Self::System)
    }
    /// The one after it, for a button that goes round.
    pub const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// The chosen theme.
#[derive(Clone, Copy)]
pub struct ThemeChoice(RwSignal<Theme>);

impl ThemeChoice {
    pub fn provide() {
        let stored = storage::local().get(STORED_AS);
        provide_context(Self(RwSignal::new(Theme::from_name(stored.as_deref().unwrap_or_default()))));
    }
    pub fn get(self) -> Theme {
        self.0.get()
    }
    pub fn choose(self, theme: Theme) {
        storage::local().set(STORED_AS, theme.name());
        self.0.set(theme);
        let dark = match theme {
            Theme::Dark => true,
            Theme::Light => false,
            Theme::System => browser::prefers_dark(),
        };
        browser::set_root_attribute("data-theme", if dark { "dark" } else { "light" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_visits_every_theme_and_names_round_trip() {
        let mut theme = Theme::System;
        for _ in Theme::ALL {
            assert_eq!(Theme::from_name(theme.name()), theme);
            theme = theme.next();
        }
        assert_eq!(theme, Theme::System);
        assert_eq!(Theme::from_name("sepia"), Theme::System);
    }
}
