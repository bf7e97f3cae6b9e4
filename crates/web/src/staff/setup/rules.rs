//! The rules of a chain: what clients can do themselves, and what must be done before treatment.

use hairline_studio::booking::{InsideNotice, Rules};
use hairline_studio::gates::{Concerns, GATES, Gate, Moment, Need, Policy, ServiceKind};
use hairline_studio::practice::{Chain, Settings};

use super::fields::{Field, Kind};
use super::forms::Reader;
use super::read::Form;

/// The kinds of visit that something must be done before.
const KINDS: [(&str, &str, ServiceKind); 3] = [
    ("patch_test", "Before a patch test", ServiceKind::PatchTest),
    ("session", "Before a session", ServiceKind::Session),
    ("touch_up", "Before a touch-up", ServiceKind::TouchUp),
];
/// Whom the patch test concerns: those with an allergy flag alone, or everybody.
const FLAGGED: &str = "flagged";
const EVERYBODY: &str = "everybody";

/// How a gate is called in the form.
fn word(gate: Gate) -> String {
    format!("{gate:?}")
}

fn inside(name: &str, label: &str, value: InsideNotice, keeps: &str) -> Field {
    let all = vec![
        ("keep".to_owned(), keeps.to_owned()),
        ("ask".to_owned(), "not by themselves; the studio does it for them".to_owned()),
    ];
    let chosen = if value == InsideNotice::KeepDeposit { "keep" } else { "ask" };
    Field::new(name, label, Kind::One(all), chosen)
}

/// The form of the rules as they stand.
pub fn form(chain: &Chain) -> Form {
    let Settings { booking: b, gates, .. } = &chain.settings;
    let mut fields = vec![
        Field::number("hold", "Minutes for which a time is kept while a client books", b.hold_min),
        Field::number("notice", "Hours of notice to move or call off a visit", b.notice_hours),
        inside(
            "cancel",
            "Calling off later than that",
            b.cancel_inside_notice,
            "is possible; the deposit stays",
        ),
        inside("move", "Moving later than that", b.move_inside_notice, "is possible; the deposit stays"),
        Field::number(
            "check_in",
            "Minutes before a visit from which a client is checked in",
            b.check_in_opens_min,
        ),
        Field::number(
            "missing",
            "Minutes after the start from which a client is missing",
            b.missing_after_min,
        ),
        Field::number("per_address", "Times kept at once by one address of the network", b.holds_per_address),
        Field::number("per_browser", "Times kept at once by one browser", b.holds_per_browser),
        Field::number(
            "before",
            "Hours before a visit at which everything is looked at again",
            gates.before_hours,
        )
        .hint("For what is booked or moved from now on"),
    ];
    let everybody = gates
        .needs
        .values()
        .flatten()
        .any(|need| need.gate == Gate::PatchTest && need.concerns == Concerns::Everyone);
    let whom = vec![
        (FLAGGED.to_owned(), "clients with an allergy flag".to_owned()),
        (EVERYBODY.to_owned(), "everybody".to_owned()),
    ];
    let chosen = if everybody { EVERYBODY } else { FLAGGED };
    fields.push(Field::new("patch_for", "The patch test is for", Kind::One(whom), chosen));
    let all: Vec<(String, String)> = GATES.iter().map(|g| (word(*g), g.name().to_owned())).collect();
    for (name, label, kind) in KINDS {
        let needed = gates.needs.get(&kind).into_iter().flatten().map(|need| word(need.gate));
        fields.push(Field::many(name, label, all.clone(), &needed.collect::<Vec<_>>()));
    }
    for (gate, rule) in &gates.rules {
        let days = rule.valid_days.map(|days| days.to_string()).unwrap_or_default();
        let (name, label) =
            (format!("days_{}", word(*gate)), format!("{}: good for so many days", gate.name()));
        fields.push(Field::text(&name, &label, &days).hint("Empty: for good"));
        let label = format!("{}: two people together may go past it", gate.name());
        fields.push(Field::check(&format!("past_{}", word(*gate)), &label, rule.override_allowed));
    }
    Form { title: "Rules".to_owned(), version: chain.version, fields, id: chain.id.0 }
}

/// The rules of a form over those that stand.
pub(super) fn read(r: &mut Reader<'_>, stands: Settings) -> Settings {
    let inside = |sent: String| {
        if sent == "keep" { InsideNotice::KeepDeposit } else { InsideNotice::AskStudio }
    };
    let booking = Rules {
        hold_min: r.from(1, "hold", 60),
        notice_hours: r.number("notice", 24 * 60),
        cancel_inside_notice: inside(r.sent.get("cancel")),
        move_inside_notice: inside(r.sent.get("move")),
        check_in_opens_min: r.number("check_in", 24 * 60),
        missing_after_min: r.number("missing", 24 * 60),
        holds_per_address: r.from(1, "per_address", 1000),
        holds_per_browser: r.from(1, "per_browser", 20),
    };
    let mut gates = Policy { before_hours: r.number("before", 24 * 30), ..stands.gates };
    let usual = Policy::default();
    let concerns = match r.sent.get("patch_for").as_str() {
        EVERYBODY => Concerns::Everyone,
        _ => Concerns::AllergyFlag,
    };
    for (name, _, kind) in KINDS {
        let chosen = r.sent.all(name);
        let stood = gates.needs.remove(&kind).unwrap_or_default();
        let was = |gate: Gate| {
            let of = |needs: &[Need]| needs.iter().find(|need| need.gate == gate).copied();
            of(&stood).or_else(|| of(usual.needs.get(&kind)?))
        };
        let need = |gate: &Gate| {
            // What this kind of visit never had is asked for at the door.
            let (gate, must_by) = (*gate, Moment::AtCheckIn);
            let new = |concerns| Need { gate, must_by, concerns };
            match gate {
                Gate::PatchTest => Need { concerns, ..was(gate).unwrap_or(new(concerns)) },
                Gate::HealedReview => was(gate).unwrap_or(new(Concerns::LaterSessions)),
                _ => was(gate).unwrap_or(new(Concerns::Everyone)),
            }
        };
        let needed = GATES.iter().filter(|gate| chosen.contains(&word(**gate))).map(need);
        gates.needs.insert(kind, needed.collect());
    }
    for (gate, rule) in &mut gates.rules {
        let name = format!("days_{}", word(*gate));
        rule.valid_days = (!r.sent.get(&name).is_empty()).then(|| r.from(1, &name, 3660));
        rule.override_allowed = r.check(&format!("past_{}", word(*gate)));
    }
    Settings { booking, gates, ..stands }
}
