//! Starts the real executable with settings of its own and stops it again.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub fn portal(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.args(arguments).env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
    command.envs(settings.iter().map(|(name, value)| (format!("PORTAL_{name}"), *value)));
    command
}

pub fn output(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    portal(arguments, settings).output().unwrap()
}

/// A folder that goes with its test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("portal-it-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    pub fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `portal run` on free ports.
pub struct Running {
    child: Child,
    /// Open until the end: a process must not meet a closed pipe.
    _output: Lines<BufReader<ChildStdout>>,
    pub url: String,
    pub console: String,
}

impl Running {
    pub fn start(data: &Folder) -> Self {
        let port = free_port();
        let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
        let settings = [
            ("DATA_DIR", data.text()),
            ("BFF__LISTEN", &listen),
            ("BFF__PUBLIC_URL", &url),
            ("BFF__STATIC_DIR", data.text()),
            ("SANDBOX__WEB_PORT", "0"),
            ("SANDBOX__SALESFORCE_PORT", "0"),
            ("SANDBOX__SALESFORCE_TLS_PORT", "0"),
            ("SANDBOX__PUBSUB_PORT", "0"),
            ("SANDBOX__SMTP_PORT", "0"),
            ("SANDBOX__LATENCY_MS", "0"),
            ("SANDBOX__CARRIER_MS", "0"),
        ];
        let mut child = portal(&["run"], &settings)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the portal starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut console = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some(rest) = line.trim().strip_prefix("Sandbox console") {
                console = rest.split_whitespace().next().unwrap().to_owned();
            }
            if line.contains("Ctrl-C") {
                break;
            }
        }
        assert!(!console.is_empty(), "the console's address is announced");
        Self { child, _output: lines, url, console }
    }

    /// As Ctrl-C does; the exit code.
    pub fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(asked.elapsed() < Duration::from_secs(20), "stops in time");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
