//! How many calls the Salesforce org may still make, as a form.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::World;
use crate::console::ui::form::{Fields, Sent};
use crate::console::ui::layout::Part;
use crate::console::ui::notice::{self, Typed};
use crate::console::ui::parts::number;
use crate::salesforce::usage::ApiRequests;

/// Name of the form.
pub(super) const FORM: &str = "allowance";
const MOST: i64 = 10_000_000;

pub(super) fn form(now: ApiRequests, typed: &Typed) -> Markup {
    let field = |name: &str, label: &str, hint: &str, value: u64| {
        number(name, label, hint, &typed.or(name, value.to_string()), 0, MOST)
    };
    html! {
        p { "Calls beyond it are refused with REQUEST_LIMIT_EXCEEDED. What is used comes free 24 hours later." }
        form method="post" action="/console/settings/allowance" class="form" {
            div class="grid" {
                (field("max", "Calls in 24 hours", "0: every call is refused", now.max))
                (field("used", "Used of them", "As of now", now.used))
            }
            div class="actions" { button class="primary" { "Save allowance" } }
        }
    }
}

pub(super) async fn save(world: web::Data<World>, sent: Sent) -> HttpResponse {
    let fields = Fields(&sent);
    let limits = 0..=MOST.unsigned_abs();
    let read = || -> Result<ApiRequests, String> {
        Ok(ApiRequests {
            max: fields.number("max", "Calls in 24 hours", limits.clone())?,
            used: fields.number("used", "Used of them", limits.clone())?,
        })
    };
    let result = read().map(|to| {
        world.set_api_requests(to);
        format!("{} of {} calls are used.", to.used, to.max)
    });
    notice::after_form(Part::Settings.path(), FORM, &sent, result)
}
