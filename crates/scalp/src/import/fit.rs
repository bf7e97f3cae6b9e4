//! The fine fit of the average head to a scan that stands roughly in the head frame.

use glam::DVec3;

use super::pose::{Anchor, Pose, Residual, ScalePrior, step};
use super::template::Template;
use crate::curved::CurvedSurface;

/// How well the average head lies on the scan.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// Template millimetres to scan millimetres.
    pub pose: Pose,
    /// Root mean square distance of the cranium's points that found the scan, mm.
    pub cranium_rms_mm: f64,
    /// Share of the cranium's points that found the scan.
    pub cranium_cover: f64,
    /// The same of the face and ears.
    pub face_rms_mm: f64,
    /// The same of the face and ears.
    pub face_cover: f64,
}

/// Iterated closest points, point to plane (Chen and Medioni 1992), with the kernel of Geman and McClure and three
/// scales. Points whose nearest surface is an open border or faces away are left out.
pub fn fit(start: Pose, scan: &CurvedSurface, template: &Template, anchors: &[Anchor]) -> Fit {
    /// Kernel widths, mm: from the error of the coarse search to the variety of faces.
    const WIDTHS_MM: [f64; 14] = [14.0, 12.0, 10.0, 9.0, 8.0, 7.0, 6.0, 6.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0];
    let prior = ScalePrior { mean: start.mean_scale(), sd_mean: 0.10, sd_each: 0.05 };
    let mut pose = start;
    for width_mm in WIDTHS_MM {
        let residuals = template.points.iter().zip(&template.normals).filter_map(|(&p, &normal)| {
            let (distance, gradient) = gap(&pose, p, normal, scan)?;
            let u = distance / width_mm;
            let robust = 1.0 / ((1.0 + u * u) * (1.0 + u * u));
            Some(Residual { p_template: p, distance, gradient, weight: robust / 4.0 })
        });
        // A given landmark lies where the average head has it within about 5 mm; it counts as much as 30 points.
        let held = anchors.iter().flat_map(|a| a.residuals(&pose, 30.0 / 25.0));
        pose = step(&pose, residuals.chain(held), &prior, 0.0);
    }
    let mut sums = [(0.0, 0.0, 0.0); 2];
    for (&p, &normal) in template.points.iter().zip(&template.normals) {
        let sum = &mut sums[usize::from(Template::is_cranium(p))];
        sum.0 += 1.0;
        if let Some((distance, _)) = gap(&pose, p, normal, scan) {
            sum.1 += 1.0;
            sum.2 += distance * distance;
        }
    }
    let rms = |(_, n, squares): (f64, f64, f64)| (squares / n.max(1.0)).sqrt();
    let cover = |(all, n, _): (f64, f64, f64)| n / f64::max(all, 1.0);
    Fit {
        pose,
        cranium_rms_mm: rms(sums[1]),
        cranium_cover: cover(sums[1]),
        face_rms_mm: rms(sums[0]),
        face_cover: cover(sums[0]),
    }
}

/// Signed distance of a template point from the scan along the scan's normal, and that normal.
fn gap(pose: &Pose, p_template: DVec3, normal: DVec3, scan: &CurvedSurface) -> Option<(f64, DVec3)> {
    /// No point of a roughly placed head is farther from its counterpart.
    const FARTHEST_MM: f64 = 25.0;
    let p = pose.scan_from_template(p_template);
    let nearest = scan.nearest(p, FARTHEST_MM)?;
    if nearest.on_border || nearest.normal.dot(pose.rotation * normal) < 0.6 {
        return None;
    }
    Some(((p - nearest.point).dot(nearest.normal), nearest.normal))
}
