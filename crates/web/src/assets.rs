//! The styles, scripts and pictures of the pages.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{Anyone, Error, Result};

/// Names hold a hash of the content, so a browser never asks twice for one.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// `GET /assets/{*path}`
pub async fn file(_: Anyone, Path(path): Path<String>) -> Result<Response> {
    let asset = voce_assets::get(&path).ok_or(Error::NotFound)?;
    let cache = if asset.immutable { FOR_EVER } else { ASK_AGAIN };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, cache),
    ];
    Ok((headers, asset.bytes).into_response())
}
