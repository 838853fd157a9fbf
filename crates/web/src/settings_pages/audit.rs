//! The audit log: who administered what, whether the chain is whole, and the rows for others as CSV.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use voce_store::{
    audit::{self, Filter, Row, Verdict},
    users,
};

use crate::{
    App, Error, May, Result,
    flash::Flash,
    right, session,
    shell::{Html, Shell, see_other},
    state::now,
    text::Text,
};

/// Rows of a page.
const PAGE: i64 = 50;
/// Rows of an export, and so what it holds in memory at once.
const EXPORT: i64 = 100_000;

/// What can be filtered by: the part of an action before its dot.
const AREAS: [&str; 14] = [
    "session",
    "user",
    "team",
    "invitation",
    "token",
    "channel",
    "rule",
    "tag",
    "canned",
    "request_type",
    "hook",
    "company",
    "import",
    "export",
];

#[derive(Template)]
#[template(path = "settings/audit.html")]
struct Page {
    shell: Shell,
    zone: TimeZone,
    rows: Vec<Row>,
    people: Vec<(Uuid, String)>,
    query: Asked,
    /// The query of the next page.
    older: Option<String>,
    /// The query of the same rows as CSV.
    export: String,
}

impl Page {
    fn action(&self, row: &Row) -> String {
        action(self.shell.t, &row.action)
    }

    /// The details as `key: value` lines.
    fn details(&self, row: &Row) -> Vec<(String, String)> {
        match serde_json::from_str(&row.details) {
            Ok(Value::Object(map)) => map.into_iter().map(|(key, value)| (key, plain(&value))).collect(),
            _ => Vec::new(),
        }
    }

    fn areas(&self) -> [&'static str; 14] {
        AREAS
    }

    fn asks_area(&self, area: &str) -> bool {
        self.query.area == area
    }

    fn asks_actor(&self, id: &Uuid) -> bool {
        self.query.actor == id.to_string()
    }
}

/// A value without the quotes of JSON; before and after with an arrow.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".into(),
        Value::Array(pair) if pair.len() == 2 => format!("{} → {}", plain(&pair[0]), plain(&pair[1])),
        other => other.to_string(),
    }
}

/// An action in words, or its key where the locales do not know it.
fn action(t: Text, key: &str) -> String {
    let sentence = format!("audit-{}", key.replace(['.', '_'], "-"));
    let words = t.get(&sentence);
    if words == sentence { key.to_owned() } else { words }
}

/// The filter as it stands in the address; what cannot be read is left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    actor: String,
    area: String,
    /// Days in the company's time zone, both included.
    from: String,
    until: String,
    before: Option<i64>,
}

impl Asked {
    fn filter(&self, zone: &TimeZone) -> Filter {
        let start = |date: Date| {
            date.to_zoned(zone.clone())
                .ok()
                .map(|moment| moment.timestamp().as_millisecond())
        };
        Filter {
            actor_id: self.actor.parse().ok(),
            area: AREAS.contains(&self.area.as_str()).then(|| self.area.clone()),
            from: self.from.parse().ok().and_then(start),
            until: self
                .until
                .parse::<Date>()
                .ok()
                .and_then(|day| day.checked_add(1.day()).ok())
                .and_then(start),
            before: self.before,
        }
    }

    /// The same filter as a query, at another place.
    fn at(&self, before: Option<i64>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("actor", &self.actor),
            ("area", &self.area),
            ("from", &self.from),
            ("until", &self.until),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        query.finish()
    }
}

pub async fn show(may: May<right::ReadAudit>, State(app): State<App>, Query(query): Query<Asked>) -> Result<Response> {
    let zone = may.user.zone();
    let mut rows = audit::list(&app.db, &query.filter(&zone), PAGE + 1).await?;
    let more = i64::try_from(rows.len()).unwrap_or_default() > PAGE;
    rows.truncate(usize::try_from(PAGE).unwrap_or_default());
    let older = rows.last().filter(|_| more).map(|row| query.at(Some(row.seq)));
    let people = users::list(&app.db)
        .await?
        .into_iter()
        .map(|user| (user.id, user.name))
        .collect();
    let export = query.at(None);
    Ok(Html(Page {
        shell: Shell::new(may, "settings"),
        zone,
        rows,
        people,
        query,
        older,
        export,
    })
    .into_response())
}

/// Examines the whole chain and says what it found.
pub async fn verify(may: May<right::ReadAudit>, State(app): State<App>) -> Result<Response> {
    let t = may.user.text();
    let flash = match audit::verify(&app.db).await? {
        Verdict::Whole { rows } => Flash::done(t.count("audit-whole", &rows)),
        Verdict::Broken { seq } => Flash::failed(t.count("audit-broken", &seq)),
    };
    Ok(see_other("/settings/audit", Some(flash)))
}

/// The rows of a filter as CSV, the newest first. The export is itself a row of the log.
pub async fn export(
    may: May<right::ReadAudit>,
    State(app): State<App>,
    Query(query): Query<Asked>,
) -> Result<Response> {
    let zone = may.user.zone();
    let rows = audit::list(&app.db, &query.filter(&zone), EXPORT).await?;
    let mut tx = app.db.begin().await?;
    let details = json!({ "rows": rows.len(), "filter": query.at(None) });
    audit::write(&mut tx, now(), &may.user.who(), "export.audit", "audit.csv", details).await?;
    tx.commit().await?;
    let body = csv(may.user.text(), &rows).map_err(Error::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body).into_response())
}

fn csv(t: Text, rows: &[Row]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["seq", "at", "actor", "action", "subject", "details", "ip"])?;
    for row in rows {
        let (seq, at) = (row.seq.to_string(), t.iso(&row.at));
        let cells = [&seq, &at, &row.actor, &row.action, &row.subject, &row.details, &row.ip];
        writer.write_record(cells.map(|cell| harmless(cell)))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A cell that no spreadsheet takes for a formula (OWASP, CSV injection): a name such as `=HYPERLINK(…)` stays text.
pub fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// The address of what one person did.
pub fn address_of(user: Uuid) -> String {
    format!("/settings/audit?actor={}", session::encode(&user.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("Anna = Rossi"), "Anna = Rossi");
    }

    #[test]
    fn days_are_those_of_the_company() {
        let zone = TimeZone::get("Europe/Rome").unwrap();
        let asked = Asked {
            from: "2026-03-29".into(),
            until: "2026-03-29".into(),
            ..Asked::default()
        };
        let filter = asked.filter(&zone);
        let hours = (filter.until.unwrap() - filter.from.unwrap()) / 3_600_000;
        assert_eq!(hours, 23, "the day on which summer time begins");
        assert_eq!(
            Asked {
                from: "soon".into(),
                area: "%".into(),
                ..Asked::default()
            }
            .filter(&zone),
            Filter::default()
        );
    }

    #[test]
    fn details_are_shown_without_the_marks_of_json() {
        assert_eq!(plain(&json!(["agent", "admin"])), "agent → admin");
        assert_eq!(plain(&json!(null)), "–");
        assert_eq!(plain(&json!(3)), "3");
    }
}
