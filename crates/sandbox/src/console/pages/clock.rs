//! The world's clock: what it shows, and moving it. What falls due on the way is done at once.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::World;
use crate::clock::DAY_MS;
use crate::console::ui::form::{Fields, Sent};
use crate::console::ui::layout::Part;
use crate::console::ui::notice::{self, Typed};
use crate::console::ui::parts;
use crate::world::ClockMove;

/// Most days of one move, two years.
const MOST_DAYS: i64 = 730;

/// Name of the form.
pub(super) const FORM: &str = "clock";

/// The panel of the settings page.
pub(super) fn panel(world: &World, typed: &Typed) -> Markup {
    let state = world.clock_state();
    let moved = match (state.frozen, state.offset_ms.abs() < 1_000) {
        (true, _) => "stands still",
        (false, true) => "is the machine's",
        (false, false) => "was moved",
    };
    html! {
        p { "It shows " strong { (state.japan) } " in Japan and " (moved) ". Sessions, keys, links, billing days, orders at the network and kept events follow it; the portal too when both run in one process." }
        form method="post" action="/console/settings/clock" class="form" {
            div class="grid" {
                (parts::number("days", "Days ahead", "Invoices, captures and month ends on the way are done", &typed.or("days", "1"), 0, MOST_DAYS))
                (parts::number("minutes", "and minutes", "0 to 1439", &typed.or("minutes", "0"), 0, 1_439))
            }
            div class="actions" { button class="primary" name="wish" value="ahead" { "Move ahead" } }
        }
        div class="actions" {
            @if state.frozen { (parts::action("/console/settings/clock", "Let it run", "", "", &[("wish", "thaw")])) }
            @else { (parts::action("/console/settings/clock", "Hold it here", "", "", &[("wish", "freeze")])) }
            (parts::action("/console/settings/clock", "Back to the machine's time", "", "", &[("wish", "reset")]))
        }
    }
}

pub(super) async fn set(world: web::Data<World>, sent: Sent) -> HttpResponse {
    let fields = Fields(&sent);
    let wish = match fields.text("wish") {
        "freeze" => Ok(ClockMove::Freeze),
        "thaw" => Ok(ClockMove::Thaw),
        "reset" => Ok(ClockMove::Reset),
        _ => fields.number("days", "Days ahead", 0..=MOST_DAYS).and_then(|days| {
            let minutes = fields.number("minutes", "Minutes", 0..=1_439)?;
            Ok(ClockMove::By(days * DAY_MS + minutes * 60_000))
        }),
    };
    let moved = wish.and_then(|wish| world.move_clock(wish));
    let result = moved.map(|state| format!("The clock shows {} in Japan.", state.japan));
    notice::after_form(Part::Settings.path(), FORM, &sent, result)
}
