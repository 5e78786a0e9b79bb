//! What follows every neutral request: look into your mail. The same words whatever is known of the address.

use crate::components::ui::icon::Icon;
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::{Tr, now, text};
use crate::shared::utils::fill::fill;
use crate::w;
use leptos::prelude::*;

/// Instead of the form, once it was sent. `words` say what the mail is for; `again` leads back to the form.
pub fn mailed(email: String, words: Tr, again: Callback<()>) -> AnyView {
    let sent = w!(
        "If everything fits, a mail is on its way to {email}.",
        "内容に問題がなければ、{email} にメールをお送りします。"
    );
    view! {
        <div class="narrow">
            <PageTitle title=w!("Look into your mail", "メールをご確認ください")/>
            <div class="card mailed">
                <span class="mailed-sign">{Icon::Mail.view()}</span>
                <p role="status">{move || fill(now(sent), &[("email", &email)])}</p>
                <p>{text(words)}</p>
                <p class="muted">
                    {text(w!(
                        "No mail after a few minutes? Look into the folder for junk mail, or check the address and send it again.",
                        "数分たっても届かない場合は、迷惑メールフォルダーをご確認いただくか、アドレスを確かめてもう一度送信してください。"
                    ))}
                </p>
                <button type="button" class="btn btn-secondary" on:click=move |_| again.run(())>
                    <span>{text(w!("Back to the form", "入力に戻る"))}</span>
                </button>
            </div>
        </div>
    }
    .into_any()
}
