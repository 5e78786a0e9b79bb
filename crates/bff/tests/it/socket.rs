//! A WebSocket client of a few lines (RFC 6455), because no other part of the tests needs one.

use domain::live::{ClientMessage, ServerMessage};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub struct Socket(TcpStream);

/// What the server sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    Close(u16),
    /// The connection ended without a close frame.
    Gone,
}

impl Socket {
    /// Opens `/api/live`; the status when the server does not switch.
    pub async fn open(url: &str, origin: &str) -> Result<Self, u16> {
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /api/live HTTP/1.1\r\nHost: {address}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let status = String::from_utf8_lossy(&head[9..12]).parse().unwrap();
        if status == 101 { Ok(Self(stream)) } else { Err(status) }
    }

    pub async fn send_text(&mut self, text: &str) {
        let length = u16::try_from(text.len()).unwrap();
        let mut frame = vec![0x81];
        if length < 126 {
            frame.push(0x80 | u8::try_from(length).unwrap());
        } else {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
        // A mask of zeros leaves the text as it is.
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.write_all(&frame).await.unwrap();
    }

    pub async fn send(&mut self, message: &ClientMessage) {
        self.send_text(&serde_json::to_string(message).unwrap()).await;
    }

    /// The next text or close frame, within ten seconds.
    pub async fn receive(&mut self) -> Frame {
        tokio::time::timeout(Duration::from_secs(10), self.next()).await.expect("nothing came")
    }

    /// What comes back on a ping.
    pub async fn ping(&mut self) -> Frame {
        self.send(&ClientMessage::Ping).await;
        self.receive().await
    }

    #[track_caller]
    pub fn expect(frame: Frame) -> ServerMessage {
        match frame {
            Frame::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    async fn next(&mut self) -> Frame {
        loop {
            let Ok(first) = self.0.read_u8().await else { return Frame::Gone };
            let length = match self.0.read_u8().await.unwrap() {
                126 => usize::from(self.0.read_u16().await.unwrap()),
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload).await.unwrap();
            match first & 0x0f {
                1 => return Frame::Text(String::from_utf8(payload).unwrap()),
                8 => return Frame::Close(u16::from_be_bytes([payload[0], payload[1]])),
                _ => {}
            }
        }
    }
}
