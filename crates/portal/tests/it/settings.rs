//! Wrong settings: all faults at once, by name, before anything listens.

use crate::process::output;

#[test]
fn every_fault_is_listed_by_its_variable_and_the_exit_code_is_not_zero() {
    let run = output(
        &["bff"],
        &[
            ("MODE", "production"),
            ("BFF__PUBLIC_URL", "http://portal.example"),
            ("BFF__JWT_KEY", "hunter2-too-short"),
            ("BFF__TAX_RATE_PERCENT", "ten"),
            ("STORE__DATABASE_URL", "sqlite://x.db"),
            ("WORKER__SLOTZ", "4"),
            ("WHMCS__SECRET_FILE", "/does/not/exist"),
        ],
    );
    let text = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success());
    for name in [
        "BFF__JWT_KEY",
        "BFF__REFRESH_KEY",
        "BFF__SECRETS_KEY",
        "BFF__TAX_RATE_PERCENT",
        "SALESFORCE__LOGIN_URL",
        "SALESFORCE__PRIVATE_KEY",
        "WHMCS__BASE_URL",
        "WHMCS__IDENTIFIER",
        "WHMCS__SECRET_FILE",
        "FREEBIT__OEM_KEY",
        "WORKER__SLOTZ",
    ] {
        assert!(text.contains(&format!("PORTAL_{name}: ")), "{name} is missing in:\n{text}");
    }
    assert!(!text.contains("hunter2"), "no secret is shown: {text}");
}

#[test]
fn production_refuses_what_is_for_trying_out() {
    let run = output(&["run"], &[("MODE", "production"), ("CLOCK__OFFSET_SECONDS", "60")]);
    let text = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success());
    for name in ["MODE", "BFF__PUBLIC_URL", "BFF__COOKIE_SECURE", "STORE__DATABASE_URL", "CLOCK__OFFSET_SECONDS"] {
        assert!(text.contains(&format!("PORTAL_{name}: ")), "{name} is missing in:\n{text}");
    }
}

#[test]
fn a_schema_of_another_release_is_refused_in_words() {
    let folder = crate::process::Folder::new();
    let run = output(&["jobs", "list"], &[("DATA_DIR", folder.text())]);
    let text = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && text.contains("portal migrate"), "{text}");
}

/// `docs/configuration.md` is what the executable declares; `UPDATE_DOCS=1` writes it anew.
#[test]
fn the_reference_of_settings_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let table = String::from_utf8(output(&["settings"], &[]).stdout).unwrap();
    let text = format!(
        "# Settings\n\nMade by `portal settings`; do not edit. All settings are environment variables. A secret may be given as a file \
         instead:\n`NAME_FILE` names it. Faults are reported together, by variable, before anything listens. `(required)` means: by \
         the role\nthat uses it; `portal run` starts the sandbox when no upstream is configured, and makes its own keys. In that \
         case the\nsettle time is 3000, the look gap 300 and the comparison 10000 milliseconds, because the sandbox ends with its \
         process.\n\n{table}"
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let current = std::fs::read_to_string(path).unwrap_or_default();
    assert!(current == text, "docs/configuration.md is stale; run the tests with UPDATE_DOCS=1");
}
