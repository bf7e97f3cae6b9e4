//! Aftercare, normal healing, when to call.

use hairline_plan::Plan;
use hairline_plan::care::{self, AFTERCARE, FROM_THEN_ON, NORMAL, Phase, TRIAGE, Urgency, Wear};
use hairline_plan::plan::SessionPlan;
use hairline_plan::words::lower_first;

use super::{day_after, drawn, heading, part, table, text};
use crate::forecast::first_days_chart;
use crate::pdf::{Block, PdfError, Tone};

pub(super) fn day_by_day(plan: &Plan) -> Vec<Block> {
    let wear = Wear::of(&plan.case);
    let mut columns = vec![("Days after a session".to_string(), 2.0)];
    columns.extend(plan.sessions.iter().map(|s| (format!("Session {}", s.number), 1.0)));
    let rows = AFTERCARE
        .iter()
        .map(|phase| {
            let mut row = vec![format!("**{}**: {}", days(phase), lower_first(phase.title))];
            row.extend(
                plan.sessions.iter().enumerate().map(|(i, s)| dates(phase, s, plan.sessions.get(i + 1))),
            );
            row
        })
        .collect();
    let columns: Vec<(&str, f64, bool)> = columns.iter().map(|(t, w)| (t.as_str(), *w, false)).collect();
    let mut blocks = vec![
        Block::Need(100.0),
        heading("After each session, day by day"),
        text(
            "The day of the session is day 0. **Every session starts the days again.** The first ten days decide how much of the colour stays: keep the scalp dry and calm, do not sweat, do not touch.",
        ),
        table("Which days of aftercare fall on which dates", &columns, rows),
    ];
    for phase in &AFTERCARE {
        blocks.push(Block::Need(26.0));
        blocks.push(part(&format!("{}: {}", days(phase), lower_first(phase.title))));
        blocks
            .push(Block::Bullets(care::rules_for(phase.dos, wear).into_iter().map(str::to_string).collect()));
        let label = if phase.last_day == FROM_THEN_ON { "Better not" } else { "Not yet" };
        let avoid: Vec<String> =
            care::rules_for(phase.avoid, wear).iter().map(|a| lower_first(a.trim_end_matches('.'))).collect();
        blocks.push(text(format!("**{label}:** {}.", avoid.join("; "))));
    }
    blocks.push(Block::Need(92.0));
    blocks.push(part("Back to work, sport and sun"));
    let rows = care::back_to(wear)
        .map(|b| vec![format!("**{}**", b.what.text), format!("Day {}", b.day), b.note.to_string()])
        .collect();
    blocks.push(table(
        "What is allowed again from which day after a session",
        &[("What", 1.5, false), ("From", 0.6, false), ("Good to know", 2.4, false)],
        rows,
    ));
    blocks
}

fn days(phase: &Phase) -> String {
    match (phase.first_day, phase.last_day) {
        (a, FROM_THEN_ON) => format!("From day {a}"),
        (a, b) if a == b => format!("Day {a}"),
        (a, b) => format!("Days {a}–{b}"),
    }
}

/// The dates of a phase after a session, until the next session starts the days again.
fn dates(phase: &Phase, session: &SessionPlan, next: Option<&SessionPlan>) -> String {
    let until = next.map_or(u16::MAX, |n| u16::try_from(n.when.day - session.when.day).unwrap_or(u16::MAX));
    if phase.first_day >= until {
        return String::new();
    }
    let last = phase.last_day.min(until - 1);
    match (phase.first_day, last) {
        (a, FROM_THEN_ON | 65534) => format!("from {}", day_after(session, a)),
        (a, b) if a == b => day_after(session, a),
        (a, b) => format!("{} – {}", day_after(session, a), day_after(session, b)),
    }
}

pub(super) fn healing(plan: &Plan) -> Result<Vec<Block>, PdfError> {
    let rows = NORMAL.iter().map(|n| vec![format!("**{}**", n.sign), n.lasts.to_string()]).collect();
    Ok(vec![
        Block::Need(105.0),
        heading("What is normal while it heals"),
        text(
            "The skin was worked on; it shows that for a few days. Many people are startled in the first week: the dots look too dark and too large at first, then too light. Both pass. Nobody can judge the colour before day 28. What is **not** normal, and whom to call then, stands on the last page.",
        ),
        table(
            "Signs of normal healing and how long they last",
            &[("Sign", 1.2, false), ("How long", 2.0, false)],
            rows,
        ),
        Block::Need(95.0),
        drawn(
            first_days_chart(plan),
            "How red the scalp is, and how many dots have a scab: eight of ten people lie within the bands.",
        )?,
    ])
}

pub(super) fn when_to_call(plan: &Plan) -> Vec<Block> {
    let mut blocks = vec![
        Block::NewPage,
        heading("Side effects, and when to call"),
        text(
            "Serious trouble is uncommon. If you see one of these signs, do what the highest matching box says.",
        ),
    ];
    for (urgency, tone) in [
        (Urgency::Emergency, Tone::Urgent),
        (Urgency::SeeDoctor, Tone::Warning),
        (Urgency::CallStudio, Tone::Care),
        (Urgency::Normal, Tone::Calm),
    ] {
        let mut signs: Vec<String> =
            TRIAGE.iter().filter(|t| t.urgency == urgency).map(|t| format!("{}.", t.sign)).collect();
        if urgency == Urgency::SeeDoctor {
            signs.push("Tell the doctor that pigment was set into the skin, and when.".to_string());
        }
        if urgency == Urgency::Normal {
            signs
                .push("Everything in the table of normal healing, for as long as it says there.".to_string());
        }
        let mut body = vec![Block::Bullets(signs)];
        let contact = &plan.case.studio.contact;
        if urgency == Urgency::CallStudio && !contact.is_empty() {
            body.push(text(format!("Your studio: **{contact}**")));
        }
        blocks.push(Block::Callout { tone, title: urgency.action().to_string(), body });
    }
    let kept = TRIAGE.iter().filter(|t| t.urgency == Urgency::SeeDoctor && care::raised(t) == t.urgency);
    let kept: Vec<String> = kept.map(|t| lower_first(t.sign)).collect();
    blocks.push(text(format!(
        "With a weakened immune system, diabetes, an artificial heart valve, or in pregnancy: treat the signs of the doctor's \
         box as an emergency, except: {}.",
        kept.join("; ")
    )));
    blocks.push(Block::Small(format!(
        "This table is version {}; it needs clinical sign-off and is no medical advice.",
        care::TRIAGE_VERSION
    )));
    blocks
}
