//! Charts, read back by a foreign XML parser, by their own geometry and by the pixels they become.

mod paper;

use std::f64::consts::PI;

use hairline_view::chart::{
    Axis, Band, Bars, Chart, ChartError, Curve, Drawing, Limit, Look, Patch, Scale, Span, Swatch, Swatches,
    lay_out, lay_out_swatches, power_law,
};
use hairline_view::pdf::{Fonts, Frame, Metadata, Paper, flow, footers};
use hairline_view::picture::Image;
use proptest::prelude::*;

fn axis(label: &str, unit: &str, scale: Scale, include: &[f64]) -> Axis {
    Axis { label: label.to_string(), unit: unit.to_string(), scale, include: include.to_vec() }
}

fn curve(name: &str, look: Look, points: Vec<[f64; 2]>) -> Curve {
    Curve { name: name.to_string(), look, points, band: None }
}

fn chart(title: &str, x: Axis, y: Axis, curves: Vec<Curve>) -> Chart {
    let description = format!("{title}: what it shows & to whom, <in> \"words\".");
    Chart { title: title.to_string(), description, x, y, bars: vec![], curves, spans: vec![], limits: vec![] }
}

fn fade() -> Chart {
    let years = || (0..=40).map(|i| f64::from(i) / 4.0);
    let left = |t: f64, k: f64| 100.0 * libm::exp(-k * t);
    let middle = years().map(|t| [t, left(t, 0.13)]).collect();
    let low_high = years().map(|t| [left(t, 0.21), left(t, 0.08)]).collect();
    let fade = Curve {
        name: "most likely".to_string(),
        look: Look::Line,
        points: middle,
        band: Some(Band { name: "8 of 10 people".to_string(), low_high }),
    };
    Chart {
        spans: vec![Span { name: "touch-up due".to_string(), from_to: [3.2, 7.5] }],
        limits: vec![Limit { name: "your limit".to_string(), at: 50.0 }],
        ..chart(
            "How the healed colour fades",
            axis("Years after healing", "", Scale::Linear, &[10.0]),
            axis("Contrast left", "%", Scale::Linear, &[0.0, 100.0]),
            vec![fade],
        )
    }
}

fn spectra() -> Chart {
    let curves = [
        ("very light", 0.62),
        ("light", 0.5),
        ("intermediate", 0.42),
        ("tan", 0.33),
        ("brown", 0.24),
        ("dark", 0.12),
    ]
    .map(|(name, top)| {
        let points = (0..=30).map(|i| {
            let nm = 400.0 + 10.0 * f64::from(i);
            let dip = 0.35 * libm::exp(-((nm - 545.0) / 30.0f64).powi(2));
            [nm, top * (0.35 + 0.65 * (nm - 400.0) / 300.0) * (1.0 - dip)]
        });
        curve(name, Look::Line, points.collect())
    });
    chart(
        "Reflectance of skin by class of tone",
        axis("Wavelength", "nm", Scale::Linear, &[]),
        axis("Diffuse reflectance, specular excluded", "", Scale::Linear, &[0.0]),
        curves.to_vec(),
    )
}

fn profiles() -> Chart {
    let curves = [0.25, 0.5, 0.8].map(|depth: f64| {
        let points = (0..=50).map(|i| {
            let r = 0.05 * f64::from(i);
            [r, 0.6 / (1.0 + 20.0 * depth) * libm::exp(-r * r / (0.05 + depth * depth)) + 1e-6]
        });
        curve(&format!("{depth} mm deep"), Look::Line, points.collect())
    });
    chart(
        "Light that a dot takes, by distance from its middle",
        axis("Distance", "mm", Scale::Linear, &[]),
        axis("1 - ratio to bare skin", "", Scale::Log, &[]),
        curves.to_vec(),
    )
}

fn histogram() -> Chart {
    let edges: Vec<f64> = (0..=24).map(|i| 0.1 * f64::from(i)).collect();
    let heights = (0..24).map(|i| {
        (900.0 * libm::exp(-f64::from(i) / 4.0) * libm::sin(PI * (f64::from(i) + 1.0) / 25.0)).round()
    });
    let bars = Bars { name: "1500 points".to_string(), edges, heights: heights.collect() };
    Chart {
        bars: vec![bars],
        spans: vec![Span { name: "95 % lie below".to_string(), from_to: [1.0, 1.0] }],
        ..chart(
            "Error of the tables",
            axis("Colour difference to the full computation", "CIEDE2000", Scale::Linear, &[]),
            axis("Points", "", Scale::Linear, &[]),
            vec![],
        )
    }
}

fn convergence() -> Chart {
    let points = |scale: f64, wave: f64| {
        let photons = (0..9).map(|i| 1e3 * libm::pow(10.0, f64::from(i) / 2.0));
        photons
            .map(move |n| [n, scale / libm::sqrt(n) * (1.0 + 0.25 * libm::sin(wave * libm::log(n)))])
            .collect()
    };
    chart(
        "Error falls with the square root of the photons",
        axis("Photons", "", Scale::Log, &[]),
        axis("Root mean square error of the reflectance", "", Scale::Log, &[]),
        vec![
            curve("half-space", Look::Points, points(0.8, 2.0)),
            curve("seven layers", Look::Points, points(1.7, 3.0)),
            curve("slope −1/2", Look::Reference, power_law([1e3, 0.04], -0.5, [1e3, 1e7])),
        ],
    )
}

fn strip() -> Swatches {
    let inks = [[92, 80, 74], [106, 91, 84], [121, 103, 93], [138, 115, 103], [150, 124, 110]];
    Swatches {
        title: "The same place over the years".to_string(),
        description: "Five patches, each paler than the one before.".to_string(),
        across: String::new(),
        columns: ["healed", "1 year", "3 years", "5 years", "8 years"].map(String::from).to_vec(),
        down: String::new(),
        rows: vec![String::new()],
        patches: vec![
            inks.iter()
                .map(|ink| Patch {
                    swatch: Swatch::Around { ink: *ink, around: [188, 158, 142] },
                    label: format!("L* {}", ink[0] / 2),
                })
                .collect(),
        ],
    }
}

fn card() -> Swatches {
    let picture = |strength: f64| {
        let rgb = (0..64 * 64).flat_map(|i| {
            let (x, y) = (f64::from(i % 64) - 31.5, f64::from(i / 64) - 31.5);
            let dot = strength * libm::exp(-(x * x + y * y) / 120.0);
            [188.0, 158.0, 142.0].map(|c| (c * (1.0 - dot)) as u8)
        });
        Image { width: 64, height: 64, rgb: rgb.collect() }
    };
    Swatches {
        title: "Shade card".to_string(),
        description: "Dots by dilution and depth on the client's skin.".to_string(),
        across: "Depth of the middle of the dot".to_string(),
        columns: ["0.3 mm", "0.4 mm", "0.5 mm", "0.6 mm", "0.8 mm"].map(String::from).to_vec(),
        down: "Diluent to one part of pigment".to_string(),
        rows: ["5 ml", "10 ml", "15 ml", "20 ml"].map(String::from).to_vec(),
        patches: (0..4)
            .map(|row| {
                (0..5)
                    .map(|column| {
                        let strength = 0.8 / f64::from(1 + row) / f64::from(1 + column);
                        Patch {
                            swatch: Swatch::Picture(picture(strength)),
                            label: format!("ΔE {:.1}", 30.0 * strength),
                        }
                    })
                    .collect()
            })
            .collect(),
    }
}

const SIZE_MM: [f64; 2] = [150.0, 80.0];

fn drawings(fonts: &Fonts) -> Vec<(&'static str, Drawing)> {
    let plot = |chart: &Chart| lay_out(chart, SIZE_MM, fonts).unwrap();
    vec![
        ("fade", plot(&fade())),
        ("spectra", plot(&spectra())),
        ("profiles", plot(&profiles())),
        ("histogram", plot(&histogram())),
        ("convergence", plot(&convergence())),
        ("strip", lay_out_swatches(&strip(), 130.0, 200.0, fonts).unwrap()),
        ("card", lay_out_swatches(&card(), 130.0, 200.0, fonts).unwrap()),
    ]
}

/// Left, top, right and bottom of each text.
fn boxes(drawing: &Drawing, fonts: &Fonts) -> Vec<(String, [f64; 4])> {
    let each = drawing.words.iter().map(|w| {
        let em = w.style.size_pt * 25.4 / 72.0;
        let [x, y] = w.at_mm;
        let wide = fonts.width_mm(&w.text, w.style.face, w.style.size_pt);
        // Capitals reach 0.66 em above the baseline, tails 0.2 em below.
        (w.text.clone(), [x, y - 0.66 * em, x + wide, y + 0.2 * em])
    });
    each.collect()
}

/// Nothing outside the drawing, no words over words.
fn check_layout(drawing: &Drawing, fonts: &Fonts) -> Result<(), String> {
    let [width, height] = drawing.size_mm;
    let inside = |x: f64, y: f64| (-0.01..=width + 0.01).contains(&x) && (-0.01..=height + 0.01).contains(&y);
    for line in &drawing.lines {
        if let Some(p) = line.points_mm.iter().find(|p| !inside(p[0], p[1])) {
            return Err(format!("a line at {p:?} leaves {width} x {height} mm"));
        }
    }
    for (_, [x, y], [w, h]) in &drawing.pictures {
        if !inside(*x, *y) || !inside(x + w, y + h) {
            return Err(format!("a picture at {x}, {y} leaves the drawing"));
        }
    }
    let boxes = boxes(drawing, fonts);
    for (i, (text, a)) in boxes.iter().enumerate() {
        if !inside(a[0], a[1]) || !inside(a[2], a[3]) {
            return Err(format!("\"{text}\" at {a:?} leaves {width} x {height} mm"));
        }
        for (other, b) in &boxes[..i] {
            if a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3] {
                return Err(format!("\"{text}\" {a:?} lies on \"{other}\" {b:?}"));
            }
        }
    }
    Ok(())
}

#[test]
fn every_kind_keeps_its_words_apart_and_inside() {
    let fonts = Fonts::new();
    for (name, drawing) in drawings(&fonts) {
        check_layout(&drawing, &fonts).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(
            drawing.words.iter().all(|w| fonts.missing(&w.text).is_empty()),
            "{name} has letters the font lacks"
        );
    }
}

#[test]
fn svg_is_xml_that_says_what_it_is() {
    let fonts = Fonts::new();
    for (name, drawing) in drawings(&fonts) {
        let svg = drawing.to_svg(&fonts);
        let tree = roxmltree::Document::parse(&svg).unwrap_or_else(|e| panic!("{name}: {e}"));
        let root = tree.root_element();
        assert_eq!((root.tag_name().name(), root.attribute("role")), ("svg", Some("img")));
        let labels: Vec<&str> = root.attribute("aria-labelledby").unwrap().split(' ').collect();
        let named = |tag: &str| {
            root.children().find(|c| c.has_tag_name(("http://www.w3.org/2000/svg", tag))).unwrap()
        };
        assert_eq!(named("title").text(), Some(drawing.title.as_str()));
        assert_eq!(named("desc").text(), Some(drawing.description.as_str()));
        assert_eq!(labels, [named("title").attribute("id").unwrap(), named("desc").attribute("id").unwrap()]);
        let texts: Vec<&str> =
            root.descendants().filter(|n| n.has_tag_name("text")).filter_map(|n| n.text()).collect();
        assert_eq!(texts.len(), drawing.words.len());
        assert!(drawing.words.iter().zip(texts).all(|(w, t)| w.text == t));
        // True millimetres: the view box is the size.
        let [w, h] = drawing
            .size_mm
            .map(|s| format!("{:.3}", s + 6.0).trim_end_matches('0').trim_end_matches('.').to_string());
        assert_eq!(root.attribute("width"), Some(format!("{w}mm").as_str()));
        assert_eq!(root.attribute("viewBox"), Some(format!("-3 -3 {w} {h}").as_str()));
        paper::keep(&format!("chart-{name}.svg"), svg.as_bytes());
    }
}

#[test]
fn words_from_people_cannot_break_the_svg() {
    let fonts = Fonts::new();
    let mut c = fade();
    c.title = "a < b & \"c\" > d\u{1}\u{ffff}".to_string();
    c.curves[0].name = "<script>alert(1)</script>".to_string();
    let svg = lay_out(&c, SIZE_MM, &fonts).unwrap().to_svg(&fonts);
    let tree = roxmltree::Document::parse(&svg).unwrap();
    assert!(tree.descendants().all(|n| !n.has_tag_name("script")));
}

#[test]
fn points_stand_where_the_axes_say() {
    let fonts = Fonts::new();
    for chart in [fade(), spectra(), profiles(), convergence()] {
        let drawing = lay_out(&chart, SIZE_MM, &fonts).unwrap();
        // From two labelled ticks of each axis to mm, independent of the layout: labels are read as numbers.
        let read = |text: &str| {
            let powers = [
                ("10⁻⁶", "1e-6"),
                ("10⁻⁵", "1e-5"),
                ("10⁻⁴", "1e-4"),
                ("10⁻³", "1e-3"),
                ("10⁻²", "1e-2"),
                ("10⁻¹", "1e-1"),
                ("10⁰", "1"),
                ("10³", "1e3"),
                ("10⁴", "1e4"),
                ("10⁵", "1e5"),
                ("10⁶", "1e6"),
                ("10⁷", "1e7"),
            ];
            let text = powers.iter().find(|p| p.0 == text).map_or(text, |p| p.1);
            text.parse::<f64>().ok()
        };
        let labels: Vec<(f64, [f64; 2])> = drawing
            .words
            .iter()
            .filter_map(|w| {
                let wide = fonts.width_mm(&w.text, w.style.face, w.style.size_pt);
                Some((
                    read(&w.text)?,
                    [w.at_mm[0] + 0.5 * wide, w.at_mm[1] - 0.33 * w.style.size_pt * 25.4 / 72.0],
                ))
            })
            .collect();
        let lowest = labels.iter().map(|l| l.1[1]).fold(0.0, f64::max);
        let (under, beside): (Vec<_>, Vec<_>) = labels.into_iter().partition(|l| lowest - l.1[1] < 0.1);
        assert!(under.len() >= 3 && beside.len() >= 3, "{}", chart.title);
        let map = |a: &Axis, labels: &[(f64, [f64; 2])], side: usize, v: f64| {
            let f = |v: f64| if a.scale == Scale::Log { libm::log(v) } else { v };
            let ((v0, p0), (v1, p1)) = (labels[0], labels[labels.len() - 1]);
            p0[side] + (p1[side] - p0[side]) * (f(v) - f(v0)) / (f(v1) - f(v0))
        };
        for c in chart.curves.iter().filter(|c| c.look != Look::Points) {
            let n = c.points.len();
            let expected: Vec<[f64; 2]> = c
                .points
                .iter()
                .map(|p| [map(&chart.x, &under, 0, p[0]), map(&chart.y, &beside, 1, p[1])])
                .collect();
            let drawn = drawing.lines.iter().filter(|l| l.points_mm.len() == n && !l.closed).any(|l| {
                l.points_mm
                    .iter()
                    .zip(&expected)
                    .all(|(a, b)| (a[0] - b[0]).abs() < 0.05 && (a[1] - b[1]).abs() < 0.05)
            });
            assert!(drawn, "{}: \"{}\" is not where its axes say", chart.title, c.name);
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let fonts = Fonts::new();
    let said = |chart: &Chart, words: &[&str]| {
        let error = lay_out(chart, SIZE_MM, &fonts).unwrap_err().to_string();
        assert!(words.iter().all(|w| error.contains(w)), "{error}");
    };
    let mut c = fade();
    c.curves[0].points[3][1] = f64::NAN;
    said(&c, &["How the healed colour fades", "NaN", "y of point 4 of curve 1", "most likely"]);
    let mut c = spectra();
    c.curves[2].points[0][0] = f64::INFINITY;
    said(&c, &["inf", "x of point 1 of curve 3", "intermediate"]);
    let mut c = convergence();
    c.curves[1].points[2][1] = 0.0;
    said(&c, &["has 0", "curve 2", "logarithmic"]);
    let mut c = fade();
    c.curves[0].band.as_mut().unwrap().low_high.pop();
    said(&c, &["40 for 41 points"]);
    let mut c = histogram();
    c.bars[0].edges[3] = 0.0;
    said(&c, &["do not rise"]);
    c.bars.clear();
    said(&c, &["at least one curve"]);
    let mut c = fade();
    c.limits[0].at = -f64::INFINITY;
    said(&c, &["your limit"]);
    for size in [[f64::NAN, 50.0], [0.0, 0.0], [150.0, 21.0], [24.0, 80.0], [1e9, 80.0]] {
        assert!(matches!(lay_out(&fade(), size, &fonts), Err(ChartError::Room { .. })), "{size:?}");
    }
    let mut s = card();
    s.patches[1].pop();
    assert!(
        lay_out_swatches(&s, 130.0, 200.0, &fonts)
            .unwrap_err()
            .to_string()
            .contains("4 patches for 5 columns")
    );
    assert!(lay_out_swatches(&card(), 130.0, 60.0, &fonts).unwrap_err().to_string().contains("4 rows"));
    assert!(lay_out_swatches(&card(), 30.0, 200.0, &fonts).unwrap_err().to_string().contains("no room"));
}

#[test]
fn pixels_show_the_drawing() {
    let fonts = Fonts::new();
    for (name, drawing) in drawings(&fonts) {
        let image = drawing.to_image(8.0, &fonts);
        assert_eq!([image.width, image.height], drawing.size_mm.map(|s| (8.0 * (s + 6.0)).round() as usize));
        let dark = |x0: f64, y0: f64, x1: f64, y1: f64| {
            let px = |v: f64| ((v + 3.0) * 8.0).max(0.0) as usize;
            (px(y0)..px(y1).min(image.height))
                .flat_map(|y| (px(x0)..px(x1).min(image.width)).map(move |x| (x, y)))
                .any(|(x, y)| image.rgb[3 * (y * image.width + x)..][..3].iter().any(|c| *c < 160))
        };
        for (text, [x0, y0, x1, y1]) in boxes(&drawing, &fonts) {
            assert!(dark(x0, y0, x1, y1), "{name}: \"{text}\" is not seen");
        }
        // The same description gives the same bytes.
        assert_eq!(image, drawing.to_image(8.0, &Fonts::new()), "{name}");
        paper::keep(&format!("chart-{name}.png"), &image.to_png());
    }
}

#[test]
fn a_patch_shows_its_very_colour() {
    let fonts = Fonts::new();
    let drawing = lay_out_swatches(&strip(), 130.0, 200.0, &fonts).unwrap();
    let image = drawing.to_image(10.0, &fonts);
    for patch in &strip().patches[0] {
        let Swatch::Around { ink, around } = patch.swatch else { unreachable!() };
        for colour in [ink, around] {
            let seen = image.rgb.chunks(3).filter(|p| *p == colour).count();
            assert!(seen > 1000, "{colour:?} covers {seen} pixels");
        }
    }
}

#[test]
fn pages_take_charts_as_figures() {
    let fonts = Fonts::new();
    let frame = Frame { paper: Paper::A4, footer: "Charts".to_string(), foot_mm: 0.0 };
    let blocks: Vec<_> =
        drawings(&fonts).into_iter().map(|(name, d)| d.into_block(format!("Figure {name}."))).collect();
    let mut book = flow(&blocks, &frame, &fonts).unwrap();
    footers(&mut book, &frame, &fonts);
    let metadata = Metadata {
        title: "Charts on pages".to_string(),
        description: "Every kind.".to_string(),
        language: "en-GB".to_string(),
        date: None,
    };
    let path = paper::keep("charts.pdf", &book.write(&metadata, &fonts).unwrap());
    paper::check_pdf(&path);
    let text = paper::run("pdftotext", &["-layout", path.to_str().unwrap(), "-"]);
    for words in ["touch-up due", "most likely", "Wavelength (nm)", "slope −1/2", "L* 46", "Figure card."] {
        assert!(text.contains(words), "\"{words}\" is not on the pages:\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: proptest::test_runner::RngSeed::Fixed(4), ..ProptestConfig::default() })]
    #[test]
    fn any_numbers_make_a_chart_or_a_sentence(
        curves in prop::collection::vec(
            (prop::collection::vec([-1e12..1e12f64, -1e3..1e3f64], 1..30), "[a-zA-Z ]{0,18}", any::<bool>()), 1..7),
        spans in prop::collection::vec((-1e12..1e12f64, -1e12..1e12f64, "[a-z]{1,12}"), 0..4),
        limits in prop::collection::vec((-1e6..1e6f64, "[a-z]{1,12}"), 0..3),
        width in 60.0..200.0f64, height in 40.0..150.0f64, log in any::<bool>(),
    ) {
        let fonts = Fonts::new();
        let safe = |v: f64| if log { v.abs() + 1e-9 } else { v };
        let scale = if log { Scale::Log } else { Scale::Linear };
        let curves = curves.into_iter().map(|(points, name, dots)| Curve {
            name,
            look: if dots { Look::Points } else { Look::Line },
            band: None,
            points: points.into_iter().map(|p| p.map(safe)).collect(),
        });
        let mut c = chart("Any numbers", axis("Across", "mm", scale, &[]), axis("Up", "", scale, &[]), curves.collect());
        c.spans = spans.into_iter().map(|(a, b, name)| Span { name, from_to: [safe(a), safe(b)] }).collect();
        c.limits = limits.into_iter().map(|(at, name)| Limit { name, at: safe(at) }).collect();
        match lay_out(&c, [width, height], &fonts) {
            Ok(drawing) => {
                if let Err(e) = check_layout(&drawing, &fonts) {
                    prop_assert!(false, "{e}");
                }
                prop_assert!(roxmltree::Document::parse(&drawing.to_svg(&fonts)).is_ok());
            }
            Err(error) => prop_assert!(matches!(error, ChartError::Room { .. }), "{error}"),
        }
    }
}
