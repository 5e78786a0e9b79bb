//! The fields of a role and, for a user of lines, of the lines.

use crate::components::organisms::roles::{role_name, role_text};
use crate::components::ui::field::{FieldErrors, error_line, error_of, field_id};
use crate::components::ui::radio_cards::{RadioCard, RadioCards};
use crate::providers::language::text;
use crate::w;
use domain::ServiceId;
use domain::auth::Role;
use domain::sim::contract::national_format;
use domain::subscriptions::Subscription;
use leptos::prelude::*;

/// What a service is called here: its number, or its name.
pub fn line_name(service: &Subscription) -> String {
    service.number.as_ref().map_or_else(|| service.name.clone(), |number| national_format(number))
}

/// Roles that `mine` may give, and the lines of the account.
pub fn role_fields(
    mine: Role,
    role: RwSignal<Role>,
    lines: RwSignal<Vec<ServiceId>>,
    services: Signal<Vec<Subscription>>,
    errors: FieldErrors,
) -> AnyView {
    let cards = Role::ALL.iter().copied().filter(|other| mine.may_touch(*other)).map(|role| RadioCard {
        value: role.name().to_owned(),
        label: role_name(role).into(),
        description: Some(role_text(role).into()),
        price: None,
    });
    let choose = Callback::new(move |name: String| {
        if let Some(chosen) = Role::from_name(&name) {
            role.set(chosen);
        }
    });
    let id = field_id("#/lines");
    let line = move |service: Subscription| {
        let (own, name) = (service.id, line_name(&service));
        let change = move |event| {
            let on = event_target_checked(&event);
            lines.update(|all| {
                all.retain(|other| *other != own);
                if on {
                    all.push(own);
                }
            });
        };
        let checked = move || lines.with(|all| all.contains(&own));
        view! {
            <label class="check"><input type="checkbox" prop:checked=checked on:change=change/><span>{name}</span></label>
        }
        .into_any()
    };
    // A rule about role and lines together has no field of its own.
    let error = {
        let (own, whole) = (error_of(errors, "#/lines"), error_of(errors, "#/__all__"));
        Signal::derive(move || own.get().or_else(|| whole.get()))
    };
    view! {
        <RadioCards pointer="#/role" legend=w!("Role", "役割") cards=cards.collect() chosen=Signal::derive(move || Some(role.get().name().to_owned()))
            on_choose=choose errors=errors/>
        <Show when=move || role.get().has_lines()>
            <fieldset class="field choices" id=id.clone() tabindex="-1">
                <legend class="field-legend">{text(w!("Lines", "回線"))}</legend>
                {move || services.with(Vec::is_empty).then(|| view! { <p class="muted">{text(w!("There are no lines yet.", "回線はまだありません。"))}</p> })}
                {move || services.get().into_iter().map(line).collect::<Vec<_>>()}
                {error_line(&field_id("#/lines"), error)}
            </fieldset>
        </Show>
    }
    .into_any()
}
