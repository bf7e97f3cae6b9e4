//! The stencil laid back on the head, and its pages measured.

mod laying;
mod paper;

use glam::DVec3;
use hairline_plan::case::{self, EXAMPLES};
use hairline_plan::design::Known;
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::make_plan;
use hairline_scalp::model::{Measurements, STANDARD_STEP_MM, Sex, fit_head};
use hairline_scalp::regions::{Curve, RegionCurves};
use hairline_scalp::{Chart, Head};
use hairline_view::pdf::Paper;
use hairline_view::stencil::{
    Mark, StencilError, StencilLine, StencilWords, plan_lines, stencil, stencil_pdf,
};
use laying::{check_laid, lines};

fn words(paper: Paper) -> StencilWords {
    StencilWords { plan: "Example, Norwood VI".to_string(), day: "Day 0".to_string(), date: None, paper }
}

fn built_head(sex: Sex, circumference_mm: Option<f64>) -> Head {
    fit_head(&Measurements { circumference_mm, ..Measurements::none(sex) }, STANDARD_STEP_MM).unwrap().head
}

#[test]
fn laid_on_an_average_man_the_lines_are_within_a_millimetre() {
    check_laid("average man", &built_head(Sex::Male, None));
}

#[test]
fn laid_on_a_small_and_a_large_head_the_lines_are_within_a_millimetre() {
    check_laid("small woman", &built_head(Sex::Female, Some(525.0)));
    check_laid("large man", &built_head(Sex::Male, Some(600.0)));
}

#[test]
fn tape_table_agrees_with_the_chart_and_from_side_to_side() {
    let head = built_head(Sex::Male, None);
    let made = stencil(&head, &lines(&head)).unwrap();
    let row = |label: &str| made.tape.iter().find(|r| r.hairline && r.label == label).unwrap();
    let middle = row("M");
    // The chart measures the same arc along its meridian.
    let chart = Chart::new(&head).unwrap();
    let t = RegionCurves::standard().right_half(Curve::HairlineI)[0];
    let arc = chart.above_glabella_mm(&head, t.length());
    assert!((middle.middle_mm - arc).abs() < 0.5, "{} {arc}", middle.middle_mm);
    for mm in [20, 60, 100] {
        let (l, r) = (row(&format!("L{mm}")), row(&format!("R{mm}")));
        assert!((l.middle_mm - r.middle_mm).abs() < 0.2 && (l.ear_mm - r.ear_mm).abs() < 0.2, "{l:?} {r:?}");
        assert_eq!((l.ear, r.ear, l.middle), (Mark::LeftEar, Mark::RightEar, Mark::Glabella));
    }
}

#[test]
fn neighbours_share_their_marks_and_joins() {
    let head = built_head(Sex::Male, None);
    let made = stencil(&head, &lines(&head)).unwrap();
    for pair in made.pieces.windows(2).filter(|p| p[0].line == p[1].line) {
        assert_eq!(pair[0].range_mm[1], pair[1].range_mm[0]);
        assert_eq!(pair[0].joins.last().unwrap().letter, pair[1].joins[0].letter);
        assert!(pair[0].joins.last().unwrap().letter.is_ascii_uppercase());
    }
    // The outline is closed and goes around the line.
    for piece in &made.pieces {
        let n = piece.outline_mm.len();
        assert!(
            piece.outline_mm[0].distance(piece.outline_mm[n - 1]) < 0.01,
            "{} {:?}",
            piece.line,
            piece.number
        );
        let area: f64 =
            (0..n).map(|i| piece.outline_mm[i].perp_dot(piece.outline_mm[(i + 1) % n])).sum::<f64>() / 2.0;
        let strip = 28.0 * (piece.range_mm[1] - piece.range_mm[0]);
        assert!(area.abs() > strip && area.abs() < 2.2 * strip + 700.0, "{area} for a strip of {strip}");
    }
}

#[test]
fn a_line_is_printed_once_and_short_lines_are_refused() {
    let head = built_head(Sex::Male, None);
    let mut twice = lines(&head);
    let again = StencilLine { name: "The same".to_string(), hairline: false, ..twice[0].clone() };
    twice.push(again);
    let made = stencil(&head, &twice).unwrap();
    assert!(made.pieces.iter().all(|p| p.line != "The same"));
    for points_mm in [vec![], vec![DVec3::Y * 130.0], vec![DVec3::NAN; 9]] {
        let line = StencilLine { name: "Stub".to_string(), points_mm, closed: false, hairline: true };
        let error = stencil(&head, &[line]).unwrap_err();
        assert!(matches!(error, StencilError::ShortLine { .. }), "{error}");
    }
}

/// Middle of the dark pixels of each of the two end ticks of a ruler in a picture of one sheet, apart, mm.
fn ruler_mm(page: &str, dpi: f64, size_mm: [f64; 2], ruler_top_mm: f64, left_mm: f64) -> f64 {
    let bytes = std::fs::read(page).unwrap();
    // PGM: "P5", width, height, 255, each followed by one white space.
    let mut fields = bytes.splitn(4, |b| b.is_ascii_whitespace());
    let mut number = || String::from_utf8(fields.next().unwrap().to_vec()).unwrap();
    assert_eq!(number(), "P5");
    let (width, height): (usize, usize) = (number().parse().unwrap(), number().parse().unwrap());
    let pixels = &bytes[bytes.len() - width * height..];
    assert!((width as f64 / dpi * 25.4 - size_mm[0]).abs() < 0.2, "{width} pixels");
    // A row through the long ticks only, below the short ones.
    let row = ((ruler_top_mm + 4.0) / 25.4 * dpi) as usize;
    let dark = |x: usize| 255.0 - f64::from(pixels[row * width + x]);
    let middle = |near_mm: f64| {
        let range = |mm: f64| (mm / 25.4 * dpi) as usize;
        let (mut sum, mut weight) = (0.0, 0.0);
        for x in range(near_mm - 2.0)..range(near_mm + 2.0) {
            sum += dark(x) * (x as f64 + 0.5);
            weight += dark(x);
        }
        assert!(weight > 0.0, "no tick near {near_mm} mm in {page}");
        sum / weight / dpi * 25.4
    };
    middle(left_mm + 100.0) - middle(left_mm)
}

#[test]
fn pages_are_sound_and_the_ruler_on_each_is_true() {
    let head = built_head(Sex::Male, None);
    let made = stencil(&head, &lines(&head)).unwrap();
    for paper in [Paper::A4, Paper::Letter] {
        let bytes = stencil_pdf(&head, &made, &words(paper), &[]).unwrap();
        assert_eq!(bytes, stencil_pdf(&head, &made, &words(paper), &[]).unwrap());
        let path = paper::keep(&format!("stencil-{}.pdf", paper.name()), &bytes);
        paper::check_pdf(&path);
        let text = paper::tagged_text(&path);
        for expected in
            ["Example, Norwood VI", "Day 0", "How to lay it", "Tape table", "R40", "Piece 1: Hairline 1 of"]
        {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        let info = paper::run("pdfinfo", &[path.to_str().unwrap()]);
        let pages: usize =
            info.lines().find_map(|l| l.strip_prefix("Pages:")).unwrap().trim().parse().unwrap();
        let prefix = path.with_extension("");
        let prefix = prefix.to_str().unwrap();
        let dpi = 300.0;
        paper::run("pdftoppm", &["-r", "300", "-gray", path.to_str().unwrap(), prefix]);
        let size = paper.size_mm();
        let digits = pages.to_string().len();
        for page in 1..=pages {
            let file = format!("{prefix}-{page:0digits$}.pgm");
            let length = ruler_mm(&file, dpi, size, size[1] - 33.0, 12.0);
            assert!((length - 100.0).abs() < 0.1, "{} page {page}: {length} mm", paper.name());
        }
    }
}

#[test]
fn every_example_case_gets_its_stencil() {
    for (name, text) in EXAMPLES {
        let case = case::read(name, text.as_bytes()).unwrap();
        let source = head_from_measurements(&case).unwrap();
        let planned = make_plan(&case, source, &Known::default(), "test", &mut |_| {}).unwrap();
        let lines = plan_lines(&planned);
        assert!(!lines.is_empty(), "{name} has no lines");
        let made = stencil(&planned.head, &lines).unwrap();
        assert!(made.left_out.is_empty(), "{name}: {:?}", made.left_out);
        for line in &lines {
            let shown: f64 = made
                .pieces
                .iter()
                .filter(|p| p.line == line.name || p.line.starts_with(&format!("{}, part", line.name)))
                .map(|p| p.range_mm[1] - p.range_mm[0])
                .sum();
            assert!(shown > 10.0, "{name}: {} is not shown", line.name);
        }
        let pdf = stencil_pdf(&planned.head, &made, &words(Paper::A4), &[]).unwrap();
        paper::check_pdf(&paper::keep(&format!("stencil-{name}.pdf"), &pdf));
    }
}
