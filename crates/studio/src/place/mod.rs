//! A typed place becomes a position, without asking anybody: the list of towns comes with the program.
//!
//! [`coordinates`] reads positions, [`Places::find`] reads names: accents, case, other names and small mistakes do not
//! matter, and what follows a comma (a country or region) narrows the answer. Absent on purpose: streets and postcodes.

mod coordinates;
mod fold;
mod list;
mod search;

use thiserror::Error;

pub(crate) use coordinates::distance_of_chord_km;
pub use coordinates::{EARTH_RADIUS_KM, Position, coordinates};
pub use fold::fold;
pub use list::{Place, Places};
pub use search::{Found, Match};

/// Why a position or a list of places cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PlaceError {
    /// A latitude that does not exist.
    #[error("the latitude is {found_deg} degrees; latitudes lie between -90 and 90")]
    Latitude {
        /// What was found.
        found_deg: f64,
    },
    /// A longitude that does not exist.
    #[error("the longitude is {found_deg} degrees; longitudes lie between -180 and 180")]
    Longitude {
        /// What was found.
        found_deg: f64,
    },
    /// The list is not packed as it should be.
    #[error("the list of places cannot be unpacked")]
    Packed,
    /// A line of the list is not as it should be.
    #[error("line {line} of the list of places is {found:?}; expected {allowed}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What was found.
        found: String,
        /// What belongs there.
        allowed: &'static str,
    },
}
