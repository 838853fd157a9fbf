//! How well duplicates are found, on public data: FEBRL 1-3 and Splink's example.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use voce_domain::identity::{Address, IdentityKind};
use voce_identity::duplicates::{Profile, SUGGESTED, compare, lookups};

/// A profile and the person it truly is.
struct Record {
    profile: Profile,
    person: String,
}

#[test]
fn febrl_1() {
    measure("febrl_dataset1.csv", febrl, 0.99, 0.98);
}

#[test]
fn febrl_2() {
    measure("febrl_dataset2.csv", febrl, 0.99, 0.97);
}

#[test]
fn febrl_3() {
    measure("febrl_dataset3.csv", febrl, 0.99, 0.96);
}

#[test]
fn splink() {
    measure("splink_fake_1000.csv", splink_record, 0.97, 0.60);
}

/// `rec-N-org` and `rec-N-dup-K` are person N.
fn febrl(row: &BTreeMap<String, String>) -> Record {
    let get = |key: &str| row.get(key).cloned().unwrap_or_default();
    let person = get("rec_id").split('-').nth(1).unwrap_or_default().to_owned();
    let fields = [
        "street_number",
        "address_1",
        "address_2",
        "suburb",
        "postcode",
        "date_of_birth",
        "soc_sec_id",
    ];
    let profile = Profile {
        name: format!("{} {}", get("given_name"), get("surname")),
        fields: fields
            .iter()
            .map(|key| (key.to_string(), get(key)))
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        ..Profile::default()
    };
    Record { profile, person }
}

fn splink_record(row: &BTreeMap<String, String>) -> Record {
    let get = |key: &str| row.get(key).cloned().unwrap_or_default();
    let email = Some(get("email")).filter(|email| !email.is_empty());
    let profile = Profile {
        name: format!("{} {}", get("first_name"), get("surname")),
        addresses: email
            .map(|email| Address::new(IdentityKind::Email, email))
            .into_iter()
            .collect(),
        fields: ["dob", "city"]
            .iter()
            .map(|key| (key.to_string(), get(key)))
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        organization: None,
    };
    Record {
        profile,
        person: get("cluster"),
    }
}

/// Prints precision and recall over all pairs and asserts their floors.
fn measure(file: &str, read: fn(&BTreeMap<String, String>) -> Record, least_precision: f64, least_recall: f64) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/entity")
        .join(file);
    let Ok(mut reader) = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(&path) else {
        assert!(std::env::var("CI").is_err(), "{file} must be there on a CI machine");
        eprintln!("left out: {file} is not there");
        return;
    };
    let records: Vec<Record> = reader.deserialize().map(|row| read(&row.unwrap())).collect();
    let truth: usize = records
        .iter()
        .fold(HashMap::<_, usize>::new(), |mut people, record| {
            *people.entry(&record.person).or_default() += 1;
            people
        })
        .values()
        .map(|size| size * (size - 1) / 2)
        .sum();
    let looked_at = candidates(&records);
    let suggested: Vec<_> = looked_at
        .iter()
        .filter(|(a, b)| compare(&records[*a].profile, &records[*b].profile).score >= SUGGESTED)
        .collect();
    let right = suggested
        .iter()
        .filter(|(a, b)| records[*a].person == records[*b].person)
        .count();
    let (precision, recall) = (right as f64 / suggested.len() as f64, right as f64 / truth as f64);
    println!(
        "{file}: {} pairs compared, {} suggested, precision {precision:.3}, recall {recall:.3}",
        looked_at.len(),
        suggested.len()
    );
    assert!(precision >= least_precision, "{file}: precision {precision:.3}");
    assert!(recall >= least_recall, "{file}: recall {recall:.3}");
}

/// Pairs of which one is found by the other's lookups, as the store's search finds them.
fn candidates(records: &[Record]) -> BTreeSet<(usize, usize)> {
    let mut by_start: HashMap<String, BTreeSet<usize>> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        let values = record
            .profile
            .fields
            .values()
            .chain([&record.profile.name])
            .chain(record.profile.addresses.iter().map(|a| &a.value));
        for word in values.flat_map(|value| value.split(|letter: char| !letter.is_alphanumeric())) {
            for (end, letter) in word.char_indices() {
                by_start
                    .entry(word[..end + letter.len_utf8()].to_lowercase())
                    .or_default()
                    .insert(at);
            }
        }
    }
    let none = BTreeSet::new();
    let mut pairs = BTreeSet::new();
    for (at, record) in records.iter().enumerate() {
        for words in lookups(&record.profile) {
            let mut sets = words
                .iter()
                .map(|word| by_start.get(word).unwrap_or(&none))
                .collect::<Vec<_>>();
            sets.sort_by_key(|set| set.len());
            let Some((smallest, others)) = sets.split_first() else {
                continue;
            };
            let found = smallest
                .iter()
                .filter(|other| others.iter().all(|set| set.contains(other)));
            pairs.extend(
                found
                    .filter(|other| **other != at)
                    .map(|other| (at.min(*other), at.max(*other))),
            );
        }
    }
    pairs
}
