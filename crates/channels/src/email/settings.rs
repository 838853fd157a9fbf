//! The settings of a mailbox, as people type them.

use std::net::IpAddr;

use serde_json::Value;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use voce_domain::identity::IdentityKind;

use crate::{Account, Field, FieldError, FieldKind};

/// Everything needed to read and write as one address.
#[derive(Clone)]
pub struct Settings {
    /// The account's own address, in its normal form.
    pub address: String,
    /// The part of [`Self::address`] after the `@`: where our Message-IDs live.
    pub domain: String,
    pub from_name: Option<String>,
    pub imap: Server,
    pub smtp: Server,
    pub folders: Vec<String>,
    /// Folder that receives a copy of what is sent, for servers that do not keep one by themselves.
    pub sent_folder: Option<String>,
    /// Take what is already in the folders, not only what arrives from now on.
    pub import_existing: bool,
    /// Ask for answers at an address that leads back to the conversation. The server must support plus-addressing.
    pub signed_reply_address: bool,
}

/// Where and how to log in.
#[derive(Clone)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: String,
    pub password: String,
    /// Certificates (PEM) trusted beside those of the system.
    pub ca: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Encrypted from the first byte (RFC 8314).
    Tls,
    /// Encrypted after a greeting in clear; refused when the server does not offer it.
    Starttls,
    /// In clear: only towards this same machine.
    None,
}

/// One connection per folder: mail servers allow an account ten or more at a time.
const MAX_FOLDERS: usize = 8;

const SECURITIES: &[&str] = &["tls", "starttls", "none"];

pub const FIELDS: &[Field] = &[
    field("address", FieldKind::Text, true, "support@example.com"),
    field("from_name", FieldKind::Text, false, "Example Support"),
    field("imap_host", FieldKind::Text, true, "imap.example.com"),
    field("imap_port", FieldKind::Number, true, "993"),
    field("imap_security", FieldKind::Choice(SECURITIES), true, "tls"),
    field("imap_user", FieldKind::Text, true, "support@example.com"),
    field("imap_password", FieldKind::Secret, true, ""),
    field("folders", FieldKind::Text, false, "INBOX"),
    field("import_existing", FieldKind::Flag, false, ""),
    field("smtp_host", FieldKind::Text, true, "smtp.example.com"),
    field("smtp_port", FieldKind::Number, true, "465"),
    field("smtp_security", FieldKind::Choice(SECURITIES), true, "tls"),
    field("smtp_user", FieldKind::Text, false, "support@example.com"),
    field("smtp_password", FieldKind::Secret, false, ""),
    field("sent_folder", FieldKind::Text, false, "Sent"),
    field("signed_reply_address", FieldKind::Flag, false, "true"),
    field("ca", FieldKind::Text, false, "-----BEGIN CERTIFICATE-----"),
];

const fn field(name: &'static str, kind: FieldKind, required: bool, example: &'static str) -> Field {
    Field {
        name,
        kind,
        required,
        example,
    }
}

impl Settings {
    /// The settings of a saved account. The error names the first wrong field.
    pub fn of(account: &Account) -> Result<Self, String> {
        let config = &account.config;
        let address = if account.address.is_empty() {
            text(config, "address")
        } else {
            account.address.clone()
        };
        let address = normal(&address).ok_or_else(|| format!("{address:?} is not an e-mail address"))?;
        let domain = address
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_owned())
            .unwrap_or_default();
        let folders = folders(config);
        Ok(Self {
            domain,
            imap: server(account, "imap")?,
            smtp: server(account, "smtp")?,
            from_name: given(config, "from_name"),
            folders,
            sent_folder: given(config, "sent_folder"),
            import_existing: flag(config, "import_existing", false),
            signed_reply_address: flag(config, "signed_reply_address", true),
            address,
        })
    }
}

/// Every wrong field, so that a page can show them together.
pub fn validate(config: &Value) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |field, message| errors.push(FieldError { field, message });
    if normal(&text(config, "address")).is_none() {
        wrong("address", "channel-error-address");
    }
    if text(config, "from_name").chars().any(char::is_control) {
        wrong("from_name", "channel-error-characters");
    }
    for (host, port, security) in [
        ("imap_host", "imap_port", "imap_security"),
        ("smtp_host", "smtp_port", "smtp_security"),
    ] {
        if !is_host(&text(config, host)) {
            wrong(host, "channel-error-host");
        }
        if number(config, port).is_none() {
            wrong(port, "channel-error-port");
        }
        match read_security(&text(config, security)) {
            None => wrong(security, "channel-error-choice"),
            Some(Security::None) if !is_loopback(&text(config, host)) => wrong(security, "channel-error-plain"),
            Some(_) => {}
        }
    }
    if text(config, "imap_user").is_empty() {
        wrong("imap_user", "channel-error-required");
    }
    let folders = folders(config);
    if folders.len() > MAX_FOLDERS {
        wrong("folders", "channel-error-folders");
    }
    if folders.iter().any(|folder| folder.chars().any(char::is_control)) {
        wrong("folders", "channel-error-characters");
    }
    if text(config, "sent_folder").chars().any(char::is_control) {
        wrong("sent_folder", "channel-error-characters");
    }
    if given(config, "ca").is_some_and(|pem| certificates(&pem).is_err()) {
        wrong("ca", "channel-error-certificate");
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The certificates of a PEM text; at least one.
pub fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| format!("the certificate cannot be read: {error}"))?;
    if found.is_empty() {
        return Err("the text contains no certificate".into());
    }
    Ok(found)
}

fn server(account: &Account, protocol: &str) -> Result<Server, String> {
    let config = &account.config;
    let name = |part: &str| format!("{protocol}_{part}");
    let host = text(config, &name("host"));
    if !is_host(&host) {
        return Err(format!("{host:?} is not a host name"));
    }
    let security = read_security(&text(config, &name("security")))
        .ok_or_else(|| format!("{} must be one of {}", name("security"), SECURITIES.join(", ")))?;
    if security == Security::None && !is_loopback(&host) {
        return Err(format!(
            "{host} would get the password in clear: choose tls or starttls"
        ));
    }
    Ok(Server {
        port: number(config, &name("port")).ok_or_else(|| format!("{} is not a port", name("port")))?,
        user: text(config, &name("user")),
        password: text(&account.secrets, &name("password")),
        ca: given(config, "ca"),
        host,
        security,
    })
}

fn folders(config: &Value) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    for folder in text(config, "folders")
        .split(',')
        .map(str::trim)
        .filter(|folder| !folder.is_empty())
    {
        if !folders.iter().any(|known| known == folder) {
            folders.push(folder.to_owned());
        }
    }
    if folders.is_empty() {
        folders.push("INBOX".into());
    }
    folders
}

fn read_security(text: &str) -> Option<Security> {
    match text {
        "tls" => Some(Security::Tls),
        "starttls" => Some(Security::Starttls),
        "none" => Some(Security::None),
        _ => None,
    }
}

fn is_host(text: &str) -> bool {
    let name = text.len() <= 253
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    !text.is_empty() && (name || text.parse::<IpAddr>().is_ok())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An e-mail address in its normal form.
pub fn normal(address: &str) -> Option<String> {
    voce_identity::normalize::address(IdentityKind::Email, address, "IT")
        .ok()
        .map(|address| address.value)
}

fn given(values: &Value, name: &str) -> Option<String> {
    Some(text(values, name)).filter(|text| !text.is_empty())
}

/// Forms send text, the API may send numbers.
fn text(values: &Value, name: &str) -> String {
    match values.get(name) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn number(values: &Value, name: &str) -> Option<u16> {
    text(values, name).parse().ok().filter(|port| *port > 0)
}

fn flag(values: &Value, name: &str, unset: bool) -> bool {
    match values.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => matches!(text.as_str(), "true" | "on" | "1" | "yes"),
        _ => unset,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sound() -> Value {
        json!({
            "address": "support@example.com", "imap_host": "imap.example.com", "imap_port": 993, "imap_security": "tls",
            "imap_user": "support", "smtp_host": "127.0.0.1", "smtp_port": "25", "smtp_security": "none",
        })
    }

    fn errors(name: &str, value: &str) -> Vec<(&'static str, &'static str)> {
        let mut config = sound();
        config[name] = json!(value);
        validate(&config)
            .err()
            .unwrap_or_default()
            .iter()
            .map(|e| (e.field, e.message))
            .collect()
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(validate(&sound()), Ok(()));
        assert_eq!(errors("address", "support"), [("address", "channel-error-address")]);
        assert_eq!(errors("imap_host", "a b"), [("imap_host", "channel-error-host")]);
        assert_eq!(errors("imap_port", "0"), [("imap_port", "channel-error-port")]);
        assert_eq!(
            errors("imap_security", "none"),
            [("imap_security", "channel-error-plain")]
        );
        assert_eq!(
            errors("smtp_security", "ssl"),
            [("smtp_security", "channel-error-choice")]
        );
        assert_eq!(errors("imap_user", ""), [("imap_user", "channel-error-required")]);
        assert_eq!(errors("ca", "no certificate"), [("ca", "channel-error-certificate")]);
        assert_eq!(
            errors("folders", "a,b,c,d,e,f,g,h,i"),
            [("folders", "channel-error-folders")]
        );
        assert_eq!(
            errors("sent_folder", "a\r\nb"),
            [("sent_folder", "channel-error-characters")]
        );
        assert!(validate(&Value::Null).is_err_and(|errors| errors.len() >= 7));
    }

    #[test]
    fn folders_are_a_list_without_repetition() {
        assert_eq!(
            folders(&json!({"folders": " INBOX, Aiuto ,,INBOX"})),
            ["INBOX", "Aiuto"]
        );
        assert_eq!(folders(&json!({})), ["INBOX"]);
    }
}
