//! One plain sentence about a gate, for the client and for the staff. No sentence says anything about a body.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Gate, GateState, Standing};

/// An instant as people at the studio say it: `3 December 2026, 14:00`.
fn spoken(us: i64, zone: &TimeZone) -> String {
    Timestamp::from_microsecond(us).map_or_else(
        |_| "an unknown day".to_owned(),
        |at| at.to_zoned(zone.clone()).strftime("%-d %B %Y, %H:%M").to_string(),
    )
}

impl GateState {
    /// What the client reads: what to do next, in the local time of the studio.
    pub fn for_client(&self, zone: &TimeZone) -> String {
        use Gate::{Consent, Consultation, HealedReview, IdAndAge, PatchTest, Screening};
        use Standing::{Expired, Met, Missing, Refused, TooEarly};
        match (self.gate, self.standing) {
            (Consultation, Met { .. }) => "Your consultation is done.".into(),
            (Consultation, Missing) => "Please book a consultation first; treatment follows from it.".into(),
            (Consultation, Expired { .. }) => {
                "Your consultation will be too long ago by then; please book a new one.".into()
            }
            (Screening, Met { .. }) => "Your health questions are answered and looked at.".into(),
            (Screening, Missing) => "Please answer the health questions; the studio looks at them before you come.".into(),
            (Screening, Expired { .. }) => "Please answer the health questions once more, so that they are up to date.".into(),
            (Consent, Met { .. }) => "Your consent is signed.".into(),
            (Consent, Missing) => "Please read the consent form and sign it before you are treated.".into(),
            (Consent, Expired { .. }) => "Your consent is no longer up to date; please read and sign it again.".into(),
            (Consent, Refused) => "You have not agreed to the treatment, so it cannot go ahead; you can change your mind at any time.".into(),
            (PatchTest, Met { .. }) => "Your test dots were looked at.".into(),
            (PatchTest, Missing) => "Test dots have to be set and looked at first; please ask the studio for a time.".into(),
            (PatchTest, Expired { .. }) => "Your test dots will be too old by then; please ask the studio for new ones.".into(),
            (PatchTest, TooEarly { until_us }) => {
                format!("Your test dots can be looked at from {} on, and treated after that.", spoken(until_us, zone))
            }
            (IdAndAge, Met { .. }) => "Your identity document was seen.".into(),
            (IdAndAge, Missing | Expired { .. }) => "Please bring an identity document with your date of birth.".into(),
            (HealedReview, Met { .. }) => "The studio has looked at how your last session healed.".into(),
            (HealedReview, Missing | Expired { .. }) => {
                "Please send photos of your healed last session, or come by, so that the studio can look at them.".into()
            }
            (HealedReview, TooEarly { until_us }) => {
                format!("How your last session healed can be looked at from {} on.", spoken(until_us, zone))
            }
            (_, TooEarly { until_us }) => format!("The studio asks you to wait until {}.", spoken(until_us, zone)),
            (_, Refused) => "This cannot be booked at the moment; please talk to the studio, they will explain why.".into(),
        }
    }

    /// What the staff read: which gate, how it stands and who can change that.
    pub fn for_staff(&self, zone: &TimeZone) -> String {
        let gate = self.gate.name();
        let stands = match self.standing {
            Standing::Met { .. } => "met".to_owned(),
            Standing::Missing => "nothing clear on record".to_owned(),
            Standing::Expired { when_us } => format!("no longer counts from {} on", spoken(when_us, zone)),
            Standing::TooEarly { until_us } => format!("cannot be met before {}", spoken(until_us, zone)),
            Standing::Refused => "refused; see the finding in the record".to_owned(),
        };
        let follows = match (self.standing, self.blocks, self.override_allowed) {
            (Standing::Met { .. }, ..) => "",
            (_, false, _) => "; still open, and stops nothing yet",
            (_, true, true) => "; stops the visit unless two people override it with a reason",
            (_, true, false) => "; stops the visit and cannot be overridden",
        };
        format!("{gate}: {stands}{follows}.")
    }
}
