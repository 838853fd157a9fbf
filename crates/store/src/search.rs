//! Finding what was said: newest first, never by rank, so that a word in a million messages costs no more than one in ten.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::Millis;

use crate::{
    Db, Dialect, Result,
    cases::{CaseRow, Scope},
    contact_search,
    statement::Statement,
};

/// What somebody typed, understood: words that must all occur, `"phrases"`, `-exclusions`; the last word may be a beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    wanted: Vec<Term>,
    unwanted: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    text: String,
    /// Longer words that begin so count as well.
    prefix: bool,
}

const MOST_TERMS: usize = 12;
const LONGEST: usize = 300;

/// Hits that one page looks at when filters may refuse many of them.
const LOOKED_AT: i64 = 2_000;

impl Words {
    pub fn parse(input: &str) -> Self {
        let input: String = input.chars().filter(|letter| *letter != '\0').take(LONGEST).collect();
        let mut words = Self::default();
        let mut rest = input.trim_start();
        while !rest.is_empty() && words.wanted.len() + words.unwanted.len() < MOST_TERMS {
            let unwanted = rest.starts_with('-');
            let body = if unwanted { &rest[1..] } else { rest };
            let (text, after, prefix) = match body.strip_prefix('"') {
                Some(quoted) => {
                    let (text, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                    (text, after, false)
                }
                None => {
                    let end = body
                        .find(|letter: char| letter.is_whitespace() || letter == '"')
                        .unwrap_or(body.len());
                    let (text, after) = body.split_at(end);
                    (text, after, after.trim().is_empty() && !unwanted)
                }
            };
            if text.chars().any(char::is_alphanumeric) {
                let list = if unwanted {
                    &mut words.unwanted
                } else {
                    &mut words.wanted
                };
                list.push(Term {
                    text: text.to_owned(),
                    prefix: prefix && text.ends_with(char::is_alphanumeric),
                });
            }
            rest = after.trim_start();
        }
        words
    }

    /// A last word that fills a page as it stands is a whole word: to complete it would cost much, as common as it is.
    /// The answer is the same for every page of a search.
    async fn settled(&self, db: &Db, page: i64) -> Result<Self> {
        let mut whole = self.clone();
        let mut completed = false;
        for term in &mut whole.wanted {
            completed |= std::mem::take(&mut term.prefix);
        }
        if !completed {
            return Ok(whole);
        }
        let mut s = Statement::new("SELECT COUNT(*) FROM (");
        whole.places(&mut s, db.dialect(), None, page);
        s.push(") f");
        let found: Option<(i64,)> = s.all(db).await?.pop();
        let fills = found.is_some_and(|(count,)| count >= page);
        Ok(if fills { whole } else { self.clone() })
    }

    /// Nothing to look for: exclusions alone find nothing.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// The text of an FTS5 `MATCH`. Every term is a quoted string: whatever stands in it, it is not syntax.
    fn fts5(&self) -> String {
        let term = |term: &Term| {
            format!(
                "\"{}\"{}",
                term.text.replace('"', "\"\""),
                if term.prefix { " *" } else { "" }
            )
        };
        let list = |terms: &[Term], with: &str| terms.iter().map(term).collect::<Vec<_>>().join(with);
        match self.unwanted.is_empty() {
            true => list(&self.wanted, " AND "),
            false => format!(
                "({}) NOT ({})",
                list(&self.wanted, " AND "),
                list(&self.unwanted, " OR ")
            ),
        }
    }

    /// The text of a `to_tsquery`, of quoted lexemes only; PostgreSQL takes a quoted text apart as it did the messages.
    fn tsquery(&self) -> String {
        let term = |term: &Term| {
            let text = voce_text::fold(&term.text).replace('\\', " ").replace('\'', "''");
            format!("'{text}'{}", if term.prefix { ":*" } else { "" })
        };
        let wanted: Vec<String> = self.wanted.iter().map(term).collect();
        let unwanted: Vec<String> = self.unwanted.iter().map(|each| format!("!({})", term(each))).collect();
        wanted.into_iter().chain(unwanted).collect::<Vec<_>>().join(" & ")
    }

    /// Places of the messages that match, newest first, as `seq`.
    fn places(&self, s: &mut Statement, dialect: Dialect, before: Option<i64>, limit: i64) {
        match dialect {
            Dialect::Sqlite => {
                s.push("SELECT rowid AS seq FROM message_search WHERE message_search MATCH ")
                    .bind(self.fts5());
                if let Some(before) = before {
                    s.push(" AND rowid < ").bind(before);
                }
                s.push(" ORDER BY rowid DESC LIMIT ").bind(limit);
            }
            Dialect::Postgres => {
                s.push("SELECT seq FROM message_search WHERE words @@ to_tsquery('simple', ")
                    .bind(self.tsquery())
                    .push(")");
                if let Some(before) = before {
                    s.push(" AND seq < ").bind(before);
                }
                s.push(" ORDER BY seq DESC LIMIT ").bind(limit);
            }
        }
    }

    /// The ids of the cases of the newest matching messages.
    pub(crate) fn cases(&self, s: &mut Statement, dialect: Dialect) {
        if self.is_empty() {
            s.push("SELECT m.case_id FROM messages m WHERE FALSE");
            return;
        }
        s.push("SELECT m.case_id FROM (");
        self.places(s, dialect, None, LOOKED_AT);
        s.push(") f JOIN messages m ON m.seq = f.seq");
    }

    /// `text` around the first of the words, each of them marked.
    pub fn snippet(&self, text: &str, length: usize) -> Vec<Piece> {
        let sought: Vec<(String, bool)> = self.wanted.iter().flat_map(Term::words).collect();
        let hits: Vec<(usize, usize)> = tokens(text)
            .filter(|(from, to)| {
                sought
                    .iter()
                    .any(|(word, prefix)| says(&text[*from..*to], word, *prefix))
            })
            .take(40)
            .collect();
        let start = hits.first().map_or(0, |(from, _)| back(text, *from, length / 3));
        let end = text[start..]
            .char_indices()
            .nth(length)
            .map_or(text.len(), |(at, _)| start + at);
        let mut pieces = Vec::new();
        let mut push = |words: &str, marked: bool| {
            if !words.is_empty() {
                pieces.push(Piece {
                    text: words.one_line(),
                    marked,
                });
            }
        };
        if start > 0 {
            push("… ", false);
        }
        let mut at = start;
        for (from, to) in hits.into_iter().filter(|(_, to)| *to <= end) {
            push(&text[at..from], false);
            push(&text[from..to], true);
            at = to;
        }
        push(&text[at..end], false);
        if end < text.len() {
            push("…", false);
        }
        pieces
    }
}

impl Term {
    fn words(&self) -> Vec<(String, bool)> {
        let parts: Vec<&str> = self
            .text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|part| !part.is_empty())
            .collect();
        let last = parts.len().saturating_sub(1);
        parts
            .iter()
            .enumerate()
            .map(|(at, part)| (voce_text::fold(part), self.prefix && at == last))
            .collect()
    }
}

/// A stretch of a snippet. Not escaped: the page does that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// One of the words that were looked for.
    pub marked: bool,
}

trait OneLine {
    fn one_line(&self) -> String;
}

impl OneLine for str {
    /// Line breaks become spaces, so that a snippet is one line.
    fn one_line(&self) -> String {
        self.chars()
            .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
            .collect()
    }
}

/// Where the words of a text begin and end.
fn tokens(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let from = rest + text[rest..].find(char::is_alphanumeric)?;
        let to = text[from..]
            .find(|letter: char| !letter.is_alphanumeric())
            .map_or(text.len(), |length| from + length);
        rest = to;
        Some((from, to))
    })
}

/// Whether a word of a text is the one that is sought (folded), or begins with it.
fn says(token: &str, sought: &str, prefix: bool) -> bool {
    if token.is_ascii() {
        return match prefix {
            true => token
                .get(..sought.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(sought)),
            false => token.eq_ignore_ascii_case(sought),
        };
    }
    let folded = voce_text::fold(token);
    if prefix {
        folded.starts_with(sought)
    } else {
        folded == sought
    }
}

/// About `length` characters before a place, at a word's beginning.
fn back(text: &str, from: usize, length: usize) -> usize {
    let far = text[..from].char_indices().rev().nth(length).map_or(0, |(at, _)| at);
    text[far..from]
        .char_indices()
        .find(|(_, letter)| far > 0 && letter.is_whitespace())
        .map_or(far, |(at, space)| far + at + space.len_utf8())
}

/// A message that was found, with the case in which it stands.
#[derive(Debug, Clone, FromRow)]
pub struct Hit {
    pub seq: i64,
    pub message_id: Uuid,
    pub direction: String,
    pub author_name: String,
    pub message_subject: Option<String>,
    /// The beginning of the body.
    pub body: String,
    pub sent_at: Millis,
    pub number: i64,
    pub subject: String,
    pub state: String,
    pub contact_id: Uuid,
    pub contact_name: String,
    pub channel: String,
}

/// What a search is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<&'static str>,
    pub account: Option<Uuid>,
    /// `inbound`, `outbound` or `internal`.
    pub direction: Option<&'static str>,
    pub contact: Option<Uuid>,
    pub since: Option<Millis>,
}

#[derive(Debug, Clone, Default)]
pub struct Hits {
    pub hits: Vec<Hit>,
    /// Where to look on.
    pub next: Option<i64>,
}

/// Messages that match, newest first.
pub async fn messages(
    db: &Db,
    scope: Scope,
    words: &Words,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Hits> {
    if words.is_empty() {
        return Ok(Hits::default());
    }
    let words = &words.settled(db, limit).await?;
    let plain = *filter == Filter::default() && scope == Scope::All;
    let looked_at = if plain { limit } else { LOOKED_AT };
    let mut s = Statement::new(
        "SELECT m.seq, m.id AS message_id, m.direction, m.author_name, m.subject AS message_subject, substr(m.body, 1, 4000) AS body, m.sent_at,
            c.number, c.subject, c.state, c.contact_id, k.name AS contact_name, a.kind AS channel
         FROM (",
    );
    words.places(&mut s, db.dialect(), before, looked_at);
    s.push(
        ") f JOIN messages m ON m.seq = f.seq JOIN cases c ON c.id = m.case_id JOIN contacts k ON k.id = c.contact_id
         JOIN channel_accounts a ON a.id = m.account_id WHERE TRUE",
    );
    if let Some(state) = filter.state {
        s.push(" AND (c.state || '') = ").bind(state);
    }
    if let Some(account) = filter.account {
        s.push(" AND m.account_id = ").bind(account);
    }
    if let Some(direction) = filter.direction {
        s.push(" AND m.direction = ").bind(direction);
    }
    if let Some(contact) = filter.contact {
        s.push(" AND m.contact_id = ").bind(contact);
    }
    if let Some(since) = filter.since {
        s.push(" AND m.sent_at >= ").bind(since);
    }
    scope.limit(&mut s);
    s.push(" ORDER BY m.seq DESC LIMIT ").bind(limit);
    let hits: Vec<Hit> = s.all(db).await?;
    let next = match hits.last() {
        Some(last) if hits.len() as i64 == limit => Some(last.seq),
        _ if plain => None,
        _ => last_place(db, words, before).await?,
    };
    Ok(Hits { hits, next })
}

/// Where a page of [`LOOKED_AT`] matches ends, if there were so many.
async fn last_place(db: &Db, words: &Words, before: Option<i64>) -> Result<Option<i64>> {
    let mut s = Statement::new("SELECT COUNT(*), MIN(f.seq) FROM (");
    words.places(&mut s, db.dialect(), before, LOOKED_AT);
    s.push(") f");
    let found: Option<(i64, Option<i64>)> = s.all(db).await?.pop();
    Ok(found
        .filter(|(count, _)| *count == LOOKED_AT)
        .and_then(|(_, last)| last))
}

/// A contact that was found.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ContactHit {
    pub id: Uuid,
    pub name: String,
    pub customer: bool,
    pub address: Option<String>,
}

/// Contacts by name, address, number or organization.
pub async fn contacts(db: &Db, text: &str, limit: i64) -> Result<Vec<ContactHit>> {
    let mut s = Statement::new(
        "SELECT c.id, c.name, c.customer, (SELECT MIN(i.value) FROM identities i WHERE i.contact_id = c.id) AS address
         FROM contacts c WHERE c.merged_into IS NULL",
    );
    // Merged ones are not in the index: every hit is one that is shown.
    if !contact_search::narrow(&mut s, db, text, limit) {
        return Ok(Vec::new());
    }
    s.push(" LIMIT ").bind(limit);
    s.all(db).await
}

/// The case that is named by its number, as `1042` or `#1042`; a merged one leads to the case that was kept.
pub async fn case_by_number(db: &Db, scope: Scope, text: &str) -> Result<Option<CaseRow>> {
    let Ok(number) = text.trim().trim_start_matches('#').parse::<i64>() else {
        return Ok(None);
    };
    let mut s = Statement::new(
        "SELECT c.* FROM cases n JOIN cases c ON c.id = COALESCE(n.merged_into, n.id) WHERE n.number = ",
    );
    s.bind(number);
    scope.limit(&mut s);
    Ok(s.all(db).await?.pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, fts5: &str, tsquery: &str) {
        let words = Words::parse(input);
        assert_eq!(
            (words.fts5().as_str(), words.tsquery().as_str()),
            (fts5, tsquery),
            "{input}"
        );
    }

    #[test]
    fn what_is_typed_is_never_syntax() {
        check("pacco rott", "\"pacco\" AND \"rott\" *", "'pacco' & 'rott':*");
        check("pacco ", "\"pacco\" *", "'pacco':*");
        check(
            "\"mai arrivato\" -spam reso",
            "(\"mai arrivato\" AND \"reso\" *) NOT (\"spam\")",
            "'mai arrivato' & 'reso':* & !('spam')",
        );
        check("\" OR 1=1 --", "\" OR 1=1 --\"", "' or 1=1 --'");
        check(
            "NEAR(a b) body:x",
            "\"NEAR(a\" AND \"b)\" AND \"body:x\" *",
            "'near(a' & 'b)' & 'body:x':*",
        );
        check("l'addebito' \\", "\"l'addebito'\"", "'l''addebito'''");
    }

    #[test]
    fn nothing_to_look_for_is_empty() {
        for input in ["", "*", "-spam", "\"\"", "()", "-", "--- ***", "\0"] {
            assert!(Words::parse(input).is_empty(), "{input:?}");
        }
        assert!(!Words::parse("日本").is_empty());
    }

    #[test]
    fn snippets_mark_words_whatever_their_accents() {
        let marked = |input: &str, text: &str| {
            let pieces = Words::parse(input).snippet(text, 60);
            let marked: Vec<String> = pieces
                .iter()
                .filter(|piece| piece.marked)
                .map(|piece| piece.text.clone())
                .collect();
            (pieces.into_iter().map(|piece| piece.text).collect::<String>(), marked)
        };
        assert_eq!(
            marked("perche", "Perché no?\nPERCHÉ"),
            ("Perché no? PERCHÉ".into(), vec!["Perché".into(), "PERCHÉ".into()])
        );
        let (text, hits) = marked("rott", &format!("{} il pacco era rotto <b>", "parole ".repeat(60)));
        assert!(text.starts_with("… ") && text.contains("rotto <b>"), "{text}");
        assert_eq!(hits, ["rotto"]);
        assert_eq!(marked("altro", "niente").1, [""; 0]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_a_query_or_a_snippet(input in "\\PC{0,40}", text in "\\PC{0,200}") {
            let words = Words::parse(&input);
            let _ = (words.fts5(), words.tsquery());
            let whole: String = words.snippet(&text, 30).into_iter().map(|piece| piece.text).collect();
            proptest::prop_assert!(whole.chars().count() <= 34);
        }
    }
}
