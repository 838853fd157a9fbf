//! What the fields of another system's web hook mean: set with a sample at hand, and seen at once.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use voce_channels::api::{
    self, HOOK, hook,
    mapping::{Mapping, TARGETS},
};
use voce_store::{accounts::ChannelAccount, intake, raw_items};

use super::{
    Admin, account,
    edit::{before, change, entered},
    page as account_path,
    sample::{self, Leaf},
};
use crate::{
    App, Error, Html, Result, Shell,
    flash::Flash,
    form::Problems,
    intake_pages::said::{SaidView, views},
    see_other,
    state::now,
};

/// Samples offered.
const LAST_ITEMS: i64 = 5;
/// Bytes of a sample.
const LARGEST_SAMPLE: usize = 256 * 1024;

/// Fields that most systems give; the others are folded away.
const USUAL: [&str; 11] = [
    "text",
    "author.email",
    "author.name",
    "author.phone",
    "author.handle",
    "author.customer_number",
    "subject",
    "id",
    "conversation",
    "sent_at",
    "html",
];

#[derive(Template)]
#[template(path = "channels/mapping.html")]
struct Page {
    shell: Shell,
    account: ChannelAccount,
    typed: Typed,
    problems: Problems,
    /// Received before, to choose from: id and when.
    items: Vec<(i64, i64)>,
    leaves: Vec<Leaf>,
    lists: Vec<String>,
    outcome: Preview,
}

/// What the sample would become.
enum Preview {
    NoSample,
    Unreadable(String),
    /// Where, and what is wrong there.
    Wrong(Vec<(String, String)>),
    Said(Vec<SaidView>),
}

/// The form: sources by target, and the rest.
#[derive(Debug, Clone, Default)]
struct Typed {
    sources: HashMap<String, String>,
    /// Names and sources of further facts.
    metas: Vec<(String, String)>,
    list: String,
    /// `pointer = value` lines.
    only: String,
    sample: String,
}

/// A field of a message and where it comes from.
struct Row {
    target: &'static str,
    label: String,
    source: String,
    problem: String,
}

impl Typed {
    fn of_form(pairs: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "list" => typed.list = value.trim().to_owned(),
                "only" => typed.only = value,
                "sample" => typed.sample = value,
                "meta.name" => typed.metas.push((value.trim().to_owned(), String::new())),
                "meta.source" => {
                    if let Some((_, source)) = typed.metas.last_mut() {
                        *source = value.trim().to_owned();
                    }
                }
                _ => {
                    if let Some(target) = name.strip_prefix("to.") {
                        typed.sources.insert(target.to_owned(), value.trim().to_owned());
                    }
                }
            }
        }
        typed
            .metas
            .retain(|(name, source)| !name.is_empty() || !source.is_empty());
        typed
    }

    fn of_config(config: &Value) -> Self {
        let mut typed = Self::default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for (target, source) in config.get("mapping").and_then(Value::as_object).into_iter().flatten() {
            match target.strip_prefix("meta.") {
                Some(name) => typed.metas.push((name.to_owned(), text(source))),
                None => {
                    typed.sources.insert(target.clone(), text(source));
                }
            }
        }
        typed.list = config.get("list").map(text).unwrap_or_default();
        let only = config.get("only").and_then(Value::as_object).into_iter().flatten();
        typed.only = only
            .map(|(pointer, value)| format!("{pointer} = {}", written(value)))
            .collect::<Vec<_>>()
            .join("\n");
        typed
    }

    fn mapping(&self) -> Value {
        let known = self
            .sources
            .iter()
            .filter(|(target, _)| TARGETS.contains(&target.as_str()));
        let metas = self.metas.iter().map(|(name, source)| (format!("meta.{name}"), source));
        let all = known.map(|(target, source)| (target.clone(), source)).chain(metas);
        let given = all.filter(|(_, source)| !source.is_empty());
        Value::Object(given.map(|(target, source)| (target, json!(source))).collect())
    }

    /// The account's settings with this form in them, and what is wrong with it.
    fn config(&self, stored: &Value) -> (Value, Problems) {
        let mut problems = Problems::default();
        let mut config = stored.as_object().cloned().unwrap_or_default();
        for target in TARGETS {
            let source = self.sources.get(*target).map(String::as_str).unwrap_or_default();
            problems.check(is_source(source), target, "mapping-brace");
        }
        let metas = self
            .metas
            .iter()
            .all(|(name, source)| !name.is_empty() && is_source(source));
        problems.check(metas, "metas", "mapping-meta-wrong");
        problems.check(
            self.list.is_empty() || self.list.starts_with('/'),
            "list",
            "channel-error-pointer",
        );
        let only = self.only();
        problems.check(only.is_some(), "only", "mapping-only-wrong");
        let mut put = |name: &str, value: Value| match value {
            Value::Object(object) if object.is_empty() => drop(config.remove(name)),
            Value::String(text) if text.is_empty() => drop(config.remove(name)),
            value => drop(config.insert(name.to_owned(), value)),
        };
        put("mapping", self.mapping());
        put("list", json!(self.list));
        put("only", Value::Object(only.unwrap_or_default()));
        (Value::Object(config), problems)
    }

    /// What must stand in the payload; `None` when a line cannot be read.
    fn only(&self) -> Option<Map<String, Value>> {
        let lines = self.only.lines().map(str::trim).filter(|line| !line.is_empty());
        let read = |line: &str| {
            let (pointer, value) = line.split_once('=')?;
            let (pointer, value) = (pointer.trim(), value.trim());
            let plain = serde_json::from_str(value)
                .ok()
                .filter(|value: &Value| !value.is_object() && !value.is_array());
            pointer
                .starts_with('/')
                .then(|| (pointer.to_owned(), plain.unwrap_or_else(|| json!(value))))
        };
        lines.map(read).collect()
    }
}

/// Text stands as it is unless it would be read as something else.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) if serde_json::from_str::<Value>(text).is_err() => text.clone(),
        other => other.to_string(),
    }
}

fn is_source(source: &str) -> bool {
    Mapping::read(&json!({ "text": source }), TimeZone::UTC).is_ok()
}

impl Page {
    fn rows(&self, usual: bool) -> Vec<Row> {
        let targets: Vec<&'static str> = match usual {
            true => USUAL.to_vec(),
            false => TARGETS
                .iter()
                .copied()
                .filter(|target| !USUAL.contains(target))
                .collect(),
        };
        let row = |target: &'static str| Row {
            target,
            label: self.shell.t.get(&format!("mapping-{}", target.replace('.', "-"))),
            source: self.typed.sources.get(target).cloned().unwrap_or_default(),
            problem: self.problem(target),
        };
        targets.into_iter().map(row).collect()
    }

    fn problem(&self, field: &str) -> String {
        self.problems
            .of(field)
            .map(|key| self.shell.t.get(key))
            .unwrap_or_default()
    }

    /// Something of the folded part is in use, or wrong.
    fn unfolded(&self) -> bool {
        self.rows(false)
            .iter()
            .any(|row| !row.source.is_empty() || !row.problem.is_empty())
    }

    /// Those there are, and room for more.
    fn metas(&self) -> Vec<(String, String)> {
        let room = (0..2).map(|_| (String::new(), String::new()));
        self.typed.metas.iter().cloned().chain(room).collect()
    }
}

/// Accounts of the open intake only.
async fn open_account(app: &App, id: Uuid) -> Result<ChannelAccount> {
    let account = account(app, id).await?;
    if account.kind == "api" {
        Ok(account)
    } else {
        Err(Error::NotFound)
    }
}

/// `GET /settings/channels/{id}/mapping`: with the last thing that came in as the sample.
pub async fn show(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let account = open_account(&app, id).await?;
    let mut typed = Typed::of_config(&account.config);
    let items = raw_items::latest(&app.db, id, HOOK, LAST_ITEMS).await?;
    typed.sample = items.first().map(|item| text(&item.body)).unwrap_or_default();
    let items = items.iter().map(|item| (item.id, item.received_at)).collect();
    render(may, account, typed, Problems::default(), items)
}

/// `POST /settings/channels/{id}/mapping/preview`: what the sample would become.
pub async fn preview(
    may: Admin,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let account = open_account(&app, id).await?;
    let typed = Typed::of_form(pairs);
    let items = last_items(&app, id).await?;
    let (_, problems) = typed.config(&account.config);
    // Shown where they are typed only when they are saved: the preview tells them, too.
    let response = render(may, account, typed, problems, items)?;
    Ok((StatusCode::OK, response).into_response())
}

/// `POST /settings/channels/{id}/mapping/edit`: another sample, or sources by their usual names where there are none yet.
pub async fn edit(
    may: Admin,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let account = open_account(&app, id).await?;
    let asked: Option<i64> = pairs
        .iter()
        .find(|(name, _)| name == "item")
        .and_then(|(_, id)| id.parse().ok());
    let mut typed = Typed::of_form(pairs);
    match asked {
        Some(item) => {
            let item = intake::get(&app.db, item).await?;
            if item.account_id != id {
                return Err(Error::NotFound);
            }
            typed.sample = text(&item.body);
        }
        None => {
            if let Ok(payload) = sample::parse(&typed.sample) {
                for (target, source) in sample::guess(sample::item(&payload, &typed.list), TimeZone::UTC) {
                    let place = typed.sources.entry(target).or_default();
                    if place.is_empty() {
                        *place = source;
                    }
                }
            }
        }
    }
    let items = last_items(&app, id).await?;
    render(may, account, typed, Problems::default(), items)
}

/// `POST /settings/channels/{id}/mapping`
pub async fn save(
    may: Admin,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let account = open_account(&app, id).await?;
    let typed = Typed::of_form(pairs);
    let (config, problems) = typed.config(&account.config);
    if !problems.none() {
        let items = last_items(&app, id).await?;
        return render(may, account, typed, problems, items);
    }
    let before = before(&app, id).await?;
    let mut entered = entered(&before);
    entered.config = config;
    change(
        &app,
        &may.user,
        &before,
        &entered,
        before.stored.team_id,
        "channel.mapping_changed",
    )
    .await?;
    Ok(see_other(
        &account_path(id),
        Some(Flash::done(may.user.text().get("mapping-saved"))),
    ))
}

async fn last_items(app: &App, id: Uuid) -> Result<Vec<(i64, i64)>> {
    let items = raw_items::latest(&app.db, id, HOOK, LAST_ITEMS).await?;
    Ok(items.iter().map(|item| (item.id, item.received_at)).collect())
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..LARGEST_SAMPLE).unwrap_or(body)).into_owned()
}

fn render(
    may: Admin,
    account: ChannelAccount,
    typed: Typed,
    problems: Problems,
    items: Vec<(i64, i64)>,
) -> Result<Response> {
    let (leaves, lists, outcome) = match sample::parse(&typed.sample) {
        Err(reason) if reason.is_empty() => (Vec::new(), Vec::new(), Preview::NoSample),
        Err(reason) => (Vec::new(), Vec::new(), Preview::Unreadable(reason)),
        Ok(payload) => {
            let leaves = sample::leaves(sample::item(&payload, &typed.list));
            let (config, _) = typed.config(&account.config);
            (leaves, sample::lists(&payload), try_out(&may, &config, &typed.sample))
        }
    };
    let status = if problems.none() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let shell = Shell::new(may, "settings");
    let page = Page {
        shell,
        account,
        typed,
        problems,
        items,
        leaves,
        lists,
        outcome,
    };
    Ok((status, Html(page)).into_response())
}

/// Exactly what the intake would do.
fn try_out(may: &Admin, config: &Value, sample: &str) -> Preview {
    match hook::read(config, sample.as_bytes(), api::country(config), now()) {
        Ok(said) => Preview::Said(views(may.user.text(), &may.user.zone(), said)),
        Err(invalid) => Preview::Wrong(
            invalid
                .0
                .into_iter()
                .map(|problem| (problem.pointer, problem.message))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read_back_as_it_was_saved() {
        let config = json!({
            "country": "IT",
            "mapping": { "text": "/body", "author.name": "{/first} {/last}", "meta.order": "/order" },
            "list": "/messages",
            "only": { "/event": "created", "/version": 2, "/kind": "2", "/test": null },
        });
        let typed = Typed::of_config(&config);
        let (again, problems) = typed.config(&json!({ "country": "IT" }));
        assert!(problems.none());
        assert_eq!(again, config);
        assert_eq!(
            Typed::default().config(&config).0,
            json!({ "country": "IT" }),
            "what is emptied is gone"
        );
    }

    #[test]
    fn wrong_rows_are_named() {
        let pairs = [
            ("to.text", "{/a"),
            ("meta.name", ""),
            ("meta.source", "/x"),
            ("list", "messages"),
            ("only", "no pointer"),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let (_, problems) = Typed::of_form(pairs).config(&json!({}));
        for field in ["text", "metas", "list", "only"] {
            assert!(problems.of(field).is_some(), "{field}");
        }
        assert!(problems.of("html").is_none());
    }

    #[test]
    fn every_target_has_words_and_the_usual_ones_exist() {
        use crate::text::Text;
        for target in TARGETS {
            let key = format!("mapping-{}", target.replace('.', "-"));
            assert!(Text::IT.get(&key) != key && Text::EN.get(&key) != key, "{key}");
        }
        assert!(USUAL.iter().all(|target| TARGETS.contains(target)));
    }
}
