//! One dot of a plan.

use glam::DVec3;
use serde::Serialize;

/// A pigment dot in the head frame. A row of `dots.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Dot {
    /// Number of the dot, from 1.
    pub id: u32,
    /// Session in which it is placed, from 1.
    pub session: u8,
    /// Index into the plan's zones.
    pub zone: u16,
    /// Number of the cell, as in `cells.csv`, from 1.
    pub cell: u32,
    /// Where the needle meets the skin, head frame, mm.
    pub position_mm: DVec3,
    /// Outward unit normal of the skin.
    pub normal: DVec3,
    /// Diameter healed at day 28, mm.
    pub diameter_mm: f64,
    /// Depth of the middle of the deposit below the surface, mm.
    pub depth_mm: f64,
    /// Angle between needle and skin plane, degrees; 90 = upright.
    pub angle_deg: f64,
    /// Lean in the tangent plane, degrees: 0 = towards the projection of +z, counter-clockwise from outside.
    pub azimuth_deg: f64,
    /// Dilution: N ml of diluent to 1 ml of pigment.
    pub shade: f64,
}
