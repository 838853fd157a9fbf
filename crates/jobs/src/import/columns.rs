//! What the columns of a registry mean: chosen by a person, guessed by their usual names in Italian and English.

use serde::{Deserialize, Serialize};
use voce_domain::identity::IdentityKind;
use voce_text::fold;

/// How a table is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The first row holds the names of the columns.
    pub header: bool,
    /// What each column is; columns beyond the list are left out.
    pub columns: Vec<Target>,
    /// By which address a row finds its contact.
    pub key: Key,
    /// Whether the contacts of the rows are customers from now on.
    pub customers: bool,
    /// ISO 3166-1; reads national phone numbers.
    pub country: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    CustomerNumber,
    Email,
    Phone,
}

impl Key {
    pub const ALL: [Self; 3] = [Self::CustomerNumber, Self::Email, Self::Phone];

    pub const fn kind(self) -> IdentityKind {
        match self {
            Self::CustomerNumber => IdentityKind::CustomerNumber,
            Self::Email => IdentityKind::Email,
            Self::Phone => IdentityKind::Phone,
        }
    }

    pub const fn target(self) -> Target {
        match self {
            Self::CustomerNumber => Target::CustomerNumber,
            Self::Email => Target::Email,
            Self::Phone => Target::Phone,
        }
    }
}

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Target {
    /// Left out.
    Nothing,
    Name,
    GivenName,
    FamilyName,
    Email,
    Phone,
    /// Platform and name on it: `mastodon:anna@example.social`.
    Handle,
    CustomerNumber,
    Organization,
    Language,
    Note,
    /// Of an organization.
    Domain,
    /// A custom field of that name.
    Field(String),
}

impl Target {
    /// What a column of contacts may be, besides a custom field.
    pub const OF_CONTACTS: [Self; 10] = [
        Self::Name,
        Self::GivenName,
        Self::FamilyName,
        Self::Email,
        Self::Phone,
        Self::Handle,
        Self::CustomerNumber,
        Self::Organization,
        Self::Language,
        Self::Note,
    ];
    /// The same for organizations.
    pub const OF_ORGANIZATIONS: [Self; 2] = [Self::Name, Self::Domain];

    pub fn key(&self) -> &str {
        match self {
            Self::Nothing => "",
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Handle => "handle",
            Self::CustomerNumber => "customer_number",
            Self::Organization => "organization",
            Self::Language => "language",
            Self::Note => "note",
            Self::Domain => "domain",
            Self::Field(_) => "field",
        }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        match target {
            Target::Field(name) => format!("field:{name}"),
            other => other.key().to_owned(),
        }
    }
}

impl From<String> for Target {
    /// Anything unknown is left out.
    fn from(text: String) -> Self {
        if let Some(name) = text
            .strip_prefix("field:")
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            return Self::Field(name.chars().take(100).collect());
        }
        let known = Self::OF_CONTACTS.into_iter().chain(Self::OF_ORGANIZATIONS);
        known
            .into_iter()
            .find(|target| target.key() == text)
            .unwrap_or(Self::Nothing)
    }
}

/// What a column of that name usually is.
pub fn guess(name: &str) -> Option<Target> {
    let folded: String = fold(name)
        .chars()
        .map(|letter| if letter.is_alphanumeric() { letter } else { ' ' })
        .collect();
    let words = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    NAMES
        .iter()
        .find(|(_, names)| names.contains(&words.as_str()))
        .map(|(target, _)| target.clone())
}

/// The mapping to start from: each column by its name, unknown ones as fields of that name.
pub fn guess_mapping(names: &[String], header: bool, organizations: bool) -> Mapping {
    let allowed = |target: &Target| match organizations {
        true => Target::OF_ORGANIZATIONS.contains(target),
        false => Target::OF_CONTACTS.contains(target),
    };
    let mut columns: Vec<Target> = Vec::with_capacity(names.len());
    for name in names {
        let guessed = guess(name).map(|target| {
            if organizations && target == Target::Organization {
                Target::Name
            } else {
                target
            }
        });
        let single = |target: &Target| matches!(target, Target::Email | Target::Phone) || !columns.contains(target);
        columns.push(
            match guessed.filter(|target| header && allowed(target)).filter(single) {
                Some(target) => target,
                None if header && !name.is_empty() => Target::Field(name.chars().take(100).collect()),
                None => Target::Nothing,
            },
        );
    }
    let key = Key::ALL
        .into_iter()
        .find(|key| columns.contains(&key.target()))
        .unwrap_or(Key::Email);
    Mapping {
        header,
        columns,
        key,
        customers: true,
        country: "IT".into(),
    }
}

/// Usual names, folded, marks as blanks.
const NAMES: &[(Target, &[&str])] = &[
    (
        Target::Name,
        &[
            "name",
            "full name",
            "fullname",
            "display name",
            "contact",
            "contact name",
            "customer",
            "customer name",
            "nominativo",
            "nome completo",
            "nome e cognome",
            "cognome e nome",
            "nome cognome",
            "cognome nome",
            "cliente",
            "nome cliente",
            "contatto",
            "referente",
            "denominazione",
            "intestatario",
        ],
    ),
    (
        Target::GivenName,
        &[
            "first name",
            "firstname",
            "given name",
            "given names",
            "forename",
            "nome",
            "nome di battesimo",
        ],
    ),
    (
        Target::FamilyName,
        &["last name", "lastname", "surname", "family name", "cognome"],
    ),
    (
        Target::Email,
        &[
            "email",
            "e mail",
            "mail",
            "email address",
            "e mail address",
            "email 1",
            "email 2",
            "primary email",
            "work email",
            "posta elettronica",
            "indirizzo email",
            "indirizzo e mail",
            "indirizzo mail",
            "email personale",
            "email lavoro",
            "pec",
        ],
    ),
    (
        Target::Phone,
        &[
            "phone",
            "phone number",
            "telephone",
            "tel",
            "mobile",
            "mobile phone",
            "cell",
            "cell phone",
            "phone 1",
            "phone 2",
            "work phone",
            "home phone",
            "telefono",
            "telefono 1",
            "telefono 2",
            "cellulare",
            "cell nr",
            "numero di telefono",
            "numero telefono",
            "telefono cellulare",
            "telefono fisso",
            "tel cellulare",
            "recapito telefonico",
            "fisso",
        ],
    ),
    (
        Target::Handle,
        &["handle", "username", "social", "mastodon", "profilo", "profilo social"],
    ),
    (
        Target::CustomerNumber,
        &[
            "customer number",
            "customer no",
            "customer id",
            "customerid",
            "customer code",
            "client id",
            "account number",
            "codice cliente",
            "cod cliente",
            "numero cliente",
            "n cliente",
            "nr cliente",
            "num cliente",
            "id cliente",
            "codice",
            "matricola",
        ],
    ),
    (
        Target::Organization,
        &[
            "organization",
            "organisation",
            "company",
            "company name",
            "account",
            "account name",
            "employer",
            "ragione sociale",
            "azienda",
            "societa",
            "ditta",
            "impresa",
            "organizzazione",
            "ente",
            "nome azienda",
        ],
    ),
    (
        Target::Language,
        &[
            "language",
            "lang",
            "locale",
            "preferred language",
            "lingua",
            "lingua preferita",
        ],
    ),
    (
        Target::Note,
        &[
            "note",
            "notes",
            "comment",
            "comments",
            "remarks",
            "annotazioni",
            "commenti",
            "osservazioni",
        ],
    ),
    (
        Target::Domain,
        &[
            "domain",
            "website",
            "web site",
            "site",
            "url",
            "web",
            "dominio",
            "sito",
            "sito web",
            "sito internet",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn usual_names_are_known() {
        for (name, target) in [
            ("Ragione sociale", Target::Organization),
            ("CODICE_CLIENTE", Target::CustomerNumber),
            ("Cellulare", Target::Phone),
            ("E-mail", Target::Email),
            ("Società", Target::Organization),
            ("N. cliente", Target::CustomerNumber),
            ("First Name", Target::GivenName),
            ("Cognome", Target::FamilyName),
        ] {
            assert_eq!(guess(name), Some(target), "{name}");
        }
        assert_eq!(guess("Taglia"), None);
    }

    #[test]
    fn the_first_mapping_uses_every_column() {
        let mapping = guess_mapping(
            &names(&["Cognome", "Nome", "E-mail", "Email 2", "Taglia", "", "Cognome"]),
            true,
            false,
        );
        assert_eq!(
            mapping.columns,
            [
                Target::FamilyName,
                Target::GivenName,
                Target::Email,
                Target::Email,
                Target::Field("Taglia".into()),
                Target::Nothing,
                Target::Field("Cognome".into())
            ]
        );
        assert_eq!(mapping.key, Key::Email);
        let organizations = guess_mapping(&names(&["Ragione sociale", "Sito web", "E-mail"]), true, true);
        assert_eq!(
            organizations.columns,
            [Target::Name, Target::Domain, Target::Field("E-mail".into())]
        );
    }

    #[test]
    fn a_mapping_is_kept_as_json() {
        let mapping = guess_mapping(&names(&["Codice cliente", "Taglia"]), true, false);
        let text = serde_json::to_string(&mapping).unwrap();
        assert_eq!(serde_json::from_str::<Mapping>(&text).unwrap(), mapping);
        assert_eq!(Target::from("nonsense".to_owned()), Target::Nothing);
    }
}
