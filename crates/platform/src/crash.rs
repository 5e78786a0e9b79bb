//! Named places at which a test may end or halt the process, as a power cut or a paused machine would: before and after each
//! commit and each call. Without the feature `testing` they are nothing.
//!
//! With it, `TEST_CRASH_AT` names the place at which the process aborts, `TEST_HALT_AT` the one at which it stops itself
//! (SIGSTOP) the first time it comes by. Names are `step/item:point` for a step of a run, `what:point` for the rest.

/// Passes a place. The name is only written out when somebody asks for it.
#[cfg_attr(not(feature = "testing"), expect(unused_variables, reason = "without tests nothing happens here"))]
pub fn point(name: impl FnOnce() -> String) {
    #[cfg(feature = "testing")]
    testing::pass(name);
}

/// Whether a test wants to see what happens without the look before a repeat (`TEST_BLIND=1`): its negative control.
pub fn is_blind() -> bool {
    #[cfg(feature = "testing")]
    return testing::is_blind();
    #[cfg(not(feature = "testing"))]
    false
}

#[cfg(feature = "testing")]
mod testing {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Wanted {
        crash: Option<String>,
        halt: Option<String>,
        halted: AtomicBool,
    }

    static WANTED: OnceLock<Option<Wanted>> = OnceLock::new();

    fn wanted() -> Option<&'static Wanted> {
        let read = || {
            let (crash, halt) = (std::env::var("TEST_CRASH_AT").ok(), std::env::var("TEST_HALT_AT").ok());
            (crash.is_some() || halt.is_some()).then(|| Wanted { crash, halt, halted: AtomicBool::new(false) })
        };
        WANTED.get_or_init(read).as_ref()
    }

    pub(super) fn is_blind() -> bool {
        static BLIND: OnceLock<bool> = OnceLock::new();
        *BLIND.get_or_init(|| std::env::var("TEST_BLIND").is_ok_and(|value| value == "1"))
    }

    pub(super) fn pass(name: impl FnOnce() -> String) {
        let Some(wanted) = wanted() else { return };
        let name = name();
        if wanted.crash.as_ref() == Some(&name) {
            std::process::abort();
        }
        if wanted.halt.as_ref() == Some(&name) && !wanted.halted.swap(true, Ordering::SeqCst) {
            // Whoever tests this sends SIGCONT.
            let _ = std::process::Command::new("kill").args(["-STOP", &std::process::id().to_string()]).status();
        }
    }
}
