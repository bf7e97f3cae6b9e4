//! What happens after a session: rules for each day, what is normal, when to call.
//!
//! The texts are data with their sources, used by the report, the calendar and the studio. The rules are the product's
//! own guide (ten days without shower pressure, sweat and touching, 28 days without sun and swimming; `smp.md` 5.1),
//! between the stricter and the laxer published ones. **Triage needs clinical sign-off**: it was written from published
//! lists, not by a doctor, and a dermatologist has to approve it before a studio relies on it.

use serde::Serialize;

use crate::case::{Case, Look};

/// How the hair around the treated skin is worn: which rules of care have a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wear {
    /// Shaved or clipped to stubble.
    Clipped,
    /// Longer than stubble, up to [`LONG_HAIR_MM`].
    Short,
    /// Longer: it is combed, washed and dried, and stays.
    Long,
}

/// Hair over this length counts as long hair that stays, mm.
pub const LONG_HAIR_MM: f64 = 20.0;
/// Up to this length hair is stubble, mm: own design.
const STUBBLE_MM: f64 = 3.0;

impl Wear {
    /// How the client of a case wears the hair; the shaved look is worn clipped.
    pub fn of(case: &Case) -> Wear {
        if case.look == Look::Shaved || case.hair.length_mm <= STUBBLE_MM {
            Wear::Clipped
        } else if case.hair.length_mm <= LONG_HAIR_MM {
            Wear::Short
        } else {
            Wear::Long
        }
    }
}

/// A rule of care, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// The rule.
    pub text: &'static str,
    /// Who it is for.
    #[serde(skip)]
    hair: &'static [Wear],
}

/// For everybody.
const fn all(text: &'static str) -> Rule {
    Rule { text, hair: &[Wear::Clipped, Wear::Short, Wear::Long] }
}

/// For who cuts the hair with clippers or razor.
const fn cut(text: &'static str) -> Rule {
    Rule { text, hair: &[Wear::Clipped, Wear::Short] }
}

/// For who keeps long hair.
const fn long(text: &'static str) -> Rule {
    Rule { text, hair: &[Wear::Long] }
}

/// The texts of the rules that are for hair worn in a way.
pub fn rules_for(rules: &[Rule], wear: Wear) -> Vec<&'static str> {
    rules.iter().filter(|r| r.hair.contains(&wear)).map(|r| r.text).collect()
}

/// One phase of aftercare, counted from the end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Phase {
    /// Stable name.
    pub code: &'static str,
    /// First day, 0 = the day of the session.
    pub first_day: u16,
    /// Last day, included; `u16::MAX` = from then on.
    pub last_day: u16,
    /// The phase in a few words.
    pub title: &'static str,
    /// What to do.
    pub dos: &'static [Rule],
    /// What to leave.
    pub avoid: &'static [Rule],
    /// Where the rules come from.
    pub source: &'static str,
}

/// The last day of a phase without end.
pub const FROM_THEN_ON: u16 = u16::MAX;

/// The phases in order, without gaps from day 0 on. Every new session starts them again.
///
/// The rules for long hair are derived from the same days (keep dry, do not touch, nothing but mild washing): the
/// published lists are written for shaved heads (assumption).
pub const AFTERCARE: [Phase; 6] = [
    Phase {
        code: "dry",
        first_day: 0,
        last_day: 3,
        title: "Keep the scalp dry",
        dos: &[
            all("Dab with a clean damp cloth if the skin feels sticky or warm."),
            all("Sleep on a fresh pillow case; wear a loose, clean hat outside."),
            all("Drink water; take it easy."),
            all("Wear a shower cap in the shower."),
            long("Wear the hair loose. Comb the lengths only, with a wide comb, from the tips up."),
        ],
        avoid: &[
            all("Water, shampoo and moisturiser on the scalp."),
            all("Sweat: no gym, no sport, no sauna."),
            all("Touching and scratching."),
            cut("Shaving and clipping."),
            long("Comb or brush on the treated skin, tight ponytails, clips and hair bands over it."),
            long("Dry shampoo, sprays, hair fibres, hot air."),
            all("Direct sun."),
        ],
        source: "smp.md 5.1: S87, S88, S90, S91; long hair: derived",
    },
    Phase {
        code: "rinse",
        first_day: 4,
        last_day: 4,
        title: "First gentle rinse",
        dos: &[
            cut("Let lukewarm water run over the scalp by hand, then pat it dry."),
            long(
                "Let lukewarm water run along the parting with the lie of the hair; press the hair dry with a towel.",
            ),
            long("Let it dry in the air, or with cool air from a distance; comb the lengths when it is dry."),
            all("If the skin is dry, a thin film of an unscented moisturiser."),
        ],
        avoid: &[
            all("Hot water, shower pressure, scrubbing."),
            long("Rubbing with the towel, combing wet hair at the roots."),
            all("Sweat, sun, touching."),
        ],
        source: "smp.md 5.1: S90, S92; long hair: derived",
    },
    Phase {
        code: "gentle",
        first_day: 5,
        last_day: 9,
        title: "Gentle days",
        dos: &[
            cut("Rinse by hand once a day and pat dry; keep wearing the shower cap under the shower."),
            long(
                "Rinse by hand when the hair needs it and press it dry; keep wearing the shower cap under the shower.",
            ),
            long("Comb from the tips up and stop a finger's breadth before the treated skin."),
            all("Let scabs fall by themselves: fine flaking is normal now."),
            all("Walks and light activity are fine."),
            cut("Clippers only where no scab is left."),
        ],
        avoid: &[
            all("Shower pressure, hard exercise, sauna: sweat swells the pores and fades the pigment."),
            all("Picking, peeling, exfoliants, self-tanner."),
            cut("Razors."),
            long(
                "Brushes on the treated skin, hot air, curlers and straighteners near it, sprays and fibres.",
            ),
            all("Direct sun."),
        ],
        source: "smp.md 5.1: S87b, S88, S89, S90; ten days by the product's guide; long hair: derived",
    },
    Phase {
        code: "normal-wash",
        first_day: 10,
        last_day: 13,
        title: "Back to normal washing and sport",
        dos: &[
            all("Shower as usual with a mild, alcohol-free shampoo."),
            long("Wash, comb, brush and blow-dry as usual where every scab is gone; warm air, not hot."),
            all("Sport is fine again."),
            cut("A razor is fine where every scab is gone."),
        ],
        avoid: &[
            all("Sun, sunbed, swimming, sauna, steam."),
            all("Exfoliants, acids and retinoids on the scalp."),
            long("Colouring, bleaching, perms and straightening."),
        ],
        source: "smp.md 5.1: S29, S89, S91, S93; long hair: derived",
    },
    Phase {
        code: "shade",
        first_day: 14,
        last_day: 27,
        title: "Keep out of sun and pool",
        dos: &[
            all("Cover the scalp outside with a clean hat."),
            all("The colour still settles: do not judge it yet."),
        ],
        avoid: &[
            all("Sun, sunbed, swimming in pool or sea, sauna, steam."),
            long("Colouring, bleaching, perms and straightening: they wait until day 28."),
        ],
        source: "smp.md 5.1: S88, S92; long hair: derived",
    },
    Phase {
        code: "healed",
        first_day: 28,
        last_day: FROM_THEN_ON,
        title: "Healed",
        dos: &[
            all("Take a photo in the same light as before: now the colour can be judged."),
            cut("Swimming, sauna and sun are allowed; sun cream (SPF 30-50) every day keeps the pigment."),
            long(
                "Swimming, sauna and sun are allowed; sun spray (SPF 30-50) along the parting, or a hat, keeps the pigment.",
            ),
            cut("A trimmer rather than a wet shave; a matte lotion if the scalp shines."),
            long(
                "Colour your hair as you like: choose its tone first and the dots can be matched to it at a touch-up.",
            ),
        ],
        avoid: &[all("Strong sun without cover, retinoids and acids on the scalp: they fade the dots.")],
        source: "smp.md 5.1: S87, S88, S89, S92; long hair: derived",
    },
];

/// When something is allowed again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BackTo {
    /// What.
    pub what: Rule,
    /// From this day after a session.
    pub day: u16,
    /// What to know.
    pub note: &'static str,
}

/// What is allowed again when: by the rules of [`AFTERCARE`] and how long redness and scabs last (`smp.md` 5.1, 5.2);
/// desk work, dusty work and what concerns long hair are derived from these (assumption).
pub const BACK_TO: [BackTo; 12] = [
    BackTo {
        what: long("Combing the lengths"),
        day: 0,
        note: "The treated skin stays untouched; no tight ponytail.",
    },
    BackTo { what: all("Desk work"), day: 1, note: "The scalp may still be red; a loose hat hides it." },
    BackTo {
        what: all("Meeting people without a hat"),
        day: 3,
        note: "Redness is usually gone in 1-3 days.",
    },
    BackTo { what: all("Rinsing by hand"), day: 4, note: "Lukewarm, no pressure." },
    BackTo {
        what: all("Dusty or sweaty work"),
        day: 10,
        note: "Before that dust and sweat reach open skin.",
    },
    BackTo { what: all("Shower and shampoo"), day: 10, note: "With a mild shampoo." },
    BackTo { what: all("Sport"), day: 10, note: "Ask the studio before contact sports and helmets." },
    BackTo { what: cut("Razor"), day: 10, note: "Only where no scab is left." },
    BackTo {
        what: long("Brushing, blow-drying, styling"),
        day: 10,
        note: "Where every scab is gone; warm, not hot.",
    },
    BackTo { what: all("Looking one's best"), day: 10, note: "Scabs are usually gone by day 8-10." },
    BackTo {
        what: long("Colouring, bleaching, perms"),
        day: 28,
        note: "Tell the hairdresser about the dots.",
    },
    BackTo { what: all("Sun, pool, sea, sauna"), day: 28, note: "Then with sun cream, every day." },
];

/// The rows of [`BACK_TO`] for hair worn in a way.
pub fn back_to(wear: Wear) -> impl Iterator<Item = &'static BackTo> {
    BACK_TO.iter().filter(move |b| b.what.hair.contains(&wear))
}

/// A sign of normal healing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Normal {
    /// The sign.
    pub sign: &'static str,
    /// How long it usually lasts.
    pub lasts: &'static str,
    /// Where this comes from.
    pub source: &'static str,
}

/// Normal healing (`smp.md` 5.2).
pub const NORMAL: [Normal; 8] = [
    Normal { sign: "Redness", lasts: "hours to 2 days, on pale skin up to 3", source: "S93, S94, S96b" },
    Normal {
        sign: "Slight swelling",
        lasts: "hours to a day; it may sink to the forehead on day 2-3",
        source: "S96",
    },
    Normal { sign: "Soreness", lasts: "up to 2 days", source: "S10" },
    Normal { sign: "Itching, a tight feeling", lasts: "some days, usually under a week", source: "S93, S94" },
    Normal { sign: "Tiny scabs", lasts: "until day 8-10", source: "S93" },
    Normal {
        sign: "Dots look dark at first, then lighter",
        lasts: "day 3-14, as the scabs fall",
        source: "S30, S35",
    },
    Normal { sign: "Colour looks uneven", lasts: "until day 28; then it can be judged", source: "S10, S35" },
    Normal {
        sign: "A small lymph node in the neck",
        lasts: "settles; call if it hurts or grows",
        source: "S93, S94",
    },
];

/// How urgent a sign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// Part of healing: look after it at home.
    Normal,
    /// Call the studio within 24 hours.
    CallStudio,
    /// See a doctor the same or the next day.
    SeeDoctor,
    /// Call an ambulance or go to an emergency department now.
    Emergency,
}

impl Urgency {
    /// What to do, in a few words.
    pub fn action(self) -> &'static str {
        match self {
            Urgency::Normal => "Normal: look after it at home",
            Urgency::CallStudio => "Call the studio within 24 hours",
            Urgency::SeeDoctor => "See a doctor today or tomorrow",
            Urgency::Emergency => "Emergency: call for help now",
        }
    }
}

/// One row of the triage table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Triage {
    /// Number of the row in `smp.md` 5.4.
    pub row: u8,
    /// The sign, in plain words.
    pub sign: &'static str,
    /// How urgent.
    pub urgency: Urgency,
    /// Where the rule comes from.
    pub source: &'static str,
}

/// Version of the triage table: changes when a row changes.
pub const TRIAGE_VERSION: &str = "1 (not yet signed off by a clinician)";

/// The triage table (`smp.md` 5.4), most urgent first; the highest matching row counts. Row 19 is the rule of
/// [`raised`].
pub const TRIAGE: [Triage; 19] = [
    Triage {
        row: 1,
        sign: "Trouble breathing, swelling of throat, tongue or face, fainting, hives all over the body",
        urgency: Urgency::Emergency,
        source: "unconfirmed: anaphylaxis guidance",
    },
    Triage {
        row: 2,
        sign: "Fever of 38 °C or more together with shaking chills, confusion, fast pulse or breathing, or redness or pain that spreads fast",
        urgency: Urgency::Emergency,
        source: "unconfirmed: sepsis guidance",
    },
    Triage {
        row: 3,
        sign: "Red streaks running from the treated skin",
        urgency: Urgency::Emergency,
        source: "S104, S104b",
    },
    Triage {
        row: 4,
        sign: "Stiff neck, severe headache, an eye swollen shut or double vision with signs of infection",
        urgency: Urgency::Emergency,
        source: "unconfirmed; anatomy S15c",
    },
    Triage {
        row: 5,
        sign: "Chest or jaw pain, a seizure, numb lips or a racing heart after numbing cream",
        urgency: Urgency::Emergency,
        source: "unconfirmed: local-anaesthetic toxicity",
    },
    Triage {
        row: 6,
        sign: "Fever or chills without other signs in the first two weeks",
        urgency: Urgency::SeeDoctor,
        source: "S102, S103, S104",
    },
    Triage {
        row: 7,
        sign: "Pus, yellow or green discharge, a bad smell",
        urgency: Urgency::SeeDoctor,
        source: "S102, S104",
    },
    Triage {
        row: 8,
        sign: "Redness, warmth or swelling that still spreads or grows after two to three days",
        urgency: Urgency::SeeDoctor,
        source: "S103, S104",
    },
    Triage {
        row: 9,
        sign: "Pain that gets worse after two days",
        urgency: Urgency::SeeDoctor,
        source: "S102",
    },
    Triage {
        row: 10,
        sign: "Oozing or bleeding after three days",
        urgency: Urgency::SeeDoctor,
        source: "S104c",
    },
    Triage {
        row: 11,
        sign: "Blisters, a weeping rash, raised itchy patches, hives on the treated skin",
        urgency: Urgency::SeeDoctor,
        source: "S84c, S85",
    },
    Triage {
        row: 12,
        sign: "New bumps or pustules in the dots one to eight weeks later that do not go away",
        urgency: Urgency::SeeDoctor,
        source: "S101",
    },
    Triage {
        row: 13,
        sign: "Lumps, thickened patches or itching months or years later",
        urgency: Urgency::SeeDoctor,
        source: "S100b, S100c",
    },
    Triage {
        row: 20,
        sign: "Lymph nodes in the neck that hurt and grow",
        urgency: Urgency::SeeDoctor,
        source: "S93",
    },
    Triage {
        row: 14,
        sign: "Redness for more than two to three days that does not spread",
        urgency: Urgency::CallStudio,
        source: "S93",
    },
    Triage {
        row: 15,
        sign: "Itching that keeps you awake, tight scabs, a scab picked off",
        urgency: Urgency::CallStudio,
        source: "assumption",
    },
    Triage {
        row: 16,
        sign: "A swollen forehead or eyelids on days 1-4, without pain or fever",
        urgency: Urgency::CallStudio,
        source: "assumption",
    },
    Triage {
        row: 18,
        sign: "Dots that look blue, green or blurred after day 28",
        urgency: Urgency::CallStudio,
        source: "S41",
    },
    Triage {
        row: 17,
        sign: "Uneven, too dark or too light before day 28",
        urgency: Urgency::Normal,
        source: "S35",
    },
];

/// Row 19: with a weakened immune system, diabetes, a heart valve or in pregnancy, the signs of rows 6-12 count one
/// level higher (assumption).
pub fn raised(triage: &Triage) -> Urgency {
    match triage.urgency {
        Urgency::SeeDoctor if (6..=12).contains(&triage.row) => Urgency::Emergency,
        other => other,
    }
}

/// The days after a session at which a client is asked how it goes (`smp.md` 5.4, assumption).
pub const CHECK_IN_DAYS: [u16; 7] = [1, 3, 7, 14, 28, 90, 365];

/// A question with its answer in plain words.
pub type Answer = (&'static str, &'static str);

/// What SMP is and is not (`smp.md` 1, 1.1, 2.3, 3.3, 7.2), for a look.
pub fn what_it_is(case: &Case) -> [Answer; 4] {
    [
        (
            "It is",
            match case.look {
                Look::Shaved | Look::Hairline => {
                    "thousands of tiny dots of pigment, set into the upper layer of the skin with a fine needle, so that they look like shaved hairs."
                }
                Look::Density => {
                    "thousands of tiny dots of pigment, set between your hairs into the upper layer of the skin with a fine needle, so that less pale skin shows through."
                }
                Look::Scar => {
                    "tiny dots of pigment, set into the scar with a fine needle, so that its pale skin stands out less from the hair around it."
                }
            },
        ),
        (
            "It is not hair",
            match case.look {
                Look::Shaved | Look::Hairline => {
                    "Nothing grows. It is the look of a closely shaved head. The dots blend into a shadow from about a metre away; nearer than that a sharp eye in good light can tell single dots from hairs, and fingers feel nothing."
                }
                Look::Density => {
                    "Nothing grows and no hair becomes thicker. From about a metre away the dots blend into the shadow at the roots of your hair; nearer, where the hair parts, a sharp eye in good light can make out single dots."
                }
                Look::Scar => {
                    "Nothing grows, and the scar stays as smooth or raised as it is. From about a metre away the dots blend with the stubble around them; nearer, a sharp eye in good light can find the scar."
                }
            },
        ),
        (
            "It is lasting, not eternal",
            if case.look == Look::Scar {
                "The dots fade slowly, in scars about twice as fast as elsewhere, and are refreshed then. Removal is possible by laser, in a few visits, and is never certain to leave no trace."
            } else {
                "The dots fade slowly over years and are refreshed then. Removal is possible by laser, in a few visits, and is never certain to leave no trace."
            },
        ),
        (
            "It does not change your hair",
            if case.look == Look::Scar {
                "Existing hair goes on growing as before, and hair around the scar is best worn at a length that matches the dots."
            } else {
                "Existing hair goes on growing as before. It does not stop hair loss: if you lose more hair later, the plan looks ahead to that too."
            },
        ),
    ]
}

/// What it asks for afterwards, in a sentence.
pub fn upkeep(case: &Case) -> &'static str {
    match (case.look, Wear::of(case)) {
        (Look::Scar, Wear::Long) | (Look::Density, _) | (_, Wear::Long) => {
            "It asks little afterwards: wash and comb as you always did, and keep the sun off the treated skin with a hat or sun spray, for sun fades the dots."
        }
        (Look::Scar, _) => {
            "It asks little afterwards: sun cream on the scar when it is bare, and hair around it cut to the length that hides it best."
        }
        _ => {
            "It asks little afterwards: sun cream every day, and a clipper every day or two, so that real stubble and dots keep the same length."
        }
    }
}

/// What to ask an artist before anything is agreed (`smp.md` 3.2, 4.2, 4.3, 6.3, 7.2), for a look.
pub fn questions(case: &Case) -> Vec<&'static str> {
    let mut out = vec![match case.look {
        Look::Scar => "May I see healed results on scars like mine, a month old or more, unfiltered?",
        _ => "May I see healed results, a month old or more, on skin and hair like mine, unfiltered?",
    }];
    match case.look {
        Look::Shaved | Look::Hairline => {
            out.push("How low is the hairline, and how will it look when I am ten and twenty years older?");
        }
        Look::Density => {
            out.push("Is my hair dense enough for dots between it, and what will show if it becomes thinner or grey?");
            out.push("Do you part the hair and work between it without cutting any?");
        }
        Look::Scar => {
            out.push("Is my scar old, flat and pale enough, and do I tend to raised scars (keloids)?");
            out.push("How many extra sessions do you expect if the scar takes less pigment?");
        }
    }
    out.extend([
        "Which pigment do you use, is it made for tattooing, and may I see its label and batch number?",
        "What do you dilute it with? It must be sterile, from a fresh bottle, and mixed for me alone.",
        "Will you set a few test dots first, and look at them healed?",
        "Is every needle single-use and opened before my eyes?",
        "What happens if a colour heals too dark, too light or uneven? What does the price include?",
        "Which of my illnesses, allergies and medicines matter? (Never stop a prescribed medicine for this without your doctor.)",
        "Whom do I call if something looks wrong, on a weekend too?",
        "Who keeps my photos and health answers, and how do I have them erased?",
    ]);
    out
}

/// Words that only plans with a hairline use.
const HAIRLINE_WORDS: [&str; 3] = ["Feathered edge", "Fronto-temporal corner", "Glabella"];

/// The words that the report of a case uses.
pub fn glossary(case: &Case) -> Vec<(&'static str, &'static str)> {
    let line = matches!(case.look, Look::Shaved | Look::Hairline);
    let stage = case.loss.stage.is_some();
    let used = |word: &str| (line || !HAIRLINE_WORDS.contains(&word)) && (stage || word != "Norwood, Ludwig");
    GLOSSARY.into_iter().filter(|(word, _)| used(word)).collect()
}

/// The words of the field in plain words.
pub const GLOSSARY: [(&str, &str); 12] = [
    ("Dot", "one deposit of pigment, about a quarter of a millimetre wide when healed."),
    ("Density", "dots per square centimetre."),
    (
        "Dilution",
        "how much sterile fluid is mixed with the pigment: “1 : 12” is one part pigment to twelve parts fluid. More fluid, lighter dots.",
    ),
    ("Feathered edge", "the first millimetres of a hairline, where dots start sparse, as in grown hair."),
    ("Fronto-temporal corner", "where the front hairline turns back towards the temple."),
    (
        "Glabella",
        "the most forward point between the eyebrows; heights are measured up from it along the skin.",
    ),
    ("Healed", "28 days after a session, when the colour can be judged."),
    ("Micropigmentation", "setting pigment into skin with a fine needle: a tattoo of dots."),
    ("Norwood, Ludwig", "scales that number the patterns of hair loss in men and in women."),
    ("Session", "one visit in which a share of the dots is set all over the area."),
    ("Touch-up", "a short session after years that refreshes faded dots."),
    ("Zone", "a part of the scalp with its own density, needle and pigment."),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The phase of a day after a session.
    fn phase(day: u16) -> &'static Phase {
        AFTERCARE.iter().find(|p| (p.first_day..=p.last_day).contains(&day)).unwrap_or(&AFTERCARE[5])
    }

    #[test]
    fn phases_follow_each_other_without_gaps_and_keep_the_guide() {
        assert_eq!(AFTERCARE[0].first_day, 0);
        for pair in AFTERCARE.windows(2) {
            assert_eq!(pair[0].last_day + 1, pair[1].first_day);
        }
        assert_eq!(AFTERCARE[5].last_day, FROM_THEN_ON);
        // The product's guide: shower pressure and sport from day 10, sun and pool from day 28.
        assert!((0..10).all(|d| phase(d).code != "normal-wash"));
        assert_eq!(phase(10).code, "normal-wash");
        assert_eq!((phase(27).code, phase(28).code, phase(9000).code), ("shade", "healed", "healed"));
        let again = |what: &str| BACK_TO.iter().find(|b| b.what.text == what).map(|b| b.day);
        assert_eq!((again("Sport"), again("Sun, pool, sea, sauna")), (Some(10), Some(28)));
    }

    #[test]
    fn long_hair_has_rules_for_washing_and_combing_and_none_for_razors() {
        let texts = |wear: Wear| -> Vec<String> {
            let phases =
                AFTERCARE.iter().flat_map(|p| [rules_for(p.dos, wear), rules_for(p.avoid, wear)].concat());
            phases.chain(back_to(wear).map(|b| b.what.text)).map(str::to_lowercase).collect()
        };
        let says =
            |wear: Wear, words: &[&str]| texts(wear).iter().any(|t| words.iter().any(|w| t.contains(w)));
        let blades = ["razor", "trimmer", "clipper", "shav", "clipping"];
        let combs = ["comb", "brush"];
        for (wear, blade) in [(Wear::Clipped, true), (Wear::Short, true), (Wear::Long, false)] {
            assert_eq!((says(wear, &blades), says(wear, &combs)), (blade, !blade), "{wear:?}");
        }
        // Combing or washing is spoken of in every phase before all is allowed again.
        for phase in &AFTERCARE[..4] {
            let rules =
                [rules_for(phase.dos, Wear::Long), rules_for(phase.avoid, Wear::Long)].concat().join(" ");
            assert!(rules.to_lowercase().contains("comb"), "{}", phase.code);
        }
        // Nobody is left without something to do.
        for wear in [Wear::Clipped, Wear::Short, Wear::Long] {
            assert!(AFTERCARE.iter().all(|p| !rules_for(p.dos, wear).is_empty()));
        }
    }

    #[test]
    fn every_row_of_the_triage_table_is_there_once_most_urgent_first() {
        let mut rows: Vec<u8> = TRIAGE.iter().map(|t| t.row).collect();
        rows.sort_unstable();
        let expected: Vec<u8> = (1..=20).filter(|&r| r != 19).collect();
        assert_eq!(rows, expected);
        assert!(TRIAGE.windows(2).all(|w| w[0].urgency >= w[1].urgency));
        assert!(TRIAGE.iter().all(|t| raised(t) >= t.urgency));
        assert_eq!(raised(&TRIAGE[6]), Urgency::Emergency);
    }
}
