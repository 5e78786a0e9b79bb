//! One of the two links of a change of the mail address.

use super::super::api;
use super::super::parts::token::{no_token, secret, token};
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::{Button, LinkButton};
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::Tr;
use crate::shared::hooks::form::Form;
use crate::{tr, w};
use domain::auth::{EmailChangeState, LinkToken};
use leptos::prelude::*;

/// The page `/email#token`.
#[component]
pub fn ConfirmEmail() -> AnyView {
    let token = token();
    let form = Form::new(&[]);
    let state = RwSignal::new(None::<EmailChangeState>);
    // The other mail may be opened in the same window.
    Effect::new(move |_| {
        token.track();
        form.clear();
        state.set(None);
    });
    let submit = move || {
        form.send(LinkToken { token: secret(token) }, api::confirm_email, move |reply| state.set(Some(reply.state)));
    };
    let title = w!("Change of your mail address", "メールアドレスの変更");
    let page = move || {
        if let Some(state) = state.get() {
            let (done, words): (Tr, Tr) = match state {
                EmailChangeState::WaitingForOther => (
                    w!("Half of it is done", "確認が1件完了しました"),
                    w!(
                        "Now open the link in the other mail: we have written to the old and to the new address.",
                        "もう一方のメールのリンクも開いてください。変更前と変更後の両方のアドレスにお送りしています。"
                    ),
                ),
                EmailChangeState::Changed => (
                    w!("Your mail address is changed", "メールアドレスを変更しました"),
                    w!("Sign in with the new address from here on.", "今後は新しいアドレスでログインしてください。"),
                ),
            };
            return view! {
                <div class="narrow">
                    <PageTitle title=done lead=words/>
                    <LinkButton label=tr!(nav.account) href="/account"/>
                </div>
            }
            .into_any();
        }
        if token.with(Option::is_none) {
            return no_token(title, "/account", tr!(nav.account));
        }
        view! {
            <div class="narrow">
                <PageTitle title=title
                    lead=w!("The address changes when both mails are confirmed, the one to the old and the one to the new address.", "変更前と変更後の両方のアドレスで確認が済むと、変更されます。")/>
                <form class="card form" novalidate on:submit=on_submit(submit)>
                    {form_notices(form)}
                    <Button label=w!("Confirm the change", "変更を確認") submit=true pending=form.pending()/>
                </form>
            </div>
        }
        .into_any()
    };
    page.into_any()
}
