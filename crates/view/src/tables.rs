//! `dots.csv` and `cells.csv`.

use std::fmt::Write as _;

use hairline_plan::{Dot, Planned};

/// `dots.csv`: a row a dot, head frame, mm; see the contract in the README.
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

/// `cells.csv`: a row a cell (or parting) a session.
pub fn cells_csv(planned: &Planned) -> String {
    let plan = &planned.plan;
    let mut out = String::from(
        "cell,name,session,zone,zone_name,area_cm2,target_count,density_per_cm2,cumulative_per_cm2,shade,needle,from_az_deg,from_t,to_az_deg,to_t,length_mm\n",
    );
    for cell in &plan.cells {
        let mut sum = 0;
        for session in &plan.sessions {
            let count = cell.counts[session.number - 1];
            sum += count;
            let pass = session.passes.iter().find(|p| p.zone == cell.zone);
            let (shade, needle) =
                pass.map_or((String::new(), ""), |p| (p.shade.to_string(), p.needle.as_str()));
            let area = cell.area_cm2.max(1e-9);
            let _ = write!(
                out,
                "{},{},{},{},{},{:.3},{},{:.1},{:.1},{},{}",
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
            let _ = match (cell.from_to, cell.length_mm) {
                (Some([from, to]), Some(length)) => {
                    writeln!(out, ",{:.2},{:.4},{:.2},{:.4},{:.1}", from[0], from[1], to[0], to[1], length)
                }
                _ => writeln!(out, ",,,,,"),
            };
        }
    }
    out
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
