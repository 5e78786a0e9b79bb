//! How everything stands.

use super::super::api;
use super::super::parts::frame::{head, keep_fresh};
use super::super::parts::list::{at, said};
use super::super::words::{code, provider, span, w};
use crate::components::molecules::loaded::loaded;
use crate::components::molecules::states::stage_words;
use crate::components::ui::card::{Card, fact};
use crate::components::ui::chip::{StatusChip, Tone};
use crate::components::ui::icon::Icon;
use crate::components::ui::skeleton::SkeletonCards;
use crate::providers::language::{Tr, language, text};
use crate::shared::hooks::loader::Loader;
use domain::common::text::Language;
use domain::ops::overview::{Overview as Seen, QueueKind};
use domain::ops::{Concern, UpstreamView, concerns};
use leptos::prelude::*;

/// The page `/ops`.
#[component]
pub fn Overview() -> AnyView {
    let seen = Loader::new(|| Box::pin(api::overview()));
    keep_fresh(seen);
    view! {
        {head(w!("Operations", "運用"), w!("How everything stands, asked again every five seconds.", "現在の状態（5秒ごとに更新）。"))}
        {loaded(seen, || view! { <SkeletonCards count=6/> }.into_any(), body)}
    }
    .into_any()
}

fn body(seen: Signal<Seen>) -> AnyView {
    view! {
        <p class="muted as-of" role="status">{text(w!("As of", "時点："))} " " {move || at(seen.with(|s| s.as_of))}</p>
        <div class="stack">
            <Card id="concerns" title=w!("Needs a person", "要対応")>{move || seen.with(attention)}</Card>
            <Card id="queue" title=w!("Queue", "キュー")>{move || seen.with(queue)}</Card>
            <div class="two-columns">
                <Card id="stream" title=w!("Event stream", "イベント受信")>{move || seen.with(stream)}</Card>
                <div class="stack">
                    <Card id="orders" title=w!("Orders", "注文")>{move || seen.with(orders)}</Card>
                    <Card id="stock" title=w!("Stock", "在庫")>{move || seen.with(stock)}</Card>
                </div>
            </div>
            <Card id="upstreams" title=w!("Connected systems", "接続先")>{move || seen.with(upstreams)}</Card>
        </div>
    }
    .into_any()
}

fn attention(seen: &Seen) -> AnyView {
    let found = concerns(seen);
    if found.is_empty() {
        return view! { <p class="calm">{Icon::Check.view()} " " {text(w!("Nothing. All is well.", "ありません。正常です。"))}</p> }.into_any();
    }
    let entry = |concern: Concern| {
        let href = href_of(&concern);
        let alert = concern.alert();
        let words = move || concern_words(&concern, language());
        view! { <li class="concern" data-alert=alert>{Icon::Alert.view()} <a href=href>{words}</a></li> }.into_any()
    };
    view! { <ul class="concerns">{found.into_iter().map(entry).collect::<Vec<_>>()}</ul> }.into_any()
}

const fn href_of(concern: &Concern) -> &'static str {
    match concern {
        Concern::OrdersNeedAttention { .. } => "/ops/runs?stage=needs_attention",
        Concern::JobsDead { .. } => "/ops/jobs?state=dead",
        Concern::JobsParked { .. } => "/ops/jobs?state=parked",
        Concern::QueueOld { .. } => "/ops/jobs?state=ready",
        Concern::Drift { .. } => "/ops/drift?open=true",
        Concern::NoSubscriber | Concern::StreamDown | Concern::CursorOld { .. } => "#stream",
        Concern::BreakerOpen { .. } | Concern::Denied { .. } => "#upstreams",
        Concern::StockLow { .. } => "#stock",
    }
}

fn concern_words(concern: &Concern, language: Language) -> String {
    let of = |words: Tr, value: &str| [words.get(language), " ", value].concat();
    match concern {
        Concern::OrdersNeedAttention { orders } => {
            of(w!("Orders that wait for a person:", "担当者待ちの注文："), &orders.to_string())
        }
        Concern::JobsDead { kind, jobs } => of(w!("Dead jobs:", "試行回数超過のジョブ："), &format!("{jobs} × {kind}")),
        Concern::JobsParked { kind, jobs } => of(w!("Parked jobs:", "保留のジョブ："), &format!("{jobs} × {kind}")),
        Concern::QueueOld { kind, seconds } => {
            of(w!("The queue is late:", "キューの遅れ："), &[kind, " ", &span(*seconds, language)].concat())
        }
        Concern::NoSubscriber => {
            w!("No worker listens for approved orders.", "承認イベントを受信するワーカーがありません。")
                .get(language)
                .to_owned()
        }
        Concern::StreamDown => {
            w!("The event stream is not connected.", "イベント受信が切断されています。").get(language).to_owned()
        }
        Concern::CursorOld { seconds } => {
            of(w!("No sign of life of the event stream for", "イベント受信の無応答時間："), &span(*seconds, language))
        }
        Concern::Drift { found } => of(w!("Differences with Salesforce:", "Salesforceとの差異："), &found.to_string()),
        Concern::BreakerOpen { provider: name, process } => {
            of(w!("Calls are held back:", "呼び出しを保留中："), &[provider(name), " (", process, ")"].concat())
        }
        Concern::Denied { provider: name, process } => of(
            w!("Our credentials are refused:", "認証情報が拒否されています："),
            &[provider(name), " (", process, ")"].concat(),
        ),
        Concern::StockLow { kind, free } => of(w!("Stock runs low:", "在庫不足："), &format!("{kind} {free}")),
    }
}

fn table(label: Tr, heads: Vec<Tr>, rows: Vec<AnyView>) -> AnyView {
    let head = |name: Tr| view! { <th scope="col">{text(name)}</th> }.into_any();
    view! {
        <div class="table-scroll" role="group" tabindex="0" aria-label=text(label)>
            <table class="table"><thead><tr>{heads.into_iter().map(head).collect::<Vec<_>>()}</tr></thead><tbody>{rows}</tbody></table>
        </div>
    }
    .into_any()
}

fn queue(seen: &Seen) -> AnyView {
    if seen.queue.is_empty() {
        return view! { <p class="muted">{text(w!("Empty.", "空です。"))}</p> }.into_any();
    }
    let row = |kind: &QueueKind| {
        let (age, name) = (kind.oldest_due_seconds, kind.kind.clone());
        let age = move || age.map_or_else(|| "–".to_owned(), |seconds| span(seconds, language()));
        view! {
            <tr>
                <th scope="row"><code>{name}</code></th><td>{kind.ready}</td><td>{kind.leased}</td>
                <td>{kind.dead}</td><td>{kind.parked}</td><td>{age}</td>
            </tr>
        }
        .into_any()
    };
    let heads = vec![
        w!("Kind", "種類"),
        w!("Waiting", "待機"),
        w!("Running", "実行"),
        w!("Dead", "超過"),
        w!("Parked", "保留"),
        w!("Oldest due", "最長待ち"),
    ];
    table(w!("Queue by kind", "種類別のキュー"), heads, seen.queue.iter().map(row).collect())
}

fn stream(seen: &Seen) -> AnyView {
    let of = &seen.subscriber;
    let (tone, words) = match &of.stream {
        Some(stream) if stream.connected => (Tone::Good, w!("Connected", "接続中")),
        Some(_) => (Tone::Bad, w!("Not connected", "切断")),
        None => (Tone::Off, w!("Not yet", "未接続")),
    };
    let state = view! { <StatusChip tone=tone label=words/> }.into_any();
    let since = of.stream.as_ref().map(|s| fact(w!("Since", "開始").into(), at(s.since)));
    let error = of.stream.as_ref().and_then(|s| s.error.clone());
    let error = error.map(|error| fact(w!("Why", "理由").into(), said(code(&error)).into_any()));
    let leader = |role: &str, name: Tr| {
        let leader = of.leaders.iter().find(|l| l.role == role && l.alive);
        let holder = leader.map_or_else(
            || text(w!("Nobody", "なし")).into_any(),
            |l| view! { <code class="process">{l.holder.clone()}</code> }.into_any(),
        );
        fact(name.into(), holder)
    };
    let age = of.cursor_age_seconds.map(|seconds| {
        fact(w!("Replay position, age", "再生位置の経過").into(), (move || span(seconds, language())).into_any())
    });
    view! {
        <dl class="facts">
            {fact(w!("Stream", "受信").into(), state)} {since} {error} {age}
            {of.last_event_at.map(|time| fact(w!("Last event", "最終イベント").into(), at(time)))}
            {leader("subscriber", w!("Listens", "受信担当"))}
            {leader("reconciler", w!("Compares", "照合担当"))}
        </dl>
    }
    .into_any()
}

fn orders(seen: &Seen) -> AnyView {
    let row = |count: &domain::ops::overview::StageCount| {
        let orders = count.orders;
        fact(stage_words(count.stage).1.into(), orders.into_any())
    };
    view! { <dl class="facts">{seen.orders.iter().map(row).collect::<Vec<_>>()}</dl> }.into_any()
}

fn stock(seen: &Seen) -> AnyView {
    if seen.stock.is_empty() {
        return view! { <p class="muted">{text(w!("No free number or card.", "番号・カードの在庫なし。"))}</p> }
            .into_any();
    }
    let row = |stock: &domain::ops::overview::StockView| {
        let name: Tr = match stock.kind.as_str() {
            "iccid" => w!("SIM cards", "SIMカード"),
            _ => w!("Phone numbers", "電話番号"),
        };
        fact(name.into(), stock.free.into_any())
    };
    view! { <dl class="facts">{seen.stock.iter().map(row).collect::<Vec<_>>()}</dl> }.into_any()
}

fn upstreams(seen: &Seen) -> AnyView {
    if seen.upstreams.is_empty() {
        return view! { <p class="muted">{text(w!("No process has reported yet.", "まだ報告がありません。"))}</p> }
            .into_any();
    }
    let heads = vec![
        w!("System", "接続先"),
        w!("State", "状態"),
        w!("Calls in 5 min", "5分間の呼び出し"),
        w!("Failed", "失敗"),
        w!("Median", "中央値"),
        w!("99 %", "99 %"),
        w!("Process", "プロセス"),
    ];
    table(w!("Connected systems", "接続先"), heads, seen.upstreams.iter().map(upstream).collect())
}

fn upstream(of: &UpstreamView) -> AnyView {
    let (tone, words) = match of.breaker.as_str() {
        _ if of.stale => (Tone::Off, w!("Old news", "古い情報")),
        "closed" if of.denied > 0 => (Tone::Bad, w!("Refuses us", "認証拒否")),
        "closed" => (Tone::Good, w!("Answers", "正常")),
        "half_open" => (Tone::Busy, w!("Being tried", "確認中")),
        _ => (Tone::Bad, w!("Held back", "保留中")),
    };
    let ms = |value: Option<u32>| value.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"));
    view! {
        <tr>
            <th scope="row">{provider(&of.provider).to_owned()}</th>
            <td><StatusChip tone=tone label=words/></td>
            <td>{of.calls}</td><td>{of.failed}</td><td>{ms(of.p50_ms)}</td><td>{ms(of.p99_ms)}</td>
            <td><code class="process">{of.process.clone()}</code></td>
        </tr>
    }
    .into_any()
}
