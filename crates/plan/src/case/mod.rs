//! The case: who the client is, what they lost, what they wish.
//!
//! These types are the case file. The JSON Schema, the checks and the help of a wrong key all come from them
//! ([`schema`]); [`read`] turns a TOML or JSON text into a [`Case`] or into sentences that say what is wrong where.

mod check;
mod examples;
mod later;
mod matching;
mod nodes;
mod read;
mod schema;
mod studio;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use examples::EXAMPLES;
pub use later::{Aftercare, FollowUp, ForecastInput, PigmentKind, StudioExperience, Sun};
pub use matching::{Matching, ZoneShades};
pub use read::{CaseError, Problem, read};
pub use schema::schema;
pub use studio::{Alternatives, Artist, Occasion, OccasionKind, Paper, Sessions, Studio, Weekday};

use hairline_optics::illuminant::Illuminant;
use hairline_scalp::loss::Stage;

/// A complete case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A name for the plan, without the client's name.
    #[serde(default)]
    #[schemars(length(max = 80))]
    pub title: String,
    /// What the treatment should look like.
    pub look: Look,
    /// Number that fixes every random choice: same case, same seed, same plan.
    #[serde(default)]
    #[schemars(range(max = 4294967295u64))]
    pub seed: u64,
    /// The client.
    #[serde(default)]
    pub client: Client,
    /// The head, measured or scanned.
    #[serde(default)]
    pub head: HeadInput,
    /// The hair loss.
    #[serde(default)]
    pub loss: Loss,
    /// The hair that is there.
    #[serde(default)]
    pub hair: Hair,
    /// The skin.
    #[serde(default)]
    pub skin: Skin,
    /// The hairline wished for; without it looks `shaved` and `hairline` take the default of sex and age.
    #[serde(default)]
    pub hairline: Hairline,
    /// The parting along which long hair is worn (look `density`).
    #[serde(default)]
    pub parting: Parting,
    /// Scars on the scalp.
    #[serde(default)]
    pub scars: Vec<Scar>,
    /// Moles and other spots that no needle may touch.
    #[serde(default)]
    pub spots: Vec<Spot>,
    /// Dots of an earlier treatment.
    #[serde(default)]
    pub earlier: Earlier,
    /// The artist's means.
    #[serde(default)]
    pub artist: Artist,
    /// How the work is split into sessions, and when.
    #[serde(default)]
    pub sessions: Sessions,
    /// What decides how the result heals and fades.
    #[serde(default)]
    pub forecast: ForecastInput,
    /// What the pigment is matched to.
    #[serde(default)]
    pub matching: Matching,
    /// Light in which the pictures show the head, to an eye that is used to it: d65 (daylight), led, tungsten, shade.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["d65", "led", "tungsten", "shade"]))]
    pub light: Illuminant,
    /// What was measured on the healed result.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub follow_up: Vec<FollowUp>,
    /// The studio and its prices.
    #[serde(default)]
    pub studio: Studio,
    /// Inputs of the ten-year comparison: examples to replace with local prices.
    #[serde(default)]
    pub alternatives: Alternatives,
}

/// What the treatment should look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// The shaved look: the whole bald area and its blend into the client's own stubble.
    #[default]
    Shaved,
    /// Density between existing hair, no hairline drawn.
    Density,
    /// The hairline and the recession behind it only.
    Hairline,
    /// Scars only.
    Scar,
}

/// The client, as far as a plan needs to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Age, years; decides how conservative the hairline is.
    #[serde(default)]
    #[schemars(range(min = 18, max = 100))]
    pub age_years: Option<u32>,
    /// Which anatomy statistics fill what is not measured. The hairline's style is a separate choice.
    #[serde(default)]
    pub anatomy: Anatomy,
}

/// Anatomy statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Anatomy {
    /// Statistics of men.
    Male,
    /// Statistics of women.
    Female,
    /// Both together.
    #[default]
    Unspecified,
}

/// The head: either a scan or measurements (or a scan whose scale a tape measurement corrects).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadInput {
    /// Scan file (GLB, OBJ, PLY, STL), path relative to the case file.
    #[serde(default)]
    pub scan: Option<String>,
    /// Landmarks in the scan file's own coordinates and units.
    #[serde(default)]
    pub landmarks: ScanLandmarks,
    /// Tape and caliper measurements, any subset.
    #[serde(default)]
    pub measurements: Measurements,
}

/// Landmarks in a scan file's own coordinates; any subset, the rest is found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanLandmarks {
    /// Deepest point of the nose root.
    #[serde(default)]
    pub nasion: Option<[f64; 3]>,
    /// Most forward point between the brows.
    #[serde(default)]
    pub glabella: Option<[f64; 3]>,
    /// External occipital protuberance.
    #[serde(default)]
    pub inion: Option<[f64; 3]>,
    /// Notch above the tragus, client's left.
    #[serde(default)]
    pub tragion_left: Option<[f64; 3]>,
    /// Notch above the tragus, client's right.
    #[serde(default)]
    pub tragion_right: Option<[f64; 3]>,
}

/// Tape and caliper measurements of a head. Ranges: far outside what ANSUR II saw is refused here; what contradicts the
/// joint statistics is said by the head's fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measurements {
    /// Head circumference over glabella and opisthocranion, mm.
    #[serde(default)]
    #[schemars(range(min = 480, max = 680))]
    pub circumference_mm: Option<f64>,
    /// Head length, glabella to opisthocranion, mm.
    #[serde(default)]
    #[schemars(range(min = 150, max = 235))]
    pub length_mm: Option<f64>,
    /// Head breadth above the ears, mm.
    #[serde(default)]
    #[schemars(range(min = 120, max = 190))]
    pub breadth_mm: Option<f64>,
    /// Arc from nasion over the vertex to the inion, mm.
    #[serde(default)]
    #[schemars(range(min = 270, max = 450))]
    pub nasion_inion_arc_mm: Option<f64>,
    /// Arc from tragus to tragus over the vertex, mm.
    #[serde(default)]
    #[schemars(range(min = 270, max = 430))]
    pub tragus_arc_mm: Option<f64>,
    /// Height of the top of the head above the tragion, mm.
    #[serde(default)]
    #[schemars(range(min = 95, max = 170))]
    pub tragion_top_mm: Option<f64>,
    /// Whether the tape lay on shaved skin or over hair.
    #[serde(default)]
    pub tape: Tape,
}

/// Where the tape lay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tape {
    /// On shaved skin.
    #[default]
    OnSkin,
    /// Over hair.
    OverHair,
}

/// The hair loss; at most one of stage, share, patches and painted zones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Loss {
    /// A stage of a published scale.
    #[schemars(schema_with = "schema::stage")]
    pub stage: Option<Stage>,
    /// Alopecia areata: share of the scalp, percent (SALT); 95 and more is totalis.
    #[schemars(range(min = 1, max = 100))]
    pub areata_percent: Option<f64>,
    /// Alopecia areata: the patches themselves.
    pub patches: Vec<PatchInput>,
    /// Painted zones.
    pub painted: Vec<PaintedZone>,
    /// Years from one stage to the next, for the look ahead (default 9: an assumption, people differ widely).
    #[schemars(range(min = 1, max = 40))]
    pub years_per_stage: f64,
}

impl Default for Loss {
    fn default() -> Loss {
        Loss { stage: None, areata_percent: None, patches: vec![], painted: vec![], years_per_stage: 9.0 }
    }
}

/// One round patch of alopecia areata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchInput {
    /// Where.
    pub at: Place,
    /// Diameter on the skin, mm.
    #[schemars(range(min = 3, max = 200))]
    pub diameter_mm: f64,
}

/// A place on the head in the landmark chart: `[azimuth in degrees, t]`; azimuth 0 nasion, 90 right ear, 180 inion, -90 left
/// ear; t 0 at the top (Cz), 1 on the circle through nasion, ears and inion.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Place(pub [f64; 2]);

impl Place {
    /// As chart coordinates.
    pub fn az_t(self) -> hairline_scalp::AzT {
        hairline_scalp::AzT { az_deg: self.0[0], t: self.0[1] }
    }
}

/// A zone drawn by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaintedZone {
    /// What it is.
    #[schemars(length(min = 1, max = 40))]
    pub name: String,
    /// Corners of its border, in order.
    #[schemars(length(min = 3, max = 400))]
    pub outline: Vec<Place>,
    /// Share of the hair that is left inside, 0-1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub density_left: f64,
}

/// The hair that is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hair {
    /// Colour.
    pub colour: HairColour,
    /// Follicular units per cm2 where nothing is lost (60-110 found, `smp.md` 2.1).
    #[schemars(range(min = 30, max = 130))]
    pub units_per_cm2: f64,
    /// Hairs per follicular unit (1.9 in healthy Han Chinese, `smp.md` 2.1).
    #[schemars(range(min = 1, max = 3))]
    pub hairs_per_unit: f64,
    /// Shaft diameter, micrometres (60-120 found, `smp.md` 2.2).
    #[schemars(range(min = 20, max = 130))]
    pub shaft_um: f64,
    /// Length worn, mm; over 20 counts as long hair that stays.
    #[schemars(range(min = 0, max = 1000))]
    pub length_mm: f64,
    /// Turning of the crown whorl seen from behind.
    pub whorl: Whorl,
    /// Centre of the whorl; without it on the back midline, a little to the client's right.
    pub whorl_at: Option<Place>,
    /// Measured positions of follicular units (CSV with `x_mm,y_mm,z_mm` in the head frame), path relative to the case
    /// file. Without it positions are drawn from the density.
    pub positions: Option<String>,
}

impl Default for Hair {
    /// Dark brown stubble of average density: assumptions inside the ranges of `smp.md` 2.1-2.2.
    fn default() -> Hair {
        Hair {
            colour: HairColour::DarkBrown,
            units_per_cm2: 75.0,
            hairs_per_unit: 1.9,
            shaft_um: 72.0,
            length_mm: 0.6,
            whorl: Whorl::Clockwise,
            whorl_at: None,
            positions: None,
        }
    }
}

/// Hair colour by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum HairColour {
    Black,
    #[default]
    DarkBrown,
    Brown,
    LightBrown,
    DarkBlond,
    Blond,
    Red,
    Grey,
    White,
}

/// Whorl of the crown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Whorl {
    /// Clockwise, as on 80-90 % of heads.
    #[default]
    Clockwise,
    /// Counter-clockwise.
    CounterClockwise,
    /// Two whorls side by side.
    Double,
    /// No whorl to be seen.
    None,
}

/// The skin; at most one of Lab, ITA, Fitzpatrick and Monk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Skin {
    /// Measured colour, CIELAB D65, specular excluded: `[L, a, b]`.
    pub lab_sce: Option<[f64; 3]>,
    /// Individual typology angle, degrees, measured specular-included: over 55 very light, under -30 dark.
    #[schemars(range(min = -70, max = 80))]
    pub ita_deg: Option<f64>,
    /// Fitzpatrick type I-VI (a spread of tones, not one).
    pub fitzpatrick: Option<Fitzpatrick>,
    /// Level of the Monk Skin Tone scale, 1 (lightest) to 10.
    #[schemars(range(min = 1, max = 10))]
    pub monk: Option<u8>,
    /// How oily the scalp is; oily scalps fade sooner.
    pub oiliness: Oiliness,
}

/// Fitzpatrick skin type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Fitzpatrick {
    I,
    II,
    III,
    IV,
    V,
    VI,
}

/// How oily the scalp is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Oiliness {
    Dry,
    #[default]
    Normal,
    Oily,
}

/// The hairline wished for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hairline {
    /// Style; any style suits any gender.
    pub style: HairlineStyle,
    /// Height of its midpoint above the glabella along the skin, mm. Default by the facial thirds where they are given,
    /// else by anatomy; both with age (`smp.md` 2.8).
    #[schemars(range(min = 35, max = 130))]
    pub height_mm: Option<f64>,
    /// The client's own curve instead of a style, from the client's right temple over the middle to the left.
    #[schemars(length(max = 200))]
    pub curve: Vec<Place>,
    /// Width of the feathered edge, mm. Default by style.
    #[schemars(range(min = 1, max = 20))]
    pub feather_mm: Option<f64>,
    /// Distance of the temporal peak from the fronto-temporal corner, mm, on the way to the point 80 mm beside the
    /// glabella (about 50 in the 8-cm method, `smp.md` 2.8). Without it the temple stays as it grew.
    #[schemars(range(min = 15, max = 60))]
    pub temporal_peak_mm: Option<f64>,
    /// Middle third of the face, brow to base of the nose, straight up and down, mm; recommends a height (`smp.md` 2.8).
    #[schemars(range(min = 40, max = 100))]
    pub middle_third_mm: Option<f64>,
    /// Lower third of the face, base of the nose to chin, mm.
    #[schemars(range(min = 40, max = 100))]
    pub lower_third_mm: Option<f64>,
    /// Size of the irregularities, 1 = as published for natural lines, 0 = a drawn line.
    #[schemars(range(min = 0, max = 2))]
    pub irregularity: Option<f64>,
}

/// Style of a hairline (names as in SMP practice, `smp.md` 2.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HairlineStyle {
    /// As grown: slight recession at the temples.
    #[default]
    Natural,
    /// Natural with a wide faded edge.
    Soft,
    /// Temples rounded, no recession.
    Rounded,
    /// With a widow's peak.
    Peaked,
    /// Temples clearly receded: mature.
    Receded,
    /// Straight and crisp with square corners.
    EdgeUp,
}

/// The parting along which long hair is worn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Parting {
    /// Where the part lies beside the midline, mm towards the client's left (negative: right).
    #[schemars(range(min = -60, max = 60))]
    pub offset_mm: f64,
    /// Distance between the partings the artist works along, mm. Default 6 (assumption).
    #[schemars(range(min = 3, max = 15))]
    pub spacing_mm: Option<f64>,
}

/// A scar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum Scar {
    /// The line left by strip harvesting at the back of the head.
    Strip {
        /// Length on the skin, mm.
        #[schemars(range(min = 10, max = 400))]
        length_mm: f64,
        /// Width, mm.
        #[schemars(range(min = 1, max = 40))]
        width_mm: f64,
        /// Its middle; default on the back midline in the donor band.
        #[serde(default)]
        at: Option<Place>,
    },
    /// A scar of any other shape.
    Patch {
        /// Corners of its border, in order.
        #[schemars(length(min = 3, max = 400))]
        outline: Vec<Place>,
    },
    /// The scattered round scars of follicle-by-follicle harvesting in the donor area.
    Scattered {
        /// Scars per cm2.
        #[schemars(range(min = 1, max = 60))]
        per_cm2: f64,
        /// Diameter of one scar, mm.
        #[schemars(range(min = 0.4, max = 2.5))]
        diameter_mm: f64,
        /// Border of the field; default the safe donor area.
        #[serde(default)]
        #[schemars(length(max = 400))]
        outline: Vec<Place>,
    },
}

/// A spot no needle may touch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spot {
    /// Where.
    pub at: Place,
    /// Diameter of the spot itself, mm; at least 5 mm around it stay free (`smp.md` 4.1, moles).
    #[schemars(range(min = 0.5, max = 60))]
    pub diameter_mm: f64,
}

/// Dots of an earlier treatment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Earlier {
    /// A `dots.csv` of the earlier plan on the same head, path relative to the case file.
    pub dots: Option<String>,
}
