//! `dots.ply`: every dot as a point with its normal and attributes, for MeshLab, CloudCompare and Blender.

use hairline_plan::Dot;

/// Colours of sessions 1 to 8 in display sRGB, distinct for colour-blind eyes too (Okabe and Ito 2008); later sessions
/// start again.
const SESSION_COLOURS: [[u8; 3]; 8] = [
    [0, 114, 178],
    [230, 159, 0],
    [0, 158, 115],
    [213, 94, 0],
    [86, 180, 233],
    [204, 121, 167],
    [240, 228, 66],
    [0, 0, 0],
];

/// The display colour of a session, from 1.
pub fn session_colour(session: u8) -> [u8; 3] {
    SESSION_COLOURS[usize::from(session.max(1) - 1) % SESSION_COLOURS.len()]
}

/// The dots as a binary little-endian PLY file; millimetres in the head frame, coloured by session.
pub fn dots_to_ply(dots: &[Dot]) -> Vec<u8> {
    let header = format!(
        "ply\nformat binary_little_endian 1.0\n\
         comment pigment dots, millimetres, head frame: x to the client's left, y up, z forward\n\
         comment depth_mm: middle of the deposit below the skin; angle_deg: between needle and skin; shade: ml diluent to 1 ml pigment\n\
         element vertex {}\n\
         property float x\nproperty float y\nproperty float z\n\
         property float nx\nproperty float ny\nproperty float nz\n\
         property uchar red\nproperty uchar green\nproperty uchar blue\n\
         property float diameter_mm\nproperty float depth_mm\nproperty float angle_deg\nproperty float azimuth_deg\n\
         property float shade\n\
         property uint id\nproperty uint cell\nproperty ushort zone\nproperty uchar session\n\
         end_header\n",
        dots.len()
    );
    let mut file = header.into_bytes();
    file.reserve(dots.len() * 58);
    for dot in dots {
        for v in dot.position_mm.to_array().into_iter().chain(dot.normal.to_array()) {
            file.extend((v as f32).to_le_bytes());
        }
        file.extend(session_colour(dot.session));
        for v in [dot.diameter_mm, dot.depth_mm, dot.angle_deg, dot.azimuth_deg, dot.shade] {
            file.extend((v as f32).to_le_bytes());
        }
        file.extend(dot.id.to_le_bytes());
        file.extend(dot.cell.to_le_bytes());
        file.extend(dot.zone.to_le_bytes());
        file.push(dot.session);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::dot_at;
    use glam::DVec3;

    /// Reads the file back by its own header, as any reader would.
    #[test]
    fn every_dot_comes_back_from_the_file() {
        let dots: Vec<Dot> = (0..5u8)
            .map(|i| Dot {
                id: u32::from(i) + 1,
                session: i,
                ..dot_at(DVec3::new(f64::from(i), 2.0, -3.0), DVec3::Y)
            })
            .collect();
        let file = dots_to_ply(&dots);
        let end = file.windows(11).position(|w| w == b"end_header\n").expect("a header ends") + 11;
        let header = std::str::from_utf8(&file[..end]).expect("a header is text");
        assert!(header.contains("element vertex 5\n"));
        let mut at = end;
        for dot in &dots {
            for line in header.lines().filter_map(|l| l.strip_prefix("property ")) {
                let (kind, name) = line.split_once(' ').expect("a property has kind and name");
                let size = match kind {
                    "uchar" => 1,
                    "ushort" => 2,
                    _ => 4,
                };
                let bytes = &file[at..at + size];
                at += size;
                let float = |want: f64| assert_eq!(bytes, (want as f32).to_le_bytes(), "{name}");
                match name {
                    "x" => float(dot.position_mm.x),
                    "z" => float(dot.position_mm.z),
                    "ny" => float(dot.normal.y),
                    "diameter_mm" => float(dot.diameter_mm),
                    "shade" => float(dot.shade),
                    "id" => assert_eq!(bytes, dot.id.to_le_bytes()),
                    "session" => assert_eq!(bytes, [dot.session]),
                    _ => {}
                }
            }
        }
        assert_eq!(at, file.len());
    }
}
