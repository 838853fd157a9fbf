//! The lists of the desk: which cases a view shows, in which order, and how many there are.
//!
//! Every list is read along an index and ends after a page, whatever the number of cases; every filter goes through
//! [`Query::statement`], the only builder of their SQL.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    case::{CaseState, Priority},
    labels::{SentimentClass, Urgency},
};

use crate::{
    Db, Result,
    cases::{CaseRow, Scope},
    search::Words,
    statement::Statement,
};

/// Who reads: what "mine" and "my teams" mean, and what may be seen at all.
#[derive(Debug, Clone)]
pub struct Reader {
    pub user: Uuid,
    pub scope: Scope,
    pub teams: Vec<Uuid>,
}

/// The lists that everybody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Open and owned by the reader.
    Mine,
    /// New: nobody has taken them yet.
    Unassigned,
    /// New or open in one of the reader's teams.
    Teams,
    /// New or open in that team.
    Team(Uuid),
    /// The reader is named in a note.
    Mentions,
    Waiting,
    /// Everything that needs somebody.
    All,
    Resolved,
    Closed,
    /// Spam, auto-replies and the like.
    Noise,
}

impl View {
    /// The views with a fixed name, in the order of the side bar.
    pub const FIXED: [Self; 9] = [
        Self::Mine,
        Self::Unassigned,
        Self::Teams,
        Self::Mentions,
        Self::Waiting,
        Self::All,
        Self::Resolved,
        Self::Closed,
        Self::Noise,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::Teams => "teams",
            Self::Team(_) => "team",
            Self::Mentions => "mentions",
            Self::Waiting => "waiting",
            Self::All => "all",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Noise => "noise",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Newest,
    Oldest,
    /// The longest unanswered first; cases that need no answer are left out.
    Unanswered,
    Priority,
}

impl Sort {
    pub const ALL: [Self; 4] = [Self::Newest, Self::Oldest, Self::Unanswered, Self::Priority];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Unanswered => "unanswered",
            Self::Priority => "priority",
        }
    }
}

/// Whose cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Nobody,
    Is(Uuid),
}

/// What a list is narrowed to; everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub state: Option<CaseState>,
    /// `customer`, `us` or `until`.
    pub waiting: Option<&'static str>,
    pub owner: Option<Owner>,
    pub team: Option<Uuid>,
    pub account: Option<Uuid>,
    pub contact: Option<Uuid>,
    pub tag: Option<Uuid>,
    pub priority: Option<Priority>,
    pub request_type: Option<String>,
    pub urgency: Option<Urgency>,
    pub language: Option<String>,
    pub sentiment: Option<SentimentClass>,
    pub unanswered: bool,
    pub words: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Query {
    pub view: View,
    pub filter: Filter,
    pub sort: Sort,
    /// After this case of the page before.
    pub after: Option<Place>,
    pub limit: i64,
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 0 outside of [`Sort::Priority`].
    pub band: i64,
    pub at: Millis,
    pub id: Uuid,
}

/// A line of a list.
#[derive(Debug, Clone, FromRow)]
pub struct Line {
    #[sqlx(flatten)]
    pub case: CaseRow,
    pub band: i64,
    pub contact_name: String,
    pub channel: String,
    pub owner_name: Option<String>,
    /// Somebody waits for an answer, and the reader has not seen the newest message.
    pub unread: bool,
}

/// Where `sentiment_score` turns negative and positive.
const FEELING: &str = "0.15";

impl Line {
    /// Where the next page starts.
    pub fn place(&self, sort: Sort) -> Place {
        let at = match sort {
            Sort::Unanswered => self.case.unanswered_since.unwrap_or_default(),
            _ => self.case.last_message_at,
        };
        Place {
            band: self.band,
            at,
            id: self.case.id,
        }
    }
}

/// One page of a list, in one query.
pub async fn list(db: &Db, reader: &Reader, query: &Query) -> Result<Vec<Line>> {
    query.statement(db, reader).all(db).await
}

/// One stretch of an index: a list is made of one or several.
#[derive(Clone, Copy)]
enum Stretch {
    Owned(Uuid),
    State(&'static str),
    Team(Uuid, &'static str),
    Mentions(Uuid),
    Active,
    Ended(&'static str),
    Noise,
}

impl Query {
    fn statement(&self, db: &Db, reader: &Reader) -> Statement {
        let mut s = Statement::new(
            "SELECT p.*, k.name AS contact_name, a.kind AS channel, o.name AS owner_name,
                (p.active AND p.unanswered_since IS NOT NULL AND COALESCE(l.seen_at, 0) < p.last_message_at) AS unread
             FROM (",
        );
        let mut first = true;
        for stretch in self.stretches(reader) {
            for band in self.bands() {
                if !std::mem::take(&mut first) {
                    s.push(" UNION ALL ");
                }
                self.stretch(&mut s, db, reader, stretch, *band);
            }
        }
        if first {
            // A reader without teams has an empty list.
            s.push("SELECT c.*, CAST(0 AS BIGINT) AS band FROM cases c WHERE FALSE");
        }
        s.push(
            ") p JOIN contacts k ON k.id = p.contact_id JOIN channel_accounts a ON a.id = p.account_id
             LEFT JOIN users o ON o.id = p.owner_id LEFT JOIN case_looks l ON l.case_id = p.id AND l.user_id = ",
        );
        s.bind(reader.user)
            .push(" ORDER BY p.band, ")
            .push(self.order("p."))
            .push(" LIMIT ")
            .bind(self.limit);
        s
    }

    fn stretches(&self, reader: &Reader) -> Vec<Stretch> {
        let teams = |teams: &[Uuid]| {
            teams
                .iter()
                .flat_map(|team| [Stretch::Team(*team, "new"), Stretch::Team(*team, "open")])
                .collect()
        };
        match self.view {
            View::Mine => vec![Stretch::Owned(reader.user)],
            View::Unassigned => vec![Stretch::State("new")],
            View::Teams => teams(&reader.teams),
            View::Team(team) => teams(&[team]),
            View::Mentions => vec![Stretch::Mentions(reader.user)],
            View::Waiting => vec![Stretch::State("waiting")],
            View::All => vec![Stretch::Active],
            View::Resolved => vec![Stretch::Ended("resolved")],
            View::Closed => vec![Stretch::Ended("closed")],
            View::Noise => vec![Stretch::Noise],
        }
    }

    /// Priorities are read one after the other, each along its own index.
    fn bands(&self) -> &'static [i64] {
        match (self.sort, self.after.map_or(0, |place| place.band)) {
            (Sort::Priority, 0) => &[0, 1, 2, 3],
            (Sort::Priority, 1) => &[1, 2, 3],
            (Sort::Priority, 2) => &[2, 3],
            (Sort::Priority, _) => &[3],
            _ => &[0],
        }
    }

    fn stretch(&self, s: &mut Statement, db: &Db, reader: &Reader, stretch: Stretch, band: i64) {
        s.push("SELECT * FROM (SELECT c.*, ")
            .push(
                [
                    "CAST(0 AS BIGINT)",
                    "CAST(1 AS BIGINT)",
                    "CAST(2 AS BIGINT)",
                    "CAST(3 AS BIGINT)",
                ][band.clamp(0, 3) as usize],
            )
            .push(" AS band FROM cases c WHERE ");
        // Along an index of its own order, a state must not tempt the planner to sort a whole state instead.
        let by_date = matches!(self.sort, Sort::Newest | Sort::Oldest);
        match stretch {
            Stretch::Owned(user) => {
                s.push("c.active AND c.owner_id IS NOT NULL AND c.state = 'open' AND c.owner_id = ")
                    .bind(user);
            }
            Stretch::State(state) => {
                s.push("c.active AND ")
                    .push(if by_date { "c.state = " } else { "(c.state || '') = " })
                    .bind(state);
            }
            Stretch::Team(team, state) => {
                s.push("c.active AND c.team_id IS NOT NULL AND c.team_id = ")
                    .bind(team)
                    .push(" AND c.state = ")
                    .bind(state);
            }
            Stretch::Mentions(user) => {
                s.push("c.merged_into IS NULL AND c.id IN (SELECT n.case_id FROM note_mentions n WHERE n.user_id = ")
                    .bind(user);
                s.push(" ORDER BY n.at DESC LIMIT 2000)");
            }
            Stretch::Active => _ = s.push("c.active"),
            Stretch::Ended(state) => {
                _ = s
                    .push("NOT c.active AND c.merged_into IS NULL AND c.state = ")
                    .bind(state)
            }
            Stretch::Noise => _ = s.push("c.noise IS NOT NULL AND c.merged_into IS NULL"),
        }
        if self.sort == Sort::Priority {
            match Priority::ALL.iter().rev().nth(band.clamp(0, 3) as usize) {
                Some(Priority::Normal) | None => _ = s.push(" AND c.priority = 'normal'"),
                Some(priority) => {
                    _ = s
                        .push(" AND c.priority <> 'normal' AND c.priority = ")
                        .bind(priority.key())
                }
            }
        }
        self.filter.narrow(s, db);
        involved(s, reader.scope);
        self.continue_after(s, band);
        s.push(" ORDER BY ")
            .push(self.order("c."))
            .push(" LIMIT ")
            .bind(self.limit)
            .push(") s");
    }

    fn continue_after(&self, s: &mut Statement, band: i64) {
        if self.sort == Sort::Unanswered {
            s.push(" AND c.unanswered_since IS NOT NULL");
        }
        let Some(place) = self
            .after
            .filter(|place| place.band == band || self.sort != Sort::Priority)
        else {
            return;
        };
        s.push(match self.sort {
            Sort::Newest | Sort::Priority => " AND (c.last_message_at, c.id) < (",
            Sort::Oldest => " AND (c.last_message_at, c.id) > (",
            Sort::Unanswered => " AND (c.unanswered_since, c.id) > (",
        });
        s.bind(place.at).push(", ").bind(place.id).push(")");
    }

    fn order(&self, table: &str) -> &'static str {
        match (self.sort, table) {
            (Sort::Newest | Sort::Priority, "c.") => "c.last_message_at DESC, c.id DESC",
            (Sort::Newest | Sort::Priority, _) => "p.last_message_at DESC, p.id DESC",
            (Sort::Oldest, "c.") => "c.last_message_at, c.id",
            (Sort::Oldest, _) => "p.last_message_at, p.id",
            (Sort::Unanswered, "c.") => "c.unanswered_since, c.id",
            (Sort::Unanswered, _) => "p.unanswered_since, p.id",
        }
    }
}

/// The scope of a guest as a short list of ids, so that no list walks over everybody's cases.
fn involved(s: &mut Statement, scope: Scope) {
    if let Scope::Involved(user) = scope {
        s.push(" AND c.id IN (SELECT w.id FROM cases w WHERE w.active AND w.owner_id IS NOT NULL AND w.owner_id = ")
            .bind(user);
        s.push(" UNION ALL SELECT w.id FROM cases w WHERE NOT w.active AND w.owner_id IS NOT NULL AND w.owner_id = ")
            .bind(user);
        s.push(" UNION ALL SELECT n.case_id FROM note_mentions n WHERE n.user_id = ")
            .bind(user)
            .push(")");
    }
}

impl Filter {
    fn narrow(&self, s: &mut Statement, db: &Db) {
        if let Some(state) = self.state {
            s.push(" AND (c.state || '') = ").bind(state.key());
        }
        if let Some(waiting) = self.waiting {
            s.push(" AND c.waiting = ").bind(waiting);
        }
        match self.owner {
            Some(Owner::Nobody) => _ = s.push(" AND c.owner_id IS NULL"),
            Some(Owner::Is(user)) => _ = s.push(" AND c.owner_id = ").bind(user),
            None => {}
        }
        for (column, id) in [
            (" AND c.team_id = ", self.team),
            (" AND c.account_id = ", self.account),
            (" AND c.contact_id = ", self.contact),
        ] {
            if let Some(id) = id {
                s.push(column).bind(id);
            }
        }
        if let Some(tag) = self.tag {
            s.push(" AND c.id IN (SELECT g.case_id FROM case_tags g WHERE g.tag_id = ")
                .bind(tag)
                .push(")");
        }
        if let Some(priority) = self.priority {
            s.push(" AND (c.priority || '') = ").bind(priority.key());
        }
        if let Some(kind) = &self.request_type {
            s.push(" AND c.request_type = ").bind(kind.as_str());
        }
        if let Some(urgency) = self.urgency {
            s.push(" AND c.urgency = ").bind(urgency.key());
        }
        if let Some(language) = &self.language {
            s.push(" AND c.language = ").bind(language.as_str());
        }
        match self.sentiment {
            Some(SentimentClass::Negative) => _ = s.push(" AND c.sentiment_score <= -").push(FEELING),
            Some(SentimentClass::Positive) => _ = s.push(" AND c.sentiment_score >= ").push(FEELING),
            Some(SentimentClass::Neutral) => {
                s.push(" AND c.sentiment_score > -")
                    .push(FEELING)
                    .push(" AND c.sentiment_score < ")
                    .push(FEELING);
            }
            None => {}
        }
        if self.unanswered {
            s.push(" AND c.unanswered_since IS NOT NULL");
        }
        if let Some(words) = &self.words {
            s.push(" AND c.id IN (");
            Words::parse(words).cases(s, db.dialect());
            s.push(")");
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Nobody reads further than "1000+".
pub const COUNTED_TO: i64 = 1_000;

/// How many cases each view has, counted to [`COUNTED_TO`] + 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub mine: i64,
    pub unassigned: i64,
    pub teams: i64,
    pub mentions: i64,
    pub waiting: i64,
    pub all: i64,
    pub noise: i64,
    /// Of each of the reader's teams, in their order.
    pub each_team: Vec<i64>,
}

impl Counts {
    pub fn of(&self, view: View, reader: &Reader) -> Option<i64> {
        Some(match view {
            View::Mine => self.mine,
            View::Unassigned => self.unassigned,
            View::Teams => self.teams,
            View::Team(team) => *self.each_team.get(reader.teams.iter().position(|id| *id == team)?)?,
            View::Mentions => self.mentions,
            View::Waiting => self.waiting,
            View::All => self.all,
            View::Noise => self.noise,
            View::Resolved | View::Closed => return None,
        })
    }
}

/// The numbers of the side bar, in one query. [`View::Mentions`] counts the cases with notes not yet seen.
pub async fn counts(db: &Db, reader: &Reader) -> Result<Counts> {
    let mut s = Statement::new("");
    let fixed = [
        Stretch::Owned(reader.user),
        Stretch::State("new"),
        Stretch::State("waiting"),
        Stretch::Active,
        Stretch::Noise,
    ];
    for (at, stretch) in fixed.into_iter().enumerate() {
        s.push(if at == 0 {
            "SELECT COUNT(*), "
        } else {
            " UNION ALL SELECT COUNT(*), "
        })
        .bind(at as i64);
        s.push(" FROM (SELECT 1 FROM cases c WHERE ");
        counted(&mut s, stretch);
        involved(&mut s, reader.scope);
        s.push(" LIMIT 1001) x");
    }
    s.push(" UNION ALL SELECT COUNT(DISTINCT n.case_id), ")
        .bind(fixed.len() as i64);
    s.push(" FROM (SELECT m.case_id FROM note_mentions m WHERE m.user_id = ")
        .bind(reader.user);
    s.push(" AND m.seen_at IS NULL LIMIT 1001) n");
    let first_team = fixed.len() as i64 + 1;
    for (at, team) in reader.teams.iter().enumerate() {
        for state in ["new", "open"] {
            s.push(" UNION ALL SELECT COUNT(*), ")
                .bind(first_team + at as i64)
                .push(" FROM (SELECT 1 FROM cases c WHERE ");
            counted(&mut s, Stretch::Team(*team, state));
            involved(&mut s, reader.scope);
            s.push(" LIMIT 1001) x");
        }
    }
    let rows: Vec<(i64, i64)> = s.all(db).await?;
    let of = |which: i64| {
        rows.iter()
            .filter(|(_, at)| *at == which)
            .map(|(count, _)| count)
            .sum::<i64>()
    };
    let each_team: Vec<i64> = (0..reader.teams.len() as i64).map(|at| of(first_team + at)).collect();
    Ok(Counts {
        mine: of(0),
        unassigned: of(1),
        waiting: of(2),
        all: of(3),
        noise: of(4),
        mentions: of(5),
        teams: each_team.iter().sum(),
        each_team,
    })
}

/// The conditions of a stretch that its index alone can answer.
fn counted(s: &mut Statement, stretch: Stretch) {
    match stretch {
        Stretch::Owned(user) => {
            s.push("c.active AND c.owner_id IS NOT NULL AND c.state = 'open' AND c.owner_id = ")
                .bind(user);
        }
        Stretch::State(state) => _ = s.push("c.active AND c.state = ").bind(state),
        Stretch::Team(team, state) => {
            s.push("c.active AND c.team_id IS NOT NULL AND c.team_id = ")
                .bind(team)
                .push(" AND c.state = ")
                .bind(state);
        }
        Stretch::Noise => _ = s.push("c.noise IS NOT NULL"),
        Stretch::Active | Stretch::Mentions(_) | Stretch::Ended(_) => _ = s.push("c.active"),
    }
}

/// Something that menus and filters offer: a colleague, a team, a tag or a channel account.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Choice {
    /// `user`, `team`, `tag` or `account`.
    pub list: String,
    pub id: Uuid,
    pub name: String,
    /// Role of a user, colour of a tag, channel of an account.
    pub detail: String,
}

/// Everything that the desk's menus offer, by name, in one query.
pub async fn choices(db: &Db) -> Result<Vec<Choice>> {
    sql!(db, c => sqlx::query_as(
        "SELECT 'user' AS list, id, name, role AS detail FROM users WHERE active
         UNION ALL SELECT 'team', id, name, '' FROM teams
         UNION ALL SELECT 'tag', id, name, color FROM tags
         UNION ALL SELECT 'account', id, name, kind FROM channel_accounts
         ORDER BY 1, 3, 2",
    ).fetch_all(c).await)
}
