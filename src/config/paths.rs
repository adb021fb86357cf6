//! Where things are: the config file, the ledger, the log.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::model::Config;

/// The config's file name.
pub const NAME: &str = "redrive.toml";

/// The config file to load: the one asked for (`--config`, a `.toml` or a `.hyp`), else
/// `redrive.toml` in `here`, else in the platform's config directory. `None`: there is none.
pub fn config(asked: Option<&Path>, here: &Path) -> Option<PathBuf> {
    if let Some(asked) = asked {
        return Some(asked.to_owned());
    }
    let places = [Some(here.join(NAME)), platform_config()];
    places.into_iter().flatten().find(|path| path.is_file())
}

/// The places that [`config`] looks at when nothing is asked for, for the error that says so.
pub fn looked_at(here: &Path) -> Vec<PathBuf> {
    [Some(here.join(NAME)), platform_config()].into_iter().flatten().collect()
}

/// The ledger's file: the config's word, else `ledger.db` in the platform's data directory, else
/// (no home directory) in `here`.
pub fn ledger(config: &Config, here: &Path) -> PathBuf {
    match &config.ledger.path {
        Some(path) => path.clone(),
        None => data(here).join("ledger.db"),
    }
}

/// The log's file, likewise.
pub fn log(config: &Config, here: &Path) -> PathBuf {
    match &config.log.file {
        Some(path) => path.clone(),
        None => data(here).join("redrive.log"),
    }
}

/// The directory of user themes, beside the config.
pub fn themes() -> Option<PathBuf> {
    dirs().map(|dirs| dirs.config_dir().join("themes"))
}

fn dirs() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "redrive")
}

fn platform_config() -> Option<PathBuf> {
    dirs().map(|dirs| dirs.config_dir().join(NAME))
}

fn data(here: &Path) -> PathBuf {
    dirs().map_or_else(|| here.to_owned(), |dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_comes_first_then_what_is_here() {
        let dir = tempfile::tempdir().unwrap();
        let here = dir.path().join(NAME);
        std::fs::write(&here, "").unwrap();
        assert_eq!(config(None, dir.path()), Some(here));
        let asked = Path::new("prod.hyp");
        assert_eq!(config(Some(asked), dir.path()), Some(asked.to_owned()));
    }

    #[test]
    fn the_config_may_say_where_the_ledger_is() {
        let mut config = Config::default();
        assert!(ledger(&config, Path::new(".")).ends_with("ledger.db"));
        config.ledger.path = Some("x.db".into());
        assert_eq!(ledger(&config, Path::new(".")), PathBuf::from("x.db"));
    }
}
