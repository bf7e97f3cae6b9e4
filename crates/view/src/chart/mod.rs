//! Plots and colour swatches: described once, laid out once, drawn as SVG, as pixels and on the pages of a PDF.
//!
//! A [`Chart`] (axes with units, curves with bands, bars, spans, limits) or [`Swatches`] (a strip or grid of colours) becomes a
//! [`Drawing`]: lines and words at places in mm, the marks that the pages of [`crate::pdf`] know already.
//! The drawing then goes to [`Drawing::to_svg`], [`Drawing::to_image`] or [`Drawing::into_block`].
//!
//! What is drawn holds these: axes end at round ticks that enclose the data; nothing lies outside the drawing; no two
//! words overlap; each curve is told apart by dash, marker and its name at its end as well as by hue.
//! Absent on purpose: clipping (axes grow to the data), interaction, themes.

mod axis;
mod drawing;
mod plot;
mod raster;
mod svg;
mod swatches;

pub use drawing::{Drawing, Words};
pub use plot::lay_out;
pub use swatches::lay_out_swatches;

use crate::pdf::Ink;
use crate::picture::Image;

/// How values stand along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps for equal differences.
    Linear,
    /// Equal steps for equal ratios; values are above zero.
    Log,
}

/// An axis; it reaches as far as the data and a round tick at either end.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is measured.
    pub label: String,
    /// Its unit, printed in brackets; empty for pure numbers.
    pub unit: String,
    /// How values stand along it.
    pub scale: Scale,
    /// Values that it must reach beside the data.
    pub include: Vec<f64>,
}

impl Axis {
    /// A linear axis that reaches at least `include`.
    pub fn linear(label: &str, unit: &str, include: &[f64]) -> Axis {
        Axis {
            label: label.to_owned(),
            unit: unit.to_owned(),
            scale: Scale::Linear,
            include: include.to_vec(),
        }
    }
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Straight lines from point to point.
    Line,
    /// A marker at each point.
    Points,
    /// A thin grey line to compare with.
    Reference,
}

/// Values over x.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Printed at its right end; empty for none.
    pub name: String,
    /// How it is drawn.
    pub look: Look,
    /// `[x, y]`.
    pub points: Vec<[f64; 2]>,
    /// An area behind it, the band of what is likely.
    pub band: Option<Band>,
}

/// The area between two borders over the points of a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Printed at its right end; empty for none.
    pub name: String,
    /// `[low, high]` for each point of the curve.
    pub low_high: Vec<[f64; 2]>,
}

/// A histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// Printed beside it; empty for none.
    pub name: String,
    /// Borders of the classes along x, rising.
    pub edges: Vec<f64>,
    /// Height of each class, one less than the borders.
    pub heights: Vec<f64>,
}

/// A stretch of the x axis, shaded over the whole height, such as the time when something is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Printed above it.
    pub name: String,
    /// First and last x.
    pub from_to: [f64; 2],
}

/// A level across the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Printed at its right end.
    pub name: String,
    /// Its y.
    pub at: f64,
}

/// A plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it is, printed above it.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// Axis to the right.
    pub x: Axis,
    /// Axis upwards.
    pub y: Axis,
    /// Histograms, drawn first.
    pub bars: Vec<Bars>,
    /// Curves, each in a hue and dash of its own.
    pub curves: Vec<Curve>,
    /// Stretches of x.
    pub spans: Vec<Span>,
    /// Levels of y.
    pub limits: Vec<Limit>,
}

/// A colour or picture shown for itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Swatch {
    /// One colour.
    Plain(Ink),
    /// A colour with another around it, as pigment in skin.
    Around {
        /// In the middle.
        ink: Ink,
        /// Around it.
        around: Ink,
    },
    /// A picture, stretched to a square.
    Picture(Image),
}

/// A swatch with its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// What is seen.
    pub swatch: Swatch,
    /// Printed below it, in as many lines as it takes.
    pub label: String,
}

/// A strip (one row) or grid of swatches.
#[derive(Clone, Debug, PartialEq)]
pub struct Swatches {
    /// What it is, printed above it.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// What the columns differ in, printed above them; may be empty.
    pub across: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// What the rows differ in; may be empty.
    pub down: String,
    /// Names of the rows; a strip may have one empty name.
    pub rows: Vec<String>,
    /// `patches[row][column]`.
    pub patches: Vec<Vec<Patch>>,
}

/// Why a chart cannot be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChartError {
    /// A value is not a number, infinite or beyond what is drawn.
    #[error(
        "the chart \"{chart}\" has {value} in {place}; a chart takes numbers from -1e30 to 1e30, on a logarithmic axis from 1e-30"
    )]
    Value {
        /// Title of the chart.
        chart: String,
        /// Where the value stands.
        place: String,
        /// The value.
        value: f64,
    },
    /// Something has no points, or lists that belong together differ in length or order.
    #[error("the chart \"{chart}\" has {found} in {place}; {allowed}")]
    Shape {
        /// Title of the chart.
        chart: String,
        /// Which part.
        place: String,
        /// What is there.
        found: String,
        /// What must be.
        allowed: &'static str,
    },
    /// The drawing is too small for what it holds.
    #[error(
        "the chart \"{chart}\" has no room for {part} on {width_mm} x {height_mm} mm; make it larger or the words shorter"
    )]
    Room {
        /// Title of the chart.
        chart: String,
        /// What does not fit.
        part: String,
        /// Width that was asked for, mm.
        width_mm: f64,
        /// Height that was asked for, mm.
        height_mm: f64,
    },
}

/// A straight line of this slope on logarithmic axes, through a point, from one x to another: what a power law looks like.
pub fn power_law(through: [f64; 2], slope: f64, from_to_x: [f64; 2]) -> Vec<[f64; 2]> {
    from_to_x.map(|x| [x, through[1] * libm::pow(x / through[0], slope)]).to_vec()
}
