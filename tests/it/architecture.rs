//! The house keeps its order: a crate uses only those below it, and the ground floor does no I/O.

use std::{collections::HashMap, process::Command};

use serde_json::Value;

/// From the ground up.
const ROOMS: &[&str] = &[
    "voce-domain",
    "voce-text",
    "voce-identity",
    "voce-store",
    "voce-channels",
    "voce-ingest",
    "voce-jobs",
    "voce-events",
    "voce-assets",
    "voce-web",
    "voce",
];
/// Crates without I/O.
const PURE: &[&str] = &["voce-domain", "voce-text", "voce-identity"];
const IO: &[&str] = &["tokio", "sqlx", "reqwest", "axum", "lettre", "async-imap"];

fn dependencies() -> HashMap<String, Vec<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    packages
        .map(|package| {
            let normal = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .filter(|dependency| dependency["kind"].is_null());
            let names = normal
                .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
                .collect();
            (package["name"].as_str().unwrap_or_default().to_owned(), names)
        })
        .collect()
}

#[test]
fn a_crate_uses_only_those_below_it() {
    let dependencies = dependencies();
    for (floor, room) in ROOMS.iter().enumerate() {
        let used = dependencies
            .get(*room)
            .unwrap_or_else(|| panic!("{room} is not in the workspace"));
        for above in &ROOMS[floor..] {
            assert!(!used.iter().any(|name| name == above), "{room} must not use {above}");
        }
    }
}

#[test]
fn decisions_know_no_io_connectors_no_database_and_only_the_store_knows_sql() {
    let dependencies = dependencies();
    for room in PURE {
        for crate_name in IO {
            assert!(
                !dependencies[*room].iter().any(|name| name == crate_name),
                "{room} must not use {crate_name}"
            );
        }
    }
    for (room, used) in &dependencies {
        assert!(
            room == "voce-store" || !used.iter().any(|name| name == "sqlx"),
            "{room} must not use sqlx"
        );
    }
    assert!(!dependencies["voce-channels"].iter().any(|name| name == "voce-store"));
}
