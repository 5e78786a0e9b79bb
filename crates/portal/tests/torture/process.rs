//! One process of the portal, which can be killed, halted and waited for.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts an executable of the portal with arguments; what it logs is appended to a file.
    pub fn start(program: &Path, arguments: &[&str], settings: &[(String, String)], log: &Path) -> Self {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::from(file.try_clone().unwrap()))
            .stderr(Stdio::from(file))
            .spawn()
            .expect("the portal starts");
        Self { child, log: log.to_owned() }
    }

    /// SIGKILL: nothing is given back, nothing is said.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As an operator stops it; the exit code.
    pub async fn stop(self) -> Option<i32> {
        self.signal("TERM");
        self.ends().await
    }

    /// Waits until it ends by itself; the exit code.
    pub async fn ends(mut self) -> Option<i32> {
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(asked.elapsed() < Duration::from_secs(30), "ends in time: {}", self.tail());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn signal(&self, name: &str) {
        let signal = format!("-{name}");
        assert!(Command::new("kill").args([&signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// The signal that ended it; `None` while it runs.
    pub fn ended_by(&mut self) -> Option<i32> {
        let status = self.child.try_wait().unwrap()?;
        Some(status.signal().unwrap_or_else(|| panic!("ended with {status} instead of a signal: {}", self.tail())))
    }

    /// Whether it has stopped itself with SIGSTOP.
    pub fn is_halted(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name in brackets may hold blanks; the state follows it.
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
    }

    /// The end of its log.
    pub fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
