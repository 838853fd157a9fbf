//! Teams and their members.

use std::collections::HashSet;

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use voce_store::{
    audit,
    teams::{self, Team},
    users::{self, User},
};

use crate::{
    App, May, Result,
    flash::Flash,
    form::{self, Problems},
    right,
    shell::{Html, Shell, see_other},
    state::now,
};

type Admin = May<right::ManagePeople>;

const LONGEST_NAME: usize = 60;

#[derive(Template)]
#[template(path = "people/teams.html")]
struct ListPage {
    shell: Shell,
    teams: Vec<Team>,
    form: Entry,
    problems: Problems,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    name: String,
}

pub async fn list(may: Admin, State(app): State<App>) -> Result<Response> {
    let teams = teams::list(&app.db).await?;
    let page = ListPage {
        shell: Shell::new(may, "settings"),
        teams,
        form: Entry::default(),
        problems: Problems::default(),
    };
    Ok(Html(page).into_response())
}

/// A new team; its members are chosen on its own page.
pub async fn create(may: Admin, State(app): State<App>, Form(form): Form<Entry>) -> Result<Response> {
    let mut problem = "name-needed";
    if let Some(name) = form::line(&form.name, LONGEST_NAME) {
        let now = now();
        let mut tx = app.db.begin().await?;
        match teams::create(&mut tx, &name, now).await {
            Ok(id) => {
                audit::write(&mut tx, now, &may.user.who(), "team.created", &name, json!({})).await?;
                tx.commit().await?;
                return Ok(see_other(&format!("/settings/teams/{id}"), None));
            }
            Err(voce_store::Error::Exists) => problem = "team-exists",
            Err(error) => return Err(error.into()),
        }
    }
    let mut problems = Problems::default();
    problems.add("name", problem);
    let teams = teams::list(&app.db).await?;
    let page = ListPage {
        shell: Shell::new(may, "settings"),
        teams,
        form,
        problems,
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

#[derive(Template)]
#[template(path = "people/team.html")]
struct TeamPage {
    shell: Shell,
    team: Team,
    people: Vec<User>,
    members: HashSet<Uuid>,
    problems: Problems,
}

pub async fn show(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let team = teams::by_id(&app.db, id).await?;
    let members = teams::memberships(&app.db)
        .await?
        .into_iter()
        .filter(|(team, _)| *team == id)
        .map(|(_, user)| user);
    let members = members.collect();
    Ok(Html(team_page(&app, may, team, members, Problems::default()).await?).into_response())
}

async fn team_page(app: &App, may: Admin, team: Team, members: HashSet<Uuid>, problems: Problems) -> Result<TeamPage> {
    let mut people = users::list(&app.db).await?;
    people.retain(|user| user.active || members.contains(&user.id));
    Ok(TeamPage {
        shell: Shell::new(may, "settings"),
        team,
        people,
        members,
        problems,
    })
}

/// The name, and exactly the people who are ticked.
pub async fn save(
    may: Admin,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let team = teams::by_id(&app.db, id).await?;
    let typed = fields
        .iter()
        .find(|(key, _)| key == "name")
        .map(|(_, value)| value.as_str())
        .unwrap_or_default();
    let ticked = fields
        .iter()
        .filter(|(key, _)| key == "member")
        .filter_map(|(_, value)| value.parse().ok());
    let members: Vec<Uuid> = ticked.collect::<HashSet<Uuid>>().into_iter().collect();
    let mut problem = "name-needed";
    if let Some(name) = form::line(typed, LONGEST_NAME) {
        let mut tx = app.db.begin().await?;
        match teams::rename(&mut tx, id, &name).await {
            Ok(()) => {
                teams::set_members(&mut tx, id, &members).await?;
                let details = json!({ "name": [team.name, name], "members": members });
                audit::write(&mut tx, now(), &may.user.who(), "team.changed", &name, details).await?;
                tx.commit().await?;
                let saved = Flash::done(may.user.text().get("saved"));
                return Ok(see_other("/settings/teams", Some(saved)));
            }
            Err(voce_store::Error::Exists) => problem = "team-exists",
            Err(error) => return Err(error.into()),
        }
    }
    let mut problems = Problems::default();
    problems.add("name", problem);
    let typed = Team {
        name: typed.to_owned(),
        ..team
    };
    let page = team_page(&app, may, typed, members.into_iter().collect(), problems).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

pub async fn delete(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let t = may.user.text();
    let team = teams::by_id(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    match teams::delete(&mut tx, id).await {
        Ok(()) => {}
        Err(voce_store::Error::Refused(key)) => {
            return Ok(see_other(
                &format!("/settings/teams/{id}"),
                Some(Flash::failed(t.get(key))),
            ));
        }
        Err(error) => return Err(error.into()),
    }
    audit::write(&mut tx, now(), &may.user.who(), "team.deleted", &team.name, json!({})).await?;
    tx.commit().await?;
    Ok(see_other(
        "/settings/teams",
        Some(Flash::done(t.name("team-deleted", &team.name))),
    ))
}
