//! Named places at which a test may end the process, as a power cut would: before and after each commit and each call.
//! In production nobody listens, and a place costs one atomic load.

use std::sync::OnceLock;

type Hook = Box<dyn Fn(&str) + Send + Sync>;

static HOOK: OnceLock<Hook> = OnceLock::new();

/// Passes a place. Names are `step/item:point` for a step of a run, `what:point` for the rest.
pub fn point(name: &str) {
    if let Some(hook) = HOOK.get() {
        hook(name);
    }
}

/// As [`point`], with a name that is only written out when somebody listens.
pub fn point_with(name: impl FnOnce() -> String) {
    if let Some(hook) = HOOK.get() {
        hook(&name());
    }
}

/// Listens for the rest of the process' life; the first listener stays.
#[cfg(feature = "testing")]
pub fn listen(hook: impl Fn(&str) + Send + Sync + 'static) {
    let _ = HOOK.set(Box::new(hook));
}
