//! Files and HTML from outside, given to the browser so that nothing in them can act.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use tokio_util::io::ReaderStream;
use uuid::Uuid;
use voce_store::{cases::Scope, messages};

use crate::{App, Error, May, Result, right};

/// Pictures that browsers show without running anything. SVG is not among them: it holds scripts.
const PICTURES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

/// Nothing runs, nothing loads, and the page is of no origin.
const SANDBOX: &str = "sandbox; default-src 'none'";

/// HTML of a mail: its own styles, no pictures from elsewhere (they tell the sender that the mail was opened), no scripts.
const MAIL: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

pub fn is_picture(content_type: &str) -> bool {
    PICTURES.contains(&plain_type(content_type).as_str())
}

/// The type without parameters, in lower case.
fn plain_type(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// `GET /attachments/{id}`
pub async fn attachment(may: May<right::ReadCases>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let file = messages::attachment(&app.db, Scope::of(may.user.role, may.user.id), id).await?;
    let path = file
        .blob
        .as_deref()
        .and_then(|blob| app.blobs.path(blob))
        .ok_or(Error::NotFound)?;
    let bytes = tokio::fs::File::open(path).await.map_err(Error::internal)?;
    let (content_type, disposition) = match is_picture(&file.content_type) {
        true => (plain_type(&file.content_type), disposition("inline", &file.name)),
        false => ("application/octet-stream".into(), disposition("attachment", &file.name)),
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_str(&content_type).map_err(Error::internal)?,
        ),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_LENGTH, HeaderValue::from(file.size)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=86400, immutable"),
        ),
    ];
    Ok((headers, axum::body::Body::from_stream(ReaderStream::new(bytes))).into_response())
}

/// RFC 6266, with the name in UTF-8 by RFC 8187: only unreserved characters stand in the header as they are.
fn disposition(kind: &str, name: &str) -> HeaderValue {
    let mut value = format!("{kind}; filename*=UTF-8''");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => value.push(char::from(byte)),
            other => value.push_str(&format!("%{other:02X}")),
        }
    }
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

/// `GET /messages/{id}/html`: the mail as its sender laid it out, for a sandboxed frame.
pub async fn html(may: May<right::ReadCases>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let html = messages::html(&app.db, Scope::of(may.user.role, may.user.id), id)
        .await?
        .ok_or(Error::NotFound)?;
    let page = format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><base target=\"_blank\"><style>{STYLE}</style></head><body>{}</body></html>",
        clean(&html)
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, MAIL),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "private, max-age=3600"),
    ];
    Ok((headers, page).into_response())
}

/// Black on white, whatever the desk's colours: mails are written for paper.
const STYLE: &str = "body{margin:12px;background:#fff;color:#1b1b1f;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\
    img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}";

/// Allowed elements and attributes only; pictures that are not inside the mail itself are left out.
pub fn clean(html: &str) -> String {
    ammonia::Builder::default()
        .add_tags(["style", "font", "u"])
        .rm_clean_content_tags(["style"])
        .rm_tags(["style"])
        .add_clean_content_tags(["style", "title"])
        .add_generic_attributes([
            "style",
            "align",
            "valign",
            "bgcolor",
            "color",
            "width",
            "height",
            "border",
            "cellpadding",
            "cellspacing",
            "dir",
        ])
        .filter_style_properties(
            [
                "color",
                "background-color",
                "font-weight",
                "font-style",
                "font-size",
                "font-family",
                "text-align",
                "text-decoration",
                "line-height",
                "padding",
                "padding-left",
                "padding-right",
                "padding-top",
                "padding-bottom",
                "margin",
                "margin-left",
                "margin-right",
                "margin-top",
                "margin-bottom",
                "border",
                "border-collapse",
                "border-color",
                "border-radius",
                "width",
                "max-width",
                "height",
                "vertical-align",
                "white-space",
            ]
            .into(),
        )
        .url_schemes(["http", "https", "mailto", "tel", "data"].into())
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("img", "src") => value.starts_with("data:image/").then(|| value.into()),
            (_, "href") if value.trim_start().to_ascii_lowercase().starts_with("data:") => None,
            (_, "background" | "srcset") => None,
            _ => Some(value.into()),
        })
        .link_rel(Some("noopener noreferrer nofollow"))
        .clean(html)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_mail_acts_or_calls_home() {
        for evil in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<img src=\"https://tracker.example/p.gif\">",
            "<svg onload=alert(1)><a xlink:href=\"javascript:alert(1)\">x</a></svg>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
            "<iframe src=\"https://evil.example\"></iframe>",
            "<form action=\"https://evil.example\"><input name=p></form>",
            "<style>@import 'https://evil.example'</style>",
            "<div style=\"background-image:url(https://evil.example)\">x</div>",
            "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
            "<base href=\"https://evil.example\">",
            "<object data=x></object><embed src=x>",
        ] {
            let clean = clean(evil);
            for sign in [
                "script",
                "onerror",
                "onload",
                "tracker",
                "evil.example",
                "javascript:",
                "data:text",
                "<iframe",
                "<form",
                "<svg",
                "<meta",
                "<object",
            ] {
                assert!(!clean.contains(sign), "{evil} became {clean}");
            }
        }
        let kept = clean(
            "<p style=\"color:red;position:fixed\">Ciao <a href=\"https://example.it\">qui</a> <img src=\"data:image/png;base64,AA\"></p>",
        );
        assert!(
            kept.contains("color:red")
                && !kept.contains("position")
                && kept.contains("href=\"https://example.it\"")
                && kept.contains("data:image/png"),
            "{kept}"
        );
    }

    #[test]
    fn names_of_files_cannot_leave_their_header() {
        assert_eq!(
            disposition("attachment", "a\";\r\nX: è.pdf"),
            "attachment; filename*=UTF-8''a%22%3B%0D%0AX%3A%20%C3%A8.pdf"
        );
    }

    #[test]
    fn only_raster_pictures_are_shown() {
        assert!(is_picture("image/PNG; charset=x"));
        for other in ["image/svg+xml", "text/html", "application/pdf", ""] {
            assert!(!is_picture(other), "{other}");
        }
    }
}
