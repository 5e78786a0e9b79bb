//! Schemas by id. One never changes under its id, so it is asked for once and kept.

use super::avro;
use super::error::EventError;
use apache_avro::Schema;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Most schemas kept; a topic has one, and a new one after each edit of the event.
const MOST: usize = 64;
/// Longest id. They are 22 characters long; opaque, so more is let in. (P)
const MOST_ID_BYTES: usize = 256;

/// A schema, or why it cannot be used, which does not change either.
pub(super) type Known = Result<Arc<Schema>, &'static str>;

#[derive(Debug, Default)]
pub(super) struct Schemas(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_id: HashMap<String, Known>,
    /// Oldest first.
    order: VecDeque<String>,
}

impl Schemas {
    /// The schema of an id. `ask` gets its text, if it is not known yet: `None` when Salesforce says that there is none or the
    /// text is too long to be received. A text that is no usable schema will not become one and is remembered; that there is
    /// none is not.
    ///
    /// # Errors
    /// Those of `ask`.
    pub async fn get(
        &self,
        id: &str,
        ask: impl Future<Output = Result<Option<String>, EventError>>,
    ) -> Result<Known, EventError> {
        if id.is_empty() || id.len() > MOST_ID_BYTES {
            return Ok(Err("the event names no usable schema"));
        }
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(id) {
            return Ok(known.clone());
        }
        let Some(text) = ask.await? else {
            tracing::error!(schema.id = id, "Salesforce has no such event schema");
            return Ok(Err("the schema is not to be had"));
        };
        let known = avro::schema(&text).map(Arc::new);
        if let Err(reason) = &known {
            tracing::error!(schema.id = id, reason, "an event schema cannot be used");
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_id.insert(id.to_owned(), known.clone()).is_none() {
            kept.order.push_back(id.to_owned());
        }
        if kept.order.len() > MOST
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.by_id.remove(&oldest);
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"type":"record","name":"A__e","fields":[]}"#;

    #[tokio::test]
    async fn a_schema_is_asked_for_once_and_failures_to_ask_are_not_kept() {
        let schemas = Schemas::default();
        let down = EventError::Unavailable { reason: "x" };
        assert_eq!(schemas.get("a", async { Err(down.clone()) }).await, Err(down));
        assert!(schemas.get("a", async { Ok(Some(TEXT.to_owned())) }).await.unwrap().is_ok());
        assert!(schemas.get("a", async { panic!("asked twice") }).await.unwrap().is_ok());
        assert!(schemas.get("b", async { Ok(Some("<html>".to_owned())) }).await.unwrap().is_err());
        assert!(schemas.get("b", async { panic!("it will not become Avro") }).await.unwrap().is_err());
        assert!(schemas.get("c", async { Ok(None) }).await.unwrap().is_err());
        assert!(schemas.get("c", async { Ok(Some(TEXT.to_owned())) }).await.unwrap().is_ok(), "absence may pass");
        assert!(schemas.get("", async { panic!("there is nothing to ask for") }).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn only_so_many_are_kept() {
        let schemas = Schemas::default();
        for i in 0..MOST * 3 {
            schemas.get(&i.to_string(), async { Ok(Some(TEXT.to_owned())) }).await.unwrap().unwrap();
        }
        let kept = schemas.0.lock().unwrap();
        assert_eq!((kept.by_id.len(), kept.order.len()), (MOST, MOST));
    }
}
