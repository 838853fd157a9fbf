//! Addresses as people type them, brought to the one form in which they are stored and compared.

use unicode_normalization::UnicodeNormalization;
use voce_domain::identity::{Address, IdentityKind};

/// Why a text is not an address of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("empty")]
    Empty,
    #[error("not an e-mail address")]
    Email,
    #[error("not a phone number of the country or in international form")]
    Phone,
    #[error("longer than 320 characters")]
    TooLong,
}

/// Normal form of `text` as an address of `kind`. `country` (ISO 3166-1, e.g. `IT`) reads national phone numbers.
pub fn address(kind: IdentityKind, text: &str, country: &str) -> Result<Address, AddressError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.chars().count() > 320 {
        return Err(AddressError::TooLong);
    }
    let value = match kind {
        IdentityKind::Email => email(text)?,
        IdentityKind::Phone => phone(text, country)?,
        IdentityKind::Handle => text.nfkc().collect::<String>().trim_start_matches('@').to_lowercase(),
        // Only ASCII letters change their case: Greek and others do not come back the same from upper case.
        IdentityKind::CustomerNumber => text
            .nfkc()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
            .to_ascii_uppercase()
            .nfkc()
            .collect(),
    };
    if value.is_empty() {
        return Err(AddressError::Empty);
    }
    Ok(Address::new(kind, value))
}

/// Lower case throughout: RFC 5321 allows case-sensitive local parts, but nobody uses them.
fn email(text: &str) -> Result<String, AddressError> {
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Email)?;
    let local: String = local.nfc().collect::<String>().to_lowercase().nfc().collect();
    let domain: String = domain.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    let sound = |part: &str| {
        !part.is_empty()
            && !part
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"'))
    };
    if !sound(&local) || !sound(&domain) || domain.starts_with('.') || domain.ends_with('.') || domain.contains("..") {
        return Err(AddressError::Email);
    }
    Ok(format!("{local}@{domain}"))
}

/// E.164.
fn phone(text: &str, country: &str) -> Result<String, AddressError> {
    let country = country.parse().ok();
    let number =
        phonenumber::parse(country, text.strip_prefix("tel:").unwrap_or(text)).map_err(|_| AddressError::Phone)?;
    if !phonenumber::is_valid(&number) {
        return Err(AddressError::Phone);
    }
    Ok(number.format().mode(phonenumber::Mode::E164).to_string())
}

/// An address as people write it: telephone numbers in groups, the rest as it is.
pub fn shown(address: &Address) -> String {
    let number = (address.kind == IdentityKind::Phone)
        .then(|| phonenumber::parse(None, &address.value).ok())
        .flatten();
    let grouped = number.map(|number| number.format().mode(phonenumber::Mode::International).to_string());
    grouped.unwrap_or_else(|| address.value.clone())
}

/// The digits that people dial within the country of an E.164 number: `3471234567` for `+393471234567`.
pub fn national(e164: &str) -> Option<String> {
    let number = phonenumber::parse(None, e164).ok()?;
    let zeros = "0".repeat(number.national().zeros().into());
    Some(format!("{zeros}{}", number.national().value()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: IdentityKind, text: &str, expected: Result<&str, AddressError>) {
        assert_eq!(
            address(kind, text, "IT").map(|a| a.value),
            expected.map(str::to_owned),
            "{text:?}"
        );
    }

    #[test]
    fn emails() {
        check(
            IdentityKind::Email,
            " Anna.Rossi@Example.COM ",
            Ok("anna.rossi@example.com"),
        );
        check(IdentityKind::Email, "mailto:a@b.it", Ok("a@b.it"));
        check(IdentityKind::Email, "anna", Err(AddressError::Email));
        check(IdentityKind::Email, "a b@c.it", Err(AddressError::Email));
        check(IdentityKind::Email, "@c.it", Err(AddressError::Email));
        check(IdentityKind::Email, "", Err(AddressError::Empty));
    }

    #[test]
    fn phones() {
        check(IdentityKind::Phone, "347 123 4567", Ok("+393471234567"));
        check(IdentityKind::Phone, "+39 06 6982 1", Ok("+390669821"));
        check(IdentityKind::Phone, "0039 347 1234567", Ok("+393471234567"));
        check(IdentityKind::Phone, "+39 06 1", Err(AddressError::Phone));
        check(IdentityKind::Phone, "02 1234 5678", Ok("+390212345678"));
        check(IdentityKind::Phone, "+44 20 7946 0958", Ok("+442079460958"));
        check(IdentityKind::Phone, "call me", Err(AddressError::Phone));
    }

    #[test]
    fn telephones_are_shown_in_groups() {
        assert_eq!(
            shown(&Address::new(IdentityKind::Phone, "+393471234567")),
            "+39 347 123 4567"
        );
        assert_eq!(shown(&Address::new(IdentityKind::Phone, "x")), "x");
        assert_eq!(shown(&Address::new(IdentityKind::Email, "a@b.it")), "a@b.it");
    }

    #[test]
    fn national_digits() {
        assert_eq!(national("+393471234567").as_deref(), Some("3471234567"));
        assert_eq!(national("+390212345678").as_deref(), Some("0212345678"));
        assert_eq!(national("x"), None);
    }

    #[test]
    fn handles_and_numbers() {
        check(IdentityKind::Handle, "@Anna@Example.social", Ok("anna@example.social"));
        check(IdentityKind::CustomerNumber, "c 001-a", Ok("C001-A"));
    }

    proptest::proptest! {
        #[test]
        fn normal_form_is_stable(text in "\\PC{0,60}", kind in 0usize..4) {
            let kind = IdentityKind::ALL[kind];
            if let Ok(first) = address(kind, &text, "IT") {
                let again = address(kind, &first.value, "IT");
                proptest::prop_assert!(kind == IdentityKind::Handle || again.as_ref() == Ok(&first), "{first:?} {again:?}");
            }
        }
    }
}
