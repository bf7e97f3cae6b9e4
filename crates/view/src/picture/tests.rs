//! What pictures must keep: the right darkness, the right colour, clean edges, the same bytes.

use glam::DVec3;
use hairline_optics::adding::{STREAMS, reflectance_sce};
use hairline_optics::colour::{Lab, LinearRgb, decode_srgb};
use hairline_optics::difference::ciede2000;
use hairline_optics::dots::compose::{exponent, together};
use hairline_optics::dots::rgb::{DotLight, RgbDots};
use hairline_optics::dots::{SkinDots, Table};
use hairline_optics::illuminant::Illuminant;
use hairline_optics::skin::TONE_CLASSES;
use hairline_optics::spectrum::Spectrum;
use hairline_optics::tissue;
use hairline_plan::Dot;
use hairline_scalp::{Head, Landmarks, TriMesh};

use std::sync::LazyLock;

use super::*;

/// A dot of 0.25 mm in session 1.
pub fn dot_at(position_mm: DVec3, normal: DVec3) -> Dot {
    Dot {
        id: 1,
        session: 1,
        zone: 0,
        cell: 1,
        position_mm,
        normal,
        diameter_mm: 0.25,
        depth_mm: 0.3,
        angle_deg: 80.0,
        azimuth_deg: 0.0,
        shade: 8.0,
    }
}

/// A skin of light intermediate tone with its dots, 0.2 mm high, of a neutral pigment.
struct Tissue {
    skin: tissue::Skin,
    bare: Spectrum,
    spectral: SkinDots,
    rgb: RgbDots,
}

static TISSUE: LazyLock<Tissue> = LazyLock::new(|| {
    let skin = tissue::Skin::new(0.02, 0.005);
    let layers = skin.layers();
    let bare = reflectance_sce::<STREAMS>(&layers).expect("a possible skin");
    let spectral = Table::bundled().of_skin(&layers, HEIGHT_MM);
    let rgb = RgbDots::new(&spectral, &layers, &bare, &[Spectrum::flat(1.0); 2], Illuminant::D65);
    Tissue { skin, bare, spectral, rgb }
});

const HEIGHT_MM: f64 = 0.2;

/// A dot of a width, depth of the middle and strength in that skin.
pub fn light(diameter_mm: f64, depth_mm: f64, mua550_per_mm: f64) -> DotLight {
    TISSUE.rgb.dot(diameter_mm, depth_mm - 0.5 * HEIGHT_MM, mua550_per_mm, 0.0)
}

fn close(diameter_mm: f64, depth_mm: f64, mua550_per_mm: f64) -> CloseLook {
    CloseLook {
        light: light(diameter_mm, depth_mm, mua550_per_mm),
        profile: TISSUE.rgb.profile(diameter_mm, depth_mm - 0.5 * HEIGHT_MM, mua550_per_mm, 0.0),
        diameter_mm,
        depth_mm,
        height_mm: HEIGHT_MM,
    }
}

/// A ball of 100 mm as a head.
pub fn ball_head() -> Head {
    head_of(sphere(100.0, 80))
}

fn head_of(mesh: TriMesh) -> Head {
    let landmarks = Landmarks {
        nasion: DVec3::new(0.0, 19.0, 98.0),
        glabella: DVec3::new(0.0, 35.0, 93.0),
        inion: DVec3::new(0.0, 5.0, -99.0),
        opisthocranion: DVec3::new(0.0, 30.0, -95.0),
        vertex: DVec3::new(0.0, 100.0, 0.0),
        tragion_left: DVec3::new(100.0, 0.0, 0.0),
        tragion_right: DVec3::new(-100.0, 0.0, 0.0),
    };
    Head { skin: mesh.clone(), mesh, landmarks }
}

/// A ball around the origin with `n` parallels.
pub fn sphere(radius_mm: f64, n: usize) -> TriMesh {
    let (rows, columns) = (n, 2 * n);
    let mut positions = vec![DVec3::new(0.0, radius_mm, 0.0)];
    for i in 1..rows {
        for j in 0..columns {
            let (st, ct) = libm::sincos(std::f64::consts::PI * i as f64 / rows as f64);
            let (sp, cp) = libm::sincos(std::f64::consts::TAU * j as f64 / columns as f64);
            positions.push(radius_mm * DVec3::new(st * sp, ct, st * cp));
        }
    }
    positions.push(DVec3::new(0.0, -radius_mm, 0.0));
    let at = |i: usize, j: usize| (1 + (i - 1) * columns + j % columns) as u32;
    let last = (positions.len() - 1) as u32;
    let mut triangles = Vec::new();
    for j in 0..columns {
        triangles.push([0, at(1, j), at(1, j + 1)]);
        triangles.push([last, at(rows - 1, j + 1), at(rows - 1, j)]);
        for i in 1..rows - 1 {
            triangles.push([at(i, j), at(i + 1, j), at(i + 1, j + 1)]);
            triangles.push([at(i, j), at(i + 1, j + 1), at(i, j + 1)]);
        }
    }
    TriMesh { positions, triangles }
}

/// A ball with a smaller one beside or before it.
fn two_balls(centre: DVec3, radius_mm: f64) -> TriMesh {
    let mut mesh = sphere(100.0, 80);
    let small = sphere(radius_mm, 24);
    let first = mesh.positions.len() as u32;
    mesh.positions.extend(small.positions.iter().map(|p| *p + centre));
    mesh.triangles.extend(small.triangles.iter().map(|t| t.map(|v| v + first)));
    mesh
}

const SKIN: Lab = Lab { l: 58.9, a: 10.8, b: 17.3 };

fn scene<'a>(head: &'a Head, hairs: &'a [Hair]) -> Scene<'a> {
    Scene {
        head,
        skin_lab_sce: SKIN,
        hairs,
        later_hairs: &[],
        hair_lab_sce: Lab { l: 15.0, a: 2.0, b: 3.0 },
        close_up_mm: DVec3::new(0.0, 100.0, 0.0),
        draw_face: false,
        seed: 1,
    }
}

/// Dots in a square patch on the ball, `angle_deg` away from the direction of the camera, not overlapping.
fn patch(camera: &Camera, angle_deg: f64, spacing_mm: f64) -> Vec<Dot> {
    let (sin, cos) = libm::sincos(angle_deg.to_radians());
    // The camera is far but not at infinity: the angle is that of the line of sight at the patch.
    let towards = camera.position.normalize();
    let (u, v) = (camera.right, towards.cross(camera.right));
    let aim = |tilt: f64| libm::sin(tilt) * camera.up + libm::cos(tilt) * towards;
    let tilt = (0..900)
        .map(|i| f64::from(i) * 0.1_f64.to_radians())
        .min_by(|a, b| {
            let off = |t: f64| {
                let n = aim(t);
                (n.dot((camera.position - 100.0 * n).normalize()) - cos).abs()
            };
            off(*a).total_cmp(&off(*b))
        })
        .unwrap_or(0.0);
    assert!(sin >= 0.0 && v.is_finite());
    let centre = aim(tilt);
    let (s, t) = (u, centre.cross(u));
    let mut dots = Vec::new();
    for i in -6..=6 {
        for j in -6..=6 {
            let step = spacing_mm / 100.0;
            let n = (centre + (f64::from(i) + 0.13 * f64::from(j)) * step * s + f64::from(j) * step * t)
                .normalize();
            dots.push(dot_at(100.0 * n, n));
        }
    }
    dots
}

/// Every dot once, all with the same look.
fn all_with(dots: &[Dot], look: DotLook) -> State {
    State { dots: (0..dots.len() as u32).map(|i| (i, look)).collect(), ..State::default() }
}

/// The same close up.
fn all_close(dots: &[Dot], look: &CloseLook) -> State {
    State { close: (0..dots.len() as u32).map(|i| (i, look.clone())).collect(), ..State::default() }
}

fn picture(plate: &Plate, dots: &[Dot], state: &State) -> Image {
    plate.compose(&plate.place(dots), state)
}

/// What dots take from the diffuse light of every pixel, as a share of it.
fn losses(plate: &Plate, dots: &[Dot], state: &State) -> Vec<[f32; 3]> {
    let mut losses = vec![[0.0; 3]; plate.diffuse.len()];
    let field = compose::Field::new(plate, &plate.place(dots), state);
    for band in 0..field.bands() {
        field.each_loss(band, false, |[x, y], left| {
            losses[y * plate.camera.size_px[0] + x] = left.map(|l| 1.0 - l)
        });
    }
    losses
}

/// Light lost over the picture = sum over dots of what the optics say that each takes x local light, at any size and
/// angle. Weak dots far apart, so that no dot stands in the halo of another.
#[test]
fn lone_dots_take_the_light_the_optics_say_at_any_resolution_and_angle() {
    let head = ball_head();
    let scene = scene(&head, &[]);
    let studio = HeadStudio::new(&scene);
    for size in [160, 400, 1000] {
        let plate = studio.shade(View::Front, size);
        for angle in [0.0, 40.0, 60.0, 70.0] {
            for (diameter, depth) in [(0.15, 0.2), (0.25, 0.3), (0.4, 0.6)] {
                // So weak that bells may be added up.
                let dot = light(diameter, depth, 0.3);
                let look = DotLook::new(&dot, diameter);
                let dots = patch(&plate.camera, angle, 2.4);
                let state = all_with(&dots, look);
                let losses = losses(&plate, &dots, &state);
                for c in 0..3 {
                    let lost: f64 =
                        (0..losses.len()).map(|p| f64::from(losses[p][c] * plate.diffuse[p][c])).sum();
                    let wanted: f64 = dots
                        .iter()
                        .map(|at_dot| {
                            let at = plate.camera.project(at_dot.position_mm);
                            let line = plate.camera.position - at_dot.position_mm;
                            let facing = at_dot.normal.dot(line.normalize());
                            let px_per_mm = plate.camera.focal_px / line.length();
                            let light = plate.diffuse[at.y as usize * size + at.x as usize][c];
                            dot.loss_mm2[c] * facing * px_per_mm * px_per_mm * f64::from(light)
                        })
                        .sum();
                    let error = lost / wanted - 1.0;
                    assert!(error.abs() < 0.03, "{size} px, {angle} deg, {diameter} mm, {c}: {error}");
                }
            }
        }
    }
}

/// A field of n dots a mm2 with cores `a` and bells `h` keeps (1 - n a) exp(-n h) of its light: dots do not cover one
/// another, bells lie over everything.
#[test]
fn a_field_of_dots_is_as_dark_as_its_footprints_and_halos() {
    let head = ball_head();
    let plate = HeadStudio::new(&scene(&head, &[])).shade(View::Front, 1000);
    for spacing in [0.7, 0.9, 1.2] {
        let dot = light(0.28, 0.23, 12.0);
        let look = DotLook::new(&dot, 0.28);
        let dots = patch(&plate.camera, 20.0, spacing);
        let losses = losses(&plate, &dots, &all_with(&dots, look));
        let centre = plate.camera.project(dots[84].position_mm);
        // Three lattice steps to each side; the patch has six, and a halo is gone after 1.6 mm.
        let reach = 3.0 * spacing * plate.camera.focal_px / centre.z;
        let up = reach * libm::cos(20.0_f64.to_radians());
        let (mut lost, mut count) = ([0.0; 3], 0.0);
        for y in (centre.y - up) as usize..=(centre.y + up) as usize {
            for x in (centre.x - reach) as usize..=(centre.x + reach) as usize {
                for c in 0..3 {
                    lost[c] += f64::from(losses[1000 * y + x][c]);
                }
                count += 1.0;
            }
        }
        let per_mm2 = 1.0 / (spacing * spacing);
        for c in 0..3 {
            let far = dot.bells_mm2[0][c] + dot.bells_mm2[1][c];
            let wanted = 1.0 - (1.0 - per_mm2 * dot.core_mm2[c]) * libm::exp(-per_mm2 * far);
            let error = lost[c] / count / wanted - 1.0;
            assert!(error.abs() < 0.05, "{spacing} mm, {c}: {error}");
        }
    }
}

/// The finished picture shows that loss: display values decoded to light.
#[test]
fn the_finished_picture_is_as_dark_as_its_losses() {
    let head = ball_head();
    let studio = HeadStudio::new(&scene(&head, &[]));
    let plate = studio.shade(View::Front, 600);
    let look = DotLook::new(&light(0.3, 0.2, 40.0), 0.3);
    let dots = patch(&plate.camera, 30.0, 0.9);
    let state = all_with(&dots, look);
    let losses = losses(&plate, &dots, &state);
    let (bare, after) = (picture(&plate, &dots, &State::default()), picture(&plate, &dots, &state));
    let light = |image: &Image, p: usize| decode_srgb(f64::from(image.rgb[3 * p + 1]) / 255.0);
    let lost: f64 = (0..losses.len()).map(|p| light(&bare, p) - light(&after, p)).sum();
    let wanted: f64 = (0..losses.len()).map(|p| f64::from(losses[p][1] * plate.diffuse[p][1])).sum();
    assert!((lost / wanted - 1.0).abs() < 0.01, "{lost} {wanted}");
}

#[test]
fn skin_facing_the_key_light_has_the_asked_colour() {
    let head = ball_head();
    // The key light of the front view stands left of the camera: 36 degrees aside, 40 up (`studio.rs`).
    let (sin_a, cos_a) = libm::sincos(36.0_f64.to_radians());
    let (sin_e, cos_e) = libm::sincos(40.0_f64.to_radians());
    let facing = 100.0 * DVec3::new(-sin_a * cos_e, sin_e, cos_a * cos_e);
    for class in TONE_CLASSES {
        let (mut sum, mut count) = ([0.0f64; 3], 0.0);
        for seed in 0..8 {
            let scene = Scene { skin_lab_sce: class.lab_sce(), seed, ..scene(&head, &[]) };
            let plate = HeadStudio::new(&scene).shade(View::Front, 300);
            let at = plate.camera.project(facing);
            for y in -8..8 {
                for x in -8..8 {
                    let pixel = (at.y as i64 + y) as usize * 300 + (at.x as i64 + x) as usize;
                    for c in 0..3 {
                        sum[c] += f64::from(plate.diffuse[pixel][c]);
                    }
                    let gloss = plate.base[pixel][1] - plate.diffuse[pixel][1];
                    assert!((0.0..0.06).contains(&gloss), "{gloss}");
                    count += 1.0;
                }
            }
        }
        let lab = LinearRgb { rgb: sum.map(|s| s / count) }.to_xyz().to_lab();
        let want = class.lab_sce();
        let difference =
            ((lab.l - want.l).powi(2) + (lab.a - want.a).powi(2) + (lab.b - want.b).powi(2)).sqrt();
        assert!(difference < 1.5, "{class:?}: {lab:?} for {want:?}");
    }
}

/// Each row of a ball's picture is as wide as the ball, to a fraction of a pixel.
#[test]
fn silhouettes_are_smooth_and_in_the_right_place() {
    let head = ball_head();
    let plate = HeadStudio::new(&scene(&head, &[])).shade(View::Front, 500);
    let camera = &plate.camera;
    let (mut partial, mut off) = (0, 0.0);
    // The upper half; below, the ball fades like a neck.
    for row in 95..170 {
        let width: f64 = plate.coverage[row * 500..][..500].iter().map(|&c| f64::from(c)).sum();
        partial += plate.coverage[row * 500..][..500].iter().filter(|c| (0.05..0.95).contains(*c)).count();
        // A ray misses the ball when it passes its middle farther than its radius.
        let hits = |x: f64| {
            let v = camera.forward + (x - 250.0) / camera.focal_px * camera.right
                - (row as f64 + 0.5 - 250.0) / camera.focal_px * camera.up;
            let v = v.normalize();
            let middle = -camera.position;
            (middle - middle.dot(v) * v).length() < 100.0
        };
        let exact = (0..20_000).filter(|&i| hits(f64::from(i) * 0.025)).count() as f64 * 0.025;
        assert!((width - exact).abs() < 0.5, "row {row}: {width} {exact}");
        off += (width - exact) / 75.0;
    }
    // The mesh lies up to 0.04 mm inside the ball.
    assert!(off.abs() < 0.15, "{off}");
    assert!(partial > 150, "edges are drawn with shades: {partial}");
}

#[test]
fn dots_behind_the_head_or_something_else_are_not_drawn() {
    let head = head_of(two_balls(DVec3::new(0.0, 0.0, 140.0), 18.0));
    let plate = HeadStudio::new(&scene(&head, &[])).shade(View::Front, 400);
    let look = DotLook::new(&light(0.5, 0.2, 100.0), 0.5);
    let bare = picture(&plate, &[], &State::default());
    let dark = |dot: Dot| picture(&plate, &[dot], &all_with(&[dot], look)) != bare;
    assert!(dark(dot_at(DVec3::new(0.0, 60.0, 80.0), DVec3::new(0.0, 0.6, 0.8))), "in sight");
    assert!(!dark(dot_at(DVec3::new(0.0, 0.0, -100.0), DVec3::NEG_Z)), "behind the head");
    assert!(!dark(dot_at(DVec3::new(0.0, 0.0, 100.0), DVec3::Z)), "behind the small ball");
    assert!(!dark(dot_at(DVec3::new(f64::NAN, 0.0, 100.0), DVec3::Z)), "nowhere");
}

/// Comb directions of every vertex, parted in the middle.
fn combed(mesh: &TriMesh) -> Vec<DVec3> {
    mesh.positions.iter().zip(mesh.vertex_normals()).map(|(&p, n)| combed_from_part(p, n, 0.0)).collect()
}

fn small_plan(head: &Head) -> (Vec<Hair>, Vec<Dot>, [State; 2]) {
    let mesh = &head.skin;
    let normals = mesh.vertex_normals();
    let low = |i: &usize| mesh.positions[*i].y < 20.0;
    let hair = |i: usize, direction: DVec3, length_mm: f64| Hair {
        root_mm: mesh.positions[i],
        direction,
        length_mm,
        shaft_mm: 0.07,
    };
    let mut hairs: Vec<Hair> = (0..normals.len()).filter(low).map(|i| hair(i, normals[i], 0.8)).collect();
    let comb = combed(mesh);
    hairs.extend((0..normals.len()).filter(low).step_by(20).map(|i| hair(i, comb[i], 60.0)));
    let dots: Vec<Dot> = normals
        .iter()
        .zip(&mesh.positions)
        .filter(|(_, p)| p.y > 60.0)
        .zip(1..)
        .map(|((&n, &p), id)| Dot { id, ..dot_at(p, n) })
        .collect();
    let look = DotLook::new(&light(0.3, 0.25, 20.0), 0.3);
    let close = all_close(&dots, &close(0.3, 0.25, 20.0)).close;
    let healed = State { close, ..all_with(&dots, look) };
    let fresh = State { redness: 1.0, scabs: 0.7, ..healed.clone() };
    (hairs, dots, [healed, fresh])
}

fn all_orders() -> Vec<Order> {
    let shots = VIEWS.map(Shot::Head).into_iter().chain([Shot::CloseUp]);
    shots
        .flat_map(|shot| {
            [0, 1, 9].map(|state| Order { file: format!("{shot:?}-{state}.png"), shot, state, hair: 0 })
        })
        .collect()
}

#[test]
fn the_same_bytes_on_one_thread_and_on_two() {
    let head = ball_head();
    let (hairs, dots, states) = small_plan(&head);
    let scene = Scene { draw_face: true, ..scene(&head, &hairs) };
    let make = |threads: usize| {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        pool.install(|| make_pictures(&scene, &dots, &states, &all_orders(), 200))
    };
    let (one, two) = (make(1), make(2));
    assert_eq!(one.len(), 18);
    assert!(one == two, "files differ");
}

#[test]
fn files_are_png_and_hold_the_picture() {
    let head = ball_head();
    let image = picture(&HeadStudio::new(&scene(&head, &[])).shade(View::Top, 120), &[], &State::default());
    let file = image.to_png();
    let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().expect("a PNG header");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a PNG picture");
    assert_eq!((info.width, info.height, info.color_type), (120, 120, png::ColorType::Rgb));
    assert_eq!(pixels, image.rgb);
}

/// The left side of a head and the right side of its mirror image, lit from the other side, are mirror images up to the
/// mottling of the skin.
#[test]
fn a_mirrored_head_gives_a_mirrored_picture() {
    let mesh = two_balls(DVec3::new(70.0, 20.0, 70.0), 25.0);
    let mirrored = TriMesh {
        positions: mesh.positions.iter().map(|p| DVec3::new(-p.x, p.y, p.z)).collect(),
        triangles: mesh.triangles.iter().map(|&[a, b, c]| [a, c, b]).collect(),
    };
    let (head, other) = (head_of(mesh), head_of(mirrored));
    let left = HeadStudio::new(&scene(&head, &[])).shade(View::Left, 240);
    let right = HeadStudio::new(&scene(&other, &[])).shade(View::Right, 240);
    let (mut edges, mut worst) = (0.0, 0.0f32);
    for block in 0..400 {
        let (x0, y0) = (12 * (block % 20), 12 * (block / 20));
        let (mut a, mut b) = (0.0, 0.0);
        for i in 0..144 {
            let (x, y) = (x0 + i % 12, y0 + i / 12);
            let (p, q) = (y * 240 + x, y * 240 + 239 - x);
            edges += (left.coverage[p] - right.coverage[q]).abs();
            a += left.base[p][1] / 144.0;
            b += right.base[q][1] / 144.0;
        }
        worst = worst.max((a - b).abs() / a);
    }
    // The eight samples of a pixel are not symmetric, so edge pixels differ by a few per cent each.
    assert!(edges < 60.0, "outlines differ by {edges} px");
    assert!(worst < 0.08, "light differs by {worst}");
}

/// Short hairs lying on the skin cover their own length times width.
#[test]
fn stubble_covers_its_true_area() {
    let head = ball_head();
    let camera = Camera::of_view(View::Front, &head, 500);
    let hairs: Vec<Hair> = patch(&camera, 20.0, 2.5)
        .iter()
        .map(|dot| {
            let direction = camera.right.cross(dot.normal).normalize();
            Hair { root_mm: dot.position_mm, direction, length_mm: 1.5, shaft_mm: 0.08 }
        })
        .collect();
    let bare = HeadStudio::new(&scene(&head, &[])).shade(View::Front, 500);
    let grown = HeadStudio::new(&scene(&head, &hairs)).shade(View::Front, 500);
    // Besides, the part of each hair inside the skin takes light, weighted by how the skin faces the camera.
    let skin = SKIN.to_xyz().to_linear_rgb().rgb.map(|c| c as f32);
    let hair = Lab { l: 15.0, a: 2.0, b: 3.0 }.to_xyz().to_linear_rgb().rgb.map(|c| c as f32);
    let half = f64::from(super::hair::BURIED_HALF_MM);
    let buried = super::hair::Buried::new(hair, skin);
    let buried_mm2 =
        0.08 * (f64::from(buried.near_per_mm[1]) * half * half * 3.7699 + f64::from(buried.wide_mm[1]));
    let shadows: f64 = hairs
        .iter()
        .map(|h| {
            buried_mm2
                * libm::cos(20.0_f64.to_radians())
                * (camera.focal_px / camera.project(h.root_mm).z).powi(2)
        })
        .sum();
    let lost: f64 = (0..bare.diffuse.len())
        .filter(|&p| bare.diffuse[p][1] > 0.0)
        .map(|p| f64::from(1.0 - grown.diffuse[p][1] / bare.diffuse[p][1]))
        .sum();
    let covered = lost - shadows;
    let wanted: f64 = hairs
        .iter()
        .map(|hair| {
            let at = camera.project(hair.root_mm + 0.5 * hair.length_mm * hair.direction);
            let [x, y] = camera.step(at, hair.length_mm * hair.direction);
            (x * x + y * y).sqrt() * hair.shaft_mm * camera.focal_px / at.z
        })
        .sum();
    assert!((covered / wanted - 1.0).abs() < 0.03, "{covered} {wanted}");
}

/// Long hair hides most of the skin below it, and the dots in it.
#[test]
fn long_hair_covers_the_scalp_and_hides_dots_under_it() {
    let head = ball_head();
    // About 200 hairs per cm2 on the upper half: 3.3 at each vertex of a mesh of 2.2 mm.
    let fine = sphere(100.0, 140);
    let hairs: Vec<Hair> = fine
        .positions
        .iter()
        .zip(combed(&fine))
        .filter(|(p, _)| p.y > 0.0)
        .map(|(&root_mm, direction)| Hair { root_mm, direction, length_mm: 120.0, shaft_mm: 0.07 * 3.3 })
        .collect();
    let bare = HeadStudio::new(&scene(&head, &[])).shade(View::Back, 200);
    let grown = HeadStudio::new(&scene(&head, &hairs)).shade(View::Back, 200);
    // Below the lowest roots, where the hair hangs.
    let at = bare.camera.project(DVec3::new(0.0, -15.0, -98.9));
    let (mut before, mut after) = (0.0, 0.0);
    for i in 0..400 {
        let pixel = (at.y as usize + i / 20 - 10) * 200 + at.x as usize + i % 20 - 10;
        before += bare.diffuse[pixel][1];
        after += grown.diffuse[pixel][1];
    }
    assert!(after < 0.5 * before, "{after} {before}");
}

#[test]
fn close_up_dots_are_as_dark_as_they_should_be() {
    let head = ball_head();
    let scene = scene(&head, &[]);
    let close_up = CloseUp::new(&scene, 500);
    let look = close(0.3, 0.25, 20.0);
    let dots: Vec<Dot> = (0..16)
        .map(|i| {
            let place = DVec3::new(f64::from(i % 4) * 2.2 - 3.3, 100.0, f64::from(i / 4) * 2.2 - 3.3);
            Dot { id: i as u32 + 1, angle_deg: 90.0, ..dot_at(place, DVec3::Y) }
        })
        .collect();
    let light =
        |image: &Image| -> f64 { image.rgb.chunks(3).map(|p| decode_srgb(f64::from(p[1]) / 255.0)).sum() };
    let bare = light(&close_up.compose(&dots, &State::default()));
    let after = light(&close_up.compose(&dots, &all_close(&dots, &look)));
    // 100 mm2 of skin; gloss is a small part of the light that dots do not take.
    let share = (bare - after) / bare;
    let wanted = look.light.loss_mm2[1] * 16.0 / 100.0;
    assert!((share / wanted - 1.0).abs() < 0.06, "{share} {wanted}");
}

#[test]
fn fresh_skin_is_redder_and_calm_skin_is_not() {
    let head = ball_head();
    let (_, dots, [healed, fresh]) = small_plan(&head);
    let scene = scene(&head, &[]);
    let plate = HeadStudio::new(&scene).shade(View::Top, 200);
    let close_up = CloseUp::new(&scene, 200);
    let redness = |image: &Image| -> f64 {
        let mut sum = [0.0; 3];
        for p in image.rgb.chunks(3).skip(200 * 60).take(200 * 40) {
            for c in 0..3 {
                sum[c] += decode_srgb(f64::from(p[c]) / 255.0) / 8000.0;
            }
        }
        LinearRgb { rgb: sum }.to_xyz().to_lab().a
    };
    let calm = State { redness: 0.0, scabs: 0.0, ..fresh.clone() };
    assert!(redness(&picture(&plate, &dots, &fresh)) > redness(&picture(&plate, &dots, &calm)) + 0.7);
    assert!(redness(&close_up.compose(&dots, &fresh)) > redness(&close_up.compose(&dots, &healed)) + 0.7);
}

/// A disturbed lattice of dots around a point of the ball, about 150 a cm2.
fn lattice(centre: DVec3, reach_mm: f64) -> Vec<Dot> {
    let centre = centre.normalize();
    let (u, v) = (DVec3::X, centre.cross(DVec3::X));
    let step = 0.877;
    let mut dots = Vec::new();
    for i in -40..=40_i32 {
        for j in -40..=40_i32 {
            let jump = |k: i32| {
                0.3 * (f64::from((i * 7919 + j * 104_729 + k * 15_485_863).rem_euclid(1009)) / 1009.0 - 0.5)
            };
            let x = step * (f64::from(i) + 0.5 * f64::from(j) + jump(0));
            let y = step * (0.866 * f64::from(j) + jump(1));
            if x.abs() < reach_mm && y.abs() < reach_mm {
                let n = (100.0 * centre + x * u + y * v).normalize();
                let id = dots.len() as u32 + 1;
                dots.push(Dot { id, angle_deg: 90.0, ..dot_at(100.0 * n, n) });
            }
        }
    }
    dots
}

/// What dots leave of the spectrum at a place, by tables and rule, shifted by the way each leans.
fn spectral(dots: &[(DVec3, f64, f64, f64)], at: DVec3) -> Lab {
    let tissue = &TISSUE;
    let dermis = &tissue.skin.layers().layers[2];
    let scatters = dermis.mus_per_mm.zip(dermis.g, |mus, g| mus * (1.0 - g));
    let near: Vec<(Spectrum, Spectrum)> = dots
        .iter()
        .filter(|d| d.0.distance(at) < 2.5)
        .map(|&(p, diameter, depth, mua)| {
            let top = depth - 0.5 * HEIGHT_MM;
            let profile = tissue.spectral.profile(diameter, top, &Spectrum::flat(mua));
            (profile.ratio(p.distance(at)), exponent(top, &scatters))
        })
        .collect();
    Illuminant::D65.lab(&tissue.bare.zip(together(&near), |skin, left| skin * left))
}

/// A close-up of 150 dots a cm2 against the sum of the dots' spectra, pixel by pixel.
#[test]
fn close_ups_are_the_spectral_sum_of_their_dots() {
    let head = ball_head();
    let skin = Illuminant::D65.xyz(&TISSUE.bare).to_linear_rgb().rgb;
    let scene = Scene { skin_lab_sce: Illuminant::D65.lab(&TISSUE.bare), ..scene(&head, &[]) };
    let close_up = CloseUp::new(&scene, 1000);
    // On the plane that the picture shows.
    let flat = |d: Dot| Dot { position_mm: DVec3 { y: 100.0, ..d.position_mm }, normal: DVec3::Y, ..d };
    let dots: Vec<Dot> = lattice(DVec3::Y, 7.5).into_iter().map(flat).collect();
    for (diameter, depth, mua) in
        [(0.28, 0.225, 10.0), (0.25, 0.225, 30.0), (0.3, 0.4, 15.0), (0.2, 0.15, 5.0)]
    {
        let look = close(diameter, depth, mua);
        let overlap = TISSUE.rgb.overlap(depth - 0.5 * HEIGHT_MM).map(|q| q as f32);
        let state = State { overlap, ..all_close(&dots, &look) };
        // Light that has been inside alone: gloss does not change.
        let left = close_up.left(&dots, &state, |_| close_up::Outline::round());
        let placed: Vec<_> = dots.iter().map(|d| (d.position_mm, diameter, depth, mua)).collect();
        let mut off: Vec<f64> = (0..1500)
            .map(|k| {
                let pixel = (k * 7919 + 13) * 131 % 1_000_000;
                let at = close_up.point(pixel % 1000, pixel / 1000);
                let got = LinearRgb { rgb: [0, 1, 2].map(|c| skin[c] * f64::from(left[pixel][c])) }
                    .to_xyz()
                    .to_lab();
                ciede2000(got, spectral(&placed, at))
            })
            .collect();
        off.sort_by(f64::total_cmp);
        let (mean, at_95) = (off.iter().sum::<f64>() / 1500.0, off[1424]);
        assert!(mean < 0.3 && at_95 < 0.6, "{diameter} {depth} {mua}: {mean} {at_95}");
    }
}

/// Where the line of sight of a place of the picture meets the ball.
fn on_ball(camera: &Camera, [x, y]: [f64; 2]) -> DVec3 {
    let half = 0.5 * camera.size_px[0] as f64;
    let v = camera.forward + (x - half) / camera.focal_px * camera.right
        - (y - half) / camera.focal_px * camera.up;
    let v = v.normalize();
    let along = -camera.position.dot(v);
    let off2 = (camera.position + along * v).length_squared();
    camera.position + (along - (1e4 - off2).sqrt()) * v
}

/// A patch of a head against the sum of the dots by table and rule: means over squares of 4 pixels, about the distance of two
/// dots; below that a picture is as sharp as its lens.
#[test]
fn patches_of_a_head_are_the_spectral_sum_of_their_dots() {
    let head = ball_head();
    let skin = Illuminant::D65.xyz(&TISSUE.bare).to_linear_rgb().rgb;
    let scene = Scene { skin_lab_sce: Illuminant::D65.lab(&TISSUE.bare), ..scene(&head, &[]) };
    let plate = HeadStudio::new(&scene).shade(View::Front, 1000);
    let towards = plate.camera.position.normalize();
    let dots = lattice(towards, 9.0);
    let centre = plate.camera.project(100.0 * towards);
    for (diameter, depth, mua) in
        [(0.28, 0.225, 10.0), (0.25, 0.225, 30.0), (0.3, 0.4, 15.0), (0.2, 0.15, 5.0)]
    {
        let look = DotLook::new(&light(diameter, depth, mua), diameter);
        let overlap = TISSUE.rgb.overlap(depth - 0.5 * HEIGHT_MM).map(|q| q as f32);
        let losses = losses(&plate, &dots, &State { overlap, ..all_with(&dots, look) });
        let profile = TISSUE.rgb.profile(diameter, depth - 0.5 * HEIGHT_MM, mua, 0.0);
        let q = TISSUE.rgb.overlap(depth - 0.5 * HEIGHT_MM);
        let reach = (4.0 * plate.camera.focal_px / centre.z) as usize;
        let colour =
            |share: [f64; 3]| LinearRgb { rgb: [0, 1, 2].map(|c| skin[c] * share[c]) }.to_xyz().to_lab();
        let mut off = Vec::new();
        let mut means = [[0.0; 3]; 2];
        for k in 0..300_usize {
            let (x, y) = (k * 7919 % (2 * reach), k * 104_729 % (2 * reach));
            let (px, py) = (centre.x as usize + x - reach, centre.y as usize + y - reach);
            let middle = on_ball(&plate.camera, [px as f64 + 2.0, py as f64 + 2.0]);
            let near: Vec<DVec3> =
                dots.iter().map(|d| d.position_mm).filter(|p| p.distance(middle) < 2.5).collect();
            let (mut got, mut wanted) = ([0.0; 3], [0.0; 3]);
            for s in 0..256_usize {
                let place =
                    [px as f64 + (s % 16) as f64 / 4.0 + 0.125, py as f64 + (s / 16) as f64 / 4.0 + 0.125];
                let at = on_ball(&plate.camera, place);
                let left = losses[place[1] as usize * 1000 + place[0] as usize];
                let mut sum = [0.0; 3];
                for p in &near {
                    let depth = profile.depth(p.distance(at));
                    (0..3).for_each(|c| sum[c] += libm::expm1(q[c] * depth[c]) / q[c]);
                }
                for c in 0..3 {
                    got[c] += (1.0 - f64::from(left[c])) / 256.0;
                    wanted[c] += libm::exp(-libm::log1p(q[c] * sum[c]) / q[c]) / 256.0;
                }
            }
            for c in 0..3 {
                means[0][c] += got[c] / 300.0;
                means[1][c] += wanted[c] / 300.0;
            }
            off.push(ciede2000(colour(got), colour(wanted)));
        }
        off.sort_by(f64::total_cmp);
        let (mean, at_95) = (off.iter().sum::<f64>() / 300.0, off[285]);
        let whole = ciede2000(colour(means[0]), colour(means[1]));
        assert!(mean < 0.4 && at_95 < 0.6 && whole < 0.3, "{diameter} {depth} {mua}: {mean} {at_95} {whole}");
    }
}
