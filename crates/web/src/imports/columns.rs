//! Saying what the columns of a file are.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use uuid::Uuid;
use voce_jobs::import::{
    self, ORGANIZATIONS, Settings,
    columns::{Key, Mapping, Target},
    table::{Rows, Source},
};
use voce_store::imports::{self, Import};

use super::{Importer, draft};
use crate::{
    App, Error, Result,
    form::Problems,
    shell::{Html, Shell, see_other},
    state::now,
};

/// Values shown of each column.
const SAMPLES: usize = 3;

#[derive(Template)]
#[template(path = "imports/columns.html")]
struct Page {
    shell: Shell,
    import: Import,
    settings: Settings,
    columns: Vec<Column>,
    problems: Problems,
}

struct Column {
    name: String,
    samples: Vec<String>,
    target: Target,
}

impl Column {
    /// The name of the custom field that it becomes, or could become.
    fn field(&self) -> &str {
        match &self.target {
            Target::Field(name) => name,
            _ => &self.name,
        }
    }
}

impl Page {
    fn organizations(&self) -> bool {
        self.import.kind == ORGANIZATIONS
    }

    fn targets(&self) -> &'static [Target] {
        if self.organizations() {
            &Target::OF_ORGANIZATIONS
        } else {
            &Target::OF_CONTACTS
        }
    }

    fn keys(&self) -> [Key; 3] {
        Key::ALL
    }

    /// How the file was read, in a sentence.
    fn source(&self) -> String {
        let t = self.shell.t;
        let rows = t.count("import-rows", &import::data_rows(&self.settings));
        match &self.settings.table.source {
            Source::Sheet { name } => format!("{rows} · {}", t.name("import-sheet", name)),
            Source::Text { encoding, delimiter } => {
                let delimiter = if *delimiter == '\t' {
                    t.get("import-tab")
                } else {
                    delimiter.to_string()
                };
                format!("{rows} · {encoding} · {}", t.name("import-delimiter", &delimiter))
            }
        }
    }
}

pub async fn show(may: Importer, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let (import, settings) = draft(&app.db, id).await?;
    Ok(Html(page(&app, may, import, settings, Problems::default())?).into_response())
}

fn page(app: &App, may: Importer, import: Import, settings: Settings, problems: Problems) -> Result<Page> {
    let names = import::names(&app.blobs, &settings).map_err(Error::internal)?;
    let mut rows =
        Rows::open(&app.blobs, &settings.table.blob, i64::from(settings.mapping.header)).map_err(Error::internal)?;
    let rows = rows.next(20).map_err(Error::internal)?;
    let column = |(at, name): (usize, String)| Column {
        samples: rows
            .iter()
            .map(|row| row.cell(at))
            .filter(|cell| !cell.is_empty())
            .take(SAMPLES)
            .map(str::to_owned)
            .collect(),
        target: settings.mapping.columns.get(at).cloned().unwrap_or(Target::Nothing),
        name,
    };
    let columns = names.into_iter().enumerate().map(column).collect();
    Ok(Page {
        shell: Shell::new(may, "imports"),
        import,
        settings,
        columns,
        problems,
    })
}

pub async fn save(
    may: Importer,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let (import, mut settings) = draft(&app.db, id).await?;
    let (header, organizations) = (settings.mapping.header, import.kind == ORGANIZATIONS);
    settings.mapping = read(&pairs, &may.user.company.country, settings.table.columns);
    if settings.mapping.header != header {
        // Whether the first row holds names changes all guesses, so they are made anew.
        let names = import::names(&app.blobs, &settings).map_err(Error::internal)?;
        let chosen = settings.mapping;
        settings.mapping = import::columns::guess_mapping(&names, chosen.header, organizations);
        settings.mapping.customers = chosen.customers;
        return Ok(unprocessed(
            Html(page(&app, may, import, settings, Problems::default())?).into_response(),
        ));
    }
    let problems = check(&settings.mapping, organizations);
    if !problems.none() {
        return Ok(unprocessed(
            Html(page(&app, may, import, settings, problems)?).into_response(),
        ));
    }
    let text = serde_json::to_string(&settings).map_err(Error::internal)?;
    let mut tx = app.db.begin().await?;
    imports::set_mapping(&mut tx, id, &import.kind, &text, import::data_rows(&settings), now()).await?;
    tx.commit().await?;
    Ok(see_other(&format!("/imports/{id}/preview"), None))
}

fn unprocessed(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

/// The mapping of a form: for each column `column`, and `field` for the name of a custom field.
fn read(pairs: &[(String, String)], country: &str, width: usize) -> Mapping {
    let mut mapping = Mapping {
        header: false,
        columns: Vec::new(),
        key: Key::Email,
        customers: false,
        country: country.to_owned(),
    };
    for (name, value) in pairs {
        match name.as_str() {
            "header" => mapping.header = true,
            "customers" => mapping.customers = true,
            "key" => {
                mapping.key = Key::ALL
                    .into_iter()
                    .find(|key| key.kind().key() == value)
                    .unwrap_or(mapping.key)
            }
            "column" if mapping.columns.len() < width => mapping.columns.push(match value.as_str() {
                "field" => Target::Field(String::new()),
                other => Target::from(other.to_owned()),
            }),
            "field" => {
                if let Some(Target::Field(name)) = mapping.columns.last_mut() {
                    *name = value.replace('\0', "").trim().chars().take(100).collect();
                }
            }
            _ => {}
        }
    }
    mapping
}

fn check(mapping: &Mapping, organizations: bool) -> Problems {
    let mut problems = Problems::default();
    let has = |target: &Target| mapping.columns.contains(target);
    match organizations {
        true => problems.check(has(&Target::Name), "", "import-name-missing"),
        false => problems.check(has(&mapping.key.target()), "key", "import-key-missing"),
    }
    let named = |target: &Target| !matches!(target, Target::Field(name) if name.is_empty());
    problems.check(mapping.columns.iter().all(named), "", "import-field-unnamed");
    let single = |target: &&Target| !matches!(target, Target::Nothing | Target::Email | Target::Phone | Target::Handle);
    let mut chosen: Vec<String> = mapping
        .columns
        .iter()
        .filter(single)
        .cloned()
        .map(String::from)
        .collect();
    chosen.sort_unstable();
    problems.check(
        chosen.windows(2).all(|pair| pair.first() != pair.get(1)),
        "",
        "import-column-twice",
    );
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect()
    }

    #[test]
    fn a_form_becomes_a_mapping() {
        let form = pairs(&[
            ("header", "on"),
            ("key", "phone"),
            ("column", "phone"),
            ("field", "x"),
            ("column", "field"),
            ("field", " Taglia "),
            ("column", "?"),
        ]);
        let mapping = read(&form, "IT", 3);
        assert_eq!(
            mapping.columns,
            [Target::Phone, Target::Field("Taglia".into()), Target::Nothing]
        );
        assert_eq!(
            (mapping.header, mapping.customers, mapping.key),
            (true, false, Key::Phone)
        );
        assert!(check(&mapping, false).none());
    }

    #[test]
    fn wrong_mappings_are_told() {
        let wrong = |form: &[(&str, &str)]| {
            let problems = check(&read(&pairs(form), "IT", 9), false);
            problems.of("key").or(problems.of(""))
        };
        assert_eq!(
            wrong(&[("key", "email"), ("column", "name")]),
            Some("import-key-missing")
        );
        assert_eq!(
            wrong(&[
                ("key", "email"),
                ("column", "email"),
                ("column", "field"),
                ("field", "")
            ]),
            Some("import-field-unnamed")
        );
        assert_eq!(
            wrong(&[
                ("key", "email"),
                ("column", "email"),
                ("column", "name"),
                ("column", "name")
            ]),
            Some("import-column-twice")
        );
        assert_eq!(
            wrong(&[("key", "email"), ("column", "email"), ("column", "email")]),
            None
        );
    }
}
