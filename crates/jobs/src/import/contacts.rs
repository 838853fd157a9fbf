//! Rows of a registry as contacts: what a row says, whom it means, and what it changes. Pure; the database comes in as what is
//! known and goes out as changes, so that the preview shows precisely what the import will do.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use uuid::Uuid;
use voce_domain::identity::{Address, IdentityKind};
use voce_identity::{merge::Person, name, normalize, resolve};
use voce_store::{
    imports::RowError,
    registry::{Changes, Known, KnownContact, NewIdentity},
};

use super::{
    Fate,
    columns::{Mapping, Target},
    table::Row,
};

/// Longest name, custom field and note, in characters.
const LONGEST_NAME: usize = 200;
const LONGEST_FIELD: usize = 2_000;
const LONGEST_NOTE: usize = 20_000;

/// What a row says about a person, in normal forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// By which the contact is found.
    pub key: Option<Address>,
    /// All addresses, the key among them.
    pub addresses: Vec<Address>,
    pub name: String,
    pub organization: Option<String>,
    pub language: Option<String>,
    pub note: String,
    pub fields: BTreeMap<String, String>,
}

/// Reads a row. Cells that cannot be read are left out and reported; a row without its key says nothing.
pub fn read(row: &Row, mapping: &Mapping, names: &[String]) -> (Option<Said>, Vec<RowError>) {
    let mut reading = Reading {
        said: Said::default(),
        given: String::new(),
        family: String::new(),
        errors: Vec::new(),
    };
    for (column, target) in mapping.columns.iter().enumerate() {
        let cell = row.cell(column);
        if cell.is_empty() {
            continue;
        }
        if let Err(problem) = reading.cell(target, cell, mapping) {
            reading.errors.push(super::error(row, names, column, problem, cell));
        }
    }
    let Reading {
        mut said,
        given,
        family,
        mut errors,
    } = reading;
    said.key = said
        .addresses
        .iter()
        .find(|address| address.kind == mapping.key.kind())
        .cloned();
    if said.key.is_none() {
        let column = mapping
            .columns
            .iter()
            .position(|target| *target == mapping.key.target())
            .unwrap_or(usize::MAX);
        if !errors.iter().any(|error| Some(&error.column_name) == names.get(column)) {
            errors.push(super::error(row, names, column, "import-problem-key", ""));
        }
        return (None, errors);
    }
    if said.name.is_empty() {
        said.name = format!("{given} {family}").trim().to_owned();
    }
    (Some(said), errors)
}

struct Reading {
    said: Said,
    given: String,
    family: String,
    errors: Vec<RowError>,
}

impl Reading {
    fn cell(&mut self, target: &Target, cell: &str, mapping: &Mapping) -> Result<(), &'static str> {
        let said = &mut self.said;
        match target {
            Target::Nothing | Target::Domain => {}
            Target::Name => said.name = short(cell, LONGEST_NAME)?,
            Target::GivenName => self.given = short(cell, LONGEST_NAME / 2)?,
            Target::FamilyName => self.family = short(cell, LONGEST_NAME / 2)?,
            Target::Email => self.addresses(
                IdentityKind::Email,
                cell,
                &[';', ',', ' '],
                mapping,
                "import-problem-email",
            )?,
            Target::Phone => self.addresses(IdentityKind::Phone, cell, &[';', ','], mapping, "import-problem-phone")?,
            Target::Handle => self.addresses(
                IdentityKind::Handle,
                cell,
                &[';', ',', ' '],
                mapping,
                "import-problem-address",
            )?,
            Target::CustomerNumber => self.addresses(
                IdentityKind::CustomerNumber,
                cell,
                &[],
                mapping,
                "import-problem-address",
            )?,
            Target::Organization => said.organization = Some(short(cell, LONGEST_NAME)?),
            Target::Language => said.language = Some(language(cell).ok_or("import-problem-language")?),
            Target::Note => said.note = short(cell, LONGEST_NOTE)?,
            Target::Field(name) => {
                said.fields.insert(name.clone(), short(cell, LONGEST_FIELD)?);
            }
        }
        Ok(())
    }

    /// Several addresses may stand in one cell; those that are right count.
    fn addresses(
        &mut self,
        kind: IdentityKind,
        cell: &str,
        between: &[char],
        mapping: &Mapping,
        problem: &'static str,
    ) -> Result<(), &'static str> {
        let mut result = Ok(());
        for part in cell.split(between).map(str::trim).filter(|part| !part.is_empty()) {
            match normalize::address(kind, part, &mapping.country) {
                Ok(address) if self.said.addresses.contains(&address) => {}
                Ok(address) => self.said.addresses.push(address),
                Err(_) => result = Err(problem),
            }
        }
        result
    }
}

fn short(cell: &str, longest: usize) -> Result<String, &'static str> {
    if cell.chars().count() <= longest {
        Ok(cell.to_owned())
    } else {
        Err("import-problem-long")
    }
}

/// ISO 639-1 code of a language given by code (`it`, `it-IT`) or by name.
pub fn language(text: &str) -> Option<String> {
    const NAMES: [(&str, &[&str]); 8] = [
        ("it", &["italiano", "italian", "ita", "italia"]),
        ("en", &["inglese", "english", "eng"]),
        ("fr", &["francese", "french", "francais", "fra"]),
        ("de", &["tedesco", "german", "deutsch", "deu", "ger"]),
        ("es", &["spagnolo", "spanish", "espanol", "spa"]),
        ("pt", &["portoghese", "portuguese", "portugues", "por"]),
        ("nl", &["olandese", "dutch", "nederlands"]),
        ("ro", &["rumeno", "romanian", "romana"]),
    ];
    let folded = name::key(text);
    let code = folded.split(['-', '_']).next().unwrap_or_default();
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Some(code.to_owned());
    }
    NAMES
        .iter()
        .find(|(_, names)| names.contains(&folded.as_str()))
        .map(|(code, _)| (*code).to_owned())
}

/// A batch of rows on its way: later rows see what earlier ones did.
pub struct Batch {
    known: Known,
    created: Vec<Uuid>,
    changed: BTreeSet<Uuid>,
    organizations: Vec<(Uuid, String)>,
    identities: Vec<NewIdentity>,
    shares: Vec<(Uuid, Uuid)>,
}

impl Batch {
    pub fn new(known: Known) -> Self {
        Self {
            known,
            created: Vec::new(),
            changed: BTreeSet::new(),
            organizations: Vec::new(),
            identities: Vec::new(),
            shares: Vec::new(),
        }
    }

    /// Takes what a row says.
    pub fn take(&mut self, said: &Said, mapping: &Mapping) -> Fate {
        let organization = said
            .organization
            .as_deref()
            .map(|organization| self.organization(organization));
        let found = self.contact_of(said);
        let id = found.unwrap_or_else(Uuid::now_v7);
        let before = self.known.contacts.get(&id).map(|contact| contact.person.clone());
        let after = said.person(before.as_ref(), organization, mapping);
        let edited = before.as_ref() != Some(&after);
        match self.known.contacts.get_mut(&id) {
            Some(contact) => contact.person = after,
            None => {
                self.created.push(id);
                self.known.contacts.insert(
                    id,
                    KnownContact {
                        person: after,
                        version: None,
                        kinds: HashSet::new(),
                    },
                );
            }
        }
        let addressed = said.addresses.iter().filter(|address| self.give(id, address)).count() > 0;
        if found.is_none() {
            return Fate::Created;
        }
        if edited && !self.created.contains(&id) {
            self.changed.insert(id);
        }
        if edited || addressed {
            Fate::Updated
        } else {
            Fate::Unchanged
        }
    }

    pub fn into_changes(mut self) -> Changes {
        let contacts = &mut self.known.contacts;
        let mut person = |id: &Uuid| contacts.remove(id).map(|contact| (*id, contact));
        let created: Vec<_> = self
            .created
            .iter()
            .filter_map(&mut person)
            .map(|(id, contact)| (id, contact.person))
            .collect();
        let changed = self
            .changed
            .iter()
            .filter_map(&mut person)
            .filter_map(|(id, contact)| Some((id, contact.person, contact.version?)));
        Changes {
            created,
            changed: changed.collect(),
            organizations: self.organizations,
            identities: self.identities,
            shares: self.shares,
        }
    }

    /// The contact that a row means: the one that has its key; else one who has another of its addresses, no key of their
    /// own that would differ, and a name that does not contradict.
    fn contact_of(&self, said: &Said) -> Option<Uuid> {
        let key = said.key.as_ref()?;
        let owner = |address: &Address| self.known.owners.get(address).map(|(_, contact)| *contact);
        owner(key).or_else(|| {
            said.addresses
                .iter()
                .filter_map(owner)
                .find(|id| self.may_be(*id, said, key.kind))
        })
    }

    fn may_be(&self, id: Uuid, said: &Said, key: IdentityKind) -> bool {
        self.known.contacts.get(&id).is_some_and(|contact| {
            let present = &contact.person.name;
            let prospect = !contact.person.customer && said.name.is_empty();
            !contact.kinds.contains(&key) && (prospect || name::is_missing(present) || fits(present, &said.name))
        })
    }

    /// Gives a contact an address: as its owner when nobody has it, else as one who shares it. False when it had it.
    fn give(&mut self, id: Uuid, address: &Address) -> bool {
        match self.known.owners.get(address) {
            Some((_, owner)) if *owner == id => false,
            Some((identity, _)) => {
                let share = (*identity, id);
                let new = self.known.shares.insert(share);
                if new {
                    self.shares.push(share);
                }
                new
            }
            None => {
                let identity = Uuid::now_v7();
                self.known.owners.insert(address.clone(), (identity, id));
                if let Some(contact) = self.known.contacts.get_mut(&id) {
                    contact.kinds.insert(address.kind);
                }
                self.identities.push(NewIdentity {
                    id: identity,
                    address: address.clone(),
                    contact_id: id,
                });
                true
            }
        }
    }

    fn organization(&mut self, organization: &str) -> Uuid {
        *self
            .known
            .organizations
            .entry(name::key(organization))
            .or_insert_with(|| {
                let id = Uuid::now_v7();
                self.organizations.push((id, organization.to_owned()));
                id
            })
    }
}

/// Whether two names may be one person's: alike, or one a part of the other (`Anna`, `Anna Rossi`).
fn fits(present: &str, said: &str) -> bool {
    let (present, said_words) = (name::words(present), name::words(said));
    let (fewer, more) = if present.len() <= said_words.len() {
        (&present, &said_words)
    } else {
        (&said_words, &present)
    };
    fewer.iter().all(|word| more.contains(word)) || resolve::likeness(&present.join(" "), said).is_some()
}

impl Said {
    /// The contact after this row: what the row says stands, what it does not say stays.
    fn person(&self, before: Option<&Person>, organization: Option<Uuid>, mapping: &Mapping) -> Person {
        let mut person = before.cloned().unwrap_or_default();
        if !self.name.is_empty() {
            person.name.clone_from(&self.name);
        }
        if person.name.is_empty() {
            let address = self.key.as_ref().map(|key| key.value.clone());
            person.name = self.organization.clone().or(address).unwrap_or_default();
        }
        person.customer |= mapping.customers;
        person.organization_id = organization.or(person.organization_id);
        person.language = self.language.clone().or(person.language);
        // A note that colleagues wrote is added to, never replaced.
        if !self.note.is_empty() && !person.note.contains(&self.note) {
            person.note = if person.note.is_empty() {
                self.note.clone()
            } else {
                format!("{}\n\n{}", person.note, self.note)
            };
        }
        person.fields.extend(self.fields.clone());
        person
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::columns::Key;

    fn mapping(columns: &[&str], key: Key) -> Mapping {
        let columns = columns.iter().map(|target| Target::from(target.to_string())).collect();
        Mapping {
            header: true,
            columns,
            key,
            customers: true,
            country: "IT".into(),
        }
    }

    fn said(mapping: &Mapping, cells: &[&str]) -> (Option<Said>, Vec<String>) {
        let names: Vec<String> = (0..cells.len()).map(|column| format!("c{column}")).collect();
        let (said, errors) = read(&Row::of(7, cells), mapping, &names);
        assert!(errors.iter().all(|error| error.row_number == 7));
        (
            said,
            errors
                .into_iter()
                .map(|error| format!("{} {}", error.column_name, error.problem))
                .collect(),
        )
    }

    #[test]
    fn a_row_says_what_its_cells_say() {
        let mapping = mapping(
            &[
                "given_name",
                "family_name",
                "email",
                "phone",
                "language",
                "field:Taglia",
            ],
            Key::Email,
        );
        let (said, errors) = said(
            &mapping,
            &[
                "Anna",
                "Rossi",
                "A@Example.com; b@example.com",
                "347 1234567",
                "Italiano",
                "M",
            ],
        );
        let said = said.unwrap();
        assert_eq!(errors, [""; 0]);
        assert_eq!(said.name, "Anna Rossi");
        assert_eq!(said.addresses.len(), 3);
        assert_eq!(said.key.unwrap().value, "a@example.com");
        assert_eq!(
            (said.language.as_deref(), said.fields["Taglia"].as_str()),
            (Some("it"), "M")
        );
    }

    #[test]
    fn wrong_cells_are_left_out_and_a_row_without_key_altogether() {
        let mapping = mapping(&["name", "email", "phone"], Key::Email);
        let (good, errors) = said(&mapping, &["Anna", "a@example.com", "boh"]);
        assert!(good.is_some());
        assert_eq!(errors, ["c2 import-problem-phone"]);
        assert_eq!(
            said(&mapping, &["Anna", "nessuna"]),
            (None, vec!["c1 import-problem-email".into()])
        );
        assert_eq!(
            said(&mapping, &["Anna", "", ""]),
            (None, vec!["c1 import-problem-key".into()])
        );
        let long = "x".repeat(300);
        assert_eq!(said(&mapping, &[&long, "a@example.com"]).1, ["c0 import-problem-long"]);
    }

    fn fates(known: Known, mapping: &Mapping, rows: &[&[&str]]) -> (Vec<Fate>, Changes) {
        let mut batch = Batch::new(known);
        let fates = rows
            .iter()
            .map(|cells| batch.take(&said(mapping, cells).0.unwrap(), mapping))
            .collect();
        (fates, batch.into_changes())
    }

    fn known(name: &str, customer: bool, addresses: &[Address]) -> (Known, Uuid) {
        let id = Uuid::from_u128(1);
        let person = Person {
            name: name.into(),
            customer,
            ..Person::default()
        };
        let kinds = addresses.iter().map(|address| address.kind).collect();
        let mut known = Known::default();
        known.contacts.insert(
            id,
            KnownContact {
                person,
                version: Some(5),
                kinds,
            },
        );
        for (number, address) in addresses.iter().enumerate() {
            known
                .owners
                .insert(address.clone(), (Uuid::from_u128(100 + number as u128), id));
        }
        (known, id)
    }

    #[test]
    fn rows_of_one_person_are_one_contact() {
        let mapping = mapping(
            &["customer_number", "name", "email", "organization"],
            Key::CustomerNumber,
        );
        let rows: [&[&str]; 3] = [
            &["1", "Anna Rossi", "a@example.com", "Aurora"],
            &["1", "Anna Rossi", "", "AURORA"],
            &["1", "Anna Rossi", "b@example.com"],
        ];
        let (fates, changes) = fates(Known::default(), &mapping, &rows);
        assert_eq!(fates, [Fate::Created, Fate::Unchanged, Fate::Updated]);
        assert_eq!(
            (
                changes.created.len(),
                changes.changed.len(),
                changes.identities.len(),
                changes.organizations.len()
            ),
            (1, 0, 3, 1)
        );
    }

    #[test]
    fn a_prospect_who_wrote_before_becomes_the_customer() {
        let mail = Address::new(IdentityKind::Email, "anna@example.com");
        let mapping = mapping(&["customer_number", "name", "email"], Key::CustomerNumber);
        for present in ["anna@example.com", "Anna", "A. Rossi", "ROSSI ANNA"] {
            let (known, id) = known(present, false, std::slice::from_ref(&mail));
            let (fates, changes) = fates(known, &mapping, &[&["1", "Anna Rossi", "anna@example.com"]]);
            assert_eq!(fates, [Fate::Updated], "{present}");
            assert_eq!(changes.changed[0].0, id);
            assert!(changes.changed[0].1.customer);
        }
    }

    #[test]
    fn another_person_at_the_same_address_shares_it() {
        let mail = Address::new(IdentityKind::Email, "famiglia@example.com");
        let number = Address::new(IdentityKind::CustomerNumber, "9");
        let mapping = mapping(&["customer_number", "name", "email"], Key::CustomerNumber);
        let row: [&[&str]; 1] = [&["1", "Anna Rossi", "famiglia@example.com"]];
        for (present, addresses) in [
            ("Bruno Rossi", vec![mail.clone()]),
            ("Anna Rossi", vec![mail.clone(), number]),
        ] {
            let (known, _) = known(present, true, &addresses);
            let (fates, changes) = fates(known, &mapping, &row);
            assert_eq!(fates, [Fate::Created], "{present}");
            assert_eq!((changes.shares.len(), changes.identities.len()), (1, 1));
        }
    }

    #[test]
    fn languages_by_code_and_name() {
        for (text, code) in [
            ("it", Some("it")),
            ("IT-it", Some("it")),
            ("Inglese", Some("en")),
            ("Français", Some("fr")),
            ("klingon", None),
        ] {
            assert_eq!(language(text).as_deref(), code, "{text}");
        }
    }
}
