//! A way to the database that can be cut: nothing gets through, nothing is refused, and what was sent arrives later.

use platform::Db;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

#[derive(Clone, Copy)]
struct Gate {
    open: bool,
    /// Connections with a lower number are dead without anybody having been told.
    alive_from: u64,
    next: u64,
}

/// A TCP proxy before a PostgreSQL server.
pub struct Proxy {
    pub url: Url,
    gate: watch::Sender<Gate>,
    _connections: JoinSet<()>,
}

impl Proxy {
    pub async fn before(database: &Url) -> Self {
        let server = format!("{}:{}", database.host_str().unwrap(), database.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url = database.clone();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (gate, _) = watch::channel(Gate { open: true, alive_from: 0, next: 0 });
        let gates = gate.clone();
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut running = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let number = gates.borrow().next;
                gates.send_modify(|gate| gate.next += 1);
                let (server, gate) = (server.clone(), gates.subscribe());
                running.spawn(async move {
                    let Ok(server) = TcpStream::connect(server).await else { return };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    tokio::join!(
                        pass(from_client, to_server, gate.clone(), number),
                        pass(from_server, to_client, gate, number)
                    );
                });
            }
        });
        Self { url, gate, _connections: connections }
    }

    pub fn cut(&self) {
        self.gate.send_modify(|gate| gate.open = false);
    }

    pub fn heal(&self) {
        self.gate.send_modify(|gate| gate.open = true);
    }

    /// What is connected hears nothing any more, for ever; new connections work.
    pub fn strand(&self) {
        self.gate.send_modify(|gate| gate.alive_from = gate.next);
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut gate: watch::Receiver<Gate>,
    number: u64,
) {
    let mut buffer = vec![0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if gate.wait_for(|gate| gate.open && number >= gate.alive_from).await.is_err()
            || to.write_all(&buffer[..length]).await.is_err()
        {
            return;
        }
    }
}

/// SQLite cannot be cut off; its one write lock can be held.
pub async fn lock(db: &Db) -> DatabaseTransaction {
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared("UPDATE job SET priority = priority").await.unwrap();
    tx
}
