//! The description of the API, made of the same types and functions that serve it.

use std::sync::LazyLock;

use axum::Json;
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::{answers, cases, contacts, events, exports, lists, messages, organizations};
use crate::{Anyone, guard::Access, router};

/// The description without what the route table knows.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Voce",
        description = "An open, self-hosted Social CRM.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        messages::accept,
        messages::get,
        cases::list,
        cases::create,
        cases::get,
        cases::change,
        cases::messages,
        cases::conversations,
        events::of_case,
        answers::answer,
        answers::note,
        lists::tags,
        contacts::list,
        contacts::create,
        contacts::get,
        contacts::change,
        contacts::add_identity,
        contacts::remove_identity,
        organizations::list,
        organizations::create,
        organizations::get,
        organizations::change,
        lists::me,
        lists::users,
        lists::teams,
        lists::accounts,
        events::list,
        exports::export,
    )
)]
struct Described;

/// The whole document, OpenAPI 3.1.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    // The types were turned into the document by the compiler: it is sound JSON.
    let mut document = serde_json::to_value(Described::openapi()).unwrap_or_default();
    document["components"]["securitySchemes"] =
        json!({ "token": { "type": "http", "scheme": "bearer", "description": "An API token: `voce_…`" } });
    document["components"]["schemas"]["Problem"] = problem();
    document["security"] = json!([{ "token": [] }]);
    for route in router::routes()
        .table
        .iter()
        .filter(|route| route.path.starts_with("/api/v1/"))
    {
        let method = route.method.as_str().to_lowercase();
        let Some(operation) = document.pointer_mut(&format!("/paths/{}/{method}", route.path.replace('/', "~1")))
        else {
            continue;
        };
        if let Access::Needs(permission) = route.access {
            operation["x-permission"] = json!(permission.key());
        }
        let single = route.path.contains('{');
        for (status, meaning, told) in [
            ("401", "No token, or one that is not good", true),
            ("403", "The token or its holder may not", true),
            ("404", "It does not exist, or may not be seen", single),
            ("422", "Something is wrong: `errors` says what and where", true),
            ("429", "Too many requests: see `Retry-After`", true),
        ] {
            if told {
                operation["responses"][status] = json!({ "description": meaning, "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } });
            }
        }
    }
    document
});

/// RFC 9457.
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "Why a request was not carried out (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string", "description": "`about:blank`: the status says it all." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "In words, in the language of `Accept-Language`." },
            "errors": { "type": "array", "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": { "type": "string", "description": "JSON pointer (RFC 6901) into the body; `?name` for the query." },
                    "detail": { "type": "string" },
                },
            } },
        },
    })
}

/// `GET /api/openapi.json`
pub async fn show(_: Anyone) -> Json<&'static Value> {
    Json(&DOCUMENT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_described_and_every_description_is_a_route() {
        let routes = router::routes().table;
        let served: BTreeSet<String> = routes
            .iter()
            .filter(|route| route.path.starts_with("/api/v1/"))
            .map(|route| format!("{} {}", route.method.as_str().to_lowercase(), route.path))
            .collect();
        let paths = DOCUMENT["paths"].as_object().unwrap();
        let described: BTreeSet<String> = paths
            .iter()
            .flat_map(|(path, operations)| {
                operations
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(move |method| format!("{method} {path}"))
            })
            .collect();
        assert_eq!(described, served);
    }

    #[test]
    fn every_reference_leads_somewhere_and_everything_is_explained() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(object) => {
                    found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    object.values().for_each(|value| references(value, found));
                }
                Value::Array(list) => list.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        references(&DOCUMENT, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(DOCUMENT.pointer(pointer).is_some(), "{reference}");
        }
        assert!(DOCUMENT["openapi"].as_str().unwrap().starts_with("3.1"));
        for (path, operations) in DOCUMENT["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                assert!(
                    operation["summary"].is_string() && operation["x-permission"].is_string(),
                    "{method} {path}"
                );
            }
        }
    }
}
