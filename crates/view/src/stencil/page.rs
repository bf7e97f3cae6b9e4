//! The pages of a stencil.

use glam::{DVec2, DVec3};
use hairline_scalp::Head;

use super::{Stencil, StencilWords, TapeRow};
use crate::pdf::{
    ACCENT, Block, Book, Column, Face, Fonts, Frame, GREY, HAIR, INK, Ink, Line, Mark, Metadata, Node,
    PdfError, Role, Stroke, Structure, Style, Table, Tone, circle, flow, footers,
};

mod sheet;

/// Colour of guides that are no cut.
pub(super) const GUIDE: Ink = [64, 104, 170];
/// Left margin of rulers and pieces, mm.
const SIDE_MM: f64 = 12.0;
/// Room for the ruler above the footer, mm.
const RULER_MM: f64 = 16.0;

pub(super) fn metadata(words: &StencilWords) -> Metadata {
    Metadata {
        title: format!("Stencil: {}", words.plan),
        description: "Hairline and zone outlines in true size, to cut out and lay on the head.".to_string(),
        language: "en-GB".to_string(),
        date: words.date,
    }
}

pub(super) fn book(
    head: &Head,
    stencil: &Stencil,
    words: &StencilWords,
    map: &[Block],
    fonts: &Fonts,
) -> Result<Book, PdfError> {
    let frame = Frame {
        paper: words.paper,
        footer: format!("{}  ·  {}  ·  print at 100 %, not “fit to page”", words.plan, words.day),
        foot_mm: RULER_MM,
    };
    let mut blocks = guide(head, stencil, words, &frame, fonts);
    blocks.extend_from_slice(map);
    let mut book = flow(&blocks, &frame, fonts)?;
    sheet::pieces(&mut book, stencil, words, fonts);
    rulers(&mut book, fonts);
    footers(&mut book, &frame, fonts);
    Ok(book)
}

/// The first pages: what to do, an overview, the tape table.
fn guide(head: &Head, stencil: &Stencil, words: &StencilWords, frame: &Frame, fonts: &Fonts) -> Vec<Block> {
    let bullets = |items: &[&str]| Block::Bullets(items.iter().map(|s| s.to_string()).collect());
    let mut blocks = vec![
        Block::Title {
            title: "Stencil".to_string(),
            subtitle: format!("{} · {} · {} paper", words.plan, words.day, words.paper.name()),
        },
        Block::Callout {
            tone: Tone::Warning,
            title: "Measure the ruler at the foot of the page first".to_string(),
            body: vec![Block::Text(
                "From 0 to 100 it must be 100 mm long. If it is not, print again at 100 % (“actual size”)."
                    .to_string(),
            )],
        },
        Block::Heading(2, "How to lay it".to_string()),
        bullets(&[
            "Cut each piece out along its grey rim, and snip the short cuts at the rim. Paper does not stretch; the snips let it lie down on a round head. The skin beside the line is true.",
            "Find a mark of a piece with two tapes, as long as it says beside the piece: one from the glabella, the most forward point between the brows, one from the notch above the ear's tragus; behind the ears from the inion, the bump at the back of the head. Lay both along the skin, without pulling.",
            "Lay the piece with the printed side out, its mark on your mark, the dashed blue midline on the middle of the head. The arrows beside each piece say which way is up, front and the client's left.",
            "Grey ends are tabs. Neighbouring pieces lie over each other there: the line with the same letter on both must coincide.",
            "Trace: cut along the line and draw along the edge, or prick through it.",
        ]),
    ];
    let (height_mm, marks) = overview(head, stencil, frame.width_mm(), fonts);
    blocks.push(Block::Drawing {
        height_mm,
        alt: format!("The head from the front and from above with the {} pieces along their lines.", stencil.pieces.len()),
        caption: "From the front; from above with the face at the foot of the picture (the client's left is on the right of both); and from behind where pieces lie there. Numbers are those of the pieces."
            .to_string(),
        marks,
    });
    if !stencil.left_out.is_empty() {
        let part = |(line, [from, to], why): &(String, [f64; 2], String)| {
            format!("{line}, {from:.0} to {to:.0} mm along it: {why}")
        };
        let body = vec![Block::Bullets(stencil.left_out.iter().map(part).collect())];
        let title = "Parts that no paper fits: mark them by tape".to_string();
        blocks.push(Block::Callout { tone: Tone::Warning, title, body });
    }
    let hairline: Vec<&TapeRow> = stencil.tape.iter().filter(|r| r.hairline).collect();
    if !hairline.is_empty() {
        blocks.push(Block::Need(70.0));
        blocks.push(Block::Heading(2, "Tape table: hairline".to_string()));
        blocks.push(Block::Text(
            "Millimetres along the skin. **M** is the midline; **L40** is the mark 40 mm along the hairline to the client's left, **R40** to the right. Marks of the other pieces stand beside them."
                .to_string(),
        ));
        blocks.push(Block::Table(tape_table(hairline.into_iter().map(tape_cells).collect())));
    }
    // Beside a hairline the marks of other lines stand at their pieces; without one they are all there is.
    let others: Vec<&TapeRow> =
        stencil.tape.iter().filter(|r| !stencil.tape[0].hairline && !r.hairline).collect();
    for rows in others.chunk_by(|a, b| a.line == b.line) {
        blocks.push(Block::Need(50.0));
        blocks.push(Block::Heading(2, format!("Tape table: {}", rows[0].line)));
        blocks.push(Block::Text(
            "Millimetres along the skin. The number of a mark is its way along the line from where the line begins on its first piece."
                .to_string(),
        ));
        blocks.push(Block::Table(tape_table(rows.iter().map(|r| tape_cells(r)).collect())));
    }
    blocks
}

fn tape_table(rows: Vec<Vec<String>>) -> Table {
    let column = |title: &str, share: f64, right: bool| Column { title: title.to_string(), share, right };
    Table {
        summary: "Marks of the line by tape from the middle of the head and the ear".to_string(),
        columns: vec![
            column("Mark", 1.6, false),
            column("Tape from", 1.0, false),
            column("mm", 0.7, true),
            column("and from", 1.0, false),
            column("mm", 0.7, true),
        ],
        rows,
    }
}

fn tape_cells(row: &TapeRow) -> Vec<String> {
    vec![
        format!("**{}**", row.label),
        row.middle.word().to_string(),
        format!("{:.0}", row.middle_mm),
        row.ear.word().to_string(),
        format!("{:.0}", row.ear_mm),
    ]
}

/// Puts the check ruler at the foot of every sheet.
fn rulers(book: &mut Book, fonts: &Fonts) {
    for i in 0..book.sheets.len() {
        let at = [SIDE_MM, book.sheets[i].size_mm[1] - 33.0];
        let leaf = book.leaf();
        book.sheets[i].marks.push((Role::Leaf(leaf), ruler(at, fonts)));
        let alt = format!("Check ruler on page {}: the marks 0 and 100 are 100 mm apart.", i + 1);
        book.tree.push(Node::Group(Structure::Figure(alt), vec![Node::Leaf(leaf)]));
    }
}

/// A ruler of 100 mm with its zero at a point.
fn ruler([x, y]: [f64; 2], fonts: &Fonts) -> Vec<Mark> {
    let mut marks = vec![line(vec![[x, y], [x + 100.0, y]], INK, 0.25, &[])];
    for mm in 0..=100u32 {
        let length = if mm % 10 == 0 {
            4.5
        } else if mm % 5 == 0 {
            3.2
        } else {
            2.0
        };
        let at = x + f64::from(mm);
        marks.push(line(vec![[at, y], [at, y + length]], INK, if mm % 10 == 0 { 0.2 } else { 0.12 }, &[]));
        if mm % 10 == 0 {
            marks.push(centred(&mm.to_string(), [at, y + 7.6], 7.0, INK, fonts));
        }
    }
    marks.push(Mark::Text {
        at_mm: [x + 105.0, y + 3.5],
        turn_deg: 0.0,
        style: Style { face: Face::Semibold, size_pt: 9.0, ink: INK },
        text: "100 mm".to_string(),
    });
    marks
}

/// The head from the front and from above with the lines and the numbers of the pieces.
fn overview(head: &Head, stencil: &Stencil, width: f64, fonts: &Fonts) -> (f64, Vec<Mark>) {
    const HEIGHT_MM: f64 = 74.0;
    let lowest = head.landmarks.nasion.y - 85.0;
    let outline = |view: fn(DVec3) -> DVec2| {
        silhouette(head.mesh.positions.iter().filter(|p| p.y > lowest).map(|p| view(*p)).collect())
    };
    let faces = |p: DVec3, facing: DVec3| (p - DVec3::Y * 45.0).dot(facing) > 0.0;
    let hidden = |piece: &super::Piece| {
        piece.stations.iter().all(|s| !faces(s.head_mm, DVec3::Z) && !faces(s.head_mm, DVec3::Y))
    };
    type View = fn(DVec3) -> DVec2;
    let mut views: Vec<(View, DVec3)> =
        vec![(|p| DVec2::new(p.x, -p.y), DVec3::Z), (|p| DVec2::new(p.x, p.z), DVec3::Y)];
    if stencil.pieces.iter().any(hidden) {
        views.push((|p| DVec2::new(-p.x, -p.y), DVec3::NEG_Z));
    }
    let mut marks = vec![];
    for (i, &(view, facing)) in views.iter().enumerate() {
        let middle = width * (2 * i + 1) as f64 / (2 * views.len()) as f64;
        let rim = outline(view);
        let (low, high) = rim.iter().fold((DVec2::MAX, DVec2::MIN), |(l, h), p| (l.min(*p), h.max(*p)));
        let scale = (HEIGHT_MM / (high.y - low.y)).min(0.9 * width / views.len() as f64 / (high.x - low.x));
        let place = |q: DVec2| {
            let p = (q - (low + high) / 2.0) * scale;
            [middle + p.x, HEIGHT_MM / 2.0 + p.y]
        };
        marks.push(Mark::Line(Line {
            points_mm: rim.iter().map(|p| place(*p)).collect(),
            closed: true,
            fill: Some([249, 248, 245]),
            stroke: Some(Stroke { ink: HAIR, width_mm: 0.3, dash_mm: vec![] }),
        }));
        let l = &head.landmarks;
        for (word, p) in
            [("glabella", l.glabella), ("inion", l.inion), ("ear", l.tragion_left), ("ear", l.tragion_right)]
        {
            if p.z * facing.z < 0.0 {
                continue;
            }
            let [x, y] = place(view(p));
            let fill = Some(GUIDE);
            marks.push(Mark::Line(Line { points_mm: circle([x, y], 0.8), closed: true, fill, stroke: None }));
            marks.push(centred(word, [x, y + 3.6], 6.5, GUIDE, fonts));
        }
        for (i, piece) in stencil.pieces.iter().enumerate() {
            let seen: Vec<&super::Station> =
                piece.stations.iter().filter(|s| faces(s.head_mm, facing)).collect();
            let points: Vec<[f64; 2]> = seen.iter().map(|s| place(view(s.head_mm))).collect();
            let (ink, width) = if piece.hairline { (ACCENT, 0.6) } else { (GREY, 0.4) };
            if let Some(at) = points.get(points.len() / 2).copied() {
                marks.push(line(points, ink, width, &[]));
                marks.extend(badge(&(i + 1).to_string(), at, fonts));
            }
        }
    }
    (HEIGHT_MM, marks)
}

/// A number in a circle.
fn badge(text: &str, at: [f64; 2], fonts: &Fonts) -> Vec<Mark> {
    vec![
        Mark::Line(Line {
            points_mm: circle(at, 2.3),
            closed: true,
            fill: Some([255, 255, 255]),
            stroke: Some(Stroke { ink: ACCENT, width_mm: 0.25, dash_mm: vec![] }),
        }),
        centred(text, [at[0], at[1] + 1.0], 7.5, ACCENT, fonts),
    ]
}

pub(super) fn line(points_mm: Vec<[f64; 2]>, ink: Ink, width_mm: f64, dash_mm: &[f64]) -> Mark {
    let stroke = Some(Stroke { ink, width_mm, dash_mm: dash_mm.to_vec() });
    Mark::Line(Line { points_mm, closed: false, fill: None, stroke })
}

pub(super) fn centred(text: &str, [x, y]: [f64; 2], size_pt: f64, ink: Ink, fonts: &Fonts) -> Mark {
    let style = Style { face: Face::Semibold, size_pt, ink };
    let half = fonts.width_mm(text, style.face, size_pt) / 2.0;
    Mark::Text { at_mm: [x - half, y], turn_deg: 0.0, style, text: text.to_string() }
}

/// The outermost points around the middle, one every 3 degrees: a head is star-shaped from the front and from above.
fn silhouette(points: Vec<DVec2>) -> Vec<DVec2> {
    const RAYS: usize = 120;
    let (low, high) = points.iter().fold((DVec2::MAX, DVec2::MIN), |(l, h), p| (l.min(*p), h.max(*p)));
    let middle = (low + high) / 2.0;
    let mut rim = vec![middle; RAYS];
    for p in points {
        let turn = libm::atan2(p.y - middle.y, p.x - middle.x) / std::f64::consts::TAU;
        let ray = ((turn * RAYS as f64).floor() as i64).rem_euclid(RAYS as i64) as usize;
        if p.distance_squared(middle) > rim[ray].distance_squared(middle) {
            rim[ray] = p;
        }
    }
    rim
}
