//! What the program starts with. Sections are those of `smp.md` (in `docs/sources.md`); what no source says is marked
//! as an assumption, and all of it is a setting.

use std::collections::BTreeMap;

use super::{Concerns, Gate, Moment, Need, Policy, Rule, ServiceKind};

/// A year of validity: forms are renewed yearly (S108b).
const YEAR_DAYS: u32 = 365;
/// Six months, the validity of a patch test (`smp.md` 4.2, assumption).
const HALF_YEAR_DAYS: u32 = 183;

fn rule(valid_days: Option<u32>, override_allowed: bool) -> Rule {
    Rule { valid_days, fresh_at_check_in_days: None, look_after_hours: vec![], override_allowed }
}

fn rules() -> BTreeMap<Gate, Rule> {
    BTreeMap::from([
        // Advice is good for a year (assumption); a client known from elsewhere can be let through by two people.
        (Gate::Consultation, rule(Some(YEAR_DAYS), true)),
        // Answers are good for half a year when booking, and asked again at every visit (`smp.md` 4.3, assumption): at
        // check-in they are at most three days old, so that they can be answered at home. What was refused stays refused
        // until somebody clears it: nobody goes past it.
        (Gate::Screening, Rule { fresh_at_check_in_days: Some(3), ..rule(Some(HALF_YEAR_DAYS), false) }),
        // Signed before each series of treatments, renewed yearly (`smp.md` 4.3; S108b). Without it nobody is treated.
        (Gate::Consent, rule(Some(YEAR_DAYS), false)),
        // Read at 48 hours and at 7 days, good for 6 months from the day the dots were set (`smp.md` 4.2, assumption).
        (Gate::PatchTest, Rule { look_after_hours: vec![48, 168], ..rule(Some(HALF_YEAR_DAYS), true) }),
        // Seen once: nobody grows younger. Under 18 is a refusal by law or policy (`smp.md` 4.1: S115, S125).
        (Gate::IdAndAge, rule(None, false)),
        // Not before the shortest gap of 7 days (`smp.md` 1.7: S30), while scabs last (to day 8-10, S93) the reviewer says
        // pending.
        (Gate::HealedReview, Rule { look_after_hours: vec![168], ..rule(None, true) }),
    ])
}

fn needs() -> BTreeMap<ServiceKind, Vec<Need>> {
    use Concerns::{AllergyFlag, Everyone, LaterSessions};
    use Moment::{AtBooking, AtCheckIn, Before72h};
    let list = |rows: &[(Gate, Moment, Concerns)]| {
        rows.iter().map(|&(gate, must_by, concerns)| Need { gate, must_by, concerns }).collect::<Vec<_>>()
    };
    // When each must be met is an assumption: what takes days to put right is asked early, what is done at the door late.
    BTreeMap::from([
        (ServiceKind::Consultation, vec![]),
        (
            ServiceKind::PatchTest,
            list(&[
                (Gate::Screening, AtCheckIn, Everyone),
                (Gate::Consent, AtCheckIn, Everyone),
                (Gate::IdAndAge, AtCheckIn, Everyone),
            ]),
        ),
        (
            ServiceKind::Session,
            list(&[
                (Gate::Consultation, AtBooking, Everyone),
                (Gate::Screening, AtBooking, Everyone),
                // Offered to all, required where allergies are flagged (`smp.md` 4.2).
                (Gate::PatchTest, Before72h, AllergyFlag),
                (Gate::HealedReview, Before72h, LaterSessions),
                (Gate::Consent, AtCheckIn, Everyone),
                (Gate::IdAndAge, AtCheckIn, Everyone),
            ]),
        ),
        (
            ServiceKind::TouchUp,
            list(&[
                (Gate::Screening, AtBooking, Everyone),
                (Gate::PatchTest, Before72h, AllergyFlag),
                (Gate::Consent, AtCheckIn, Everyone),
                (Gate::IdAndAge, AtCheckIn, Everyone),
            ]),
        ),
        (ServiceKind::Review, vec![]),
    ])
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { before_hours: 72, rules: rules(), needs: needs() }
    }
}
