//! The server: web, workers and connectors in one process.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::registry::Registry;
use voce_web::{App, state::Options};

use crate::config::{Config, Installation, Listen};
