//! The head of a case: built from its measurements, or taken from its scan.

use glam::DMat4;
use hairline_scalp::import::{GivenLandmarks, ImportError, ImportSettings, ImportedScan, import_scan};
use hairline_scalp::model::{self, FittedHead, ModelError};
use hairline_scalp::{Head, Landmarks};
use serde::Serialize;

use crate::case::{Anatomy, Case, Tape};
use crate::warnings::Warning;

/// A head and what is known about it.
#[derive(Clone, Debug)]
pub struct HeadSource {
    /// The head.
    pub head: Head,
    /// File coordinates to head frame, for scans.
    pub head_from_scan: Option<DMat4>,
    /// What `plan.json` says about it; the scalp area is filled in by the plan.
    pub summary: HeadSummary,
    /// What to warn of.
    pub warnings: Vec<Warning>,
}

/// The head in `plan.json`.
#[derive(Clone, Debug, Serialize)]
pub struct HeadSummary {
    /// `measurements` or `scan`.
    pub source: String,
    /// Measures: which were taken, which filled in, what the head has now.
    pub measures: Vec<MeasureSummary>,
    /// Landmarks, head frame, mm.
    pub landmarks: Landmarks,
    /// Where each landmark of a scan comes from, with its confidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub landmark_sources: Vec<hairline_scalp::import::LandmarkReport>,
    /// Hair-bearing scalp, cm2.
    pub scalp_area_cm2: f64,
    /// How good the head is, in a sentence.
    pub accuracy: String,
}

/// One measure of the head.
#[derive(Clone, Debug, Serialize)]
pub struct MeasureSummary {
    /// Name of the measure, as in the case.
    pub name: String,
    /// Taken on the client, mm (corrected to skin).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_mm: Option<f64>,
    /// On the head used, mm.
    pub used_mm: f64,
    /// SD of what the statistics let expect, mm; for measures that were filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filled_sd_mm: Option<f64>,
}

/// Edge length of the parametric head's mesh, mm.
const HEAD_STEP_MM: f64 = model::STANDARD_STEP_MM;
/// A found landmark less certain than this is asked about, standard error in mm: more than the spread of ears among
/// people (6 mm, `head.md` 2.6).
const ASK_ABOVE_MM: f64 = 7.0;

/// Builds the head of a case from its measurements.
///
/// # Errors
/// When a measurement is one no head has.
pub fn head_from_measurements(case: &Case) -> Result<HeadSource, ModelError> {
    let FittedHead { head, measures, contradiction, .. } =
        model::fit_head(&measurements(case), HEAD_STEP_MM)?;
    let taken = measures.iter().filter(|m| m.measured_mm.is_some()).count();
    let summary = HeadSummary {
        source: "measurements".into(),
        measures: measures
            .iter()
            .map(|m| MeasureSummary {
                name: m.measure.key().to_owned(),
                measured_mm: m.measured_mm,
                used_mm: m.built_mm,
                filled_sd_mm: m.measured_mm.is_none().then_some(m.expected_sd_mm),
            })
            .collect(),
        landmarks: head.landmarks,
        landmark_sources: vec![],
        scalp_area_cm2: 0.0,
        accuracy: format!(
            "{taken} of 6 measures taken, the others from anthropometry; such a head is within about 1.1-1.6 mm rms of \
             the real scalp once the ears are placed, counts per area within 2-4 % (head.md 2.6)"
        ),
    };
    let warnings = contradiction
        .map(|text| Warning::new("measurements-contradict", text, "ANSUR II, joint residuals beyond 3 SD"))
        .into_iter()
        .collect();
    Ok(HeadSource { head, head_from_scan: None, summary, warnings })
}

/// Imports the scan of a case; its landmarks and tape measurements are those of the case.
///
/// # Errors
/// When the file is no scan of a head.
pub fn head_from_scan(case: &Case, name: &str, bytes: &[u8]) -> Result<HeadSource, ImportError> {
    let marks = &case.head.landmarks;
    let tape = measurements(case);
    let taken = tape.readings_mm();
    let settings = ImportSettings {
        landmarks: GivenLandmarks {
            nasion: marks.nasion,
            glabella: marks.glabella,
            inion: marks.inion,
            tragion_left: marks.tragion_left,
            tragion_right: marks.tragion_right,
        },
        tape: taken.iter().any(Option::is_some).then_some(tape),
    };
    let ImportedScan { head, head_from_scan, report } = import_scan(bytes, name, &settings)?;
    let mut warnings: Vec<Warning> =
        report.warnings.iter().map(|text| Warning::new("scan", text.clone(), "scan import")).collect();
    let unsure: Vec<&str> =
        report.landmarks.iter().filter(|l| l.uncertainty_mm > ASK_ABOVE_MM).map(|l| l.name).collect();
    if !unsure.is_empty() {
        warnings.push(Warning::new(
            "landmarks-unsure",
            format!(
                "Found with little certainty on the scan: {}. Look at them, and give them in [head.landmarks] if they are off",
                unsure.join(", ")
            ),
            "scan import",
        ));
    }
    let summary = HeadSummary {
        source: "scan".into(),
        measures: model_measures(&report.measures, &taken),
        landmarks: head.landmarks,
        landmark_sources: report.landmarks.clone(),
        scalp_area_cm2: 0.0,
        accuracy: format!(
            "scan in {}; {}. {}",
            report.unit.unit.symbol(),
            report.unit.reason,
            report.unit.scale_reason
        ),
    };
    Ok(HeadSource { head, head_from_scan: Some(head_from_scan), summary, warnings })
}

fn model_measures(measures: &hairline_scalp::TapeMeasures, taken: &[Option<f64>; 6]) -> Vec<MeasureSummary> {
    hairline_scalp::Measure::ALL
        .iter()
        .zip(taken)
        .map(|(&measure, &measured_mm)| MeasureSummary {
            name: measure.key().to_owned(),
            measured_mm,
            used_mm: measures.get(measure),
            filled_sd_mm: None,
        })
        .collect()
}

fn measurements(case: &Case) -> model::Measurements {
    let given = &case.head.measurements;
    model::Measurements {
        circumference_mm: given.circumference_mm,
        length_mm: given.length_mm,
        breadth_mm: given.breadth_mm,
        nasion_inion_arc_mm: given.nasion_inion_arc_mm,
        tragus_arc_mm: given.tragus_arc_mm,
        tragion_top_mm: given.tragion_top_mm,
        tape: match given.tape {
            Tape::OnSkin => model::Tape::OnSkin,
            Tape::OverHair => model::Tape::OverHair,
        },
        ..model::Measurements::none(match case.client.anatomy {
            Anatomy::Male => model::Sex::Male,
            Anatomy::Female => model::Sex::Female,
            Anatomy::Unspecified => model::Sex::Unspecified,
        })
    }
}
