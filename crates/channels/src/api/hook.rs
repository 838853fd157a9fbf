//! Incoming web hooks: who signed them, and what they say.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::Mac;
use jiff::tz::TimeZone;
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use voce_domain::{Millis, message::Incoming};

use super::{
    mapping::{Mapping, form_fields},
    message,
    problem::Invalid,
};
use crate::{
    http::HeaderMap,
    standard_webhooks::{self, SignatureError, check_age, hmac},
};

/// The ways of `config.signature`.
pub const SIGNATURES: &[&str] = &["standard", "github", "stripe", "token", "none"];

const GITHUB: &str = "x-hub-signature-256";
const STRIPE: &str = "stripe-signature";
const TOKEN: &str = "x-voce-token";
const AUTHORIZATION: &str = "authorization";

/// Checks that a request comes from one who knows the account's secret, before its body is stored as a raw item of the format
/// `hook`. `config.signature` says how:
/// - `standard` (unless set): Standard Webhooks, 5 minutes of tolerance;
/// - `github`: `X-Hub-Signature-256: sha256=<hex>`, the HMAC-SHA256 of the body;
/// - `stripe`: `Stripe-Signature: t=<seconds>,v1=<hex>`, the HMAC-SHA256 of `<seconds>.<body>`, 5 minutes of tolerance;
/// - `token`: the secret itself in the header `config.token_header` (`X-Voce-Token` unless set), or as a bearer token;
/// - `none`: whoever knows the URL may post.
///
/// The secret is `secrets.hook_secret`. Every comparison takes constant time.
pub fn verify(
    config: &Value,
    secrets: &Value,
    headers: &HeaderMap,
    body: &[u8],
    now: Millis,
) -> Result<(), SignatureError> {
    let signature = setting(config, "signature").unwrap_or("standard");
    if signature == "none" {
        return Ok(());
    }
    let secret = setting(secrets, "hook_secret").ok_or(SignatureError::NoSecret)?;
    let header = |name: &'static str| {
        let value = headers.get(name).ok_or(SignatureError::Missing(name))?;
        value.to_str().map_err(|_| SignatureError::Unreadable(name))
    };
    match signature {
        "github" => github(secret, header(GITHUB)?, body),
        "stripe" => stripe(secret, header(STRIPE)?, body, now),
        "token" => token(secret, headers, setting(config, "token_header").unwrap_or(TOKEN)),
        _ => {
            let (id, timestamp) = (header(standard_webhooks::ID)?, header(standard_webhooks::TIMESTAMP)?);
            standard_webhooks::verify(secret, id, timestamp, header(standard_webhooks::SIGNATURE)?, body, now)
        }
    }
}

fn github(secret: &str, signature: &str, body: &[u8]) -> Result<(), SignatureError> {
    let given = signature
        .trim()
        .strip_prefix("sha256=")
        .and_then(unhex)
        .ok_or(SignatureError::Unreadable(GITHUB))?;
    let mut mac = hmac(secret.as_bytes());
    mac.update(body);
    mac.verify_slice(&given).map_err(|_| SignatureError::Wrong)
}

fn stripe(secret: &str, signature: &str, body: &[u8], now: Millis) -> Result<(), SignatureError> {
    let parts = || signature.split(',').filter_map(|part| part.trim().split_once('='));
    let timestamp = parts().find(|(name, _)| *name == "t").map(|(_, value)| value);
    let timestamp = timestamp.ok_or(SignatureError::Unreadable(STRIPE))?;
    check_age(timestamp.parse().map_err(|_| SignatureError::Unreadable(STRIPE))?, now)?;
    let mut mac = hmac(secret.as_bytes());
    for part in [timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    let fits = |given: Vec<u8>| mac.clone().verify_slice(&given).is_ok();
    let any = parts()
        .filter(|(name, _)| *name == "v1")
        .filter_map(|(_, value)| unhex(value))
        .any(fits);
    if any { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn token(secret: &str, headers: &HeaderMap, name: &str) -> Result<(), SignatureError> {
    let bearer = |value: &str| value.strip_prefix("Bearer ").map(str::to_owned);
    let given = headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(|value| bearer(value).unwrap_or(value.to_owned()));
    let given = given.or_else(|| headers.get(AUTHORIZATION)?.to_str().ok().and_then(bearer));
    let given = given.ok_or(SignatureError::Missing("with the token"))?;
    // Digests, so that not even the length shows.
    let equal: bool = Sha256::digest(&given).ct_eq(&Sha256::digest(secret)).into();
    if equal { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.trim().as_bytes();
    if bytes.len() % 2 == 1 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    };
    bytes.chunks(2).map(byte).collect()
}

/// The messages of a web hook. `config.mapping` says which field means what (see [`Mapping`]); without it the body is in the
/// public shape. `config.list` points to a list of messages inside the body. `config.only` is an object of pointers and the
/// texts that must stand there for the hook to be a message at all: `{"/event": "message.created"}`.
pub fn read(config: &Value, body: &[u8], country: &str, received_at: Millis) -> Result<Vec<Incoming>, Invalid> {
    let body_text = body.trim_ascii_start();
    let payload = match body_text.first() {
        Some(b'{' | b'[') => serde_json::from_slice(body).map_err(|error| Invalid::one("", error.to_string()))?,
        Some(_) => form_fields(body),
        None => return Err(Invalid::one("", "the body is empty")),
    };
    if let Some(reason) = unwanted(config, &payload) {
        return Ok(vec![Incoming::Ignored { reason }]);
    }
    let items: Vec<&Value> = match setting(config, "list") {
        None => payload
            .as_array()
            .map_or_else(|| vec![&payload], |list| list.iter().collect()),
        Some(pointer) => {
            let list = payload.pointer(pointer).and_then(Value::as_array);
            list.ok_or_else(|| Invalid::one(pointer, "must be a list"))?
                .iter()
                .collect()
        }
    };
    let mapping = match config
        .get("mapping")
        .filter(|mapping| mapping.as_object().is_some_and(|object| !object.is_empty()))
    {
        Some(mapping) => Some(Mapping::read(mapping, zone(config))?),
        None => None,
    };
    let read_one = |item: &Value| {
        let message = match &mapping {
            None => message::read(item.to_string().as_bytes(), country, received_at)?,
            Some(mapping) => {
                let mut message = mapping.apply(item);
                if message.id.is_empty() {
                    message.id = content_id(item);
                }
                message.into_incoming(country, received_at)?
            }
        };
        Ok(Incoming::Message(Box::new(message)))
    };
    items.into_iter().map(read_one).collect()
}

/// Why the hook is no message, if it is not.
fn unwanted(config: &Value, payload: &Value) -> Option<String> {
    let only = config.get("only")?.as_object()?;
    let differs = |(pointer, expected): (&String, &Value)| {
        let found = payload.pointer(pointer).unwrap_or(&Value::Null);
        (found != expected).then(|| format!("{pointer} is {found}, not {expected}"))
    };
    only.iter().find_map(differs)
}

/// The id of a message whose sender gives none: the same content twice is the same message.
fn content_id(item: &Value) -> String {
    format!("sha256:{}", BASE64_STANDARD.encode(Sha256::digest(item.to_string())))
}

/// The time zone of moments that name none.
pub(super) fn zone(config: &Value) -> TimeZone {
    setting(config, "time_zone")
        .and_then(|name| TimeZone::get(name).ok())
        .unwrap_or(TimeZone::UTC)
}

pub(super) fn setting<'a>(settings: &'a Value, name: &str) -> Option<&'a str> {
    settings
        .get(name)?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}
