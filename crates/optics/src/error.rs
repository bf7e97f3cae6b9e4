//! What can be wrong with a question about light in skin.

use thiserror::Error;

/// Why a question about light in skin has no answer.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A number outside what it may be; NaN counts as outside.
    #[error("{what} is {value}; allowed are {low} to {high}")]
    Number {
        /// The quantity with its unit.
        what: &'static str,
        /// What was found.
        value: f64,
        /// Smallest allowed value.
        low: f64,
        /// Largest allowed value.
        high: f64,
    },
    /// A sample of a spectrum outside what it may be.
    #[error("{what} at {nm} nm is {value}; allowed are {low} to {high}")]
    Sample {
        /// The quantity with its unit.
        what: &'static str,
        /// Wavelength, nm.
        nm: f64,
        /// What was found.
        value: f64,
        /// Smallest allowed value.
        low: f64,
        /// Largest allowed value.
        high: f64,
    },
    /// A value of a layer outside what it may be.
    #[error("layer {layer} has {what} {value}; allowed are {low} to {high}")]
    Layer {
        /// Position from the surface, from 1.
        layer: usize,
        /// The quantity with its unit.
        what: &'static str,
        /// What was found.
        value: f64,
        /// Smallest allowed value.
        low: f64,
        /// Largest allowed value.
        high: f64,
    },
    /// An infinite layer in which nothing ends the way of light.
    #[error(
        "layer {layer} is infinitely thick and absorbs nothing, so light would never end in it; allowed is a mua_per_mm above 0"
    )]
    Endless {
        /// Position from the surface, from 1.
        layer: usize,
    },
    /// A value of a deposit of pigment outside what it may be.
    #[error("dot {dot} has {what} {value}; allowed are {low} to {high}")]
    Dot {
        /// Position in the list, from 1.
        dot: usize,
        /// The quantity with its unit.
        what: &'static str,
        /// What was found.
        value: f64,
        /// Smallest allowed value.
        low: f64,
        /// Largest allowed value.
        high: f64,
    },
    /// A stack without a layer.
    #[error("the stack has no layer; it needs at least one")]
    NoLayer,
    /// An infinite layer above another.
    #[error("layer {layer} is infinitely thick but not the last; only the last layer may be")]
    InfiniteAbove {
        /// Position from the surface, from 1.
        layer: usize,
    },
    /// Layers of unlike index, which the deterministic solver does not take.
    #[error(
        "layer {layer} has refractive index {n} but the first layer {first}; adding takes one index inside, Monte Carlo takes any"
    )]
    UnlikeIndices {
        /// Position from the surface, from 1.
        layer: usize,
        /// Its index.
        n: f64,
        /// Index of the first layer.
        first: f64,
    },
    /// A picture of skin whose sides or number of colours do not fit.
    #[error(
        "a patch of {width_px} x {height_px} px has {found} colours; its sides are 16, 32, 64 ... 4096 px and it has a colour for each pixel"
    )]
    Patch {
        /// Width, px.
        width_px: usize,
        /// Height, px.
        height_px: usize,
        /// Number of colours.
        found: usize,
    },
    /// Two pictures of the same place that do not lie on one another.
    #[error(
        "a patch of {} x {} px at {} mm per pixel cannot be compared with one of {} x {} px at {} mm per pixel; both need the same size and scale",
        first.0[0], first.0[1], first.1, second.0[0], second.0[1], second.1
    )]
    UnlikePatches {
        /// Size, px, and scale, mm per pixel, of the first.
        first: ([usize; 2], f64),
        /// The same of the second.
        second: ([usize; 2], f64),
    },
    /// No such name.
    #[error("there is no {what} named \"{found}\"; known are {known}")]
    Name {
        /// What was asked for.
        what: &'static str,
        /// What was written.
        found: String,
        /// The names there are.
        known: &'static str,
    },
    /// Text that is no mix of pigments.
    #[error(
        "\"{found}\" is no pigment or blend: {why}; write for example carbon-black or carbon-black:0.8+red-iron-oxide:0.2"
    )]
    Blend {
        /// What was written.
        found: String,
        /// What is wrong with it.
        why: String,
    },
}

/// The value, if it lies within the range and is a number.
pub(crate) fn within(what: &'static str, value: f64, [low, high]: [f64; 2]) -> Result<f64, Error> {
    if low <= value && value <= high { Ok(value) } else { Err(Error::Number { what, value, low, high }) }
}
