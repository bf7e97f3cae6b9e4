//! Which step has no place, and what would give it one.

use super::{ClientDays, CourseError, CourseQuestion, Relax, Same, Step};
use crate::search::Who;
use crate::zone::{days_between, plus_days};

/// Longest extension of a gap that is tried, in days.
const LONGER_GAP_DAYS: u32 = 60;
/// By how many days the end of the course is put off to see whether that helps.
const LATER_END_DAYS: [i64; 3] = [14, 30, 60];

/// Whether a question has a course at all.
pub(super) type Possible<'f> = &'f dyn Fn(&CourseQuestion) -> Result<bool, CourseError>;

/// The error of a question that has no course.
pub(super) fn no_place(question: &CourseQuestion, possible: Possible) -> CourseError {
    let mut step = 0;
    while step + 1 < question.steps.len() {
        match possible(&CourseQuestion { steps: &question.steps[..=step], ..*question }) {
            Ok(true) => step += 1,
            Ok(false) => break,
            Err(error) => return error,
        }
    }
    // The days of the step: from the first that the steps before can leave to the last.
    let mut window = match question.after {
        None => (question.from, question.to),
        Some(after) => (
            plus_days(after, question.steps[0].soonest_days()),
            plus_days(after, i64::from(question.steps[0].gap_max_days)),
        ),
    };
    for s in &question.steps[1..=step] {
        window = (plus_days(window.0, s.soonest_days()), plus_days(window.1, i64::from(s.gap_max_days)));
    }
    let (first, last) = (window.0.max(question.from), window.1.min(question.to).max(question.from));
    let relax = relaxations(question, step, possible);
    CourseError::NoPlace { step, first: first.min(last), last, relax }
}

/// What alone would make the course possible; each is tried.
fn relaxations(question: &CourseQuestion, step: usize, possible: Possible) -> Vec<Relax> {
    // Days that are not loaded answer nothing, and so are no help.
    let helps = |question: &CourseQuestion| possible(question).unwrap_or(false);
    let mut out = Vec::new();
    if step > 0 || question.after.is_some() {
        let with_gap = |gap_max_days: u32| {
            let mut steps: Vec<Step> = question.steps.to_vec();
            steps[step].gap_max_days = gap_max_days;
            helps(&CourseQuestion { steps: &steps, ..*question })
        };
        // A longer gap allows all that a shorter one does, so halving finds the shortest that helps.
        let mut fails = question.steps[step].gap_max_days;
        let mut works = fails.saturating_add(LONGER_GAP_DAYS);
        if with_gap(works) {
            while fails + 1 < works {
                let middle = fails + (works - fails) / 2;
                if with_gap(middle) { works = middle } else { fails = middle }
            }
            out.push(Relax::GapMax(works));
        }
    }
    if question.same == Same::Required && helps(&CourseQuestion { same: Same::Preferred, ..*question }) {
        out.push(Relax::OtherPractitioner);
    }
    if question.who != Who::Chain && helps(&CourseQuestion { who: Who::Chain, ..*question }) {
        out.push(Relax::AnyStudio);
    }
    let free = ClientDays::default();
    if *question.client != free && helps(&CourseQuestion { client: &free, ..*question }) {
        out.push(Relax::ClientDays);
    }
    let later = LATER_END_DAYS.iter().map(|days| plus_days(question.to, *days));
    let mut later = later.filter(|to| days_between(question.from, *to) < super::MAX_DAYS);
    out.extend(later.find(|to| helps(&CourseQuestion { to: *to, ..*question })).map(Relax::Until));
    out
}
