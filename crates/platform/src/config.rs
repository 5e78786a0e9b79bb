//! Settings from environment variables, read once at start. Every fault is collected and reported by variable name,
//! and the same declarations make `docs/configuration.md`.

use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::time::Duration;

/// All variables of the portal begin with this; an unknown one is a fault, because it is a typing error.
pub const PREFIX: &str = "PORTAL_";

/// One declared setting, for the documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: String,
    pub kind: &'static str,
    pub default: String,
    pub doc: &'static str,
}

/// What is wrong with the settings: one line each, with the variable's name, never with a secret's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFaults(pub Vec<String>);

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The configuration has {} fault(s):", self.0.len())?;
        self.0.iter().try_for_each(|fault| writeln!(f, "  - {fault}"))
    }
}
impl std::error::Error for ConfigFaults {}

/// Reads settings and collects faults, so that all of them are seen at once.
pub struct Reader {
    values: BTreeMap<String, String>,
    used: BTreeSet<String>,
    settings: Vec<Setting>,
    faults: Vec<String>,
}

impl Reader {
    /// From given variables; [`Reader::from_env`] for the process's own.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        let values = values.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
        Self { values, used: BTreeSet::new(), settings: Vec::new(), faults: Vec::new() }
    }

    pub fn from_env() -> Self {
        Self::new(std::env::vars())
    }

    /// Whether a setting is given at all, directly or as a file.
    pub fn has(&self, name: &str) -> bool {
        let given = |name: String| self.values.get(&name).is_some_and(|v| !v.is_empty());
        given(format!("{PREFIX}{name}")) || given(format!("{PREFIX}{name}_FILE"))
    }

    fn declare(&mut self, name: &str, kind: &'static str, default: &str, doc: &'static str) -> Option<String> {
        let name = format!("{PREFIX}{name}");
        self.settings.push(Setting { name: name.clone(), kind, default: default.to_owned(), doc });
        self.used.insert(name.clone());
        self.values.get(&name).cloned().filter(|v| !v.is_empty())
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&mut self, name: &str, text: &str) -> Option<T> {
        match text.trim().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.faults.push(format!("{PREFIX}{name}: {error}"));
                None
            }
        }
    }

    /// A setting with a default.
    pub fn or<T>(&mut self, name: &str, kind: &'static str, default: &str, doc: &'static str) -> Option<T>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let text = self.declare(name, kind, default, doc).unwrap_or_else(|| default.to_owned());
        self.parse(name, &text)
    }

    /// A setting that may be absent.
    pub fn optional<T>(&mut self, name: &str, kind: &'static str, doc: &'static str) -> Option<T>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let text = self.declare(name, kind, "", doc)?;
        self.parse(name, &text)
    }

    /// A setting that must be given.
    pub fn required<T>(&mut self, name: &str, kind: &'static str, doc: &'static str) -> Option<T>
    where
        T: FromStr<Err: fmt::Display>,
    {
        match self.declare(name, kind, "(required)", doc) {
            Some(text) => self.parse(name, &text),
            None => {
                self.faults.push(format!("{PREFIX}{name}: is missing ({doc})"));
                None
            }
        }
    }

    /// A duration in milliseconds.
    pub fn millis(&mut self, name: &str, default: &str, doc: &'static str) -> Option<Duration> {
        self.or::<u64>(name, "milliseconds", default, doc).map(Duration::from_millis)
    }

    /// A secret, given as `NAME` or as the path of a file in `NAME_FILE`, not as both.
    pub fn secret(&mut self, name: &str, required: bool, doc: &'static str) -> Option<SecretString> {
        let default = if required { "(required)" } else { "" };
        let direct = self.declare(name, "secret", default, doc);
        let file_name = format!("{PREFIX}{name}_FILE");
        self.used.insert(file_name.clone());
        let file = self.values.get(&file_name).cloned().filter(|v| !v.is_empty());
        match (direct, file) {
            (Some(_), Some(_)) => {
                self.faults.push(format!("{PREFIX}{name}: is given directly and as {file_name}; keep one"));
                None
            }
            (Some(value), None) => Some(value.into()),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned().into()),
                Err(error) => {
                    self.faults.push(format!("{file_name}: cannot be read: {error}"));
                    None
                }
            },
            (None, None) => {
                if required {
                    self.faults
                        .push(format!("{PREFIX}{name}: is missing ({doc}); {file_name} may name a file instead"));
                }
                None
            }
        }
    }

    /// A fault of a rule across settings.
    pub fn fault(&mut self, name: &str, reason: impl fmt::Display) {
        self.faults.push(format!("{PREFIX}{name}: {reason}"));
    }

    /// Everything was declared: unknown variables become faults.
    ///
    /// # Errors
    /// All faults at once.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, ConfigFaults> {
        let unknown: Vec<_> = self.values.keys().filter(|name| !self.used.contains(*name)).cloned().collect();
        self.faults
            .extend(unknown.iter().map(|name| format!("{name}: is not a setting of the portal (a typing error?)")));
        self.faults.sort();
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(ConfigFaults(self.faults)),
        }
    }

    /// The declared settings as a Markdown table.
    pub fn markdown(&self) -> String {
        let mut table = String::from("| variable | kind | default | meaning |\n| --- | --- | --- | --- |\n");
        for s in &self.settings {
            let default = if s.default.is_empty() { String::new() } else { format!("`{}`", s.default) };
            // Writing to a String cannot fail.
            let _ = writeln!(table, "| `{}` | {} | {default} | {} |", s.name, s.kind, s.doc);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn reader(pairs: &[(&str, &str)]) -> Reader {
        Reader::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn all_faults_are_named_at_once_and_no_secret_is_shown() {
        let mut r = reader(&[
            ("PORTAL_PORT", "many"),
            ("PORTAL_KEY", "hunter2"),
            ("PORTAL_KEY_FILE", "/x"),
            ("PORTAL_TYPO", "1"),
        ]);
        let port = r.or::<u16>("PORT", "port", "8080", "where to listen");
        r.required::<String>("URL", "URL", "the database");
        r.secret("KEY", true, "signing key");
        let faults = r.finish(port).unwrap_err();
        let text = faults.to_string();
        for name in ["PORTAL_PORT", "PORTAL_URL", "PORTAL_KEY", "PORTAL_TYPO"] {
            assert!(text.contains(name), "{text}");
        }
        assert!(!text.contains("hunter2"));
    }

    #[test]
    fn a_secret_file_is_read_without_its_last_line_end() {
        let path = std::env::temp_dir().join(format!("portal-config-{}", crate::clock::random_id()));
        std::fs::write(&path, "top secret\n").unwrap();
        let mut r = reader(&[("PORTAL_KEY_FILE", path.to_str().unwrap())]);
        let secret = r.secret("KEY", true, "signing key").unwrap();
        assert_eq!(secret.expose_secret(), "top secret");
        std::fs::remove_file(path).unwrap();
        assert!(r.finish(Some(())).is_ok());
    }
}
