//! One raw item: its bytes as text, why it is here, and what it says now.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use voce_domain::message::{Incoming, RawItem};
use voce_ingest::open_account;
use voce_jobs::connect;
use voce_store::{
    accounts::{self, ChannelAccount},
    intake::{self, Item},
};

use super::{
    live,
    said::{SaidView, views},
};
use crate::{App, Error, Html, May, Result, Shell, right};

/// Bytes of an item that the page shows.
const SHOWN: usize = 64 * 1024;

#[derive(Template)]
#[template(path = "intake/show.html")]
struct Page {
    shell: Shell,
    item: Item,
    account: Option<ChannelAccount>,
    size: i64,
    text: String,
    /// Bytes that are not shown.
    left: i64,
    says: Result<Vec<SaidView>, String>,
    zone: jiff::tz::TimeZone,
}

impl Page {
    /// Colour of the chip and key of the words of its outcome.
    fn outcome(&self) -> (&'static str, String) {
        match self.item.outcome.as_deref() {
            None => ("chip-blue", "outcome-waiting".into()),
            Some("accepted") => ("chip-green", "outcome-accepted".into()),
            Some("invalid") => ("chip-red", "outcome-invalid".into()),
            Some(other) => ("chip-outline", format!("outcome-{other}")),
        }
    }

    fn account_name(&self) -> String {
        match &self.account {
            Some(account) => account.name.clone(),
            None => self.shell.t.get("intake-account-gone"),
        }
    }

    fn heading(&self) -> String {
        self.shell.t.name("intake-item", &self.item.id.to_string())
    }

    /// The address that tells of news.
    fn live(&self) -> String {
        let seen = live::of_item(self.item.outcome.as_deref(), self.item.attempts);
        format!("/settings/intake/live?item={}&seen={seen}", self.item.id)
    }

    fn replays(&self) -> bool {
        self.item.outcome.is_some() && self.shell.may("replay_intake")
    }
}

/// `GET /settings/intake/{id}`
pub async fn show(may: May<right::ReadIntake>, State(app): State<App>, Path(id): Path<i64>) -> Result<Response> {
    let item = intake::get(&app.db, id).await?;
    let account = match accounts::get(&app.db, item.account_id).await {
        Ok(account) => Some(account),
        Err(voce_store::Error::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    let zone = may.user.zone();
    let says = read(&app, account.as_ref(), &item)
        .await
        .map(|said| views(may.user.text(), &zone, said));
    let size = item.body.len();
    let shown = item.body.get(..SHOWN).unwrap_or(&item.body);
    let page = Page {
        text: String::from_utf8_lossy(shown).into_owned(),
        left: size.saturating_sub(SHOWN) as i64,
        size: size as i64,
        says,
        zone,
        account,
        item,
        shell: Shell::new(may, "settings"),
    };
    Ok(Html(page).into_response())
}

/// What it would be if it came in now: settings and parser may be others than then.
async fn read(app: &App, account: Option<&ChannelAccount>, item: &Item) -> Result<Vec<Incoming>, String> {
    let account = account.ok_or("the channel account is gone")?;
    let connector = app
        .registry
        .get(&account.kind)
        .cloned()
        .ok_or_else(|| format!("no channel is called {}", account.kind))?;
    let open = open_account(account, &app.vault).map_err(|error| error.to_string())?;
    let raw = RawItem {
        id: item.id,
        account_id: item.account_id,
        format: item.format.clone(),
        body: item.body.clone(),
        received_at: item.received_at,
    };
    connect::read(connector, open, raw).await
}

/// `GET /settings/intake/{id}/raw`: the bytes as a file, never as a page.
pub async fn raw(_: May<right::ReadIntake>, State(app): State<App>, Path(id): Path<i64>) -> Result<Response> {
    let item = intake::get(&app.db, id).await?;
    let ending = if item.format == "rfc5322" { "eml" } else { "bin" };
    let name = format!("attachment; filename=\"item-{id}.{ending}\"");
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(header::CONTENT_DISPOSITION, name.parse().map_err(Error::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((headers, item.body).into_response())
}
