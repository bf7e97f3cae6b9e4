//! Lays a chart out: title, axes, bands, curves, and the names at the ends of the curves.

use super::axis::{LARGEST, Ticked, ticks};
use super::drawing::{Drawing, Hang, LEADING_MM, Pen, SMALL, begin, pale};
use super::{Axis, Chart, ChartError, Look, Scale};
use crate::pdf::{Fonts, GREY, HAIR, INK, Ink, Style};

/// Hues of the curves in turn: apart for the three kinds of colour blindness (at least 18 CIE 1976 units under the
/// simulation of Machado et al. 2009), of different lightness (L* 41, 54, 61, 20) for printing in grey, and all with a contrast of 3
/// to white as WCAG 2.2 (1.4.11) asks of graphics.
const HUES: [Ink; 4] = [[31, 95, 176], [213, 94, 0], [70, 159, 180], [90, 18, 64]];
/// Dashes of the curves in turn, mm; after the hues are through they shift by one.
const DASHES: [&[f64]; 4] = [&[], &[2.2, 1.0], &[0.6, 0.9], &[3.0, 0.9, 0.6, 0.9]];

const CURVE_MM: f64 = 0.5;
const KEY_MM: f64 = 5.0;
/// Clear room between neighbours in a row of words.
const GAP_MM: f64 = 2.0;
const SPAN: Ink = [236, 229, 214];
const SPAN_WORDS: Ink = [112, 88, 40];

/// A hue and dash.
#[derive(Clone, Copy)]
struct Pencil {
    index: usize,
    look: Look,
}

impl Pencil {
    fn ink(self) -> Ink {
        if self.look == Look::Reference { GREY } else { HUES[self.index % HUES.len()] }
    }

    fn dash(self) -> &'static [f64] {
        match self.look {
            Look::Reference => &[0.9, 0.7],
            _ => DASHES[(self.index + self.index / HUES.len()) % DASHES.len()],
        }
    }
}

/// What stands beside a name.
enum Key {
    Curve(Pencil),
    Area(Ink),
    Limit,
}

/// A name to the right of the frame, wanted at a height.
struct Name {
    lines: Vec<String>,
    key: Key,
    ink: Ink,
    y_mm: f64,
}

/// The frame of the axes.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: Ticked,
    y: Ticked,
}

impl Frame {
    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.left + self.width * self.x.share(x), self.top + self.height * (1.0 - self.y.share(y))]
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    fn right(&self) -> f64 {
        self.left + self.width
    }
}

/// Draws a chart on `size_mm` (width, height).
///
/// # Errors
/// A value that is not a number, an empty or uneven list, and a size in which the words have no room.
pub fn lay_out(chart: &Chart, size_mm: [f64; 2], fonts: &Fonts) -> Result<Drawing, ChartError> {
    check(chart)?;
    let mut pen = begin(&chart.title, &chart.description, size_mm, fonts)?;
    let mut top = pen.title()?;

    // The name of the upward axis stands above it, so that nobody tilts the head.
    for line in pen.wrap(&titled(&chart.y), size_mm[0], SMALL)? {
        pen.words(&line, [0.0, top + 1.8], Hang::Left, SMALL);
        top += LEADING_MM;
    }
    top += 2.2;
    let span_rows = top;
    let x_words = pen.wrap(&titled(&chart.x), size_mm[0], SMALL)?;
    let below = 1.6 + LEADING_MM + LEADING_MM * x_words.len() as f64;

    // Names at the right take what they need, up to two fifths of the width.
    let mut names = names(chart, &pen, 0.4 * size_mm[0])?;
    let widest = names.iter().flat_map(|n| &n.lines).map(|l| pen.width_mm(l, SMALL)).fold(0.0, f64::max);
    let right = if names.is_empty() { 1.0 } else { 2.0 + KEY_MM + 1.0 + widest };

    // Names of spans are set in rows above the frame; how many rows depends on where the frame is, so they are tried.
    for rows in 0..=chart.spans.len() {
        let top = span_rows + LEADING_MM * rows as f64;
        let frame = frame(chart, &pen, top, size_mm[1] - below, right)?;
        let Some(placed) = place_spans(chart, &pen, &frame, rows) else { continue };
        draw(&mut pen, chart, &frame, &x_words);
        for (name, [x, row]) in placed {
            let ink = SPAN_WORDS;
            pen.words(&name, [x, span_rows + LEADING_MM * row + 1.6], Hang::Left, Style { ink, ..SMALL });
        }
        for name in &mut names {
            name.y_mm = frame.at([frame.x.ends()[1], name.y_mm])[1];
        }
        draw_names(&mut pen, names, &frame)?;
        return Ok(pen.drawing);
    }
    Err(pen.no_room("the names of the spans"))
}

fn titled(axis: &Axis) -> String {
    if axis.unit.is_empty() { axis.label.clone() } else { format!("{} ({})", axis.label, axis.unit) }
}

/// Refuses what cannot be drawn.
fn check(chart: &Chart) -> Result<(), ChartError> {
    let shape = |place: String, found: String, allowed: &'static str| {
        Err(ChartError::Shape { chart: chart.title.clone(), place, found, allowed })
    };
    for (i, c) in chart.curves.iter().enumerate() {
        let place = format!("curve {} (\"{}\")", i + 1, c.name);
        if c.points.is_empty() {
            return shape(place, "no points".to_string(), "a curve has at least one");
        }
        if let Some(band) = &c.band
            && band.low_high.len() != c.points.len()
        {
            let found = format!("a band of {} for {} points", band.low_high.len(), c.points.len());
            return shape(place, found, "a band has a low and a high for each point");
        }
    }
    for (i, bars) in chart.bars.iter().enumerate() {
        let place = format!("bars {} (\"{}\")", i + 1, bars.name);
        if bars.heights.is_empty() || bars.edges.len() != bars.heights.len() + 1 {
            let found = format!("{} edges for {} heights", bars.edges.len(), bars.heights.len());
            return shape(place, found, "there is one edge more than heights, and at least one height");
        }
        if bars.edges.windows(2).any(|w| w[1] <= w[0]) {
            return shape(place, "edges that do not rise".to_string(), "every edge is above the one before");
        }
    }
    if chart.curves.is_empty() && chart.bars.is_empty() {
        return shape(
            "its list of curves".to_string(),
            "nothing".to_string(),
            "a chart shows at least one curve or histogram",
        );
    }
    let check = |axis: &Axis, values: Vec<(Place<'_>, f64)>| {
        let least = if axis.scale == Scale::Log { 1.0 / LARGEST } else { -LARGEST };
        let bad = values.into_iter().find(|(_, v)| !(least..=LARGEST).contains(v));
        bad.map_or(Ok(()), |(place, value)| {
            Err(ChartError::Value { chart: chart.title.clone(), place: place.to_string(), value })
        })
    };
    check(&chart.x, xs(chart))?;
    check(&chart.y, ys(chart))
}

/// Where a value stands, for the sentence that refuses it.
enum Place<'a> {
    /// Of a point of a curve, both counted from 0.
    Point { what: &'static str, curve: usize, name: &'a str, point: usize },
    /// Of something with a name.
    Named(&'static str, &'a str),
    /// Of histograms, counted from 0.
    Bars(&'static str, usize),
    /// Of what an axis is to include.
    Included,
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Point { what, curve, name, point } => {
                write!(f, "{what} of point {} of curve {} (\"{name}\")", point + 1, curve + 1)
            }
            Place::Named(what, name) => write!(f, "{what} \"{name}\""),
            Place::Bars(what, bars) => write!(f, "{what} of bars {}", bars + 1),
            Place::Included => write!(f, "the values that an axis includes"),
        }
    }
}

/// Every x with the place where it stands.
fn xs(chart: &Chart) -> Vec<(Place<'_>, f64)> {
    let mut out = vec![];
    for (curve, c) in chart.curves.iter().enumerate() {
        let place = |point| Place::Point { what: "x", curve, name: &c.name, point };
        out.extend(c.points.iter().enumerate().map(|(k, p)| (place(k), p[0])));
    }
    for (i, bars) in chart.bars.iter().enumerate() {
        out.extend(bars.edges.iter().map(|e| (Place::Bars("the edges", i), *e)));
    }
    for span in &chart.spans {
        out.extend(span.from_to.map(|x| (Place::Named("the span", &span.name), x)));
    }
    out.extend(chart.x.include.iter().map(|x| (Place::Included, *x)));
    out
}

/// Every y with the place where it stands; bars stand on zero.
fn ys(chart: &Chart) -> Vec<(Place<'_>, f64)> {
    let mut out = vec![];
    for (curve, c) in chart.curves.iter().enumerate() {
        let place = |what, point| Place::Point { what, curve, name: &c.name, point };
        out.extend(c.points.iter().enumerate().map(|(k, p)| (place("y", k), p[1])));
        for (k, low_high) in c.band.iter().flat_map(|b| b.low_high.iter().enumerate()) {
            out.extend(low_high.map(|y| (place("the band", k), y)));
        }
    }
    for (i, bars) in chart.bars.iter().enumerate() {
        out.push((Place::Bars("the foot", i), 0.0));
        out.extend(bars.heights.iter().map(|h| (Place::Bars("the heights", i), *h)));
    }
    out.extend(chart.limits.iter().map(|l| (Place::Named("the limit", &l.name), l.at)));
    out.extend(chart.y.include.iter().map(|y| (Place::Included, *y)));
    out
}

fn ends(values: &[(Place<'_>, f64)]) -> [f64; 2] {
    values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], (_, v)| [a.min(*v), b.max(*v)])
}

/// The names beside the frame; their heights are still values of y.
fn names(chart: &Chart, pen: &Pen<'_>, most_mm: f64) -> Result<Vec<Name>, ChartError> {
    let mut out = vec![];
    let mut push = |text: &str, key: Key, ink: Ink, y: f64| {
        if !text.is_empty() {
            out.push(Name { lines: pen.wrap(text, most_mm - KEY_MM - 3.0, SMALL)?, key, ink, y_mm: y });
        }
        Ok(())
    };
    for (pencil, curve) in pencils(chart).zip(&chart.curves) {
        // The end of a curve is its rightmost point.
        let end = (0..curve.points.len()).max_by(|&a, &b| curve.points[a][0].total_cmp(&curve.points[b][0]));
        let end = end.unwrap_or(0);
        let y = curve.points[end][1];
        push(&curve.name, Key::Curve(pencil), pencil.ink(), y)?;
        if let Some(band) = &curve.band {
            let [low, high] = band.low_high[end];
            let y = if y - low > high - y { low } else { high };
            push(&band.name, Key::Area(pale(pencil.ink(), BAND_SHARE)), pencil.ink(), y)?;
        }
    }
    for (i, bars) in chart.bars.iter().enumerate() {
        let ink = HUES[i % HUES.len()];
        let y = bars.heights.iter().copied().fold(0.0, f64::max);
        push(&bars.name, Key::Area(pale(ink, BARS_SHARE)), ink, y)?;
    }
    for limit in &chart.limits {
        push(&limit.name, Key::Limit, INK, limit.at)?;
    }
    Ok(out)
}

/// Shares of hue in areas.
const BAND_SHARE: f64 = 0.2;
const BARS_SHARE: f64 = 0.55;

/// A pencil for each curve; references take no hue.
fn pencils(chart: &Chart) -> impl Iterator<Item = Pencil> + '_ {
    chart.curves.iter().scan(0, |next, curve| {
        let index = *next;
        *next += usize::from(curve.look != Look::Reference);
        Some(Pencil { index, look: curve.look })
    })
}

/// Finds ticks whose labels have room, and the frame that they leave.
fn frame(chart: &Chart, pen: &Pen<'_>, top: f64, bottom: f64, right: f64) -> Result<Frame, ChartError> {
    let height = bottom - top;
    let y = ticks(&chart.y, ends(&ys(chart)), |t| {
        t.ticks.windows(2).all(|w| (t.share(w[1].value) - t.share(w[0].value)) * height >= 1.4 * LEADING_MM)
    });
    let y = y.filter(|_| height >= 8.0).ok_or_else(|| pen.no_room("the y axis"))?;
    let labels = y.ticks.iter().map(|t| pen.width_mm(&t.label, SMALL)).fold(0.0, f64::max);
    let left = labels + 2.2;
    let width = pen.drawing.size_mm[0] - left - right;
    let x = ticks(&chart.x, ends(&xs(chart)), |t| {
        let places = x_labels(t, left, width, pen);
        places.windows(2).all(|w| w[0][1] + GAP_MM <= w[1][0])
    });
    let x = x.filter(|_| width >= 15.0).ok_or_else(|| pen.no_room("the x axis"))?;
    Ok(Frame { left, top, width, height, x, y })
}

/// Left and right end of each label of the x axis: under its tick, but within the drawing.
fn x_labels(x: &Ticked, left: f64, width: f64, pen: &Pen<'_>) -> Vec<[f64; 2]> {
    x.ticks
        .iter()
        .map(|t| {
            let wide = pen.width_mm(&t.label, SMALL);
            let from = left + width * x.share(t.value) - 0.5 * wide;
            let from = from.min(pen.drawing.size_mm[0] - wide).max(0.0);
            [from, from + wide]
        })
        .collect()
}

/// Left ends and rows for the names of spans, `[x, row]`; none if they need more rows.
fn place_spans(chart: &Chart, pen: &Pen<'_>, frame: &Frame, rows: usize) -> Option<Vec<(String, [f64; 2])>> {
    let mut taken: Vec<Vec<[f64; 2]>> = vec![vec![]; rows];
    let mut out = vec![];
    for span in chart.spans.iter().filter(|s| !s.name.is_empty()) {
        let wide = pen.width_mm(&span.name, SMALL);
        let middle = 0.5 * span.from_to.map(|x| frame.at([x, frame.y.ends()[0]])[0]).iter().sum::<f64>();
        let from = (middle - 0.5 * wide).min(pen.drawing.size_mm[0] - wide);
        let (from, to) = (from, from + wide);
        let free = |row: &[[f64; 2]]| row.iter().all(|t| to + GAP_MM <= t[0] || t[1] + GAP_MM <= from);
        let row = taken.iter().rposition(|row| free(row)).filter(|_| from >= 0.0)?;
        taken[row].push([from, to]);
        out.push((span.name.clone(), [from, row as f64]));
    }
    Some(out)
}

fn draw(pen: &mut Pen<'_>, chart: &Chart, frame: &Frame, x_words: &[String]) {
    // Areas first, the lines over them.
    let spans = || chart.spans.iter().map(|s| s.from_to.map(|x| frame.at([x, frame.y.ends()[0]])[0]));
    for [a, b] in spans() {
        pen.rectangle([a.min(b), frame.top], [(a - b).abs(), frame.height], SPAN);
    }
    for (pencil, curve) in pencils(chart).zip(&chart.curves) {
        if let Some(band) = &curve.band {
            let border = |side: usize| {
                let points = curve.points.iter().zip(&band.low_high);
                points.map(move |(p, b)| frame.at([p[0], b[side]]))
            };
            pen.area(border(0).chain(border(1).rev()).collect(), pale(pencil.ink(), BAND_SHARE));
        }
    }
    draw_axes(pen, frame, x_words);
    for (i, bars) in chart.bars.iter().enumerate() {
        for (edges, height) in bars.edges.windows(2).zip(&bars.heights) {
            let ([x, y], [right, foot]) = (frame.at([edges[0], *height]), frame.at([edges[1], 0.0]));
            // Kinds stand side by side, or the taller would hide the other; a hair of white parts neighbours.
            let width = (right - x) / chart.bars.len() as f64;
            let hair = (0.1 * width).min(0.15);
            pen.rectangle(
                [x + i as f64 * width + hair, y],
                [width - 2.0 * hair, foot - y],
                pale(HUES[i % HUES.len()], BARS_SHARE),
            );
        }
    }
    for [a, _] in spans().filter(|[a, b]| (a - b).abs() < NARROW_MM) {
        pen.line(vec![[a, frame.top], [a, frame.bottom()]], SPAN_WORDS, 0.3, &[]);
    }
    for limit in &chart.limits {
        let [_, y] = frame.at([frame.x.ends()[0], limit.at]);
        pen.line(vec![[frame.left, y], [frame.right(), y]], INK, 0.25, &LIMIT_DASH);
    }
    for (pencil, curve) in pencils(chart).zip(&chart.curves) {
        let points: Vec<[f64; 2]> = curve.points.iter().map(|p| frame.at(*p)).collect();
        match curve.look {
            Look::Line => pen.line(points, pencil.ink(), CURVE_MM, pencil.dash()),
            Look::Reference => pen.line(points, pencil.ink(), 0.3, pencil.dash()),
            Look::Points => points.iter().for_each(|p| pen.area(marker(*p, pencil.index), pencil.ink())),
        }
    }
}

/// A span narrower than this is a line over the bars.
const NARROW_MM: f64 = 0.5;
const LIMIT_DASH: [f64; 2] = [1.5, 1.2];

fn draw_axes(pen: &mut Pen<'_>, frame: &Frame, x_words: &[String]) {
    let (left, bottom) = (frame.left, frame.bottom());
    for tick in &frame.y.ticks {
        let [_, y] = frame.at([frame.x.ends()[0], tick.value]);
        pen.line(vec![[left, y], [frame.right(), y]], HAIR, 0.2, &[]);
        pen.words(&tick.label, [left - 1.6, y], Hang::Right, SMALL);
    }
    let places = x_labels(&frame.x, left, frame.width, pen);
    for (tick, [from, _]) in frame.x.ticks.iter().zip(places) {
        let [x, _] = frame.at([tick.value, frame.y.ends()[0]]);
        pen.line(vec![[x, bottom], [x, bottom + 1.2]], GREY, 0.2, &[]);
        pen.words(&tick.label, [from, bottom + 3.0], Hang::Left, SMALL);
    }
    pen.line(vec![[left, bottom], [frame.right(), bottom]], GREY, 0.25, &[]);
    for (i, line) in x_words.iter().enumerate() {
        let y = bottom + 3.2 + LEADING_MM * (i + 1) as f64;
        let middle = left + 0.5 * frame.width;
        let half = 0.5 * pen.width_mm(line, SMALL);
        let middle = middle.min(pen.drawing.size_mm[0] - half).max(half);
        pen.words(line, [middle, y], Hang::Middle, SMALL);
    }
}

/// A round, square, three- or four-cornered marker.
fn marker([x, y]: [f64; 2], index: usize) -> Vec<[f64; 2]> {
    let (corners, radius, turn) =
        [(24, 0.7, 0.0), (4, 0.85, 0.5), (3, 0.95, -0.25), (4, 0.9, 0.0)][index % 4];
    (0..corners)
        .map(|i| {
            let angle = std::f64::consts::TAU * (f64::from(i) + turn) / f64::from(corners);
            let (s, c) = libm::sincos(angle);
            [x + radius * c, y + radius * s]
        })
        .collect()
}

/// Sets the names beside the frame near their heights, pushed apart where they would overlap.
fn draw_names(pen: &mut Pen<'_>, mut names: Vec<Name>, frame: &Frame) -> Result<(), ChartError> {
    names.sort_by(|a, b| a.y_mm.total_cmp(&b.y_mm));
    let tall = |n: &Name| LEADING_MM * n.lines.len() as f64;
    // They may use the height of the frame, or of all below the title.
    let total: f64 = names.iter().map(tall).sum();
    let floor = if total <= frame.height + LEADING_MM {
        frame.bottom() + 0.5 * LEADING_MM
    } else {
        pen.drawing.size_mm[1]
    };
    if total > floor - frame.top + 0.5 * LEADING_MM {
        return Err(pen.no_room("the names of the curves"));
    }
    // Upper ends of the names: first downwards, then back up from the floor.
    let mut tops: Vec<f64> = vec![];
    let mut free = frame.top - 0.5 * LEADING_MM;
    for name in &names {
        let top = (name.y_mm - 0.5 * LEADING_MM).max(free);
        tops.push(top);
        free = top + tall(name);
    }
    let mut free = floor;
    for (name, top) in names.iter().zip(&mut tops).rev() {
        *top = top.min(free - tall(name));
        free = *top;
    }
    let x = frame.right() + 2.0;
    for (name, top) in names.iter().zip(tops) {
        let y = top + 0.5 * LEADING_MM;
        match &name.key {
            Key::Curve(pencil) if pencil.look == Look::Points => {
                pen.area(marker([x + 0.5 * KEY_MM, y], pencil.index), pencil.ink());
            }
            Key::Curve(pencil) => {
                let width = if pencil.look == Look::Line { CURVE_MM } else { 0.3 };
                pen.line(vec![[x, y], [x + KEY_MM, y]], pencil.ink(), width, pencil.dash());
            }
            Key::Area(ink) => pen.rectangle([x, y - 1.1], [KEY_MM, 2.2], *ink),
            Key::Limit => pen.line(vec![[x, y], [x + KEY_MM, y]], INK, 0.25, &LIMIT_DASH),
        }
        for (i, line) in name.lines.iter().enumerate() {
            let at = [x + KEY_MM + 1.0, y + LEADING_MM * i as f64];
            pen.words(line, at, Hang::Left, Style { ink: name.ink, ..SMALL });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::HUES;
    use hairline_optics::colour::{Lab, LinearRgb, decode_srgb};

    /// What people without one kind of cone see, linear sRGB (Machado, Oliveira and Fernandes 2009, table 1, severity 1.0): protanopia,
    /// deuteranopia, tritanopia.
    const BLIND: [[[f64; 3]; 3]; 3] = [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ];

    fn apart(a: Lab, b: Lab) -> f64 {
        libm::sqrt((a.l - b.l).powi(2) + (a.a - b.a).powi(2) + (a.b - b.b).powi(2))
    }

    #[test]
    fn hues_differ_for_colour_blind_eyes_and_in_grey() {
        let linear = HUES.map(|hue| hue.map(|c| decode_srgb(f64::from(c) / 255.0)));
        let lab = |rgb: [f64; 3]| (LinearRgb { rgb }).to_xyz().to_lab();
        let seen = |rgb: [f64; 3], m: &[[f64; 3]; 3]| {
            lab(m.map(|row| (row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]).clamp(0.0, 1.0)))
        };
        for (i, a) in linear.iter().enumerate() {
            // Contrast to white, WCAG 2.2.
            let y = (LinearRgb { rgb: *a }).to_xyz().y;
            assert!(1.05 / (y + 0.05) >= 3.0, "hue {i} is too pale: {:.2}", 1.05 / (y + 0.05));
            for (j, b) in linear[..i].iter().enumerate() {
                assert!((lab(*a).l - lab(*b).l).abs() > 6.0, "hues {i} and {j} print alike");
                for (kind, m) in ["protanopia", "deuteranopia", "tritanopia"].iter().zip(&BLIND) {
                    let d = apart(seen(*a, m), seen(*b, m));
                    assert!(d > 18.0, "hues {i} and {j} differ by {d:.0} for {kind}");
                }
            }
        }
    }
}
