//! Tables.

use super::super::sheet::{Line, Scope};
use super::super::{Mark, Node, Role, Stroke, Structure};
use super::text::{Setting, broken};
use super::{ACCENT, Chunk, HAIR, INK, Setter, Table};

const CELL: Setting = Setting { size_pt: 9.6, leading_mm: 4.6, above_mm: 0.0, ink: INK };
const HEADER: Setting = Setting { size_pt: 8.8, leading_mm: 4.3, above_mm: 0.0, ink: ACCENT };
/// Room above and below the text of a cell, and between columns, mm.
const PAD_MM: f64 = 1.3;
const GAP_MM: f64 = 4.0;

impl Setter<'_> {
    pub(super) fn table(&mut self, table: &Table, width: f64) -> (Node, Vec<Chunk>) {
        let shares: f64 = table.columns.iter().map(|c| c.share).sum();
        let widths: Vec<f64> = table.columns.iter().map(|c| c.share / shares * width).collect();
        let titles: Vec<String> = table.columns.iter().map(|c| format!("**{}**", c.title)).collect();
        let (row, mut header) =
            self.row(table, &titles, &widths, HEADER, |_| Structure::HeaderCell(Scope::Column));
        header.above_mm = 3.5;
        header.keep = true;
        let continued: Vec<Mark> = header.marks.iter().flat_map(|(_, marks)| marks.clone()).collect();
        let continued = Some((header.height_mm, continued));
        let mut rows = vec![row];
        let mut chunks = vec![header];
        let last = table.rows.len().saturating_sub(1);
        for (i, cells) in table.rows.iter().enumerate() {
            let scope = |k: usize| {
                if k == 0 { Structure::HeaderCell(Scope::Row) } else { Structure::DataCell }
            };
            let (row, mut chunk) = self.row(table, cells, &widths, CELL, scope);
            chunk.continued = continued.clone();
            // Not one row alone on a page.
            chunk.keep = last > 1 && (i == 0 || i + 1 == last);
            rows.push(row);
            chunks.push(chunk);
        }
        chunks.push(Chunk { height_mm: 2.0, ..Chunk::default() });
        (Node::Group(Structure::Table(table.summary.clone()), rows), chunks)
    }

    fn row(
        &mut self,
        table: &Table,
        cells: &[String],
        widths: &[f64],
        setting: Setting,
        structure: impl Fn(usize) -> Structure,
    ) -> (Node, Chunk) {
        let mut nodes = vec![];
        let mut chunk = Chunk { height_mm: setting.leading_mm + 2.0 * PAD_MM, ..Chunk::default() };
        let mut x = 0.0;
        for (k, width) in widths.iter().enumerate() {
            let text = cells.get(k).map_or("", String::as_str);
            let inner = width - if k + 1 < widths.len() { GAP_MM } else { 0.0 };
            let lines = broken(self.fonts, if text.is_empty() { "–" } else { text }, setting.size_pt, inner);
            let mut leaves = vec![];
            for (i, line) in lines.iter().enumerate() {
                let leaf = self.book.leaf();
                leaves.push(Node::Leaf(leaf));
                let right = table.columns.get(k).is_some_and(|c| c.right);
                let indent = if right { (inner - line.width_mm).max(0.0) } else { 0.0 };
                let y = PAD_MM + setting.leading_mm * (i as f64 + 0.74);
                chunk.marks.push((Role::Leaf(leaf), line.marks(x + indent, y, setting.size_pt, setting.ink)));
            }
            chunk.height_mm = chunk.height_mm.max(setting.leading_mm * lines.len() as f64 + 2.0 * PAD_MM);
            nodes.push(Node::Group(structure(k), leaves));
            x += width;
        }
        let heavy = setting.size_pt == HEADER.size_pt;
        let rule = Mark::Line(Line {
            points_mm: vec![[0.0, chunk.height_mm], [x, chunk.height_mm]],
            closed: false,
            fill: None,
            stroke: Some(Stroke {
                ink: if heavy { ACCENT } else { HAIR },
                width_mm: if heavy { 0.35 } else { 0.2 },
                dash_mm: vec![],
            }),
        });
        chunk.marks.push((Role::Decoration, vec![rule]));
        (Node::Group(Structure::Row, nodes), chunk)
    }
}
