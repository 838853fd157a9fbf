use std::{error::Error as StdError, fmt, time::Duration};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not a URL that can be fetched: {0}")]
    Url(String),
    #[error("{0} is not on the public internet, and the operator did not allow it")]
    Refused(String),
    #[error("the request cannot be built: {0}")]
    Request(String),
    #[error("more than {0} redirects")]
    Redirects(usize),
    /// Surely nothing was sent.
    #[error("no connection to {host}: {reason}")]
    Connect { host: String, reason: String },
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the connection broke: {0}")]
    Broken(String),
    #[error("the answer is not what was expected: {0}")]
    Answer(String),
}

impl Error {
    /// True when the request surely did not reach the other side.
    pub fn before_sending(&self) -> bool {
        matches!(
            self,
            Self::Url(_) | Self::Refused(_) | Self::Request(_) | Self::Connect { .. }
        )
    }

    /// True when another try would end the same way.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Url(_) | Self::Refused(_) | Self::Request(_) | Self::Redirects(_)
        )
    }

    pub(super) fn from_reqwest(error: reqwest::Error) -> Self {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
        let mut innermost = error.to_string();
        while let Some(current) = cause {
            if let Some(RefusedHost(host)) = current.downcast_ref() {
                return Self::Refused(host.clone());
            }
            innermost = current.to_string();
            cause = current.source();
        }
        if error.is_builder() {
            Self::Request(innermost)
        } else if error.is_connect() {
            let host = error.url().and_then(url::Url::host_str).unwrap_or_default().to_owned();
            Self::Connect {
                host,
                reason: innermost,
            }
        } else {
            Self::Broken(innermost)
        }
    }
}

/// A name none of whose addresses may be reached.
#[derive(Debug)]
pub(super) struct RefusedHost(pub(super) String);

impl fmt::Display for RefusedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has no public address", self.0)
    }
}

impl StdError for RefusedHost {}
