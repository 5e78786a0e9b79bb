//! Somebody was invited to a customer account: what it is for, and joining it, as a new person or as the one signed in.

use super::super::api;
use super::super::parts::token::{no_token, secret, token};
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::molecules::loaded::loaded;
use crate::components::organisms::roles::{role_name, role_text};
use crate::components::ui::button::{Button, LinkButton};
use crate::components::ui::card::fact;
use crate::components::ui::field::{PasswordInput, TextInput};
use crate::components::ui::notice::{Notice, Urgency};
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{language, now, tag, text};
use crate::providers::session::use_session;
use crate::shared::hooks::form::Form;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::{tr, w};
use domain::common::pii::Pii;
use domain::people::{AcceptInvitation, InvitationLook, LookAtInvitation};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The page `/invitation#token`.
#[component]
pub fn AcceptInvitationPage() -> AnyView {
    let token = token();
    let title = w!("You are invited", "招待が届いています");
    let page = move || {
        if token.with(Option::is_none) {
            return no_token(title, "/", tr!(not_found.home));
        }
        let look = Loader::new(move || Box::pin(api::look_at_invitation(LookAtInvitation { token: secret(token) })));
        view! {
            <div class="narrow narrow-wide">
                <PageTitle title=title/>
                {loaded(look, || view! { <div class="card"><Skeleton lines=4/></div> }.into_any(), move |look| invited(token, look))}
            </div>
        }
        .into_any()
    };
    page.into_any()
}

fn invited(token: Memo<Option<String>>, look: Signal<InvitationLook>) -> AnyView {
    let session = use_session();
    let (role, email) = look.with_untracked(|l| (l.role, l.email.reveal().clone()));
    let until = move || look.with(|l| format::date_time(tag(), l.expires_at));
    let other_address = email.clone();
    // Who is signed in as somebody else would join as that person: they are told, and nothing is pressed by mistake.
    let stranger = move || session.me().is_some_and(|me| *me.email.reveal() != other_address);
    let sign_in = move || {
        let here = ["/invitation#", token.get().unwrap_or_default().as_str()].concat();
        crate::components::templates::gate::sign_in_href("/sign-in", &here)
    };
    let act = move || {
        if look.with(|l| l.needs_password) {
            return new_person(token);
        }
        if !session.is_signed_in() {
            return view! {
                <p>{text(w!("This address has an account here. Sign in with it, then accept.", "このアドレスのアカウントがあります。ログインしてから承諾してください。"))}</p>
                <LinkButton label=tr!(auth.sign_in) href=Signal::derive(sign_in)/>
            }
            .into_any();
        }
        if stranger() {
            return view! {
                <Notice urgency=Urgency::Caution
                    text=w!("You are signed in with another address. Sign out first, then open the link of the mail again.", "別のアドレスでログインしています。ログアウトしてから、メールのリンクをもう一度開いてください。")/>
            }
            .into_any();
        }
        known_person(token)
    };
    view! {
        <div class="card">
            <dl class="facts">
                {fact(w!("Account of", "契約者").into(), look.with_untracked(|l| l.customer_name.reveal().clone()).into_any())}
                {fact(w!("Your role", "役割").into(), text(role_name(role)).into_any())}
                {fact(w!("What it allows", "できること").into(), text(role_text(role)).into_any())}
                {fact(tr!(form.email).into(), email.into_any())}
                {fact(w!("Valid until", "有効期限").into(), until.into_any())}
            </dl>
            <div class="card-part">{act}</div>
        </div>
    }
    .into_any()
}

/// Accepts as the person who is signed in.
fn known_person(token: Memo<Option<String>>) -> AnyView {
    let form = Form::new(&[]);
    let accept = accepted();
    let submit = move || form.send(request(token), api::accept_invitation, move |reply| accept.run(reply));
    view! {
        <form class="form" novalidate on:submit=on_submit(submit)>
            {form_notices(form)}
            <Button label=w!("Accept the invitation", "招待を承諾") submit=true pending=form.pending()/>
        </form>
    }
    .into_any()
}

/// Accepts with a new person.
fn new_person(token: Memo<Option<String>>) -> AnyView {
    let form = Form::new(&["#/family_name", "#/given_name", "#/phone", "#/password"]);
    let [family, given, phone, password] = std::array::from_fn(|_| RwSignal::new(String::new()));
    let accept = accepted();
    let submit = move || {
        let typed = |signal: RwSignal<String>| Some(Pii::new(signal.get_untracked().trim().to_owned()));
        let request = AcceptInvitation {
            password: Some(Pii::new(password.get_untracked())),
            family_name: typed(family),
            given_name: typed(given),
            phone: typed(phone),
            ..request(token)
        };
        form.send(request, api::accept_invitation, move |reply| accept.run(reply));
    };
    let errors = form.errors();
    view! {
        <form class="form" novalidate on:submit=on_submit(submit)>
            {form_notices(form)}
            <div class="form-pair">
                <TextInput pointer="#/family_name" label=tr!(form.family_name) value=family errors=errors autocomplete="family-name"/>
                <TextInput pointer="#/given_name" label=tr!(form.given_name) value=given errors=errors autocomplete="given-name"/>
            </div>
            <TextInput pointer="#/phone" label=tr!(form.phone) value=phone errors=errors kind="tel" autocomplete="tel-national" inputmode="tel"/>
            <PasswordInput pointer="#/password" label=tr!(form.new_password) value=password errors=errors
                hint=tr!(form.password_hint) autocomplete="new-password"/>
            <Button label=w!("Accept and sign in", "承諾してログイン") submit=true pending=form.pending()/>
        </form>
    }
    .into_any()
}

fn request(token: Memo<Option<String>>) -> AcceptInvitation {
    AcceptInvitation {
        token: secret(token),
        password: None,
        family_name: None,
        given_name: None,
        phone: None,
        language: untrack(language),
    }
}

/// Takes the new session into use and opens the dashboard.
fn accepted() -> Callback<domain::auth::TokenReply> {
    let session = use_session();
    let toasts = crate::providers::toasts::use_toasts();
    let navigate = use_navigate();
    Callback::new(move |reply: domain::auth::TokenReply| {
        let number = reply.me.customer_number.clone().unwrap_or_default();
        session.begin(reply);
        let words = w!("You belong to account {number}.", "アカウント {number} に参加しました。");
        toasts.say(untrack(|| fill(now(words), &[("number", &number)])));
        navigate("/home", NavigateOptions { replace: true, ..Default::default() });
    })
}
