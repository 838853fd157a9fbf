//! `GET /api/docs`: the description of the API as a page, made from the document itself.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::openapi::DOCUMENT;
use crate::{
    App, May, right,
    shell::{Html, Shell},
};

#[derive(Template)]
#[template(path = "api/docs.html")]
struct Page {
    shell: Shell,
    base: String,
    sections: Vec<Section>,
    schemas: Vec<Schema>,
}

struct Section {
    name: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    permission: String,
    parameters: Vec<Field>,
    /// Type of the body.
    body: Option<Kind>,
    answers: Vec<(String, String, Option<Kind>)>,
    curl: String,
}

struct Field {
    name: String,
    kind: Kind,
    needed: bool,
    description: String,
}

/// A type in words, and the schema to which it leads.
struct Kind {
    words: String,
    schema: Option<String>,
}

struct Schema {
    name: String,
    description: String,
    fields: Vec<Field>,
}

pub async fn show(may: May<right::OwnAccount>, State(app): State<App>) -> Response {
    let base = app.options.base_url.as_str().trim_end_matches('/').to_owned();
    let page = Page {
        shell: Shell::new(may, "settings"),
        sections: sections(&DOCUMENT, &base),
        schemas: schemas(&DOCUMENT),
        base,
    };
    Html(page).into_response()
}

fn sections(document: &Value, base: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let name = operation["tags"][0].as_str().unwrap_or_default();
            let read = read(path, method, operation, base);
            match sections.iter_mut().find(|section| section.name == name) {
                Some(section) => section.operations.push(read),
                None => sections.push(Section {
                    name: name.to_owned(),
                    operations: vec![read],
                }),
            }
        }
    }
    sections
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn read(path: &str, method: &str, operation: &Value, base: &str) -> Operation {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let content = operation["requestBody"]["content"]
        .as_object()
        .and_then(|content| content.values().next());
    let answers = operation["responses"].as_object().into_iter().flatten();
    let body = content.map(|content| kind(&content["schema"]));
    Operation {
        id: format!("{method}{}", path.replace(['/', '{', '}'], "-")),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        permission: text(&operation["x-permission"]),
        parameters: parameters
            .map(|parameter| Field {
                name: text(&parameter["name"]),
                kind: kind(&parameter["schema"]),
                needed: parameter["required"] == true,
                description: text(&parameter["description"]),
            })
            .collect(),
        answers: answers
            .map(|(status, answer)| {
                let content = answer["content"]
                    .as_object()
                    .and_then(|content| content.values().next());
                (
                    status.clone(),
                    text(&answer["description"]),
                    content.map(|content| kind(&content["schema"])),
                )
            })
            .collect(),
        curl: curl(
            path,
            method,
            base,
            body.as_ref().and_then(|kind| kind.schema.as_deref()),
        ),
        body,
    }
}

fn curl(path: &str, method: &str, base: &str, schema: Option<&str>) -> String {
    let mut command = String::from("curl");
    if method != "get" {
        command.push_str(&format!(" -X {}", method.to_uppercase()));
    }
    command.push_str(&format!(" '{base}{path}' \\\n  -H 'Authorization: Bearer voce_…'"));
    if let Some(schema) = schema {
        let body = example(&DOCUMENT["components"]["schemas"][schema], 0);
        command.push_str(&format!(
            " \\\n  -H 'Content-Type: application/json' \\\n  -d '{}'",
            body.to_string().replace('\'', "'\\''")
        ));
    }
    command
}

/// A small value of a schema: what is needed, and what has an example.
fn example(schema: &Value, depth: u8) -> Value {
    if let Some(name) = reference(schema) {
        return if depth < 3 {
            example(&DOCUMENT["components"]["schemas"][name], depth + 1)
        } else {
            Value::Null
        };
    }
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let needed = |name: &str| {
                schema["required"]
                    .as_array()
                    .is_some_and(|list| list.iter().any(|one| one == name))
            };
            let fields = schema["properties"].as_object().into_iter().flatten();
            let shown = fields.filter(|(name, field)| needed(name) || field.get("example").is_some());
            Value::Object(
                shown
                    .map(|(name, field)| (name.clone(), example(field, depth + 1)))
                    .collect(),
            )
        }
        Some("string") if schema["format"] == "uuid" => "0198c0de-0000-7000-8000-000000000000".into(),
        Some("string") => "…".into(),
        Some("integer" | "number") => 1.into(),
        Some("boolean") => true.into(),
        Some("array") => Value::Array(Vec::new()),
        _ => Value::Null,
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn kind(schema: &Value) -> Kind {
    if let Some(name) = reference(schema) {
        return Kind {
            words: name.to_owned(),
            schema: Some(name.to_owned()),
        };
    }
    if schema["type"] == "array" {
        let items = kind(&schema["items"]);
        return Kind {
            words: format!("[{}]", items.words),
            schema: items.schema,
        };
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let mut choices = choices.iter().filter(|choice| choice["type"] != "null");
        return choices.next().map_or(
            Kind {
                words: String::new(),
                schema: None,
            },
            kind,
        );
    }
    let names = match &schema["type"] {
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .collect::<Vec<_>>()
            .join(" | "),
        name => text(name),
    };
    let words = match schema["format"].as_str() {
        Some(format @ ("uuid" | "date-time")) => format.to_owned(),
        _ => names,
    };
    Kind { words, schema: None }
}

fn schemas(document: &Value) -> Vec<Schema> {
    let all = document["components"]["schemas"].as_object().into_iter().flatten();
    all.map(|(name, schema)| {
        let needed = |field: &str| {
            schema["required"]
                .as_array()
                .is_some_and(|list| list.iter().any(|one| one == field))
        };
        let fields = schema["properties"].as_object().into_iter().flatten();
        Schema {
            name: name.clone(),
            description: text(&schema["description"]),
            fields: fields
                .map(|(field, of)| Field {
                    name: field.clone(),
                    kind: kind(of),
                    needed: needed(field),
                    description: text(&of["description"]),
                })
                .collect(),
        }
    })
    .collect()
}
