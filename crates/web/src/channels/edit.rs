//! Adding, changing, trying and pausing a channel account.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use voce_channels::{Account, Connector, standard_webhooks};
use voce_domain::event::Actor;
use voce_ingest::open_account;
use voce_jobs::connect::{self, Trouble};
use voce_store::{
    Tx,
    accounts::{self, ChannelAccount, Settings},
    audit, teams,
};

use super::{
    Admin, account,
    account_page::{Before, Draft, Tried, once_key},
    fields::{self, Entered, Values},
    page, providers, team,
};
use crate::{App, Error, Result, flash::Flash, form::Problems, once, see_other, session::CurrentUser, state::now};

type Pairs = Form<Vec<(String, String)>>;

pub(super) fn connector(app: &App, kind: &str) -> Result<Arc<dyn Connector>> {
    app.registry.get(kind).cloned().ok_or(Error::NotFound)
}

/// An account as it is stored, and with its secrets; they stay on this side of the page.
pub(super) async fn before(app: &App, id: Uuid) -> Result<Before> {
    let stored = account(app, id).await?;
    let open = open_account(&stored, &app.vault).map_err(Error::internal)?;
    Ok(Before { stored, open })
}

#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    provider: String,
}

/// `GET /settings/channels/new/{kind}`
pub async fn new(
    may: Admin,
    State(app): State<App>,
    Path(kind): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Response> {
    let connector = connector(&app, &kind)?;
    let mut values = Values::fresh(connector.as_ref());
    let provider = providers::find(&chosen.provider).filter(|_| kind == "email");
    if let Some(provider) = provider {
        provider.fill(&mut values);
    }
    let draft = Draft {
        provider,
        ..Draft::new(connector, values, None)
    };
    draft.show(&app, may, &HeaderMap::new()).await
}

/// `GET /settings/channels/{id}`
pub async fn show(may: Admin, State(app): State<App>, Path(id): Path<Uuid>, headers: HeaderMap) -> Result<Response> {
    let before = before(&app, id).await?;
    let connector = connector(&app, &before.stored.kind)?;
    let values = Values::stored(connector.as_ref(), &before.stored);
    Draft::new(connector, values, Some(before))
        .show(&app, may, &headers)
        .await
}

/// `POST /settings/channels/new/{kind}`
pub async fn create(
    may: Admin,
    State(app): State<App>,
    Path(kind): Path<String>,
    Form(pairs): Pairs,
) -> Result<Response> {
    let connector = connector(&app, &kind)?;
    let mut draft = Draft::new(connector, Values::typed(pairs), None);
    let mut entered = match enter(&app, &draft).await {
        Ok(entered) => entered,
        Err(problems) => {
            draft.problems = problems;
            return draft.show(&app, may, &HeaderMap::new()).await;
        }
    };
    let fresh = (kind == "api" && entered.secrets.get("hook_secret").is_none()).then(standard_webhooks::random_secret);
    if let Some(secret) = &fresh {
        entered.secrets["hook_secret"] = json!(secret);
    }
    let id = Uuid::now_v7();
    let team_id = team(&teams::list(&app.db).await?, draft.values.get("team"));
    let new = New {
        id,
        kind: &kind,
        entered: &entered,
        team_id,
    };
    let mut tx = app.db.begin().await?;
    new.write(&app, &mut tx, &may.user).await?;
    tx.commit().await?;
    let mut response = see_other(
        &page(id),
        Some(Flash::done(may.user.text().name("channel-created", &entered.name))),
    );
    if let Some(secret) = fresh {
        response.headers_mut().append(
            header::SET_COOKIE,
            once::hand(&app, may.user.id, &once_key(id), &secret)?,
        );
    }
    Ok(response)
}

/// An account that is about to exist.
pub(super) struct New<'a> {
    pub id: Uuid,
    pub kind: &'a str,
    pub entered: &'a Entered,
    pub team_id: Option<Uuid>,
}

impl New<'_> {
    pub async fn write(&self, app: &App, tx: &mut Tx, user: &CurrentUser) -> Result<()> {
        let now = now();
        let secrets = seal(app, self.id, &self.entered.secrets);
        let settings = settings(self.entered, Some(&secrets), self.team_id);
        accounts::create(tx, self.id, self.kind, &settings, Actor::user(user.id), now).await?;
        let details = json!({ "channel": self.kind, "address": self.entered.address });
        audit::write(tx, now, &user.who(), "channel.created", &self.entered.name, details).await?;
        Ok(())
    }
}

fn settings<'a>(entered: &'a Entered, secrets: Option<&'a [u8]>, team_id: Option<Uuid>) -> Settings<'a> {
    Settings {
        name: &entered.name,
        address: &entered.address,
        config: &entered.config,
        secrets,
        team_id,
    }
}

/// For the account alone.
fn seal(app: &App, id: Uuid, secrets: &Value) -> Vec<u8> {
    app.vault.seal(&id.to_string(), secrets.to_string().as_bytes())
}

/// `POST /settings/channels/{id}`
pub async fn save(may: Admin, State(app): State<App>, Path(id): Path<Uuid>, Form(pairs): Pairs) -> Result<Response> {
    let before = before(&app, id).await?;
    let connector = connector(&app, &before.stored.kind)?;
    let mut draft = Draft::new(connector, Values::typed(pairs), Some(before));
    let entered = match enter(&app, &draft).await {
        Ok(entered) => entered,
        Err(problems) => {
            draft.problems = problems;
            return draft.show(&app, may, &HeaderMap::new()).await;
        }
    };
    let team_id = team(&teams::list(&app.db).await?, draft.values.get("team"));
    if let Some(before) = &draft.before {
        change(&app, &may.user, before, &entered, team_id, "channel.changed").await?;
    }
    Ok(see_other(&page(id), Some(Flash::done(may.user.text().get("saved")))))
}

/// Writes what changed, and says so in the audit log: of secrets only which.
pub(super) async fn change(
    app: &App,
    user: &CurrentUser,
    before: &Before,
    entered: &Entered,
    team_id: Option<Uuid>,
    action: &str,
) -> Result<()> {
    let Before { stored, open } = before;
    let mut details = differences(&stored.config, &entered.config);
    let replaced: Vec<&String> = names(&entered.secrets, &open.secrets);
    if !replaced.is_empty() {
        details.insert("secrets".into(), json!(replaced));
    }
    for (key, was, is) in [
        ("name", &stored.name, &entered.name),
        ("address", &stored.address, &entered.address),
    ] {
        if was != is {
            details.insert(key.into(), json!([was, is]));
        }
    }
    if stored.team_id != team_id {
        details.insert("team".into(), json!([stored.team_id, team_id]));
    }
    let sealed = (entered.secrets != open.secrets).then(|| seal(app, stored.id, &entered.secrets));
    let now = now();
    let mut tx = app.db.begin().await?;
    let settings = settings(entered, sealed.as_deref(), team_id);
    accounts::update(&mut tx, stored.id, &settings, Actor::user(user.id), now).await?;
    audit::write(&mut tx, now, &user.who(), action, &entered.name, Value::Object(details)).await?;
    Ok(tx.commit().await?)
}

/// The names whose values differ, with before and after.
fn differences(was: &Value, is: &Value) -> Map<String, Value> {
    let value = |of: &Value, name: &str| of.get(name).cloned().unwrap_or_default();
    let pair = |name: &String| (name.clone(), json!([value(was, name), value(is, name)]));
    names(is, was).into_iter().map(pair).collect()
}

/// The names whose values differ.
fn names<'a>(is: &'a Value, was: &'a Value) -> Vec<&'a String> {
    let of = |value: &'a Value| value.as_object().into_iter().flat_map(Map::keys);
    let mut names: Vec<&String> = of(is)
        .chain(of(was))
        .filter(|name| is.get(*name) != was.get(*name))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The form, checked as far as it can be without the other side; a Mastodon token says whose it is.
async fn enter(app: &App, draft: &Draft) -> Result<Entered, Problems> {
    let open = draft.before.as_ref().map(|before| &before.open);
    let mut entered = fields::read(draft.connector.as_ref(), &draft.values, open)?;
    let token = |secrets: &Value| secrets.get("access_token").and_then(Value::as_str).map(str::to_owned);
    let new =
        token(&entered.secrets).filter(|new| Some(new) != open.and_then(|account| token(&account.secrets)).as_ref());
    let Some(token) = new.filter(|_| draft.connector.kind() == "mastodon") else {
        return Ok(entered);
    };
    let mut problems = Problems::default();
    let base = entered
        .config
        .get("base_url")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match connect::whoami(&app.http, base, &token).await {
        Ok(profile) if entered.address.is_empty() || entered.address == profile.acct => {
            entered.config["max_characters"] = json!(profile.max_characters);
            entered.address = profile.acct;
            return Ok(entered);
        }
        Ok(_) => problems.add("access_token", "channel-mastodon-other"),
        Err(Trouble::Settings(_)) => problems.add("access_token", "channel-mastodon-refused"),
        Err(_) => problems.add("base_url", "channel-mastodon-unreachable"),
    }
    Err(problems)
}

/// `POST /settings/channels/new/{kind}/check`
pub async fn check_new(
    may: Admin,
    State(app): State<App>,
    Path(kind): Path<String>,
    Form(pairs): Pairs,
) -> Result<Response> {
    let connector = connector(&app, &kind)?;
    try_it(&app, may, Draft::new(connector, Values::typed(pairs), None)).await
}

/// `POST /settings/channels/{id}/check`
pub async fn check(may: Admin, State(app): State<App>, Path(id): Path<Uuid>, Form(pairs): Pairs) -> Result<Response> {
    let before = before(&app, id).await?;
    let connector = connector(&app, &before.stored.kind)?;
    try_it(&app, may, Draft::new(connector, Values::typed(pairs), Some(before))).await
}

/// Tries what stands in the form, saved or not.
async fn try_it(app: &App, may: Admin, mut draft: Draft) -> Result<Response> {
    let open = draft.before.as_ref().map(|before| &before.open);
    draft.trial = Some(match fields::read(draft.connector.as_ref(), &draft.values, open) {
        Err(problems) => {
            draft.problems = problems;
            Tried::Incomplete
        }
        Ok(entered) => {
            let account = Account {
                id: open.map(|account| account.id).unwrap_or_default(),
                kind: draft.connector.kind().to_owned(),
                name: entered.name,
                address: entered.address,
                config: entered.config,
                secrets: entered.secrets,
                cursor: Value::Null,
                reply_key: app.vault.derive("reply-address"),
            };
            Tried::Done(connect::check(draft.connector.clone(), account).await)
        }
    });
    draft.show(app, may, &HeaderMap::new()).await
}

/// `POST /settings/channels/{id}/pause`
pub async fn pause(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    set_active(&app, may, id, false).await
}

/// `POST /settings/channels/{id}/resume`
pub async fn resume(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    set_active(&app, may, id, true).await
}

async fn set_active(app: &App, may: Admin, id: Uuid, active: bool) -> Result<Response> {
    let account = account(app, id).await?;
    let (action, said, back) = match active {
        true => ("channel.resumed", "channel-resumed", "pause"),
        false => ("channel.paused", "channel-now-paused", "resume"),
    };
    let now = now();
    let mut tx = app.db.begin().await?;
    accounts::set_active(&mut tx, id, active, Actor::user(may.user.id), now).await?;
    audit::write(
        &mut tx,
        now,
        &may.user.who(),
        action,
        &account.name,
        json!({ "channel": account.kind }),
    )
    .await?;
    tx.commit().await?;
    let flash = Flash::done(may.user.text().name(said, &account.name)).undo(format!("{}/{back}", page(id)));
    Ok(see_other("/settings/channels", Some(flash)))
}

/// `POST /settings/channels/{id}/secret`: a new secret for incoming web hooks; the old one is void at once.
pub async fn renew_secret(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let before = before(&app, id).await?;
    if before.stored.kind != "api" {
        return Err(Error::NotFound);
    }
    let secret = standard_webhooks::random_secret();
    let mut entered = entered(&before);
    if !entered.secrets.is_object() {
        entered.secrets = json!({});
    }
    entered.secrets["hook_secret"] = json!(secret);
    change(
        &app,
        &may.user,
        &before,
        &entered,
        before.stored.team_id,
        "channel.secret_renewed",
    )
    .await?;
    let mut response = see_other(
        &page(id),
        Some(Flash::done(may.user.text().get("channel-secret-renewed"))),
    );
    response.headers_mut().append(
        header::SET_COOKIE,
        once::hand(&app, may.user.id, &once_key(id), &secret)?,
    );
    Ok(response)
}

/// An account as a form that changes nothing.
pub(super) fn entered(before: &Before) -> Entered {
    let ChannelAccount {
        name, address, config, ..
    } = &before.stored;
    Entered {
        name: name.clone(),
        address: address.clone(),
        config: config.clone(),
        secrets: before.open.secrets.clone(),
    }
}
