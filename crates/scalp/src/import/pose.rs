//! A similarity with three scales between the template head and a scan, and its least-squares step.

use glam::{DMat3, DMat4, DQuat, DVec3};

use crate::linear::solve_symmetric;

/// Place of the template head in a scan: `p_scan = translation + rotation * (scale * p_template)`.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// Turns template axes into scan axes.
    pub rotation: DQuat,
    /// Where the template's origin lies, scan units.
    pub translation: DVec3,
    /// Scan units per template millimetre along the template's axes.
    pub scale: DVec3,
}

impl Pose {
    /// A template point in scan coordinates.
    pub fn scan_from_template(&self, p_template: DVec3) -> DVec3 {
        self.translation + self.rotation * (self.scale * p_template)
    }

    /// Mean scale, scan units per template millimetre.
    pub fn mean_scale(&self) -> f64 {
        libm::cbrt(self.scale.x * self.scale.y * self.scale.z)
    }

    /// The rigid part with millimetres on the head's side: a scan point in a frame whose axes are the template's.
    pub fn head_from_scan(&self, mm_per_unit: f64) -> DMat4 {
        let head_from_scan = self.rotation.inverse();
        DMat4::from_mat3_translation(
            DMat3::from_quat(head_from_scan) * mm_per_unit,
            -mm_per_unit * (head_from_scan * self.translation),
        )
    }
}

/// One measured distance: at a template point, how far the scan is along a direction.
pub struct Residual {
    /// The template point.
    pub p_template: DVec3,
    /// Distance that ought to vanish, scan units.
    pub distance: f64,
    /// Derivative of the distance with the point's place in the scan.
    pub gradient: DVec3,
    /// Weight: one over the variance expected of the distance, per scan unit squared.
    pub weight: f64,
}

/// A landmark whose place in the scan is known.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    /// Where the template has it.
    pub p_template: DVec3,
    /// Where the scan has it.
    pub p_scan: DVec3,
}

impl Anchor {
    /// The three distances along the axes of the scan that ought to vanish.
    pub fn residuals(&self, pose: &Pose, weight: f64) -> [Residual; 3] {
        let off = pose.scan_from_template(self.p_template) - self.p_scan;
        [DVec3::X, DVec3::Y, DVec3::Z].map(|axis| Residual {
            p_template: self.p_template,
            distance: off.dot(axis),
            gradient: axis,
            weight,
        })
    }
}

/// What is expected of the scales beforehand.
#[derive(Clone, Copy, Debug)]
pub struct ScalePrior {
    /// Mean scale, scan units per millimetre.
    pub mean: f64,
    /// Standard deviation of the logarithm of the mean scale.
    pub sd_mean: f64,
    /// Standard deviation of the logarithm of each scale around the mean.
    pub sd_each: f64,
}

/// One Gauss-Newton step with damping `damping` (a share of the diagonal; 0 = none).
pub fn step(
    pose: &Pose,
    residuals: impl Iterator<Item = Residual>,
    prior: &ScalePrior,
    damping: f64,
) -> Pose {
    let mut a = [[0.0; 9]; 9];
    let mut b = [0.0; 9];
    for r in residuals {
        let arm = pose.scale * r.p_template;
        let h = pose.rotation.inverse() * r.gradient;
        let turn = arm.cross(h);
        let stretch = h * arm;
        let g = r.gradient;
        let j = [turn.x, turn.y, turn.z, g.x, g.y, g.z, stretch.x, stretch.y, stretch.z];
        for i in 0..9 {
            for k in 0..=i {
                a[i][k] += r.weight * j[i] * j[k];
            }
            b[i] -= r.weight * j[i] * r.distance;
        }
    }
    // Priors of the log scales: their mean, and each against the mean.
    let logs = [pose.scale.x, pose.scale.y, pose.scale.z].map(|s| libm::log(s / prior.mean));
    let mean = (logs[0] + logs[1] + logs[2]) / 3.0;
    let (w_mean, w_each) = (1.0 / (prior.sd_mean * prior.sd_mean), 1.0 / (prior.sd_each * prior.sd_each));
    for i in 0..3 {
        for k in 0..=i {
            let centring = if i == k { 2.0 / 3.0 } else { -1.0 / 3.0 };
            a[6 + i][6 + k] += w_mean / 9.0 + w_each * centring;
        }
        b[6 + i] -= w_mean * mean / 3.0 + w_each * (logs[i] - mean);
    }
    for i in 0..9 {
        a[i][i] *= 1.0 + damping;
    }
    if solve_symmetric(&mut a, &mut b).is_none() {
        return *pose;
    }
    let d = b;
    // A step is kept within what the linearisation bears.
    let turn = DVec3::new(d[0], d[1], d[2]).clamp_length_max(0.5);
    let stretch = DVec3::new(d[6], d[7], d[8]).clamp(DVec3::splat(-0.2), DVec3::splat(0.2));
    Pose {
        rotation: (pose.rotation * DQuat::from_scaled_axis(turn)).normalize(),
        translation: pose.translation + DVec3::new(d[3], d[4], d[5]),
        scale: pose.scale * DVec3::from(stretch.to_array().map(libm::exp)),
    }
}
