//! The only outbound HTTP client: for channels, web hooks, avatars and previews.
//!
//! It refuses addresses that are not on the public internet, unless the operator allows them: in the URL, after DNS, and
//! again on every redirect. It limits time and size, and says who it is.

mod address;
mod error;
mod request;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

pub use address::is_public;
pub use error::Error;
pub use request::{Part, Request, Response, Stream};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
pub use reqwest::{
    Method, StatusCode,
    header::{self, HeaderMap},
};
use url::{Host, Url};

/// Sent with every request.
pub const USER_AGENT: &str = concat!("Voce/", env!("CARGO_PKG_VERSION"));

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the client may reach beyond the public internet.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Everything: for installations whose servers are all in the company's own network.
    pub allow_private: bool,
    /// These hosts, whatever address they have: names or literal addresses, as they stand in the URL, without port.
    pub allow_hosts: Vec<String>,
}

impl Policy {
    /// Whether `host` may have an address that is not public.
    pub fn allows_private(&self, host: &str) -> bool {
        self.allow_private
            || self
                .allow_hosts
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(host))
    }

    /// Whether some private hosts may be reached at all.
    pub fn allow_private_hosts(&self) -> bool {
        self.allow_private || !self.allow_hosts.is_empty()
    }

    /// Refuses what can be refused before DNS: other schemes, and literal addresses that are not public.
    fn check(&self, url: &Url) -> Result<(), Error> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::Url(format!("{url}: only http and https are fetched")));
        }
        let address: IpAddr = match url.host() {
            Some(Host::Ipv4(v4)) => v4.into(),
            Some(Host::Ipv6(v6)) => v6.into(),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Error::Url(format!("{url}: no host"))),
        };
        let host = address.to_string();
        if is_public(address) || self.allows_private(&host) {
            Ok(())
        } else {
            Err(Error::Refused(host))
        }
    }
}

/// Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    inner: reqwest::Client,
    policy: Arc<Policy>,
}

impl Client {
    pub fn new(policy: Policy) -> Self {
        let policy = Arc::new(policy);
        let inner = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(tls())
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // A proxy would resolve names where nobody checks the addresses.
            .no_proxy()
            .dns_resolver(Arc::new(Resolver(policy.clone())))
            .build()
            // The settings are constants, and the TLS configuration is of the kind that it accepts.
            .expect("constant settings are sound");
        Self { inner, policy }
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// A request to `url`; an unsound URL is told when it is sent.
    pub fn request(&self, method: Method, url: &str) -> Request {
        Request::new(self.clone(), method, url)
    }

    pub fn get(&self, url: &str) -> Request {
        self.request(Method::GET, url)
    }

    pub fn post(&self, url: &str) -> Request {
        self.request(Method::POST, url)
    }
}

/// rustls with ring and the certificates of the operating system.
fn tls() -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for problem in &found.errors {
        tracing::warn!(%problem, "some certificates of the operating system cannot be read");
    }
    roots.add_parsable_certificates(found.certs);
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        // Fails only for a provider without cipher suites.
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// Resolves names with the operating system and keeps the public addresses.
struct Resolver(Arc<Policy>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            let kept: Vec<SocketAddr> = if policy.allows_private(host) {
                found
            } else {
                found.into_iter().filter(|address| is_public(address.ip())).collect()
            };
            if kept.is_empty() {
                return Err(error::RefusedHost(host.to_owned()).into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
