//! A second Kafka of this test's own, to be killed and brought back: by the same script, with state and ports of its own.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Longest wait for a killed broker to be gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// The last two digits of its listeners.
const PORTS: [u16; 5] = [92, 93, 94, 95, 99];

/// Ended when dropped.
pub struct OwnBroker {
    state: PathBuf,
    prefix: u16,
}

impl OwnBroker {
    /// Starts it. `None`, and said so, where it cannot be had.
    pub fn up() -> Option<Self> {
        let free = |prefix: &u16| PORTS.iter().all(|port| TcpListener::bind(("127.0.0.1", prefix * 100 + port)).is_ok());
        let prefix = (280..290).find(free).expect("free ports");
        let own = Self { state: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("own-broker"), prefix };
        let up = own.brokers("up");
        let said = String::from_utf8_lossy(&up.stdout).into_owned() + &String::from_utf8_lossy(&up.stderr);
        if up.status.code() == Some(3) {
            assert!(std::env::var_os("CI").is_none(), "in CI every broker is there: {said}");
            println!("not tested: no Kafka of its own: {said}");
            return None;
        }
        assert!(up.status.success(), "{said}");
        Some(own)
    }

    /// Starts it again, with what it held.
    pub fn up_again(&self) {
        let up = self.brokers("up");
        assert!(up.status.success(), "{}{}", String::from_utf8_lossy(&up.stdout), String::from_utf8_lossy(&up.stderr));
    }

    fn brokers(&self, word: &str) -> Output {
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/brokers"));
        command.args([word, "kafka"]).env("REDRIVE_TESTBED", &self.state).env("REDRIVE_TB_KAFKA_PORT_PREFIX", self.prefix.to_string());
        command.output().expect("run")
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}92", self.prefix)
    }

    /// Sends it a signal: `KILL`, `STOP`, `CONT`.
    pub fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(self.state.join("kafka/pid")).expect("its pid");
        let sent = Command::new("kill").args([&format!("-{signal}"), pid.trim()]).status().expect("kill");
        assert!(sent.success());
        if signal == "KILL" {
            let began = Instant::now();
            while TcpStream::connect(self.address()).is_ok() {
                assert!(began.elapsed() < PATIENCE, "it lives on");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        self.brokers("down");
    }
}
