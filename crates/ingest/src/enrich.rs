//! What a message says, and its files made durable: everything that can be done before the transaction.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use voce_domain::{
    labels::{Evidence, LabelKind, Labels, Noise},
    message::{AttachmentBody, Automatic, IncomingMessage},
};
use voce_store::blobs::Blobs;
use voce_text::{Context, Engine};

use crate::{
    batch::Kept,
    normalize::{Arrival, Item, Said},
};

/// Labels the messages of these items and keeps their files. Blocks. An error of the file system is not the items' fault.
pub(crate) fn enrich(engine: &Engine, blobs: &Blobs, items: &mut [Item]) -> io::Result<()> {
    for item in items {
        let hint = item
            .account
            .as_ref()
            .and_then(|known| known.account.config.get("language")?.as_str());
        let Ok(says) = &mut item.says else { continue };
        for said in says {
            let Said::Message(arrival) = said else { continue };
            if !arrival.message.from_us {
                let labels = label(engine, &arrival.message, hint);
                arrival.evidence =
                    (!labels.evidence.is_empty()).then(|| serde_json::to_string(&labels.evidence).unwrap_or_default());
                arrival.labels = Some(labels);
            }
            keep_files(blobs, arrival)?;
        }
    }
    Ok(())
}

fn label(engine: &Engine, message: &IncomingMessage, hint: Option<&str>) -> Labels {
    let context = Context {
        subject: message.subject.as_deref(),
        automatic: match message.automatic {
            Automatic::No | Automatic::Bulk => voce_text::Automatic::No,
            Automatic::AutoReply => voce_text::Automatic::AutoReply,
            Automatic::OutOfOffice => voce_text::Automatic::OutOfOffice,
            Automatic::Bounce => voce_text::Automatic::Bounce,
        },
        language_hint: message
            .meta
            .get("language")
            .and_then(|language| language.as_str())
            .or(hint),
        ..Context::default()
    };
    let labels = catch_unwind(AssertUnwindSafe(|| engine.label(&message.text, &context)));
    let mut labels = labels.unwrap_or_else(|_| {
        tracing::error!(message = message.external_id, "a text could not be labelled (panic)");
        Labels::unknown()
    });
    if message.automatic == Automatic::Bulk && labels.noise.is_none() {
        labels.noise = Some(Noise::AutoReply);
        labels.evidence.push(Evidence {
            label: LabelKind::Noise,
            words: "bulk".to_owned(),
            weight: 1.0,
        });
    }
    labels
}

fn keep_files(blobs: &Blobs, arrival: &mut Arrival) -> io::Result<()> {
    for file in &mut arrival.message.attachments {
        let kept = match &mut file.body {
            AttachmentBody::Bytes(bytes) => {
                let kept = Kept {
                    blob: Some(blobs.put(bytes)?),
                    size: bytes.len() as i64,
                    url: None,
                };
                *bytes = Vec::new();
                kept
            }
            AttachmentBody::Url(url) => Kept {
                blob: None,
                size: 0,
                url: Some(url.clone()),
            },
        };
        arrival.files.push(kept);
    }
    Ok(())
}
