//! Whole lists as files: CSV and JSONL, page by page out of the database, so that memory stays small however long they are.

use askama::Template;
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::IntoParams;
use uuid::Uuid;
use voce_events::shape::{Case, Contact, Message};
use voce_store::{
    Db, audit,
    contacts::{self, Sort},
    desk::{self, Reader},
    export::{self, MessageFilter},
};

use super::{
    cases,
    extract::{Path, Query},
};
use crate::{
    App, Error, May, Result, right,
    shell::{Html, Shell},
    state::now,
    text::Text,
};

/// A list that can be exported whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum List {
    Contacts,
    Cases,
    Messages,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Csv,
    Jsonl,
}

/// Which rows.
pub enum Rows {
    Contacts(contacts::Filter),
    /// All cases whatever their state, or those of a list of the desk.
    Cases(Option<Box<(Reader, desk::Query)>>),
    Messages(MessageFilter),
}

/// How they are written.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub format: Format,
    /// Of the headers of CSV.
    pub text: Text,
    /// A mark by which Excel knows that CSV is UTF-8.
    pub mark: bool,
}

#[derive(Template)]
#[template(path = "api/export.html")]
struct ExportPage {
    shell: Shell,
}

/// `GET /settings/export`
pub async fn page_of_exports(may: May<right::Export>) -> Response {
    Html(ExportPage {
        shell: Shell::new(may, "settings"),
    })
    .into_response()
}

/// Where one page of an export ended.
enum Place {
    Start,
    Contact(contacts::From),
    Case(desk::Place),
    Number(i64),
    Seq(i64),
}

/// A list on its way out, page by page.
pub struct Export {
    db: Db,
    rows: Rows,
    style: Style,
    /// Where the next page begins; none after the last.
    place: Option<Place>,
    /// Rows so far.
    pub count: u64,
}

impl Export {
    pub fn new(db: Db, rows: Rows, style: Style) -> Self {
        Self {
            db,
            rows,
            style,
            place: Some(Place::Start),
            count: 0,
        }
    }

    /// The bytes of the next page, with the headers before the first; none after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(place) = self.place.take() else {
            return Ok(None);
        };
        let mut bytes = if matches!(place, Place::Start) {
            head(&self.rows, self.style)?
        } else {
            Vec::new()
        };
        let (page, length, next) = page(&self.db, &self.rows, place, self.style).await?;
        bytes.extend(page);
        self.count += length;
        self.place = next;
        Ok(Some(bytes))
    }
}

async fn page(db: &Db, rows: &Rows, place: Place, style: Style) -> Result<(Vec<u8>, u64, Option<Place>)> {
    let full = |length: usize| length as i64 == export::PAGE;
    match rows {
        Rows::Contacts(filter) => {
            let from = if let Place::Contact(from) = place {
                Some(from)
            } else {
                None
            };
            let listed = contacts::list(db, filter, Sort::Oldest, from.as_ref(), export::PAGE).await?;
            let next = listed
                .last()
                .filter(|_| full(listed.len()))
                .map(|last| Place::Contact(contacts::From::After(last.place())));
            let ids: Vec<Uuid> = listed.iter().map(|row| row.id).collect();
            let items = Contact::all(db, &ids).await?;
            Ok((lines(&items, style)?, items.len() as u64, next))
        }
        Rows::Cases(None) => {
            let after = if let Place::Number(number) = place { number } else { 0 };
            let found = export::cases(db, after).await?;
            let next = found
                .last()
                .filter(|_| full(found.len()))
                .map(|last| Place::Number(last.number));
            let items = Case::all(db, found).await?;
            Ok((lines(&items, style)?, items.len() as u64, next))
        }
        Rows::Cases(Some(list)) => {
            let (reader, query) = &**list;
            let after = if let Place::Case(place) = place {
                Some(place)
            } else {
                None
            };
            let query = desk::Query {
                after,
                limit: export::PAGE,
                ..query.clone()
            };
            let found = desk::list(db, reader, &query).await?;
            let next = found
                .last()
                .filter(|_| full(found.len()))
                .map(|last| Place::Case(last.place(query.sort)));
            let items = Case::all(db, found.into_iter().map(|line| line.case).collect()).await?;
            Ok((lines(&items, style)?, items.len() as u64, next))
        }
        Rows::Messages(filter) => {
            let after = if let Place::Seq(seq) = place { seq } else { 0 };
            let found = export::messages(db, filter, after).await?;
            let next = found
                .last()
                .filter(|_| full(found.len()))
                .map(|last| Place::Seq(last.seq));
            let items = Message::all(db, found).await?;
            Ok((lines(&items, style)?, items.len() as u64, next))
        }
    }
}

/// What is one line of CSV.
trait Row: Serialize {
    fn cells(&self) -> Vec<String>;
}

fn lines<R: Row>(items: &[R], style: Style) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(items.len() * 256);
    match style.format {
        Format::Jsonl => {
            for item in items {
                serde_json::to_writer(&mut bytes, item).map_err(Error::internal)?;
                bytes.push(b'\n');
            }
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(&mut bytes);
            for item in items {
                writer
                    .write_record(item.cells().iter().map(|cell| harmless(cell)))
                    .map_err(Error::internal)?;
            }
            writer.flush().map_err(Error::internal)?;
        }
    }
    Ok(bytes)
}

/// A cell that no spreadsheet takes for a formula (OWASP, CSV injection): a name such as `=HYPERLINK(…)` stays text.
fn harmless(cell: &str) -> String {
    let risky = cell
        .trim_start_matches([' ', '\n'])
        .starts_with(['=', '+', '-', '@', '\t', '\r']);
    if risky && cell.parse::<f64>().is_err() {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn head(rows: &Rows, style: Style) -> Result<Vec<u8>> {
    if style.format == Format::Jsonl {
        return Ok(Vec::new());
    }
    let columns = match rows {
        Rows::Contacts(_) => &CONTACT[..],
        Rows::Cases(_) => &CASE,
        Rows::Messages(_) => &MESSAGE,
    };
    let mut bytes = if style.mark {
        "\u{feff}".as_bytes().to_vec()
    } else {
        Vec::new()
    };
    let mut writer = csv::Writer::from_writer(&mut bytes);
    writer
        .write_record(columns.iter().map(|column| style.text.get(&format!("column-{column}"))))
        .map_err(Error::internal)?;
    writer.flush().map_err(Error::internal)?;
    drop(writer);
    Ok(bytes)
}

const CONTACT: [&str; 14] = [
    "id",
    "name",
    "customer",
    "organization",
    "email",
    "phone",
    "handle",
    "customer-number",
    "language",
    "note",
    "fields",
    "merged-into",
    "created-at",
    "updated-at",
];

impl Row for Contact {
    fn cells(&self) -> Vec<String> {
        let of = |kind: &str| {
            let values = self
                .identities
                .iter()
                .filter(|identity| identity.kind == kind)
                .map(|identity| identity.value.as_str());
            values.collect::<Vec<_>>().join("; ")
        };
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        vec![
            self.id.to_string(),
            self.name.clone(),
            self.customer.to_string(),
            text(&self.organization),
            of("email"),
            of("phone"),
            of("handle"),
            of("customer_number"),
            text(&self.language),
            self.note.clone(),
            fields.join("\n"),
            text(&self.merged_into),
            self.created_at.to_string(),
            self.updated_at.to_string(),
        ]
    }
}

const CASE: [&str; 23] = [
    "number",
    "subject",
    "state",
    "waiting",
    "waiting-until",
    "owner",
    "team",
    "contact",
    "account",
    "priority",
    "tags",
    "language",
    "request-type",
    "urgency",
    "sentiment",
    "noise",
    "messages",
    "unanswered-since",
    "last-message-at",
    "first-answer-at",
    "resolved-at",
    "created-at",
    "id",
];

impl Row for Case {
    fn cells(&self) -> Vec<String> {
        vec![
            self.number.to_string(),
            self.subject.clone(),
            self.state.clone(),
            text(&self.waiting),
            text(&self.waiting_until),
            text(&self.owner_id),
            text(&self.team_id),
            self.contact_id.to_string(),
            self.account_id.to_string(),
            self.priority.clone(),
            self.tags.join("; "),
            text(&self.language),
            text(&self.request_type),
            self.urgency.clone(),
            self.sentiment_score.to_string(),
            text(&self.noise),
            self.messages.to_string(),
            text(&self.unanswered_since),
            self.last_message_at.to_string(),
            text(&self.first_answer_at),
            text(&self.resolved_at),
            self.created_at.to_string(),
            self.id.to_string(),
        ]
    }
}

const MESSAGE: [&str; 21] = [
    "id",
    "sent-at",
    "direction",
    "channel",
    "kind",
    "visibility",
    "author",
    "address",
    "subject",
    "text",
    "language",
    "sentiment",
    "sentiment-score",
    "request-type",
    "urgency",
    "noise",
    "delivery",
    "url",
    "contact",
    "case",
    "conversation",
];

impl Row for Message {
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.sent_at.to_string(),
            self.direction.clone(),
            self.channel.clone(),
            self.kind.clone(),
            self.visibility.clone(),
            self.author_name.clone(),
            text(&self.address),
            text(&self.subject),
            self.text.clone(),
            text(&self.labels.language),
            text(&self.labels.sentiment),
            text(&self.labels.sentiment_score),
            text(&self.labels.request_type),
            text(&self.labels.urgency),
            text(&self.labels.noise),
            self.delivery
                .as_ref()
                .map(|delivery| delivery.state.clone())
                .unwrap_or_default(),
            text(&self.url),
            text(&self.contact_id),
            self.case_id.to_string(),
            self.conversation_id.to_string(),
        ]
    }
}

fn text(value: &Option<impl ToString>) -> String {
    value.as_ref().map(ToString::to_string).unwrap_or_default()
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `csv` (unless said otherwise) or `jsonl`, with the objects of this API.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    format: Format,
    /// With `csv`: begin with the mark by which Excel knows UTF-8.
    #[serde(default)]
    mark: bool,
    /// With `csv`: language of the headers, `it` or `en`; one's own without.
    language: Option<String>,
}

/// Export a list
///
/// Contacts, cases or messages, streamed. Contacts and cases are narrowed by the parameters of their lists; cases without `view`
/// are all there are, whatever their state.
#[utoipa::path(get, path = "/api/v1/exports/{list}", tag = "Exports", params(("list" = String, Path, description = "`contacts`, `cases` or `messages`"), Asked), responses((status = 200, content((String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn export(
    may: May<right::Export>,
    State(app): State<App>,
    Path(list): Path<List>,
    Query(asked): Query<Asked>,
    uri: axum::http::Uri,
) -> Result<Response> {
    let rows = rows(&app, &may, list, uri.query().unwrap_or_default()).await?;
    let style = Style {
        format: asked.format,
        text: asked.language.as_deref().map_or(may.user.text(), Text::of),
        mark: asked.mark,
    };
    let mut tx = app.db.begin().await?;
    let details = json!({ "format": style.format, "filter": uri.query() });
    let name = file_name(list, style.format);
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        &format!("export.{}", key(list)),
        &name,
        details,
    )
    .await?;
    tx.commit().await?;
    let kind = match style.format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Jsonl => "application/x-ndjson",
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".into()),
    ];
    Ok((headers, streamed(app.db.clone(), rows, style)).into_response())
}

fn key(list: List) -> &'static str {
    match list {
        List::Contacts => "contacts",
        List::Cases => "cases",
        List::Messages => "messages",
    }
}

fn file_name(list: List, format: Format) -> String {
    let ending = if format == Format::Csv { "csv" } else { "jsonl" };
    format!("{}.{ending}", key(list))
}

async fn rows(app: &App, may: &May<right::Export>, list: List, query: &str) -> Result<Rows> {
    // The parameters of the export itself are not those of the list.
    let own = ["format", "mark", "language"];
    let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !own.contains(&&**name));
    let rest = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let uri: axum::http::Uri = format!("/?{rest}").parse().map_err(|_| Error::NotFound)?;
    let wrong = |error: axum::extract::rejection::QueryRejection| Error::Fields(vec![("?".into(), error.body_text())]);
    Ok(match list {
        List::Contacts => {
            let asked = axum::extract::Query::<super::contacts::Asked>::try_from_uri(&uri)
                .map_err(wrong)?
                .0;
            Rows::Contacts(asked.filter())
        }
        List::Cases if rest.is_empty() => Rows::Cases(None),
        List::Cases => {
            let asked = axum::extract::Query::<cases::Asked>::try_from_uri(&uri)
                .map_err(wrong)?
                .0;
            Rows::Cases(Some(Box::new((
                cases::reader(app, &may.user).await?,
                asked.query(&may.user)?,
            ))))
        }
        List::Messages => Rows::Messages(MessageFilter::default()),
    })
}

/// The export as a body. An error in the middle breaks the connection, so that half a file is not taken for a whole one.
fn streamed(db: Db, rows: Rows, style: Style) -> Body {
    let pages = stream::unfold(Some(Export::new(db, rows, style)), async |export| {
        let mut export = export?;
        match export.next().await {
            Ok(Some(bytes)) => Some((Ok(Bytes::from(bytes)), Some(export))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    Body::from_stream(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay_numbers() {
        for formula in ["=1+1", "+39 011 5", "-cmd", "@SUM(A1)", "\t=1", " =1", "\n=1"] {
            assert_eq!(harmless(formula), format!("'{formula}"), "{formula:?}");
        }
        for plain in ["-0.4", "+2", "Anna = Rossi", "", "2026-03-01"] {
            assert_eq!(harmless(plain), plain);
        }
    }

    #[test]
    fn every_column_has_its_words_in_both_languages() {
        for column in CONTACT.iter().chain(&CASE).chain(&MESSAGE) {
            let key = format!("column-{column}");
            for text in [Text::IT, Text::EN] {
                assert_ne!(text.get(&key), key);
            }
        }
    }
}
