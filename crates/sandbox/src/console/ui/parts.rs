//! Small pieces of a page. Whatever is put in is escaped.

use maud::{Markup, html};
use serde_json::Value;

use crate::clock::{japan_datetime, parse_datetime};

/// Whole yen as people write them: `−¥1,200`.
pub(crate) fn yen(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let grouped: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| std::str::from_utf8(part).ok()).collect();
    format!("{}¥{}", if amount < 0 { "−" } else { "" }, grouped.join(","))
}

/// Kilobytes (1000 bytes) as people read them.
pub(crate) fn data(kb: u64) -> String {
    match kb {
        1_000_000.. => format!("{:.1} GB", kb as f64 / 1e6),
        1_000.. => format!("{} MB", kb / 1_000),
        _ => format!("{kb} KB"),
    }
}

/// A member of a record as text; absent and null are empty.
pub(crate) fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}

/// A member of a record whatever its type.
pub(crate) fn any(record: &Value, field: &str) -> String {
    match &record[field] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(flag) => if *flag { "Yes" } else { "No" }.to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => format!("{whole:.0}"),
            Some(_) | None => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// An amount of a record, which Salesforce writes as a float.
pub(crate) fn amount(record: &Value, field: &str) -> i64 {
    record[field].as_f64().unwrap_or(0.0).round() as i64
}

/// A moment, in Japan time.
pub(crate) fn moment(ms: i64) -> Markup {
    let written = japan_datetime(ms);
    let machine = format!("{}+09:00", written.replace(' ', "T"));
    html! { time datetime=(machine) title=(format!("{written} JST")) { (written.get(..16).unwrap_or(&written)) } }
}

/// A moment with its second, for logs.
pub(crate) fn second(ms: i64) -> Markup {
    let written = japan_datetime(ms);
    html! { time datetime=(format!("{}+09:00", written.replace(' ', "T"))) title=(format!("{written} JST")) { (written.get(5..).unwrap_or(&written)) } }
}

/// A moment as Salesforce writes it; other texts as they are.
pub(crate) fn salesforce_moment(text: &str) -> Markup {
    match parse_datetime(text) {
        Some(ms) => moment(ms),
        None => html! { (text) },
    }
}

/// A state as a coloured word. The word says it; the colour only helps.
pub(crate) fn badge(state: &str) -> Markup {
    let tone = match state.to_ascii_lowercase().as_str() {
        "active" | "activated" | "paid" | "verified" | "approved" | "published" | "answered" => "good",
        "draft" | "pending" | "waiting" | "activating" | "new" | "working" | "unpaid" | "temporary" | "submitted"
        | "payment pending" | "frozen" | "internal" => "wait",
        "rejected" | "cancelled" | "failed" | "suspended" | "overdue" | "terminated" | "fraud" | "escalated"
        | "fault" | "obsolete" | "collections" | "expired" => "bad",
        _ => "plain",
    };
    html! { @if !state.is_empty() { span class={ "badge " (tone) } { (state) } } }
}

/// A card with a heading; `id` must be unique on the page. Its content renews itself while the page is open.
pub(crate) fn card(id: &str, title: &str, aside: &Markup, body: &Markup) -> Markup {
    html! {
        section class="card" id=(id) data-live aria-labelledby={ (id) "-title" } {
            div class="card-head" { h2 id={ (id) "-title" } { (title) } (aside) }
            (body)
        }
    }
}

/// As [`card`], for forms: what a person types stays.
pub(crate) fn panel(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section class="card" id=(id) aria-labelledby={ (id) "-title" } {
            div class="card-head" { h2 id={ (id) "-title" } { (title) } }
            (body)
        }
    }
}

/// Nothing besides the heading.
pub(crate) fn plain() -> Markup {
    html! {}
}

/// Names with their values; empty values are left out.
pub(crate) fn facts(rows: &[(&str, Markup)]) -> Markup {
    html! {
        dl class="facts" {
            @for (name, value) in rows.iter().filter(|(_, value)| !value.0.is_empty()) {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// Any text as markup.
pub(crate) fn words(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

/// A link; without text nothing.
pub(crate) fn link(to: &str, text: &str) -> Markup {
    html! { @if !text.is_empty() { a href=(to) { (text) } } }
}

/// A table which becomes a list of cards on a narrow screen. The roles are said because some browsers forget what a
/// table is when its rows are laid out as blocks. A head that begins with `#` is a column of numbers.
pub(crate) fn table(caption: &str, heads: &[&str], rows: &[Vec<Markup>], empty: &str) -> Markup {
    html! {
        @if rows.is_empty() { p class="empty" { (empty) } } @else {
            table role="table" {
                caption class="unseen" { (caption) }
                thead role="rowgroup" { tr role="row" {
                    @for head in heads {
                        th scope="col" role="columnheader" class=[head.starts_with('#').then_some("number")] {
                            (head.trim_start_matches('#'))
                        }
                    }
                } }
                tbody role="rowgroup" { @for row in rows { tr role="row" {
                    @for (head, cell) in heads.iter().zip(row) {
                        td role="cell" class=[head.starts_with('#').then_some("number")]
                            data-label=(head.trim_start_matches('#')) data-empty=[cell.0.is_empty().then_some("")] { (cell) }
                    }
                } } }
            }
        }
    }
}

/// A button that does one thing by itself. `fields` are sent with it.
pub(crate) fn action(to: &str, label: &str, class: &str, spoken: &str, fields: &[(&str, &str)]) -> Markup {
    html! {
        form method="post" action=(to) {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button class=(class) { (label) @if !spoken.is_empty() { span class="unseen" { " " (spoken) } } }
        }
    }
}

/// A labelled number field.
pub(crate) fn number(name: &str, label: &str, hint: &str, value: &str, min: i64, max: i64) -> Markup {
    html! {
        label class="field" { span { (label) }
            input type="number" inputmode="numeric" name=(name) value=(value) min=(min) max=(max);
            @if !hint.is_empty() { small { (hint) } } }
    }
}

/// A labelled text field.
pub(crate) fn line(name: &str, label: &str, hint: &str, value: &str) -> Markup {
    html! {
        label class="field" { span { (label) }
            input type="text" name=(name) value=(value) autocomplete="off" spellcheck="false";
            @if !hint.is_empty() { small { (hint) } } }
    }
}

/// A labelled choice: value and text of each, and the chosen value.
pub(crate) fn choice(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        label class="field" { span { (label) }
            select name=(name) {
                @for (value, text) in options { option value=(value) selected[*value == chosen] { (text) } }
            } }
    }
}

/// A labelled box to tick.
pub(crate) fn tick(name: &str, label: &str, on: bool) -> Markup {
    html! { label class="tick" { input type="checkbox" name=(name) value="on" checked[on]; span { (label) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yen_are_grouped() {
        assert_eq!([yen(0), yen(999), yen(1_234_567), yen(-1_200)], ["¥0", "¥999", "¥1,234,567", "−¥1,200"]);
    }

    #[test]
    fn whatever_is_put_in_is_escaped() {
        let bad = "\"><script>alert('x')</script>&amp;";
        let made = [
            badge(bad),
            words(bad),
            link("/", bad),
            link(bad, "x"),
            table(bad, &["A"], &[vec![words(bad)]], ""),
            facts(&[("A", words(bad))]),
            action(bad, bad, "", bad, &[(bad, bad)]),
            line("a", bad, bad, bad),
            salesforce_moment(bad),
        ];
        for markup in made {
            let html = markup.into_string();
            assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
        }
    }
}
