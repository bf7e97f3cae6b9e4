//! What does light do in skin?
//!
//! From a client's tone ([`tone`]) to layers of tissue at 31 wavelengths ([`tissue`]), their reflectance ([`adding`], [`bare`]) and its
//! colour under a light ([`illuminant`], [`colour`], [`difference`]); from a bottle to the absorption of a deposit ([`pigment`]); the mirror
//! part on top ([`surface`]); the look of dots ([`dots`]).
//!
//! ```
//! use hairline_optics::{bare::bare_sce, illuminant::Illuminant, tissue::Skin, tone::{Tone, fit_skin}};
//!
//! let skin = fit_skin(Tone::ItaDeg(30.0), Skin::new(0.02, 0.005))?.skin;
//! let by_day = Illuminant::D65.lab(&bare_sce(skin)?);
//! let by_lamp = Illuminant::Tungsten.shown_xyz(&bare_sce(skin)?).to_lab();
//! assert!(by_lamp.a > by_day.a, "tungsten reddens skin");
//! # Ok::<(), hairline_optics::error::Error>(())
//! ```
//!
//! Absent on purpose: meshes, plans, pixels.

pub mod adding;
pub mod bare;
pub mod chromophore;
pub mod colour;
pub mod difference;
pub mod dot_gain;
pub mod dots;
pub mod error;
pub mod eye;
pub mod fresnel;
pub mod illuminant;
pub mod layer;
pub mod pigment;
pub mod published;
pub mod skin;
pub mod spectrum;
pub mod surface;
mod table;
pub mod tissue;
pub mod tone;
pub mod transport;
