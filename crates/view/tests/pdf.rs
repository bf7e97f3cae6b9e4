//! The page toolkit, read back by poppler and qpdf.

mod paper;

use hairline_view::pdf::{
    Block, Column, Figure, Fonts, Frame, Metadata, Paper, PdfError, Table, Tone, flow, footers,
};

/// A 2 x 1 PNG, red and blue.
const PNG: &[u8] = &[
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0, 123,
    64, 232, 221, 0, 0, 0, 13, 73, 68, 65, 84, 120, 156, 99, 248, 207, 0, 4, 255, 1, 7, 0, 1, 255, 226, 35,
    158, 89, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];

fn metadata() -> Metadata {
    Metadata {
        title: "A test of pages".to_string(),
        description: "Blocks of every kind.".to_string(),
        language: "en-GB".to_string(),
        date: Some((2026, 11, 22)),
    }
}

fn frame(paper: Paper) -> Frame {
    Frame { paper, footer: "A test of pages".to_string(), foot_mm: 0.0 }
}

fn blocks() -> Vec<Block> {
    let words =
        "Every page break falls between lines, and no line stands alone at the top or the foot of a page. ";
    let rows =
        (1..=40).map(|i| vec![format!("Row {i}"), format!("says **{i}** things"), format!("{}", i * i)]);
    let column = |title: &str, share: f64, right: bool| Column { title: title.to_string(), share, right };
    vec![
        Block::Title {
            title: "A test of pages".to_string(), subtitle: "for Łucja and Дмитрий".to_string()
        },
        Block::Facts(vec![
            ("Sessions".to_string(), "3".to_string()),
            ("Dots".to_string(), "24 310".to_string()),
            ("Area".to_string(), "251 cm²".to_string()),
            ("Hairline".to_string(), "75 mm above the brow".to_string()),
        ]),
        Block::Heading(2, "Paragraphs".to_string()),
        Block::Text(words.repeat(3)),
        Block::Text(format!("**Stressed words** at the start, and **in**, the middle. {}", words.repeat(12))),
        Block::Bullets(vec!["first".to_string(), words.repeat(2), "third".to_string()]),
        Block::Callout {
            tone: Tone::Warning,
            title: "Mind this".to_string(),
            body: vec![
                Block::Text("It stands out.".to_string()),
                Block::Bullets(vec!["and lists".to_string()]),
            ],
        },
        Block::Heading(2, "A table over pages".to_string()),
        Block::Table(Table {
            summary: "Rows to count".to_string(),
            columns: vec![
                column("Name", 1.0, false),
                column("What it says", 2.0, false),
                column("Square", 1.0, true),
            ],
            rows: rows.collect(),
        }),
        Block::Heading(2, "Pictures".to_string()),
        Block::Figures {
            columns: 2,
            width_share: 1.0,
            figures: (1..=3)
                .map(|i| Figure {
                    picture: PNG.to_vec(),
                    alt: format!("picture {i} of three"),
                    caption: format!("Caption {i}"),
                })
                .collect(),
        },
        Block::Terms(vec![("Dot".to_string(), "a deposit of pigment".to_string())]),
        Block::Small("Small print.".to_string()),
    ]
}

#[test]
fn a_flow_is_sound_tagged_and_reads_in_order() {
    let fonts = Fonts::new();
    let mut book = flow(&blocks(), &frame(Paper::A4), &fonts).unwrap();
    footers(&mut book, &frame(Paper::A4), &fonts);
    let path = paper::keep("flow.pdf", &book.write(&metadata(), &fonts).unwrap());
    paper::check_pdf(&path);
    let text = paper::tagged_text(&path);
    let mut at = 0;
    for words in [
        "A test of pages",
        "for Łucja and Дмитрий",
        "Sessions",
        "3",
        "Hairline",
        "75 mm above",
        "Paragraphs",
        "Stressed words",
        "first",
        "third",
        "Mind this",
        "It stands out.",
        "and lists",
        "A table over pages",
        "Name",
        "What it says",
        "Square",
        "Row 1",
        "says 1 things",
        "Row 40",
        "says 40 things",
        "1600",
        "Pictures",
        "Caption 1",
        "Caption 3",
        "Dot",
        "a deposit of pigment",
        "Small print.",
    ] {
        let found =
            text[at..].find(words).unwrap_or_else(|| panic!("{words:?} does not follow: {}", &text[at..]));
        at += found + words.len();
    }
    // The footer and the repeated table header are not read; the header's words come once.
    assert!(!text.contains("Page 1 of"), "{text}");
    assert_eq!(text.matches("What it says").count(), 1);
    let tree = paper::run("pdfinfo", &["-struct", path.to_str().unwrap()]);
    for tag in ["H1", "H2", "P", "L", "LI", "LBody", "Table", "TR", "TH", "TD", "Figure", "Caption"] {
        assert!(tree.lines().any(|l| l.trim().split([' ', ':']).next() == Some(tag)), "{tag}: {tree}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_the_page_size_is_true() {
    let fonts = Fonts::new();
    for (paper, size) in [(Paper::A4, "595.276 x 841.89 pts (A4)"), (Paper::Letter, "612 x 792 pts (letter)")]
    {
        let write =
            || flow(&blocks(), &frame(paper), &fonts).unwrap().write(&metadata(), &Fonts::new()).unwrap();
        let bytes = write();
        assert_eq!(bytes, write());
        let path = paper::keep(&format!("{}.pdf", paper.name()), &bytes);
        let info = paper::run("pdfinfo", &[path.to_str().unwrap()]);
        assert!(info.contains(size), "{info}");
        assert!(info.contains("2026"), "the date is the caller's: {info}");
    }
}

#[test]
fn a_broken_picture_is_named() {
    let figure = Figure { picture: vec![1, 2, 3], alt: "the crown".to_string(), caption: String::new() };
    let blocks = [Block::Figures { columns: 1, width_share: 1.0, figures: vec![figure] }];
    let error = flow(&blocks, &frame(Paper::A4), &Fonts::new()).unwrap_err();
    assert!(matches!(&error, PdfError::Picture { alt, .. } if alt == "the crown"), "{error}");
}
