//! Signing in at a Mastodon instance: there and back by OAuth, and giving the token back.
//!
//! What has to come back is kept in a sealed cookie that opens only for the session that left.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use voce_domain::event::Actor;
use voce_jobs::connect::{self, BaseUrlError, SignIn, SignedIn, Trouble};
use voce_store::{accounts, teams};

use super::{
    Admin,
    account_page::{Before, Draft},
    edit::{New, before, change, connector, entered},
    fields::{Entered, Values},
    page, team,
};
use crate::{
    App, Error, Html, Result, Shell, flash::Flash, form, see_other, session, session::CurrentUser, state::now,
};

const CALLBACK: &str = "/settings/channels/mastodon/callback";
const CONTINUE: &str = "/settings/channels/mastodon/continue";

/// To find one's password at the instance.
const SECONDS: i64 = 15 * 60;

/// Somebody on the way to an instance.
#[derive(Serialize, Deserialize)]
struct Journey {
    sign_in: SignIn,
    /// The account that is connected again.
    account: Option<Uuid>,
    name: String,
    team: Option<Uuid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Start {
    instance: String,
    name: String,
    team: String,
    /// The account that is connected again, or nothing.
    account: String,
}

/// `POST /settings/channels/mastodon/connect`: registers Voce at the instance and shows the way there.
pub async fn start(may: Admin, State(app): State<App>, Form(start): Form<Start>) -> Result<Response> {
    let again = match start.account.parse::<Uuid>() {
        Ok(id) => Some(before(&app, id).await?),
        Err(_) => None,
    };
    let begun = match connect::instance(&app.http, &start.instance) {
        Ok(base) => {
            let back = app.options.base_url.join(CALLBACK).map_err(Error::internal)?;
            connect::begin_sign_in(&app.http, &base, back.as_str())
                .await
                .map_err(|trouble| match trouble {
                    Trouble::Settings(_) => "channel-mastodon-not-one",
                    _ => "channel-mastodon-unreachable",
                })
        }
        Err(BaseUrlError::NotHttps) => Err("channel-error-https"),
        Err(BaseUrlError::Unreadable) => Err("channel-mastodon-no-address"),
    };
    let sign_in = match begun {
        Ok(sign_in) => sign_in,
        Err(key) => return wrong_instance(&app, may, start, again, key).await,
    };
    let team = team(&teams::list(&app.db).await?, &start.team);
    let journey = Journey {
        sign_in,
        account: again.map(|before| before.stored.id),
        name: start.name,
        team,
    };
    let mut response = see_other(CONTINUE, None);
    response
        .headers_mut()
        .append(header::SET_COOKIE, journey.pack(&app, &may.user)?);
    Ok(response)
}

async fn wrong_instance(
    app: &App,
    may: Admin,
    start: Start,
    again: Option<Before>,
    key: &'static str,
) -> Result<Response> {
    let connector = connector(app, "mastodon")?;
    let mut values = match &again {
        Some(before) => Values::stored(connector.as_ref(), &before.stored),
        None => Values::fresh(connector.as_ref()),
    };
    for (name, value) in [
        ("instance", &start.instance),
        ("name", &start.name),
        ("team", &start.team),
    ] {
        if again.is_none() || name == "instance" {
            values.set(name, value);
        }
    }
    let mut draft = Draft::new(connector, values, again);
    draft.problems.add("instance", key);
    draft.show(app, may, &HeaderMap::new()).await
}

#[derive(Template)]
#[template(path = "channels/leave.html")]
struct Leave {
    shell: Shell,
    host: String,
    url: String,
}

/// `GET /settings/channels/mastodon/continue`: a link out, since the security policy lets no form lead away.
pub async fn leave(may: Admin, State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let Some(journey) = Journey::unpack(&app, &may.user, &headers) else {
        let gone = Flash::failed(may.user.text().get("channel-mastodon-expired"));
        return Ok(see_other("/settings/channels/new/mastodon", Some(gone)));
    };
    let host = journey.sign_in.base.split("://").nth(1).unwrap_or_default().to_owned();
    Ok(Html(Leave {
        shell: Shell::new(may, "settings"),
        host,
        url: journey.sign_in.url(),
    })
    .into_response())
}

/// What the instance sends back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Back {
    code: String,
    state: String,
    /// Why there is no code, e.g. `access_denied`.
    error: String,
}

/// `GET /settings/channels/mastodon/callback`
pub async fn back(
    may: Admin,
    State(app): State<App>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response> {
    let t = may.user.text();
    let journey = Journey::unpack(&app, &may.user, &headers);
    let journey = journey.filter(|journey| journey.sign_in.state.as_bytes().ct_eq(back.state.as_bytes()).into());
    let mut response = match journey {
        None => failed("/settings/channels/new/mastodon", t.get("channel-mastodon-state")),
        Some(journey) => {
            let again = journey
                .account
                .map_or_else(|| "/settings/channels/new/mastodon".to_owned(), page);
            match arrive(&app, &may.user, journey, &back).await? {
                Ok(id) => see_other(&page(id), Some(Flash::done(t.get("channel-mastodon-connected")))),
                Err(key) => failed(&again, t.get(key)),
            }
        }
    };
    response
        .headers_mut()
        .append(header::SET_COOKIE, session::set_cookie(&app, cookie_name(&app), "", 0)?);
    Ok(response)
}

fn failed(path: &str, text: String) -> Response {
    see_other(path, Some(Flash::failed(text)))
}

/// The account that is connected now, or the key of what went wrong.
async fn arrive(app: &App, user: &CurrentUser, journey: Journey, back: &Back) -> Result<Result<Uuid, &'static str>> {
    if !back.error.is_empty() || back.code.is_empty() {
        return Ok(Err("channel-mastodon-denied"));
    }
    let Journey {
        sign_in,
        account,
        name,
        team,
    } = journey;
    let signed_in = match sign_in.finish(&app.http, &back.code).await {
        Ok(signed_in) => signed_in,
        Err(trouble) => {
            tracing::warn!(%trouble, "signing in at a Mastodon instance failed");
            return Ok(Err(match trouble {
                Trouble::Settings(_) => "channel-mastodon-refused",
                _ => "channel-mastodon-unreachable",
            }));
        }
    };
    match account {
        Some(id) => again(app, user, id, signed_in).await,
        None => first(app, user, &name, team, signed_in).await.map(Ok),
    }
}

/// A new account; one that is here already gets the new token.
async fn first(app: &App, user: &CurrentUser, name: &str, team_id: Option<Uuid>, signed_in: SignedIn) -> Result<Uuid> {
    let same =
        |account: &accounts::ChannelAccount| account.kind == "mastodon" && account.address == signed_in.profile.acct;
    if let Some(known) = accounts::all(&app.db).await?.into_iter().find(same) {
        put_token(app, user, &before(app, known.id).await?, signed_in).await?;
        return Ok(known.id);
    }
    let id = Uuid::now_v7();
    let profile = &signed_in.profile;
    let name = [name, &profile.display_name, &profile.acct]
        .iter()
        .find_map(|name| form::line(name, 60))
        .unwrap_or_default();
    let mut entered = Entered {
        name,
        address: String::new(),
        config: json!({}),
        secrets: json!({}),
    };
    connect_to(&mut entered, signed_in);
    let mut tx = app.db.begin().await?;
    New {
        id,
        kind: "mastodon",
        entered: &entered,
        team_id,
    }
    .write(app, &mut tx, user)
    .await?;
    tx.commit().await?;
    Ok(id)
}

/// The same account with a new token; another one would answer people who wrote to this one.
async fn again(app: &App, user: &CurrentUser, id: Uuid, signed_in: SignedIn) -> Result<Result<Uuid, &'static str>> {
    let before = before(app, id).await?;
    let was = &before.stored.address;
    if before.stored.kind != "mastodon" || (!was.is_empty() && *was != signed_in.profile.acct) {
        give_back(
            app,
            &signed_in.base,
            &json!({ "app": signed_in.app, "access_token": signed_in.token }),
        )
        .await;
        return Ok(Err("channel-mastodon-other"));
    }
    put_token(app, user, &before, signed_in).await?;
    Ok(Ok(id))
}

async fn put_token(app: &App, user: &CurrentUser, before: &Before, signed_in: SignedIn) -> Result<()> {
    let mut entered = entered(before);
    connect_to(&mut entered, signed_in);
    change(app, user, before, &entered, before.stored.team_id, "channel.connected").await?;
    if !before.stored.active {
        let mut tx = app.db.begin().await?;
        accounts::set_active(&mut tx, before.stored.id, true, Actor::user(user.id), now()).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn connect_to(entered: &mut Entered, signed_in: SignedIn) {
    let SignedIn {
        base,
        app,
        token,
        profile,
    } = signed_in;
    entered.address = profile.acct;
    entered.config["base_url"] = json!(base);
    entered.config["max_characters"] = json!(profile.max_characters);
    entered.secrets = json!({ "access_token": token, "app": app });
}

/// `POST /settings/channels/{id}/disconnect`: the token is given back, the account paused; its cases stay.
pub async fn disconnect(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let before = before(&app, id).await?;
    if before.stored.kind != "mastodon" {
        return Err(Error::NotFound);
    }
    let base = before
        .stored
        .config
        .get("base_url")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let revoked = give_back(&app, base, &before.open.secrets).await;
    let without = Entered {
        secrets: json!({}),
        ..entered(&before)
    };
    change(
        &app,
        &may.user,
        &before,
        &without,
        before.stored.team_id,
        "channel.disconnected",
    )
    .await?;
    let mut tx = app.db.begin().await?;
    accounts::set_active(&mut tx, id, false, Actor::user(may.user.id), now()).await?;
    tx.commit().await?;
    let t = may.user.text();
    let flash = match revoked {
        true => Flash::done(t.name("channel-mastodon-disconnected", &before.stored.name)),
        false => Flash::failed(t.name("channel-mastodon-forgotten", &before.stored.name)),
    };
    Ok(see_other(&page(id), Some(flash)))
}

/// Whether the instance took the token back.
async fn give_back(app: &App, base: &str, secrets: &Value) -> bool {
    let registered = secrets
        .get("app")
        .and_then(|app| serde_json::from_value(app.clone()).ok());
    let token = secrets.get("access_token").and_then(Value::as_str);
    match (registered, token) {
        (Some(registered), Some(token)) => match connect::revoke(&app.http, base, &registered, token).await {
            Ok(()) => true,
            Err(trouble) => {
                tracing::warn!(%trouble, "a Mastodon token could not be given back");
                false
            }
        },
        _ => false,
    }
}

fn cookie_name(app: &App) -> &'static str {
    if app.secure() {
        "__Host-voce_connect"
    } else {
        "voce_connect"
    }
}

/// Of this session alone: a code that somebody else obtained cannot be slipped in.
fn purpose(user: &CurrentUser) -> String {
    format!("connect {} {}", user.id, user.session().unwrap_or_default())
}

impl Journey {
    fn pack(&self, app: &App, user: &CurrentUser) -> Result<HeaderValue> {
        let json = serde_json::to_vec(self).map_err(Error::internal)?;
        let sealed = app.vault.seal(&purpose(user), &json);
        session::set_cookie(app, cookie_name(app), &BASE64_URL_SAFE_NO_PAD.encode(sealed), SECONDS)
    }

    fn unpack(app: &App, user: &CurrentUser, headers: &HeaderMap) -> Option<Self> {
        let sealed = BASE64_URL_SAFE_NO_PAD
            .decode(session::cookie(headers, cookie_name(app))?)
            .ok()?;
        serde_json::from_slice(&app.vault.unseal(&purpose(user), &sealed).ok()?).ok()
    }
}
