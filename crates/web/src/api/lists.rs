//! The short lists that programs need to understand the rest: people, teams, tags, channel accounts.

use std::collections::HashMap;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use voce_events::shape::Time;
use voce_store::{accounts, tags, teams, users};

use super::page::Page;
use crate::{App, May, Result, right, session::By};

/// Whoever asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    /// `admin`, `supervisor`, `agent`, `analyst` or `guest`.
    pub role: String,
    /// What the token may do: the scopes that the role still has.
    pub permissions: Vec<String>,
}

/// Who am I
#[utoipa::path(get, path = "/api/v1/me", tag = "People", responses((status = 200, body = Me)))]
pub async fn me(may: May<right::OwnAccount>) -> axum::Json<Me> {
    let user = may.user;
    let permissions = voce_domain::permission::Permission::ALL
        .iter()
        .filter(|permission| user.may(**permission));
    axum::Json(Me {
        permissions: permissions.map(|permission| permission.key().to_owned()).collect(),
        id: user.id,
        role: user.role.key().to_owned(),
        email: if matches!(user.by, By::Demo) {
            String::new()
        } else {
            user.email
        },
        name: user.name,
    })
}

/// A colleague.
#[derive(Debug, Serialize, ToSchema)]
pub struct User {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    /// `admin`, `supervisor`, `agent`, `analyst` or `guest`.
    pub role: String,
    /// May sign in.
    pub active: bool,
    pub teams: Vec<Uuid>,
}

/// List people
#[utoipa::path(get, path = "/api/v1/users", tag = "People", responses((status = 200, body = Page<User>)))]
pub async fn users(_: May<right::WorkCases>, State(app): State<App>) -> Result<axum::Json<Page<User>>> {
    let mut teams: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (team, user) in teams::memberships(&app.db).await? {
        teams.entry(user).or_default().push(team);
    }
    let one = |user: users::User| User {
        teams: teams.remove(&user.id).unwrap_or_default(),
        id: user.id,
        name: user.name,
        email: user.email,
        role: user.role.key().to_owned(),
        active: user.active,
    };
    Ok(axum::Json(Page {
        items: users::list(&app.db).await?.into_iter().map(one).collect(),
        next: None,
    }))
}

/// People to whom cases are routed together.
#[derive(Debug, Serialize, ToSchema)]
pub struct Team {
    pub id: Uuid,
    pub name: String,
    /// Active people in it.
    pub members: i64,
}

/// List teams
#[utoipa::path(get, path = "/api/v1/teams", tag = "People", responses((status = 200, body = Page<Team>)))]
pub async fn teams(_: May<right::WorkCases>, State(app): State<App>) -> Result<axum::Json<Page<Team>>> {
    let rows = teams::list(&app.db).await?.into_iter();
    let items = rows
        .map(|team| Team {
            id: team.id,
            name: team.name,
            members: team.members,
        })
        .collect();
    Ok(axum::Json(Page { items, next: None }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Tag {
    pub id: Uuid,
    pub name: String,
}

/// List tags
#[utoipa::path(get, path = "/api/v1/tags", tag = "Cases", responses((status = 200, body = Page<Tag>)))]
pub async fn tags(_: May<right::ReadCases>, State(app): State<App>) -> Result<axum::Json<Page<Tag>>> {
    let items = tags::all(&app.db)
        .await?
        .into_iter()
        .map(|tag| Tag {
            id: tag.id,
            name: tag.name,
        })
        .collect();
    Ok(axum::Json(Page { items, next: None }))
}

/// A profile or mailbox of the company, without its settings and secrets.
#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    pub id: Uuid,
    /// `email`, `mastodon`, `api`…
    pub channel: String,
    pub name: String,
    pub address: String,
    pub active: bool,
    /// What is wrong with the connection, in words.
    pub problem: Option<String>,
    pub team_id: Option<Uuid>,
    pub created_at: Time,
}

/// List channel accounts
#[utoipa::path(get, path = "/api/v1/accounts", tag = "Channels", responses((status = 200, body = Page<Account>)))]
pub async fn accounts(_: May<right::WorkCases>, State(app): State<App>) -> Result<axum::Json<Page<Account>>> {
    let rows = accounts::all(&app.db).await?.into_iter();
    let items = rows.map(|row| Account {
        id: row.id,
        channel: row.kind,
        name: row.name,
        address: row.address,
        active: row.active,
        problem: row.problem,
        team_id: row.team_id,
        created_at: Time(row.created_at),
    });
    Ok(axum::Json(Page {
        items: items.collect(),
        next: None,
    }))
}
