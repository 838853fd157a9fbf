//! The mail providers that companies in Italy are usually with, so that nobody has to look up host names.

use super::fields::Values;

/// A provider's servers. Ports and security as the provider asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provider {
    pub key: &'static str,
    pub name: &'static str,
    imap: Server,
    smtp: Server,
    /// The domain of the provider's own addresses, for the example.
    domain: &'static str,
    /// Key of a sentence about what one has to do there first, or nothing.
    pub note: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Server(&'static str, &'static str, &'static str);

pub const PROVIDERS: [Provider; 6] = [
    Provider {
        key: "aruba",
        name: "Aruba",
        imap: Server("imaps.aruba.it", "993", "tls"),
        smtp: Server("smtps.aruba.it", "465", "tls"),
        domain: "",
        note: "",
    },
    Provider {
        key: "register",
        name: "Register.it",
        // The host is called so for IMAP, too.
        imap: Server("pop.securemail.pro", "993", "tls"),
        smtp: Server("authsmtp.securemail.pro", "465", "tls"),
        domain: "",
        note: "",
    },
    Provider {
        key: "libero",
        name: "Libero",
        imap: Server("imapmail.libero.it", "993", "tls"),
        smtp: Server("smtp.libero.it", "465", "tls"),
        domain: "libero.it",
        note: "provider-libero-note",
    },
    Provider {
        key: "tim",
        name: "TIM, Alice",
        imap: Server("in.alice.it", "143", "starttls"),
        smtp: Server("out.alice.it", "587", "starttls"),
        domain: "alice.it",
        note: "",
    },
    Provider {
        key: "gmail",
        name: "Gmail",
        imap: Server("imap.gmail.com", "993", "tls"),
        smtp: Server("smtp.gmail.com", "465", "tls"),
        domain: "gmail.com",
        note: "provider-gmail-note",
    },
    Provider {
        key: "outlook",
        name: "Outlook, Microsoft 365",
        imap: Server("outlook.office365.com", "993", "tls"),
        smtp: Server("smtp.office365.com", "587", "starttls"),
        domain: "outlook.com",
        note: "provider-outlook-note",
    },
];

pub fn find(key: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.key == key)
}

impl Provider {
    /// Fills in the servers.
    pub fn fill(&self, values: &mut Values) {
        for (protocol, Server(host, port, security)) in [("imap", self.imap), ("smtp", self.smtp)] {
            values.set(&format!("{protocol}_host"), host);
            values.set(&format!("{protocol}_port"), port);
            values.set(&format!("{protocol}_security"), security);
        }
    }

    /// Where its own addresses end, e.g. `@libero.it`; nothing for those who host other domains.
    pub fn ending(&self) -> String {
        if self.domain.is_empty() {
            String::new()
        } else {
            format!("@{}", self.domain)
        }
    }
}

#[cfg(test)]
mod tests {
    use voce_channels::{
        http::{Client, Policy},
        registry::Registry,
    };

    use super::*;
    use crate::channels::fields::read;

    #[test]
    fn with_an_address_and_a_password_every_provider_is_complete() {
        let registry = Registry::new(Client::new(Policy::default()));
        let connector = registry.get("email").unwrap().as_ref();
        for provider in PROVIDERS {
            let mut values = Values::fresh(connector);
            provider.fill(&mut values);
            for (name, value) in [
                ("name", "x"),
                ("address", "a@example.it"),
                ("imap_user", "a@example.it"),
                ("imap_password", "p"),
            ] {
                values.set(name, value);
            }
            assert!(read(connector, &values, None).is_ok(), "{}", provider.name);
            assert_eq!(find(provider.key), Some(&provider));
        }
    }
}
