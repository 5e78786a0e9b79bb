//! The link of the sign-up mail: one press, so that a program that only looks into mails confirms nothing.

use super::super::api;
use super::super::parts::token::{no_token, secret, token};
use super::sign_in::go_on_when_signed_in;
use super::sign_up::NEXT_STORED_AS;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::templates::gate::safe_next;
use crate::components::ui::button::{Button, LinkButton, Weight};
use crate::components::ui::page_title::PageTitle;
use crate::providers::session::use_session;
use crate::shared::hooks::form::Form;
use crate::shared::utils::storage;
use crate::{tr, w};
use domain::ErrorCode;
use domain::auth::LinkToken;
use leptos::prelude::*;

/// The page `/confirm#token`.
#[component]
pub fn Confirm() -> AnyView {
    let session = use_session();
    let next = Memo::new(move |_| safe_next(storage::local().get(NEXT_STORED_AS).as_deref()));
    let token = token();
    let form = Form::new(&[]);
    let submit = move || {
        form.send(LinkToken { token: secret(token) }, api::confirm_sign_up, move |reply| session.begin(reply));
    };
    go_on_when_signed_in(next);
    let title = w!("Confirm your mail address", "メールアドレスの確認");
    let page = move || {
        if token.with(Option::is_none) {
            return no_token(title, "/sign-up", tr!(auth.create_account));
        }
        let over = move || form.failure().is_some_and(|f| f.is(ErrorCode::LinkInvalid));
        view! {
            <div class="narrow">
                <PageTitle title=title lead=w!("One press, and your account is ready.", "ボタンを押すと、アカウントが有効になります。")/>
                <form class="card form" novalidate on:submit=on_submit(submit)>
                    {form_notices(form)}
                    <Show when=move || !over() fallback=|| view! {
                        <LinkButton label=w!("Sign up again", "もう一度登録する") href="/sign-up" weight=Weight::Secondary/>
                        <LinkButton label=tr!(auth.sign_in) href="/sign-in" weight=Weight::Quiet/>
                    }>
                        <Button label=w!("Confirm and sign in", "確認してログイン") submit=true pending=form.pending()/>
                    </Show>
                </form>
            </div>
        }
        .into_any()
    };
    page.into_any()
}
