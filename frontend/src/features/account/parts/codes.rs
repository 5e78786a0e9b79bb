//! The ten recovery codes, shown once.

use crate::components::ui::button::{Button, Weight};
use crate::components::ui::icon::Icon;
use crate::providers::language::text;
use crate::providers::toasts::use_toasts;
use crate::shared::utils::browser;
use crate::w;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Codes to be put away; `done` when they are.
pub fn codes(codes: &[String], done: Callback<()>) -> AnyView {
    let toasts = use_toasts();
    let all = StoredValue::new(codes.join("\n"));
    let copy = move |()| {
        spawn_local(async move {
            let said = if browser::copy(&all.get_value()).await {
                w!("Copied.", "コピーしました。")
            } else {
                w!(
                    "This browser does not let us copy. Download them instead.",
                    "コピーできませんでした。ダウンロードをご利用ください。"
                )
            };
            toasts.say(said);
        });
    };
    let file = ["data:text/plain;charset=utf-8,", &browser::encode_component(&all.get_value())].concat();
    let rows = codes.iter().map(|code| view! { <li><code>{code.clone()}</code></li> }).collect::<Vec<_>>();
    view! {
        <section class="codes-panel" aria-labelledby="codes">
            <h3 id="codes" tabindex="-1">{text(w!("Your recovery codes", "リカバリーコード"))}</h3>
            <p>
                {text(w!(
                    "Each opens your account once when your device is lost. They are shown only now: print them or keep them in a password manager.",
                    "端末をなくしたときに、それぞれ1回だけ使えます。表示されるのは今だけです。印刷するか、パスワード管理アプリに保管してください。"
                ))}
            </p>
            <ol class="codes">{rows}</ol>
            <div class="card-actions">
                <Button label=w!("I have put them away", "保管しました") on_press=done/>
                <Button label=w!("Copy", "コピー") weight=Weight::Secondary on_press=Callback::new(copy)/>
                <a class="btn btn-secondary" href=file download="recovery-codes.txt">
                    {Icon::Arrow.view()} <span>{text(w!("Download", "ダウンロード"))}</span>
                </a>
            </div>
        </section>
    }
    .into_any()
}
