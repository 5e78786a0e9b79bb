//! One connection: first the ticket, then messages of the bus until somebody ends it.

use super::ticket;
use crate::features::auth::ended::Standing;
use crate::state::{Context, Ctx};
use actix_ws::{CloseCode, CloseReason, Closed, Message, MessageStream, Session};
use domain::auth::Right;
use domain::live::{ClientMessage, ServerMessage};
use domain::{CustomerId, SessionId};
use platform::bus::BusMessage;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

/// Most bytes of a frame from the browser; a ticket is 43.
pub(super) const FRAME_LIMIT: usize = 4096;
/// The first message must be there by then.
const AUTH_WAIT: Duration = Duration::from_secs(5);
/// Between our pings.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// Without any frame for this long, the other side is gone.
const SILENCE: Duration = Duration::from_secs(60);

/// Serves a connection until it ends.
pub(super) async fn serve(ctx: Ctx, mut session: Session, mut stream: MessageStream) {
    let stopping = ctx.stopping();
    // Before the ticket is taken, so that nothing is missed between "ready" and the first message.
    let bus = ctx.bus.receive();
    let admitted = match tokio::time::timeout(AUTH_WAIT, authenticate(&ctx, &mut session, &mut stream)).await {
        Ok(Ok((session_id, owner))) => (session_id, owner),
        Ok(Err(end)) => return end.close(session).await,
        Err(_elapsed) => return End::Policy("no ticket in time").close(session).await,
    };
    let (session_id, owner) = admitted;
    let Some(_place) = ctx.connections.enter(owner, session_id) else {
        return End::Policy("too many connections").close(session).await;
    };
    if send(&mut session, &ServerMessage::Ready).await.is_err() {
        return;
    }
    let mut live = Live { ctx: &ctx, session_id, owner, session: session.clone(), last_frame: Instant::now() };
    let end = live.run(&mut stream, bus, stopping).await;
    end.close(session).await;
}

/// Why a connection ends.
enum End {
    /// The other side has closed it, or is gone.
    Gone,
    /// Closed by us because of what the other side did.
    Policy(&'static str),
    /// The session has ended: say so first.
    SignedOut,
    /// The page has missed messages: it reconnects and reads everything again.
    Lagged,
    /// The process stops: the page reconnects elsewhere.
    Stopping,
}

impl End {
    async fn close(self, mut session: Session) {
        let (last, code, description) = match self {
            Self::Gone => (None, CloseCode::Normal, ""),
            Self::Policy(why) => (None, CloseCode::Policy, why),
            Self::SignedOut => (Some(ServerMessage::SignedOut), CloseCode::Normal, "signed out"),
            Self::Lagged => (Some(ServerMessage::SubscriptionsChanged), CloseCode::Again, "messages were missed"),
            Self::Stopping => (None, CloseCode::Restart, "restarting"),
        };
        if let Some(last) = last
            && send(&mut session, &last).await.is_err()
        {
            return;
        }
        // Already closed is as good.
        let _ = session.close(Some(CloseReason { code, description: Some(description.to_owned()) })).await;
    }
}

async fn authenticate(
    ctx: &Context,
    session: &mut Session,
    stream: &mut MessageStream,
) -> Result<(SessionId, CustomerId), End> {
    loop {
        match stream.recv().await {
            Some(Ok(Message::Text(text))) => {
                let Ok(ClientMessage::Auth { ticket }) = serde_json::from_str(&text) else {
                    return Err(End::Policy("the first message must be the ticket"));
                };
                return match ticket::redeem(ctx, &ticket).await {
                    Ok(Some(admitted)) => Ok(admitted),
                    Ok(None) => Err(End::Policy("the ticket is not valid")),
                    Err(error) => {
                        tracing::warn!(causes = error.causes(), "a ticket could not be checked");
                        Err(End::Stopping)
                    }
                };
            }
            Some(Ok(Message::Ping(bytes))) => session.pong(&bytes).await.map_err(|_| End::Gone)?,
            Some(Ok(Message::Pong(_))) => {}
            Some(Ok(_)) => return Err(End::Policy("the first message must be the ticket")),
            Some(Err(_)) => return Err(End::Policy("unreadable frame")),
            None => return Err(End::Gone),
        }
    }
}

struct Live<'c> {
    ctx: &'c Context,
    session_id: SessionId,
    owner: CustomerId,
    session: Session,
    last_frame: Instant,
}

impl Live<'_> {
    async fn run(
        &mut self,
        stream: &mut MessageStream,
        mut bus: broadcast::Receiver<BusMessage>,
        mut stopping: watch::Receiver<bool>,
    ) -> End {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.reset();
        loop {
            let step = tokio::select! {
                frame = stream.recv() => self.on_frame(frame).await,
                message = bus.recv() => self.on_bus(message).await,
                _ = heartbeat.tick() => self.on_heartbeat().await,
                // An error means that the process is already gone.
                _ = stopping.wait_for(|stop| *stop) => Err(End::Stopping),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn on_frame(&mut self, frame: Option<Result<Message, actix_ws::ProtocolError>>) -> Result<(), End> {
        self.last_frame = Instant::now();
        match frame {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(ClientMessage::Ping) => self.send(&ServerMessage::Pong).await,
                Ok(ClientMessage::Auth { .. }) => Err(End::Policy("already signed in")),
                Err(_) => Err(End::Policy("unknown message")),
            },
            Some(Ok(Message::Ping(bytes))) => self.session.pong(&bytes).await.map_err(|_| End::Gone),
            Some(Ok(Message::Pong(_) | Message::Nop)) => Ok(()),
            Some(Ok(Message::Binary(_) | Message::Continuation(_))) => Err(End::Policy("text frames only")),
            Some(Err(_)) => Err(End::Policy("unreadable frame")),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
        }
    }

    async fn on_bus(&mut self, message: Result<BusMessage, RecvError>) -> Result<(), End> {
        match message {
            Ok(BusMessage::Customer { customer_id, message }) if customer_id == self.owner => {
                if self.may_hear(&message).await? { self.send(&message).await } else { Ok(()) }
            }
            Ok(BusMessage::Everyone { message }) => self.send(&message).await,
            Ok(BusMessage::SessionEnded { session_id }) if session_id == self.session_id => Err(End::SignedOut),
            Ok(
                BusMessage::Customer { .. }
                | BusMessage::SessionEnded { .. }
                | BusMessage::AccessChanged { .. }
                | BusMessage::CacheDropped { .. }
                | BusMessage::JobsReady,
            ) => Ok(()),
            // The page asks for everything again when it has a new connection.
            Ok(BusMessage::Missed) | Err(RecvError::Lagged(_)) => Err(End::Lagged),
            Err(RecvError::Closed) => Err(End::Stopping),
        }
    }

    async fn on_heartbeat(&mut self) -> Result<(), End> {
        if self.last_frame.elapsed() > SILENCE {
            return Err(End::Gone);
        }
        self.session.ping(b"").await.map_err(|_| End::Gone)
    }

    /// Whether the person may see what the message is about, by the role that they have now.
    async fn may_hear(&self, message: &ServerMessage) -> Result<bool, End> {
        let right = match message {
            ServerMessage::OrderChanged { .. } => Right::SeeOrders,
            ServerMessage::SubscriptionsChanged => Right::SeeServices,
            ServerMessage::InvoicesChanged => Right::SeeBills,
            ServerMessage::Ready | ServerMessage::CatalogChanged | ServerMessage::SignedOut | ServerMessage::Pong => {
                return Ok(true);
            }
        };
        match self.ctx.ended.look_up(self.ctx, self.session_id).await {
            Ok(Standing::Alive(access)) => Ok(access.member.is_some_and(|(role, _)| role.may(right))),
            Ok(Standing::Ended(_)) => Err(End::SignedOut),
            // Not said to somebody of whom it is not known; the page polls.
            Err(error) => {
                tracing::warn!(causes = error.causes(), "a live connection's session could not be checked");
                Ok(false)
            }
        }
    }

    async fn send(&mut self, message: &ServerMessage) -> Result<(), End> {
        send(&mut self.session, message).await.map_err(|_| End::Gone)
    }
}

async fn send(session: &mut Session, message: &ServerMessage) -> Result<(), Closed> {
    match serde_json::to_string(message) {
        Ok(text) => session.text(text).await,
        Err(error) => {
            tracing::error!(%error, "a live message could not be written");
            Ok(())
        }
    }
}
