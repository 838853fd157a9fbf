//! What a message says, and its files made durable: everything that can be done before the transaction.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use voce_domain::{
    labels::{Details, Evidence, LabelKind, Labels, Noise},
    message::{AttachmentBody, Automatic},
};
use voce_store::blobs::Blobs;
use voce_text::{Company, Context, Engine};

use crate::{
    batch::Kept,
    normalize::{self, Arrival, Item},
};

/// Labels the messages of these items and keeps their files. Blocks. An error of the file system is not the items' fault.
pub(crate) fn enrich(engine: &Engine, company: &Company, blobs: &Blobs, items: &mut [Item]) -> io::Result<()> {
    for item in items {
        let hint = item
            .account
            .as_ref()
            .and_then(|known| known.account.config.get("language")?.as_str());
        let Ok(says) = &mut item.says else { continue };
        for said in says {
            let normalize::Said::Message(arrival) = said else {
                continue;
            };
            if !arrival.message.from_us {
                let message = &arrival.message;
                let said = Said {
                    id: &message.external_id,
                    text: &message.text,
                    subject: message.subject.as_deref(),
                    automatic: message.automatic,
                    language: message
                        .meta
                        .get("language")
                        .and_then(|language| language.as_str())
                        .or(hint),
                };
                let labels = label(engine, company, &said);
                (arrival.evidence, arrival.details) = json(&labels);
                arrival.labels = Some(labels);
            }
            keep_files(blobs, arrival)?;
        }
    }
    Ok(())
}

/// The evidence and the details of labels, as they are stored; nothing for what is empty.
pub(crate) fn json(labels: &Labels) -> (Option<String>, Option<String>) {
    let evidence = (!labels.evidence.is_empty()).then(|| serde_json::to_string(&labels.evidence).unwrap_or_default());
    let details =
        (labels.details != Details::default()).then(|| serde_json::to_string(&labels.details).unwrap_or_default());
    (evidence, details)
}

/// A message as the engine hears it.
pub(crate) struct Said<'a> {
    /// For the log.
    pub id: &'a str,
    pub text: &'a str,
    pub subject: Option<&'a str>,
    pub automatic: Automatic,
    /// What the platform or the account's settings say.
    pub language: Option<&'a str>,
}

pub(crate) fn label(engine: &Engine, company: &Company, said: &Said) -> Labels {
    let context = Context {
        subject: said.subject,
        automatic: match said.automatic {
            Automatic::No | Automatic::Bulk => voce_text::Automatic::No,
            Automatic::AutoReply => voce_text::Automatic::AutoReply,
            Automatic::OutOfOffice => voce_text::Automatic::OutOfOffice,
            Automatic::Bounce => voce_text::Automatic::Bounce,
        },
        language_hint: said.language,
        ..Context::default()
    };
    let labels = catch_unwind(AssertUnwindSafe(|| engine.label_for(company, said.text, &context)));
    let mut labels = labels.unwrap_or_else(|_| {
        tracing::error!(message = said.id, "a text could not be labelled (panic)");
        Labels::unknown()
    });
    if said.automatic == Automatic::Bulk && labels.noise.is_none() {
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
