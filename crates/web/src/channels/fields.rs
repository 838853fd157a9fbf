//! The form of a channel account, made from what its connector asks for.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use voce_channels::{Account, Connector, Field, FieldKind};
use voce_store::accounts::ChannelAccount;

use crate::{
    form::{self, Problems},
    text::Text,
};

pub const LONGEST_NAME: usize = 60;

/// What stands in the form: as typed, or as stored. Secrets that are stored never come here.
#[derive(Debug, Clone, Default)]
pub struct Values(HashMap<String, String>);

impl Values {
    pub fn typed(pairs: Vec<(String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    pub fn stored(connector: &dyn Connector, account: &ChannelAccount) -> Self {
        let mut values = Self::default();
        values.set("name", &account.name);
        values.set("team", &account.team_id.map(|id| id.to_string()).unwrap_or_default());
        for field in connector
            .fields()
            .iter()
            .filter(|field| field.kind != FieldKind::Secret)
        {
            values.set(field.name, &plain(account.config.get(field.name)));
        }
        if values.get("address").is_empty() {
            values.set("address", &account.address);
        }
        values
    }

    /// What a new account starts with: the flags that are on unless switched off.
    pub fn fresh(connector: &dyn Connector) -> Self {
        let mut values = Self::default();
        for field in connector.fields() {
            match field.kind {
                FieldKind::Flag => values.set(field.name, field.example),
                FieldKind::Choice(options) => values.set(field.name, options.first().copied().unwrap_or_default()),
                FieldKind::Number if field.required => values.set(field.name, field.example),
                _ => {}
            }
        }
        values
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default().trim()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), "true" | "on" | "1" | "yes")
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A form that can be saved.
#[derive(Debug, Clone)]
pub struct Entered {
    pub name: String,
    pub address: String,
    pub config: Value,
    pub secrets: Value,
}

/// Checks a form against what the connector wants. `before` is the account as it is stored, with its secrets: what the form
/// does not ask for stays, and so do secrets that are left empty.
pub fn read(connector: &dyn Connector, values: &Values, before: Option<&Account>) -> Result<Entered, Problems> {
    let mut problems = Problems::default();
    let name = form::line(values.get("name"), LONGEST_NAME);
    problems.check(name.is_some(), "name", "name-needed");
    let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut config = object(before.map(|account| &account.config));
    let mut secrets = object(before.map(|account| &account.secrets));
    for field in connector.fields() {
        let typed = values.get(field.name);
        if field.kind == FieldKind::Secret {
            if !typed.is_empty() {
                secrets.insert(field.name.into(), typed.into());
            }
        } else {
            set(&mut config, field, typed, values.is_on(field.name));
        }
    }
    if connector.kind() == "email" {
        same_sign_in(&mut config, &mut secrets, values, before);
    }
    for field in connector.fields().iter().filter(|field| field.required) {
        let given = if field.kind == FieldKind::Secret {
            secrets.get(field.name)
        } else {
            config.get(field.name)
        };
        problems.check(given.is_some(), field.name, "channel-error-required");
    }
    let config = Value::Object(config);
    for error in connector.validate(&config).err().unwrap_or_default() {
        let asked = connector.fields().iter().any(|field| field.name == error.field);
        problems.add(if asked { error.field } else { "" }, error.message);
    }
    match name {
        Some(name) if problems.none() => {
            let address = match connector.kind() {
                "email" => form::email(&plain(config.get("address"))).unwrap_or_default(),
                _ => before.map(|account| account.address.clone()).unwrap_or_default(),
            };
            Ok(Entered {
                name,
                address,
                config,
                secrets: Value::Object(secrets),
            })
        }
        _ => Err(problems),
    }
}

fn set(config: &mut Map<String, Value>, field: &Field, typed: &str, on: bool) {
    let value = match field.kind {
        FieldKind::Flag => json!(on),
        _ if typed.is_empty() => {
            config.remove(field.name);
            return;
        }
        FieldKind::Number => typed
            .parse::<u64>()
            .map_or_else(|_| json!(typed), |number| json!(number)),
        _ => json!(typed),
    };
    config.insert(field.name.to_owned(), value);
}

/// Who leaves the user for sending empty signs in as for receiving; towards this machine nobody has to.
fn same_sign_in(
    config: &mut Map<String, Value>,
    secrets: &mut Map<String, Value>,
    values: &Values,
    before: Option<&Account>,
) {
    let old = |part: &str| before.and_then(|account| account.secrets.get(part)).cloned();
    let was_same = before.is_some() && old("smtp_password") == old("imap_password");
    let same_user = config
        .get("smtp_user")
        .is_none_or(|user| Some(user) == config.get("imap_user"));
    if values.get("smtp_security") == "none" || !same_user {
        return;
    }
    if let Some(user) = config.get("imap_user").cloned() {
        config.insert("smtp_user".into(), user);
    }
    let follow = was_same || !secrets.contains_key("smtp_password");
    if let Some(password) = secrets
        .get("imap_password")
        .cloned()
        .filter(|_| follow && values.get("smtp_password").is_empty())
    {
        secrets.insert("smtp_password".into(), password);
    }
}

/// Fields that belong together.
pub struct Group {
    /// Nothing for the first.
    pub title: String,
    pub lead: String,
    /// Shown only to those who want it.
    pub folded: bool,
    /// Fields beside each other.
    pub rows: Vec<Vec<FieldView>>,
}

/// One field as the page shows it.
pub struct FieldView {
    pub name: &'static str,
    pub label: String,
    pub hint: String,
    /// `text`, `number`, `secret`, `choice`, `flag` or `long`.
    pub kind: &'static str,
    pub value: String,
    pub on: bool,
    /// Value and words.
    pub options: Vec<(&'static str, String)>,
    pub optional: bool,
    pub example: &'static str,
    /// There is a secret, which is not shown.
    pub kept: bool,
    pub problem: String,
}

/// The whole form. `before` as in [`read`].
pub fn groups(
    t: Text,
    connector: &dyn Connector,
    values: &Values,
    before: Option<&Account>,
    problems: &Problems,
) -> Vec<Group> {
    let mut groups: Vec<(&'static str, Group)> = Vec::new();
    for field in connector.fields() {
        let key = group_of(connector.kind(), field.name);
        let at = groups.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            groups.push((key, Group::new(t, connector.kind(), key)));
            groups.len() - 1
        });
        let Some((_, group)) = groups.get_mut(at) else { continue };
        let view = FieldView::new(t, connector.kind(), field, values, before, problems);
        // A mistake must not hide.
        group.folded &= view.problem.is_empty();
        match group.rows.last_mut() {
            Some(row) if joins(field.name) => row.push(view),
            _ => group.rows.push(vec![view]),
        }
    }
    groups.sort_by_key(|(key, _)| *key == "more");
    groups.into_iter().map(|(_, group)| group).collect()
}

fn group_of(kind: &str, field: &str) -> &'static str {
    match (kind, field) {
        ("email", "folders" | "import_existing" | "sent_folder" | "signed_reply_address" | "ca") => "more",
        ("email", name) if name.starts_with("imap_") => "in",
        ("email", name) if name.starts_with("smtp_") => "out",
        ("mastodon", "base_url" | "access_token" | "max_characters") => "more",
        ("api", "signature" | "token_header" | "hook_secret") => "hook",
        ("api", "reply_url" | "reply_secret") => "answers",
        _ => "",
    }
}

/// Whether a field stands beside the one before.
fn joins(field: &str) -> bool {
    ["_port", "_security", "_password"]
        .iter()
        .any(|end| field.ends_with(end))
        || matches!(field, "from_name" | "time_zone" | "token_header" | "reply_secret")
}

/// A sentence that need not exist.
fn maybe(t: Text, key: &str) -> String {
    let words = t.get(key);
    if words == key { String::new() } else { words }
}

impl Group {
    fn new(t: Text, kind: &str, key: &str) -> Self {
        let title = if key.is_empty() {
            String::new()
        } else {
            t.get(&format!("channel-{kind}-group-{key}"))
        };
        Self {
            title,
            lead: maybe(t, &format!("channel-{kind}-group-{key}-lead")),
            folded: key == "more",
            rows: Vec::new(),
        }
    }
}

impl FieldView {
    fn new(
        t: Text,
        channel: &str,
        field: &Field,
        values: &Values,
        before: Option<&Account>,
        problems: &Problems,
    ) -> Self {
        let label = format!("channel-{channel}-{}", field.name);
        let options = match field.kind {
            FieldKind::Choice(options) => options
                .iter()
                .map(|option| (*option, t.get(&format!("channel-{channel}-{option}"))))
                .collect(),
            _ => Vec::new(),
        };
        let kind = match field.kind {
            FieldKind::Text if field.name == "ca" => "long",
            FieldKind::Text => "text",
            FieldKind::Number => "number",
            FieldKind::Secret => "secret",
            FieldKind::Choice(_) => "choice",
            FieldKind::Flag => "flag",
        };
        let secret = field.kind == FieldKind::Secret;
        Self {
            name: field.name,
            hint: maybe(t, &format!("{label}-hint")),
            label: t.get(&label),
            kind,
            value: if secret {
                String::new()
            } else {
                values.get(field.name).to_owned()
            },
            on: values.is_on(field.name),
            options,
            optional: !field.required && field.kind != FieldKind::Flag,
            example: field.example,
            kept: secret && before.is_some_and(|account| account.secrets.get(field.name).is_some()),
            problem: problems.of(field.name).map(|key| t.get(key)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use voce_channels::{
        http::{Client, Policy},
        registry::Registry,
    };

    use super::*;

    fn email() -> Vec<(String, String)> {
        let pairs = [
            ("name", "Aiuto"),
            ("address", "Help@Example.com"),
            ("imap_host", "imap.example.com"),
            ("imap_port", "993"),
            ("imap_security", "tls"),
            ("imap_user", "help"),
            ("imap_password", "in secret"),
            ("smtp_host", "smtp.example.com"),
            ("smtp_port", "465"),
            ("smtp_security", "tls"),
            ("smtp_user", ""),
            ("smtp_password", ""),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    fn stored(entered: &Entered) -> Account {
        Account {
            id: Uuid::nil(),
            kind: "email".into(),
            name: entered.name.clone(),
            address: entered.address.clone(),
            config: entered.config.clone(),
            secrets: entered.secrets.clone(),
            cursor: Value::Null,
            reply_key: [0; 32],
        }
    }

    #[test]
    fn one_sign_in_serves_both_ways_until_told_otherwise() {
        let registry = Registry::new(Client::new(Policy::default()));
        let connector = registry.get("email").unwrap().as_ref();
        let entered = read(connector, &Values::typed(email()), None).unwrap();
        assert_eq!(
            (entered.address.as_str(), &entered.config["imap_port"]),
            ("help@example.com", &json!(993))
        );
        assert_eq!(
            entered.secrets,
            json!({ "imap_password": "in secret", "smtp_password": "in secret" })
        );
        assert_eq!(entered.config["smtp_user"], "help");

        let account = stored(&entered);
        let mut values = Values::typed(email());
        values.set("imap_password", "");
        assert_eq!(
            read(connector, &values, Some(&account)).unwrap().secrets,
            entered.secrets,
            "empty keeps them"
        );
        values.set("imap_password", "new");
        assert_eq!(
            read(connector, &values, Some(&account)).unwrap().secrets,
            json!({ "imap_password": "new", "smtp_password": "new" })
        );
        values.set("smtp_user", "relay");
        values.set("smtp_password", "other");
        let apart = read(connector, &values, Some(&account)).unwrap();
        assert_eq!(
            apart.secrets,
            json!({ "imap_password": "new", "smtp_password": "other" })
        );
        values.set("smtp_password", "");
        values.set("imap_password", "newer");
        assert_eq!(
            read(connector, &values, Some(&stored(&apart))).unwrap().secrets["smtp_password"],
            "other"
        );
    }

    #[test]
    fn every_wrong_field_is_named_and_no_secret_comes_back() {
        let t = Text::EN;
        let registry = Registry::new(Client::new(Policy::default()));
        for connector in registry.all() {
            let connector = connector.as_ref();
            let problems = read(connector, &Values::default(), None).unwrap_err();
            assert!(problems.of("name").is_some());
            for field in connector
                .fields()
                .iter()
                .filter(|field| field.required && !matches!(field.kind, FieldKind::Flag))
            {
                assert!(problems.of(field.name).is_some(), "{} {}", connector.kind(), field.name);
            }
            let mut values = Values::default();
            for field in connector.fields() {
                values.set(field.name, "typed");
            }
            for view in groups(t, connector, &values, None, &problems)
                .iter()
                .flat_map(|group| group.rows.iter().flatten())
            {
                assert_eq!(view.value.is_empty(), view.kind == "secret", "{}", view.name);
                for (language, t) in [("it", Text::IT), ("en", Text::EN)] {
                    let key = format!("channel-{}-{}", connector.kind(), view.name);
                    assert_ne!(t.get(&key), key, "{language} has no label");
                    for (option, words) in &view.options {
                        assert!(!words.starts_with("channel-"), "{language} has no words for {option}");
                    }
                }
            }
        }
    }
}
