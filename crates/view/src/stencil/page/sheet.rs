//! Sheets of pieces: as many under each other as fit, notes beside each, a ruler at the foot.

use glam::DVec2;

use super::super::{FlatKind, Piece, Stencil, StencilWords};
use super::{GUIDE, SIDE_MM, centred, line};
use crate::pdf::{
    ACCENT, Book, Fonts, GREY, INK, Ink, Line, Mark, Node, Role, Sheet, Stroke, Structure, circle, set_text,
};

/// Where the first piece begins, mm.
const TOP_MM: f64 = 29.0;
/// Room at the foot for ruler and footer, mm.
const FOOT_MM: f64 = 42.0;
/// Notes stand to the right of the pieces from here on, mm: a piece is at most 126 mm wide.
const NOTES_MM: f64 = 143.0;
const GAP_MM: f64 = 6.0;
/// Height the notes take at least, mm.
const NOTES_HEIGHT_MM: f64 = 64.0;

const CUT: Ink = [110, 110, 110];
const TAB: Ink = [234, 234, 229];

/// Corners of the smallest upright rectangle about a piece.
fn bounds(piece: &Piece) -> (DVec2, DVec2) {
    piece.outline_mm.iter().fold((DVec2::MAX, DVec2::MIN), |(l, h), p| (l.min(*p), h.max(*p)))
}

/// Adds the sheets to the book.
pub(super) fn pieces(book: &mut Book, stencil: &Stencil, words: &StencilWords, fonts: &Fonts) {
    let size_mm = words.paper.size_mm();
    let bottom = size_mm[1] - FOOT_MM;
    let mut pages: Vec<Vec<(usize, f64)>> = vec![];
    let mut y = f64::INFINITY;
    for (i, piece) in stencil.pieces.iter().enumerate() {
        let (low, high) = bounds(piece);
        let height = (high.y - low.y).max(NOTES_HEIGHT_MM);
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
            nodes.append(&mut notes(book, &mut sheet, stencil, i, y, size_mm[0] - SIDE_MM - NOTES_MM, fonts));
            nodes.push(drawing(book, &mut sheet, &stencil.pieces[i], i, y, fonts));
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
fn notes(
    book: &mut Book,
    sheet: &mut Sheet,
    stencil: &Stencil,
    index: usize,
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
        0..=3 => rows,
        n => vec![rows[0], rows[n / 2], rows[n - 1]],
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
        "Measured: distances between marks true within {:.1} mm. Lengths: along the line within {}, at the rim up to {}, on average {}; area {}{}.",
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
    let centre = [NOTES_MM + 20.0, y + 12.0];
    let alt = piece
        .compass
        .iter()
        .map(|(word, d)| format!("{word} is {}", clock_word(*d)))
        .collect::<Vec<_>>()
        .join(", ");
    let mut marks = vec![];
    for (word, d) in &piece.compass {
        let tip = [centre[0] + d.x * 7.0, centre[1] - d.y * 7.0];
        marks.push(line(vec![centre, tip], ACCENT, 0.4, &[]));
        for turn in [2.6, -2.6] {
            let (s, c) = libm::sincos(turn);
            let back = DVec2::new(d.x * c - d.y * s, d.x * s + d.y * c);
            marks.push(line(vec![tip, [tip[0] + back.x * 2.0, tip[1] - back.y * 2.0]], ACCENT, 0.4, &[]));
        }
        let at = [centre[0] + d.x * 9.5, centre[1] - d.y * 9.5 + 1.0];
        let half = fonts.width_mm(word, crate::pdf::Face::Semibold, 7.5) / 2.0;
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
fn drawing(book: &mut Book, sheet: &mut Sheet, piece: &Piece, index: usize, y: f64, fonts: &Fonts) -> Node {
    let (low, high) = bounds(piece);
    let place = |p: DVec2| [SIDE_MM + p.x - low.x, y + high.y - p.y];
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
        // A name where there is room: at the end nearer the rim of guides and other lines.
        if flat.kind != FlatKind::Own && flat.points_mm.len() > 4 {
            let at = flat.points_mm[flat.points_mm.len() * 4 / 5];
            let [x, y] = place(at);
            // Inside the width of the piece: beside it stand the notes.
            let width = fonts.width_mm(&flat.name, crate::pdf::Face::Regular, 6.5);
            let x = (x + 1.0).min(SIDE_MM + high.x - low.x - width).max(SIDE_MM);
            marks.push(Mark::Text {
                at_mm: [x, y],
                turn_deg: 0.0,
                style: crate::pdf::Style { face: crate::pdf::Face::Regular, size_pt: 6.5, ink },
                text: flat.name.clone(),
            });
        }
    }
    for station in &piece.stations {
        let reach = if station.label.is_empty() { 1.2 } else { 2.4 };
        let tick = [station.paper_mm - station.across * reach, station.paper_mm + station.across * reach];
        marks.push(line(all(&tick), INK, 0.2, &[]));
        if !station.label.is_empty() {
            let half = fonts.width_mm(&station.label, crate::pdf::Face::Semibold, 7.0) / 2.0;
            let [x, y] = place(station.paper_mm + station.across * (3.6 + half * station.across.x.abs()));
            marks.push(centred(&station.label, [x, y + 0.9], 7.0, INK, fonts));
        }
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
        }
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
