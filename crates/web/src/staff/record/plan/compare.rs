//! Two versions of the plan beside each other: numbers and pictures.

use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::permission::Action;
use hairline_studio::store::plans::{self, Plan};
use serde::Deserialize;
use uuid::Uuid;

use super::super::open;
use super::card::{self, Picture};
use crate::App;
use crate::extract::Query;
use crate::page::{self, Frame};
use crate::planner::Numbers;
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// With which version; the one before if not said.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    with: Option<i64>,
}

/// A number of both versions.
pub struct Line {
    what: String,
    old: String,
    new: String,
    differs: bool,
}

#[derive(askama::Template)]
#[template(path = "plan_compare.html")]
struct Page {
    frame: Frame,
    code: String,
    name: String,
    old: i64,
    new: i64,
    others: Vec<i64>,
    lines: Vec<Line>,
    /// What is to be seen, the small picture and the file of the old version, and of the new.
    pictures: Vec<(String, Option<(Uuid, Uuid)>, Option<(Uuid, Uuid)>)>,
    /// Lines of the case that one has and the other has not.
    case: Vec<(bool, String)>,
}

/// `GET /staff/clients/{code}/plans/{number}/compare`
pub async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((code, new)): Path<(String, i64)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let actor = signed_in.actor.clone();
    let (opened, mine, theirs, others) = signed_in
        .office
        .read(move |desk| {
            let opened = open(desk, &actor, &code, Action::SeeHealth)?;
            let all = plans::of(desk.tx, &opened.key, opened.client.id)?;
            let done = |p: &&Plan| card::numbers(p).is_some();
            let before = all.iter().filter(done).map(|p| p.number).find(|n| *n < new);
            let old = asked.with.or(before);
            let others = all.iter().filter(done).map(|p| p.number).filter(|n| *n != new).collect::<Vec<_>>();
            let mut one = |number: Option<i64>| {
                let plan = all.iter().filter(done).find(|p| Some(p.number) == number).cloned();
                let plan = plan.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
                Ok::<_, Problem>(card::with_files(desk.tx, &opened.key, plan, all.len())?)
            };
            let (mine, theirs) = (one(Some(new))?, one(old)?);
            Ok::<_, Problem>((opened, mine, theirs, others))
        })
        .await?;
    let both = card::numbers(&theirs.plan).zip(card::numbers(&mine.plan));
    let (a, b) = both.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let page = Page {
        frame: Frame::new(&app, "/staff/clients", "Compare plans").hidden().staff(&signed_in.person.name),
        name: opened.client.person.as_ref().map(|p| p.name.clone()).unwrap_or_default(),
        code: opened.client.code,
        old: theirs.plan.number,
        new,
        others,
        pictures: beside(&card::pictures(&theirs, &a), &card::pictures(&mine, &b)),
        case: difference(&theirs.plan.content.case, &mine.plan.content.case),
        lines: lines(&a, &b),
    };
    page::private(&page)
}

fn lines(a: &Numbers, b: &Numbers) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = |what: &str, of: &dyn Fn(&Numbers) -> String| {
        let (old, new) = (of(a), of(b));
        lines.push(Line { what: what.to_owned(), differs: old != new, old, new });
    };
    line("Look", &|n| n.look.clone());
    line("Dots", &|n| n.dots.to_string());
    line("Skin treated", &|n| format!("{:.0} cm²", n.area_cm2));
    if a.hairline_mm.is_some() || b.hairline_mm.is_some() {
        line("Hairline above the brow", &|n| {
            n.hairline_mm.map_or("none".to_owned(), |h| format!("{h:.0} mm"))
        });
    }
    line("Sessions", &|n| n.sessions.len().to_string());
    for i in 0..a.sessions.len().max(b.sessions.len()) {
        line(&format!("Session {}", i + 1), &|n| {
            n.sessions.get(i).map_or("none".to_owned(), |s| format!("{} dots, {:.0} min", s.dots, s.minutes))
        });
    }
    line("Price of the plan", &|n| format!("{:.0} {}", n.price, n.currency));
    line("Touch-up due after", &|n| {
        let [early, _, late] = n.touch_up_years;
        format!("{early:.1} to {late:.1} years")
    });
    line("Pigment", &|n| n.pigment.clone());
    lines
}

/// Pictures of the moments that matter most, of both versions; the last session of each.
fn beside(a: &[Picture], b: &[Picture]) -> Vec<(String, Option<(Uuid, Uuid)>, Option<(Uuid, Uuid)>)> {
    let last = |of: &[Picture], view: &str| {
        let stem =
            |p: &&Picture| p.stem.starts_with(&format!("{view}-session-")) && p.stem.ends_with("-healed");
        of.iter().filter(stem).max_by(|x, y| x.stem.cmp(&y.stem)).map(|p| (p.small, p.id))
    };
    let views = [
        ("front", "Healed, front"),
        ("top", "Healed, from above"),
        ("left", "Healed, left"),
        ("back", "Healed, back"),
        ("closeup", "Healed, close up"),
    ];
    let pairs = views.into_iter().map(|(view, words)| (words.to_owned(), last(a, view), last(b, view)));
    pairs.filter(|(_, old, new)| old.is_some() || new.is_some()).collect()
}

/// Lines of one text that the other has not: `false` of the old, `true` of the new, in order.
fn difference(old: &str, new: &str) -> Vec<(bool, String)> {
    let only = |of: &str, than: &str| -> Vec<String> {
        let there: Vec<&str> = than.lines().map(str::trim).collect();
        let mut table = String::new();
        let mut lines = Vec::new();
        for line in of.lines().map(str::trim).filter(|l| !l.is_empty()) {
            if line.starts_with('[') {
                table = format!("{} ", line.trim_matches(['[', ']']));
            } else if !there.contains(&line) {
                lines.push(format!("{table}{line}"));
            }
        }
        lines
    };
    let gone = only(old, new).into_iter().map(|line| (false, line));
    gone.chain(only(new, old).into_iter().map(|line| (true, line))).collect()
}
