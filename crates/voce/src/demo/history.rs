//! A year in the life of the demo's company, played in the order of time through the same pipeline and the same functions as
//! the real thing.

use std::collections::HashMap;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use uuid::Uuid;
use voce_channels::{
    NewRaw,
    api::{
        MESSAGE,
        message::{ApiMessage, Moment},
    },
};
use voce_domain::{
    case::{Step, Waiting},
    event::Actor,
    labels::LabelKind,
    message::{MessageKind, Visibility},
};
use voce_ingest::{Intake, Pipeline};
use voce_store::{
    Db, Tx, answers,
    answers::{NewAnswer, Written},
    arrivals, cases, corrections,
    deliveries::{self, Fate, Payload},
    messages::{self, NewWords},
    tags,
};

use super::{
    company::{self, Company, Person},
    customers::{self, Customer},
    scenarios::{self, Scenario, Slots},
    stage,
};
use crate::config::Installation;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Needs that customers had in the year.
const NEEDS: usize = 1_100;

/// How often somebody puts a wrong label right; the others have no time.
const CAREFUL: f64 = 0.4;

/// One thing that happened.
struct Act {
    at: i64,
    need: usize,
    what: What,
}

enum What {
    Say {
        id: String,
        text: String,
    },
    Assign(Uuid),
    /// Looks at the request type and puts it right where the engine took it for another.
    Correct {
        by: Uuid,
        request: String,
    },
    Answer {
        by: usize,
        text: String,
        then: Option<Step>,
    },
    Note {
        by: usize,
        text: String,
        mentioned: Vec<Uuid>,
    },
    Tag(String),
    Close,
}

/// One customer's need: where it was said, and by whom.
struct Need {
    account: Uuid,
    channel: String,
    thread: String,
    subject: String,
    author: voce_channels::api::message::ApiAuthor,
}

/// Founds the company and plays its year.
pub async fn fill(installation: &Installation) -> anyhow::Result<()> {
    let now = voce_web::state::now();
    // The same company on every machine; only the dates differ.
    let mut rng = StdRng::seed_from_u64(20_261_122);
    let begin = now - 365 * DAY;
    let company = company::found(&installation.db, begin).await?;
    let everybody = Customer::everybody(&mut rng);
    customers::register(&installation.db, &everybody, &mut rng, begin).await?;
    let (needs, acts) = plan(&company, &everybody, begin, now, &mut rng)?;
    let style = ProgressStyle::with_template("  Bottega Aurora lives a year {wide_bar} {percent}%")?;
    let bar = ProgressBar::new(acts.len() as u64).with_style(style);
    play(installation, &company, &needs, acts, &bar).await?;
    bar.finish_and_clear();
    Ok(())
}

/// Writes down who says and does what, and when, in the order of time.
fn plan(
    company: &Company,
    everybody: &[Customer],
    begin: i64,
    now: i64,
    rng: &mut StdRng,
) -> anyhow::Result<(Vec<Need>, Vec<Act>)> {
    let scenarios = scenarios::all()?;
    let (mut needs, mut acts) = (Vec::with_capacity(NEEDS), Vec::new());
    for at in 0..NEEDS {
        let scenario = scenarios::pick(&scenarios, rng);
        let fitting: Vec<&Customer> = everybody
            .iter()
            .filter(|customer| customer.english == (scenario.language == "en"))
            .collect();
        let customer = *fitting.choose(rng).context("nobody to write")?;
        let colleague = company.people.choose(rng).context("nobody to ask")?;
        let slots = Slots::new(scenario, customer, &colleague.name, rng);
        let thread = format!("demo-{at}");
        needs.push(Need {
            account: company.account(&scenario.channel, scenario.team.as_deref())?.id,
            channel: scenario.channel.clone(),
            subject: slots.fill(&scenario.subjects, rng),
            author: customer.author(&scenario.channel),
            thread,
        });
        let opened = moment(at, begin, now, rng);
        plan_need(at, scenario, &slots, company, colleague, opened, rng, &mut acts);
    }
    acts.retain(|act| act.at < now - MINUTE);
    acts.sort_by_key(|act| act.at);
    Ok((needs, acts))
}

/// More and more customers over the year, by day more than by night, and some in the last hours.
fn moment(at: usize, begin: i64, now: i64, rng: &mut StdRng) -> i64 {
    if at.is_multiple_of(20) {
        return now - rng.random_range(5 * MINUTE..30 * HOUR);
    }
    let share: f64 = rng.random_range(0.0f64..1.0).powf(0.7);
    let day = begin + ((now - begin) as f64 * share) as i64 / DAY * DAY;
    day + rng.random_range(7 * HOUR..21 * HOUR)
}

#[expect(clippy::too_many_arguments, reason = "one need in all its circumstances")]
fn plan_need(
    need: usize,
    scenario: &Scenario,
    slots: &Slots,
    company: &Company,
    colleague: &Person,
    opened: i64,
    rng: &mut StdRng,
    acts: &mut Vec<Act>,
) {
    let mut act = |at: i64, what: What| acts.push(Act { at, need, what });
    act(
        opened,
        What::Say {
            id: format!("demo-{need}-1"),
            text: slots.fill(&scenario.says, rng),
        },
    );
    if scenario.answers.is_empty() {
        return;
    }
    let agents = company.agents(scenario.team.as_deref());
    let Some(agent) = agents.choose(rng) else { return };
    let by = company
        .people
        .iter()
        .position(|person| person.id == agent.id)
        .unwrap_or_default();
    let delay =
        |rng: &mut StdRng| rng.random_range(4 * MINUTE..40 * MINUTE) * if rng.random_bool(0.3) { 12 } else { 1 };
    let mut at = opened + delay(rng);
    act(at, What::Assign(agent.id));
    if let Some(request) = scenario.request.clone().filter(|_| rng.random_bool(CAREFUL)) {
        act(at + 1, What::Correct { by: agent.id, request });
    }
    for tag in &scenario.tags {
        act(at, What::Tag(tag.clone()));
    }
    if let Some(note) = scenario.note.as_ref().filter(|_| rng.random_bool(0.4)) {
        let mentioned = if note.contains("{mention}") {
            vec![colleague.id]
        } else {
            Vec::new()
        };
        at += 3 * MINUTE;
        act(
            at,
            What::Note {
                by,
                text: slots.fill_one(note),
                mentioned,
            },
        );
    }
    at += delay(rng);
    let goes_on = !scenario.then.is_empty() && rng.random_bool(0.55);
    let then = if goes_on {
        Step::Wait(Waiting::Customer)
    } else {
        Step::Resolve
    };
    act(
        at,
        What::Answer {
            by,
            text: slots.fill(&scenario.answers, rng),
            then: Some(then),
        },
    );
    if goes_on {
        at += delay(rng) * 3;
        act(
            at,
            What::Say {
                id: format!("demo-{need}-2"),
                text: slots.fill(&scenario.then, rng),
            },
        );
        at += delay(rng);
        act(
            at,
            What::Answer {
                by,
                text: closing(&scenario.language).into(),
                then: Some(Step::Resolve),
            },
        );
    }
    act(at + 14 * DAY, What::Close);
}

fn closing(language: &str) -> &'static str {
    if language == "en" {
        "Happy to help. Have a lovely day!"
    } else {
        "Grazie a Lei, buona giornata!"
    }
}

/// What the acts need at hand.
struct Theatre<'a> {
    db: &'a Db,
    intake: Intake,
    pipeline: Pipeline,
    company: &'a Company,
    /// Tags by name.
    tags: HashMap<String, Uuid>,
    /// Marks what was claimed here.
    worker: Uuid,
    /// Something was said that the pipeline has not seen.
    unheard: bool,
}

async fn play(
    installation: &Installation,
    company: &Company,
    needs: &[Need],
    acts: Vec<Act>,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let Installation { db, blobs, vault } = installation.clone();
    let (registry, _cues) = stage::registry();
    let tags = tags::all(&db)
        .await?
        .into_iter()
        .map(|tag| (tag.name, tag.id))
        .collect();
    let mut theatre = Theatre {
        intake: Intake::start(db.clone()),
        pipeline: Pipeline::new(db, registry, blobs, vault),
        db: &installation.db,
        company,
        tags,
        worker: Uuid::now_v7(),
        unheard: false,
    };
    for act in acts {
        let need = &needs[act.need];
        match act.what {
            What::Say { id, text } => theatre.say(need, id, text, act.at).await?,
            what => theatre.act(need, what, act.at).await?,
        }
        bar.inc(1);
    }
    theatre.pipeline.drain().await?;
    Ok(())
}

impl Theatre<'_> {
    async fn say(&mut self, need: &Need, id: String, text: String, at: i64) -> anyhow::Result<()> {
        let message = stage::message(
            &need.channel,
            id,
            &need.thread,
            &need.subject,
            need.author.clone(),
            text,
        );
        let message = ApiMessage {
            sent_at: Some(Moment::Millis(at)),
            ..message
        };
        let raw = NewRaw {
            format: MESSAGE,
            body: serde_json::to_vec(&message)?,
            received_at: at,
        };
        self.intake.accept_in_turn(need.account, vec![raw], None).await?;
        self.unheard = true;
        Ok(())
    }

    /// Something that people of the company do; everything said before has been heard.
    async fn act(&mut self, need: &Need, what: What, at: i64) -> anyhow::Result<()> {
        if std::mem::take(&mut self.unheard) {
            self.pipeline.drain().await?;
        }
        let mut tx = self.db.begin().await?;
        let first = format!("demo-{}-1", need.thread.trim_start_matches("demo-"));
        let known = arrivals::known_messages(&mut tx, &[(need.account, &first)]).await?;
        let Some(known) = known.into_iter().next() else {
            return Ok(());
        };
        match what {
            What::Say { .. } => {}
            What::Assign(user) => drop(
                cases::step(
                    &mut tx,
                    known.case_id,
                    Step::Assign(Some(user)),
                    Actor::user(user),
                    at,
                    None,
                )
                .await,
            ),
            What::Correct { by, request } => {
                corrections::correct(&mut tx, known.id, LabelKind::RequestType, Some(&request), by, at).await?;
            }
            What::Close => drop(cases::step(&mut tx, known.case_id, Step::Close, Actor::SYSTEM, at, None).await),
            What::Tag(tag) => {
                if let Some(tag) = self.tags.get(&tag) {
                    tags::add(&mut tx, known.case_id, *tag, Actor::SYSTEM, at).await?;
                }
            }
            What::Note { by, text, mentioned } => {
                let words = self.words(known.case_id, by, &text, at);
                messages::write_note(&mut tx, &words.words(&self.company.people[by]), &mentioned, at).await?;
            }
            What::Answer { by, text, then } => {
                let words = self.words(known.case_id, by, &text, at);
                self.answer(
                    &mut tx,
                    need,
                    known.conversation_id,
                    &words.words(&self.company.people[by]),
                    then,
                    at,
                )
                .await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    fn words<'w>(&self, case_id: Uuid, by: usize, text: &'w str, at: i64) -> Words<'w> {
        Words {
            case_id,
            text,
            key: format!("demo-{case_id}-{by}-{at}"),
        }
    }

    async fn answer(
        &self,
        tx: &mut Tx,
        need: &Need,
        conversation: Uuid,
        words: &NewWords<'_>,
        then: Option<Step>,
        at: i64,
    ) -> anyhow::Result<()> {
        let (kind, visibility) = match need.channel.as_str() {
            "mail" | "form" => (MessageKind::Mail, Visibility::Private),
            "mastodon" => (MessageKind::Comment, Visibility::Public),
            "chat" => (MessageKind::Chat, Visibility::Private),
            _ => (MessageKind::PrivateMessage, Visibility::Private),
        };
        let answer = NewAnswer {
            words: words.clone(),
            conversation,
            kind,
            visibility,
            subject: None,
            html: None,
            payload: Payload::default(),
            leaves_at: at,
            then,
        };
        if let Written::Now(id) = answers::write(tx, &answer, at).await? {
            deliveries::claim(tx, self.worker, &[id], at).await?;
            let sent = Fate::Sent {
                external_id: format!("demo-sent-{id}"),
                url: None,
            };
            deliveries::conclude(tx, id, self.worker, &sent, at).await?;
        }
        Ok(())
    }
}

/// Words of a colleague, before it is known whose.
struct Words<'w> {
    case_id: Uuid,
    text: &'w str,
    key: String,
}

impl Words<'_> {
    fn words<'p>(&'p self, person: &'p Person) -> NewWords<'p> {
        NewWords {
            case_id: self.case_id,
            user: person.id,
            author_name: &person.name,
            text: self.text,
            idempotency_key: &self.key,
            files: Vec::new(),
        }
    }
}
