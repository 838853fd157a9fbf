//! Calls that may be repeated: the header `Idempotency-Key` after draft-ietf-httpapi-idempotency-key-header. The same key with
//! the same request gets the first answer again and changes nothing; with another request it is refused with 422.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use voce_store::{
    Db, Tx,
    idempotent_calls::{self, Answer},
};

use crate::{App, Error, Result, state::now};

pub const HEADER: &str = "idempotency-key";
/// Says that an answer is that of an earlier call.
const REPLAYED: &str = "idempotency-replayed";
const LONGEST: usize = 255;

/// The key of a call with what it asks for; without a key every call stands for itself.
pub struct Key {
    key: Option<String>,
    call: String,
}

impl FromRequestParts<App> for Key {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let call = format!("{} {}", parts.method, parts.uri);
        let Some(value) = parts.headers.get(HEADER) else {
            return Ok(Self { key: None, call });
        };
        // The draft makes it a quoted string of structured fields (RFC 8941); many send it bare.
        let key = value.to_str().unwrap_or_default().trim().trim_matches('"');
        if key.is_empty() || key.len() > LONGEST {
            return Err(Error::Fields(vec![(
                "Idempotency-Key".into(),
                format!("must have from 1 to {LONGEST} characters"),
            )]));
        }
        Ok(Self {
            key: Some(key.to_owned()),
            call,
        })
    }
}

/// A call that is made for the first time.
pub struct Once {
    db: Db,
    kept: Option<(String, Vec<u8>)>,
}

pub enum Begun {
    First(Once),
    /// The answer to the same call, made before.
    Repeated(Response),
}

impl Key {
    /// Looks whether the call was made before by the same user.
    pub async fn begin(self, app: &App, user: Uuid, body: &[u8]) -> Result<Begun> {
        let db = app.db.clone();
        let Some(key) = self.key else {
            return Ok(Begun::First(Once { db, kept: None }));
        };
        let key = format!("{user}:{key}");
        let hash = Sha256::new()
            .chain_update(self.call.as_bytes())
            .chain_update([0])
            .chain_update(body)
            .finalize()
            .to_vec();
        match idempotent_calls::find(&db, &key).await? {
            Some(answer) => Ok(Begun::Repeated(repeat(answer, &hash)?)),
            None => Ok(Begun::First(Once {
                db,
                kept: Some((key, hash)),
            })),
        }
    }

    /// What stands for the key where the store wants one of its own.
    pub fn text(&self) -> String {
        self.key.clone().unwrap_or_else(|| Uuid::new_v4().to_string())
    }
}

impl Once {
    /// Commits the change together with its answer. Of two same calls at once the second gets the first one's answer.
    pub async fn end(self, mut tx: Tx, status: StatusCode, value: &impl Serialize) -> Result<Response> {
        let body = serde_json::to_string(value).map_err(Error::internal)?;
        if let Some((key, hash)) = self.kept {
            let answer = Answer {
                request_hash: hash.clone(),
                status: i64::from(status.as_u16()),
                body: body.clone(),
            };
            match idempotent_calls::keep(&mut tx, &key, &answer, now()).await {
                Err(voce_store::Error::Exists) => {
                    drop(tx);
                    let first = idempotent_calls::find(&self.db, &key).await?.ok_or(Error::Busy)?;
                    return repeat(first, &hash);
                }
                kept => kept?,
            }
        }
        tx.commit().await?;
        Ok(json(status, body))
    }
}

fn repeat(answer: Answer, hash: &[u8]) -> Result<Response> {
    if answer.request_hash != hash {
        return Err(Error::Fields(vec![(
            "Idempotency-Key".into(),
            "was used for another request".into(),
        )]));
    }
    let status = u16::try_from(answer.status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = json(status.unwrap_or(StatusCode::OK), answer.body);
    response
        .headers_mut()
        .insert(REPLAYED, axum::http::HeaderValue::from_static("true"));
    Ok(response)
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
