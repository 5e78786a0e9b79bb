//! Who may call WHMCS, as a form. Secrets are never shown; what the form does not name stays as it is.

use std::net::IpAddr;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::World;
use crate::console::ui::form::{Fields, Sent};
use crate::console::ui::layout::Part;
use crate::console::ui::notice::{self, Typed};
use crate::console::ui::parts::tick;
use crate::whmcs::access::WhmcsAccess;

/// Name of the form.
pub(super) const FORM: &str = "access";

pub(super) fn form(now: &WhmcsAccess, typed: &Typed) -> Markup {
    let lines = |texts: &[String]| texts.join("\n");
    let area = |name: &str, label: &str, hint: &str, value: String| {
        let value = typed.or(name, value);
        html! {
            label class="field" { span { (label) } textarea name=(name) rows="3" spellcheck="false" { (value) } small { (hint) } }
        }
    };
    html! {
        p { "The portal calls with the first credential. " (now.credentials.len()) " more credentials and " (now.admins.len())
            " administrators with passwords are set up over the API; they stay." }
        form method="post" action="/console/settings/access" class="form" {
            div class="grid" {
                (area("role", "Actions of the first credential", "One a line; empty: all", now.role.as_deref().map(lines).unwrap_or_default()))
                (area("allowed_ips", "Addresses that may call", "One a line; empty: any", lines(&now.allowed_ips)))
                (area("banned_ips", "Addresses that may not", "One a line", lines(&now.banned_ips)))
                div class="stack" {
                    label class="field" { span { "Access key" }
                        input type="password" name="access_key" autocomplete="new-password";
                        small { @if now.access_key.is_some() { "One is set. Empty: it stays" } @else { "Lets any address in. Empty: none" } } }
                    @if now.access_key.is_some() { (tick("drop_key", "Remove the access key", typed.ticked("drop_key", false))) }
                }
            }
            (tick("disabled", "The administrator behind the first credential is disabled: every call is refused", typed.ticked("disabled", now.disabled)))
            div class="actions" { button class="primary" { "Save access" } }
        }
    }
}

fn entries(text: &str) -> Vec<String> {
    text.split(['\n', ',']).map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

fn addresses(text: &str, label: &str) -> Result<Vec<String>, String> {
    let found = entries(text);
    match found.iter().find(|entry| entry.parse::<IpAddr>().is_err()) {
        Some(wrong) => Err(format!("{label}: “{wrong}” is no IP address. Write one a line, like 192.0.2.1.")),
        None => Ok(found),
    }
}

pub(super) async fn save(world: web::Data<World>, sent: Sent) -> HttpResponse {
    let fields = Fields(&sent);
    let before = world.whmcs_access();
    let read = || -> Result<WhmcsAccess, String> {
        let role = entries(fields.text("role"));
        let key = match fields.given("access_key") {
            Some(key) => Some(key.to_owned()),
            None if fields.ticked("drop_key") => None,
            None => before.access_key.clone(),
        };
        Ok(WhmcsAccess {
            role: (!role.is_empty()).then_some(role),
            allowed_ips: addresses(fields.text("allowed_ips"), "Addresses that may call")?,
            banned_ips: addresses(fields.text("banned_ips"), "Addresses that may not")?,
            disabled: fields.ticked("disabled"),
            access_key: key,
            credentials: before.credentials.clone(),
            admins: before.admins.clone(),
        })
    };
    let result = read().and_then(|access| world.set_whmcs_access(&access));
    let result = result.map(|()| "The new rules hold from the next call on.".to_owned());
    let shown: Vec<_> = sent.iter().filter(|(name, _)| name != "access_key").cloned().collect();
    notice::after_form(Part::Settings.path(), FORM, &shown, result)
}
