//! A new message to somebody: a case that the company opens.

use askama::Template;
use axum::{
    extract::{Multipart, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::{
    event::Actor,
    identity::{Address as Identity, IdentityKind},
    message::Visibility,
};
use voce_identity::merge::Person;
use voce_store::{
    accounts::{self, ChannelAccount},
    answers::{self, NewAnswer, NewConversation},
    contacts,
    deliveries::Payload,
    identities,
    messages::NewWords,
    undo,
};

use super::{actions::undo_path, parcel::Parcel, write};
use crate::{
    App, Error, Html, May, Result, Shell, flash::Flash, form::Problems, right, see_other, session::CurrentUser,
    state::now,
};

#[derive(Template)]
#[template(path = "desk/new.html")]
struct New {
    shell: Shell,
    accounts: Vec<AccountView>,
    typed: Typed,
    problems: Problems,
    key: String,
}

impl New {
    fn is_chosen(&self, id: &Uuid) -> bool {
        self.typed.account == id.to_string()
    }
}

pub struct AccountView {
    pub id: Uuid,
    pub name: String,
    pub address: String,
    pub channel_icon: &'static str,
    pub channel: String,
    pub limit: usize,
}

#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    account: String,
    /// An address: e-mail, handle or phone, as the channel understands it.
    #[serde(default)]
    to: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    body: String,
}

/// `GET /cases/new?to=…`
pub async fn show(
    may: May<right::AnswerCases>,
    State(app): State<App>,
    Query(typed): Query<Typed>,
) -> Result<Response> {
    page(&app, may, typed, Problems::default()).await
}

async fn page(app: &App, may: May<right::AnswerCases>, typed: Typed, problems: Problems) -> Result<Response> {
    let status = if problems.none() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let accounts = accounts::all(&app.db)
        .await?
        .iter()
        .filter_map(|account| offered(app, account))
        .collect();
    let key = Uuid::new_v4().simple().to_string();
    Ok((
        status,
        Html(New {
            shell: Shell::new(may, "desk"),
            accounts,
            typed,
            problems,
            key,
        }),
    )
        .into_response())
}

/// An account from which a conversation can be begun.
fn offered(app: &App, account: &ChannelAccount) -> Option<AccountView> {
    let can = app.registry.get(&account.kind)?.capabilities();
    (account.active && can.answers).then(|| AccountView {
        id: account.id,
        name: account.name.clone(),
        address: account.address.clone(),
        channel_icon: super::marks::channel_icon(&account.kind),
        channel: account.kind.clone(),
        limit: account.config["max_characters"]
            .as_u64()
            .map(|limit| limit as usize)
            .or(can.max_characters)
            .unwrap_or_default(),
    })
}

/// `POST /cases/new`
pub async fn send(may: May<right::AnswerCases>, State(app): State<App>, form: Multipart) -> Result<Response> {
    let parcel = Parcel::read(form).await?;
    let typed = Typed {
        account: parcel.get("account").to_owned(),
        to: parcel.get("to").trim().to_owned(),
        subject: parcel.get("subject").trim().to_owned(),
        body: parcel.get("body").replace("\r\n", "\n").trim_end().to_owned(),
    };
    let accounts = accounts::all(&app.db).await?;
    let account = accounts
        .iter()
        .find(|account| account.id.to_string() == typed.account)
        .filter(|account| offered(&app, account).is_some());
    let mut problems = Problems::default();
    problems.check(account.is_some(), "account", "new-account-wrong");
    let identity = account.and_then(|account| identity(&account.kind, &typed.to, &may.user));
    problems.check(identity.is_some(), "to", "new-to-wrong");
    problems.check(!typed.body.trim().is_empty(), "body", "composer-empty");
    problems.check(typed.subject.chars().count() <= 200, "subject", "subject-wrong");
    if let Some(view) = account.and_then(|account| offered(&app, account)) {
        let length = super::composer::length(&view.channel, &typed.body);
        problems.check(view.limit == 0 || length <= view.limit, "body", "composer-too-long");
        problems.check(
            view.channel != "email" || !typed.subject.is_empty(),
            "subject",
            "new-subject-missing",
        );
    }
    match (account, identity) {
        (Some(account), Some(identity)) if problems.none() => {
            write_first(&app, &may.user, account, identity, typed, parcel).await
        }
        _ => page(&app, may, typed, problems).await,
    }
}

/// The address in its normal form, by what the channel calls an address.
fn identity(channel: &str, to: &str, user: &CurrentUser) -> Option<Identity> {
    let country = user.company.country.as_str();
    match channel {
        "email" => voce_identity::normalize::address(IdentityKind::Email, to, country).ok(),
        "mastodon" => voce_identity::normalize::address(
            IdentityKind::Handle,
            &format!("mastodon:{}", to.trim_start_matches('@')),
            country,
        )
        .ok(),
        _ => [IdentityKind::Email, IdentityKind::Phone]
            .into_iter()
            .find_map(|kind| voce_identity::normalize::address(kind, to, country).ok()),
    }
}

async fn write_first(
    app: &App,
    user: &CurrentUser,
    account: &ChannelAccount,
    identity: Identity,
    typed: Typed,
    parcel: Parcel,
) -> Result<Response> {
    let (t, now, actor) = (user.text(), now(), Actor::user(user.id));
    let key = parcel.get("idempotency_key").to_owned();
    if key.is_empty() {
        return Err(Error::Invalid("error-fields".into()));
    }
    let known = identities::find(&app.db, &identity).await?;
    let files = parcel.store(app).await?;
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    if answers::is_known(&mut tx, user.id, &key).await? {
        return Ok(see_other("/desk", None));
    }
    let contact = match known {
        Some(known) => known.contact_id,
        None => {
            contacts::create(
                &mut tx,
                &Person {
                    name: typed.to.clone(),
                    ..Default::default()
                },
                std::slice::from_ref(&identity),
                actor,
                now,
            )
            .await?
        }
    };
    let subject = if typed.subject.is_empty() {
        first_line(&typed.body)
    } else {
        typed.subject.clone()
    };
    let new = NewConversation {
        account: account.id,
        contact,
        subject: &subject,
        user: user.id,
    };
    let (case, conversation) = answers::open(&mut tx, &new, now).await?;
    let answer = NewAnswer {
        words: NewWords {
            case_id: case.id,
            user: user.id,
            author_name: &user.name,
            text: &typed.body,
            idempotency_key: &key,
            files,
        },
        conversation,
        kind: write::kind_of(&account.kind),
        visibility: Visibility::Private,
        subject: (account.kind == "email").then_some(subject.as_str()),
        html: None,
        payload: Payload {
            to: vec![identity.value],
            ..Payload::default()
        },
        leaves_at: now + i64::from(user.company.undo_seconds) * 1000,
        then: None,
    };
    answers::write(&mut tx, &answer, now).await?;
    let span = undo::span(&mut tx, from, now).await?;
    tx.commit().await?;
    let back = format!("/cases/{}", case.number);
    let flash = span.map(|span| Flash::done(t.get("done-sent")).undo(undo_path(span, &back)));
    Ok(see_other(&back, flash))
}

/// What stands for a subject where the channel has none.
fn first_line(body: &str) -> String {
    body.trim()
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(80)
        .collect()
}
