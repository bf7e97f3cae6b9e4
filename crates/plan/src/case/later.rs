//! The part of a case that says what happens after the sessions: what makes the colour fade, and what was measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::design::ZoneKind;

/// What decides how the result heals and fades. Sizes of the effects and their sources stand in [`crate::forecast::kinetics`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ForecastInput {
    /// Share of the darkness planned for day 28 under which the client wants a touch-up (default 0.5: an assumption that
    /// gives the usual three to four years).
    #[schemars(range(min = 0.2, max = 0.9))]
    pub touch_up_at: f64,
    /// Sun on the scalp.
    pub sun: Sun,
    /// Swims in chlorinated water more than three times a week.
    pub chlorine: bool,
    /// Uses exfoliants, acids, retinoids, salicylic or tar shampoo on the scalp.
    pub exfoliants: bool,
    /// How the aftercare of the first days goes.
    pub aftercare: Aftercare,
    /// What colours the dots.
    pub pigment: PigmentKind,
    /// Points of the needle used on the body of the scalp (default 3); clusters of seven and more hold better.
    #[schemars(range(min = 1, max = 15))]
    pub body_needle_points: u8,
    /// What the studio has learnt from its earlier clients (`hairline fade --learn-from` prints it); without it the
    /// published figures alone.
    pub studio: Option<StudioExperience>,
}

impl Default for ForecastInput {
    fn default() -> ForecastInput {
        ForecastInput {
            touch_up_at: 0.5,
            sun: Sun::Usual,
            chlorine: false,
            exfoliants: false,
            aftercare: Aftercare::Kept,
            pigment: PigmentKind::CarbonBlack,
            body_needle_points: 3,
            studio: None,
        }
    }
}

/// Sun on the scalp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sun {
    /// Sun cream and hat.
    Covered,
    /// As most people.
    #[default]
    Usual,
    /// Out of doors every day without cover.
    Unprotected,
}

/// How the aftercare of the first days goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Aftercare {
    /// The rules are kept.
    #[default]
    Kept,
    /// Heavy sweat, sport or soaking in the first four days.
    Broken,
}

/// What colours the dots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PigmentKind {
    /// Carbon black.
    #[default]
    CarbonBlack,
    /// A blend of iron oxides: its black goes sooner than its red.
    IronOxide,
    /// A pigment made to be absorbed (tricopigmentation).
    Resorbable,
}

/// What a studio has learnt from its earlier clients: medians and spreads (1 SD of the logarithm) from client to client, and
/// how sure the medians are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudioExperience {
    /// Clients it was learnt from.
    #[schemars(range(min = 1, max = 1000000))]
    pub clients: u32,
    /// Median darkness on day 28, as a share of what was planned.
    #[schemars(range(min = 0.2, max = 3))]
    pub healed_darkness: f64,
    /// Spread of that from client to client.
    #[schemars(range(min = 0.01, max = 1))]
    pub healed_ln_spread: f64,
    /// How sure the median is, 1 SD of its logarithm.
    #[schemars(range(min = 0.001, max = 1))]
    pub healed_ln_unsure: f64,
    /// Median yearly fading rate of normal skin under usual sun.
    #[schemars(range(min = 0.01, max = 2))]
    pub fade_per_year: f64,
    /// Spread of that from client to client.
    #[schemars(range(min = 0.01, max = 1.5))]
    pub fade_ln_spread: f64,
    /// How sure the median is, 1 SD of its logarithm.
    #[schemars(range(min = 0.001, max = 1))]
    pub fade_ln_unsure: f64,
}

/// A measurement of the healed or older result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// Days after the last session.
    #[schemars(range(min = 28, max = 7300))]
    pub day: f64,
    /// Where; without it the zone with the most dots.
    #[serde(default)]
    pub zone: Option<ZoneKind>,
    /// How dark the dots look, as a share of what was planned for day 28: lightness of the bare skin beside them less that of
    /// the dotted skin (CIELAB L*, photograph with a colour card), divided by `healed_lightness_drop` of the plan.
    #[schemars(range(min = 0, max = 3))]
    pub darkness: f64,
    /// Error of that share, 1 SD. Default 0.08, or what 0.3 L* make of a faint zone's drop where that is more (assumptions
    /// until photographs are repeated).
    #[serde(default)]
    #[schemars(range(min = 0.005, max = 0.5))]
    pub darkness_error: Option<f64>,
}
