//! "How good are we here": what people put right, over time, and what was learnt of it.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use voce_domain::labels::LabelKind;
use voce_store::{
    labels::CORRECTABLE,
    quality::{self, Confusion, Learnt, WEEK, Weeks},
    relabel::{self, Walk},
    request_types::{self, RequestTypeRow},
};

use crate::{
    App, May, Result,
    desk::labels::value_name,
    right,
    shell::{Html, Shell},
    state::now,
    text::Text,
};

/// Weeks that can be looked back on, the first unless one is asked for.
const SPANS: [i64; 2] = [52, 12];
const CONFUSIONS: i64 = 12;

#[derive(Template)]
#[template(path = "quality/show.html")]
struct Page {
    shell: Shell,
    /// Weeks that are shown.
    span: i64,
    labelled: i64,
    corrected: i64,
    lines: Vec<Line>,
    confusions: Vec<ConfusionView>,
    walk: Option<Walk>,
    model: u32,
}

/// One label.
struct Line {
    name: String,
    corrected: i64,
    /// Share of the messages of which nobody changed it, e.g. `98.2 %`; empty without messages.
    kept: String,
    /// The same by week as the points of a line in a box of 100 × 24, oldest first.
    curve: String,
    /// The same by week in words.
    weeks: Vec<(String, String)>,
    lessons: i64,
    judged: i64,
    shipped: String,
    learnt: String,
    better: bool,
}

struct ConfusionView {
    label: String,
    was: String,
    now: String,
    made: i64,
}

impl Page {
    fn percent(&self) -> i64 {
        self.walk.as_ref().map_or(0, |walk| (walk.share() * 100.0) as i64)
    }

    fn walking(&self) -> bool {
        self.walk.as_ref().is_some_and(|walk| walk.ended_at.is_none())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    weeks: Option<i64>,
}

/// `GET /settings/quality`
pub async fn show(
    may: May<right::ReadReports>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (t, now) = (may.user.text(), now());
    let span = asked.weeks.filter(|weeks| SPANS.contains(weeks)).unwrap_or(SPANS[0]);
    let weeks = quality::weeks(&app.db, span, now).await?;
    let learnt = quality::learnt(&app.db).await?;
    let types = request_types::all(&app.db).await?;
    let confusions = quality::confusions(&app.db, now - span * WEEK, CONFUSIONS).await?;
    let page = Page {
        span,
        labelled: weeks.labelled.values().sum(),
        corrected: weeks.corrected.values().sum(),
        lines: CORRECTABLE
            .iter()
            .map(|label| line(&t, *label, span, &weeks, &learnt))
            .collect(),
        confusions: confusions
            .into_iter()
            .map(|confusion| view(&t, &types, confusion))
            .collect(),
        walk: relabel::walk(&app.db).await?,
        model: voce_text::VERSION,
        shell: Shell::new(may, "settings"),
    };
    Ok(Html(page).into_response())
}

fn line(t: &Text, label: LabelKind, span: i64, weeks: &Weeks, learnt: &Learnt) -> Line {
    let made = |week: i64| {
        weeks
            .corrected
            .get(&(label.key().to_owned(), week))
            .copied()
            .unwrap_or_default()
    };
    let messages = |week: i64| weeks.labelled.get(&week).copied().unwrap_or_default();
    let share = |made: i64, of: i64| (of > 0).then(|| 1.0 - made.min(of) as f64 / of as f64);
    let by_week: Vec<Option<f64>> = (0..span).rev().map(|week| share(made(week), messages(week))).collect();
    let corrected: i64 = (0..span).map(made).sum();
    let progress = learnt.of(label);
    let part = |right: i64| match progress.judged {
        0 => String::new(),
        judged => percent(t, right as f64 / judged as f64),
    };
    Line {
        name: t.get(&format!("label-{}", label.key().replace('_', "-"))),
        corrected,
        kept: share(corrected, weeks.labelled.values().sum())
            .map(|share| percent(t, share))
            .unwrap_or_default(),
        curve: curve(&by_week),
        weeks: by_week
            .iter()
            .zip((0..span).rev())
            .filter_map(|(share, ago)| Some((t.count("quality-weeks-ago", &ago), percent(t, (*share)?))))
            .collect(),
        lessons: progress.lessons,
        judged: progress.judged,
        shipped: part(progress.shipped_right),
        learnt: part(progress.learnt_right),
        better: progress.learnt_right > progress.shipped_right,
    }
}

/// Points of an SVG line: the box shows 80 % to 100 %, what is below lies on its floor. Weeks without messages are left out.
fn curve(shares: &[Option<f64>]) -> String {
    let step = 100.0 / shares.len().saturating_sub(1).max(1) as f64;
    let points = shares.iter().enumerate().filter_map(|(at, share)| {
        let height = ((*share)? - 0.8).max(0.0) / 0.2;
        Some(format!("{:.1},{:.1}", at as f64 * step, 22.0 - height * 20.0))
    });
    points.collect::<Vec<_>>().join(" ")
}

fn percent(t: &Text, share: f64) -> String {
    let text = format!("{:.1} %", share * 100.0);
    if t.code() == "it" { text.replace('.', ",") } else { text }
}

fn view(t: &Text, types: &[RequestTypeRow], confusion: Confusion) -> ConfusionView {
    ConfusionView {
        label: t.get(&format!("label-{}", confusion.label.replace('_', "-"))),
        was: value_name(t, types, &confusion.label, confusion.was.as_deref()),
        now: value_name(t, types, &confusion.label, confusion.now.as_deref()),
        made: confusion.made,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_a_point_for_each_week_with_messages() {
        assert_eq!(curve(&[Some(1.0), None, Some(0.9)]), "0.0,2.0 100.0,12.0");
        assert_eq!(curve(&[Some(0.3)]), "0.0,22.0");
        assert_eq!(curve(&[]), "");
    }

    #[test]
    fn corrections_lower_the_share_that_was_kept() {
        let mut weeks = Weeks::default();
        weeks.labelled.insert(0, 200);
        weeks.corrected.insert(("noise".into(), 0), 3);
        let line = line(&Text::IT, LabelKind::Noise, 12, &weeks, &Learnt::default());
        assert_eq!((line.kept.as_str(), line.corrected, line.judged), ("98,5 %", 3, 0));
        assert_eq!(line.learnt, "");
    }
}
