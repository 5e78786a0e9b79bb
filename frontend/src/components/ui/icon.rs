//! Line icons of our own, 24 by 24, drawn in the colour of the text. Always beside words, so hidden from screen readers.

use leptos::prelude::*;

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Home,
    Plans,
    Orders,
    Sim,
    Account,
    Check,
    Clock,
    Alert,
    Close,
    Arrow,
    Refresh,
    Eye,
    EyeOff,
    Sun,
    Moon,
    Device,
    Globe,
    SignOut,
    Search,
    Shield,
    Wave,
    Help,
    Skip,
    Mail,
    Key,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Home => "M4 11.5 12 4l8 7.5M6.5 10v9.5h11V10M10 19.5v-5h4v5",
            Self::Plans => "M5 4.5h14v5H5zM5 14.5h14v5H5zM8 7h4M8 17h4",
            Self::Orders => "M6 4h12v16l-3-2-3 2-3-2-3 2zM9 9h6M9 13h6",
            Self::Sim => "M7 3.5h7l4 4v13H7zM10 12h5v5h-5zM12.5 12v5",
            Self::Account => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.8-4 3.7-6 7.500-6s6.700 2 7.500 6",
            Self::Check => "m5 12.500 4.500 4.500L19 7.500",
            Self::Clock => "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17ZM12 7.500V12l3 2",
            Self::Alert => "M12 4 2.500 20h19zM12 10v4.500M12 17.200v.1",
            Self::Close => "M6 6l12 12M18 6 6 18",
            Self::Arrow => "M5 12h14M13 6l6 6-6 6",
            Self::Refresh => "M19.500 8.500A8 8 0 1 0 20 13M20 4v5h-5",
            Self::Eye => {
                "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12ZM12 14.800a2.800 2.800 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600Z"
            }
            Self::EyeOff => {
                "M4 4l16 16M9.500 6A9 9 0 0 1 12 5.500c6 0 9.500 6.500 9.500 6.500a17 17 0 0 1-3 3.600M6 8a17 17 0 0 0-3.500 4S6 18.500 12 18.500c1.400 0 2.700-.3 3.800-.9"
            }
            Self::Sun => {
                "M12 16.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M5 5l1.700 1.700M17.300 17.300 19 19M5 19l1.700-1.700M17.300 6.700 19 5"
            }
            Self::Moon => "M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500Z",
            Self::Device => "M4 5h16v11H4zM9 20h6M12 16v4",
            Self::Globe => {
                "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17ZM3.500 12h17M12 3.500c2.500 2.300 3.700 5.200 3.700 8.500s-1.200 6.200-3.700 8.500c-2.500-2.300-3.700-5.200-3.700-8.500S9.500 5.800 12 3.500Z"
            }
            Self::SignOut => "M14 4H5.500v16H14M10 12h10M16.500 8.500 20 12l-3.500 3.500",
            Self::Search => "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM15.500 15.500 20 20",
            Self::Shield => {
                "M12 3.500 5 6v5.500c0 4.300 2.800 7.300 7 9 4.200-1.700 7-4.700 7-9V6zM9 12l2.200 2.200L15 10.300"
            }
            Self::Wave => "M3 14c2.500-6 4.500-6 6.500 0s4 6 6 0 3-5 5.500-3",
            Self::Help => {
                "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17ZM9.700 9.500a2.400 2.400 0 1 1 3.500 2.200c-.8.400-1.200.9-1.200 1.800M12 16.500v.1"
            }
            Self::Skip => "M6 12h12",
            Self::Mail => "M3.500 5.500h17v13h-17zM4 6.500l8 6.500 8-6.500",
            Self::Key => "M8 15.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 11.500h9M18 11.500v3.500",
        }
    }

    /// The picture, sized by the text around it.
    pub fn view(self) -> AnyView {
        view! {
            <svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"
                stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
                <path d=self.path()></path>
            </svg>
        }
        .into_any()
    }
}
