//! The part of a case that says what the pigment is matched to, and within which means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::design::ZoneKind;

/// What the pigment is matched to, and what the artist can vary for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Matching {
    /// Mean colour that the treated skin should have instead of that of the client's stubble, CIELAB D65, specular
    /// excluded: `[L, a, b]`, for example measured on a patch of hair the client likes.
    pub patch_lab_sce: Option<[f64; 3]>,
    /// Measured colour of the hair itself, CIELAB D65, specular excluded; without it that of the name in `hair.colour`.
    pub hair_lab_sce: Option<[f64; 3]>,
    /// Days after the shave for which the stubble is matched. Default: what `hair.length_mm` takes to grow, at most 5; 1 for
    /// long hair.
    #[schemars(range(min = 0, max = 5))]
    pub stubble_days: Option<f64>,
    /// Growth of stubble, mm a day (0.28-0.41 found, default 0.35, `smp.md` 2.1).
    #[schemars(range(min = 0.2, max = 0.5))]
    pub growth_mm_per_day: f64,
    /// Share of the hairs that are grey now, 0-1, beside hair of `hair.colour`.
    #[schemars(range(min = 0, max = 1))]
    pub grey_share: f64,
    /// How much of all hairs turn grey in a year (default 0: unknown).
    #[schemars(range(min = 0, max = 0.3))]
    pub grey_share_per_year: f64,
    /// The healed result may be darker than its target by so many units of L* at most (default 1.5: about one just noticeable
    /// difference from afar, an assumption).
    #[schemars(range(min = 0, max = 10))]
    pub darker_limit_l: f64,
    /// Smallest and largest healed diameter the artist can set, mm: given, the match chooses `artist.dot_diameter_mm` in it.
    #[schemars(inner(range(min = 0.08, max = 0.8)))]
    pub diameter_mm: Option<[f64; 2]>,
    /// Lowest and highest density of the body, dots per cm2: given, the match chooses `artist.density_per_cm2` in it.
    #[schemars(inner(range(min = 10, max = 200)))]
    pub density_per_cm2: Option<[f64; 2]>,
    /// Least and greatest depth of the needle, mm: given, the match chooses `artist.depth_mm` in it.
    #[schemars(inner(range(min = 0.1, max = 2)))]
    pub depth_mm: Option<[f64; 2]>,
}

impl Default for Matching {
    fn default() -> Matching {
        Matching {
            patch_lab_sce: None,
            hair_lab_sce: None,
            stubble_days: None,
            growth_mm_per_day: 0.35,
            grey_share: 0.0,
            grey_share_per_year: 0.0,
            darker_limit_l: 1.5,
            diameter_mm: None,
            density_per_cm2: None,
            depth_mm: None,
        }
    }
}

/// Dilutions of the healed result by kind of zone, ml of diluent to 1 ml of pigment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ZoneShades {
    /// The first 15 mm behind the line.
    #[schemars(range(min = 1, max = 60))]
    pub hairline: Option<f64>,
    /// Body of the scalp.
    #[schemars(range(min = 1, max = 60))]
    pub body: Option<f64>,
    /// The sides and back where dots blend into hair.
    #[schemars(range(min = 1, max = 60))]
    pub blend: Option<f64>,
    /// Between long hair along the part.
    #[schemars(range(min = 1, max = 60))]
    pub part: Option<f64>,
    /// Scar tissue.
    #[schemars(range(min = 1, max = 60))]
    pub scar: Option<f64>,
}

impl ZoneShades {
    /// That of a kind of zone, to read.
    pub fn of(&self, kind: ZoneKind) -> Option<f64> {
        match kind {
            ZoneKind::Hairline => self.hairline,
            ZoneKind::Body => self.body,
            ZoneKind::Blend => self.blend,
            ZoneKind::Part => self.part,
            ZoneKind::Scar => self.scar,
        }
    }

    /// That of a kind of zone, to change.
    pub fn of_mut(&mut self, kind: ZoneKind) -> &mut Option<f64> {
        match kind {
            ZoneKind::Hairline => &mut self.hairline,
            ZoneKind::Body => &mut self.body,
            ZoneKind::Blend => &mut self.blend,
            ZoneKind::Part => &mut self.part,
            ZoneKind::Scar => &mut self.scar,
        }
    }
}
