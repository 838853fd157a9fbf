//! Pages and the JSON API. Every URL stands in [`router`], every right in the signature of its handler.

pub mod account;
pub mod api;
pub mod assets;
pub mod auth;
pub mod channels;
pub mod contacts;
pub mod desk;
pub mod error;
pub mod flash;
pub mod form;
pub mod guard;
pub mod health;
pub mod hooks;
pub mod imports;
pub mod intake_pages;
pub mod metrics;
pub mod once;
pub mod organizations;
pub mod people;
pub mod quality;
pub mod router;
pub mod rules;
pub mod session;
pub mod settings_pages;
pub mod setup;
pub mod shell;
pub mod state;
pub mod text;

pub use error::{Error, Result};
pub use guard::{Anyone, May, right};
pub use shell::{Html, Shell, see_other};
pub use state::App;
