//! A mail server that keeps what it is given in the outbox (RFC 5321, as much as a sender needs). It delivers to nobody,
//! asks for no password and offers no TLS.
//!
//! Some receivers are faults by themselves, whatever stands behind them before the `@`: `mail-refused` is refused for good,
//! `mail-busy` is put off, once for each address, `mail-lost` is taken without an answer, `mail-down` ends the line at
//! once.

mod mime;

use std::collections::HashSet;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

use crate::World;
use crate::outbox::NewMail;

/// Longest silence of a client.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes of a command line, and of a mail.
const LINE: u64 = 2_048;
const MAIL: usize = 256 * 1_024;

/// Serves until the world's streams end.
pub(crate) fn serve(world: World, listener: TcpListener) -> anyhow::Result<JoinHandle<()>> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let put_off: PutOff = Arc::default();
    Ok(tokio::spawn(async move {
        let mut stop = world.watch_stop();
        let mut lines = JoinSet::new();
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(_) = lines.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let (world, put_off) = (world.clone(), Arc::clone(&put_off));
                        lines.spawn(async move {
                            if let Err(error) = talk(&world, &put_off, stream).await {
                                tracing::debug!(%error, "a mail conversation broke off");
                            }
                        });
                    }
                    Err(error) => tracing::warn!(%error, "the sandbox's mail server cannot accept"),
                },
            }
        }
        lines.shutdown().await;
    }))
}

/// Receivers that were put off once.
type PutOff = Arc<Mutex<HashSet<String>>>;

/// What a receiver's address makes the server do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    Take,
    Refuse,
    PutOff,
    Lose,
    Hang,
}

fn behaviour(to: &str, put_off: &PutOff) -> Behaviour {
    let local = to.split('@').next().unwrap_or_default();
    if local.starts_with("mail-refused") {
        Behaviour::Refuse
    } else if local.starts_with("mail-busy") {
        let first = put_off.lock().unwrap_or_else(PoisonError::into_inner).insert(to.to_owned());
        if first { Behaviour::PutOff } else { Behaviour::Take }
    } else if local.starts_with("mail-lost") {
        Behaviour::Lose
    } else if local.starts_with("mail-down") {
        Behaviour::Hang
    } else {
        Behaviour::Take
    }
}

/// A mail while it is being told.
#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
    lose: bool,
}

async fn talk(world: &World, put_off: &PutOff, stream: TcpStream) -> std::io::Result<()> {
    let mut line = BufReader::new(stream);
    say(&mut line, "220 sandbox ESMTP").await?;
    let mut envelope = Envelope::default();
    while let Some(command) = hear(&mut line).await? {
        let upper = command.to_ascii_uppercase();
        let answer = if upper.starts_with("EHLO") {
            envelope = Envelope::default();
            "250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 262144"
        } else if upper.starts_with("HELO") || upper.starts_with("RSET") {
            envelope = Envelope::default();
            "250 sandbox"
        } else if upper.starts_with("MAIL FROM:") {
            envelope = Envelope { from: Some(address(&command)), ..Envelope::default() };
            "250 2.1.0 sender taken"
        } else if upper.starts_with("RCPT TO:") && envelope.from.is_some() {
            let to = address(&command);
            match behaviour(&to, put_off) {
                Behaviour::Refuse => "550 5.1.1 there is no such mailbox",
                Behaviour::PutOff => "451 4.3.0 try again later",
                Behaviour::Hang => return Ok(()),
                taken @ (Behaviour::Take | Behaviour::Lose) => {
                    envelope.lose |= taken == Behaviour::Lose;
                    envelope.to.push(to);
                    "250 2.1.5 receiver taken"
                }
            }
        } else if upper == "DATA" && !envelope.to.is_empty() {
            say(&mut line, "354 go on, and end with a dot").await?;
            let Some(bytes) = text(&mut line).await? else {
                say(&mut line, "552 5.3.4 too large").await?;
                return Ok(());
            };
            let told = std::mem::take(&mut envelope);
            let taken = keep(world, &told, &bytes);
            if told.lose {
                return Ok(());
            }
            if taken { "250 2.0.0 kept" } else { "554 5.6.0 not kept" }
        } else if upper == "NOOP" {
            "250 2.0.0 here"
        } else if upper == "QUIT" {
            say(&mut line, "221 2.0.0 goodbye").await?;
            return Ok(());
        } else if upper.starts_with("RCPT TO:") || upper == "DATA" {
            "503 5.5.1 not in this order"
        } else {
            "502 5.5.1 not understood"
        };
        say(&mut line, answer).await?;
    }
    Ok(())
}

fn keep(world: &World, envelope: &Envelope, bytes: &[u8]) -> bool {
    let read = mime::read(bytes);
    let from = envelope.from.clone().unwrap_or_default();
    envelope.to.iter().all(|to| {
        let (subject, text) = (read.subject.clone(), read.text.clone());
        world.send_mail(&NewMail { from: from.clone(), to: to.clone(), subject, text }).is_ok()
    })
}

/// What stands between the angle brackets.
fn address(command: &str) -> String {
    let rest = command.split_once('<').map_or("", |(_, rest)| rest);
    rest.split('>').next().unwrap_or_default().trim().to_owned()
}

async fn say(line: &mut BufReader<TcpStream>, words: &str) -> std::io::Result<()> {
    line.get_mut().write_all(format!("{words}\r\n").as_bytes()).await
}

/// One line of the client; `None` when it has gone, is silent or says too much.
async fn hear(line: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut words = Vec::new();
    let read = tokio::time::timeout(SILENCE, (&mut *line).take(LINE).read_until(b'\n', &mut words)).await;
    let Ok(read) = read else { return Ok(None) };
    read?;
    if words.last() != Some(&b'\n') {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&words).trim_end().to_owned()))
}

/// The text up to the line with the dot, which is undone where it was doubled; `None` when it is too large.
async fn text(line: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    loop {
        let mut one = Vec::new();
        let read = tokio::time::timeout(SILENCE, (&mut *line).take(64 * 1_024).read_until(b'\n', &mut one)).await;
        let Ok(read) = read else { return Err(std::io::ErrorKind::TimedOut.into()) };
        if read? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if one == b".\r\n" {
            return Ok(Some(bytes));
        }
        bytes.extend_from_slice(one.strip_prefix(b".").unwrap_or(&one));
        if bytes.len() > MAIL {
            return Ok(None);
        }
    }
}
