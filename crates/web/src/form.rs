//! What is wrong with a form, field by field, until it is right.

/// Wrong fields with the key of the sentence that says why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<(&'static str, &'static str)>);

impl Problems {
    /// Notes a problem of a field; the empty name stands for the whole form.
    pub fn add(&mut self, field: &'static str, key: &'static str) {
        self.0.push((field, key));
    }

    /// Notes a problem unless it is right.
    pub fn check(&mut self, right: bool, field: &'static str, key: &'static str) {
        if !right {
            self.add(field, key);
        }
    }

    pub fn of_form(key: &'static str) -> Self {
        Self(vec![("", key)])
    }

    pub fn none(&self) -> bool {
        self.0.is_empty()
    }

    /// For templates: the key of what is wrong with a field.
    pub fn of(&self, field: &str) -> Option<&'static str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, key)| *key)
    }
}

/// A name as people type it: trimmed, in one line, not longer than `longest` characters; `None` when nothing is left.
pub fn line(text: &str, longest: usize) -> Option<String> {
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    (!line.is_empty() && line.chars().count() <= longest).then_some(line)
}

/// An e-mail address in the normal form in which the store compares it.
pub fn email(text: &str) -> Option<String> {
    let address = voce_identity::normalize::address(voce_domain::identity::IdentityKind::Email, text, "").ok()?;
    (address.value.len() <= 254).then_some(address.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line_of_a_bounded_length() {
        assert_eq!(line("  Anna\r\n Rossi ", 20).as_deref(), Some("Anna Rossi"));
        assert_eq!(line(" \t", 20), None);
        assert_eq!(line("abc", 2), None);
    }

    #[test]
    fn the_first_problem_of_a_field_is_shown() {
        let mut problems = Problems::default();
        problems.check(true, "name", "a");
        problems.check(false, "name", "b");
        problems.add("name", "c");
        assert_eq!((problems.of("name"), problems.of("email")), (Some("b"), None));
    }
}
