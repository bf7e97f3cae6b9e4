//! Columns of the tables that come with the program.

/// One column of an embedded table: comment lines start with `#`, the first other line names the columns.
///
/// # Panics
/// When the table in `data/` has no such column or a field that is no number: it is part of the program, and every column
/// asked for is read in a test.
pub(crate) fn column(table: &str, name: &str) -> Vec<f64> {
    let mut lines = table.lines().filter(|l| !l.starts_with('#'));
    let header = lines.next().unwrap_or_default();
    let at = header.split(',').position(|c| c == name);
    let at = at.unwrap_or_else(|| panic!("no column {name} in the table that starts with {header}"));
    lines
        .map(|line| {
            let field = line.split(',').nth(at).unwrap_or_default();
            field.parse().unwrap_or_else(|_| panic!("{name} of \"{line}\" is no number"))
        })
        .collect()
}

/// The samples of a column at 400-700 nm every 10 nm.
pub(crate) fn spectrum(table: &str, name: &str) -> crate::spectrum::Spectrum {
    let (nm, values) = (column(table, "wavelength_nm"), column(table, name));
    crate::spectrum::Spectrum::of_nm(|wanted| {
        let at = nm.iter().position(|&nm| nm == wanted);
        values[at.unwrap_or_else(|| panic!("no row for {wanted} nm in the column {name}"))]
    })
}
