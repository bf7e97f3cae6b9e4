//! Sheets of pieces: as many under each other as fit, notes beside each, a ruler at the foot.

use glam::DVec2;

use super::super::{FlatKind, FlatLine, Piece, Stencil, StencilWords};
use super::{GUIDE, SIDE_MM, centred, line};
use crate::pdf::{
    ACCENT, Book, Face, Fonts, GREY, INK, Ink, Line, Mark, Node, Role, Sheet, Stroke, Structure, Style,
    circle, set_text,
};

/// Where the first piece begins, mm.
const TOP_MM: f64 = 29.0;
/// Room at the foot for ruler and footer, mm.
const FOOT_MM: f64 = 42.0;
/// Notes stand to the right of the pieces from here on, mm: a piece is at most 126 mm wide.
const NOTES_MM: f64 = 143.0;
const GAP_MM: f64 = 6.0;
/// Height the notes take, mm.
const NOTES_HEIGHT_MM: f64 = 48.0;

const CUT: Ink = [110, 110, 110];
const TAB: Ink = [234, 234, 229];

/// How a piece lies on the sheet: turned to its least height, so that more of them share one.
struct Pose {
    turn: DVec2,
    low: DVec2,
    high: DVec2,
}

impl Pose {
    fn of(piece: &Piece) -> Pose {
        let turned = |degrees: u32| {
            let turn = DVec2::from_angle(f64::from(degrees).to_radians());
            let points = piece.outline_mm.iter().map(|p| turn.rotate(*p));
            let (low, high) = points.fold((DVec2::MAX, DVec2::MIN), |(l, h), p| (l.min(p), h.max(p)));
            Pose { turn, low, high }
        };
        // Of turns that are equally flat the first is nearest to upright.
        let by_size = [0, 5, 355, 10, 350, 15, 345, 20, 340, 25, 335, 30, 330, 35, 325, 40, 320, 45, 315];
        let more = [50, 310, 55, 305, 60, 300, 65, 295, 70, 290, 75, 285, 80, 280, 85, 275, 90];
        let poses = by_size.into_iter().chain(more).map(turned);
        let flattest = poses.min_by(|a, b| a.height_mm().total_cmp(&b.height_mm()));
        flattest.unwrap_or_else(|| turned(0))
    }

    fn height_mm(&self) -> f64 {
        self.high.y - self.low.y
    }
}

/// Adds the sheets to the book.
pub(super) fn pieces(book: &mut Book, stencil: &Stencil, words: &StencilWords, fonts: &Fonts) {
    let size_mm = words.paper.size_mm();
    let bottom = size_mm[1] - FOOT_MM;
    let mut pages: Vec<Vec<(usize, f64)>> = vec![];
    let mut y = f64::INFINITY;
    let poses: Vec<Pose> = stencil.pieces.iter().map(Pose::of).collect();
    for (i, pose) in poses.iter().enumerate() {
        let height = pose.height_mm().max(NOTES_HEIGHT_MM);
        if y + height > bottom || pages.is_empty() {
            pages.push(vec![]);
            y = TOP_MM;
        }
        if let Some(page) = pages.last_mut() {
            page.push((i, y));
        }
        y += height + GAP_MM;
    }
    let count = pages.len();
    for (k, page) in pages.iter().enumerate() {
        let mut sheet = Sheet { size_mm, marks: vec![] };
        let title = format!("Cut-out sheet {} of {count}", k + 1);
        book.bookmarks.push((title.clone(), book.sheets.len(), 0.0));
        let mut nodes = vec![];
        let leaf = text(
            book,
            &mut sheet,
            fonts,
            &format!("**{title}**"),
            [15.0, 7.0],
            ACCENT,
            [SIDE_MM, 11.0],
            120.0,
        )
        .0;
        nodes.push(Node::Group(Structure::Heading(2, title), leaf));
        let under = format!("{} · {} · print side out, away from the skin", words.plan, words.day);
        let leaf = text(book, &mut sheet, fonts, &under, [9.0, 4.4], GREY, [SIDE_MM, 18.5], 186.0).0;
        nodes.push(Node::Group(Structure::Paragraph, leaf));
        for &(i, y) in page {
            let width = size_mm[0] - SIDE_MM - NOTES_MM;
            nodes.append(&mut notes(book, &mut sheet, stencil, i, poses[i].turn, y, width, fonts));
            nodes.push(drawing(book, &mut sheet, &stencil.pieces[i], &poses[i], i, y, fonts));
        }
        book.tree.append(&mut nodes);
        book.sheets.push(sheet);
    }
}

/// Sets a text on the sheet; its leaves, and the height it takes.
#[expect(clippy::too_many_arguments, reason = "a place, a size and a colour are what text needs")]
fn text(
    book: &mut Book,
    sheet: &mut Sheet,
    fonts: &Fonts,
    words: &str,
    size: [f64; 2],
    ink: Ink,
    at: [f64; 2],
    width: f64,
) -> (Vec<Node>, f64) {
    let (lines, height) = set_text(fonts, words, size, ink, at, width);
    let mut leaves = vec![];
    for marks in lines {
        let leaf = book.leaf();
        sheet.marks.push((Role::Leaf(leaf), marks));
        leaves.push(Node::Leaf(leaf));
    }
    (leaves, height)
}

/// What stands beside a piece.
#[expect(clippy::too_many_arguments, reason = "a piece, its turn and its place are what notes need")]
fn notes(
    book: &mut Book,
    sheet: &mut Sheet,
    stencil: &Stencil,
    index: usize,
    turn: DVec2,
    y: f64,
    width: f64,
    fonts: &Fonts,
) -> Vec<Node> {
    let piece = &stencil.pieces[index];
    let [number, count] = piece.number;
    let title = format!("Piece {}: {} {number} of {count}", index + 1, piece.line);
    let (leaves, height) =
        text(book, sheet, fonts, &format!("**{title}**"), [10.5, 4.8], INK, [NOTES_MM, y], width);
    let mut nodes = vec![Node::Group(Structure::Heading(3, title), leaves)];
    let mut y = y + height + 0.8;
    let inside = |at: f64| at >= piece.range_mm[0] - 1e-6 && at <= piece.range_mm[1] + 1e-6;
    let rows: Vec<_> = stencil.tape.iter().filter(|r| r.line == piece.line && inside(r.at_mm)).collect();
    let shown = match rows.len() {
        0..=2 => rows,
        n => vec![rows[0], rows[n - 1]],
    };
    let misfit = &piece.misfit;
    let percent = |v: f64| format!("{:.1} %", 100.0 * v);
    let mut paragraphs: Vec<String> = shown
        .iter()
        .map(|row| {
            let (middle, ear) = (row.middle.word(), row.ear.word());
            format!(
                "**{}**: {:.0} mm from the {middle}, {:.0} mm from the {ear}",
                row.label, row.middle_mm, row.ear_mm
            )
        })
        .collect();
    paragraphs.push(format!(
        "True within {:.1} mm between marks; along the line within {}, at the rim up to {}, on average {}; area {}{}.",
        (misfit.station_mm * 10.0).ceil() / 10.0,
        percent((misfit.line * 1000.0).ceil() / 1000.0),
        percent(misfit.rim),
        percent(misfit.rms),
        if misfit.area < -0.0005 { "−" } else { "" },
        percent(misfit.area.abs()),
    ));
    for words in paragraphs {
        let (leaves, height) = text(book, sheet, fonts, &words, [8.2, 3.7], INK, [NOTES_MM, y], width);
        nodes.push(Node::Group(Structure::Paragraph, leaves));
        y += height + 0.6;
    }
    let centre = [NOTES_MM + 20.0, y + 8.5];
    let compass: Vec<(&str, DVec2)> =
        piece.compass.iter().map(|(word, d)| (*word, turn.rotate(*d))).collect();
    let alt = compass
        .iter()
        .map(|(word, d)| format!("{word} is {}", clock_word(*d)))
        .collect::<Vec<_>>()
        .join(", ");
    let mut marks = vec![];
    for (word, d) in &compass {
        let tip = [centre[0] + d.x * 5.0, centre[1] - d.y * 5.0];
        marks.push(line(vec![centre, tip], ACCENT, 0.4, &[]));
        for turn in [2.6, -2.6] {
            let (s, c) = libm::sincos(turn);
            let back = DVec2::new(d.x * c - d.y * s, d.x * s + d.y * c);
            marks.push(line(vec![tip, [tip[0] + back.x * 2.0, tip[1] - back.y * 2.0]], ACCENT, 0.4, &[]));
        }
        let at = [centre[0] + d.x * 7.2, centre[1] - d.y * 7.2 + 1.0];
        let half = fonts.width_mm(word, Face::Semibold, 7.5) / 2.0;
        let shift = if d.x.abs() > 0.5 { d.x.signum() * (half - 1.0) } else { 0.0 };
        marks.push(centred(word, [at[0] + shift, at[1]], 7.5, ACCENT, fonts));
    }
    let leaf = book.leaf();
    sheet.marks.push((Role::Leaf(leaf), marks));
    nodes.push(Node::Group(Structure::Figure(format!("On this piece {alt}.")), vec![Node::Leaf(leaf)]));
    nodes
}

/// A direction on the paper in words.
fn clock_word(d: DVec2) -> &'static str {
    let names =
        ["right", "upper right", "the top", "upper left", "left", "lower left", "the foot", "lower right"];
    let eighth = (libm::atan2(d.y, d.x) / std::f64::consts::FRAC_PI_4).round() as i64;
    names[eighth.rem_euclid(8) as usize]
}

/// The piece itself, in true size.
fn drawing(
    book: &mut Book,
    sheet: &mut Sheet,
    piece: &Piece,
    pose: &Pose,
    index: usize,
    y: f64,
    fonts: &Fonts,
) -> Node {
    let (low, high) = (pose.low, pose.high);
    let place = |p: DVec2| {
        let p = pose.turn.rotate(p);
        [SIDE_MM + p.x - low.x, y + high.y - p.y]
    };
    let all = |points: &[DVec2]| points.iter().map(|p| place(*p)).collect::<Vec<_>>();
    let mut marks = vec![];
    for join in &piece.joins {
        let here = (join.across_mm[0] + join.across_mm[1]) / 2.0;
        marks.push(Mark::Line(Line {
            points_mm: all(&beyond(&piece.outline_mm, here, join.tab)),
            closed: true,
            fill: Some(TAB),
            stroke: None,
        }));
    }
    marks.push(Mark::Line(Line {
        points_mm: all(&piece.outline_mm),
        closed: true,
        fill: None,
        stroke: Some(Stroke { ink: CUT, width_mm: 0.25, dash_mm: vec![] }),
    }));
    for snip in &piece.snips_mm {
        marks.push(line(all(snip), CUT, 0.15, &[0.8, 0.8]));
    }
    for flat in piece.lines.iter().rev() {
        let (ink, width, dash): (Ink, f64, &[f64]) = match flat.kind {
            FlatKind::Own if piece.hairline => (ACCENT, 0.5, &[]),
            FlatKind::Own => (INK, 0.5, &[]),
            FlatKind::Other => (GREY, 0.3, &[1.5, 1.0]),
            FlatKind::Midline => (GUIDE, 0.3, &[4.0, 1.0, 1.0, 1.0]),
            FlatKind::EarLine => (GUIDE, 0.3, &[2.0, 1.0]),
        };
        marks.push(line(all(&flat.points_mm), ink, width, dash));
    }
    let mut taken: Vec<Area> = vec![];
    for flat in &piece.lines {
        let clear = if flat.kind == FlatKind::Own { 0.8 } else { 0.3 };
        taken.extend(flat.points_mm.iter().map(|p| Area::about(place(*p), clear, clear)));
    }
    for station in &piece.stations {
        let reach = if station.label.is_empty() { 1.2 } else { 2.4 };
        let tick = [station.paper_mm - station.across * reach, station.paper_mm + station.across * reach];
        marks.push(line(all(&tick), INK, 0.2, &[]));
        if !station.label.is_empty() {
            let half = fonts.width_mm(&station.label, Face::Semibold, 7.0) / 2.0;
            let lean = pose.turn.rotate(station.across).x.abs();
            let [x, y] = place(station.paper_mm + station.across * (3.6 + half * lean));
            marks.push(centred(&station.label, [x, y + 0.9], 7.0, INK, fonts));
            taken.push(Area::about([x, y], half, 1.3));
        }
        taken.push(Area::about(place(station.paper_mm), 1.5, 1.5));
    }
    for join in &piece.joins {
        marks.push(line(all(&join.across_mm), INK, 0.25, &[2.0, 0.8]));
        for end in join.across_mm {
            let here = (join.across_mm[0] + join.across_mm[1]) / 2.0;
            let at = place(end + (here - end).normalize_or_zero() * 3.5);
            marks.push(Mark::Line(Line {
                points_mm: circle(at, 1.9),
                closed: true,
                fill: Some([255, 255, 255]),
                stroke: Some(Stroke { ink: INK, width_mm: 0.2, dash_mm: vec![] }),
            }));
            marks.push(centred(&join.letter.to_string(), [at[0], at[1] + 0.9], 7.0, INK, fonts));
            taken.push(Area::about(at, 2.0, 2.0));
        }
    }
    for flat in piece.lines.iter().filter(|l| l.kind != FlatKind::Own) {
        let ink = if flat.kind == FlatKind::Other { GREY } else { GUIDE };
        name_beside(&mut marks, &mut taken, flat, ink, &place, [SIDE_MM, SIDE_MM + high.x - low.x], fonts);
    }
    let leaf = book.leaf();
    sheet.marks.push((Role::Leaf(leaf), marks));
    let [from, to] = piece.range_mm;
    let alt = format!(
        "Pattern piece {}, true size: {} from {from:.0} to {to:.0} mm along the line, {:.0} by {:.0} mm.",
        index + 1,
        piece.line,
        high.x - low.x,
        high.y - low.y
    );
    Node::Group(Structure::Figure(alt), vec![Node::Leaf(leaf)])
}

/// A place on the sheet that has something on it: corners, mm.
#[derive(Clone, Copy)]
struct Area([f64; 4]);

impl Area {
    fn about([x, y]: [f64; 2], half_width: f64, half_height: f64) -> Area {
        Area([x - half_width, y - half_height, x + half_width, y + half_height])
    }

    fn meets(&self, other: &Area) -> bool {
        let (Area(a), Area(b)) = (self, other);
        a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
    }
}

/// The name of a guide or another line beside it, where it meets nothing; without such a place it is left out: dashes and
/// colour say what kind it is, and the next piece may have room.
fn name_beside(
    marks: &mut Vec<Mark>,
    taken: &mut Vec<Area>,
    flat: &FlatLine,
    ink: Ink,
    place: &dyn Fn(DVec2) -> [f64; 2],
    [left, right]: [f64; 2],
    fonts: &Fonts,
) {
    const SIZE_PT: f64 = 6.5;
    let style = Style { face: Face::Regular, size_pt: SIZE_PT, ink };
    let half = fonts.width_mm(&flat.name, style.face, SIZE_PT) / 2.0;
    // From the ends inwards, on either side of the line.
    let n = flat.points_mm.len();
    let inwards = (0..n.div_ceil(2)).flat_map(|i| [n - 1 - i, i]);
    for i in inwards.filter(|_| n > 4) {
        let [x, y] = place(flat.points_mm[i]);
        let beside = [[half + 1.0, 0.0], [-half - 1.0, 0.0], [0.0, 2.2], [0.0, -2.2]];
        for [dx, dy] in beside {
            let at = [x + dx, y + dy];
            let area = Area::about(at, half + 0.4, 1.4);
            if area.0[0] >= left && area.0[2] <= right && !taken.iter().any(|t| t.meets(&area)) {
                marks.push(Mark::Text {
                    at_mm: [at[0] - half, at[1] + 0.8],
                    turn_deg: 0.0,
                    style,
                    text: flat.name.clone(),
                });
                taken.push(area);
                return;
            }
        }
    }
}

/// The part of an outline beyond a straight line (Sutherland and Hodgman).
fn beyond(outline: &[DVec2], on_line: DVec2, outwards: DVec2) -> Vec<DVec2> {
    let mut kept = vec![];
    for i in 0..outline.len() {
        let (a, b) = (outline[i], outline[(i + 1) % outline.len()]);
        let (da, db) = ((a - on_line).dot(outwards), (b - on_line).dot(outwards));
        if da >= 0.0 {
            kept.push(a);
        }
        if (da >= 0.0) != (db >= 0.0) {
            kept.push(a.lerp(b, da / (da - db)));
        }
    }
    kept
}
