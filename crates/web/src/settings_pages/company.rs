//! The company's name, zone, language and delays.

/// The time zones to choose from, by their IANA names.
pub fn zones() -> Vec<String> {
    let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    names.retain(|name| name.contains('/') || name == "UTC");
    names.sort();
    names
}
