//! Where the demo's channels end: simulated networks on which customers write and answer.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::Value;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::{
    Account, Capabilities, ConnectError, Connector, Field, FieldError, NewRaw, Outgoing, ParseError, SendError, Sent,
    Sink,
    api::{
        Api, MESSAGE,
        message::{ApiAuthor, ApiMessage},
    },
    http::{Client, Policy},
    registry::Registry,
};
use voce_domain::message::{Incoming, RawItem};
use voce_ingest::Intake;

use super::{
    company::Company,
    customers::Customer,
    scenarios::{self, Slots},
};

/// The first customer writes soon, so that the screen moves while somebody looks.
const FIRST: Duration = Duration::from_secs(12);
/// Shortest and longest pause between new needs, in seconds.
const PAUSE: std::ops::Range<u64> = 25..70;

/// An answer that reached a customer.
#[derive(Debug)]
pub struct Cue {
    account: Uuid,
    thread: String,
    to: String,
}

/// The real channels' faces over the stage.
pub fn registry() -> (Registry, mpsc::UnboundedReceiver<Cue>) {
    let (cues, received) = mpsc::unbounded_channel();
    let http = Client::new(Policy::default());
    let on_stage = |face: &Arc<dyn Connector>| -> Arc<dyn Connector> {
        Arc::new(Stage {
            face: face.clone(),
            reader: Api::new(http.clone()),
            cues: cues.clone(),
        })
    };
    (
        Registry::of(Registry::new(http.clone()).all().iter().map(on_stage).collect()),
        received,
    )
}

/// A channel whose other end is here.
struct Stage {
    face: Arc<dyn Connector>,
    /// Whatever the channel, customers on stage speak the public shape.
    reader: Api,
    cues: mpsc::UnboundedSender<Cue>,
}

#[async_trait]
impl Connector for Stage {
    fn kind(&self) -> &'static str {
        self.face.kind()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            answers: true,
            ..self.face.capabilities()
        }
    }

    fn fields(&self) -> &'static [Field] {
        self.face.fields()
    }

    fn validate(&self, config: &Value) -> Result<(), Vec<FieldError>> {
        self.face.validate(config)
    }

    fn parse(&self, account: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
        self.reader.parse(account, raw)
    }

    async fn check(&self, _: &Account) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn run(&self, _: &Account, sink: &dyn Sink, stop: CancellationToken) -> Result<(), ConnectError> {
        sink.health(None).await;
        stop.cancelled().await;
        Ok(())
    }

    async fn send(&self, account: &Account, message: &Outgoing) -> Result<Sent, SendError> {
        sleep(Duration::from_millis(400)).await;
        let cue = Cue {
            account: account.id,
            thread: message.thread_key.clone(),
            to: message.to.first().cloned().unwrap_or_default(),
        };
        // Nobody listens while the history is played.
        let _ = self.cues.send(cue);
        Ok(Sent {
            external_id: format!("stage-{}", message.id),
            url: None,
        })
    }
}

/// A message in the shape that all customers on stage speak.
pub fn message(channel: &str, id: String, thread: &str, subject: &str, author: ApiAuthor, text: String) -> ApiMessage {
    let (kind, subject) = match channel {
        "mail" => ("mail", Some(subject.to_owned())),
        "form" => ("form", Some(subject.to_owned())),
        "chat" => ("chat", None),
        "mastodon" => ("post", None),
        _ => ("private_message", None),
    };
    ApiMessage {
        id,
        conversation: Some(thread.to_owned()),
        kind: Some(kind.into()),
        author,
        subject,
        text: Some(text),
        ..ApiMessage::default()
    }
}

/// Customers write new needs now and then, and some answer what they are told.
pub async fn play(intake: Intake, company: Company, mut cues: mpsc::UnboundedReceiver<Cue>, stop: CancellationToken) {
    let mut rng = StdRng::from_rng(&mut rand::rng());
    let mut next = Instant::now() + FIRST;
    loop {
        let acted = tokio::select! {
            () = stop.cancelled() => return,
            () = sleep_until(next) => {
                next = Instant::now() + Duration::from_secs(rng.random_range(PAUSE));
                write(&intake, &company, &mut rng).await
            }
            Some(cue) = cues.recv() => {
                if rng.random_bool(0.6) {
                    tokio::spawn(answer(intake.clone(), cue, Duration::from_secs(rng.random_range(15..45)), stop.clone()));
                }
                Ok(())
            }
        };
        if let Err(error) = acted {
            tracing::warn!(%error, "a customer of the demo could not write");
        }
    }
}

async fn write(intake: &Intake, company: &Company, rng: &mut StdRng) -> anyhow::Result<()> {
    let scenarios = scenarios::all()?;
    let scenario = scenarios::pick(&scenarios, rng);
    let customer = std::iter::repeat_with(|| rng.random_range(0..900))
        .map(|at| Customer::number(at, &mut StdRng::seed_from_u64(at as u64)))
        .find(|customer| customer.english == (scenario.language == "en"));
    let Some(customer) = customer else { return Ok(()) };
    let slots = Slots::new(scenario, &customer, "Marco Riva", rng);
    let id = Uuid::now_v7().to_string();
    let (subject, text) = (slots.fill(&scenario.subjects, rng), slots.fill(&scenario.says, rng));
    let message = message(
        &scenario.channel,
        id.clone(),
        &id,
        &subject,
        customer.author(&scenario.channel),
        text,
    );
    let account = company.account(&scenario.channel, scenario.team.as_deref())?.id;
    hand_over(intake, account, &message).await
}

/// A customer reads the answer and says something to it.
async fn answer(intake: Intake, cue: Cue, after: Duration, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => return,
        () = sleep(after) => {}
    }
    let author = match cue.to.as_str() {
        email if email.contains('@') && !email.starts_with("mastodon:") => ApiAuthor {
            email: Some(email.into()),
            ..ApiAuthor::default()
        },
        phone if phone.starts_with('+') => ApiAuthor {
            phone: Some(phone.into()),
            ..ApiAuthor::default()
        },
        handle => ApiAuthor {
            handle: Some(handle.into()),
            ..ApiAuthor::default()
        },
    };
    let texts = [
        "Grazie mille per la risposta!",
        "Perfetto, grazie.",
        "Ok, attendo allora. Buona giornata!",
        "Capito, ma quanto ci vorrà ancora?",
    ];
    let text = texts.choose(&mut rand::rng()).unwrap_or(&texts[0]);
    let message = ApiMessage {
        id: Uuid::now_v7().to_string(),
        conversation: Some(cue.thread),
        author,
        text: Some((*text).into()),
        ..ApiMessage::default()
    };
    if let Err(error) = hand_over(&intake, cue.account, &message).await {
        tracing::warn!(%error, "a customer of the demo could not answer");
    }
}

async fn hand_over(intake: &Intake, account: Uuid, message: &ApiMessage) -> anyhow::Result<()> {
    let raw = NewRaw {
        format: MESSAGE,
        body: serde_json::to_vec(message)?,
        received_at: voce_web::state::now(),
    };
    intake.accept(account, vec![raw], None).await?;
    Ok(())
}
