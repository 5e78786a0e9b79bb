//! HTML of an OpenAPI document. Pure.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The whole page.
pub(super) fn render(document: &Value) -> String {
    let title = text(&document["info"]["title"]);
    let mut page = String::with_capacity(64 * 1024);
    push(
        &mut page,
        format_args!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
             <link rel=\"stylesheet\" href=\"/api/docs/style.css\"></head><body><header><h1>{title}</h1>\
             <p>Version {}. {}</p><p><a href=\"/api/openapi.json\">OpenAPI document</a></p>",
            text(&document["info"]["version"]),
            text(&document["info"]["description"]),
        ),
    );
    let groups = by_tag(document);
    page.push_str("<nav aria-label=\"Parts\"><ul>");
    for tag in groups.keys() {
        push(&mut page, format_args!("<li><a href=\"#tag-{0}\">{0}</a></li>", escape(tag)));
    }
    page.push_str("<li><a href=\"#schemas\">Schemas</a></li></ul></nav></header><main>");
    for (tag, operations) in &groups {
        push(&mut page, format_args!("<h2 id=\"tag-{0}\">{0}</h2>", escape(tag)));
        for (method, path, operation) in operations {
            render_operation(&mut page, method, path, operation);
        }
    }
    page.push_str("<h2 id=\"schemas\">Schemas</h2>");
    for (name, schema) in object(&document["components"]["schemas"]) {
        render_schema(&mut page, name, schema);
    }
    page.push_str("</main></body></html>");
    page
}

type Operation<'d> = (&'d str, &'d str, &'d Value);

fn by_tag(document: &Value) -> BTreeMap<String, Vec<Operation<'_>>> {
    let mut groups: BTreeMap<String, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in object(&document["paths"]) {
        for (method, operation) in object(item) {
            let tag = operation["tags"][0].as_str().unwrap_or("other");
            groups.entry(tag.to_owned()).or_default().push((method, path, operation));
        }
    }
    groups
}

fn render_operation(page: &mut String, method: &str, path: &str, operation: &Value) {
    let id = text(&operation["operationId"]);
    let upper = method.to_ascii_uppercase();
    push(
        page,
        format_args!(
            "<section class=\"operation\" aria-labelledby=\"{id}\"><h3 id=\"{id}\"><span class=\"method {}\">{}</span> {}</h3>\
             <p><strong>{}</strong></p>",
            escape(method),
            escape(&upper),
            escape(path),
            text(&operation["summary"]),
        ),
    );
    if let Some(words) = operation["description"].as_str() {
        push(page, format_args!("<p>{}</p>", prose(words)));
    }
    if operation["security"].as_array().is_some_and(|s| !s.is_empty()) {
        page.push_str("<p class=\"lock\">Needs an access token.</p>");
    }
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        page.push_str("<h4>Parameters</h4><div class=\"scroll\"><table><tr><th>Name</th><th>In</th><th>Type</th><th>Meaning</th></tr>");
        for parameter in parameters {
            let required = if parameter["required"] == true { "" } else { " (optional)" };
            push(
                page,
                format_args!(
                    "<tr><td><code>{}</code>{required}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                    text(&parameter["name"]),
                    text(&parameter["in"]),
                    kind(&parameter["schema"]),
                    prose(parameter["description"].as_str().unwrap_or_default()),
                ),
            );
        }
        page.push_str("</table></div>");
    }
    if let Some((media, body)) = first(&operation["requestBody"]["content"]) {
        push(page, format_args!("<h4>Body</h4><p>{} ({})</p>", kind(&body["schema"]), escape(media)));
    }
    page.push_str("<h4>Answers</h4><div class=\"scroll\"><table><tr><th>Status</th><th>Body</th><th>Meaning</th></tr>");
    for (status, response) in object(&operation["responses"]) {
        let body = first(&response["content"]).map(|(_, c)| kind(&c["schema"])).unwrap_or_default();
        let meaning = prose(response["description"].as_str().unwrap_or_default());
        push(page, format_args!("<tr><td>{}</td><td>{body}</td><td>{meaning}</td></tr>", escape(status)));
    }
    page.push_str("</table></div></section>");
}

fn render_schema(page: &mut String, name: &str, schema: &Value) {
    let id = escape(name);
    push(page, format_args!("<section class=\"schema\"><h3 id=\"schema-{id}\">{id}</h3>"));
    if let Some(words) = schema["description"].as_str() {
        push(page, format_args!("<p>{}</p>", prose(words)));
    }
    let members = members(schema);
    if members.is_empty() {
        push(page, format_args!("<p>{}</p>", kind(schema)));
    } else {
        page.push_str("<div class=\"scroll\"><table><tr><th>Member</th><th>Type</th><th>Meaning</th></tr>");
        for (member, of, required) in members {
            let optional = if required { "" } else { " (optional)" };
            push(
                page,
                format_args!(
                    "<tr><td><code>{}</code>{optional}</td><td>{}</td><td>{}</td></tr>",
                    escape(member),
                    kind(of),
                    prose(of["description"].as_str().unwrap_or_default()),
                ),
            );
        }
        page.push_str("</table></div>");
    }
    page.push_str("</section>");
}

/// Members of an object, also of one that is put together with `allOf`.
fn members(schema: &Value) -> Vec<(&str, &Value, bool)> {
    let own = object(&schema["properties"]).map(|(name, of)| {
        let required = schema["required"].as_array().is_some_and(|r| r.iter().any(|n| n == name));
        (name.as_str(), of, required)
    });
    let parts = schema["allOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    own.chain(parts.iter().flat_map(members)).collect()
}

/// A type in a few words, with links to named ones.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escape(name));
    }
    for joined in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[joined].as_array() {
            let glue = if joined == "allOf" { " with " } else { " or " };
            return parts.iter().map(kind).collect::<Vec<_>>().join(glue);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(|v| format!("<code>{}</code>", escape(&v.to_string()))).collect::<Vec<_>>().join(" ");
    }
    let named = |name: &str| match name {
        "array" => format!("list of {}", kind(&schema["items"])),
        other => escape(other),
    };
    match &schema["type"] {
        Value::String(name) => named(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(named).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn first(value: &Value) -> Option<(&String, &Value)> {
    object(value).next()
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// Doc comments mark names with backticks.
fn prose(words: &str) -> String {
    let parts = words.split('`').enumerate();
    parts.map(|(i, part)| if i % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) }).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn push(page: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = page.write_fmt(words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_and_schema_is_on_the_page_and_nothing_is_inline() {
        let document = serde_json::to_value(crate::app::document()).unwrap();
        let page = render(&document);
        for (path, item) in object(&document["paths"]) {
            for (_, operation) in object(item) {
                let id = operation["operationId"].as_str().unwrap();
                assert!(page.contains(&format!("id=\"{id}\"")), "{path} {id}");
            }
        }
        for (name, _) in object(&document["components"]["schemas"]) {
            assert!(page.contains(&format!("id=\"schema-{name}\"")), "{name}");
        }
        for bad in ["<script", "<style", " style=", " onclick=", "http://", "https://"] {
            assert!(!page.contains(bad), "{bad}");
        }
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(prose("a `<b>` & \"c\""), "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;");
    }
}
