//! Meshes whose distances and areas are known.

#![allow(dead_code, reason = "each test file uses its own few")]

use glam::DVec3;
use hairline_scalp::TriMesh;

/// Icosahedron subdivided `levels` times, pushed out to `radius_mm`.
pub fn icosphere(levels: u32, radius_mm: f64) -> TriMesh {
    let g = (1.0 + 5.0f64.sqrt()) / 2.0;
    let mut positions: Vec<DVec3> = [
        [-1., g, 0.],
        [1., g, 0.],
        [-1., -g, 0.],
        [1., -g, 0.],
        [0., -1., g],
        [0., 1., g],
        [0., -1., -g],
        [0., 1., -g],
        [g, 0., -1.],
        [g, 0., 1.],
        [-g, 0., -1.],
        [-g, 0., 1.],
    ]
    .map(|p| DVec3::from_array(p).normalize())
    .to_vec();
    let mut triangles: Vec<[u32; 3]> = vec![
        [0, 11, 5],
        [0, 5, 1],
        [0, 1, 7],
        [0, 7, 10],
        [0, 10, 11],
        [1, 5, 9],
        [5, 11, 4],
        [11, 10, 2],
        [10, 7, 6],
        [7, 1, 8],
        [3, 9, 4],
        [3, 4, 2],
        [3, 2, 6],
        [3, 6, 8],
        [3, 8, 9],
        [4, 9, 5],
        [2, 4, 11],
        [6, 2, 10],
        [8, 6, 7],
        [9, 8, 1],
    ];
    for _ in 0..levels {
        let mut middles = std::collections::BTreeMap::new();
        let mut split = vec![];
        for &[a, b, c] in &triangles {
            let mut middle = |p: u32, q: u32| {
                *middles.entry((p.min(q), p.max(q))).or_insert_with(|| {
                    positions.push((positions[p as usize] + positions[q as usize]).normalize());
                    positions.len() as u32 - 1
                })
            };
            let (ab, bc, ca) = (middle(a, b), middle(b, c), middle(c, a));
            split.extend([[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]);
        }
        triangles = split;
    }
    TriMesh { positions: positions.iter().map(|p| *p * radius_mm).collect(), triangles }
}

/// A sheet of `columns` x `rows` squares of size 1, moved and bent by `place(x, y)`; diagonals alternate.
pub fn sheet(columns: u32, rows: u32, place: impl Fn(f64, f64) -> DVec3) -> TriMesh {
    let id = |i: u32, j: u32| j * (columns + 1) + i;
    let mut mesh = TriMesh::default();
    for j in 0..=rows {
        for i in 0..=columns {
            mesh.positions.push(place(f64::from(i), f64::from(j)));
        }
    }
    for j in 0..rows {
        for i in 0..columns {
            let [a, b, c, d] = [id(i, j), id(i + 1, j), id(i + 1, j + 1), id(i, j + 1)];
            mesh.triangles.extend(if (i + j) % 2 == 0 {
                [[a, b, c], [a, c, d]]
            } else {
                [[a, b, d], [b, c, d]]
            });
        }
    }
    mesh
}

/// A flat sheet whose inner vertices are shaken by up to 0.35 (a fixed hash, so the same every time).
pub fn shaken_sheet(columns: u32, rows: u32) -> TriMesh {
    let shake = |x: f64, y: f64, salt: u64| {
        let mut h = (x as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ (y as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
            ^ salt;
        h = (h ^ (h >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((h >> 40) as f64 / (1u64 << 24) as f64 - 0.5) * 0.7
    };
    sheet(columns, rows, |x, y| {
        let inner = x > 0.0 && y > 0.0 && x < f64::from(columns) && y < f64::from(rows);
        let (dx, dy) = if inner { (shake(x, y, 1), shake(x, y, 2)) } else { (0.0, 0.0) };
        DVec3::new(x + dx, y + dy, 0.0)
    })
}
