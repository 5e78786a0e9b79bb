//! Servers of a test's own, which it may stop, freeze and start again: Redis and PostgreSQL from Debian's packages.

use crate::fleet::free_port;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Whole seconds from the environment, for the long form of a test.
pub fn seconds(name: &str, short: u64) -> Duration {
    Duration::from_secs(std::env::var(name).map_or(short, |text| text.parse().unwrap()))
}

pub struct Redis {
    child: Child,
    port: u16,
    /// Holds the file `pid`: whoever cleans up after a test that was cut off finds it there.
    folder: PathBuf,
}

impl Redis {
    pub async fn start() -> Self {
        let (folder, port) = (new_folder("redis"), free_port());
        let redis = Self { child: Self::child(port, &folder), port, folder };
        redis.answers().await;
        redis
    }

    fn child(port: u16, folder: &Path) -> Child {
        let port = port.to_string();
        Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no", "--pidfile"])
            .arg(folder.join("pid"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server (package redis-server)")
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// A new, empty one on the same port.
    pub async fn start_again(&mut self) {
        self.child = Self::child(self.port, &self.folder);
        self.answers().await;
    }

    pub fn signal(&self, name: &str) {
        let signal = format!("-{name}");
        assert!(Command::new("kill").args([&signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// What `redis-cli` prints.
    pub fn command(&self, words: &[&str]) -> String {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(words).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    async fn answers(&self) {
        let started = Instant::now();
        while self.command(&["ping"]).trim() != "PONG" {
            assert!(started.elapsed() < Duration::from_secs(10), "redis-server does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn new_folder(what: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("portal-torture-{what}-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// With every commit on the disk, as an operator runs it.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    pub fn start() -> Self {
        let postgres = Self { programs: programs(), folder: new_folder("pg"), port: free_port() };
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(&postgres.folder).status().unwrap();
            assert!(owned.success());
        }
        let data = postgres.data();
        postgres.run("initdb", &["-D", &data, "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        postgres.start_again();
        postgres
    }

    pub fn url(&self) -> String {
        format!("postgres://portal@127.0.0.1:{}/postgres", self.port)
    }

    pub fn start_again(&self) {
        let folder = self.folder.display();
        let options = format!("-p {} -h 127.0.0.1 -k {folder} -c max_connections=200", self.port);
        let log = format!("{folder}/log");
        self.run("pg_ctl", &["-D", &self.data(), "-l", &log, "-w", "-t", "60", "-o", &options, "start"]);
    }

    /// As a power cut does: nothing is finished, and the next start recovers from the log.
    pub fn stop_at_once(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        assert!(self.command(program, arguments).status().unwrap().success(), "{program} {arguments:?}");
    }

    /// The server refuses to run as root.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() { Command::new("runuser") } else { Command::new(&program) };
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(&program);
        }
        command.args(arguments).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.command("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Debian keeps them out of the path.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    let on_path = || std::env::var_os("PATH").and_then(|all| std::env::split_paths(&all).find(|p| has_initdb(p)));
    found.pop().or_else(on_path).expect("PostgreSQL is installed (package postgresql)")
}

fn has_initdb(folder: &Path) -> bool {
    folder.join("initdb").exists()
}
