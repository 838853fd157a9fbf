//! The shapes of the Mastodon API that we read, lenient towards the servers that speak it with an accent
//! (<https://docs.joinmastodon.org/entities/>).

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

/// An identifier: a string by the documentation, a number on some servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Number(u64),
        }
        Form::deserialize(deserializer).map(|form| match form {
            Form::Text(text) => Self(text),
            Form::Number(number) => Self(number.to_string()),
        })
    }
}

impl Id {
    /// Identifiers grow with time. They are to be sorted by length, then as text; that holds for snowflakes, ULIDs
    /// and flakes alike.
    pub fn is_newer_than(&self, other: &str) -> bool {
        (self.0.len(), self.0.as_str()) > (other.len(), other)
    }
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(Debug, Deserialize)]
pub struct Notification {
    pub id: Id,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub created_at: Option<String>,
    pub account: Option<Account>,
    #[serde(default)]
    pub status: Option<Status>,
    /// Added by us: the ids of the thread's earlier statuses, oldest first.
    #[serde(default)]
    pub voce_ancestors: Vec<Id>,
}

#[derive(Debug, Deserialize)]
pub struct Status {
    pub id: Id,
    #[serde(default)]
    pub created_at: Option<String>,
    pub account: Account,
    #[serde(default, deserialize_with = "or_default")]
    pub content: String,
    #[serde(default, deserialize_with = "or_default")]
    pub visibility: String,
    #[serde(default, deserialize_with = "or_default")]
    pub sensitive: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub spoiler_text: String,
    #[serde(default)]
    pub in_reply_to_id: Option<Id>,
    #[serde(default)]
    pub in_reply_to_account_id: Option<Id>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub uri: Option<String>,
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub mentions: Vec<Mention>,
    #[serde(default, deserialize_with = "or_default")]
    pub media_attachments: Vec<Media>,
    #[serde(default)]
    pub poll: Option<Poll>,
    /// The boosted status, when this one is a boost.
    #[serde(default)]
    pub reblog: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    pub voce_ancestors: Vec<Id>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    #[serde(default)]
    pub id: Id,
    #[serde(default, deserialize_with = "or_default")]
    pub username: String,
    /// `user` for accounts of the server itself, `user@instance` for others.
    pub acct: String,
    #[serde(default, deserialize_with = "or_default")]
    pub display_name: String,
    #[serde(default)]
    pub avatar: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub bot: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub emojis: Vec<Emoji>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Emoji {
    #[serde(default)]
    pub shortcode: String,
}

#[derive(Debug, Deserialize)]
pub struct Mention {
    #[serde(default)]
    pub id: Id,
    pub acct: String,
}

#[derive(Debug, Deserialize)]
pub struct Media {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub remote_url: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Poll {
    #[serde(default, deserialize_with = "or_default")]
    pub options: Vec<PollOption>,
}

#[derive(Debug, Deserialize)]
pub struct PollOption {
    #[serde(default)]
    pub title: String,
}

impl Account {
    /// `user@instance`, with the server's own domain when the account is local.
    pub fn full_acct(&self, domain: &str) -> String {
        full_acct(&self.acct, domain)
    }

    /// The name as shown, without the custom emoji that only their server can draw.
    pub fn name(&self) -> String {
        let mut name = Cow::Borrowed(self.display_name.as_str());
        for emoji in self.emojis.iter().filter(|emoji| !emoji.shortcode.is_empty()) {
            name = name.replace(&format!(":{}:", emoji.shortcode), "").into();
        }
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() { self.username.clone() } else { name }
    }
}

/// `user@instance` in lower case, for an account as the server calls it.
pub fn full_acct(acct: &str, domain: &str) -> String {
    let acct = acct.trim_start_matches('@');
    let full = if acct.contains('@') {
        acct.to_owned()
    } else {
        format!("{acct}@{domain}")
    };
    full.to_lowercase()
}

/// What an instance says of itself: version 2 of the entity, version 1, and Pleroma's additions to it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Instance {
    #[serde(default)]
    pub domain: Option<String>,
    /// Version 1: the domain; with a scheme on some servers.
    #[serde(default)]
    pub uri: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub version: String,
    #[serde(default)]
    pub source_url: Option<String>,
    #[serde(default)]
    pub max_toot_chars: Option<usize>,
    #[serde(default, deserialize_with = "or_default")]
    pub urls: Urls,
    #[serde(default, deserialize_with = "or_default")]
    pub configuration: Configuration,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Urls {
    #[serde(default)]
    pub streaming_api: Option<String>,
    #[serde(default)]
    pub streaming: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Configuration {
    #[serde(default, deserialize_with = "or_default")]
    pub urls: Urls,
    #[serde(default, deserialize_with = "or_default")]
    pub statuses: StatusLimits,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct StatusLimits {
    #[serde(default)]
    pub max_characters: Option<usize>,
}

/// The limit of a server that does not tell it.
const DEFAULT_MAX_CHARACTERS: usize = 500;

impl Instance {
    pub fn max_characters(&self) -> usize {
        let told = self.configuration.statuses.max_characters.or(self.max_toot_chars);
        told.filter(|&limit| limit > 0).unwrap_or(DEFAULT_MAX_CHARACTERS)
    }

    /// The domain of the server's accounts, which need not be the host of its API.
    pub fn account_domain(&self) -> Option<&str> {
        let domain = self.domain.as_deref().or(self.uri.as_deref())?;
        let domain = domain
            .trim_start_matches("https://")
            .trim_start_matches("http://")
            .trim_end_matches('/');
        Some(domain).filter(|domain| !domain.is_empty())
    }

    /// Where server-sent events are served, when not at the API's own host. Told as the address of a web socket.
    pub fn streaming(&self) -> Option<String> {
        let urls = [
            &self.configuration.urls.streaming,
            &self.urls.streaming_api,
            &self.urls.streaming,
        ];
        let url = urls.into_iter().flatten().find(|url| !url.is_empty())?;
        let url = match url.split_once("://")? {
            ("ws", rest) => format!("http://{rest}"),
            ("wss", rest) => format!("https://{rest}"),
            _ => url.clone(),
        };
        Some(
            url.trim_end_matches('/')
                .trim_end_matches("/api/v1/streaming")
                .to_owned(),
        )
    }

    /// Whether the server is known to recognise a repeated `Idempotency-Key`: Mastodon (and its forks) and Pleroma (and
    /// its forks) do. Others say who they are in the version or the address of their source.
    pub fn honours_idempotency_key(&self) -> bool {
        if self.version.contains("(compatible;") {
            return self.version.contains("Pleroma") || self.version.contains("Akkoma");
        }
        let major = self
            .version
            .split('.')
            .next()
            .and_then(|major| major.parse::<u32>().ok());
        let elsewhere = self
            .source_url
            .as_deref()
            .is_some_and(|url| url.to_lowercase().contains("gotosocial"));
        major.is_some_and(|major| major >= 2) && !elsewhere
    }

    pub fn is_pixelfed(&self) -> bool {
        self.version.contains("Pixelfed")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn instance(value: serde_json::Value) -> Instance {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn reads_the_instances_of_several_kinds_of_server() {
        let mastodon = instance(json!({
            "domain": "example.social", "version": "4.4.2", "source_url": "https://github.com/mastodon/mastodon",
            "configuration": {
                "urls": {"streaming": "wss://streaming.example.social"}, "statuses": {"max_characters": 1000}
            }
        }));
        assert_eq!(
            (mastodon.max_characters(), mastodon.account_domain()),
            (1000, Some("example.social"))
        );
        assert_eq!(
            mastodon.streaming().as_deref(),
            Some("https://streaming.example.social")
        );
        assert!(mastodon.honours_idempotency_key());

        let pleroma = instance(json!({
            "uri": "https://pl.example", "version": "2.7.2 (compatible; Pleroma 2.6.0)", "max_toot_chars": 5000,
            "urls": {"streaming_api": "wss://pl.example"}
        }));
        assert_eq!(
            (pleroma.max_characters(), pleroma.account_domain()),
            (5000, Some("pl.example"))
        );
        assert!(pleroma.honours_idempotency_key());

        let gotosocial = instance(json!({
            "domain": "gts.example", "version": "0.17.3+git-2e3c1a2",
            "source_url": "https://codeberg.org/superseriousbusiness/gotosocial",
            "configuration": {"urls": {"streaming": "wss://gts.example"}, "statuses": {"max_characters": 5000}}
        }));
        assert_eq!(gotosocial.max_characters(), 5000);
        assert!(!gotosocial.honours_idempotency_key());

        let pixelfed = instance(json!({"uri": "pix.example", "version": "3.5.3 (compatible; Pixelfed 0.12.4)"}));
        assert!(pixelfed.is_pixelfed() && !pixelfed.honours_idempotency_key());
        assert_eq!((pixelfed.max_characters(), pixelfed.streaming()), (500, None));
    }

    #[test]
    fn ids_grow_by_length_then_text() {
        let id = |text: &str| Id(text.to_owned());
        assert!(id("1000").is_newer_than("999"));
        assert!(id("01J2").is_newer_than("01HZ"));
        assert!(!id("7").is_newer_than("7"));
        assert_eq!(serde_json::from_str::<Id>("42").unwrap(), id("42"));
    }

    #[test]
    fn names_lose_their_custom_emoji() {
        let account: Account = serde_json::from_value(json!({
            "acct": "anna", "username": "anna", "display_name": ":verified: Anna  Rossi :heart:",
            "emojis": [{"shortcode": "verified"}, {"shortcode": "heart"}]
        }))
        .unwrap();
        assert_eq!(account.name(), "Anna Rossi");
        assert_eq!(account.full_acct("Example.Social"), "anna@example.social");
    }
}
