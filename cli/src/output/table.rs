//! Columns of text.

use std::fmt;

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A header and rows, each column as wide as its widest cell.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: impl Into<Vec<(&'static str, Align)>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row, a cell a column.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|(header, _)| header.len()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                // A width in a format string has 16 bits.
                *width = (*width).max(cell.chars().count()).min(usize::from(u16::MAX));
            }
        }
        widths
    }

    fn write_row<'a>(
        &self,
        f: &mut fmt::Formatter<'_>,
        widths: &[usize],
        cells: impl Iterator<Item = &'a str>,
    ) -> fmt::Result {
        let mut line = String::new();
        for (place, ((&width, &(_, align)), cell)) in widths.iter().zip(&self.columns).zip(cells).enumerate()
        {
            let gap = if place == 0 { "" } else { "  " };
            let padded = match align {
                Align::Left => format!("{gap}{cell:<width$}"),
                Align::Right => format!("{gap}{cell:>width$}"),
            };
            line.push_str(&padded);
        }
        writeln!(f, "{}", line.trim_end())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        self.write_row(f, &widths, self.columns.iter().map(|&(header, _)| header))?;
        self.rows.iter().try_for_each(|row| self.write_row(f, &widths, row.iter().map(String::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new([("NAME", Align::Left), ("SERIES", Align::Right), ("KIND", Align::Left)]);
        table.push(vec!["häufig".into(), "7".into(), "a".into()]);
        table.push(vec!["x".into(), "1234567".into(), String::new()]);
        assert_eq!(table.to_string(), "NAME     SERIES  KIND\nhäufig        7  a\nx       1234567\n");
    }
}
