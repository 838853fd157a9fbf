//! Channel accounts as connectors see them.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;
use uuid::Uuid;
use voce_channels::Account;
use voce_store::{
    Db,
    accounts::{self, ChannelAccount},
    vault::{Vault, VaultError},
};

/// An account with its secrets in clear.
pub fn open_account(stored: &ChannelAccount, vault: &Vault) -> Result<Account, VaultError> {
    let secrets = match &stored.secrets {
        Some(sealed) => vault.unseal(&stored.id.to_string(), sealed)?,
        None => b"{}".to_vec(),
    };
    Ok(Account {
        id: stored.id,
        kind: stored.kind.clone(),
        name: stored.name.clone(),
        address: stored.address.clone(),
        config: stored.config.clone(),
        secrets: serde_json::from_slice(&secrets).unwrap_or(Value::Null),
        cursor: stored.cursor.clone(),
        reply_key: vault.derive("reply-address"),
    })
}

/// An account with what the pipeline needs besides.
pub(crate) struct Known {
    pub account: Account,
    pub team_id: Option<Uuid>,
    updated_at: i64,
}

/// The accounts, opened once for each change of their settings.
pub struct Accounts {
    db: Db,
    vault: Vault,
    known: HashMap<Uuid, Arc<Known>>,
}

impl Accounts {
    pub fn new(db: Db, vault: Vault) -> Self {
        Self {
            db,
            vault,
            known: HashMap::new(),
        }
    }

    /// All accounts as they are now.
    pub(crate) async fn current(&mut self) -> voce_store::Result<&HashMap<Uuid, Arc<Known>>> {
        let stored = accounts::all(&self.db).await?;
        self.known
            .retain(|id, _| stored.iter().any(|account| account.id == *id));
        for account in stored {
            if self
                .known
                .get(&account.id)
                .is_some_and(|known| known.updated_at == account.updated_at)
            {
                continue;
            }
            match open_account(&account, &self.vault) {
                Ok(open) => {
                    let known = Known {
                        account: open,
                        team_id: account.team_id,
                        updated_at: account.updated_at,
                    };
                    self.known.insert(account.id, Arc::new(known));
                }
                Err(error) => tracing::error!(%error, account = %account.id, "a channel account cannot be opened"),
            }
        }
        Ok(&self.known)
    }
}
