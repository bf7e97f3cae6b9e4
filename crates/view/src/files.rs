//! Every file of a plan, by name: pictures, report, stencil, calendar, tables, the head and its dots.

use hairline_plan::Planned;
use rayon::prelude::*;

use crate::stencil::stencil_of;
use crate::{calendar, ply, preview, report, tables};

/// A step of the work, for progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Pictures, stencil, data files.
    Pictures,
    /// The report.
    Report,
}

/// All files of a plan with their names, which are the same for every plan: `plan.json`, `report.pdf`, `stencil.pdf`,
/// `preview/*.png`, `dots.csv`, `dots.ply`, `cells.csv`, `head.glb`, and `course.ics` where the plan has dates. Stencil and
/// data files are made while the pictures are.
///
/// # Errors
/// A sentence that says which could not be made.
pub fn files(planned: &Planned, progress: &mut dyn FnMut(Step)) -> Result<Vec<(String, Vec<u8>)>, String> {
    progress(Step::Pictures);
    let (pictures, rest) = rayon::join(|| preview::previews(planned), || data_files(planned));
    let pictures = pictures.map_err(|e| format!("pictures: {e}"))?;
    let mut files = rest?;
    progress(Step::Report);
    let (report, pngs) = rayon::join(
        || report::report_pdf(&planned.plan, &pictures),
        || pictures.par_iter().map(|picture| picture.image.to_png()).collect::<Vec<_>>(),
    );
    files.push(("report.pdf".to_owned(), report.map_err(|e| format!("report: {e}"))?));
    files.extend(pictures.into_iter().map(|picture| picture.file).zip(pngs));
    Ok(files)
}

fn data_files(planned: &Planned) -> Result<Vec<(String, Vec<u8>)>, String> {
    let json = serde_json::to_string_pretty(&planned.plan).map_err(|e| format!("plan.json: {e}"))? + "\n";
    let stencil = stencil_of(planned).map_err(|e| format!("stencil: {e}"))?;
    let mut files = vec![
        ("plan.json".to_owned(), json.into_bytes()),
        ("dots.csv".to_owned(), tables::dots_csv(&planned.dots).into_bytes()),
        ("dots.ply".to_owned(), ply::dots_to_ply(&planned.dots)),
        ("head.glb".to_owned(), preview::head_glb(planned)),
        ("cells.csv".to_owned(), tables::cells_csv(planned).into_bytes()),
        ("stencil.pdf".to_owned(), stencil),
    ];
    if let Some(calendar) = calendar::course_ics(&planned.plan) {
        files.push(("course.ics".to_owned(), calendar.into_bytes()));
    }
    Ok(files)
}
