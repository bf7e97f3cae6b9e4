//! The parametric head: a whole head from a few tape measurements.
//!
//! The scalp is 45 numbers (spherical harmonics), face, ears and neck are two relief tables; three scale factors and low
//! smooth offsets are solved so that tape and calipers read on the built mesh what they read on the client.

mod ear;
mod fit;
mod grid;
mod harmonics;
mod relief;
mod shape;
mod surface;
mod tables;

use serde::Serialize;

use crate::anthropometry::Survey;
use crate::head::Head;
use crate::tape::{Measure, TapeError};

pub(crate) use shape::INION_Y_MM;

use shape::Template;

/// Edge length of a head for plan and pictures, mm.
pub const STANDARD_STEP_MM: f64 = 2.0;

/// Whose anatomy fills in what was not measured; the style of a hairline is a separate choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sex {
    /// Men's survey, men's face.
    Male,
    /// Women's survey, women's face.
    Female,
    /// Both surveys together, mean face.
    #[default]
    Unspecified,
}

/// How circumference and arcs were taped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tape {
    /// Over hair.
    OverHair,
    /// On skin or shaved stubble.
    OnSkin,
}

/// What was measured on a client; `None` where not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurements {
    /// Tape around the head through glabella and opisthocranion, mm.
    pub circumference_mm: Option<f64>,
    /// Caliper, glabella to opisthocranion, mm.
    pub length_mm: Option<f64>,
    /// Caliper, greatest width above the ears, mm.
    pub breadth_mm: Option<f64>,
    /// Tape on the midline from nasion over the vertex to inion, mm.
    pub nasion_inion_arc_mm: Option<f64>,
    /// Tape from tragion to tragion over the vertex, mm.
    pub tragus_arc_mm: Option<f64>,
    /// Upright distance from the tragion to the top of the head, mm.
    pub tragion_top_mm: Option<f64>,
    /// How circumference and arcs were taped.
    pub tape: Tape,
    /// Whose anatomy fills in the rest.
    pub sex: Sex,
}

impl Measurements {
    /// Nothing measured: the average head of a sex.
    pub fn none(sex: Sex) -> Measurements {
        Measurements {
            circumference_mm: None,
            length_mm: None,
            breadth_mm: None,
            nasion_inion_arc_mm: None,
            tragus_arc_mm: None,
            tragion_top_mm: None,
            tape: Tape::OnSkin,
            sex,
        }
    }

    /// The readings in the order of [`Measure::ALL`], mm.
    pub fn readings_mm(&self) -> [Option<f64>; 6] {
        [
            self.circumference_mm,
            self.length_mm,
            self.breadth_mm,
            self.nasion_inion_arc_mm,
            self.tragus_arc_mm,
            self.tragion_top_mm,
        ]
    }

    /// The readings as they would be on skin, mm.
    pub(crate) fn on_skin_mm(&self) -> [Option<f64>; 6] {
        let readings_mm = self.readings_mm();
        std::array::from_fn(|i| readings_mm[i].map(|reading| reading - self.hair_mm(Measure::ALL[i])))
    }

    /// What hair adds to a reading, mm.
    fn hair_mm(&self, measure: Measure) -> f64 {
        match (self.tape, measure) {
            (Tape::OverHair, Measure::Circumference) => HAIR_UNDER_CIRCUMFERENCE_MM,
            (Tape::OverHair, Measure::NasionInionArc | Measure::TragusArc) => HAIR_UNDER_ARC_MM,
            _ => 0.0,
        }
    }
}

/// What hair adds to a circumference, mm (`head.md` 2.4: surveys against bare heads of the same length and breadth).
pub const HAIR_UNDER_CIRCUMFERENCE_MM: f64 = 12.0;

/// What hair adds to an arc, mm: 12 mm around the head is a layer of 1.9 mm, and an arc bends by about 2.7 radians over
/// hair (an assumption). Calipers and the height board press through hair: nothing is added to the other measures.
pub const HAIR_UNDER_ARC_MM: f64 = 5.0;

/// One measure of a built head.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeasureFit {
    /// Which measure.
    pub measure: Measure,
    /// The reading on skin (after the correction for hair), mm; `None` where it was filled in.
    pub measured_mm: Option<f64>,
    /// What the other readings (or, without any, the survey) let expect, mm.
    pub expected_mm: f64,
    /// SD of what is expected, mm: the regression's for a filled measure.
    pub expected_sd_mm: f64,
    /// Read on the built mesh, mm.
    pub built_mm: f64,
}

impl MeasureFit {
    /// How many SDs the reading lies from what the others let expect; 0 where nothing was measured.
    fn deviation_sd(&self) -> f64 {
        self.measured_mm.map_or(0.0, |measured| (measured - self.expected_mm) / self.expected_sd_mm)
    }
}

/// A built head and how it agrees with the readings.
#[derive(Clone, Debug)]
pub struct FittedHead {
    /// The head in the head frame.
    pub head: Head,
    /// All six measures in the order of [`Measure::ALL`].
    pub measures: [MeasureFit; 6],
    /// A sentence when the readings contradict each other; their misfit is then spread over all of them.
    pub contradiction: Option<String>,
}

/// Why no head can be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// A reading that no head has.
    #[error(
        "{measure} is {found_mm}: allowed is {low_mm:.0} to {high_mm:.0} mm (1st to 99th percentile of adults, 10 mm beyond)"
    )]
    Implausible {
        /// Key of the measure.
        measure: &'static str,
        /// The reading, mm.
        found_mm: f64,
        /// Lowest allowed reading, mm.
        low_mm: f64,
        /// Highest allowed reading, mm.
        high_mm: f64,
    },
    /// An edge length that no mesh can have.
    #[error("the edge length of the head's mesh is {found_mm} mm: allowed is 0.5 to 10 mm")]
    Step {
        /// The edge length, mm.
        found_mm: f64,
    },
    /// The numbers give a surface without a midline.
    #[error("the measurements give no head: its midline cannot be found")]
    Degenerate,
    /// The numbers give a surface that cannot be measured.
    #[error("the measurements give no head: {0}")]
    Unmeasured(#[from] TapeError),
}

/// Deviation from what the other readings let expect beyond which they contradict each other, SDs.
const CONTRADICTION_SD: f64 = 3.0;

/// SDs by which contradictory readings are weighed against each other and the shape, mm: tape around the head, calipers,
/// tape over the head, height (`head.md` 2.4).
pub(crate) const READING_SD_MM: [f64; 6] = [3.0, 2.0, 2.0, 4.5, 4.5, 2.0];

/// Builds the head on which tape and calipers read what they read on the client. What was not measured follows the
/// survey; every reading is met within 1 mm unless the readings contradict each other. `step_mm` is the edge length of
/// the mesh, 0.5 to 10 mm ([`STANDARD_STEP_MM`]).
///
/// # Errors
/// If a reading is one that no head has, or `step_mm` is out of range.
pub fn fit_head(measurements: &Measurements, step_mm: f64) -> Result<FittedHead, ModelError> {
    if !(0.5..=10.0).contains(&step_mm) {
        return Err(ModelError::Step { found_mm: step_mm });
    }
    let survey = Survey::of(measurements.sex);
    check_plausible(measurements, &survey)?;
    let known_mm = measurements.on_skin_mm();

    // What every measure should be, going by the others.
    let expected: [(f64, f64); 6] = std::array::from_fn(|i| {
        let mut others = known_mm;
        others[i] = None;
        let (mean, covariance) = survey.given(&others);
        (mean[i], libm::sqrt(covariance[i][i]))
    });
    let deviates = |i: usize| {
        let (expected_mm, sd_mm) = expected[i];
        known_mm[i].is_some_and(|reading_mm| (reading_mm - expected_mm).abs() > CONTRADICTION_SD * sd_mm)
    };
    let several = known_mm.iter().flatten().count() >= 2;
    let mut contradiction =
        (several && (0..6).any(deviates)).then_some("the measurements contradict each other");

    let fine = Template::new(measurements.sex, step_mm);
    let coarse = Template::new(measurements.sex, fit::COARSE_STEP_MM);
    let solve = |spread_mm: Option<&[f64; 6]>| {
        let target = fit::Target::new(&survey, &known_mm, spread_mm);
        fit::solve(&fine, &coarse, &target)
    };
    let mut solved = solve(contradiction.and(Some(&READING_SD_MM)))?;
    let missed = |i: usize| known_mm[i].is_some_and(|v| (v - solved.built_mm[i]).abs() > MET_MM);
    if contradiction.is_none() && (0..6).any(missed) {
        contradiction = Some("no smooth head has these measurements together");
        solved = solve(Some(&READING_SD_MM))?;
    }
    let measures = std::array::from_fn(|i| MeasureFit {
        measure: Measure::ALL[i],
        measured_mm: known_mm[i],
        expected_mm: expected[i].0,
        expected_sd_mm: expected[i].1,
        built_mm: solved.built_mm[i],
    });
    Ok(FittedHead {
        contradiction: contradiction.map(|verdict| contradiction_sentence(verdict, &measures)),
        head: fine.with_ears(solved.skin, solved.landmarks, &solved.shape),
        measures,
    })
}

/// Every reading of a set without contradiction is met as closely as this, mm.
const MET_MM: f64 = 1.0;

fn check_plausible(measurements: &Measurements, survey: &Survey) -> Result<(), ModelError> {
    for (i, measure) in Measure::ALL.into_iter().enumerate() {
        let Some(found_mm) = measurements.readings_mm()[i] else { continue };
        let limits = survey.plausible_mm[i].map(|limit| limit + measurements.hair_mm(measure));
        if !(limits[0]..=limits[1]).contains(&found_mm) {
            let measure = measure.key();
            let [low_mm, high_mm] = limits;
            return Err(ModelError::Implausible { measure, found_mm, low_mm, high_mm });
        }
    }
    Ok(())
}

/// The sentence that names every reading with its deviation and what was left of it.
fn contradiction_sentence(verdict: &str, measures: &[MeasureFit; 6]) -> String {
    let rows: Vec<String> = measures
        .iter()
        .filter_map(|m| {
            let measured = m.measured_mm?;
            Some(format!(
                "{} {measured:.0} ({:+.1} SD from the {:.0} that the others let expect, built {:.0})",
                m.measure.key(),
                m.deviation_sd(),
                m.expected_mm,
                m.built_mm,
            ))
        })
        .collect();
    format!("{verdict}: {}; measure again, the misfit is spread over all", rows.join(", "))
}
