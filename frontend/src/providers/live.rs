//! The live connection: one WebSocket while somebody is signed in. It only says that something changed; pages ask again.

use crate::providers::session::use_session;
use crate::shared::api::access;
use crate::shared::api::client::{self, Call};
use crate::shared::utils::backoff::Backoff;
use crate::shared::utils::browser;
use domain::common::paths;
use domain::live::{ClientMessage, LiveTicket, ServerMessage};
use futures_util::future::{AbortHandle, Either, abortable, select};
use futures_util::{SinkExt, StreamExt};
use gloo_net::websocket::{Message, futures::WebSocket};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Milliseconds of silence after which the connection is tried with a ping, and then given up.
const SILENCE_MS: u32 = 20_000;

type Listener = (u32, Callback<ServerMessage>);

/// The live connection of this page.
#[derive(Clone, Copy)]
pub struct Live {
    connected: RwSignal<bool>,
    listeners: StoredValue<Vec<Listener>>,
    next: StoredValue<u32>,
}

/// Connects until aborted. Only customers need it, so in a release it is not part of the first load.
#[cfg_attr(feature = "split", leptos::lazy)]
fn start(live: Live) -> AbortHandle {
    let (task, handle) = abortable(live.run());
    spawn_local(async move {
        // Aborted on sign-out, or ended by the server.
        let _ = task.await;
    });
    handle
}

/// How a connection ended.
enum End {
    /// The session is over: do not come back.
    SignedOut,
    Lost {
        was_ready: bool,
    },
}

impl Live {
    /// Connects whenever somebody is signed in. Needs the session.
    pub fn provide() {
        let live = Self {
            connected: RwSignal::new(false),
            listeners: StoredValue::new(Vec::new()),
            next: StoredValue::new(0),
        };
        provide_context(live);
        let session = use_session();
        // News belong to a customer account; staff without one have none to hear.
        let user =
            Memo::new(move |_| session.me().and_then(|me| me.customer_id.map(|customer| (me.user_id, customer))));
        let running = StoredValue::new(None::<AbortHandle>);
        Effect::new(move |_| {
            let user = user.get();
            if let Some(handle) = running.try_update_value(Option::take).flatten() {
                handle.abort();
            }
            live.connected.set(false);
            if user.is_some() {
                spawn_local(async move {
                    #[cfg(feature = "split")]
                    let handle = start(live).await;
                    #[cfg(not(feature = "split"))]
                    let handle = start(live);
                    // The code may have been fetched while somebody signed out.
                    if access::identity_now().user() == user.map(|(user, _)| user) {
                        running.set_value(Some(handle));
                    } else {
                        handle.abort();
                    }
                });
            }
        });
    }

    /// Whether changes arrive by themselves; otherwise pages poll.
    pub fn is_connected(self) -> bool {
        self.connected.get()
    }

    /// Calls back with every message for as long as the owner lives. After a gap `Ready` comes: anything may have changed.
    pub fn listen(self, hear: impl Fn(ServerMessage) + Send + Sync + 'static) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.listeners.update_value(|all| all.push((id, Callback::new(hear))));
        on_cleanup(move || {
            self.listeners.try_update_value(|all| all.retain(|(other, _)| *other != id));
        });
    }

    fn pass_on(self, message: &ServerMessage) {
        for (_, hear) in self.listeners.get_value() {
            hear.try_run(message.clone());
        }
    }

    async fn run(self) {
        let mut backoff = Backoff::new(1_000, 20_000);
        loop {
            let end = self.connect_once().await;
            self.connected.set(false);
            match end {
                End::SignedOut => return,
                End::Lost { was_ready: true } => backoff.reset(),
                End::Lost { was_ready: false } => {}
            }
            TimeoutFuture::new(backoff.pause_ms(browser::dice())).await;
        }
    }

    async fn connect_once(self) -> End {
        let mut was_ready = false;
        // Every way out of the block is a lost connection, except the server's farewell.
        let signed_out = async {
            let reply = client::send(&Call::post(paths::LIVE_TICKET)).await.ok()?;
            let ticket = client::decode::<LiveTicket>(&reply).ok()?.ticket;
            let mut socket = WebSocket::open(&browser::socket_address(paths::LIVE)?).ok()?;
            socket.send(written(&ClientMessage::Auth { ticket })?).await.ok()?;
            let mut asked = false;
            loop {
                match select(socket.next(), TimeoutFuture::new(SILENCE_MS)).await {
                    Either::Left((message, _)) => {
                        asked = false;
                        let Message::Text(text) = message?.ok()? else { continue };
                        // A message of a later release is no reason to hang up.
                        let Ok(message) = serde_json::from_str::<ServerMessage>(&text) else { continue };
                        match message {
                            ServerMessage::SignedOut => return Some(()),
                            ServerMessage::Ready => {
                                was_ready = true;
                                self.connected.set(true);
                            }
                            _ => {}
                        }
                        self.pass_on(&message);
                    }
                    Either::Right(_) if asked => return None,
                    Either::Right(_) => {
                        asked = true;
                        socket.send(written(&ClientMessage::Ping)?).await.ok()?;
                    }
                }
            }
        }
        .await;
        match signed_out {
            Some(()) => {
                access::forget();
                End::SignedOut
            }
            None => End::Lost { was_ready },
        }
    }
}

fn written(message: &ClientMessage) -> Option<Message> {
    serde_json::to_string(message).ok().map(Message::Text)
}

/// The live connection of this page; provided by `App`.
pub fn use_live() -> Live {
    expect_context()
}
