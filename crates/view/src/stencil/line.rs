//! Lines measured along their length and divided into gores.

use glam::DVec3;
use hairline_scalp::distance::Geodesics;

use super::{StencilError, StencilLine};

/// Spacing of the points a line is drawn with, mm.
const POINT_STEP_MM: f64 = 1.0;
/// Parts of an outline this near to an earlier line are that line again and are not printed twice, mm.
const SAME_LINE_MM: f64 = 1.5;
/// Shorter remains of an outline are left out, mm.
const SHORTEST_MM: f64 = 15.0;

/// A line on the skin, one point about every millimetre.
pub(super) struct DrawnLine {
    pub name: String,
    pub hairline: bool,
    pub points: Vec<DVec3>,
    /// Length along the line at each point from the zero of its marks, mm: the midline for a hairline that crosses
    /// it (negative on the client's right), else the first point.
    pub at_mm: Vec<f64>,
    /// Whether zero is the midline.
    pub from_midline: bool,
}

/// The lines on the skin; outlines without the parts that earlier lines already show.
pub(super) fn prepare(skin: &Geodesics, lines: &[StencilLine]) -> Result<Vec<DrawnLine>, StencilError> {
    let mut drawn: Vec<DrawnLine> = vec![];
    let mut order: Vec<&StencilLine> = lines.iter().collect();
    order.sort_by_key(|l| !l.hairline);
    for line in order {
        let points = resampled(skin, line);
        let length_mm = length(&points);
        if !length_mm.is_finite() || length_mm < 5.0 || points.len() < 2 {
            let (name, points) = (line.name.clone(), line.points_mm.len());
            return Err(StencilError::ShortLine { name, points, length_mm });
        }
        let known = |p: &DVec3| {
            drawn
                .iter()
                .any(|d| d.points.iter().any(|q| q.distance_squared(*p) < SAME_LINE_MM * SAME_LINE_MM))
        };
        let fresh: Vec<bool> = points.iter().map(|p| !known(p)).collect();
        let parts = runs(&fresh, line.closed)
            .into_iter()
            .map(|run| run.iter().map(|&i| points[i]).collect::<Vec<DVec3>>())
            .filter(|part| length(part) >= SHORTEST_MM || part.len() == points.len());
        for (k, part) in parts.enumerate() {
            let name = if k == 0 { line.name.clone() } else { format!("{}, part {}", line.name, k + 1) };
            drawn.push(DrawnLine::new(name, line.hairline, part));
        }
    }
    Ok(drawn)
}

impl DrawnLine {
    fn new(name: String, hairline: bool, mut points: Vec<DVec3>) -> DrawnLine {
        // A hairline runs from the client's right to the left.
        if hairline && points.first().map(|p| p.x) > points.last().map(|p| p.x) {
            points.reverse();
        }
        let mut at_mm = vec![0.0];
        for pair in points.windows(2) {
            at_mm.push(at_mm[at_mm.len() - 1] + pair[0].distance(pair[1]));
        }
        let midline = points.windows(2).position(|w| w[0].z > 0.0 && w[0].x <= 0.0 && w[1].x > 0.0);
        let from_midline = hairline && midline.is_some();
        if let (true, Some(i)) = (hairline, midline) {
            let share = points[i].x / (points[i].x - points[i + 1].x);
            let zero = at_mm[i] + share * (at_mm[i + 1] - at_mm[i]);
            at_mm.iter_mut().for_each(|a| *a -= zero);
        }
        DrawnLine { name, hairline, points, at_mm, from_midline }
    }

    fn ends(&self) -> [f64; 2] {
        [self.at_mm[0], self.at_mm[self.at_mm.len() - 1]]
    }

    /// Ranges of length along the line, mm, none longer than `longest`; one straddles the midline if that is zero.
    pub fn gores(&self, longest: f64) -> Vec<[f64; 2]> {
        let [start, end] = self.ends();
        let split = |from: f64, to: f64| {
            let parts = ((to - from) / longest - 1e-9).ceil().max(1.0) as usize;
            let cut = move |i: usize| from + (to - from) * i as f64 / parts as f64;
            (0..parts).map(move |i| [cut(i), cut(i + 1)])
        };
        let half = longest / 2.0;
        if self.from_midline && start < -half && end > half {
            split(start, -half).chain([[-half, half]]).chain(split(half, end)).collect()
        } else {
            split(start, end).collect()
        }
    }

    /// The place at a length along the line.
    pub fn at(&self, mm: f64) -> DVec3 {
        let i = self.at_mm.partition_point(|&a| a <= mm).clamp(1, self.points.len() - 1);
        let (a, b) = (self.at_mm[i - 1], self.at_mm[i]);
        let share = if b > a { ((mm - a) / (b - a)).clamp(0.0, 1.0) } else { 0.0 };
        self.points[i - 1].lerp(self.points[i], share)
    }

    /// The points between two lengths, both ends included.
    pub fn between(&self, [from, to]: [f64; 2]) -> Vec<DVec3> {
        let [start, end] = self.ends();
        let (from, to) = (from.max(start), to.min(end));
        let inner = self.at_mm.iter().zip(&self.points).filter(|(a, _)| **a > from && **a < to);
        [self.at(from)].into_iter().chain(inner.map(|(_, p)| *p)).chain([self.at(to)]).collect()
    }

    /// Lengths of the marks between two lengths: multiples of the step.
    pub fn stations(&self, [from, to]: [f64; 2], step: f64) -> Vec<f64> {
        let [start, end] = self.ends();
        let (first, last) = ((from.max(start) / step).ceil() as i64, (to.min(end) / step).floor() as i64);
        (first..=last).map(|i| i as f64 * step).collect()
    }

    /// What is written at a mark: `M` at the midline, `L40` 40 mm along the line to the client's left.
    pub fn label(&self, mm: f64) -> String {
        match (self.from_midline, mm.round() as i64) {
            (true, 0) => "M".to_string(),
            (true, n) if n > 0 => format!("L{n}"),
            (true, n) => format!("R{}", -n),
            (false, n) => n.to_string(),
        }
    }
}

/// The line with a point every millimetre or less, on the skin.
fn resampled(skin: &Geodesics, line: &StencilLine) -> Vec<DVec3> {
    let mut corners: Vec<DVec3> = line.points_mm.iter().copied().filter(|p| p.is_finite()).collect();
    if let (true, Some(&first)) = (line.closed, corners.first()) {
        corners.push(first);
    }
    let mut points: Vec<DVec3> = corners.first().map(|&p| on(skin, p)).into_iter().collect();
    for pair in corners.windows(2) {
        let steps = (pair[0].distance(pair[1]) / POINT_STEP_MM).ceil() as usize;
        points.extend((1..=steps).map(|i| on(skin, pair[0].lerp(pair[1], i as f64 / steps as f64))));
    }
    points
}

fn on(skin: &Geodesics, p: DVec3) -> DVec3 {
    skin.surface().nearest(p)
}

fn length(points: &[DVec3]) -> f64 {
    points.windows(2).map(|p| p[0].distance(p[1])).sum()
}

/// Runs of `true` as index lists; on a closed line a run may pass its end.
pub(super) fn runs(fresh: &[bool], closed: bool) -> Vec<Vec<usize>> {
    let n = fresh.len();
    let turn = if closed { fresh.iter().position(|f| !f).unwrap_or(0) } else { 0 };
    // The last point of a closed line is its first again; passing the end skips it.
    let indices: Vec<usize> =
        if closed && turn > 0 { (turn..n).chain(1..=turn).collect() } else { (0..n).collect() };
    let mut found: Vec<Vec<usize>> = vec![vec![]];
    for i in indices {
        if fresh[i] {
            if let Some(run) = found.last_mut() {
                run.push(i);
            }
        } else if found.last().is_some_and(|run| !run.is_empty()) {
            found.push(vec![]);
        }
    }
    found.retain(|run| run.len() > 1);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_pass_the_end_of_a_closed_line() {
        let fresh = [true, true, false, true, true];
        assert_eq!(runs(&fresh, false), vec![vec![0, 1], vec![3, 4]]);
        assert_eq!(runs(&fresh, true), vec![vec![3, 4, 1]]);
        assert_eq!(runs(&[true; 4], true), vec![vec![0, 1, 2, 3]]);
        assert!(runs(&[false; 4], true).is_empty());
    }
}
