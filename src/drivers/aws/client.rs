//! The SDK's clients, made at the first use from the profile: credentials by the SDK's standard chain unless the config has keys.

use std::time::Duration;

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{Credentials, ProvideCredentials, Region, SharedCredentialsProvider};

use crate::broker::{Error, ErrorKind, Result};
use crate::config::profile::AwsProfile;
use crate::config::secret::Secret;
use crate::model::ConnId;

/// Deadline of a TCP and TLS connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Deadline of one attempt of a call that asks; longer than the longest wait of one receive.
const ASK: Duration = Duration::from_secs(12);
/// Deadline of a write; below the guard's, which would know less of what happened.
const WRITE: Duration = Duration::from_secs(40);

/// Both services' clients. `asking` tries again by itself; `writing` never does, because a write whose answer was lost may be done.
pub struct Clients {
    pub asking: aws_sdk_sqs::Client,
    pub writing: aws_sdk_sqs::Client,
    pub sns: aws_sdk_sns::Client,
    pub sns_writing: aws_sdk_sns::Client,
    pub region: String,
    /// Name of the profile that the config chose, for what is said of it.
    profile: Option<String>,
    credentials: Option<SharedCredentialsProvider>,
}

impl Clients {
    /// Reads the AWS files and the config's secrets; connects to nothing but where the chain itself must ask for a region.
    pub async fn make(conn: &ConnId, profile: &AwsProfile) -> Result<Self> {
        let mut loader = aws_config::from_env();
        if let Some(name) = &profile.profile {
            loader = loader.profile_name(name);
        }
        if let Some(region) = &profile.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &profile.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let (Some(id), Some(secret)) = (&profile.access_key_id, &profile.secret_access_key) {
            let token = match &profile.session_token {
                Some(token) => Some(reveal(conn, token)?),
                None => None,
            };
            let keys = Credentials::new(reveal(conn, id)?, reveal(conn, secret)?, token, None, "the config");
            loader = loader.credentials_provider(keys);
        }
        let patient = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ASK).build();
        let once = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(WRITE).build();
        let shared = loader.timeout_config(patient).retry_config(RetryConfig::standard().with_max_attempts(3)).load().await;
        let Some(region) = shared.region().map(ToString::to_string) else {
            let e = Error::new(ErrorKind::Invalid, "connect", "no region is set, here or in the SDK's chain").on(conn);
            return Err(e.next("set region in this connection's settings, or AWS_REGION"));
        };
        let writing = shared.clone().into_builder().timeout_config(once).retry_config(RetryConfig::disabled()).build();
        Ok(Self {
            asking: aws_sdk_sqs::Client::new(&shared),
            writing: aws_sdk_sqs::Client::new(&writing),
            sns: aws_sdk_sns::Client::new(&shared),
            sns_writing: aws_sdk_sns::Client::new(&writing),
            region,
            profile: profile.profile.clone(),
            credentials: shared.credentials_provider(),
        })
    }

    /// Who we are: where the keys come from and the end of the key's id, never a secret.
    pub async fn who(&self, conn: &ConnId) -> Result<String> {
        let none = |cause: String| {
            let (cause, next) = match &self.profile {
                Some(p) => (
                    format!("profile {p}: {cause}"),
                    format!("check profile {p} in ~/.aws/config and ~/.aws/credentials, or sign in (aws sso login --profile {p})"),
                ),
                None => (cause, "set keys or a profile in the config, or sign in (aws sso login)".to_owned()),
            };
            Error::new(ErrorKind::Login, "connect", cause).on(conn).next(next)
        };
        let provider = self.credentials.as_ref().ok_or_else(|| none("no credentials are set, here or in the SDK's chain".into()))?;
        let found = provider.provide_credentials().await.map_err(|e| none(super::error::said(&e)))?;
        let id = found.access_key_id();
        let end: String = id.chars().skip(id.chars().count().saturating_sub(4)).collect();
        let account = found.account_id().map_or_else(String::new, |a| format!(" of account {}", a.as_str()));
        Ok(format!("key …{end}{account}"))
    }
}

/// A secret's text; it may be in a file or printed by a command, so other tasks of this thread are moved elsewhere meanwhile.
fn reveal(conn: &ConnId, secret: &Secret) -> Result<String> {
    let found = match tokio::runtime::Handle::try_current().map(|h| h.runtime_flavor()) {
        Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(|| secret.resolve()),
        _ => secret.resolve(),
    };
    let found = found.map_err(|e| Error::new(ErrorKind::Login, "connect", e.why.clone()).on(conn).next(format!("see {}", e.place)))?;
    Ok(found.expose().to_owned())
}
