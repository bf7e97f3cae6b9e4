//! Pictures of the plan: the head before and after, and close-ups of one square centimetre.

mod bust;
mod camera;
mod close_up;
mod compose;
mod face;
mod hair;
mod halo;
mod image;
mod noise;
mod plate;
mod raster;
mod splat;
mod strands;
mod studio;
mod surface;
mod tone;

pub use camera::{Camera, VIEWS, View};
pub use close_up::{CloseUp, FIELD_MM};
pub use compose::{DotLook, State};
pub use image::Image;
pub use plate::Plate;
pub use strands::combed_from_part;

use glam::DVec3;
use hairline_optics::colour::Lab;
use hairline_plan::Dot;
use hairline_scalp::Head;
use rayon::prelude::*;

use plate::Skin;
use strands::Strand;
use studio::{KeySide, Studio};
use surface::Surface;

/// One existing hair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hair {
    /// Where it leaves the skin, head frame, mm.
    pub root_mm: DVec3,
    /// Unit vector in which it grows.
    pub direction: DVec3,
    /// Length above the skin, mm.
    pub length_mm: f64,
    /// Diameter of the shaft, mm.
    pub shaft_mm: f64,
}

/// What stands before the camera.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The client's head.
    pub head: &'a Head,
    /// Colour of the skin, specular excluded.
    pub skin_lab_sce: Lab,
    /// The client's own hair, every hair that is to be seen.
    pub hairs: &'a [Hair],
    /// Colour of the hair, specular excluded.
    pub hair_lab_sce: Lab,
    /// Point of the skin in the middle of the close-ups, head frame, mm.
    pub close_up_mm: DVec3,
    /// Whether to draw brows, lids and lips by the landmarks: the parametric head has a smooth face, a scan its own.
    pub draw_face: bool,
    /// Chooses the mottling of the skin.
    pub seed: u64,
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shot {
    /// The head.
    Head(View),
    /// One square centimetre of skin, 10 micrometres a pixel at 1000 px.
    CloseUp,
}

/// A picture to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Name of the file.
    pub file: String,
    /// What it shows.
    pub shot: Shot,
    /// Which of the states.
    pub state: usize,
}

/// A finished file.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFile {
    /// Name, as ordered.
    pub file: String,
    /// PNG bytes.
    pub png: Vec<u8>,
}

/// Makes the ordered pictures, `size_px` square, in the order of `orders`; each view is shaded once for all its states.
/// An order for a state that does not exist shows the head without dots.
pub fn make_pictures(
    scene: &Scene,
    dots: &[Dot],
    states: &[State],
    orders: &[Order],
    size_px: usize,
) -> Vec<PictureFile> {
    let studio = HeadStudio::new(scene);
    let nothing = State::default();
    let mut files: Vec<Option<PictureFile>> = vec![None; orders.len()];
    let mut fill = |wanted: &[usize], compose: &(dyn Fn(&State) -> Image + Sync)| {
        let make = |&i: &usize| {
            let image = compose(states.get(orders[i].state).unwrap_or(&nothing));
            PictureFile { file: orders[i].file.clone(), png: image.to_png() }
        };
        let made: Vec<PictureFile> = wanted.par_iter().map(make).collect();
        for (&i, file) in wanted.iter().zip(made) {
            files[i] = Some(file);
        }
    };
    for view in VIEWS {
        let wanted: Vec<usize> = (0..orders.len()).filter(|&i| orders[i].shot == Shot::Head(view)).collect();
        if !wanted.is_empty() {
            let plate = studio.shade(view, size_px);
            fill(&wanted, &|state| plate.compose(dots, state));
        }
    }
    let wanted: Vec<usize> = (0..orders.len()).filter(|&i| orders[i].shot == Shot::CloseUp).collect();
    if !wanted.is_empty() {
        let skin = CloseUp::new(scene, size_px);
        fill(&wanted, &|state| skin.compose(dots, state));
    }
    files.into_iter().flatten().collect()
}

/// A scene made ready: light on the head worked out once for all views.
pub struct HeadStudio<'a> {
    scene: Scene<'a>,
    surface: Surface,
    tints: Vec<[f32; 3]>,
    brows: Vec<Hair>,
    strands: Vec<Strand>,
}

impl<'a> HeadStudio<'a> {
    /// Works out what each point of the head sees of its surroundings.
    pub fn new(scene: &Scene<'a>) -> HeadStudio<'a> {
        let marks = &scene.head.landmarks;
        let seed = scene.seed as u32;
        let surface = Surface::new(&bust::with_bust(&scene.head.mesh, marks));
        let tints = tone::vertex_tints(&surface.positions, marks, scene.draw_face, seed);
        let brows =
            if scene.draw_face { face::brow_hairs(&scene.head.mesh, marks, seed) } else { Vec::new() };
        let strands = strands::comb(scene.hairs, &surface, seed);
        HeadStudio { scene: *scene, surface, tints, brows, strands }
    }

    /// The bare head with its hair in one view.
    pub fn shade(&self, view: View, size_px: usize) -> Plate {
        let camera = Camera::of_view(view, self.scene.head, size_px);
        let side = if view == View::Right { KeySide::Right } else { KeySide::Left };
        let skin = Skin {
            surface: &self.surface,
            colour: linear(self.scene.skin_lab_sce),
            tints: &self.tints,
            scale: (self.scene.head.landmarks.vertex.y / 131.0) as f32,
            seed: self.scene.seed as u32,
        };
        let light = Studio::new(side);
        let mut plate = Plate::shade(&skin, &camera, &light);
        let hair_colour = linear(self.scene.hair_lab_sce);
        hair::draw_short(&mut plate, self.scene.hairs, hair_colour, skin.colour);
        hair::draw_short(&mut plate, &self.brows, hair_colour, skin.colour);
        strands::draw(&mut plate, &self.strands, hair_colour, &light);
        plate.develop();
        plate
    }
}

/// Linear sRGB of a colour, never below black.
fn linear(lab: Lab) -> [f32; 3] {
    lab.to_xyz().to_linear_rgb().rgb.map(|c| c.max(0.0) as f32)
}

#[cfg(test)]
pub(crate) mod tests;
