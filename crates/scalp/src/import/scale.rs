//! The unit of the file and the scale of the scan.

use super::error::ImportError;
use super::read::Unit;
use super::report::UnitReport;
use crate::model::{self, Measurements};
use crate::tape::{Measure, TapeMeasures};

/// Head sizes against the average of men and women (circumference 558 mm) that a scan may have: from the smallest adult
/// heads of the surveys to brain atlases, which are 5 to 7 % too large, with a tenth to spare. The largest is 1.7 times
/// the smallest, and units differ by 2.54 or more: a head is plausible in one unit only, and nobody has to name it.
const PLAUSIBLE_SIZE: std::ops::RangeInclusive<f64> = 0.76..=1.28;

/// Decides the unit by the size of the head, in file units per millimetre of the average head.
pub fn decide_unit(
    scale: f64,
    hint: Option<Unit>,
    name: &str,
    warnings: &mut Vec<String>,
) -> Result<UnitReport, ImportError> {
    /// Length of the average head, mm.
    const LENGTH_MM: f64 = 195.0;
    let plausible = |unit: &Unit| PLAUSIBLE_SIZE.contains(&(scale * unit.mm()));
    let length = |unit: Unit| {
        let mm = LENGTH_MM * scale * unit.mm();
        if mm >= 1000.0 { format!("{:.3} m", mm / 1000.0) } else { format!("{mm:.1} mm") }
    };
    let report = |unit: Unit, reason: String| UnitReport {
        unit,
        reason,
        scale_correction: 1.0,
        scale_reason: String::new(),
    };
    if let Some(unit) = hint.filter(plausible) {
        let reason = format!("glTF is in metres, and the head is then about {} long", length(unit));
        return Ok(report(unit, reason));
    }
    let Some(unit) = Unit::ALL.into_iter().find(plausible) else {
        let lengths: Vec<String> =
            Unit::ALL.iter().map(|u| format!("{} in {}", length(*u), u.symbol())).collect();
        let problem = format!(
            "a head was found, but its length would be {}; 150 to 250 mm is allowed, so scale the scan to true size",
            lengths.join(", ")
        );
        return Err(ImportError::Head { file: name.to_owned(), problem });
    };
    if let Some(hint) = hint {
        warnings.push(format!(
            "glTF files are in metres, but the head would be {} long; its numbers were taken as {}",
            length(hint),
            unit.symbol()
        ));
    }
    Ok(report(unit, format!("the head is about {} long if the file is in {}", length(unit), unit.symbol())))
}

/// The factor for all lengths from tape measurements, 1 without any; and where it comes from.
pub fn decide_scale(
    tape: Option<&Measurements>,
    scan: &TapeMeasures,
    warnings: &mut Vec<String>,
) -> Result<(f64, String), ImportError> {
    /// Beyond this a scan is not inaccurate but wrong.
    const ALLOWED: std::ops::RangeInclusive<f64> = 0.8..=1.25;
    let readings = tape.map_or([None; 6], Measurements::on_skin_mm);
    // Least squares of reading = factor * scan, each by its own standard deviation.
    let (mut above, mut below) = (0.0, 0.0);
    let mut ratios = Vec::new();
    for (i, measure) in Measure::ALL.into_iter().enumerate() {
        let (Some(reading), on_scan, sd) = (readings[i], scan.get(measure), model::READING_SD_MM[i]) else {
            continue;
        };
        above += reading * on_scan / (sd * sd);
        below += on_scan * on_scan / (sd * sd);
        ratios.push((measure, reading, on_scan, sd));
    }
    if ratios.is_empty() {
        return Ok((1.0, "no tape measurement beside the scan".to_owned()));
    }
    let factor = above / below;
    let list = |(m, reading, on_scan, _): &(Measure, f64, f64, f64)| {
        format!("{} {reading:.0} by tape against {on_scan:.0} on the scan", m.key())
    };
    let listed = ratios.iter().map(list).collect::<Vec<_>>().join(", ");
    if !ALLOWED.contains(&factor) {
        let problem = format!(
            "{listed}: a factor of {factor:.3}, {} to {} is allowed; check the measurements and the scan's unit",
            ALLOWED.start(),
            ALLOWED.end()
        );
        return Err(ImportError::Setting { field: "head.measurements".to_owned(), problem });
    }
    for r in &ratios {
        let off_mm = r.1 - factor * r.2;
        if off_mm.abs() > 3.0 * r.3 {
            warnings.push(format!(
                "{} differs by {off_mm:.0} mm from the scan after its scale was corrected; measure it again",
                r.0.key()
            ));
        }
    }
    Ok((factor, listed))
}
