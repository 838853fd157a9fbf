//! How other systems hand messages to an account of the open intake.

use serde_json::{Value, json};
use voce_channels::Account;
use voce_store::accounts::ChannelAccount;

use crate::App;

/// What the page tells whoever connects another system.
pub struct OpenIntake {
    /// A call to try, for a shell.
    pub curl: String,
    pub hook: String,
    /// A new secret, this once.
    pub secret: Option<String>,
    pub has_secret: bool,
    /// Key of the way in which web hooks are signed.
    pub signature: String,
    /// How many fields the mapping has; without one the body is in the public shape.
    pub mapped: i64,
}

impl OpenIntake {
    pub fn of(app: &App, stored: &ChannelAccount, open: &Account, secret: Option<String>) -> Self {
        let at = |path: &str| app.options.base_url.join(path).map(String::from).unwrap_or_default();
        let endpoint = at("/api/v1/messages");
        let signature = stored
            .config
            .get("signature")
            .and_then(Value::as_str)
            .unwrap_or("standard");
        Self {
            curl: curl(&format!("{endpoint}?account={}", stored.id)),
            hook: at(&format!("/hooks/in/{}", stored.id)),
            has_secret: open.secrets.get("hook_secret").is_some(),
            secret,
            signature: signature.to_owned(),
            mapped: stored
                .config
                .get("mapping")
                .and_then(Value::as_object)
                .map_or(0, |mapping| mapping.len() as i64),
        }
    }
}

fn curl(url: &str) -> String {
    let message = json!({
        "id": "order-4711-1",
        "author": { "email": "anna@example.com", "name": "Anna Rossi" },
        "subject": "Order 4711",
        "text": "Where is my parcel?",
    });
    format!(
        "curl -X POST '{url}' \\\n  -H 'Authorization: Bearer voce_…' \\\n  -H 'Content-Type: application/json' \\\n  -d '{message}'"
    )
}
