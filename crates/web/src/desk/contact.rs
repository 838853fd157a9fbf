//! The customer beside the case: addresses, fields, the other cases.

use voce_domain::identity::IdentityKind;
use voce_store::{cases::CaseRow, contacts, identities};

use super::marks::{When, channel_icon, initials, subject};
use crate::{App, Result, session::CurrentUser};

pub struct ContactPane {
    pub url: String,
    pub name: String,
    pub hue: u8,
    pub initials: String,
    pub customer: bool,
    pub organization: Option<String>,
    pub since: When,
    pub note: String,
    pub addresses: Vec<AddressView>,
    pub fields: Vec<(String, String)>,
    pub past: Vec<PastCase>,
}

pub struct AddressView {
    pub icon: &'static str,
    pub channel: &'static str,
    pub kind: String,
    pub value: String,
    /// More people write from it.
    pub shared: bool,
}

pub struct PastCase {
    pub number: i64,
    pub subject: String,
    pub state: String,
    pub state_key: String,
    pub at: When,
}

const PAST: i64 = 12;

/// Three queries.
pub async fn load(app: &App, user: &CurrentUser, case: &CaseRow) -> Result<ContactPane> {
    let (t, zone) = (user.text(), user.zone());
    let contact = contacts::get(&app.db, case.contact_id).await?;
    let held = identities::of_contacts(&app.db, &[contact.id])
        .await?
        .remove(&contact.id)
        .unwrap_or_default();
    let past = contacts::cases(&app.db, contact.id, PAST + 1).await?;
    Ok(ContactPane {
        url: format!("/contacts/{}", contact.id),
        hue: voce_assets::hue(&contact.name),
        initials: initials(&contact.name),
        since: When::new(&t, contact.created_at, &zone),
        addresses: held
            .into_iter()
            .map(|held| {
                let (icon, channel) = sign(held.identity.kind, &held.identity.value);
                let value = &held.identity.value;
                let handle = held.identity.kind == IdentityKind::Handle;
                let shown = value
                    .split_once(':')
                    .filter(|_| handle)
                    .map_or(value.as_str(), |(_, rest)| rest);
                AddressView {
                    icon,
                    channel,
                    kind: t.get(&format!("identity-{}", held.identity.kind.key().replace('_', "-"))),
                    value: shown.to_owned(),
                    shared: held.others > 0,
                }
            })
            .collect(),
        fields: contact.fields.0.into_iter().collect(),
        past: past
            .into_iter()
            .filter(|other| other.number != case.number)
            .take(PAST as usize)
            .map(|other| PastCase {
                number: other.number,
                subject: subject(&t, &other.subject),
                state: t.get(&format!("state-{}", other.state)),
                state_key: other.state,
                at: When::new(&t, other.last_message_at, &zone),
            })
            .collect(),
        name: contact.name,
        customer: contact.customer,
        organization: contact.organization,
        note: contact.note,
    })
}

/// The icon of an address and the channel that paints it.
fn sign(kind: IdentityKind, value: &str) -> (&'static str, &'static str) {
    match kind {
        IdentityKind::Email => (channel_icon("email"), "email"),
        IdentityKind::Phone => (channel_icon("phone"), "phone"),
        IdentityKind::Handle if value.starts_with("mastodon:") => (channel_icon("mastodon"), "mastodon"),
        IdentityKind::Handle => (voce_assets::icon("at-sign"), "api"),
        IdentityKind::CustomerNumber => (voce_assets::icon("id-card"), "api"),
    }
}
