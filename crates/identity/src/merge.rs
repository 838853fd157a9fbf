//! What becomes of two contacts that are one person: which values win, and what is kept of the others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::name;

/// The values of a contact that a merge decides on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    /// In the registry, not a prospect.
    pub customer: bool,
    pub organization_id: Option<Uuid>,
    pub language: Option<String>,
    pub avatar_url: Option<String>,
    pub note: String,
    /// Custom fields by their name.
    pub fields: BTreeMap<String, String>,
}

/// What the kept contact will be, and which values of the other gave way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub result: Person,
    /// Each stands in `result.fields` under its `kept_as`.
    pub conflicts: Vec<Conflict>,
}

/// A value that the kept contact has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    pub field: String,
    pub kept: String,
    pub other: String,
    /// The custom field under which the other value stays.
    pub kept_as: String,
}

/// Names of custom fields that a merge makes; pages show them in the reader's language.
pub const OTHER_NAME: &str = "other_name";
pub const OTHER_ORGANIZATION: &str = "other_organization";
pub const OTHER_LANGUAGE: &str = "other_language";

/// Plans the merge of `other` into `kept`. What `kept` lacks comes from `other`; where both say something different,
/// `kept` wins and the other value stays as a custom field. `other_organization` is the name of `other`'s organization.
pub fn plan(kept: &Person, other: &Person, other_organization: Option<&str>) -> Plan {
    let mut plan = Plan {
        result: kept.clone(),
        conflicts: Vec::new(),
    };
    plan.name(kept, other);
    plan.result.customer |= other.customer;
    plan.result.avatar_url = kept.avatar_url.clone().or_else(|| other.avatar_url.clone());
    plan.result.note = joined(&kept.note, &other.note);
    for (key, value) in &other.fields {
        plan.field(key, value);
    }
    plan.organization(kept, other, other_organization);
    match (&kept.language, &other.language) {
        (Some(mine), Some(theirs)) if mine != theirs => plan.conflict("language", mine, theirs, OTHER_LANGUAGE),
        (mine, theirs) => plan.result.language = mine.clone().or_else(|| theirs.clone()),
    }
    plan
}

impl Plan {
    fn name(&mut self, kept: &Person, other: &Person) {
        if name::is_missing(&other.name) || name::key(&kept.name) == name::key(&other.name) {
            return;
        }
        if name::is_missing(&kept.name) {
            self.result.name.clone_from(&other.name);
        } else {
            self.conflict("name", &kept.name, &other.name, OTHER_NAME);
        }
    }

    fn organization(&mut self, kept: &Person, other: &Person, name: Option<&str>) {
        match (kept.organization_id, other.organization_id, name) {
            (None, theirs, _) => self.result.organization_id = theirs,
            (Some(mine), Some(theirs), Some(name)) if mine != theirs => {
                self.conflict("organization", "", name, OTHER_ORGANIZATION);
            }
            _ => {}
        }
    }

    fn field(&mut self, key: &str, value: &str) {
        match self.result.fields.get(key).cloned() {
            None => {
                self.result.fields.insert(key.to_owned(), value.to_owned());
            }
            Some(mine) if mine.trim() == value.trim() => {}
            Some(mine) => self.conflict(key, &mine, value, key),
        }
    }

    /// Keeps `other` under `wanted`, numbered if that is taken, unless it already stands there.
    fn conflict(&mut self, field: &str, kept: &str, other: &str, wanted: &str) {
        let fields = &mut self.result.fields;
        let names = std::iter::once(wanted.to_owned()).chain((2..).map(|number| format!("{wanted} ({number})")));
        for kept_as in names {
            match fields.get(&kept_as) {
                Some(same) if same == other => return,
                Some(_) => continue,
                None => {
                    fields.insert(kept_as.clone(), other.to_owned());
                    self.conflicts.push(Conflict {
                        field: field.to_owned(),
                        kept: kept.to_owned(),
                        other: other.to_owned(),
                        kept_as,
                    });
                    return;
                }
            }
        }
    }
}

/// Both notes, unless one already says the other.
fn joined(mine: &str, theirs: &str) -> String {
    match (mine.trim(), theirs.trim()) {
        (_, "") => mine.to_owned(),
        ("", _) => theirs.to_owned(),
        (one, other) if one.contains(other) => mine.to_owned(),
        _ => format!("{mine}\n\n{theirs}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn person(name: &str, fields: &[(&str, &str)]) -> Person {
        Person {
            name: name.into(),
            fields: fields
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect(),
            ..Person::default()
        }
    }

    #[test]
    fn what_is_missing_comes_from_the_other() {
        let organization = Uuid::from_u128(7);
        let other = Person {
            customer: true,
            organization_id: Some(organization),
            language: Some("it".into()),
            note: "Chiamare di mattina".into(),
            ..person("Anna Rossi", &[("Città", "Torino")])
        };
        let plan = plan(&person("anna@example.com", &[]), &other, Some("Aurora"));
        assert_eq!(plan.result, other);
        assert_eq!(plan.conflicts, []);
    }

    #[test]
    fn conflicts_keep_both_values() {
        let kept = Person {
            language: Some("it".into()),
            note: "Uno".into(),
            ..person("Anna Rossi", &[("Città", "Torino"), ("CAP", "10100")])
        };
        let other = Person {
            language: Some("en".into()),
            note: "Due".into(),
            ..person("Annarita Rossi", &[("Città", "Milano"), ("CAP", "10100 ")])
        };
        let plan = plan(&kept, &other, None);
        assert_eq!(plan.result.name, "Anna Rossi");
        assert_eq!(plan.result.note, "Uno\n\nDue");
        let fields: Vec<_> = plan
            .result
            .fields
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            fields,
            [
                ("CAP", "10100"),
                ("Città", "Torino"),
                ("Città (2)", "Milano"),
                ("other_language", "en"),
                ("other_name", "Annarita Rossi")
            ]
        );
        assert_eq!(plan.conflicts.len(), 3);
    }

    fn people() -> impl Strategy<Value = Person> {
        let fields = prop::collection::btree_map("[a-c]", "[x-z]{1,2}", 0..4);
        (
            "[AB]{0,2}",
            any::<bool>(),
            prop::option::of("it|en"),
            "[nN]{0,2}",
            fields,
        )
            .prop_map(|(name, customer, language, note, fields)| Person {
                name,
                customer,
                language,
                note,
                fields,
                ..Person::default()
            })
    }

    proptest! {
        #[test]
        fn no_value_is_lost(kept in people(), other in people()) {
            let result = plan(&kept, &other, None).result;
            for (key, value) in &kept.fields {
                prop_assert_eq!(result.fields.get(key), Some(value));
            }
            let values: Vec<&String> = result.fields.values().chain([&result.name]).chain(&result.language).collect();
            for value in other.fields.values().chain(&other.language) {
                prop_assert!(values.contains(&value), "{value} in {result:?}");
            }
            prop_assert!(result.note.contains(kept.note.trim()) && result.note.contains(other.note.trim()));
        }
    }
}
