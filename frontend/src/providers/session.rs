//! The session of this page: found at start, shared with the other tabs of the browser.

use crate::shared::api::access::{self, Identity, Refresh};
use crate::shared::api::client::{self, Call};
use crate::shared::api::failure::Failure;
use crate::shared::utils::backoff::Backoff;
use crate::shared::utils::browser;
use domain::auth::{Me, TokenReply};
use domain::common::paths;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent};

const CHANNEL: &str = "portal.session";
const SIGNED_IN: &str = "signed-in";
const SIGNED_OUT: &str = "signed-out";

/// Who is signed in, and whether the server could be asked at all.
#[derive(Clone, Copy)]
pub struct Session {
    identity: Memo<Identity>,
    unreachable: RwSignal<bool>,
    channel: StoredValue<Option<BroadcastChannel>, LocalStorage>,
}

impl Session {
    /// Asks the server with the cookie who this is, and listens to the other tabs.
    pub fn provide() {
        let session = Self {
            identity: Memo::new(|_| access::identity()),
            unreachable: RwSignal::new(false),
            channel: StoredValue::new_local(BroadcastChannel::new(CHANNEL).ok()),
        };
        session.listen_to_other_tabs();
        session.find();
        provide_context(session);
    }

    pub fn me(self) -> Option<Me> {
        self.identity.with(|i| i.me().cloned())
    }
    pub fn is_signed_in(self) -> bool {
        self.identity.with(|i| i.me().is_some())
    }
    /// `None` while unknown.
    pub fn known(self) -> Option<bool> {
        self.identity.with(|i| match i {
            Identity::Unknown => None,
            Identity::Anonymous => Some(false),
            Identity::SignedIn(_) => Some(true),
        })
    }
    /// The server has not answered the first question; it is asked again meanwhile.
    pub fn is_unreachable(self) -> bool {
        self.unreachable.get()
    }

    /// After sign-in or sign-up.
    pub fn begin(self, reply: TokenReply) {
        access::accept(reply);
        self.tell(SIGNED_IN);
    }

    /// Ends the session everywhere in this browser. The page forgets even when the server cannot be reached; then the
    /// failure is returned, because the cookie still lives.
    ///
    /// # Errors
    /// The server did not confirm.
    pub async fn end(self) -> Result<(), Failure> {
        let answer = client::send(&Call::post(paths::LOGOUT)).await;
        access::forget();
        self.tell(SIGNED_OUT);
        answer.map(drop)
    }

    fn find(self) {
        spawn_local(async move {
            let mut backoff = Backoff::new(1_000, 15_000);
            while access::refresh().await == Refresh::Unreachable && access::identity_now() == Identity::Unknown {
                self.unreachable.set(true);
                TimeoutFuture::new(backoff.pause_ms(browser::dice())).await;
            }
            self.unreachable.set(false);
        });
    }

    fn tell(self, word: &str) {
        self.channel.with_value(|channel| {
            if let Some(channel) = channel {
                // Other tabs find out with their next request if this fails.
                let _ = channel.post_message(&word.into());
            }
        });
    }

    fn listen_to_other_tabs(self) {
        let heard =
            Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| match event.data().as_string().as_deref() {
                Some(SIGNED_OUT) => access::forget(),
                Some(SIGNED_IN) => spawn_local(async {
                    access::refresh().await;
                }),
                _ => {}
            });
        self.channel.with_value(|channel| {
            if let Some(channel) = channel {
                channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
            }
        });
        // Lives as long as the page.
        heard.forget();
    }
}

/// The session of this page; provided by `App`.
pub fn use_session() -> Session {
    expect_context()
}
