//! A version of the plan in short: how far it is, its first and last picture, its numbers.

use std::collections::HashMap;

use hairline_studio::ids::{ClientId, StudioId};
use hairline_studio::practice::Practice;
use hairline_studio::seal::DataKey;
use hairline_studio::store::files::{self, File, What};
use hairline_studio::store::plans::{self, Plan, Status};
use hairline_studio::store::{self, Tx, jobs};
use uuid::Uuid;

use super::super::page::small_of;
use super::super::when;
use crate::planner::{Numbers, STEPS};

/// A picture of a plan.
#[derive(Clone)]
pub struct Picture {
    /// The file.
    pub id: Uuid,
    /// The same small.
    pub small: Uuid,
    /// Its name without folder and ending: `front-before`.
    pub stem: String,
    /// What is to be seen.
    pub words: String,
}

/// A plan with its files as the store has them.
pub struct Found {
    /// The plan.
    pub plan: Plan,
    /// How many versions there are.
    pub versions: usize,
    /// Plans that the engine makes first, where it has not begun.
    pub before: i64,
    /// Files of the plan, by name.
    pub files: Vec<File>,
    /// Small pictures by the file they are of.
    pub smalls: HashMap<Uuid, Uuid>,
}

/// A version in short.
pub struct Card {
    /// Version, from 1.
    pub number: i64,
    /// How many versions there are.
    pub versions: usize,
    /// Waiting or being planned.
    pub busy: bool,
    /// How far it is, in words.
    pub state: String,
    /// Why the engine refused.
    pub failed: Option<String>,
    /// When it was accepted.
    pub accepted: Option<String>,
    /// Numbers.
    pub numbers: Option<Numbers>,
    /// Before, and healed after each session, from where it is seen best.
    pub pictures: Vec<Picture>,
}

/// The newest version of a client's plan.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, key: &DataKey, client: ClientId) -> Result<Option<Found>, store::Error> {
    let all = plans::of(tx, key, client)?;
    let versions = all.len();
    all.into_iter().next().map(|plan| with_files(tx, key, plan, versions)).transpose()
}

/// A plan with its files.
///
/// # Errors
/// The store's.
pub fn with_files(
    tx: &mut Tx<'_>,
    key: &DataKey,
    plan: Plan,
    versions: usize,
) -> Result<Found, store::Error> {
    let mut files = files::made_of(tx, key, &[plan.id])?;
    files.retain(|f| f.what == What::Plan);
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let ids: Vec<Uuid> = files.iter().map(|f| f.id).collect();
    let smalls = small_of(&files::made_of(tx, key, &ids)?);
    let before = before(tx, &plan)?;
    Ok(Found { plan, versions, before, files, smalls })
}

/// What pages show of a plan's numbers.
pub fn numbers(plan: &Plan) -> Option<Numbers> {
    plan.content.numbers.clone().and_then(|numbers| serde_json::from_value(numbers).ok())
}

/// How many plans the engine makes before one.
///
/// # Errors
/// The store's.
pub fn before(tx: &mut Tx<'_>, plan: &Plan) -> Result<i64, store::Error> {
    match plan.status {
        Status::Asked if plan.progress == 0 => jobs::before(tx, plans::JOB, plan.id),
        _ => Ok(0),
    }
}

/// How far a plan is, in words.
pub fn state(plan: &Plan, before: i64) -> String {
    let step = usize::try_from(plan.progress).ok().and_then(|n| STEPS.get(n)).copied().unwrap_or(STEPS[0]);
    match plan.status {
        Status::Asked if plan.progress == 0 => match before {
            0 => "Waiting for the engine".to_owned(),
            1 => "Waiting for the engine: one plan comes first".to_owned(),
            n => format!("Waiting for the engine: {n} plans come first"),
        },
        Status::Asked => format!("Being planned: {step}"),
        Status::Done => "Planned".to_owned(),
        Status::Failed => "Cannot be planned".to_owned(),
    }
}

/// A view and a moment in words: `front-session-1-healed`.
pub fn picture_words(stem: &str, numbers: &Numbers) -> String {
    let (view, moment) = stem.split_once('-').unwrap_or((stem, ""));
    let moment = numbers.moments.iter().find(|(name, _)| name == moment).map(|(_, label)| label.clone());
    let moment = moment.or_else(|| {
        let years = stem.rsplit_once("later-")?.1;
        Some(format!("if the loss goes on for {years} years"))
    });
    let view = match view {
        "front" => "Front",
        "top" => "Top",
        "left" => "Left",
        "right" => "Right",
        "back" => "Back",
        "closeup" => "Close-up",
        "fade" => return "How it fades over the years".to_owned(),
        other => other,
    };
    moment.map_or_else(|| view.to_owned(), |moment| format!("{view}, {moment}"))
}

/// All pictures of a plan.
pub fn pictures(found: &Found, numbers: &Numbers) -> Vec<Picture> {
    let stem = |name: &str| Some(name.strip_prefix("preview/")?.strip_suffix(".jpg")?.to_owned());
    let one = |file: &File| {
        let (stem, small) = (stem(&file.name)?, *found.smalls.get(&file.id)?);
        let words = picture_words(&stem, numbers);
        Some(Picture { id: file.id, small, words, stem })
    };
    found.files.iter().filter_map(one).collect()
}

/// The plan in short.
pub fn card(practice: &Practice, home: StudioId, found: Found) -> Card {
    let numbers = numbers(&found.plan);
    let mut chosen = Vec::new();
    if let Some(numbers) = &numbers {
        let all = pictures(&found, numbers);
        let n = numbers.sessions.len();
        let view = &numbers.view;
        let healed = (1..=n).map(|n| format!("{view}-session-{n}-healed"));
        let wanted = std::iter::once(format!("{view}-before")).chain(healed);
        for stem in wanted {
            chosen.extend(all.iter().find(|p| p.stem == stem).cloned());
        }
    }
    let plan = found.plan;
    Card {
        number: plan.number,
        versions: found.versions,
        busy: plan.status == Status::Asked,
        state: state(&plan, found.before),
        failed: plan.content.failed.clone(),
        accepted: plan.accepted_us.map(|us| when(practice, us, home)),
        numbers,
        pictures: chosen,
    }
}
