//! What people do to a case, and how it is taken back.

use super::*;

#[tokio::test]
async fn every_step_is_taken_told_and_refused() {
    each_database(|db| async move {
        example::company(&db).await;
        let case = example::case(&db, &["Dov'è il pacco?"]).await;
        let actor = Actor::user(ANNA);
        let mut tx = db.begin().await.unwrap();
        let taken = cases::step(
            &mut tx,
            case.id,
            Step::Assign(Some(ANNA)),
            actor,
            10,
            Some(case.version),
        )
        .await
        .unwrap();
        assert_eq!(
            (taken.state.as_str(), taken.owner_id, taken.active),
            ("open", Some(ANNA), true)
        );
        assert!(matches!(
            cases::step(&mut tx, case.id, Step::Resolve, actor, 10, Some(case.version)).await,
            Err(Error::Stale)
        ));
        let asleep = cases::step(&mut tx, case.id, Step::Wait(Waiting::Until(500)), actor, 11, None)
            .await
            .unwrap();
        assert_eq!(
            (asleep.waiting.as_deref(), asleep.waiting_until),
            (Some("until"), Some(500))
        );
        assert!(matches!(
            cases::step(&mut tx, case.id, Step::Wait(Waiting::Until(5)), actor, 12, None).await,
            Err(Error::Refused("case-moment-passed"))
        ));
        tx.commit().await.unwrap();
        assert!(cases::to_wake(&db, 499, 10).await.unwrap().is_empty());
        assert_eq!(cases::to_wake(&db, 500, 10).await.unwrap(), [case.id]);
        let mut tx = db.begin().await.unwrap();
        let awake = cases::step(&mut tx, case.id, Step::Time(500), Actor::SYSTEM, 500, None)
            .await
            .unwrap();
        assert_eq!((awake.state.as_str(), awake.waiting_until), ("open", None));
        let resolved = cases::step(&mut tx, case.id, Step::Resolve, actor, 600, None)
            .await
            .unwrap();
        assert_eq!(
            (resolved.state.as_str(), resolved.active, resolved.resolved_at),
            ("resolved", false, Some(600))
        );
        let closed = cases::step(&mut tx, case.id, Step::Close, actor, 700, None)
            .await
            .unwrap();
        assert_eq!((closed.state.as_str(), closed.resolved_at), ("closed", Some(600)));
        assert!(matches!(
            cases::step(&mut tx, case.id, Step::Assign(None), actor, 701, None).await,
            Err(Error::Refused("case-is-closed"))
        ));
        let again = cases::step(&mut tx, case.id, Step::Reopen, actor, 800, None)
            .await
            .unwrap();
        assert_eq!((again.state.as_str(), again.resolved_at), ("open", None));
        let same = cases::step(&mut tx, case.id, Step::Reopen, actor, 801, None)
            .await
            .unwrap();
        assert_eq!(same.version, again.version);
        tx.commit().await.unwrap();
        let told: Vec<EventKind> = events::of_case(&db, case.id)
            .await
            .unwrap()
            .iter()
            .map(|e| e.event.kind)
            .collect();
        use EventKind::{CaseAssigned, CaseOpened, CaseReopened, CaseStateChanged};
        assert_eq!(
            told,
            [
                CaseOpened,
                CaseAssigned,
                CaseStateChanged,
                CaseStateChanged,
                CaseStateChanged,
                CaseStateChanged,
                CaseStateChanged,
                CaseReopened
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_written_once_and_can_be_taken_back_whole() {
    each_database(|db| async move {
        example::company(&db).await;
        let case = example::case(&db, &["Dov'è il pacco?"]).await;
        let conversation = example::conversation(&db, case.id).await;
        let mut tx = db.begin().await.unwrap();
        let from = undo::mark(&mut tx).await.unwrap();
        let Written::Now(message) =
            example::answer(&mut tx, case.id, conversation, "k", 5000, Some(Step::Resolve)).await
        else {
            panic!("written before");
        };
        let span = undo::span(&mut tx, from, 5000).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        assert_eq!(
            example::answer(&mut tx, case.id, conversation, "k", 5001, None).await,
            Written::Before
        );
        tx.commit().await.unwrap();
        let answered = cases::by_id(&db, Scope::All, case.id).await.unwrap();
        assert_eq!(
            (answered.state.as_str(), answered.owner_id, answered.messages),
            ("resolved", Some(ANNA), 2)
        );
        assert_eq!(
            (answered.unanswered_since, answered.first_answer_at),
            (None, Some(5000))
        );
        assert_eq!(
            search::messages(
                &db,
                Scope::All,
                &Words::parse("Buongiorno"),
                &search::Filter::default(),
                None,
                9
            )
            .await
            .unwrap()
            .hits
            .len(),
            1
        );

        let mut tx = db.begin().await.unwrap();
        assert!(matches!(
            undo::revert(&mut tx, BRUNO, span, 6000).await,
            Err(Error::Stale)
        ));
        undo::revert(&mut tx, ANNA, span, 6000).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            figures(&cases::by_id(&db, Scope::All, case.id).await.unwrap()),
            figures(&case)
        );
        assert!(matches!(
            messages::get(&db, Scope::All, message).await,
            Err(Error::NotFound)
        ));
        assert_eq!(
            drafts::of(&db, case.id, ANNA).await.unwrap()[0].body,
            "Buongiorno Marta"
        );
        assert_eq!(answers::withdrawn(&db, case.id, ANNA).await.unwrap(), 1);
        assert!(
            search::messages(
                &db,
                Scope::All,
                &Words::parse("Buongiorno"),
                &search::Filter::default(),
                None,
                9
            )
            .await
            .unwrap()
            .hits
            .is_empty()
        );
        let mut tx = db.begin().await.unwrap();
        assert!(matches!(
            undo::revert(&mut tx, ANNA, span, 6001).await,
            Err(Error::Stale)
        ));
    })
    .await;
}

#[tokio::test]
async fn every_small_change_is_undone() {
    each_database(|db| async move {
        example::company(&db).await;
        let case = example::case(&db, &["uno"]).await;
        let actor = Actor::user(ANNA);
        let mut tx = db.begin().await.unwrap();
        let tag = tags::find_or_create(&mut tx, "Resi", 1).await.unwrap();
        assert_eq!(tags::find_or_create(&mut tx, "rési", 1).await.unwrap().id, tag.id);
        let from = undo::mark(&mut tx).await.unwrap();
        cases::step(&mut tx, case.id, Step::Assign(Some(BRUNO)), actor, 50, None)
            .await
            .unwrap();
        cases::step(&mut tx, case.id, Step::Wait(Waiting::Us), actor, 50, None)
            .await
            .unwrap();
        cases::set_team(&mut tx, case.id, Some(TEAM), actor, 50).await.unwrap();
        cases::set_priority(&mut tx, case.id, Priority::Urgent, actor, 50)
            .await
            .unwrap();
        cases::set_subject(&mut tx, case.id, "Altro", actor, 50).await.unwrap();
        tags::add(&mut tx, case.id, tag.id, actor, 50).await.unwrap();
        let span = undo::span(&mut tx, from, 50).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let changed = cases::by_id(&db, Scope::All, case.id).await.unwrap();
        assert_eq!(
            (
                changed.state.as_str(),
                changed.priority.as_str(),
                changed.subject.as_str()
            ),
            ("waiting", "urgent", "Altro")
        );
        let mut tx = db.begin().await.unwrap();
        assert!(matches!(
            undo::revert(&mut tx, ANNA, span, 50 + undo::WINDOW + 1).await,
            Err(Error::Stale)
        ));
        undo::revert(&mut tx, ANNA, span, 60).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            figures(&cases::by_id(&db, Scope::All, case.id).await.unwrap()),
            figures(&case)
        );
        assert!(tags::of_cases(&db, &[case.id]).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn corrections_are_kept_followed_and_undone() {
    each_database(|db| async move {
        example::company(&db).await;
        let case = example::case(&db, &["uno", "due"]).await;
        let all = messages::of_case(&db, Scope::All, case.id, None, 50)
            .await
            .unwrap()
            .messages;
        let mut tx = db.begin().await.unwrap();
        corrections::correct(&mut tx, all[0].id, LabelKind::RequestType, Some("praise"), ANNA, 5)
            .await
            .unwrap();
        assert_eq!(cases::locked(&mut tx, case.id).await.unwrap().request_type, None);
        let from = undo::mark(&mut tx).await.unwrap();
        corrections::correct(&mut tx, all[1].id, LabelKind::RequestType, Some("complaint"), ANNA, 6)
            .await
            .unwrap();
        corrections::correct(&mut tx, all[1].id, LabelKind::Sentiment, Some("positive"), ANNA, 6)
            .await
            .unwrap();
        corrections::correct(&mut tx, all[1].id, LabelKind::Noise, Some("spam"), ANNA, 6)
            .await
            .unwrap();
        corrections::correct(&mut tx, all[1].id, LabelKind::Noise, Some("spam"), ANNA, 6)
            .await
            .unwrap();
        let span = undo::span(&mut tx, from, 6).await.unwrap().unwrap();
        for (label, value) in [
            (LabelKind::Urgency, Some("soon")),
            (LabelKind::Language, Some("italiano")),
            (LabelKind::Sentiment, None),
        ] {
            assert!(matches!(
                corrections::correct(&mut tx, all[1].id, label, value, ANNA, 6).await,
                Err(Error::Refused(_))
            ));
        }
        tx.commit().await.unwrap();
        let followed = cases::by_id(&db, Scope::All, case.id).await.unwrap();
        assert_eq!(
            (
                followed.request_type.as_deref(),
                followed.sentiment_score,
                followed.noise.as_deref()
            ),
            (Some("complaint"), 0.6, None)
        );
        let ids: Vec<Uuid> = all.iter().map(|message| message.id).collect();
        assert_eq!(corrections::of_messages(&db, &ids).await.unwrap().len(), 4);
        let mut tx = db.begin().await.unwrap();
        undo::revert(&mut tx, ANNA, span, 7).await.unwrap();
        tx.commit().await.unwrap();
        let back = messages::get(&db, Scope::All, all[1].id).await.unwrap();
        assert_eq!(
            (back.sentiment_score, back.request_type.as_deref(), back.noise),
            (Some(-0.4), Some("help"), None)
        );
        assert_eq!(corrections::of_messages(&db, &ids).await.unwrap().len(), 1);

        // All noise: the case goes to the drawer, and comes back.
        let mut tx = db.begin().await.unwrap();
        for id in &ids {
            corrections::correct(&mut tx, *id, LabelKind::Noise, Some("spam"), ANNA, 8)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let drawn = cases::by_id(&db, Scope::All, case.id).await.unwrap();
        assert_eq!((drawn.noise.as_deref(), drawn.active), (Some("spam"), false));
        assert_eq!(numbers(&db, &anna(), &query(View::Noise)).await, [case.number]);
        let mut tx = db.begin().await.unwrap();
        corrections::correct(&mut tx, ids[0], LabelKind::Noise, None, ANNA, 9)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let back = cases::by_id(&db, Scope::All, case.id).await.unwrap();
        assert_eq!(
            (back.noise, back.active, back.unanswered_since),
            (None, true, Some(1000))
        );
    })
    .await;
}
