//! One piece of paper: a band of skin about a part of a line, laid flat.

use glam::{DVec2, DVec3};
use hairline_scalp::distance::{Geodesics, SurfacePoint};
use hairline_scalp::flatten::{Distortion, FlattenError, flatten};
use hairline_scalp::{Head, TriMesh};

use super::line::DrawnLine;
use super::{HALF_BAND_MM, Placed, STATION_STEP_MM, STATION_TOLERANCE_MM};

mod patch;

use patch::Patch;

/// A piece of the stencil. Paper coordinates are mm, x to the right and y up as seen from outside.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Name of its line.
    pub line: String,
    /// Whether the line is the hairline.
    pub hairline: bool,
    /// Its number among the pieces of that line, and how many there are.
    pub number: [usize; 2],
    /// Lengths along the line it shows without its tabs, mm.
    pub range_mm: [f64; 2],
    /// Where to cut the paper.
    pub outline_mm: Vec<DVec2>,
    /// The line itself first, then what else crosses the piece.
    pub lines: Vec<FlatLine>,
    /// The marks along the line.
    pub stations: Vec<Station>,
    /// Where it meets its neighbours.
    pub joins: Vec<Join>,
    /// Short cuts from the rim inwards.
    pub snips_mm: Vec<[DVec2; 2]>,
    /// Directions on the paper and the word for each: two of front, up and client's left that lie along the skin.
    pub compass: Vec<(&'static str, DVec2)>,
    /// How true it is.
    pub misfit: Misfit,
}

/// A line on the paper.
#[derive(Clone, Debug)]
pub struct FlatLine {
    /// What it is.
    pub kind: FlatKind,
    /// Its name.
    pub name: String,
    /// Its points on the paper.
    pub points_mm: Vec<DVec2>,
}

/// What a line on the paper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlatKind {
    /// The line of the piece.
    Own,
    /// Another line of the stencil.
    Other,
    /// The middle of the head.
    Midline,
    /// Straight up from ear to ear.
    EarLine,
}

/// A mark on the line.
#[derive(Clone, Debug)]
pub struct Station {
    /// What is written beside it; empty at the small marks between.
    pub label: String,
    /// Length along the line, mm.
    pub at_mm: f64,
    /// On the paper, mm.
    pub paper_mm: DVec2,
    /// Across the line on the paper, unit.
    pub across: DVec2,
    /// On the head, mm.
    pub head_mm: DVec3,
}

/// Where two pieces of a line meet; the paper beyond is the tab to glue under or over the neighbour.
#[derive(Clone, Debug)]
pub struct Join {
    /// The same letter on both pieces.
    pub letter: char,
    /// Across the paper, mm.
    pub across_mm: [DVec2; 2],
    /// From the join towards the tab, unit.
    pub tab: DVec2,
    /// Length along the line, mm.
    pub at_mm: f64,
}

/// How far a piece differs from the skin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Misfit {
    /// Largest difference of a distance between two marks, along the skin and along the paper, mm.
    pub station_mm: f64,
    /// Largest |flat / true - 1| of the lengths along the line between marks.
    pub line: f64,
    /// Largest |flat / true - 1| of any edge of the patch; at its rim.
    pub rim: f64,
    /// Root mean square of flat / true - 1 over the edges.
    pub rms: f64,
    /// Flat area / true area - 1.
    pub area: f64,
}

/// Paper past a join, mm along the line, besides the round end of the band.
const TAB_MM: f64 = 4.0;
/// The skin beside the line counts in full to about here, mm; further out less and less, down to the floor.
const TRUE_BAND_MM: f64 = 5.0;
const RIM_WEIGHT: f64 = 0.03;
/// A gore is not halved below this length, mm.
const SHORTEST_GORE_MM: f64 = 20.0;

/// What becomes of a part of a line.
pub(super) enum Gore {
    /// A piece of paper.
    Laid(Box<Piece>),
    /// Line, range and reason.
    LeftOut(String, [f64; 2], String),
}

/// Cuts a gore, halving it as long as it does not lie true.
pub(super) fn cut(
    skin: &Geodesics,
    head: &Head,
    lines: &[DrawnLine],
    own: usize,
    range: [f64; 2],
) -> Vec<Gore> {
    let [from, to] = range;
    let splittable = to - from >= 2.0 * SHORTEST_GORE_MM;
    match lay(skin, head, lines, own, range) {
        Ok(piece) if piece.misfit.station_mm <= STATION_TOLERANCE_MM => vec![Gore::Laid(Box::new(piece))],
        Ok(_) | Err(_) if splittable => {
            let middle = (from + to) / 2.0;
            let mut gores = cut(skin, head, lines, own, [from, middle]);
            gores.append(&mut cut(skin, head, lines, own, [middle, to]));
            gores
        }
        Ok(_) => vec![Gore::LeftOut(lines[own].name.clone(), range, "the skin is folded there".to_owned())],
        Err(error) => vec![Gore::LeftOut(lines[own].name.clone(), range, error.to_string())],
    }
}

/// Numbers the pieces of each line and names the joins between them.
pub(super) fn number(pieces: &mut [Piece]) {
    let mut first = 0;
    let mut letter = 25;
    let ends: Vec<[f64; 2]> = pieces.iter().map(|p| p.range_mm).collect();
    while first < pieces.len() {
        let same = |p: &Piece| p.line == pieces[first].line;
        let count = pieces[first..].iter().take_while(|p| same(p)).count();
        for i in 0..count {
            let piece = &mut pieces[first + i];
            piece.number = [i + 1, count];
            let [from, to] = piece.range_mm;
            // A join has a neighbour; the letter of the left one is the neighbour's right one.
            let (before, after) =
                (i > 0 && ends[first + i - 1][1] == from, i + 1 < count && ends[first + i + 1][0] == to);
            piece.joins.retain(|j| (j.at_mm == from && before) || (j.at_mm == to && after));
            for join in &mut piece.joins {
                join.letter = char::from(b'A' + ((letter + u8::from(join.at_mm == to)) % 26));
            }
            letter = (letter + u8::from(after)) % 26;
        }
        first += count;
    }
}

fn lay(
    skin: &Geodesics,
    head: &Head,
    lines: &[DrawnLine],
    own: usize,
    range: [f64; 2],
) -> Result<Piece, FlattenError> {
    let line = &lines[own];
    let spine = line.between([range[0] - TAB_MM, range[1] + TAB_MM]);
    let patch = Patch::about(skin, &spine, HALF_BAND_MM)?;
    let weight: Vec<f64> = patch
        .mesh
        .triangles
        .iter()
        .map(|t| t.iter().map(|&v| patch.distance_mm[v as usize]).sum::<f64>() / 3.0 / TRUE_BAND_MM)
        .map(|d| RIM_WEIGHT + (1.0 - RIM_WEIGHT) * libm::exp(-d * d))
        .collect();
    let flat = flatten(&patch.mesh, &weight, patch.lattice.clone())?;
    let uv = upright(&patch, &flat.uv_mm);
    let paper = |p: DVec3| -> Placed { patch.place(p).map(|s| patch.on(&uv, s)) };

    let stations: Vec<Station> = line
        .stations([range[0] - TAB_MM, range[1] + TAB_MM], STATION_STEP_MM)
        .into_iter()
        .filter_map(|mm| {
            let head_mm = line.at(mm);
            let paper_mm = paper(head_mm)?;
            let along = (paper(line.at(mm + 1.0))? - paper(line.at(mm - 1.0))?).normalize_or(DVec2::X);
            let labelled = (mm / (2.0 * STATION_STEP_MM)).fract() == 0.0;
            let label = if labelled { line.label(mm) } else { String::new() };
            Some(Station { label, at_mm: mm, paper_mm, across: along.perp(), head_mm })
        })
        .collect();
    let misfit = measure(&patch, &uv, &stations, &flat.distortion);
    let outline_mm =
        patch.contour(&uv, &patch.distance_mm, HALF_BAND_MM).into_iter().next().unwrap_or_default();

    let mut drawn = vec![FlatLine {
        kind: FlatKind::Own,
        name: line.name.clone(),
        points_mm: spine.iter().filter_map(|&p| paper(p)).collect(),
    }];
    for (i, other) in lines.iter().enumerate() {
        // Of the line itself another part may come near: the far side of a narrow scar.
        let shown = |at: &f64| i != own || *at < range[0] - TAB_MM || *at > range[1] + TAB_MM;
        let points =
            other.points.iter().zip(&other.at_mm).map(|(p, at)| shown(at).then(|| paper(*p)).flatten());
        for points_mm in joined(points) {
            drawn.push(FlatLine { kind: FlatKind::Other, name: other.name.clone(), points_mm });
        }
    }
    let side: Vec<f64> = patch.mesh.positions.iter().map(|p| p.x).collect();
    let front: Vec<f64> = patch.mesh.positions.iter().map(|p| p.z).collect();
    for (kind, name, field) in
        [(FlatKind::Midline, "midline", &side), (FlatKind::EarLine, "line over both ears", &front)]
    {
        for points_mm in patch.contour(&uv, field, 0.0) {
            drawn.push(FlatLine { kind, name: name.to_string(), points_mm });
        }
    }
    Ok(Piece {
        line: line.name.clone(),
        hairline: line.hairline,
        number: [1, 1],
        range_mm: range,
        joins: joins(line, range, &paper),
        snips_mm: snips(&stations),
        compass: compass(&patch, head),
        outline_mm,
        lines: drawn,
        stations,
        misfit,
    })
}

/// Turns and shifts the flat patch so that it lies as the lattice did: upright.
fn upright(patch: &Patch, uv: &[DVec2]) -> Vec<DVec2> {
    let n = uv.len().max(1) as f64;
    let (from, to) = (uv.iter().sum::<DVec2>() / n, patch.lattice.iter().sum::<DVec2>() / n);
    let (mut sin, mut cos) = (0.0, 0.0);
    for (p, q) in uv.iter().zip(&patch.lattice) {
        sin += (*p - from).perp_dot(*q - to);
        cos += (*p - from).dot(*q - to);
    }
    let turn = DVec2::new(cos, sin).normalize_or(DVec2::X);
    uv.iter().map(|p| to + turn.rotate(*p - from)).collect()
}

/// Compares the ways between marks along the skin and along the paper, on the patch and on its flat image.
fn measure(patch: &Patch, uv: &[DVec2], stations: &[Station], distortion: &Distortion) -> Misfit {
    let flat = TriMesh {
        positions: uv.iter().map(|p| p.extend(0.0)).collect(),
        triangles: patch.mesh.triangles.clone(),
    };
    let places: Vec<SurfacePoint> = stations.iter().filter_map(|s| patch.place(s.head_mm)).collect();
    let (mut station_mm, mut line) = (0.0f64, 0.0f64);
    // A mesh of the patch that cannot be measured on counts as untrue, so that the gore is halved.
    let (Ok(skin), Ok(paper)) = (Geodesics::new(&patch.mesh), Geodesics::new(&flat)) else {
        return Misfit { station_mm: f64::INFINITY, line: 0.0, rim: 0.0, rms: 0.0, area: 0.0 };
    };
    for i in 0..places.len() {
        let (Ok(a), Ok(b)) = (
            skin.shortest_paths(places[i], &places[i + 1..]),
            paper.shortest_paths(places[i], &places[i + 1..]),
        ) else {
            return Misfit { station_mm: f64::INFINITY, line: 0.0, rim: 0.0, rms: 0.0, area: 0.0 };
        };
        for (k, (a, b)) in a.iter().zip(&b).enumerate() {
            station_mm = station_mm.max((a.length_mm - b.length_mm).abs());
            if k == 0 {
                line = line.max((b.length_mm / a.length_mm - 1.0).abs());
            }
        }
    }
    Misfit {
        station_mm,
        line,
        rim: distortion.largest_edge_error,
        rms: distortion.rms_edge_error,
        area: distortion.area_error,
    }
}

/// The parts of a line that lie on the piece: runs of points that have a place on the paper.
fn joined(points: impl Iterator<Item = Placed>) -> Vec<Vec<DVec2>> {
    let mut found: Vec<Vec<DVec2>> = vec![vec![]];
    for point in points {
        match (point, found.last_mut()) {
            (Some(q), Some(run)) => run.push(q),
            (None, Some(run)) if !run.is_empty() => found.push(vec![]),
            _ => {}
        }
    }
    found.retain(|run| run.len() > 1);
    found
}

fn joins(line: &DrawnLine, [from, to]: [f64; 2], paper: &impl Fn(DVec3) -> Placed) -> Vec<Join> {
    let join = |at: f64, outwards: f64| {
        let here = paper(line.at(at))?;
        let tab = (here - paper(line.at(at - outwards))?).normalize_or(DVec2::X);
        let reach = tab.perp() * (HALF_BAND_MM - 0.5);
        Some(Join { letter: ' ', across_mm: [here - reach, here + reach], tab, at_mm: at })
    };
    [join(from, -1.0), join(to, 1.0)].into_iter().flatten().collect()
}

/// A cut from either rim at every mark, to 6 mm from the line.
fn snips(stations: &[Station]) -> Vec<[DVec2; 2]> {
    const TO_LINE_MM: f64 = 6.0;
    stations
        .iter()
        .flat_map(|s| {
            [1.0, -1.0].map(|side| {
                [s.paper_mm + s.across * side * HALF_BAND_MM, s.paper_mm + s.across * side * TO_LINE_MM]
            })
        })
        .collect()
}

/// The two directions of the head that lie best along the piece.
fn compass(patch: &Patch, head: &Head) -> Vec<(&'static str, DVec2)> {
    let left = (head.landmarks.tragion_left - head.landmarks.tragion_right).normalize_or(DVec3::X);
    let mut words: Vec<(&'static str, DVec2)> =
        [("client's left", left), ("up", DVec3::Y), ("front", DVec3::Z)]
            .into_iter()
            .map(|(word, d)| (word, DVec2::new(d.dot(patch.right), d.dot(patch.up))))
            .collect();
    words.sort_by(|a, b| b.1.length().total_cmp(&a.1.length()));
    words.truncate(2);
    words.into_iter().map(|(word, d)| (word, d.normalize_or(DVec2::Y))).collect()
}
