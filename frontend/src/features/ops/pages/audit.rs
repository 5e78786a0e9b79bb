//! The log of what happened.

use super::super::api;
use super::super::parts::frame::head;
use super::super::parts::list::{Nothing, choices, chosen, list, search};
use super::super::parts::log;
use super::super::words::{FACTS, w};
use crate::providers::language::Tr;
use leptos::prelude::*;

const NOTHING: Nothing = Nothing {
    title: w!("Nothing of this kind happened", "該当する記録はありません"),
    text: w!("Choose another kind, or all.", "別の種類を選んでください。"),
};

/// The page `/ops/audit?kind=…&person=…&order=…&page=…`. A person is chosen by the name beside a fact.
#[component]
pub fn Audit() -> AnyView {
    let words: [Tr; 9] = [
        w!("Resumed", "再開"),
        w!("Retried", "再試行"),
        w!("Given up", "破棄"),
        w!("By hand", "手作業"),
        w!("Needed a person", "要対応"),
        w!("Placed", "注文"),
        w!("Approved", "承認"),
        w!("Active", "利用開始"),
        w!("Signed in", "ログイン"),
    ];
    let mut kinds = vec![("", w!("All", "すべて"))];
    kinds.extend(FACTS.into_iter().zip(words));
    view! {
        {head(w!("Log", "記録"), w!("Who did what, when and why. Nothing is ever removed.", "誰が・いつ・何を・なぜ。削除されません。"))}
        <div class="filters">
            {choices("kind", w!("Kind", "種類"), kinds)}
            {search("order", w!("Order number", "注文番号"))}
            {chosen("person", w!("Only what one person did", "1 人の操作のみ"), w!("Everybody", "全員"))}
        </div>
        {list(|query| Box::pin(api::audit(query)), |entry, _| log::entry(&entry, None, true), NOTHING)}
    }
    .into_any()
}
