//! Signing in at the instance from a page (<https://docs.joinmastodon.org/spec/oauth/>): register the application, send the
//! person to the instance, exchange the code that comes back for a token.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    entities,
    server::{Failure, Server},
};
use crate::{ConnectError, http::Client};

pub use super::server::{BaseUrlError, base_url};

/// The name under which the instance lists the application.
const CLIENT_NAME: &str = "Voce";
/// To read what is said to us, and to answer.
const SCOPES: &str = "read write:statuses write:media";
/// Pixelfed knows no finer ones.
const WIDE_SCOPES: &str = "read write";

/// Voce as registered at one instance. Keep it with the secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    pub client_id: String,
    pub client_secret: String,
    /// What is asked for, separated by spaces.
    pub scopes: String,
    /// Whether the instance says that it checks PKCE challenges of the method S256.
    pub pkce: bool,
}

/// The account whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// `user@instance`.
    pub acct: String,
    pub display_name: String,
    pub avatar: Option<String>,
    pub url: Option<String>,
    /// Longest status of the instance.
    pub max_characters: usize,
}

/// Proof that the token is asked for by the one who asked for the code (RFC 7636).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pkce {
    /// Kept secret until [`exchange_code`].
    pub verifier: String,
    /// Goes into [`authorize_url`].
    pub challenge: String,
}

impl Pkce {
    pub fn random() -> Self {
        Self::of(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    fn of(verifier: String) -> Self {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        Self { verifier, challenge }
    }
}

/// Registers Voce at the instance. `base` as [`base_url`] gives it.
pub async fn register_app(http: &Client, base: &str, redirect_uri: &str) -> Result<App, ConnectError> {
    let server = Server::new(http.clone(), base, "");
    let scopes = if server.instance().await?.is_pixelfed() {
        WIDE_SCOPES
    } else {
        SCOPES
    };
    let form = [
        ("client_name", CLIENT_NAME),
        ("redirect_uris", redirect_uri),
        ("scopes", scopes),
    ];
    let registered: Registered = server.json(server.post("/api/v1/apps").form(&form)).await?;
    let Registered {
        client_id,
        client_secret,
    } = registered;
    Ok(App {
        client_id,
        client_secret,
        scopes: scopes.to_owned(),
        pkce: checks_pkce(&server).await,
    })
}

#[derive(Deserialize)]
struct Registered {
    client_id: String,
    client_secret: String,
}

async fn checks_pkce(server: &Server) -> bool {
    let metadata = server
        .json::<Value>(server.get("/.well-known/oauth-authorization-server"))
        .await;
    let methods = metadata
        .ok()
        .and_then(|metadata| metadata.get("code_challenge_methods_supported").cloned());
    methods.and_then(|methods| {
        methods
            .as_array()
            .map(|methods| methods.iter().any(|method| method == "S256"))
    }) == Some(true)
}

/// Where to send the person. `challenge` as [`Pkce::challenge`], when [`App::pkce`] holds.
pub fn authorize_url(base: &str, app: &App, state: &str, redirect_uri: &str, challenge: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("response_type", "code");
    query.append_pair("client_id", &app.client_id);
    query.append_pair("redirect_uri", redirect_uri);
    query.append_pair("scope", &app.scopes);
    query.append_pair("state", state);
    if let Some(challenge) = challenge {
        query.append_pair("code_challenge", challenge);
        query.append_pair("code_challenge_method", "S256");
    }
    format!("{base}/oauth/authorize?{}", query.finish())
}

/// Exchanges the code for an access token. `verifier` as [`Pkce::verifier`], when a challenge was sent.
pub async fn exchange_code(
    http: &Client,
    base: &str,
    app: &App,
    code: &str,
    redirect_uri: &str,
    verifier: Option<&str>,
) -> Result<String, ConnectError> {
    let server = Server::new(http.clone(), base, "");
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", &app.client_id),
        ("client_secret", &app.client_secret),
        ("redirect_uri", redirect_uri),
        ("scope", &app.scopes),
        ("code", code),
    ];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    let token: Token = server
        .json(server.post("/oauth/token").form(&form))
        .await
        .map_err(wrong_code)?;
    Ok(token.access_token)
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

/// A refused code does not get better by waiting.
fn wrong_code(failure: Failure) -> ConnectError {
    match failure {
        Failure::Refused { .. } => ConnectError::Settings(failure.to_string()),
        other => other.into(),
    }
}

/// Whose token it is, and what the instance allows.
pub async fn verify(http: &Client, base: &str, token: &str) -> Result<Profile, ConnectError> {
    Ok(profile(&Server::new(http.clone(), base, token)).await?)
}

pub(super) async fn profile(server: &Server) -> Result<Profile, Failure> {
    let account: entities::Account = server.json(server.get("/api/v1/accounts/verify_credentials")).await?;
    let instance = server.instance().await?;
    let host = server.base().split("://").nth(1).unwrap_or_default();
    Ok(Profile {
        acct: account.full_acct(instance.account_domain().unwrap_or(host)),
        display_name: account.name(),
        max_characters: instance.max_characters(),
        avatar: account.avatar,
        url: account.url,
    })
}

/// Makes the token useless, when the account is removed from Voce.
pub async fn revoke(http: &Client, base: &str, app: &App, token: &str) -> Result<(), ConnectError> {
    let server = Server::new(http.clone(), base, "");
    let form = [
        ("client_id", app.client_id.as_str()),
        ("client_secret", &app.client_secret),
        ("token", token),
    ];
    server.send(server.post("/oauth/revoke").form(&form)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn challenge_of_the_specification() {
        let pkce = Pkce::of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        assert_eq!(pkce.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!((43..=128).contains(&Pkce::random().verifier.len()));
        assert_ne!(Pkce::random(), Pkce::random());
    }

    #[test]
    fn authorize_url_says_who_asks_and_for_what() {
        let app = App {
            client_id: "c d".into(),
            client_secret: "s".into(),
            scopes: SCOPES.into(),
            pkce: true,
        };
        let url = authorize_url(
            "https://example.social",
            &app,
            "st&te",
            "https://voce.example/back",
            Some("ch"),
        );
        assert_eq!(
            url,
            "https://example.social/oauth/authorize?response_type=code&client_id=c+d&redirect_uri=https%3A%2F%2Fvoce.example%2Fback\
             &scope=read+write%3Astatuses+write%3Amedia&state=st%26te&code_challenge=ch&code_challenge_method=S256"
        );
        assert!(!url.contains("client_secret"));
    }
}
