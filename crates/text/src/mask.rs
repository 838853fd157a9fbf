//! Taking what identifies somebody out of a text before it leaves the machine.

use voce_domain::labels::EntityKind;

use crate::entities::every_entity;

/// A text with marks such as `[email-1]` in place of what identifies somebody, and what stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    pub text: String,
    /// Each mark with what it stands for, in order.
    pub hidden: Vec<(String, String)>,
}

impl Masked {
    /// Puts back what stood where a mark is, for instance in an answer that came from outside.
    pub fn unmask(&self, answer: &str) -> String {
        let mut whole = answer.to_owned();
        for (mark, original) in &self.hidden {
            whole = whole.replace(mark, original);
        }
        whole
    }
}

/// Hides mail addresses, telephone, account, card, tax and order numbers, links, @names and every number of six digits and more.
/// The same thing gets the same mark. Dates and amounts stay.
pub fn mask(text: &str) -> Masked {
    let mut masked = Masked {
        text: String::with_capacity(text.len()),
        hidden: Vec::new(),
    };
    let mut at = 0;
    for entity in every_entity(text) {
        masked.rest(&text[at..entity.start]);
        let original = &text[entity.start..entity.end];
        match entity.kind {
            EntityKind::Date | EntityKind::Amount | EntityKind::Product => masked.text.push_str(original),
            kind => masked.hide(kind.key(), original),
        }
        at = entity.end;
    }
    masked.rest(&text[at..]);
    masked
}

impl Masked {
    /// What is between entities: names with an `@`, and long numbers that are nothing known.
    fn rest(&mut self, text: &str) {
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let rest = &text[at..];
            let name = rest[first.len_utf8()..]
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
                .map_or(rest.len(), |length| length + first.len_utf8());
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if first == '@' && name > 1 {
                self.hide("name", rest[..name].trim_end_matches('.'));
                at += rest[..name].trim_end_matches('.').len();
            } else if digits > 0 {
                match digits {
                    6.. => self.hide("number", &rest[..digits]),
                    _ => self.text.push_str(&rest[..digits]),
                }
                at += digits;
            } else {
                self.text.push(first);
                at += first.len_utf8();
            }
        }
    }

    fn hide(&mut self, kind: &str, original: &str) {
        let known = self.hidden.iter().find(|(_, hidden)| hidden == original);
        let mark = match known {
            Some((mark, _)) => mark.clone(),
            None => {
                let prefix = format!("[{kind}-");
                let before = self.hidden.iter().filter(|(mark, _)| mark.starts_with(&prefix)).count();
                let mark = format!("{prefix}{}]", before + 1);
                self.hidden.push((mark.clone(), original.to_owned()));
                mark
            }
        };
        self.text.push_str(&mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hides_what_identifies() {
        let text = "@acme sono Mario (mario@rossi.it, 333 1234567), IBAN IT60X0542811101000000123456, ordine 98765 del 12/03/2025 \
                    da 50 euro; scrivetemi a mario@rossi.it, cliente 12345678";
        let masked = mask(text);
        assert_eq!(
            masked.text,
            "[name-1] sono Mario ([email-1], [phone-1]), IBAN [iban-1], ordine [order-1] del 12/03/2025 da 50 euro; scrivetemi a \
             [email-1], cliente [number-1]"
        );
        assert_eq!(masked.unmask(&masked.text), text);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "[^\\[\\]]*") {
            let masked = mask(&text);
            prop_assert_eq!(masked.unmask(&masked.text), text);
        }
    }
}
