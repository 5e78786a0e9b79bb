//! "Keep my number": the reservation at the present operator, for an eSIM with calls.

use super::super::form::OrderForm;
use super::super::keep_number::{DAY, KeepNumber};
use crate::components::ui::checkbox::Checkbox;
use crate::components::ui::field::TextInput;
use crate::{t, tr};
use domain::catalog::SimKind;
use leptos::prelude::*;

/// The box and, once it is ticked, the fields. Nothing for a plan that cannot keep a number.
#[component]
pub fn KeepNumberFields(form: OrderForm) -> AnyView {
    let errors = form.errors();
    let possible =
        Memo::new(move |_| form.draft.with(|d| d.sim) == Some(SimKind::Esim) && form.plan().is_some_and(|p| p.voice));
    let wanted = Memo::new(move |_| form.draft.with(|d| d.keep.wanted));
    let number = typed(form, |k| &mut k.phone_number);
    let reservation = typed(form, |k| &mut k.reservation_number);
    let day = typed(form, |k| &mut k.expires_on);
    let holder = typed(form, |k| &mut k.holder_name_kana);
    let fields = move || {
        wanted.get().then(|| view! {
            <p class="muted">{t!(wizard.keep_number_text)}</p>
            <TextInput pointer="#/items/0/sim/port_in/phone_number" label=tr!(wizard.kept_number) value=number
                errors=errors kind="tel" inputmode="tel" autocomplete="off" maxlength="20"/>
            <TextInput pointer="#/items/0/sim/port_in/reservation_number" label=tr!(wizard.reservation) value=reservation
                errors=errors hint=tr!(wizard.reservation_hint) inputmode="numeric" autocomplete="off" maxlength="20"/>
            <TextInput pointer=DAY label=tr!(wizard.reservation_ends) value=day errors=errors kind="date"/>
            <TextInput pointer="#/items/0/sim/port_in/holder_name_kana" label=tr!(wizard.holder_kana) value=holder
                errors=errors hint=tr!(wizard.holder_kana_hint) autocomplete="off" maxlength="50"/>
        })
    };
    view! {
        {move || possible.get().then(|| view! {
            <Checkbox pointer="#/items/0/sim/port_in" label=tr!(wizard.keep_number) checked=wanted
                on_change=Callback::new(move |on| form.change(|draft, _| draft.keep.wanted = on)) errors=errors/>
            {fields}
        })}
    }
    .into_any()
}

/// A field that is typed into; the draft follows, because it is what gets stored.
fn typed(form: OrderForm, of: fn(&mut KeepNumber) -> &mut String) -> RwSignal<String> {
    let read = move || form.draft.with_untracked(|d| of(&mut d.keep.clone()).clone());
    let value = RwSignal::new(read());
    Effect::new(move |_| {
        let typed = value.get();
        if read() != typed {
            form.change(|draft, _| *of(&mut draft.keep) = typed);
        }
    });
    value
}
