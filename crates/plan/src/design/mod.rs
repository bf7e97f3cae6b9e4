//! Design: the hairline, the zones, what is wanted at every place, and what hair is already there.

mod face;
mod hairline;
mod scars;

use glam::DVec3;
use hairline_scalp::loss::{LossZone, RoundPatch, Stage, areata_patches, areata_share};
use hairline_scalp::regions::{OutlineOnHead, RegionCurves};
use hairline_scalp::{AzT, Chart, Head, Uv};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Look, Whorl};
use crate::noise::{hash, smooth_noise};
use crate::spread::Spread;

pub use face::Thirds;
pub(crate) use hairline::smoothstep;
pub use hairline::{HairlineDesign, HairlineSummary, design_hairline};
pub use scars::{ScarOnHead, ScatteredScars, scars_on};

/// Everything designed on one head.
pub struct Design {
    /// The look.
    pub look: Look,
    /// The hairline, for looks that draw one.
    pub hairline: Option<HairlineDesign>,
    /// The hair-bearing scalp (adolescent outline).
    pub scalp: OutlineOnHead,
    /// Loss zones.
    pub loss: Vec<LossOnHead>,
    /// Scars.
    pub scars: Vec<ScarOnHead>,
    /// Spots to keep free: centre and radius (margin included), mm.
    pub spots: Vec<(DVec3, f64)>,
    /// Crown whorls.
    pub whorls: Vec<WhorlOnHead>,
    /// Density of the body of the scalp when finished, dots/cm2.
    pub body_per_cm2: f64,
    /// Density in scars when finished, dots/cm2.
    pub scar_per_cm2: f64,
    /// Highest density that keeps dots apart, dots/cm2.
    pub cap_per_cm2: f64,
    /// Down to which t the strip between a line and the hair that ever grew is treated: to the corners, or down the
    /// temples where a temporal peak is asked for.
    front_until_t: f64,
    /// How far dots run out into the hair beside a treated zone, mm.
    blend_mm: f64,
    /// Whether the loss is patches of alopecia areata.
    patches: bool,
    units_per_cm2: f64,
    seed: u64,
    measured_hair: Option<Spread>,
    earlier: Option<Spread>,
}

/// A loss zone laid on the head.
pub struct LossOnHead {
    /// Name and density left.
    pub zone: LossZone,
    /// Its border.
    pub outline: OutlineOnHead,
}

/// A whorl of the crown.
#[derive(Clone, Copy, Debug)]
pub struct WhorlOnHead {
    /// Centre on the chart.
    pub uv: Uv,
    /// Centre on the skin, mm.
    pub at_mm: DVec3,
    /// +1 clockwise seen from behind, -1 counter-clockwise.
    pub turn: f64,
}

/// Kind of a zone: decides speed, needle, depth and shade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZoneKind {
    /// The first 15 mm behind the line.
    Hairline,
    /// Body of the scalp.
    Body,
    /// The sides and back where dots blend into hair.
    Blend,
    /// Between long hair along the part.
    Part,
    /// Scar tissue.
    Scar,
}

impl ZoneKind {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            ZoneKind::Hairline => "hairline",
            ZoneKind::Body => "body",
            ZoneKind::Blend => "blend",
            ZoneKind::Part => "part",
            ZoneKind::Scar => "scar",
        }
    }
}

/// Width of the hairline zone (`smp.md` 1.5: first 5 mm and 5-15 mm).
pub const HAIRLINE_ZONE_MM: f64 = 15.0;
/// How far dots run out into the hair beside a treated zone, mm: own design. A patch of alopecia areata is filled to the
/// density around it and needs less.
fn blend_width_mm(look: Look, patches: bool) -> f64 {
    match look {
        Look::Shaved if patches => 8.0,
        Look::Shaved => 20.0,
        Look::Density => 15.0,
        Look::Hairline | Look::Scar => 12.0,
    }
}
/// Free margin around a mole (`smp.md` 4.1, assumption), mm.
const SPOT_MARGIN_MM: f64 = 5.0;
/// Hair thins over this distance on both sides of a zone's border, mm: own design.
const BORDER_FADE_MM: f64 = 6.0;
/// Behind the front of the ears: where the frontal third ends and where the vertex begins (zones of `head.md` 3.3, v on
/// the chart).
const FRONTAL_V: f64 = -0.045;
const VERTEX_V: f64 = -0.183;
/// Density dip at the whorl's centre and its radius: own design for "a dip, not uniform fill" (`smp.md` 2.4).
const WHORL_DIP: f64 = 0.35;
const WHORL_RADIUS_MM: f64 = 11.0;

/// Positions measured or planned elsewhere that a design takes into account, head frame, mm.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Measured follicular units.
    pub hairs_mm: Option<Vec<DVec3>>,
    /// Dots of an earlier treatment.
    pub earlier_mm: Option<Vec<DVec3>>,
}

/// Designs a case on a head.
pub fn design(case: &Case, head: &Head, chart: &Chart, curves: &RegionCurves, known: &Known) -> Design {
    let draws_line = matches!(case.look, Look::Shaved | Look::Hairline);
    let place = |uv: Uv| (uv, chart.position(uv));
    let diameter = case.artist.dot_diameter_mm;
    let patches = case.loss.areata_percent.is_some() || !case.loss.patches.is_empty();
    let body = case.artist.density_per_cm2.unwrap_or(default_body_per_cm2(case.look));
    let cap = definition_cap_per_cm2(diameter);
    Design {
        look: case.look,
        hairline: draws_line.then(|| design_hairline(case, head, chart, curves)),
        scalp: curves.scalp().on(chart),
        loss: loss_zones(case, chart, curves)
            .into_iter()
            .map(|zone| LossOnHead { outline: zone.outline.on(chart), zone })
            .collect(),
        scars: scars_on(chart, curves, &case.scars),
        spots: case
            .spots
            .iter()
            .map(|s| (chart.position(s.at.az_t().to_uv()), 0.5 * s.diameter_mm + SPOT_MARGIN_MM))
            .collect(),
        whorls: whorls(case, &place),
        body_per_cm2: body.min(cap),
        // Scars end 25 % under the body (50-90 against 90-120 of `smp.md` 1.5).
        scar_per_cm2: (if case.look == Look::Scar { body } else { 0.75 * body }).min(cap),
        cap_per_cm2: cap,
        front_until_t: if case.hairline.temporal_peak_mm.is_some() { 0.95 } else { 0.75 },
        patches,
        blend_mm: blend_width_mm(case.look, patches),
        units_per_cm2: case.hair.units_per_cm2,
        seed: hash(case.seed, 0x424F_5244),
        measured_hair: known.hairs_mm.as_ref().map(|p| Spread::new(p)),
        earlier: known.earlier_mm.as_ref().map(|p| Spread::new(p)),
    }
}

/// Final density of the body where the case names none, dots/cm2: the design table (`smp.md` 1.5, assumption bracketed by its
/// anchors).
pub fn default_body_per_cm2(look: Look) -> f64 {
    match look {
        Look::Shaved | Look::Hairline => 100.0,
        Look::Density => 85.0,
        Look::Scar => 70.0,
    }
}

/// The density above which dots lose definition: diameter over spacing 0.40, coverage 15 %, and the highest vendor figure
/// of 194 (`smp.md` 1.5), dots/cm2.
pub fn definition_cap_per_cm2(diameter_mm: f64) -> f64 {
    let by_ratio = 100.0 * (0.40 / diameter_mm).powi(2);
    let by_coverage = 100.0 * 0.15 / (0.25 * std::f64::consts::PI * diameter_mm * diameter_mm);
    by_ratio.min(by_coverage).min(194.0)
}

/// The loss zones of a case on the chart.
pub fn loss_zones(case: &Case, chart: &Chart, curves: &RegionCurves) -> Vec<LossZone> {
    let loss = &case.loss;
    if let Some(stage) = loss.stage {
        return stage.zones(curves);
    }
    if let Some(percent) = loss.areata_percent {
        return areata_share(chart, curves, percent);
    }
    let patches: Vec<RoundPatch> =
        loss.patches.iter().map(|p| RoundPatch { at: p.at.az_t(), diameter_mm: p.diameter_mm }).collect();
    let mut zones = areata_patches(chart, &patches);
    zones.extend(loss.painted.iter().map(|z| LossZone {
        name: z.name.clone(),
        outline: scars::painted(&z.outline),
        density_left: z.density_left,
    }));
    zones
}

/// Whorls: default on the back midline where the vertex lies, a little to the client's right (own design).
fn whorls(case: &Case, place: &dyn Fn(Uv) -> (Uv, DVec3)) -> Vec<WhorlOnHead> {
    let centre = case.hair.whorl_at.map_or(AzT { az_deg: 172.0, t: 0.29 }, |p| p.az_t()).to_uv();
    let one = |uv: Uv, turn: f64| {
        let (uv, at_mm) = place(uv);
        WhorlOnHead { uv, at_mm, turn }
    };
    match case.hair.whorl {
        Whorl::Clockwise => vec![one(centre, 1.0)],
        Whorl::CounterClockwise => vec![one(centre, -1.0)],
        Whorl::Double => vec![one(centre + Uv::new(0.13, 0.0), 1.0), one(centre - Uv::new(0.17, 0.0), -1.0)],
        Whorl::None => vec![],
    }
}

/// Share of a border's inside, 0-1, fading over [`BORDER_FADE_MM`] on both sides of it.
fn fade(signed_mm: f64) -> f64 {
    smoothstep(0.5 + 0.5 * signed_mm / BORDER_FADE_MM)
}

/// Share of the hair that loss zones leave at a place, 0-1.
pub(crate) fn share_left(loss: &[LossOnHead], uv: Uv, p: DVec3) -> f64 {
    let left = |l: &LossOnHead| 1.0 - (1.0 - l.zone.density_left) * fade(l.outline.signed_distance_mm(uv, p));
    loss.iter().map(left).product()
}

/// What is wanted at one place.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Distance inside the border of the field of dots, mm, negative outside; closed scars are fields of their own.
    pub inside_field_mm: f64,
    /// Dots to place there in all sessions together, dots/cm2.
    pub dots_per_cm2: f64,
    /// Distance behind the hairline, mm; far for looks without one.
    pub behind_line_mm: f64,
}

impl Design {
    /// Follicular units per cm2 that are there: the client's density times what the loss left, fading over the borders.
    pub fn units_per_cm2(&self, uv: Uv, p: DVec3) -> f64 {
        if let Some(measured) = &self.measured_hair {
            return measured.per_cm2(p);
        }
        let on_scalp = self.hair_border(uv, p);
        if on_scalp == 0.0 {
            return 0.0;
        }
        let mut density = self.units_per_cm2 * on_scalp * share_left(&self.loss, uv, p);
        for scar in &self.scars {
            let inside = fade(2.0 * scar.outline.signed_distance_mm(uv, p));
            density *= match scar.scattered {
                None => 1.0 - inside,
                // Every scar took one unit.
                Some(s) => 1.0 - inside * (s.per_cm2 / self.units_per_cm2).min(0.6),
            };
        }
        density
    }

    /// Share of the full density at the natural border of the hair, 0-1: it thins out over some millimetres and wanders a
    /// little, as grown hair does (own design).
    fn hair_border(&self, uv: Uv, p: DVec3) -> f64 {
        let inside_mm = self.scalp.signed_distance_mm(uv, p);
        if inside_mm.abs() > 12.0 {
            return if inside_mm > 0.0 { 1.0 } else { 0.0 };
        }
        let along_mm = self.scalp.curve.nearest(p).map_or(0.0, |n| n.along_mm);
        let wander =
            1.5 * smooth_noise(self.seed, along_mm, 26.0) + 1.2 * smooth_noise(self.seed ^ 1, along_mm, 7.0);
        smoothstep((inside_mm + wander + 1.0) / 9.0)
    }

    /// Density of an earlier treatment's dots, dots/cm2.
    pub fn earlier_per_cm2(&self, p: DVec3) -> f64 {
        self.earlier.as_ref().map_or(0.0, |e| e.per_cm2(p))
    }

    /// What is wanted at a place. Far outside the field only the distance to it is worked out.
    pub fn wanted(&self, uv: Uv, p: DVec3) -> Wanted {
        let width_mm = self.blend_mm;
        let treated_mm = self.treated_mm(uv, p);
        let mut wanted =
            Wanted { inside_field_mm: treated_mm + width_mm, dots_per_cm2: 0.0, behind_line_mm: 1e3 };
        if wanted.inside_field_mm <= 0.0 {
            return wanted;
        }
        let mut line_share = 1.0;
        if let Some(line) = &self.hairline {
            let depth = line.depth_mm(uv, p);
            wanted.behind_line_mm = depth;
            // The feather ends where a tenth of a dot is left.
            wanted.inside_field_mm = wanted.inside_field_mm.min(depth + 0.55 * line.summary.feather_mm);
            line_share = line.edge(depth) * front_ramp(depth);
        } else if self.look == Look::Density {
            // The client's own frontal edge stays as it grew.
            line_share = smoothstep((self.scalp.signed_distance_mm(uv, p) - 6.0) / 14.0);
        }
        let mut dots = self.body_per_cm2 * line_share * self.whorl_factor(p);
        for scar in &self.scars {
            let inside_mm = scar.outline.signed_distance_mm(uv, p);
            if scar.scattered.is_none() {
                // A field of its own.
                wanted.inside_field_mm = wanted.inside_field_mm.min(-inside_mm);
            } else if inside_mm > 0.0 && self.look == Look::Scar {
                // As many as stood there before the harvest: a dot for every unit that was taken.
                dots = self.units_per_cm2;
            }
        }
        for &(centre, radius) in &self.spots {
            wanted.inside_field_mm = wanted.inside_field_mm.min(p.distance(centre) - radius);
        }
        let earlier = self.earlier_per_cm2(p);
        let there = self.units_per_cm2(uv, p) + earlier;
        let room = (self.cap_per_cm2 - earlier).max(0.0);
        // Scattered scars end where they end.
        let blend = match self.look {
            Look::Scar => 1.0,
            _ => smoothstep((treated_mm + width_mm) / width_mm),
        };
        wanted.dots_per_cm2 = ((dots - there).max(0.0) * blend).min(room);
        wanted
    }

    /// Signed distance to the border of what the look treats, before blending, mm.
    fn treated_mm(&self, uv: Uv, p: DVec3) -> f64 {
        let scattered = self.scars.iter().filter(|s| s.scattered.is_some());
        let scars = scattered.map(|s| s.outline.signed_distance_mm(uv, p)).fold(f64::NEG_INFINITY, f64::max);
        if self.look == Look::Scar {
            return scars - self.blend_mm;
        }
        let loss =
            self.loss.iter().map(|l| l.outline.signed_distance_mm(uv, p)).fold(f64::NEG_INFINITY, f64::max);
        let mut treated = loss;
        if self.hairline.is_some() {
            // A line in front of the hair that ever grew: the strip between is bare too.
            let in_front = -self.scalp.signed_distance_mm(uv, p);
            if uv.y > 0.0 && AzT::from_uv(uv).t < self.front_until_t {
                treated = treated.max(in_front);
            }
        }
        if self.look == Look::Hairline {
            treated = treated.min((uv.y - FRONTAL_V) * 180.0);
        }
        treated.max(scars)
    }

    /// What is wanted in a closed scar, dots/cm2.
    pub fn scar_wanted_per_cm2(&self, p: DVec3) -> f64 {
        (self.scar_per_cm2 - self.earlier_per_cm2(p)).max(0.0)
    }

    fn whorl_factor(&self, p: DVec3) -> f64 {
        let dip = |w: &WhorlOnHead| {
            WHORL_DIP * libm::exp(-p.distance_squared(w.at_mm) / (2.0 * WHORL_RADIUS_MM * WHORL_RADIUS_MM))
        };
        1.0 - self.whorls.iter().map(dip).fold(0.0, f64::max)
    }

    /// The zone of a place in the field: its kind and name.
    pub fn zone(&self, uv: Uv, p: DVec3, behind_line_mm: f64) -> (ZoneKind, String) {
        let named = |kind, name: &str| (kind, name.to_owned());
        for scar in self.scars.iter().filter(|s| s.scattered.is_some()) {
            if scar.outline.signed_distance_mm(uv, p) > 0.0 {
                return named(ZoneKind::Scar, &scar.name);
            }
        }
        if behind_line_mm < HAIRLINE_ZONE_MM && uv.y > 0.0 {
            return named(ZoneKind::Hairline, "Hairline");
        }
        if self.treated_mm(uv, p) < 0.0 {
            let name = if self.patches { "Blend around patches" } else { "Blend into sides and back" };
            return named(ZoneKind::Blend, name);
        }
        if self.patches {
            let inside = |l: &&LossOnHead| l.outline.signed_distance_mm(uv, p) > 0.0;
            if let Some(patch) = self.loss.iter().find(inside) {
                return (ZoneKind::Body, format!("Bald {}", patch.zone.name));
            }
        }
        let part = match uv.y {
            v if v > FRONTAL_V => "Frontal",
            v if v > VERTEX_V => "Mid-scalp",
            _ => "Crown",
        };
        match self.look {
            Look::Density => (ZoneKind::Part, format!("{part}, between hair")),
            _ => named(ZoneKind::Body, part),
        }
    }

    /// Direction in which the hair lies at a place, a unit vector in the tangent plane of `normal`.
    ///
    /// Away from the whorl, turning about it near its centre and following the head's fall elsewhere: forwards on top,
    /// down on sides and back. Own design for the usual lie.
    pub fn hair_direction(&self, p: DVec3, normal: DVec3) -> DVec3 {
        let tangent = |d: DVec3| d.reject_from(normal).try_normalize().unwrap_or(DVec3::ZERO);
        let mut flow = DVec3::ZERO;
        for whorl in &self.whorls {
            let away = tangent(p - whorl.at_mm);
            let distance = p.distance(whorl.at_mm);
            // Clockwise seen from behind and above: the tangent of a clockwise turn about the outward normal.
            let around = -normal.cross(away) * whorl.turn;
            let turning = libm::exp(-distance / 25.0);
            flow += ((1.0 - 0.75 * turning) * away + turning * around) / (1.0 + (distance / 60.0).powi(2));
        }
        let fall = tangent(DVec3::new(0.0, -0.6, 0.9 * smoothstep((p.y - 30.0) / 70.0)));
        let far = self.whorls.iter().map(|w| p.distance(w.at_mm)).fold(f64::INFINITY, f64::min);
        let mixed =
            flow.try_normalize().unwrap_or(DVec3::ZERO) + 0.8 * smoothstep((far - 15.0) / 80.0) * fall;
        mixed.reject_from(normal).try_normalize().unwrap_or_else(|| normal.any_orthonormal_vector())
    }
}

/// Density behind the line as a share of the body's: 38 % over the first 5 mm (30-45 of 100), 70 % from 5 to 15 mm
/// (60-80), then the whole (`smp.md` 1.5), drawn smoothly through these.
fn front_ramp(behind_mm: f64) -> f64 {
    0.34 + 0.36 * smoothstep(behind_mm / 9.0) + 0.30 * smoothstep((behind_mm - 9.0) / 11.0)
}

/// The stage a given number of years on: one stage every `years_per_stage`.
pub fn stage_after(stage: Stage, years: f64, years_per_stage: f64) -> Stage {
    let mut at = stage;
    for _ in 0..(years / years_per_stage).floor() as usize {
        match at.next() {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}
