//! Lays swatches out in a strip or grid.

use super::drawing::{Drawing, Hang, LEADING_MM, Pen, SMALL, begin};
use super::{ChartError, Swatch, Swatches};
use crate::pdf::{Fonts, HAIR, INK, Style, rounded};

const GAP_MM: f64 = 2.0;
const LABEL: Style = Style { ink: INK, ..SMALL };

/// Draws swatches on a sheet `width_mm` wide; the patches are squares and the height follows, at most `tallest_mm`.
///
/// # Errors
/// Rows that differ in length, no patch at all, a word wider than its patch, more rows than the height holds.
pub fn lay_out_swatches(
    swatches: &Swatches,
    width_mm: f64,
    tallest_mm: f64,
    fonts: &Fonts,
) -> Result<Drawing, ChartError> {
    check(swatches)?;
    let mut pen = begin(&swatches.title, &swatches.description, [width_mm, tallest_mm], fonts)?;
    let mut y = pen.title()?;

    // Names of the rows take a quarter of the width at most.
    let mut row_names = vec![];
    for name in &swatches.rows {
        row_names.push(pen.wrap(name, 0.25 * width_mm, LABEL)?);
    }
    let widest = row_names.iter().flatten().map(|l| pen.width_mm(l, LABEL)).fold(0.0, f64::max);
    let down = if widest > 0.0 {
        pen.wrap(&swatches.down, (widest + 2.0).max(0.25 * width_mm), SMALL)?
    } else {
        vec![]
    };
    let widest = down.iter().map(|l| pen.width_mm(l, SMALL)).fold(widest, f64::max);
    let left = if widest > 0.0 { widest + 2.5 } else { 0.0 };
    let count = swatches.columns.len() as f64;
    let side = ((width_mm - left - GAP_MM * (count - 1.0)) / count).min(MOST_MM);
    if side < LEAST_MM {
        return Err(pen.no_room(&format!("{} columns", swatches.columns.len())));
    }
    let column = |i: usize| left + (side + GAP_MM) * i as f64;

    // The head: what the columns differ in, and their names.
    let across = pen.wrap(&swatches.across, width_mm - left, SMALL)?;
    let mut names = vec![];
    for name in &swatches.columns {
        names.push(pen.wrap(name, side + 0.5 * GAP_MM, LABEL)?);
    }
    for line in across {
        pen.words(&line, [left, y + 0.5 * LEADING_MM], Hang::Left, SMALL);
        y += LEADING_MM;
    }
    let rows = names.iter().map(Vec::len).max().unwrap_or(0).max(down.len());
    let foot = y + LEADING_MM * rows as f64;
    set(&mut pen, &down, [0.0, foot - LEADING_MM * down.len() as f64], Hang::Left, SMALL);
    for (i, lines) in names.iter().enumerate() {
        let at = [column(i) + 0.5 * side, foot - LEADING_MM * lines.len() as f64];
        set(&mut pen, lines, at, Hang::Middle, LABEL);
    }
    y = foot + if rows > 0 { 0.8 } else { 0.0 };

    for (patches, name) in swatches.patches.iter().zip(&row_names) {
        set(&mut pen, name, [0.0, y + 0.5 * (side - LEADING_MM * name.len() as f64)], Hang::Left, LABEL);
        let mut deepest = 0;
        for (i, patch) in patches.iter().enumerate() {
            paint(&mut pen, &patch.swatch, [column(i), y], side);
            let lines = pen.wrap(&patch.label, side + 0.5 * GAP_MM, SMALL)?;
            deepest = deepest.max(lines.len());
            set(&mut pen, &lines, [column(i) + 0.5 * side, y + side + 0.6], Hang::Middle, SMALL);
        }
        y += side + 0.6 + LEADING_MM * deepest as f64 + GAP_MM;
    }
    y -= GAP_MM - 0.4;
    if y > tallest_mm {
        return Err(pen.no_room(&format!("{} rows, which need {y:.0} mm", swatches.rows.len())));
    }
    pen.drawing.size_mm = [width_mm, y];
    Ok(pen.drawing)
}

/// Sides of a patch, mm.
const LEAST_MM: f64 = 5.0;
const MOST_MM: f64 = 40.0;

fn check(swatches: &Swatches) -> Result<(), ChartError> {
    let shape = |found: String, allowed: &'static str| {
        let place = "its patches".to_string();
        Err(ChartError::Shape { chart: swatches.title.clone(), place, found, allowed })
    };
    let (rows, columns) = (swatches.rows.len(), swatches.columns.len());
    if rows == 0 || columns == 0 {
        return shape(format!("{rows} rows and {columns} columns"), "there is at least one of each");
    }
    if swatches.patches.len() != rows {
        return shape(
            format!("{} rows of patches for {rows} names", swatches.patches.len()),
            "there is a row of patches for each name",
        );
    }
    if let Some(row) = swatches.patches.iter().find(|r| r.len() != columns) {
        return shape(
            format!("a row of {} patches for {columns} columns", row.len()),
            "there is a patch in each column of each row",
        );
    }
    for patch in swatches.patches.iter().flatten() {
        if let Swatch::Picture(p) = &patch.swatch
            && (p.width * p.height == 0 || p.rgb.len() != 3 * p.width * p.height)
        {
            let found = format!("a picture of {} x {} px with {} bytes", p.width, p.height, p.rgb.len());
            return shape(found, "a picture has three bytes a pixel and at least one pixel");
        }
    }
    Ok(())
}

fn set(pen: &mut Pen<'_>, lines: &[String], [x, top]: [f64; 2], hang: Hang, style: Style) {
    for (i, line) in lines.iter().enumerate() {
        pen.words(line, [x, top + LEADING_MM * (i as f64 + 0.5)], hang, style);
    }
}

fn paint(pen: &mut Pen<'_>, swatch: &Swatch, [x, y]: [f64; 2], side: f64) {
    let border = |pen: &mut Pen<'_>| {
        let mut corners = vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
        corners.push(corners[0]);
        pen.line(corners, HAIR, 0.2, &[]);
    };
    match swatch {
        Swatch::Plain(ink) => {
            pen.rectangle([x, y], [side, side], *ink);
            border(pen);
        }
        Swatch::Around { ink, around } => {
            pen.rectangle([x, y], [side, side], *around);
            let inner = 0.25 * side;
            pen.area(rounded([x + inner, y + inner], [side - 2.0 * inner; 2], 0.1 * side), *ink);
            border(pen);
        }
        Swatch::Picture(picture) => {
            pen.drawing.pictures.push((picture.clone(), [x, y], [side, side]));
        }
    }
}
