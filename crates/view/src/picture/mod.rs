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
pub use compose::{CloseLook, DotLook, Placed, State};
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
    /// What is left of it at later times.
    pub later_hairs: &'a [Vec<Hair>],
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
    /// Whose hair: 0 today's, k the k-th of [`Scene::later_hairs`]; close-ups show today's.
    pub hair: usize,
}

/// A finished picture and the name of the file it goes to.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFile {
    /// Name, as ordered.
    pub file: String,
    /// The picture.
    pub image: Image,
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
            PictureFile { file: orders[i].file.clone(), image }
        };
        let made: Vec<PictureFile> = wanted.par_iter().map(make).collect();
        for (&i, file) in wanted.iter().zip(made) {
            files[i] = Some(file);
        }
    };
    let ordered = |shot: Shot, hair: Option<usize>| -> Vec<usize> {
        let fits = |o: &Order| o.shot == shot && hair.is_none_or(|hair| o.hair == hair);
        (0..orders.len()).filter(|&i| fits(&orders[i])).collect()
    };
    for view in VIEWS {
        if ordered(Shot::Head(view), None).is_empty() {
            continue;
        }
        let mut heads = |plate: Plate, hair: usize| {
            let wanted = ordered(Shot::Head(view), Some(hair));
            if !wanted.is_empty() {
                let plate = studio.grow(view, plate, hair);
                let placed = plate.place(dots);
                fill(&wanted, &|state| plate.compose(&placed, state));
            }
        };
        let bare = studio.bare(view, size_px);
        for hair in (1..=scene.later_hairs.len()).filter(|&k| !ordered(Shot::Head(view), Some(k)).is_empty())
        {
            heads(bare.clone(), hair);
        }
        heads(bare, 0);
    }
    let wanted = ordered(Shot::CloseUp, None);
    if !wanted.is_empty() {
        let skin = CloseUp::new(scene, size_px);
        fill(&wanted, &|state| skin.compose(dots, state));
    }
    files.into_iter().flatten().collect()
}

/// Light that brows throw back, as a share of what the hair of the head does: mostly they are darker. Chosen by eye.
const BROW_DARKER: f32 = 0.6;

/// A scene made ready: light on the head worked out once for all views.
pub struct HeadStudio<'a> {
    scene: Scene<'a>,
    surface: Surface,
    tints: Vec<[f32; 3]>,
    brows: Vec<Hair>,
    /// `strands[hair]`: long hair, today's first.
    strands: Vec<Vec<Strand>>,
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
        let heads = std::iter::once(scene.hairs).chain(scene.later_hairs.iter().map(Vec::as_slice));
        let strands = heads.map(|hairs| strands::comb(hairs, &surface, seed)).collect();
        HeadStudio { scene: *scene, surface, tints, brows, strands }
    }

    /// The head with today's hair in one view.
    pub fn shade(&self, view: View, size_px: usize) -> Plate {
        self.grow(view, self.bare(view, size_px), 0)
    }

    /// The bare head in one view.
    fn bare(&self, view: View, size_px: usize) -> Plate {
        let camera = Camera::of_view(view, self.scene.head, size_px);
        let skin = Skin {
            surface: &self.surface,
            colour: linear(self.scene.skin_lab_sce),
            tints: &self.tints,
            scale: (self.scene.head.landmarks.vertex.y / 131.0) as f32,
            seed: self.scene.seed as u32,
        };
        Plate::shade(&skin, &camera, &light(view))
    }

    /// Puts hair on a bare head.
    fn grow(&self, view: View, mut plate: Plate, hair: usize) -> Plate {
        let hairs = match hair.checked_sub(1) {
            None => self.scene.hairs,
            Some(later) => &self.scene.later_hairs[later],
        };
        let skin_colour = linear(self.scene.skin_lab_sce);
        let hair_colour = linear(self.scene.hair_lab_sce);
        hair::draw_short(&mut plate, hairs, hair_colour, skin_colour);
        let brow_colour = hair_colour.map(|c| BROW_DARKER * c);
        hair::draw_short(&mut plate, &self.brows, brow_colour, skin_colour);
        strands::draw(&mut plate, &self.strands[hair], hair_colour, &light(view));
        plate.develop();
        plate
    }
}

/// The key light stands where the view's face is.
fn light(view: View) -> Studio {
    Studio::new(if view == View::Right { KeySide::Right } else { KeySide::Left })
}

/// Linear sRGB of a colour, never below black.
fn linear(lab: Lab) -> [f32; 3] {
    lab.to_xyz().to_linear_rgb().rgb.map(|c| c.max(0.0) as f32)
}

#[cfg(test)]
pub(crate) mod tests;
