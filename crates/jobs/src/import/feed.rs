//! Files of things that were said, on their way into the durable queue: each chunk and the position in the file are one
//! transaction, so nothing is queued twice, however often an import is started.

use std::path::Path;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_store::{
    Db, Error,
    imports::{self, Import, New, RowError, State, Step},
    intake::{self, NewItem},
};

use super::{ImportError, add, table};
use crate::now;

/// A chunk ends after so many items or bytes.
const CHUNK_ITEMS: usize = 500;
const CHUNK_BYTES: usize = 8 << 20;

/// One piece of a file.
pub struct Piece {
    /// The raw item; `None` for one that cannot be used.
    pub body: Option<Vec<u8>>,
    /// How far the import is on after it, in its own measure (rows or bytes).
    pub passed: i64,
    pub problem: Option<RowError>,
}

/// Pieces of a file from the position of its import on.
pub type Pieces = Box<dyn Iterator<Item = Result<Piece, ImportError>> + Send>;

/// Finds the import of this file into this account, or makes it. One that is done stays done.
pub async fn start(db: &Db, kind: &str, path: &Path, account: Uuid, total: i64) -> Result<Import, ImportError> {
    let file = path.to_owned();
    let blob = tokio::task::spawn_blocking(move || table::hash(&file))
        .await?
        .map_err(table::TableError::Io)?;
    let mapping = serde_json::json!({ "account": account }).to_string();
    let mut tx = db.begin().await?;
    let id = match imports::same(db, kind, &blob, &mapping).await? {
        Some(import) if import.state == State::Done => return Ok(import),
        Some(import) => {
            imports::resume(&mut tx, import.id, State::Running, now()).await?;
            import.id
        }
        None => {
            let file_name = path.file_name().unwrap_or_default().to_string_lossy();
            let new = New {
                kind,
                file_name: &file_name,
                blob: &blob,
                mapping: &mapping,
                state: State::Running,
                total,
                user_id: None,
            };
            imports::create(&mut tx, &new, now()).await?
        }
    };
    tx.commit().await?;
    Ok(imports::get(db, id).await?)
}

/// Hands the pieces to the queue as raw items of an account. `progress` is told after every chunk. False when `stop` came
/// first; the next start goes on from there.
pub async fn run(
    db: &Db,
    import: &mut Import,
    account: Uuid,
    format: &str,
    mut pieces: Pieces,
    stop: &CancellationToken,
    mut progress: impl FnMut(&Import),
) -> Result<bool, ImportError> {
    while !stop.is_cancelled() {
        let (back, chunk) = tokio::task::spawn_blocking(move || {
            let chunk = chunk(&mut pieces);
            (pieces, chunk)
        })
        .await?;
        pieces = back;
        let chunk = chunk?;
        let mut tx = db.begin().await?;
        if chunk.is_empty() {
            imports::finish(&mut tx, import.id, None, now()).await?;
            tx.commit().await?;
            import.state = State::Done;
            return Ok(true);
        }
        let step = take(&mut tx, import, account, format, &chunk).await?;
        tx.commit().await?;
        add(import, step);
        progress(import);
    }
    Ok(false)
}

fn chunk(pieces: &mut Pieces) -> Result<Vec<Piece>, ImportError> {
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    while chunk.len() < CHUNK_ITEMS && bytes < CHUNK_BYTES {
        let Some(piece) = pieces.next().transpose()? else { break };
        bytes += piece.body.as_ref().map_or(0, Vec::len);
        chunk.push(piece);
    }
    Ok(chunk)
}

async fn take(
    tx: &mut voce_store::Tx,
    import: &Import,
    account_id: Uuid,
    format: &str,
    chunk: &[Piece],
) -> Result<Step, Error> {
    let received_at = now();
    let bodies = chunk.iter().filter_map(|piece| piece.body.as_deref());
    let items: Vec<NewItem> = bodies
        .map(|body| NewItem {
            account_id,
            format,
            body,
            received_at,
        })
        .collect();
    let errors: Vec<RowError> = chunk.iter().filter_map(|piece| piece.problem.clone()).collect();
    let step = Step {
        passed: chunk.iter().map(|piece| piece.passed).sum(),
        created: items.len() as i64,
        failed: (chunk.len() - items.len()) as i64,
        ..Step::default()
    };
    imports::advance(tx, import.id, import.position, &step, received_at).await?;
    imports::add_errors(tx, import.id, &errors).await?;
    intake::append(tx, &items).await?;
    Ok(step)
}
