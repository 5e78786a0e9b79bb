//! A server that speaks in bytes, for what networks and broken systems do.

use domain::catalog::Cycle;
use domain::orders::providers::whmcs::{BillingLine, NewBillingOrder};
use integrations::UpstreamErrorKind;
use integrations::whmcs::{Client, Config};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Clone)]
pub enum Answer {
    /// The connection is reset after the request.
    Reset,
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// Nothing, ever.
    Silence,
}

/// A server that reads each request whole and answers all in one way. Counts requests.
pub async fn server(answer: Answer) -> (String, Arc<AtomicUsize>) {
    server_of(vec![answer]).await
}

/// The same with an answer for each request; the last one serves all that follow.
pub async fn server_of(answers: Vec<Answer>) -> (String, Arc<AtomicUsize>) {
    server_that(|_| answers).await
}

/// The same for answers that name the server's own address.
pub async fn server_that(answers: impl FnOnce(&str) -> Vec<Answer>) -> (String, Arc<AtomicUsize>) {
    let stage = Stage::open().await;
    stage.play(answers(&stage.base));
    (stage.base, stage.count)
}

/// A server whose answers are given as a test goes on.
pub struct Stage {
    pub base: String,
    /// Requests so far.
    pub count: Arc<AtomicUsize>,
    /// The next one first; the last one serves all that follow.
    script: Arc<Mutex<VecDeque<Answer>>>,
}

impl Stage {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (count, script) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(VecDeque::new())));
        let stage = Self { base: format!("http://{address}"), count: Arc::clone(&count), script: Arc::clone(&script) };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (counter, script) = (Arc::clone(&count), Arc::clone(&script));
                tokio::spawn(async move {
                    read_request(&mut stream).await;
                    counter.fetch_add(1, Ordering::SeqCst);
                    let answer = next(&script);
                    match answer {
                        Answer::Reset => stream.set_zero_linger().unwrap(),
                        Answer::Bytes(bytes) => {
                            let _ = stream.write_all(&bytes).await;
                        }
                        Answer::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
                    }
                });
            }
        });
        stage
    }

    /// From now on the requests are answered so, whatever was to come.
    pub fn play(&self, answers: Vec<Answer>) {
        *self.script.lock().unwrap() = answers.into();
    }
}

fn next(script: &Mutex<VecDeque<Answer>>) -> Answer {
    let mut script = script.lock().unwrap();
    if script.len() > 1 { script.pop_front().unwrap() } else { script.front().unwrap().clone() }
}

async fn read_request(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |n| n.trim().parse::<usize>().unwrap());
            if body.len() >= length {
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => seen.extend_from_slice(&buffer[..n]),
        }
    }
}

/// A whole answer.
pub fn http(status: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Bytes(
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .into_bytes(),
    )
}

/// A client with little patience.
pub fn whmcs_config(base: &str) -> Config {
    Config { timeout_ms: 400, ..Config::new(base.parse().unwrap(), "identifier".into(), "secret".into()) }
}

pub fn client(base: &str) -> Client {
    Client::new(whmcs_config(base)).unwrap()
}

pub async fn read(client: &Client) -> UpstreamErrorKind {
    client.order(1).await.unwrap_err().kind
}

pub async fn write(client: &Client) -> UpstreamErrorKind {
    let line = BillingLine { product_id: 1, marker: "sfo-1-1".to_owned(), cycle: Cycle::Monthly, line_number: None };
    client.add_order(&NewBillingOrder { client_id: 1, lines: vec![line] }).await.unwrap_err().kind
}
