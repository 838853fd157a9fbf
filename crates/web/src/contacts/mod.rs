//! Contacts: the list, one person, their addresses, and merging two that are one.

pub mod edit;
pub mod identities;
pub mod list;
pub mod merge;
pub mod show;

use uuid::Uuid;
use voce_domain::identity::{Address, IdentityKind};
use voce_identity::{
    merge::{OTHER_LANGUAGE, OTHER_NAME, OTHER_ORGANIZATION},
    normalize,
};
use voce_store::identities::Held;

use crate::text::Text;

/// The name of a custom field as people read it.
pub(crate) fn field_label(t: Text, key: &str) -> String {
    let made_by_merge = [OTHER_NAME, OTHER_ORGANIZATION, OTHER_LANGUAGE]
        .into_iter()
        .find(|made| key.starts_with(made));
    match made_by_merge {
        Some(made) => key.replacen(made, &t.get(&format!("contacts-field-{}", made.replace('_', "-"))), 1),
        None => key.to_owned(),
    }
}

/// Where an identity leads the eye: the icon of its kind or platform.
pub(crate) fn icon_of(address: &Address) -> &'static str {
    match address.kind {
        IdentityKind::Email => "mail",
        IdentityKind::Phone => "phone",
        IdentityKind::CustomerNumber => "hash",
        IdentityKind::Handle => match address.value.split_once(':') {
            Some(("mastodon", _)) => "channel-mastodon",
            Some(("bluesky", _)) => "channel-bluesky",
            Some(("x" | "twitter", _)) => "channel-x",
            Some(("instagram", _)) => "channel-instagram",
            Some(("facebook", _)) => "channel-facebook",
            Some(("telegram", _)) => "channel-telegram",
            Some(("whatsapp", _)) => "channel-whatsapp",
            _ => "at-sign",
        },
    }
}

/// The first address of a kind, as people write it.
pub(crate) fn first(held: Option<&Vec<Held>>, kind: IdentityKind) -> Option<String> {
    held?
        .iter()
        .find(|held| held.identity.kind == kind)
        .map(|held| normalize::shown(&held.identity.address()))
}

/// Where a contact's page is.
pub(crate) fn path(id: Uuid) -> String {
    format!("/contacts/{id}")
}
