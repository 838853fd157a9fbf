//! What cannot be understood or stored becomes a dead letter and stops nothing else.

use voce_domain::message::{AttachmentBody, IncomingAttachment};
use voce_store::{attachments, intake, testing::each_database};

use crate::scripted::{House, PANIC, message, said};

#[tokio::test]
async fn poison_stops_nothing() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        let sound = |id: &str| serde_json::to_vec(&[said(message(id, "anna@x.it", "hello\0there", 10))]).unwrap();
        let ids = house
            .take(vec![
                sound("a"),
                PANIC.to_vec(),
                b"{".to_vec(),
                b"[]".to_vec(),
                sound("b"),
            ])
            .await;
        let mut outcomes = Vec::new();
        for id in &ids {
            outcomes.push(house.outcome(*id).await.0);
        }
        assert_eq!(outcomes, ["accepted", "invalid", "invalid", "filtered", "accepted"]);
        let dead = intake::dead_letters(&db, None, 10).await.unwrap();
        assert_eq!(dead.iter().map(|item| item.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
        assert_eq!(house.bodies(1).await, ["hellothere"]);
    })
    .await;
}

#[tokio::test]
async fn replay_is_harmless_and_finds_what_was_lost() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        let ids = house.hear(vec![said(message("a", "anna@x.it", "hello", 10))]).await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(intake::replay(&mut tx, &ids).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(house.pipeline.drain().await.unwrap(), 1);
        assert_eq!(house.outcome(ids[0]).await.0, "duplicate");
        assert_eq!(house.messages(1).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn files_are_kept_before_the_message_is() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        let mut with = message("a", "anna@x.it", "", 10);
        let file = |name: &str, body| IncomingAttachment {
            name: name.into(),
            content_type: "image/png".into(),
            content_id: None,
            body,
        };
        with.attachments = vec![
            file("photo.png", AttachmentBody::Bytes(vec![1, 2, 3])),
            file("far.png", AttachmentBody::Url("https://example.com/far.png".into())),
        ];
        house.hear(vec![said(with)]).await;
        let message = house.messages(1).await.remove(0);
        let files = attachments::of_messages(&db, &[message.id]).await.unwrap();
        assert_eq!(
            (
                files[0].size,
                files[0].blob.as_deref().map(str::len),
                files[1].url.is_some()
            ),
            (3, Some(64), true)
        );
        assert_eq!(
            attachments::unfetched(&db, uuid::Uuid::nil(), 9).await.unwrap(),
            [files[1].clone()]
        );
        assert_eq!(
            (message.attachments, house.case(1).await.subject.as_str()),
            (2, "photo.png")
        );
    })
    .await;
}
