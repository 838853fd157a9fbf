//! Threads, cases and their states.

use uuid::Uuid;
use voce_domain::{
    case::{Step, Waiting},
    event::{Actor, EventKind},
    labels::Noise,
    message::{
        Automatic, DeliveryReport, DeliveryState, Incoming, MessageKind, Reaction, ReactionKind, Thread, Visibility,
    },
    routing::{Conditions, Decision, Rule},
};
use voce_store::{
    answers::{self, NewAnswer, Written},
    cases, deliveries,
    deliveries::Payload,
    messages::NewWords,
    rules,
    testing::each_database,
};

use crate::scripted::{House, NOW, message, said};

fn reply(id: &str, from: &str, text: &str, seconds_ago: i64, to: &[&str]) -> Incoming {
    let mut message = message(id, from, text, seconds_ago);
    message.thread.replies_to = to.iter().map(|id| (*id).to_owned()).collect();
    said(message)
}

async fn step(house: &House, number: i64, step: Step) {
    let case = house.case(number).await;
    let mut tx = house.db.begin().await.unwrap();
    cases::step(&mut tx, case.id, step, Actor::SYSTEM, NOW, None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_thread_is_one_conversation_and_one_case_whatever_order_it_comes_in() {
    each_database(|db| async move {
        let house = House::new(db).await;
        // One batch, newest first; the second answers the first, the third answers only the second.
        house
            .hear(vec![
                reply("c", "anna@x.it", "third", 10, &["b"]),
                reply("b", "anna@x.it", "second", 20, &["a"]),
                said(message("a", "anna@x.it", "first", 30)),
            ])
            .await;
        assert_eq!(house.bodies(1).await, ["first", "second", "third"]);
        house
            .hear(vec![reply("d", "bruno@x.it", "fourth", 5, &["unknown", "c"])])
            .await;
        assert_eq!(house.bodies(1).await, ["first", "second", "third", "fourth"]);
        let case = house.case(1).await;
        assert_eq!(
            (case.messages, case.preview.as_str(), case.last_message_at),
            (4, "fourth", NOW - 5_000)
        );
        assert_eq!(
            (case.subject.as_str(), case.unanswered_since, case.created_at),
            ("first", Some(NOW - 30_000), NOW - 30_000)
        );
        assert!(case.active && !house.has_case(2).await);
    })
    .await;
}

#[tokio::test]
async fn threads_are_found_by_reply_address_then_answered_message_then_key() {
    each_database(|db| async move {
        let house = House::new(db).await;
        let mut keyed = message("a", "anna@x.it", "keyed", 50);
        keyed.thread.key = Some("topic".to_owned());
        house
            .hear(vec![said(keyed), said(message("b", "anna@x.it", "other", 40))])
            .await;
        let other = house.messages(2).await[0].conversation_id;
        let in_thread = |id: &str, text: &str, thread: Thread| {
            let mut message = message(id, "anna@x.it", text, 10);
            message.thread = thread;
            said(message)
        };
        let key = Some("topic".to_owned());
        house
            .hear(vec![
                in_thread(
                    "c",
                    "by key",
                    Thread {
                        key: key.clone(),
                        ..Thread::default()
                    },
                ),
                in_thread(
                    "d",
                    "by answer",
                    Thread {
                        key: key.clone(),
                        replies_to: vec!["b".into()],
                        ..Thread::default()
                    },
                ),
                in_thread(
                    "e",
                    "by address",
                    Thread {
                        key,
                        replies_to: vec!["a".into()],
                        conversation: Some(other),
                    },
                ),
                in_thread(
                    "f",
                    "lost",
                    Thread {
                        conversation: Some(Uuid::now_v7()),
                        ..Thread::default()
                    },
                ),
            ])
            .await;
        assert_eq!(house.bodies(1).await, ["keyed", "by key"]);
        assert_eq!(house.bodies(2).await, ["other", "by answer", "by address"]);
        assert_eq!(house.bodies(3).await, ["lost"]);
    })
    .await;
}

#[tokio::test]
async fn the_same_twice_changes_nothing() {
    each_database(|db| async move {
        let house = House::new(db).await;
        let follow = Incoming::Reaction(Reaction {
            external_id: "r".into(),
            kind: ReactionKind::Boost,
            author: message("", "carla@x.it", "", 0).author,
            about: Some("a".into()),
            at: NOW,
        });
        let all = vec![said(message("a", "anna@x.it", "hello", 10)), follow];
        let first = house.hear(all.clone()).await;
        let before = (house.case(1).await, house.events().await.len());
        let mut again = house.hear([all.clone(), all].concat()).await;
        assert_eq!((house.case(1).await, house.events().await.len()), before);
        for id in again.drain(..) {
            assert_eq!(house.outcome(id).await.0, "duplicate");
        }
        assert_eq!(house.outcome(first[0]).await, ("accepted".to_owned(), None));
        let kinds: Vec<EventKind> = house.events().await.iter().map(|fact| fact.event.kind).collect();
        use EventKind as E;
        let expected = [
            E::ChannelChanged,
            E::ContactCreated,
            E::CaseOpened,
            E::MessageReceived,
            E::ContactCreated,
            E::ReactionReceived,
        ];
        assert_eq!(kinds, expected);
        assert_eq!(house.events().await[5].event.case_id, Some(house.case(1).await.id));
    })
    .await;
}

#[tokio::test]
async fn a_message_reopens_what_is_resolved_or_waits_and_opens_anew_what_is_closed() {
    each_database(|db| async move {
        let house = House::new(db).await;
        house.hear(vec![said(message("a", "anna@x.it", "one", 60))]).await;
        step(&house, 1, Step::Resolve).await;
        house.hear(vec![reply("b", "anna@x.it", "two", 50, &["a"])]).await;
        let case = house.case(1).await;
        assert_eq!(
            (case.state.as_str(), case.active, case.resolved_at),
            ("new", true, None)
        );
        step(&house, 1, Step::Wait(Waiting::Customer)).await;
        house.hear(vec![reply("c", "anna@x.it", "three", 40, &["b"])]).await;
        let case = house.case(1).await;
        assert_eq!((case.state.as_str(), case.waiting), ("new", None));
        step(&house, 1, Step::Close).await;
        house
            .hear(vec![
                reply("d", "anna@x.it", "four", 30, &["c"]),
                reply("e", "anna@x.it", "five", 20, &["d"]),
            ])
            .await;
        assert_eq!(house.bodies(1).await, ["one", "two", "three"]);
        assert_eq!(house.bodies(2).await, ["four", "five"]);
        assert_eq!(house.case(1).await.state, "closed");
        let opened: Vec<_> = house
            .events()
            .await
            .into_iter()
            .filter(|fact| fact.event.kind == EventKind::CaseOpened)
            .collect();
        assert_eq!(
            (&opened[1].event.data["number"], &opened[1].event.data["earlier"]),
            (&2.into(), &1.into())
        );
        let kinds: Vec<EventKind> = house.events().await.iter().map(|fact| fact.event.kind).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == EventKind::CaseReopened).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn machines_wake_nobody() {
    each_database(|db| async move {
        let house = House::new(db).await;
        house
            .hear(vec![said(message("a", "anna@x.it", "where is it", 60))])
            .await;
        step(&house, 1, Step::Resolve).await;
        let mut away = message("b", "anna@x.it", "I am away until Monday", 50);
        away.thread.replies_to = vec!["a".into()];
        away.automatic = Automatic::OutOfOffice;
        let mut list = message("n", "news@x.it", "Our offers", 40);
        list.automatic = Automatic::Bulk;
        house.hear(vec![said(away), said(list)]).await;
        let case = house.case(1).await;
        assert_eq!(
            (case.state.as_str(), case.messages, case.active),
            ("resolved", 2, false)
        );
        let drawer = house.case(2).await;
        assert_eq!(
            (drawer.state.as_str(), drawer.active, drawer.unanswered_since),
            ("new", false, None)
        );
        assert_eq!(drawer.noise.as_deref(), Some(Noise::AutoReply.key()));
        // A person writes in the same thread: it needs somebody after all.
        house
            .hear(vec![reply("p", "news@x.it", "Can you help me?", 30, &["n"])])
            .await;
        let case = house.case(2).await;
        assert_eq!(
            (case.noise, case.active, case.unanswered_since),
            (None, true, Some(NOW - 30_000))
        );
    })
    .await;
}

#[tokio::test]
async fn what_we_wrote_elsewhere_is_an_answer() {
    each_database(|db| async move {
        let house = House::new(db).await;
        house.hear(vec![said(message("a", "anna@x.it", "hello?", 60))]).await;
        let mut ours = message("b", "help@example.com", "here we are", 30);
        (ours.from_us, ours.thread.replies_to) = (true, vec!["a".into()]);
        let mut first = message("c", "help@example.com", "we write first", 20);
        first.from_us = true;
        let mut lost = first.clone();
        lost.external_id = "d".into();
        first.meta.insert("to".into(), serde_json::json!(["bruno@x.it"]));
        let ids = house.hear(vec![said(ours), said(first), said(lost)]).await;
        let case = house.case(1).await;
        assert_eq!(
            (case.unanswered_since, case.first_answer_at),
            (None, Some(NOW - 30_000))
        );
        assert_eq!(house.messages(1).await[1].direction, "outbound");
        assert_eq!(
            (house.case(2).await.state.as_str(), house.case(2).await.active),
            ("resolved", false)
        );
        assert_eq!(house.outcome(ids[2]).await.0, "filtered");
        house
            .hear(vec![reply("e", "bruno@x.it", "thanks, one question", 10, &["c"])])
            .await;
        assert!(house.case(2).await.active);
    })
    .await;
}

#[tokio::test]
async fn a_bounce_fails_the_answer() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        house.hear(vec![said(message("a", "anna@x.it", "hello?", 60))]).await;
        let inbound = house.messages(1).await.remove(0);
        let words = NewWords {
            case_id: inbound.case_id,
            user: Uuid::now_v7(),
            author_name: "Olga",
            text: "here you are",
            idempotency_key: "once",
            files: Vec::new(),
        };
        let answer = NewAnswer {
            words,
            conversation: inbound.conversation_id,
            kind: MessageKind::Mail,
            visibility: Visibility::Private,
            subject: None,
            html: None,
            payload: Payload::default(),
            leaves_at: NOW,
            then: None,
        };
        let mut tx = db.begin().await.unwrap();
        let Written::Now(answer) = answers::write(&mut tx, &answer, NOW).await.unwrap() else {
            panic!("written once")
        };
        tx.commit().await.unwrap();
        let report = |state| {
            Incoming::Delivery(DeliveryReport {
                external_id: answer.to_string(),
                state,
                detail: "no such user".into(),
                at: NOW,
            })
        };
        let mut tx = db.begin().await.unwrap();
        let worker = Uuid::now_v7();
        assert_eq!(
            deliveries::claim(&mut tx, worker, &[answer], NOW).await.unwrap().len(),
            1
        );
        let sent = deliveries::Fate::Sent {
            external_id: answer.to_string(),
            url: None,
        };
        deliveries::conclude(&mut tx, answer, worker, &sent, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let ids = house
            .hear(vec![report(DeliveryState::Failed), report(DeliveryState::Failed)])
            .await;
        assert_eq!(
            (house.outcome(ids[0]).await.0, house.outcome(ids[1]).await.0),
            ("accepted".into(), "duplicate".into())
        );
        let delivery = deliveries::of_messages(&db, &[answer]).await.unwrap().remove(0);
        assert_eq!(
            (delivery.state.as_str(), delivery.detail.as_deref()),
            ("failed", Some("no such user"))
        );
        assert!(
            house
                .events()
                .await
                .iter()
                .any(|fact| fact.event.kind == EventKind::MessageFailed)
        );
    })
    .await;
}

#[tokio::test]
async fn rules_route_new_cases() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        let (team, owner) = (Uuid::now_v7(), Uuid::now_v7());
        let rule = Rule {
            id: Uuid::now_v7(),
            name: "parcels".into(),
            when: Conditions {
                words: vec!["Pacco".into()],
                ..Conditions::default()
            },
            then: Decision {
                team: Some(team),
                owner: Some(owner),
                ..Decision::default()
            },
        };
        let mut tx = db.begin().await.unwrap();
        rules::save(&mut tx, &rule, true, NOW).await.unwrap();
        tx.commit().await.unwrap();
        house
            .hear(vec![
                said(message("a", "anna@x.it", "Il PACCO è rotto", 60)),
                said(message("b", "b@x.it", "Ciao", 50)),
            ])
            .await;
        let (routed, other) = (house.case(1).await, house.case(2).await);
        assert_eq!(
            (routed.team_id, routed.owner_id, routed.state.as_str()),
            (Some(team), Some(owner), "open")
        );
        assert_eq!(
            (other.team_id, other.owner_id, other.state.as_str()),
            (None, None, "new")
        );
    })
    .await;
}
