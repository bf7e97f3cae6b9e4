//! Where the camera stands: a portrait lens about 1.2 m from the head.

use glam::DVec3;
use hairline_scalp::Head;

/// Distance from the camera to the middle of the head, mm: the usual portrait distance.
pub const DISTANCE_MM: f64 = 1200.0;

/// A picture of the whole head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Face on, from slightly above.
    Front,
    /// The client's left side, face to the left.
    Left,
    /// The client's right side, face to the right.
    Right,
    /// From above and in front.
    Top,
    /// From behind, slightly above.
    Back,
}

/// All head pictures, in the order of the files.
pub const VIEWS: [View; 5] = [View::Front, View::Left, View::Right, View::Top, View::Back];

impl View {
    /// Name in file names.
    pub fn name(self) -> &'static str {
        match self {
            View::Front => "front",
            View::Left => "left",
            View::Right => "right",
            View::Top => "top",
            View::Back => "back",
        }
    }

    /// Azimuth from +z towards +x and elevation, degrees.
    fn pose(self) -> (f64, f64) {
        match self {
            View::Front => (0.0, 20.0),
            View::Left => (90.0, 7.0),
            View::Right => (-90.0, 7.0),
            View::Top => (0.0, 75.0),
            View::Back => (180.0, 12.0),
        }
    }
}

/// Share of the picture's height from the chin to the top of the head, and the most of its width.
const HEAD_HEIGHT: f64 = 0.76;
const HEAD_WIDTH: f64 = 0.84;
/// Where the middle of the head stands above the middle of the picture, share of its height; more room below, for the neck.
const RAISED: f64 = 0.035;
/// Height of the chin on a head of average size, mm (menton of `head.md` 2.5, rounded).
const CHIN_MM: f64 = -103.0;

/// A pinhole camera; picture axes x right, y down, pixel centres at half-integers.
#[derive(Clone, Debug)]
pub struct Camera {
    /// Position, head frame, mm.
    pub position: DVec3,
    /// Unit vector to the right of the picture.
    pub right: DVec3,
    /// Unit vector to the top of the picture.
    pub up: DVec3,
    /// Unit vector into the picture.
    pub forward: DVec3,
    /// Focal length, px.
    pub focal_px: f64,
    /// Width and height of the picture, px.
    pub size_px: [usize; 2],
}

impl Camera {
    /// The camera of a view on this head, framed by the head from chin to top; square picture.
    pub fn of_view(view: View, head: &Head, size_px: usize) -> Camera {
        let (azimuth, elevation) = view.pose();
        let (sin_a, cos_a) = libm::sincos(azimuth.to_radians());
        let (sin_e, cos_e) = libm::sincos(elevation.to_radians());
        let towards_camera = DVec3::new(sin_a * cos_e, sin_e, cos_a * cos_e);
        let right = DVec3::new(cos_a, 0.0, -sin_a);
        let up = towards_camera.cross(right);
        // 131 mm: vertex above the tragions on the average head (`head.md` 2.5).
        let scale = (head.landmarks.vertex.y / 131.0).clamp(0.6, 1.6);
        let points = || head.mesh.positions.iter().filter(|p| p.y > CHIN_MM * scale);
        let size = size_px as f64;
        let mut camera = Camera {
            position: DISTANCE_MM * towards_camera,
            right,
            up,
            forward: -towards_camera,
            focal_px: size,
            size_px: [size_px, size_px],
        };
        let raised = if view == View::Top { 0.0 } else { RAISED };
        // Moving the camera changes what is in sight a little: the third time it stands still.
        for _ in 0..3 {
            let (mut low, mut high) = (DVec3::INFINITY, DVec3::NEG_INFINITY);
            for at in points().map(|p| camera.project(*p)) {
                (low, high) = (low.min(at), high.max(at));
            }
            let span = high - low;
            if !(span.is_finite() && span.x > 0.0 && span.y > 0.0) {
                break;
            }
            let off = 0.5 * (low + high) - 0.5 * size * DVec3::ONE + raised * size * DVec3::Y;
            camera.position += DISTANCE_MM / camera.focal_px * (off.x * right - off.y * up);
            camera.focal_px *= size * (HEAD_HEIGHT / span.y).min(HEAD_WIDTH / span.x);
        }
        camera
    }

    /// Picture position and distance along the optical axis: px, px, mm. In front of the camera the last is positive.
    pub fn project(&self, point_mm: DVec3) -> DVec3 {
        let v = point_mm - self.position;
        let z = v.dot(self.forward);
        let s = self.focal_px / z;
        DVec3::new(
            0.5 * self.size_px[0] as f64 + s * v.dot(self.right),
            0.5 * self.size_px[1] as f64 - s * v.dot(self.up),
            z,
        )
    }

    /// How a small step (mm) at a point with picture position `at` (of [`Camera::project`]) moves the picture, px.
    pub fn step(&self, at: DVec3, step_mm: DVec3) -> [f64; 2] {
        let s = self.focal_px / at.z;
        let dz = step_mm.dot(self.forward) / at.z;
        [
            s * step_mm.dot(self.right) - (at.x - 0.5 * self.size_px[0] as f64) * dz,
            -s * step_mm.dot(self.up) - (at.y - 0.5 * self.size_px[1] as f64) * dz,
        ]
    }

    /// Size of a pixel at the middle of the head, mm.
    pub fn pixel_mm(&self) -> f64 {
        DISTANCE_MM / self.focal_px
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> Camera {
        Camera {
            position: DVec3::new(0.0, 0.0, 1200.0),
            right: DVec3::X,
            up: DVec3::Y,
            forward: -DVec3::Z,
            focal_px: 3000.0,
            size_px: [1000, 800],
        }
    }

    #[test]
    fn a_point_on_the_axis_falls_in_the_middle_and_up_is_up() {
        let c = camera();
        assert_eq!(c.project(DVec3::ZERO), DVec3::new(500.0, 400.0, 1200.0));
        assert!(c.project(DVec3::Y).y < 400.0 && c.project(DVec3::X).x > 500.0);
    }

    #[test]
    fn the_head_fills_the_frame_and_stands_in_its_middle() {
        let head = crate::picture::tests::ball_head();
        for view in VIEWS {
            let camera = Camera::of_view(view, &head, 1000);
            let (mut low, mut high) = (DVec3::INFINITY, DVec3::NEG_INFINITY);
            // The ball's chin: 103 mm on a head with the vertex at 131 mm, 79 mm at 100 mm.
            for p in head.mesh.positions.iter().filter(|p| p.y > -78.0) {
                let at = camera.project(*p);
                (low, high) = (low.min(at), high.max(at));
            }
            let height = (high.y - low.y) / 1000.0;
            assert!((0.715..0.805).contains(&height) && high.x - low.x < 850.0, "{view:?} {height}");
            assert!((0.5 * (low.x + high.x) - 500.0).abs() < 5.0, "{view:?} {low} {high}");
            assert!((440.0..510.0).contains(&(0.5 * (low.y + high.y))), "{view:?} {low} {high}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_step_is_the_derivative_of_the_projection(
            x in -100.0..100.0f64, y in -100.0..100.0f64, z in -100.0..100.0f64,
            dx in -1.0..1.0f64, dy in -1.0..1.0f64, dz in -1.0..1.0f64,
        ) {
            let c = camera();
            let (p, d) = (DVec3::new(x, y, z), DVec3::new(dx, dy, dz));
            let h = 1e-3;
            let numeric = (c.project(p + h * d) - c.project(p - h * d)) / (2.0 * h);
            let step = c.step(c.project(p), d);
            proptest::prop_assert!((step[0] - numeric.x).abs() < 1e-5 && (step[1] - numeric.y).abs() < 1e-5);
        }
    }
}
