//! What somebody who sets up a channel waits for: trying an account, signing in at its platform, reading a raw item again.
//! Pages ask here, so that no page calls a connector by itself, and a connector that hangs or panics breaks none.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use uuid::Uuid;
use voce_channels::{
    Account, ConnectError, Connector,
    http::Client,
    mastodon::oauth::{self, Pkce},
};
use voce_domain::message::{Incoming, RawItem};

pub use voce_channels::mastodon::oauth::{App, BaseUrlError, Profile};

/// As long as a person looks at a spinner: both servers of a mailbox, each with its own time-outs, must fit.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why an account does not work, as far as a person can do something about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The server answered and does not take the settings.
    #[error("{0}")]
    Settings(String),
    /// The server could not be reached, or asks to come back later.
    #[error("{0}")]
    Connection(String),
    /// Nothing came within the time that a person waits.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Silence,
}

impl From<ConnectError> for Trouble {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Settings(reason) => Self::Settings(reason),
            ConnectError::Temporary { reason, .. } => Self::Connection(reason),
        }
    }
}

/// Tries the settings of an account against the real server.
pub async fn check(connector: Arc<dyn Connector>, account: Account) -> Result<(), Trouble> {
    patiently(async move { connector.check(&account).await }).await
}

/// What a raw item says now. The error is for people: the item's, or that the parser broke on it.
pub async fn read(connector: Arc<dyn Connector>, account: Account, raw: RawItem) -> Result<Vec<Incoming>, String> {
    let parsing = tokio::task::spawn_blocking(move || connector.parse(&account, &raw));
    match parsing.await {
        Ok(said) => said.map_err(|error| error.to_string()),
        Err(_) => Err("the parser failed (panic)".to_owned()),
    }
}

/// In a task of its own: a panic stays there, and it ends when the person goes away.
async fn patiently<T: Send + 'static>(
    work: impl Future<Output = Result<T, ConnectError>> + Send + 'static,
) -> Result<T, Trouble> {
    within(PATIENCE, work).await
}

async fn within<T: Send + 'static>(
    patience: Duration,
    work: impl Future<Output = Result<T, ConnectError>> + Send + 'static,
) -> Result<T, Trouble> {
    let mut task = tokio::task::JoinSet::new();
    task.spawn(work);
    match timeout(patience, task.join_next()).await {
        Ok(Some(Ok(done))) => Ok(done?),
        Ok(_) => Err(Trouble::Connection("the connector failed (panic)".to_owned())),
        Err(_) => Err(Trouble::Silence),
    }
}

/// A sign-in at a Mastodon instance between leaving our page and coming back. Keep it secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    pub base: String,
    pub app: App,
    /// What has to come back with the code.
    pub state: String,
    redirect_uri: String,
    pkce: Option<Pkce>,
}

/// The account behind a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub base: String,
    pub app: App,
    pub token: String,
    pub profile: Profile,
}

/// The address of an instance out of what a person types.
pub fn instance(http: &Client, typed: &str) -> Result<String, BaseUrlError> {
    oauth::base_url(typed, http.policy().allow_private_hosts())
}

/// Registers Voce at an instance, whose address is as [`instance`] gives it.
pub async fn begin_sign_in(http: &Client, base: &str, redirect_uri: &str) -> Result<SignIn, Trouble> {
    let (http, base, redirect_uri) = (http.clone(), base.to_owned(), redirect_uri.to_owned());
    patiently(async move {
        let app = oauth::register_app(&http, &base, &redirect_uri).await?;
        let pkce = app.pkce.then(Pkce::random);
        let state = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Ok(SignIn {
            base,
            app,
            state,
            redirect_uri,
            pkce,
        })
    })
    .await
}

impl SignIn {
    /// Where the person allows it.
    pub fn url(&self) -> String {
        let challenge = self.pkce.as_ref().map(|pkce| pkce.challenge.as_str());
        oauth::authorize_url(&self.base, &self.app, &self.state, &self.redirect_uri, challenge)
    }

    /// Exchanges the code that came back, and asks whose account it is.
    pub async fn finish(self, http: &Client, code: &str) -> Result<SignedIn, Trouble> {
        let (http, code) = (http.clone(), code.to_owned());
        patiently(async move {
            let Self {
                base,
                app,
                redirect_uri,
                pkce,
                ..
            } = self;
            let verifier = pkce.as_ref().map(|pkce| pkce.verifier.as_str());
            let token = oauth::exchange_code(&http, &base, &app, &code, &redirect_uri, verifier).await?;
            let profile = oauth::verify(&http, &base, &token).await?;
            Ok(SignedIn {
                base,
                app,
                token,
                profile,
            })
        })
        .await
    }
}

/// Whose token it is.
pub async fn whoami(http: &Client, base: &str, token: &str) -> Result<Profile, Trouble> {
    let base = instance(http, base).map_err(|problem| Trouble::Settings(problem.to_string()))?;
    let (http, token) = (http.clone(), token.to_owned());
    patiently(async move { oauth::verify(&http, &base, &token).await }).await
}

/// Makes a token useless at its instance.
pub async fn revoke(http: &Client, base: &str, app: &App, token: &str) -> Result<(), Trouble> {
    let (http, base, app, token) = (http.clone(), base.to_owned(), app.clone(), token.to_owned());
    patiently(async move { oauth::revoke(&http, &base, &app, &token).await }).await
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;
    use voce_channels::{Capabilities, Field, FieldError, Outgoing, ParseError, SendError, Sent, Sink};

    use super::*;

    /// Breaks in the way that its account asks for.
    struct Broken;

    #[async_trait]
    impl Connector for Broken {
        fn kind(&self) -> &'static str {
            "broken"
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities {
                answers: false,
                visibilities: &[],
                max_characters: None,
                attachments: false,
                subject: false,
                html: false,
            }
        }

        fn fields(&self) -> &'static [Field] {
            &[]
        }

        fn validate(&self, _: &Value) -> Result<(), Vec<FieldError>> {
            Ok(())
        }

        fn parse(&self, _: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
            match raw.body.first() {
                None => Ok(Vec::new()),
                Some(b'p') => panic!("on purpose"),
                Some(_) => Err(ParseError("no".into())),
            }
        }

        async fn check(&self, account: &Account) -> Result<(), ConnectError> {
            match account.name.as_str() {
                "panic" => panic!("on purpose"),
                "hang" => std::future::pending().await,
                "wrong" => Err(ConnectError::Settings("wrong password".into())),
                "down" => Err(ConnectError::Temporary {
                    reason: "down".into(),
                    after: None,
                }),
                _ => Ok(()),
            }
        }

        async fn run(&self, _: &Account, _: &dyn Sink, _: CancellationToken) -> Result<(), ConnectError> {
            Ok(())
        }

        async fn send(&self, _: &Account, _: &Outgoing) -> Result<Sent, SendError> {
            Err(SendError::Rejected("no".into()))
        }
    }

    fn account(name: &str) -> Account {
        Account {
            id: Uuid::nil(),
            kind: "broken".into(),
            name: name.into(),
            address: String::new(),
            config: json!({}),
            secrets: json!({}),
            cursor: Value::Null,
            reply_key: [0; 32],
        }
    }

    #[tokio::test]
    async fn a_check_ends_whatever_the_connector_does() {
        let try_it = |name: &'static str| check(Arc::new(Broken), account(name));
        assert_eq!(try_it("good").await, Ok(()));
        assert_eq!(try_it("wrong").await, Err(Trouble::Settings("wrong password".into())));
        assert_eq!(try_it("down").await, Err(Trouble::Connection("down".into())));
        let hanging = async { Broken.check(&account("hang")).await };
        assert_eq!(within(Duration::from_millis(5), hanging).await, Err(Trouble::Silence));
        assert!(matches!(try_it("panic").await, Err(Trouble::Connection(_))));
    }

    #[tokio::test]
    async fn an_item_that_breaks_the_parser_is_an_error_in_words() {
        let read_it = |body: &[u8]| {
            let raw = RawItem {
                id: 1,
                account_id: Uuid::nil(),
                format: "x".into(),
                body: body.to_vec(),
                received_at: 0,
            };
            read(Arc::new(Broken), account(""), raw)
        };
        assert_eq!(read_it(b"").await, Ok(Vec::new()));
        assert_eq!(read_it(b"x").await, Err("no".into()));
        assert!(read_it(b"p").await.is_err_and(|error| error.contains("panic")));
    }
}
