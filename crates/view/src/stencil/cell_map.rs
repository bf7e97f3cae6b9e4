//! Pages that a hand follows: every cell with its name and its dots a session on a flat map of the head; where hair
//! stays, the partings as lines.
//!
//! The map's two directions are what a tape measures: along the midline from the glabella, and across from the midline.
//! So its grid of 20 mm is square, areas are nearly kept, and each cell can be found with a tape; shapes far out at the
//! sides lean.

use glam::DVec2;
use hairline_plan::Planned;
use hairline_plan::cells::Cell;
use hairline_scalp::{AzT, Uv};

use super::page::{GUIDE, centred, line};
use crate::pdf::{
    ACCENT, Block, Column, Face, Fonts, Frame, GREY, HAIR, INK, Ink, Line, Mark, Paper, Stroke, Style, Table,
};

mod borders;
mod grid;

use borders::Borders;
use grid::Grid;

/// The map is wider than the text by this on both sides, mm of paper.
const OUT_MM: f64 = 12.0;
/// Room for the letters of the rows, mm of paper.
const MARGIN_MM: f64 = 13.0;
/// Room for the numbers of the columns under the map, mm of paper.
const UNDER_MM: f64 = 5.0;
/// What stands on the page besides the map, mm: margins and ruler, heading, words, caption, and head and rows of the table.
const BESIDES_MM: f64 = 119.0;
const TABLE_ROW_MM: f64 = 7.2;
/// A map in one piece has at least this scale: cells of 20 mm are 10 mm wide and hold their numbers.
const LEAST_SCALE: f64 = 0.5;
/// Skin around the treated area that is shown, mm.
const AROUND_MM: f64 = 12.0;
/// Columns are this wide on the skin, mm.
const STEP_MM: f64 = grid::STEP_MM;
const PAPER: Ink = [255, 255, 255];
/// Zones by turns.
const TINTS: [Ink; 6] =
    [[250, 240, 222], [226, 238, 240], [238, 232, 243], [232, 241, 226], [247, 230, 228], [236, 236, 236]];

/// The map, in as many parts as it needs, and a table: of the zones, or of the partings.
pub(super) fn blocks(planned: &Planned, paper: Paper, fonts: &Fonts) -> Vec<Block> {
    let grid = Grid::new(planned);
    let partings = planned.plan.guide == "partings";
    let frame = Frame { paper, footer: String::new(), foot_mm: 0.0 };
    let rows = if partings { 0 } else { planned.plan.zones.len() };
    let height_mm = paper.size_mm()[1] - BESIDES_MM - TABLE_ROW_MM * rows as f64;
    let parts = parts(planned, &grid, [frame.width_mm(), height_mm]);
    let (view, ways) = if grid.seen_from_behind() {
        ("from behind, the client's left on the left", "Lengths are nearly true.")
    } else {
        (
            "from above, the face at the foot, the client's left on the right",
            "Up: tape from the glabella; sideways: tape from the midline.",
        )
    };
    let mut out = vec![
        Block::NewPage,
        Block::Heading(2, if partings { "Partings" } else { "Cell map" }.to_string()),
        Block::Text(how_to_read(planned, &grid, partings)),
    ];
    for (k, part) in parts.iter().enumerate() {
        if k > 0 {
            out.push(Block::NewPage);
        }
        let which = match (parts.len(), k) {
            (1, _) => String::new(),
            (n, k) => format!(" Part {} of {n}, from the front backwards.", k + 1),
        };
        out.push(Block::Drawing {
            height_mm: part.height_mm,
            alt: format!(
                "Map of the head {view}, with {} {}.{which} The same numbers stand in cells.csv.",
                planned.plan.cells.len(),
                if partings { "partings" } else { "cells" }
            ),
            caption: format!("Seen {view}; 1 : {:.1}. {ways}{which}", 1.0 / part.scale),
            marks: marks(planned, &grid, part, partings, fonts),
        });
    }
    out.push(if partings { partings_table(planned, &grid) } else { zones_table(planned) });
    out
}

fn how_to_read(planned: &Planned, grid: &Grid, partings: bool) -> String {
    let sessions = planned.plan.sessions.len();
    let find = if grid.seen_from_behind() || partings {
        "To find a place: the lines are 20 mm apart by tape, along the midline from the glabella and sideways from the midline."
    } else {
        "To find a place: rows (letters) are 20 mm by tape along the midline, columns (numbers) 20 mm by tape from it; a name says where the middle of its cell lies."
    };
    if partings {
        format!(
            "Part the hair along the numbered lines, from the part outwards, and set each line's dots evenly along it and halfway to its neighbours. {find} The table has each line by tape and its dots for sessions 1 to {sessions}."
        )
    } else {
        format!(
            "Each cell has its name and its dots for sessions 1 to {sessions}. Count by cell, not by eye: that keeps the tone even. {find} Colours are zones."
        )
    }
}

/// A part of the map.
struct Part {
    /// Corners by tape, mm: from the midline to the client's left, from the glabella backwards.
    low: DVec2,
    high: DVec2,
    /// Paper over skin.
    scale: f64,
    height_mm: f64,
}

impl Part {
    fn place(&self, p: DVec2) -> [f64; 2] {
        [MARGIN_MM - OUT_MM + (p.x - self.low.x) * self.scale, (self.high.y - p.y) * self.scale]
    }

    fn holds(&self, p: DVec2) -> bool {
        p.cmpge(self.low).all() && p.cmple(self.high).all()
    }
}

/// One part, or bands from the front backwards at the largest scale that the width allows.
fn parts(planned: &Planned, grid: &Grid, [width_mm, height_mm]: [f64; 2]) -> Vec<Part> {
    let all = planned.fields.iter().flat_map(|f| &f.patch.uv).map(|uv| grid.map(*uv));
    let (low, high) = all.fold((DVec2::MAX, DVec2::MIN), |(l, h), p| (l.min(p), h.max(p)));
    let (low, high) = (low - DVec2::splat(AROUND_MM), high + DVec2::splat(AROUND_MM));
    let size = high - low;
    let wide = ((width_mm + 2.0 * OUT_MM - MARGIN_MM) / size.x).min(1.0);
    let room_mm = height_mm - UNDER_MM;
    let whole = wide.min(room_mm / size.y);
    let (scale, bands) = if whole >= LEAST_SCALE {
        (whole, 1)
    } else {
        (wide, (wide * size.y / room_mm).ceil().max(1.0) as usize)
    };
    let band = size.y / bands as f64;
    (0..bands)
        .map(|k| {
            let front = low.y + k as f64 * band;
            let (low, high) = (DVec2::new(low.x, front), DVec2::new(high.x, front + band));
            Part { low, high, scale, height_mm: band * scale + UNDER_MM }
        })
        .collect()
}

fn marks(planned: &Planned, grid: &Grid, part: &Part, partings: bool, fonts: &Fonts) -> Vec<Mark> {
    let mut out = vec![];
    let borders = Borders::new(planned, grid);
    let cells = borders.cells();
    if !partings {
        for cell in &cells {
            let tint = TINTS[planned.plan.cells[cell.number].zone % TINTS.len()];
            for (i, ring) in cell.rings.iter().enumerate() {
                // The longest ring is the outline; others run around holes, or around islands the other way.
                let fill = if i == 0 || signed_area(ring) * signed_area(&cell.rings[0]) > 0.0 {
                    tint
                } else {
                    PAPER
                };
                fill_clipped(&mut out, ring, part, fill);
            }
        }
    }
    graticule(&mut out, grid, part, partings, fonts);
    let ears: Vec<DVec2> =
        [part.low.x, part.high.x].map(|x| DVec2::new(x, grid.behind_glabella_mm(0.0))).to_vec();
    stroke_clipped(&mut out, &ears, part, GUIDE, 0.25, &[2.0, 1.0]);
    let midline = [part.low.y, part.high.y].map(|y| DVec2::new(0.0, y));
    stroke_clipped(&mut out, &midline, part, GUIDE, 0.25, &[4.0, 1.0, 1.0, 1.0]);
    for (path, kind) in borders.lines() {
        match kind {
            borders::Kind::Rim => stroke_clipped(&mut out, &path, part, INK, 0.4, &[]),
            borders::Kind::Zone => stroke_clipped(&mut out, &path, part, GREY, 0.35, &[]),
            borders::Kind::Cell if !partings => stroke_clipped(&mut out, &path, part, GREY, 0.18, &[]),
            borders::Kind::Cell => {}
        }
    }
    if let Some(hairline) = &planned.design.hairline {
        let path: Vec<DVec2> = hairline.curve.uv().iter().map(|uv| grid.map(*uv)).collect();
        stroke_clipped(&mut out, &path, part, ACCENT, 0.6, &[]);
    }
    if partings {
        for cell in &planned.plan.cells {
            parting(&mut out, cell, grid, part, fonts);
        }
    } else {
        for cell in cells.iter().filter(|c| part.holds(c.middle)) {
            label(&mut out, &planned.plan.cells[cell.number], cell, part, fonts);
        }
    }
    out
}

fn signed_area(ring: &[DVec2]) -> f64 {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a.perp_dot(*b)).sum()
}

/// Name and counts in the middle of a cell, as large as there is room for.
fn label(out: &mut Vec<Mark>, cell: &Cell, outline: &borders::CellOutline, part: &Part, fonts: &Fonts) {
    const NAME_PT: f64 = 7.5;
    const COUNT_PT: f64 = 6.5;
    let [x, y] = part.place(outline.middle);
    // What fits into a circle inside the cell; a little more is no harm.
    let room = 2.3 * outline.room_mm * part.scale;
    let per_line = if cell.counts.len() > 4 { cell.counts.len().div_ceil(2) } else { cell.counts.len() };
    let rows: Vec<String> = cell
        .counts
        .chunks(per_line.max(1))
        .map(|c| c.iter().map(usize::to_string).collect::<Vec<_>>().join(" "))
        .collect();
    let widest = rows.iter().map(|r| fonts.width_mm(r, Face::Semibold, COUNT_PT)).fold(0.0, f64::max);
    let shrink = (room / widest.max(1e-9)).clamp(0.72, 1.0);
    let (name_pt, count_pt) = (NAME_PT * shrink, COUNT_PT * shrink);
    let leading = 0.40 * count_pt;
    let top = y - 0.5 * leading * rows.len() as f64;
    out.push(centred(&cell.name, [x, top + 0.3], name_pt, INK, fonts));
    for (i, row) in rows.iter().enumerate() {
        let style = Style { face: Face::Regular, size_pt: count_pt, ink: INK };
        let half = fonts.width_mm(row, style.face, count_pt) / 2.0;
        let y = top + 0.3 + leading * (i + 1) as f64;
        out.push(Mark::Text { at_mm: [x - half, y], turn_deg: 0.0, style, text: row.clone() });
    }
}

/// A parting: its line and, along it before its front end, its number.
fn parting(out: &mut Vec<Mark>, cell: &Cell, grid: &Grid, part: &Part, fonts: &Fonts) {
    let Some([front, back]) = ends(cell, grid) else { return };
    let path = grid.column_between(front, back.y);
    stroke_clipped(out, &path, part, ACCENT, 0.35, &[]);
    let from = path[0];
    if part.holds(from) {
        let [x, y] = part.place(from);
        let style = Style { face: Face::Semibold, size_pt: 6.5, ink: INK };
        let length = fonts.width_mm(&cell.name, style.face, style.size_pt);
        // Read upwards, ending at the front end of the line.
        out.push(Mark::Text {
            at_mm: [x + 0.8, y + 1.2 + length],
            turn_deg: -90.0,
            style,
            text: cell.name.clone(),
        });
    }
}

/// Front and back end of a parting by tape.
fn ends(cell: &Cell, grid: &Grid) -> Option<[DVec2; 2]> {
    cell.from_to.map(|ends| ends.map(|[az_deg, t]| grid.tape(AzT { az_deg, t }.to_uv())))
}

/// Rows and columns with their letters, numbers and tape.
fn graticule(out: &mut Vec<Mark>, grid: &Grid, part: &Part, partings: bool, fonts: &Fonts) {
    let inside = |y: f64| (part.low.y..part.high.y).contains(&y);
    for row in grid.rows() {
        stroke_clipped(out, &grid.row_line(row.back_v), part, HAIR, 0.15, &[]);
        let [middle, edge] = [row.middle_v(), row.back_v].map(|v| grid.map(Uv::new(0.0, v)).y);
        if !grid.seen_from_behind() && !partings && inside(middle) {
            let [x, y] = part.place(DVec2::new(part.low.x, middle));
            out.push(centred(&row.letter, [x - 11.0, y + 1.1], 8.5, ACCENT, fonts));
        }
        if inside(edge) {
            // From behind the lines bend: the tape is written where it is measured.
            let side = if grid.seen_from_behind() { 0.0 } else { part.low.x };
            let [x, y] = part.place(DVec2::new(side, edge));
            small(
                out,
                &format!("{:.0} mm", grid.behind_glabella_mm(row.back_v)),
                [x - 0.8, y + 0.8],
                1.0,
                fonts,
            );
        }
    }
    for k in -9..=9 {
        let beside = STEP_MM * f64::from(k);
        let path = grid.column_line(beside);
        stroke_clipped(out, &path, part, HAIR, 0.15, &[]);
        if grid.seen_from_behind() || !(part.low.x..part.high.x).contains(&beside) {
            continue;
        }
        let [x, y] = part.place(DVec2::new(beside, part.low.y));
        small(out, &format!("{}", beside.abs()), [x, y + 3.0], 0.5, fonts);
        let (column, side) = if k >= 0 { (k + 1, 'L') } else { (-k, 'R') };
        if !partings && beside + STEP_MM < part.high.x {
            let [x, y] = part.place(DVec2::new(beside + 0.5 * STEP_MM, part.low.y));
            out.push(centred(&format!("{column}{side}"), [x, y + 3.2], 7.5, ACCENT, fonts));
        }
    }
}

/// A small grey text; `share` of its width stands before the place.
fn small(out: &mut Vec<Mark>, text: &str, [x, y]: [f64; 2], share: f64, fonts: &Fonts) {
    let style = Style { face: Face::Regular, size_pt: 6.0, ink: GREY };
    let width = fonts.width_mm(text, style.face, style.size_pt);
    out.push(Mark::Text { at_mm: [x - share * width, y], turn_deg: 0.0, style, text: text.to_string() });
}

/// The parts of a path inside the map.
fn stroke_clipped(
    out: &mut Vec<Mark>,
    path: &[DVec2],
    part: &Part,
    ink: Ink,
    width_mm: f64,
    dash_mm: &[f64],
) {
    for run in path.chunk_by(|a, b| part.holds(*a) && part.holds(*b)) {
        if run.len() > 1 {
            let points = run.iter().map(|p| part.place(*p)).collect();
            out.push(line(points, ink, width_mm, dash_mm));
        }
    }
}

/// The part of a ring inside the map, cut at its front and back edge (Sutherland and Hodgman).
fn fill_clipped(out: &mut Vec<Mark>, ring: &[DVec2], part: &Part, fill: Ink) {
    let mut points = ring.to_vec();
    for (edge, sign) in [(part.low.y, 1.0), (part.high.y, -1.0)] {
        let mut kept = vec![];
        for i in 0..points.len() {
            let (a, b) = (points[i], points[(i + 1) % points.len()]);
            let (da, db) = (sign * (a.y - edge), sign * (b.y - edge));
            if da >= 0.0 {
                kept.push(a);
            }
            if (da >= 0.0) != (db >= 0.0) {
                kept.push(a.lerp(b, da / (da - db)));
            }
        }
        points = kept;
    }
    if points.len() > 2 {
        let points_mm = points.iter().map(|p| part.place(*p)).collect();
        // A hair of the same colour closes the seam to the neighbour.
        let stroke = Some(Stroke { ink: fill, width_mm: 0.1, dash_mm: vec![] });
        out.push(Mark::Line(Line { points_mm, closed: true, fill: Some(fill), stroke }));
    }
}

fn column(title: String, share: f64, right: bool) -> Column {
    Column { title, share, right }
}

/// What is used in each zone.
fn zones_table(planned: &Planned) -> Block {
    let plan = &planned.plan;
    let mut columns = vec![
        column("Zone".into(), 1.5, false),
        column("Needle".into(), 1.0, false),
        column("Depth mm".into(), 0.8, true),
    ];
    columns.extend(plan.sessions.iter().map(|s| column(format!("Session {}", s.number), 0.8, true)));
    let row = |(z, zone): (usize, &hairline_plan::plan::ZonePlan)| {
        let passes: Vec<_> = plan.sessions.iter().map(|s| s.passes.iter().find(|p| p.zone == z)).collect();
        let first = passes.iter().flatten().next();
        let mut cells = vec![
            format!("**{}**", zone.name),
            first.map_or(String::new(), |p| p.needle.clone()),
            first.map_or(String::new(), |p| format!("{:.2}", p.needle_depth_mm)),
        ];
        cells
            .extend(passes.iter().map(|p| p.map_or(String::new(), |p| format!("1\u{a0}:\u{a0}{}", p.shade))));
        cells
    };
    Block::Table(Table {
        summary: "Needle, depth and mixture of each zone and session".to_string(),
        columns,
        rows: plan.zones.iter().enumerate().map(row).collect(),
    })
}

/// Every parting by tape, with its dots.
fn partings_table(planned: &Planned, grid: &Grid) -> Block {
    let plan = &planned.plan;
    let mut columns = vec![
        column("Parting".into(), 1.0, false),
        column("Beside the midline".into(), 1.2, false),
        column("From the glabella, mm".into(), 1.2, false),
        column("Long, mm".into(), 0.8, true),
    ];
    columns.extend(plan.sessions.iter().map(|s| column(format!("Session {}", s.number), 0.8, true)));
    let rows = plan
        .cells
        .iter()
        .map(|cell| {
            let [from, to] = ends(cell, grid).unwrap_or_default();
            let side = if from.x.abs() < 0.5 {
                "on it".to_string()
            } else {
                format!("{:.0} mm {}", from.x.abs(), if from.x > 0.0 { "left" } else { "right" })
            };
            let mut row = vec![
                format!("**{}**", cell.name),
                side,
                format!("{:.0} to {:.0}", from.y, to.y),
                format!("{:.0}", cell.length_mm.unwrap_or(0.0)),
            ];
            row.extend(cell.counts.iter().map(usize::to_string));
            row
        })
        .collect();
    Block::Table(Table { summary: "Partings by tape with their dots a session".to_string(), columns, rows })
}
