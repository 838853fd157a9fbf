//! What came in and could not be understood: why, what it looks like, and trying it again.

pub mod list;
pub mod live;
pub mod replay;
pub mod said;
pub mod show;

use std::collections::HashMap;

use uuid::Uuid;
use voce_store::accounts::{self, ChannelAccount};

use crate::{App, Result};

/// The accounts by their ids.
async fn accounts(app: &App) -> Result<HashMap<Uuid, ChannelAccount>> {
    Ok(accounts::all(&app.db)
        .await?
        .into_iter()
        .map(|account| (account.id, account))
        .collect())
}
