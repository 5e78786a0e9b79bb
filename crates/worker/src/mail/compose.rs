//! A mail as bytes: headers, plain text and HTML (RFC 5322, RFC 2046). The same row makes the same mail at every try.

use super::texts::{Line, Text, text};
use super::{Config, Delivery};
use domain::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{self, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use platform::store::mails::Outgoing;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What goes over the wire.
pub struct Composed {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

/// Whether mails can be from it: an address, or a name with one.
pub fn is_sender(from: &str) -> bool {
    from.parse::<Mailbox>().is_ok()
}

/// Writes a mail.
///
/// # Errors
/// How the mail ends when one of the addresses cannot be one.
pub fn compose(config: &Config, mail: &Outgoing) -> Result<Composed, Delivery> {
    let from: Mailbox = config.from.parse().map_err(|_| Delivery::NotNow("mail_sender_refused"))?;
    let to: Address = mail.to.reveal().parse().map_err(|_| Delivery::Refused("mail_address_unusable"))?;
    let said = text(mail.template, mail.language, &mail.fields, config.public_url.as_str());
    let message_id = format!("<{}@{}>", mail.message_id, from.email.domain());
    let message = Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(&said.subject)
        .date(system_time(mail.created_at))
        .message_id(Some(message_id))
        // RFC 3834: nobody's absence note should answer.
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(plain(&said), html(&said)))
        .map_err(|_| Delivery::Refused("mail_address_unusable"))?;
    Ok(Composed { envelope: message.envelope().clone(), bytes: message.formatted() })
}

/// `Auto-Submitted: auto-generated`, for which the library has no type.
#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(at.millis()).unwrap_or(0))
}

fn plain(said: &Text) -> String {
    let mut body = String::new();
    for line in &said.lines {
        // Writing into a String cannot fail.
        let _ = match line {
            Line::Words(words) => write!(body, "{words}\r\n\r\n"),
            Line::Link { url, .. } => write!(body, "{url}\r\n\r\n"),
        };
    }
    body
}

fn html(said: &Text) -> String {
    let mut body = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
         <body style=\"font-family:sans-serif;line-height:1.5;max-width:36em\">",
        said.lang,
        escaped(&said.subject)
    );
    for line in &said.lines {
        let _ = match line {
            Line::Words(words) => write!(body, "<p>{}</p>", escaped(words)),
            Line::Link { label, url } => write!(body, "<p><a href=\"{}\">{}</a></p>", escaped(url), escaped(label)),
        };
    }
    body.push_str("</body></html>");
    body
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::common::pii::Pii;
    use domain::common::text::Language;
    use platform::store::mails::{MailFields, MailTemplate};

    fn outgoing(template: MailTemplate, language: Language) -> Outgoing {
        Outgoing {
            id: uuid::Uuid::from_u128(1),
            message_id: "fixed".to_owned(),
            to: Pii::new("mika@example.com".to_owned()),
            template,
            language,
            fields: MailFields {
                token: Some(Pii::new("T".repeat(43))),
                email: Some(Pii::new("new@example.com".to_owned())),
                customer: Some(Pii::new("<script>Sato</script> & Co".to_owned())),
                device: Some("Firefox".to_owned()),
                address: Some("192.0.2.0".to_owned()),
                ..MailFields::default()
            },
            created_at: Timestamp(1_800_000_000_000),
        }
    }

    fn config() -> Config {
        Config::plain("127.0.0.1", 25, "Portal <portal@example.com>", "https://portal.example/".parse().unwrap())
    }

    #[test]
    fn the_same_row_makes_the_same_head() {
        let mail = outgoing(MailTemplate::ConfirmSignUp, Language::En);
        let head = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            text.lines().filter(|l| !l.contains("boundary")).take(6).collect::<Vec<_>>().join("\n")
        };
        let first = head(compose(&config(), &mail).unwrap().bytes);
        assert_eq!(first, head(compose(&config(), &mail).unwrap().bytes));
        assert!(first.contains("Message-ID: <fixed@example.com>"), "{first}");
        assert!(first.contains("Date: Fri, 15 Jan 2027"), "{first}");
        assert!(first.contains("Auto-Submitted: auto-generated"), "{first}");
    }

    #[test]
    fn what_others_wrote_is_no_markup_and_no_header() {
        let said = text(
            MailTemplate::Invitation,
            Language::En,
            &outgoing(MailTemplate::Invitation, Language::En).fields,
            "https://portal.example/",
        );
        let page = html(&said);
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;Sato"), "{page}");
        let mut mail = outgoing(MailTemplate::Invitation, Language::En);
        mail.fields.customer = Some(Pii::new("a\r\nBcc: everybody@example.com".to_owned()));
        let bytes = String::from_utf8(compose(&config(), &mail).unwrap().bytes).unwrap();
        let head = bytes.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_not_tried_again() {
        let mut mail = outgoing(MailTemplate::ConfirmSignUp, Language::En);
        mail.to = Pii::new("no address".to_owned());
        assert_eq!(compose(&config(), &mail).err(), Some(Delivery::Refused("mail_address_unusable")));
    }
}
