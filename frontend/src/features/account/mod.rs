pub fn Account() -> leptos::prelude::AnyView {
    leptos::prelude::IntoAny::into_any(())
}
