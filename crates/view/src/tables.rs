//! `dots.csv` and `cells.csv`.

use std::fmt::Write as _;

use hairline_plan::{Dot, Planned};

/// `dots.csv`: a row a dot, head frame, mm.
pub fn dots_csv(dots: &[Dot]) -> String {
    let mut out = String::with_capacity(dots.len() * 128 + 128);
    out.push_str(
        "id,session,zone,cell,x_mm,y_mm,z_mm,nx,ny,nz,diameter_mm,depth_mm,angle_deg,azimuth_deg,shade\n",
    );
    for d in dots {
        let (p, n) = (d.position_mm, d.normal);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{},{},{},{},{:.3},{:.3},{:.3},{:.4},{:.4},{:.4},{:.3},{:.3},{:.1},{:.1},{}",
            d.id,
            d.session,
            d.zone,
            d.cell,
            p.x,
            p.y,
            p.z,
            n.x,
            n.y,
            n.z,
            d.diameter_mm,
            d.depth_mm,
            d.angle_deg,
            d.azimuth_deg,
            d.shade
        );
    }
    out
}

/// `cells.csv`: a row a cell (or parting) a session. Its centre is given on the chart and in the head frame, mm; columns of
/// partings are empty for cells.
pub fn cells_csv(planned: &Planned) -> String {
    let plan = &planned.plan;
    let mut out = String::from(
        "cell,name,session,zone,zone_name,area_cm2,target_count,density_per_cm2,cumulative_per_cm2,shade,needle,\
         needle_depth_mm,centre_az_deg,centre_t,x_mm,y_mm,z_mm,from_az_deg,from_t,to_az_deg,to_t,length_mm,spacing_mm\n",
    );
    for cell in &plan.cells {
        let mut sum = 0;
        for session in &plan.sessions {
            let count = cell.counts[session.number - 1];
            sum += count;
            let pass = session.passes.iter().find(|p| p.zone == cell.zone);
            let (shade, needle, depth) = pass.map_or((String::new(), "", String::new()), |p| {
                (p.shade.to_string(), p.needle.as_str(), format!("{:.3}", p.needle_depth_mm))
            });
            let area = cell.area_cm2.max(1e-9);
            let ([az_deg, t], [x, y, z]) = (cell.centre, cell.centre_mm);
            // Writing to a String cannot fail.
            let _ = write!(
                out,
                "{},{},{},{},{},{:.3},{},{:.1},{:.1},{},{},{depth},{az_deg:.2},{t:.4},{x:.2},{y:.2},{z:.2}",
                cell.number,
                cell.name,
                session.number,
                cell.zone,
                quoted(&plan.zones[cell.zone].name),
                cell.area_cm2,
                count,
                count as f64 / area,
                sum as f64 / area,
                shade,
                needle
            );
            let _ = match (cell.from_to, cell.length_mm, cell.spacing_mm) {
                (Some([from, to]), Some(length), Some(spacing)) => writeln!(
                    out,
                    ",{:.2},{:.4},{:.2},{:.4},{length:.1},{spacing}",
                    from[0], from[1], to[0], to[1]
                ),
                _ => writeln!(out, ",,,,,,"),
            };
        }
    }
    out
}

/// A text as a field of a CSV file.
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
