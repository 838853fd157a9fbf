//! Italian and English are equals: every sentence exists in both, and every sentence that is asked for exists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const WEB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/web");

/// Keys of a language with the names of the values that their sentences take.
fn sentences(language: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for file in files(&Path::new(WEB).join("locales").join(language), "ftl") {
        let mut key = String::new();
        for line in fs::read_to_string(&file).unwrap().lines() {
            if let Some((name, _)) = line
                .split_once(" =")
                .filter(|_| line.starts_with(|first: char| first.is_ascii_lowercase()))
            {
                key = name.trim().to_owned();
                assert!(
                    found.insert(key.clone(), BTreeSet::new()).is_none(),
                    "{key} stands twice in {language}"
                );
            }
            let values = line.split('$').skip(1).map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
                    .next()
                    .unwrap_or_default()
            });
            if let Some(names) = found.get_mut(&key) {
                names.extend(values.map(str::to_owned));
            }
        }
    }
    found
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found
}

#[test]
fn both_languages_say_the_same_things() {
    let (italian, english) = (sentences("it"), sentences("en"));
    assert!(italian.len() > 300, "{} sentences", italian.len());
    let missing: Vec<_> = italian.keys().filter(|key| !english.contains_key(*key)).collect();
    assert!(missing.is_empty(), "not in English: {missing:?}");
    let missing: Vec<_> = english.keys().filter(|key| !italian.contains_key(*key)).collect();
    assert!(missing.is_empty(), "not in Italian: {missing:?}");
    for (key, values) in &italian {
        assert_eq!(values, &english[key], "the values of {key}");
    }
}

#[test]
fn whatever_a_page_asks_for_exists() {
    let known = sentences("it");
    let mut missing = BTreeSet::new();
    for file in files(&Path::new(WEB).join("templates"), "html") {
        let text = fs::read_to_string(&file).unwrap();
        for call in ["t.get(\"", "t.count(\"", "t.name(\"", "t.with(\""] {
            let keys = text.split(call).skip(1).filter_map(|rest| rest.split('"').next());
            missing.extend(
                keys.filter(|key| !key.ends_with('-') && !known.contains_key(*key))
                    .map(|key| format!("{key} in {}", file.display())),
            );
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
