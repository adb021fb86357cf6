//! A connection's settings as the driver uses them: login, TLS, who we are in words, and errors that name the connection.

use crate::broker::{Error, ErrorKind, Result};
use crate::config::Profile;
use crate::config::profile::RabbitMqProfile;
use crate::config::secret::Secret;
use crate::drivers::tls;
use crate::model::ConnId;

/// What RabbitMQ lets in from loopback without any set-up.
const GUEST: &str = "guest";

/// The settings of one connection.
pub struct Settings {
    pub id: ConnId,
    pub profile: RabbitMqProfile,
}

impl Settings {
    pub fn new(profile: &Profile) -> Self {
        Self { id: ConnId::new(profile.name.as_str()), profile: profile.rabbitmq.clone() }
    }

    /// An error that names this connection.
    pub fn error(&self, kind: ErrorKind, op: &'static str, cause: impl Into<String>) -> Error {
        Error::new(kind, op, cause).on(&self.id)
    }

    /// A lost connection that the config keeps from coming back by itself.
    pub fn not_again(&self, op: &'static str, why: &str) -> Error {
        let error = self.error(ErrorKind::Unreachable, op, format!("{why}, and automatic_recovery is false"));
        error.next("connect again by hand (r)")
    }

    /// User and password; the secrets are fetched now.
    pub fn login(&self, op: &'static str) -> Result<(String, String)> {
        Ok((self.secret(op, self.profile.username.as_ref())?, self.secret(op, self.profile.password.as_ref())?))
    }

    fn secret(&self, op: &'static str, secret: Option<&Secret>) -> Result<String> {
        let Some(secret) = secret else { return Ok(GUEST.to_owned()) };
        let value = secret.resolve().map_err(|e| {
            let error = self.error(ErrorKind::Login, op, e.why);
            error.next(format!("set it, or change {}", e.place))
        })?;
        Ok(value.expose().to_owned())
    }

    /// The user's name where it can be had, for people.
    pub fn user(&self) -> String {
        self.secret("connect", self.profile.username.as_ref()).unwrap_or_else(|_| "?".to_owned())
    }

    /// What to do when the login is refused; where the password comes from, never the password.
    pub fn check_login(&self) -> String {
        let from = |s: &Secret| s.origin.name();
        match self.profile.password.as_ref().map(from).filter(|o| !o.contains("hidden")) {
            Some(origin) => format!("the password from {} is wrong for user {}", origin.trim_start_matches("env."), self.user()),
            None if self.profile.username.is_none() => "set username and password; guest works on loopback only".to_owned(),
            None => format!("check the user name ({}) and the password", self.user()),
        }
    }

    /// The TLS of this connection, for both protocols.
    pub fn tls(&self, op: &'static str) -> Result<rustls::ClientConfig> {
        tls::client(&self.profile.tls, self.profile.verify_peer)
            .map_err(|why| self.error(ErrorKind::Invalid, op, why).next("check this connection's tls settings with redrive check"))
    }

    /// Who we are to the broker, without secrets.
    pub fn identity(&self) -> String {
        let over = match (self.profile.ssl, self.profile.verify_peer) {
            (true, true) => " over TLS",
            (true, false) => " over TLS, not verified",
            (false, _) => "",
        };
        format!("{}{over}, vhost {}", self.user(), self.profile.virtual_host)
    }

    /// What to do when the broker does not let us into the vhost: its name may be meant with or without a slash.
    pub fn check_vhost(&self) -> String {
        let name = &self.profile.virtual_host;
        let other = match name.strip_prefix('/') {
            Some("") => return format!("ask for rights of user {} on vhost /", self.user()),
            Some(rest) => rest.to_owned(),
            None => format!("/{name}"),
        };
        format!("is it '{other}'? virtual_host is the name exactly, and a slash is part of it; or ask for rights of user {}", self.user())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(change: impl FnOnce(&mut RabbitMqProfile)) -> Settings {
        let mut profile = Profile { name: "rabbit".into(), ..Profile::default() };
        profile.rabbitmq.username = Some(Secret::clear("app"));
        profile.rabbitmq.password = Some(Secret::clear("app-pw"));
        change(&mut profile.rabbitmq);
        Settings::new(&profile)
    }

    #[test]
    fn the_other_spelling_of_a_vhost_is_suggested() {
        assert!(settings(|p| p.virtual_host = "/hypnoscript".into()).check_vhost().contains("is it 'hypnoscript'?"));
        assert!(settings(|p| p.virtual_host = "hypnoscript".into()).check_vhost().contains("is it '/hypnoscript'?"));
    }

    #[test]
    fn what_is_not_verified_is_said_and_no_secret_is() {
        let s = settings(|p| {
            p.ssl = true;
            p.verify_peer = false;
        });
        assert_eq!(s.identity(), "app over TLS, not verified, vhost /");
        assert!(!s.check_login().contains("app-pw"));
    }
}
