//! One conversation with the mail server (RFC 5321) for one mail. What matters afterwards is how far it came: only after
//! the end of the text, and without an answer to it, is the outcome unknown.

use super::{Composed, Config, Tls};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret as _;
use std::future::Future;

/// How handing over a mail ended. Reasons are codes; the server's words may hold the address and go nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The server has taken it.
    Sent,
    /// For good: another try would end the same.
    Refused(&'static str),
    /// Nothing was sent; another try may help.
    NotNow(&'static str),
    /// The text was sent and the answer did not come.
    Unknown,
}

/// Hands a mail over.
pub async fn deliver(config: &Config, mail: &Composed) -> Delivery {
    let mut connection = match in_time(config, prepare(config, mail)).await {
        Some(Ok(connection)) => connection,
        Some(Err(delivery)) => return delivery,
        None => return Delivery::NotNow("mail_timeout"),
    };
    let answer = in_time(config, connection.message(&mail.bytes)).await;
    let delivery = match answer {
        Some(Ok(_)) => Delivery::Sent,
        // The server has answered to the text, so it is known not to have taken it.
        Some(Err(error)) if error.is_permanent() => Delivery::Refused("mail_text_refused"),
        Some(Err(error)) if error.is_transient() => Delivery::NotNow("mail_put_off"),
        Some(Err(_)) | None => Delivery::Unknown,
    };
    // Manners; the mail is taken whether the server says goodbye or not.
    let _ = in_time(config, connection.abort()).await;
    delivery
}

/// Everything before the text itself.
async fn prepare(config: &Config, mail: &Composed) -> Result<AsyncSmtpConnection, Delivery> {
    let hello = ClientId::Domain(config.public_url.host_str().unwrap_or("localhost").to_owned());
    let not_reached = |_| Delivery::NotNow("mail_not_reached");
    let tls = || TlsParameters::new(config.host.clone()).map_err(|_| Delivery::NotNow("mail_tls"));
    let implicit = if config.tls == Tls::Implicit { Some(tls()?) } else { None };
    let server = (config.host.as_str(), config.port);
    let timeout = Some(config.timeout);
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(server, timeout, &hello, implicit, None).await.map_err(not_reached)?;
    if config.tls == Tls::StartTls {
        connection.starttls(tls()?, &hello).await.map_err(|_| Delivery::NotNow("mail_tls"))?;
    }
    if let Some((name, password)) = &config.login {
        let credentials = Credentials::new(name.clone(), password.expose_secret().to_owned());
        // A wrong password is put right by the operator, so that it is no reason to give mails up.
        let login = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
        login.map_err(|_| Delivery::NotNow("mail_login"))?;
    }
    let addresses = mail.envelope.from().into_iter().chain(mail.envelope.to());
    let utf8 = addresses.map(AsRef::<str>::as_ref).any(|address| !address.is_ascii());
    if utf8 && !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        return Err(Delivery::Refused("mail_address_unusable"));
    }
    let mut parameters = Vec::new();
    if utf8 {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if connection.server_info().supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let sender = mail.envelope.from().cloned();
    let refused_sender = |error: Error| refused(&error, Delivery::NotNow("mail_sender_refused"));
    connection.command(Mail::new(sender, parameters)).await.map_err(refused_sender)?;
    for to in mail.envelope.to() {
        let refused_recipient = |error: Error| refused(&error, Delivery::Refused("mail_recipient_refused"));
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(refused_recipient)?;
    }
    connection.command(Data).await.map_err(|error| refused(&error, Delivery::Refused("mail_text_refused")))?;
    Ok(connection)
}

fn refused(error: &Error, permanent: Delivery) -> Delivery {
    if error.is_permanent() {
        permanent
    } else if error.is_transient() {
        Delivery::NotNow("mail_put_off")
    } else {
        Delivery::NotNow("mail_not_reached")
    }
}

async fn in_time<T>(config: &Config, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(config.timeout, work).await.ok()
}
