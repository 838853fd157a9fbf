//! Cases merged and split, exactly and back.

use super::*;

#[tokio::test]
async fn merging_and_its_undo_are_exact() {
    each_database(|db| async move {
        example::company(&db).await;
        let (kept, merged) = (
            example::case(&db, &["uno", "due"]).await,
            example::case(&db, &["tre"]).await,
        );
        let mut tx = db.begin().await.unwrap();
        let (a, b) = (
            tags::create(&mut tx, "a", "", 1).await.unwrap(),
            tags::create(&mut tx, "b", "", 1).await.unwrap(),
        );
        for (case, tag) in [(&kept, &a), (&merged, &a), (&merged, &b)] {
            tags::add(&mut tx, case.id, tag.id, Actor::user(ANNA), 1).await.unwrap();
        }
        let note = NewWords {
            case_id: merged.id,
            user: ANNA,
            author_name: "Anna",
            text: "@Guido",
            idempotency_key: "n",
            files: Vec::new(),
        };
        messages::write_note(&mut tx, &note, &[GUEST], 2)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(messages::write_note(&mut tx, &note, &[GUEST], 2).await.unwrap(), None);
        tx.commit().await.unwrap();

        let mut tx = db.begin().await.unwrap();
        assert!(matches!(
            case_merges::merge(&mut tx, kept.id, kept.id, ANNA, 3).await,
            Err(Error::Refused(_))
        ));
        let merge = case_merges::merge(&mut tx, kept.id, merged.id, ANNA, 3).await.unwrap();
        assert!(matches!(
            case_merges::merge(&mut tx, kept.id, merged.id, ANNA, 3).await,
            Err(Error::Refused("case-is-merged"))
        ));
        tx.commit().await.unwrap();
        let whole = cases::by_id(&db, Scope::All, kept.id).await.unwrap();
        assert_eq!(whole.messages, 3);
        assert_eq!(
            messages::of_case(&db, Scope::All, kept.id, None, 50)
                .await
                .unwrap()
                .messages
                .len(),
            4
        );
        assert_eq!(messages::conversations(&db, kept.id).await.unwrap().len(), 2);
        assert_eq!(tags::of_cases(&db, &[kept.id]).await.unwrap()[&kept.id].len(), 2);
        let led = search::case_by_number(&db, Scope::All, &format!("#{}", merged.number))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(led.id, kept.id);
        let guest = Scope::Involved(GUEST);
        assert_eq!(cases::by_id(&db, guest, kept.id).await.unwrap().id, kept.id);
        assert_eq!(numbers(&db, &anna(), &query(View::All)).await, [kept.number]);

        let mut tx = db.begin().await.unwrap();
        case_merges::unmerge(&mut tx, merge, ANNA, 4).await.unwrap();
        assert!(matches!(
            case_merges::unmerge(&mut tx, merge, ANNA, 4).await,
            Err(Error::Stale)
        ));
        tx.commit().await.unwrap();
        for before in [&kept, &merged] {
            assert_eq!(
                figures(&cases::by_id(&db, Scope::All, before.id).await.unwrap()),
                figures(before)
            );
        }
        assert_eq!(
            messages::of_case(&db, Scope::All, merged.id, None, 50)
                .await
                .unwrap()
                .messages
                .len(),
            2
        );
        let both = tags::of_cases(&db, &[kept.id, merged.id]).await.unwrap();
        assert_eq!((both[&kept.id].len(), both[&merged.id].len()), (1, 2));
        assert!(matches!(cases::by_id(&db, guest, kept.id).await, Err(Error::NotFound)));
        assert!(cases::by_id(&db, guest, merged.id).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn what_came_after_a_merge_stays_when_it_is_undone() {
    each_database(|db| async move {
        example::company(&db).await;
        let (kept, merged) = (example::case(&db, &["uno"]).await, example::case(&db, &["due"]).await);
        let conversation = example::conversation(&db, kept.id).await;
        let mut tx = db.begin().await.unwrap();
        let merge = case_merges::merge(&mut tx, kept.id, merged.id, ANNA, 3).await.unwrap();
        example::answer(&mut tx, kept.id, conversation, "k", 5000, None).await;
        case_merges::unmerge(&mut tx, merge, ANNA, 6000).await.unwrap();
        tx.commit().await.unwrap();
        let (kept, merged) = (
            cases::by_id(&db, Scope::All, kept.id).await.unwrap(),
            cases::by_id(&db, Scope::All, merged.id).await.unwrap(),
        );
        assert_eq!(
            (kept.messages, kept.unanswered_since, kept.owner_id),
            (2, None, Some(ANNA))
        );
        assert_eq!(
            (merged.messages, merged.merged_into, merged.unanswered_since),
            (1, None, Some(1000))
        );
    })
    .await;
}

#[tokio::test]
async fn splitting_moves_messages_and_the_way_back_is_a_merge() {
    each_database(|db| async move {
        example::company(&db).await;
        let case = example::case(&db, &["pacco", "fattura"]).await;
        let all = messages::of_case(&db, Scope::All, case.id, None, 50)
            .await
            .unwrap()
            .messages;
        let mut tx = db.begin().await.unwrap();
        let everything: Vec<Uuid> = all.iter().map(|message| message.id).collect();
        assert!(matches!(
            case_merges::split(&mut tx, case.id, &[Uuid::nil()], "x", ANNA, 9).await,
            Err(Error::Refused(_))
        ));
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        assert!(matches!(
            case_merges::split(&mut tx, case.id, &everything, "x", ANNA, 9).await,
            Err(Error::Refused("case-split-everything"))
        ));
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        let from = undo::mark(&mut tx).await.unwrap();
        let new = case_merges::split(&mut tx, case.id, &[all[1].id], "Fattura", ANNA, 9)
            .await
            .unwrap();
        let span = undo::span(&mut tx, from, 9).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let old = cases::by_id(&db, Scope::All, case.id).await.unwrap();
        assert_eq!(
            (old.messages, old.last_message_at, new.messages, new.unanswered_since),
            (1, 1000, 1, Some(2000))
        );
        assert_ne!(old.number, new.number);
        // The conversation goes on where its newest message is.
        assert_eq!(messages::conversations(&db, new.id).await.unwrap().len(), 1);
        let mut tx = db.begin().await.unwrap();
        undo::revert(&mut tx, ANNA, span, 10).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(cases::by_id(&db, Scope::All, case.id).await.unwrap().messages, 2);
        assert_eq!(
            cases::by_id(&db, Scope::All, new.id).await.unwrap().merged_into,
            Some(case.id)
        );
    })
    .await;
}
