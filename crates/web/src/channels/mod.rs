//! Connecting channels: the accounts, their settings and their health, and how web hooks are read.

mod account_page;
pub mod choose;
pub mod edit;
mod fields;
pub mod list;
pub mod mapping;
pub mod mastodon;
mod open_intake;
pub mod providers;
mod sample;

use uuid::Uuid;
use voce_store::{
    accounts::{self, ChannelAccount},
    teams::Team,
};

use crate::{App, May, Result, right};

type Admin = May<right::ManageChannels>;

/// An account by its id.
async fn account(app: &App, id: Uuid) -> Result<ChannelAccount> {
    Ok(accounts::get(&app.db, id).await?)
}

/// The page of an account.
fn page(id: Uuid) -> String {
    format!("/settings/channels/{id}")
}

/// The team whose id was chosen, if it exists; nothing chosen is nobody's team.
fn team(teams: &[Team], chosen: &str) -> Option<Uuid> {
    teams.iter().map(|team| team.id).find(|id| id.to_string() == chosen)
}
