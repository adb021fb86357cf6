//! The log: to a file, never to a terminal; only what redrive and its Kafka client say, so that no secret of another layer gets in.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::str::FromStr;

use redrive::config::model::LogSettings;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// A log that is larger at the start is set aside as `NAME.1`, in place of the one before.
const LARGE: u64 = 10 * 1024 * 1024;

/// Whose words are written. HTTP and TLS layers could name addresses that hold a token.
const VOICES: [&str; 3] = ["redrive", "rdkafka", "librdkafka"];

/// Keeps the log open; what is not yet written is written when this is dropped.
pub struct Log {
    _open: WorkerGuard,
}

/// How much is logged: `REDRIVE_LOG` before the config's word before `info`. The error says what it can be.
pub fn level(wished: Option<&str>, settings: &LogSettings) -> Result<LevelFilter, String> {
    let word = wished.or(settings.level.as_deref()).unwrap_or("info");
    LevelFilter::from_str(word).map_err(|_| format!("REDRIVE_LOG is '{word}'; it can be off, error, warn, info, debug or trace"))
}

/// Starts to log into `path`; `None`: nothing is to be logged.
pub fn start(path: &Path, level: LevelFilter, json: bool) -> io::Result<Option<Log>> {
    if level == LevelFilter::OFF {
        return Ok(None);
    }
    // lossy and bounded: a slow disk costs lines, not the screen
    let (writer, guard) = tracing_appender::non_blocking(open(path)?);
    let lines = fmt::layer().with_writer(writer).with_ansi(false);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = if json { lines.json().boxed() } else { lines.boxed() };
    let only = Targets::new().with_targets(VOICES.map(|v| (v, level)));
    tracing_subscriber::registry().with(lines.with_filter(only)).try_init().map_err(io::Error::other)?;
    Ok(Some(Log { _open: guard }))
}

/// Opens the file to append, for its owner alone.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::metadata(path).is_ok_and(|m| m.len() > LARGE) {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".1");
        fs::rename(path, aside)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_goes_before_the_config() {
        let config = LogSettings { level: Some("warn".into()), ..LogSettings::default() };
        assert_eq!(level(None, &LogSettings::default()), Ok(LevelFilter::INFO));
        assert_eq!(level(None, &config), Ok(LevelFilter::WARN));
        assert_eq!(level(Some("debug"), &config), Ok(LevelFilter::DEBUG));
        assert!(level(Some("loud"), &config).is_err_and(|e| e.contains("'loud'") && e.contains("trace")));
    }

    #[test]
    fn a_large_log_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/redrive.log");
        drop(open(&path).unwrap());
        File::options().write(true).open(&path).unwrap().set_len(LARGE + 1).unwrap();
        drop(open(&path).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        assert!(dir.path().join("deep/redrive.log.1").exists());
    }
}
