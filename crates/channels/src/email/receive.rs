//! Receiving: one connection per folder, from the stored cursor on, then waiting for news.

use std::{collections::BTreeMap, time::Duration};

use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{sync::Mutex, time::sleep};
use tokio_util::sync::CancellationToken;
use voce_domain::Millis;

use super::{
    FORMAT,
    connection::temporary,
    imap::{Imap, ImapError, is_passing, modified_utf7, quoted},
    settings::Settings,
};
use crate::{ConnectError, NewRaw, Sink};

/// How long to idle before asking again: below the 29 minutes of RFC 2177 and what routers forget.
const IDLE_TIME: Duration = Duration::from_secs(9 * 60);
/// How often to look where the server cannot idle.
const POLL_TIME: Duration = Duration::from_secs(30);
/// Mails are taken over in batches of at most this many bytes (or one mail) and this many mails.
const BATCH_BYTES: u64 = 8 << 20;
const BATCH_MAILS: usize = 250;
/// Of a larger mail only the beginning is taken.
const MAX_MAIL_BYTES: u64 = 64 << 20;

/// Where we stand in each folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Cursor {
    #[serde(default)]
    folders: BTreeMap<String, Position>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Position {
    uidvalidity: u32,
    last_uid: u32,
    /// The account began with new mail only, at this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Millis>,
    /// UIDs below this one are read again after a renumbering: of them, what arrived before `since` is not wanted.
    #[serde(default)]
    reread_below: u32,
}

impl Position {
    fn wants(self, uid: u32, arrived: Option<Millis>) -> bool {
        match (self.since, arrived) {
            (Some(since), Some(arrived)) if uid < self.reread_below => arrived >= since - CLOCKS_DIFFER,
            _ => true,
        }
    }
}

/// INTERNALDATE is of the server's clock.
const CLOCKS_DIFFER: Millis = 10 * 60 * 1000;

/// Receives until `stop`.
pub async fn run(
    settings: &Settings,
    cursor: &Value,
    sink: &dyn Sink,
    stop: &CancellationToken,
) -> Result<(), ConnectError> {
    let cursor = Mutex::new(serde_json::from_value(cursor.clone()).unwrap_or_default());
    let folders = settings.folders.iter().map(|name| async {
        let folder = Folder {
            name,
            settings,
            cursor: &cursor,
            sink,
            stop,
        };
        folder.follow().await
    });
    try_join_all(folders).await.map(drop)
}

/// Logs in and looks whether the folders exist.
pub async fn check(settings: &Settings) -> Result<(), ConnectError> {
    let mut imap = Imap::log_in(&settings.imap).await?;
    for name in settings.folders.iter().chain(&settings.sent_folder) {
        open(&mut imap, name).await?;
    }
    imap.log_out().await;
    Ok(())
}

struct Folder<'a> {
    name: &'a str,
    settings: &'a Settings,
    cursor: &'a Mutex<Cursor>,
    sink: &'a dyn Sink,
    stop: &'a CancellationToken,
}

impl Folder<'_> {
    async fn follow(&self) -> Result<(), ConnectError> {
        let mut imap = Imap::log_in(&self.settings.imap).await?;
        let can_idle = imap.capabilities().await?.iter().any(|capability| capability == "IDLE");
        let opened = open(&mut imap, self.name).await?;
        let mut position = self.resume(&opened).await?;
        self.sink.health(None).await;
        while !self.stop.is_cancelled() {
            if self.take_new(&mut imap, &mut position).await? {
                continue;
            }
            if can_idle {
                let end = async {
                    tokio::select! { () = self.stop.cancelled() => {}, () = sleep(IDLE_TIME) => {} }
                };
                imap.idle(end).await?;
            } else {
                tokio::select! { () = self.stop.cancelled() => {}, () = sleep(POLL_TIME) => {} }
                imap.command("NOOP", 0, |_| {}).await?;
            }
        }
        imap.log_out().await;
        Ok(())
    }

    /// Where to go on. A changed UIDVALIDITY means that the known UIDs are void: everything is read again, and what
    /// is already known is recognised by its Message-ID.
    async fn resume(&self, opened: &Opened) -> Result<Position, ConnectError> {
        let known = self.cursor.lock().await.folders.get(self.name).copied();
        let position = match known {
            Some(position) if position.uidvalidity == opened.uidvalidity => return Ok(position),
            Some(position) => {
                tracing::warn!(folder = self.name, "the server renumbered the folder: reading it again");
                Position {
                    uidvalidity: opened.uidvalidity,
                    last_uid: 0,
                    reread_below: opened.uidnext,
                    ..position
                }
            }
            None if self.settings.import_existing => Position {
                uidvalidity: opened.uidvalidity,
                last_uid: 0,
                since: None,
                reread_below: 0,
            },
            None => Position {
                uidvalidity: opened.uidvalidity,
                last_uid: opened.uidnext.saturating_sub(1),
                since: Some(now()),
                reread_below: 0,
            },
        };
        self.accept(Vec::new(), position).await?;
        Ok(position)
    }

    /// Takes everything after `position`; false when there was nothing.
    async fn take_new(&self, imap: &mut Imap, position: &mut Position) -> Result<bool, ConnectError> {
        let listed = list(imap, *position).await?;
        let any = !listed.is_empty();
        for batch in batches(&listed) {
            if self.stop.is_cancelled() {
                break;
            }
            let items = fetch(imap, batch, *position).await?;
            position.last_uid = batch.last().map_or(position.last_uid, |mail| mail.uid);
            self.accept(items, *position).await?;
        }
        Ok(any)
    }

    /// The folders share one cursor, so they take turns.
    async fn accept(&self, items: Vec<NewRaw>, position: Position) -> Result<(), ConnectError> {
        let mut cursor = self.cursor.lock().await;
        let mut next = cursor.clone();
        next.folders.insert(self.name.to_owned(), position);
        let value = serde_json::to_value(&next).map_err(|error| temporary(error.to_string()))?;
        self.sink
            .accept(items, Some(value))
            .await
            .map_err(|error| temporary(error.to_string()))?;
        *cursor = next;
        Ok(())
    }
}

struct Opened {
    uidvalidity: u32,
    uidnext: u32,
}

/// Opens a folder for reading only: nothing we do marks a mail as seen.
async fn open(imap: &mut Imap, name: &str) -> Result<Opened, ConnectError> {
    let (mut uidvalidity, mut uidnext, mut exists) = (None, None, 0);
    let command = format!("EXAMINE {}", quoted(&modified_utf7(name)));
    let result = imap
        .command(&command, 0, |answer| match answer {
            Response::Data { outcome, .. } => match &outcome.code {
                Some(ResponseCode::UidValidity(value)) => uidvalidity = Some(*value),
                Some(ResponseCode::UidNext(value)) => uidnext = Some(*value),
                _ => {}
            },
            Response::MailboxData(MailboxDatum::Exists(count)) => exists = *count,
            _ => {}
        })
        .await;
    if let Err(ImapError::Refused(reason)) = &result
        && !is_passing(reason)
    {
        return Err(ConnectError::Settings(format!(
            "folder {name:?} cannot be opened: {reason}"
        )));
    }
    result?;
    let uidvalidity = uidvalidity
        .ok_or_else(|| ConnectError::Settings(format!("folder {name:?}: the server does not number its mails")))?;
    if uidnext.is_none() && exists > 0 {
        imap.command(&format!("FETCH {exists} (UID)"), 0, |answer| {
            if let Response::Fetch(_, values) = answer {
                uidnext = uid(values).map(|uid| uid.saturating_add(1)).max(uidnext);
            }
        })
        .await?;
    }
    Ok(Opened {
        uidvalidity,
        uidnext: uidnext.unwrap_or(1),
    })
}

/// A mail on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    uid: u32,
    bytes: u64,
}

/// The mails after `position`, oldest first.
async fn list(imap: &mut Imap, position: Position) -> Result<Vec<Listed>, ImapError> {
    let mut found = Vec::new();
    let Some(first) = position.last_uid.checked_add(1) else {
        return Ok(found);
    };
    imap.forget_news();
    // "n:*" always names the last mail, even one below n (RFC 9051, 6.4.9).
    imap.command(&format!("UID FETCH {first}:* (UID RFC822.SIZE)"), 0, |answer| {
        if let Response::Fetch(_, values) = answer
            && let Some(uid) = uid(values).filter(|uid| *uid >= first)
            && let Some(bytes) = values.iter().find_map(|value| match value {
                AttributeValue::Rfc822Size(bytes) => Some(u64::from(*bytes)),
                _ => None,
            })
        {
            found.push(Listed { uid, bytes });
        }
    })
    .await?;
    found.sort_unstable();
    found.dedup_by_key(|mail| mail.uid);
    Ok(found)
}

/// Cuts the list so that a batch stays small in memory.
fn batches(listed: &[Listed]) -> impl Iterator<Item = &[Listed]> {
    let mut rest = listed;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fitting = rest.iter().take(BATCH_MAILS).take_while(|mail| {
            bytes += mail.bytes;
            bytes <= BATCH_BYTES
        });
        let count = fitting.count().max(1);
        let (batch, later) = rest.split_at_checked(count)?;
        rest = later;
        Some(batch)
    })
}

/// The mails of a batch. One that vanished meanwhile is left out.
async fn fetch(imap: &mut Imap, batch: &[Listed], position: Position) -> Result<Vec<NewRaw>, ImapError> {
    let bytes: u64 = batch.iter().map(|mail| mail.bytes).sum();
    let part = match batch {
        [mail] if mail.bytes > MAX_MAIL_BYTES => {
            tracing::warn!(
                uid = mail.uid,
                bytes = mail.bytes,
                "only the beginning of a huge mail is taken"
            );
            format!("<0.{MAX_MAIL_BYTES}>")
        }
        _ => String::new(),
    };
    let mut items = Vec::with_capacity(batch.len());
    let command = format!("UID FETCH {} (UID INTERNALDATE BODY.PEEK[]{part})", uid_set(batch));
    imap.command(&command, bytes, |answer| {
        let Response::Fetch(_, values) = answer else { return };
        let body = values.iter().find_map(|value| match value {
            AttributeValue::BodySection {
                section: None,
                data: Some(data),
                ..
            } => Some(data),
            _ => None,
        });
        let arrived = values.iter().find_map(|value| match value {
            AttributeValue::InternalDate(text) => internal_date(text),
            _ => None,
        });
        let wanted = uid(values).is_none_or(|uid| position.wants(uid, arrived));
        if let Some(body) = body.filter(|_| wanted) {
            items.push(NewRaw {
                format: FORMAT,
                body: body.to_vec(),
                received_at: arrived.unwrap_or_else(now),
            });
        }
    })
    .await?;
    Ok(items)
}

fn uid(values: &[AttributeValue<'_>]) -> Option<u32> {
    values.iter().find_map(|value| match value {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

/// `1:3,7` for the mails 1, 2, 3 and 7.
fn uid_set(batch: &[Listed]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for mail in batch {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(mail.uid) => *end = mail.uid,
            _ => ranges.push((mail.uid, mail.uid)),
        }
    }
    let texts: Vec<String> = ranges
        .iter()
        .map(|(start, end)| {
            if start == end {
                start.to_string()
            } else {
                format!("{start}:{end}")
            }
        })
        .collect();
    texts.join(",")
}

/// `date-time` of RFC 9051, 9.
fn internal_date(text: &str) -> Option<Millis> {
    jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim())
        .and_then(|parsed| parsed.to_timestamp())
        .ok()
        .map(|moment| moment.as_millisecond())
}

fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(sizes: &[u64]) -> Vec<Listed> {
        (1..).zip(sizes).map(|(uid, &bytes)| Listed { uid, bytes }).collect()
    }

    fn counts(sizes: &[u64]) -> Vec<usize> {
        batches(&listed(sizes)).map(<[Listed]>::len).collect()
    }

    #[test]
    fn batches_are_bounded_but_never_empty() {
        assert_eq!(counts(&[]), [] as [usize; 0]);
        assert_eq!(counts(&[1; 600]), [250, 250, 100]);
        assert_eq!(counts(&[BATCH_BYTES, 1, 25 << 20, 25 << 20]), [1, 1, 1, 1]);
        assert_eq!(counts(&[3 << 20, 3 << 20, 3 << 20]), [2, 1]);
    }

    #[test]
    fn uid_sets_are_ranges() {
        let set = |uids: &[u32]| uid_set(&uids.iter().map(|&uid| Listed { uid, bytes: 1 }).collect::<Vec<_>>());
        assert_eq!(set(&[1, 2, 3, 7]), "1:3,7");
        assert_eq!(set(&[u32::MAX]), "4294967295");
    }

    #[test]
    fn arrival_times() {
        assert_eq!(internal_date("17-Jul-1996 02:44:25 -0700"), Some(837_596_665_000));
        assert_eq!(internal_date(" 1-Jan-2026 00:00:00 +0100"), Some(1_767_222_000_000));
        assert_eq!(internal_date("yesterday"), None);
    }

    #[test]
    fn only_a_second_reading_leaves_old_mail_out() {
        let position = Position {
            uidvalidity: 1,
            last_uid: 0,
            since: Some(10_000_000),
            reread_below: 50,
        };
        assert!(!position.wants(49, Some(1)));
        assert!(position.wants(49, Some(10_000_001)));
        assert!(position.wants(49, None));
        assert!(
            position.wants(50, Some(1)),
            "an old mail moved into the folder is new to us"
        );
    }

    #[test]
    fn an_unknown_cursor_is_a_beginning() {
        for value in [Value::Null, serde_json::json!({"other": 1}), serde_json::json!([])] {
            assert_eq!(
                serde_json::from_value::<Cursor>(value).unwrap_or_default(),
                Cursor::default()
            );
        }
    }
}
