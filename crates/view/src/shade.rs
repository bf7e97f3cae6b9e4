//! The pigment match on paper: swatches, and the shade card to print.

use hairline_optics::colour::{Lab, Xyz};
use hairline_plan::case::Paper;
use hairline_plan::matching::{Card, Choice, Match, Shown};

use crate::chart::{Patch, Swatch, Swatches};
use crate::pdf::{
    Block, Face, Fonts, Frame, GREY, INK, Ink, Line, Mark, Metadata, PdfError, Stroke, Style, flow, footers,
};
use crate::picture::Image;

/// A colour as a screen shows it.
pub fn ink(lab: Lab) -> Ink {
    lab.to_xyz().to_linear_rgb().to_srgb8()
}

/// A patch of skin as a picture.
pub fn image(shown: &Shown) -> Image {
    let rgb = shown.xyz.iter().flat_map(|xyz: &Xyz| xyz.to_linear_rgb().to_srgb8()).collect();
    Image { width: shown.side_px, height: shown.side_px, rgb }
}

/// The target, the choice and the runners-up side by side; below each its mean colour.
pub fn swatches(found: &Match, shown: &[Shown]) -> Swatches {
    let zone = &found.zones[0];
    let choices: Vec<&Choice> = std::iter::once(&zone.choice).chain(&zone.runners_up).collect();
    let target = if found.target.hair.is_some() { "own stubble" } else { "wanted colour" };
    let mut columns = vec![target.to_owned()];
    columns.extend(
        choices
            .iter()
            .enumerate()
            .map(|(i, c)| format!("{} shade {}", if i == 0 { "choice:" } else { "next:" }, c.shade)),
    );
    let lab = |lab: Lab| format!("L {:.1}  a {:.1}  b {:.1}", lab.l, lab.a, lab.b);
    let look =
        shown.iter().map(|s| Patch { swatch: Swatch::Picture(image(s)), label: lab(s.mean_lab) }).collect();
    let mut means = vec![Patch { swatch: Swatch::Plain(ink(found.target.lab_sce)), label: String::new() }];
    means.extend(choices.iter().map(|c| Patch {
        swatch: Swatch::Plain(ink(c.lab_sce)),
        label: format!("score {:.1}, {:+.1} L*", c.score, -c.darker_l),
    }));
    Swatches {
        title: "What is matched, and what matches it".to_owned(),
        description: format!("Patches of 10 mm enlarged, and their mean colours. {}.", found.why),
        across: "healed, day 28; patches of 10 x 10 mm, enlarged".to_owned(),
        columns,
        down: String::new(),
        rows: vec!["seen close".to_owned(), "mean".to_owned()],
        patches: vec![look, means],
    }
}

const SMALL: Style = Style { face: Face::Regular, size_pt: 8.0, ink: GREY };
const BOLD: Style = Style { face: Face::Semibold, size_pt: 9.0, ink: INK };
/// From one row of the card to the next, mm: the patches are 10.24 mm.
const ROW_MM: f64 = 14.0;
/// Room for the names of the rows, mm.
const NAMES_MM: f64 = 24.0;
/// Side of a mean colour beside its patch, mm.
const MEAN_MM: f64 = 5.0;

/// `shade-card.pdf`: rows dilution, columns depth, each a patch of dots in true scale on the client's skin beside its mean
/// colour. Colours are sRGB, whose profile is in the file.
///
/// # Errors
/// What the PDF writer refuses.
pub fn shade_card_pdf(title: &str, paper: Paper, found: &Match, card: &Card) -> Result<Vec<u8>, PdfError> {
    let fonts = Fonts::new();
    let frame = Frame { paper, footer: title.to_owned(), foot_mm: 0.0 };
    let zone = &found.zones[0];
    let subtitle = format!(
        "Healed dots of {:.2} mm at {:.0}/cm2 on this client\u{2019}s skin, true size  \u{b7}  framed: shade {}",
        card.diameter_mm, card.density_per_cm2, zone.shade
    );
    let how = "Print at 100 % (\u{201c}actual size\u{201d}) with colour management by the printer\u{2019}s profile and relative \
               colorimetric intent, on matt coated paper; the colours of this file are sRGB and carry its profile. Look at it in \
               daylight beside the skin: the \u{201c}bare\u{201d} strip has to look like it, otherwise the print is off. Check: \
               the ruler is 50 mm long.";
    let blocks = vec![
        Block::Title { title: "Shade card".to_owned(), subtitle },
        grid(card, zone.shade, frame.width_mm(), &fonts),
        Block::Small(how.to_owned()),
    ];
    let mut book = flow(&blocks, &frame, &fonts)?;
    footers(&mut book, &frame, &fonts);
    let metadata = Metadata {
        title: "Shade card".to_owned(),
        description: "Healed dots by dilution and depth on one client's skin, in true size.".to_owned(),
        language: "en-GB".to_owned(),
        date: None,
    };
    book.write(&metadata, &fonts)
}

fn grid(card: &Card, chosen: f64, width_mm: f64, fonts: &Fonts) -> Block {
    let mut marks = vec![];
    let words = |marks: &mut Vec<Mark>, text: String, at_mm: [f64; 2], style: Style| {
        marks.push(Mark::Text { at_mm, turn_deg: 0.0, style, text });
    };
    let columns = card.needle_depths_mm.len() as f64;
    let column_mm = (width_mm - NAMES_MM) / columns;
    let side_mm = card.patches[0][0].side_mm;
    let left = |j: usize| NAMES_MM + column_mm * j as f64;

    words(&mut marks, "needle depth".to_owned(), [0.0, 3.0], SMALL);
    for (j, depth) in card.needle_depths_mm.iter().enumerate() {
        words(&mut marks, format!("{depth:.2} mm"), [left(j), 3.0], BOLD);
    }
    let mut y = 5.0;
    // Bare skin, to see whether the print is right, and a ruler.
    words(&mut marks, "bare".to_owned(), [0.0, y + 4.0], BOLD);
    marks.push(area([NAMES_MM, y], [0.5 * (width_mm - NAMES_MM), 6.0], ink(card.skin_lab)));
    ruler(&mut marks, [width_mm - 52.0, y + 3.0], fonts);
    y += 9.0;
    for (shade, patches) in card.shades.iter().zip(&card.patches) {
        words(&mut marks, format!("shade {shade}"), [0.0, y + 5.0], BOLD);
        words(&mut marks, format!("1 : {shade} ml"), [0.0, y + 8.8], SMALL);
        for (j, patch) in patches.iter().enumerate() {
            let picture = image(patch);
            let rgba = picture.rgb.chunks_exact(3).flat_map(|c| [c[0], c[1], c[2], 255]).collect();
            let pixels = krilla::image::Image::from_rgba8(rgba, picture.width as u32, picture.height as u32);
            marks.push(Mark::Picture { image: pixels, at_mm: [left(j), y], size_mm: [side_mm; 2] });
            marks.push(area([left(j) + side_mm + 1.0, y], [MEAN_MM, side_mm], ink(patch.mean_lab)));
        }
        if *shade == chosen {
            let (w, h) = (width_mm, side_mm + 2.0);
            let corners = vec![[-1.5, y - 1.0], [w, y - 1.0], [w, y - 1.0 + h], [-1.5, y - 1.0 + h]];
            let stroke = Some(Stroke { ink: INK, width_mm: 0.4, dash_mm: vec![] });
            marks.push(Mark::Line(Line { points_mm: corners, closed: true, fill: None, stroke }));
        }
        y += ROW_MM;
    }
    Block::Drawing {
        height_mm: y,
        alt: format!(
            "A grid of dotted skin patches: {} dilutions from strong to weak, each at {} depths of the needle; dots get weaker with \
             dilution, and weaker and blurrier with depth.",
            card.shades.len(),
            card.needle_depths_mm.len()
        ),
        caption: "Each patch is 10 mm of skin in true size; beside it is its mean colour, as seen from across a room.".to_owned(),
        marks,
    }
}

fn area([x, y]: [f64; 2], [width, height]: [f64; 2], fill: Ink) -> Mark {
    let points_mm = vec![[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
    Mark::Line(Line { points_mm, closed: true, fill: Some(fill), stroke: None })
}

/// 50 mm.
fn ruler(marks: &mut Vec<Mark>, [x, y]: [f64; 2], fonts: &Fonts) {
    let line = |points_mm: Vec<[f64; 2]>| {
        Mark::Line(Line {
            points_mm,
            closed: false,
            fill: None,
            stroke: Some(Stroke { ink: GREY, width_mm: 0.2, dash_mm: vec![] }),
        })
    };
    marks.push(line(vec![[x, y], [x + 50.0, y]]));
    for tick in 0..=5u32 {
        let at = x + 10.0 * f64::from(tick);
        marks.push(line(vec![[at, y - 1.2], [at, y]]));
    }
    let text = "50 mm".to_owned();
    let at_mm = [x + 25.0 - 0.5 * fonts.width_mm(&text, SMALL.face, SMALL.size_pt), y + 3.4];
    marks.push(Mark::Text { at_mm, turn_deg: 0.0, style: SMALL, text });
}
