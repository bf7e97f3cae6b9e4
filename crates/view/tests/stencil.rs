//! The stencil laid back on the head, and its pages measured.

mod paper;

use glam::{DVec2, DVec3};
use hairline_plan::case::{self, EXAMPLES};
use hairline_plan::design::Known;
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::make_plan;
use hairline_scalp::distance::Geodesics;
use hairline_scalp::import::read_mesh;
use hairline_scalp::model::{Measurements, STANDARD_STEP_MM, Sex, fit_head};
use hairline_scalp::regions::{CurveOnHead, RegionCurves};
use hairline_scalp::surface::Surface;
use hairline_scalp::{Chart, Head, Landmarks, TriMesh, Uv};
use hairline_view::pdf::Paper;
use hairline_view::stencil::{
    FlatKind, Mark, Piece, Stencil, StencilError, StencilLine, StencilWords, plan_lines, stencil, stencil_pdf,
};

/// A line on the paper, laid on the head, must come within this of where it is meant to be, mm.
const LAID_MM: f64 = 1.0;

fn words(paper: Paper) -> StencilWords {
    StencilWords { plan: "Example, Norwood VI".to_string(), day: "Day 0".to_string(), date: None, paper }
}

/// The frontal hairline from ear to ear and the border of a bald crown.
fn lines(head: &Head) -> Vec<StencilLine> {
    let chart = Chart::new(head).unwrap();
    let curves = RegionCurves::standard();
    let other_half = |half: &[Uv]| half.iter().skip(1).map(|p| Uv::new(-p.x, p.y)).collect::<Vec<_>>();
    let from_midline = curves.right_half("hairline_NW_I");
    let mut to_midline = curves.right_half("NW_VI_VII_posterior_border_VI");
    to_midline.reverse();
    [("Hairline", from_midline), ("Back of the crown", to_midline)]
        .into_iter()
        .map(|(name, half)| {
            let both: Vec<Uv> = half.iter().rev().copied().chain(other_half(&half)).collect();
            StencilLine {
                name: name.to_string(),
                points_mm: CurveOnHead::open(&chart, &both).points_mm().to_vec(),
                closed: false,
                hairline: name == "Hairline",
            }
        })
        .collect()
}

fn built_head(sex: Sex, circumference_mm: Option<f64>) -> Head {
    fit_head(&Measurements { circumference_mm, ..Measurements::none(sex) }, STANDARD_STEP_MM).unwrap().head
}

/// The real scan of `shared/scans`, with its landmarks, in our frame: (x, y, z) = (-x, z, y) of the file's.
fn scanned_head() -> Head {
    let shared = std::env::var("HAIRLINE_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_string());
    let read = |name: &str| {
        std::fs::read(format!("{shared}/scans/{name}"))
            .unwrap_or_else(|e| panic!("{name} is needed in {shared}/scans (set HAIRLINE_SHARED): {e}"))
    };
    let ours = |p: DVec3| DVec3::new(-p.x, p.z, p.y);
    let raw = read_mesh(&read("lps_head_textured.obj"), "lps_head_textured.obj").unwrap();
    // Seams of the texture double their vertices: join what is equal.
    let mut ids = std::collections::BTreeMap::new();
    let mut mesh = TriMesh::default();
    let mut id = |p: DVec3| {
        *ids.entry(p.to_array().map(f64::to_bits)).or_insert_with(|| {
            mesh.positions.push(ours(p));
            mesh.positions.len() as u32 - 1
        })
    };
    let triangles = raw.mesh.triangles.iter().map(|t| t.map(|v| id(raw.mesh.positions[v as usize])));
    let triangles: Vec<[u32; 3]> = triangles.collect();
    mesh.triangles = triangles;
    let marks: std::collections::BTreeMap<String, [f64; 3]> =
        serde_json::from_slice(&read("lps_landmarks_mm.json")).unwrap();
    let mark = |name: &str| ours(DVec3::from_array(marks[name]));
    let surface = Surface::new(&mesh).unwrap();
    let behind = |y: f64| {
        let far = DVec3::new(0.0, y, -300.0);
        far + DVec3::Z * surface.first_hit_mm(far, DVec3::Z, 300.0).unwrap()
    };
    let landmarks = Landmarks {
        nasion: mark("nasion"),
        glabella: mark("glabella"),
        inion: behind(5.0),
        opisthocranion: behind(32.0),
        vertex: mesh.positions.iter().copied().max_by(|a, b| a.y.total_cmp(&b.y)).unwrap(),
        // Left and right of the file's truth are named by its own x; ours is the client's.
        tragion_left: DVec3::X * mark("tragion_L").x.abs(),
        tragion_right: DVec3::NEG_X * mark("tragion_R").x.abs(),
    };
    Head { skin: mesh.clone(), mesh, landmarks }
}

/// Smooth normal of the head at a point.
struct Skin<'a> {
    ways: Geodesics<'a>,
    normals: Vec<DVec3>,
}

impl<'a> Skin<'a> {
    fn new(mesh: &'a TriMesh) -> Skin<'a> {
        Skin { ways: Geodesics::new(mesh).unwrap(), normals: mesh.vertex_normals() }
    }

    fn normal(&self, p: DVec3) -> DVec3 {
        let at = self.ways.closest(p);
        let corners = self.ways.mesh().triangles[at.triangle as usize];
        (0..3).map(|k| self.normals[corners[k] as usize] * at.barycentric[k]).sum::<DVec3>().normalize()
    }

    /// Lays a strip of paper: follows the flat line from one of its points on, keeping its lengths and turns;
    /// `direction` on the head is `heading` on the paper.
    fn lay(&self, start: DVec3, direction: DVec3, mut heading: DVec2, flat: &[DVec2]) -> Vec<DVec3> {
        const STEP_MM: f64 = 0.25;
        let mut p = start;
        let mut along = direction.reject_from(self.normal(p)).normalize();
        let mut laid = vec![start];
        for pair in flat.windows(2) {
            let next = pair[1] - pair[0];
            let normal = self.normal(p);
            let (sin, cos) = libm::sincos(libm::atan2(heading.perp_dot(next), heading.dot(next)));
            along = along * cos + normal.cross(along) * sin;
            heading = next;
            let steps = (next.length() / STEP_MM).ceil().max(1.0);
            for _ in 0..steps as usize {
                p = self.ways.surface().nearest(p + along * (next.length() / steps));
                along = along.reject_from(self.normal(p)).normalize();
            }
            laid.push(p);
        }
        laid
    }
}

/// Largest distance between a piece's line laid on the head from its middle mark and the line it was made from.
fn laid_error(skin: &Skin, piece: &Piece, truth: &[DVec3]) -> f64 {
    let own = piece.lines.iter().find(|l| l.kind == FlatKind::Own).unwrap();
    let middle = &piece.stations[piece.stations.len() / 2];
    let at = |p: &DVec2| p.distance_squared(middle.paper_mm);
    let nearest =
        (0..own.points_mm.len()).min_by(|&a, &b| at(&own.points_mm[a]).total_cmp(&at(&own.points_mm[b])));
    let nearest = nearest.unwrap();
    // Directions over the same 6 mm on paper and head; the flat line runs as the line does.
    let heading = own.points_mm[nearest + 3] - own.points_mm[nearest - 3];
    let near: Vec<DVec3> = truth.iter().filter(|p| p.distance(middle.head_mm) < 3.2).copied().collect();
    let later = &piece.stations[piece.stations.len() / 2 + 1];
    let chord = near[near.len() - 1] - near[0];
    let along = chord * chord.dot(later.head_mm - middle.head_mm).signum();
    let forwards: Vec<DVec2> =
        [middle.paper_mm].into_iter().chain(own.points_mm[nearest + 1..].iter().copied()).collect();
    let backwards: Vec<DVec2> =
        [middle.paper_mm].into_iter().chain(own.points_mm[..nearest].iter().rev().copied()).collect();
    let mut laid = skin.lay(middle.head_mm, along, heading, &forwards);
    laid.extend(skin.lay(middle.head_mm, -along, -heading, &backwards));
    let distance = |p: &DVec3| {
        let segment = |w: &[DVec3]| {
            let ab = w[1] - w[0];
            let t = ((*p - w[0]).dot(ab) / ab.length_squared().max(1e-12)).clamp(0.0, 1.0);
            p.distance(w[0] + ab * t)
        };
        truth.windows(2).map(segment).fold(f64::INFINITY, f64::min)
    };
    laid.iter().map(distance).fold(0.0, f64::max)
}

/// Largest difference between the way from mark to mark on the head's own mesh and the straight line on the paper,
/// for marks at most 40 mm apart (further, the straight line may leave the paper).
fn straight_error(skin: &Skin, piece: &Piece) -> f64 {
    let mut worst = 0.0f64;
    for (i, a) in piece.stations.iter().enumerate() {
        let near: Vec<_> = piece.stations[i + 1..].iter().filter(|b| (b.at_mm - a.at_mm) <= 40.0).collect();
        let places: Vec<_> = near.iter().map(|b| skin.ways.closest(b.head_mm)).collect();
        let ways = skin.ways.shortest_paths(skin.ways.closest(a.head_mm), &places).unwrap();
        for (b, way) in near.iter().zip(ways) {
            worst = worst.max((way.length_mm - a.paper_mm.distance(b.paper_mm)).abs());
        }
    }
    worst
}

fn check_laid(name: &str, head: &Head) -> Stencil {
    let lines = lines(head);
    let made = stencil(head, &lines).unwrap();
    let skin = Skin::new(&head.skin);
    for line in &lines {
        let pieces: Vec<&Piece> = made.pieces.iter().filter(|p| p.line == line.name).collect();
        // The pieces show the whole line without gaps.
        let length: f64 = line.points_mm.windows(2).map(|w| w[0].distance(w[1])).sum();
        let shown: f64 = pieces.iter().map(|p| p.range_mm[1] - p.range_mm[0]).sum();
        assert!((shown / length - 1.0).abs() < 0.02, "{name} {}: {shown} of {length} mm", line.name);
        for piece in pieces {
            let laid = laid_error(&skin, piece, &line.points_mm);
            let straight = straight_error(&skin, piece);
            assert!(laid <= LAID_MM, "{name} {} {:?}: laid {laid} mm off", piece.line, piece.number);
            assert!(straight <= 0.5 * LAID_MM, "{name} {} {:?}: {straight} mm", piece.line, piece.number);
        }
    }
    made
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
fn laid_on_a_real_scan_the_lines_are_within_a_millimetre() {
    check_laid("scan", &scanned_head());
}

#[test]
fn tape_table_agrees_with_the_chart_and_from_side_to_side() {
    let head = built_head(Sex::Male, None);
    let made = stencil(&head, &lines(&head)).unwrap();
    let row = |label: &str| made.tape.iter().find(|r| r.hairline && r.label == label).unwrap();
    let middle = row("M");
    // The chart measures the same arc along its meridian.
    let chart = Chart::new(&head).unwrap();
    let t = RegionCurves::standard().right_half("hairline_NW_I")[0];
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
        let bytes = stencil_pdf(&head, &made, &words(paper)).unwrap();
        assert_eq!(bytes, stencil_pdf(&head, &made, &words(paper)).unwrap());
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
        let pdf = stencil_pdf(&planned.head, &made, &words(Paper::A4)).unwrap();
        paper::check_pdf(&paper::keep(&format!("stencil-{name}.pdf"), &pdf));
    }
}
