//! `voce user`: people of the company from the command line, for when nobody can sign in.

use anyhow::{Context, ensure};
use serde_json::json;
use url::Url;
use voce_domain::{identity::IdentityKind, permission::Role};
use voce_identity::normalize;
use voce_store::{
    audit::{self, Who},
    secret,
    users::{self, NewUser},
};
use voce_web::state::now;

use crate::config::{Config, Installation};

#[derive(Debug, clap::Subcommand)]
pub enum User {
    /// Lists everybody.
    List,
    /// Adds somebody and prints the link under which they choose their password.
    Add {
        email: String,
        #[arg(long)]
        name: String,
        /// admin, supervisor, agent, analyst or guest
        #[arg(long, default_value = "agent")]
        role: Role,
        #[arg(long, env = "VOCE_BASE_URL", default_value = "http://127.0.0.1:8080")]
        base_url: Url,
    },
    /// Prints a link under which somebody chooses a new password.
    Reset {
        email: String,
        #[arg(long, env = "VOCE_BASE_URL", default_value = "http://127.0.0.1:8080")]
        base_url: Url,
    },
    /// Ends all sessions and tokens of somebody and keeps them out.
    Disable { email: String },
    /// Lets somebody in again.
    Enable { email: String },
}

pub async fn run(config: &Config, user: User) -> anyhow::Result<()> {
    let installation = config.open().await?;
    match user {
        User::List => list(&installation).await,
        User::Add {
            email,
            name,
            role,
            base_url,
        } => add(&installation, &email, &name, role, &base_url).await,
        User::Reset { email, base_url } => reset(&installation, &email, &base_url).await,
        User::Disable { email } => set_active(&installation, &email, false).await,
        User::Enable { email } => set_active(&installation, &email, true).await,
    }
}

async fn list(installation: &Installation) -> anyhow::Result<()> {
    for user in users::list(&installation.db).await? {
        println!(
            "{:<10}  {:<32}  {}{}",
            user.role.key(),
            user.email,
            user.name,
            if user.active { "" } else { "  (disabled)" }
        );
    }
    Ok(())
}

async fn add(installation: &Installation, email: &str, name: &str, role: Role, base_url: &Url) -> anyhow::Result<()> {
    let email = normalize::address(IdentityKind::Email, email, "IT")
        .with_context(|| email.to_owned())?
        .value;
    ensure!(!name.trim().is_empty(), "the name is empty");
    let mut tx = installation.db.begin().await?;
    let new = NewUser {
        email: &email,
        name: name.trim(),
        role,
        locale: "it",
        password_hash: None,
    };
    let id = users::create(&mut tx, &new, now())
        .await
        .with_context(|| format!("{email} cannot be added"))?;
    let token = secret::generate("");
    users::open_reset(&mut tx, id, &secret::hash(&token), now()).await?;
    audit::write(
        &mut tx,
        now(),
        &console(),
        "user.added",
        &email,
        json!({ "role": role.key() }),
    )
    .await?;
    tx.commit().await?;
    print_link(base_url, &token)
}

async fn reset(installation: &Installation, email: &str, base_url: &Url) -> anyhow::Result<()> {
    let user = find(installation, email).await?;
    let token = secret::generate("");
    let mut tx = installation.db.begin().await?;
    users::open_reset(&mut tx, user.id, &secret::hash(&token), now()).await?;
    audit::write(&mut tx, now(), &console(), "user.reset_opened", &user.email, json!({})).await?;
    tx.commit().await?;
    print_link(base_url, &token)
}

async fn set_active(installation: &Installation, email: &str, active: bool) -> anyhow::Result<()> {
    let user = find(installation, email).await?;
    let mut tx = installation.db.begin().await?;
    users::set_active(&mut tx, user.id, active, now()).await?;
    let action = if active { "user.enabled" } else { "user.disabled" };
    audit::write(&mut tx, now(), &console(), action, &user.email, json!({})).await?;
    tx.commit().await?;
    println!("{} is {}", user.email, if active { "enabled" } else { "disabled" });
    Ok(())
}

async fn find(installation: &Installation, email: &str) -> anyhow::Result<users::User> {
    users::by_email(&installation.db, &email.trim().to_lowercase())
        .await?
        .with_context(|| format!("nobody has the address {email}"))
}

fn print_link(base_url: &Url, token: &str) -> anyhow::Result<()> {
    println!("{}", base_url.join(&format!("/reset/{token}"))?);
    Ok(())
}

/// Whoever has the shell of the server.
fn console() -> Who {
    Who {
        id: None,
        name: "console".into(),
        ip: String::new(),
    }
}
