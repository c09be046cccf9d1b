//! Plans as people read them.
//!
//! ```text
//! operator                           at  steps  series  samples  bytes  read      own    total
//! aggregation sum by (job)          1:1      5       2       10    ...
//! └─ call rate                     1:14      5       3       15    ...
//!    └─ range selector errors[5m]  1:19      5       3       60    ...
//! ```

use std::fmt;

use super::{Explain, PlanNode, PlanOperator};
use crate::value::WIDTH_MAX;

impl fmt::Display for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![heading(self.elapsed.is_some())];
        push_rows(&mut rows, &self.query, &self.plan, "", "");
        write_rows(f, &rows)?;
        match self.elapsed {
            Some(elapsed) => write!(f, "\nelapsed: {elapsed:.1?}"),
            None => Ok(()),
        }
    }
}

fn heading(is_analysed: bool) -> Vec<String> {
    let plan = ["operator", "at", "steps", "series"];
    let figures = ["samples", "bytes", "read", "own", "total"];
    let of_figures = if is_analysed { &figures[..] } else { &[] };
    plan.iter().chain(of_figures).map(ToString::to_string).collect()
}

/// `branch` leads to this node, `trunk` past it to those below.
fn push_rows(rows: &mut Vec<Vec<String>>, query: &str, node: &PlanNode, branch: &str, trunk: &str) {
    rows.push(row(query, node, branch));
    for (number, child) in node.children.iter().enumerate() {
        let is_last = number + 1 == node.children.len();
        let (at_child, past_child) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        push_rows(rows, query, child, &format!("{trunk}{at_child}"), &format!("{trunk}{past_child}"));
    }
}

fn row(query: &str, node: &PlanNode, branch: &str) -> Vec<String> {
    let mark = if node.is_step_invariant { " (step-invariant)" } else { "" };
    let space = if node.detail.is_empty() { "" } else { " " };
    let (line, column) = node.span.line_column(query);
    let mut cells = vec![
        format!("{branch}{}{space}{}{mark}", node.operator.kind(), node.detail),
        format!("{line}:{column}"),
        node.steps.to_string(),
    ];
    match &node.figures {
        None => cells.push(series(node)),
        Some(figures) => {
            let counts = [figures.series, figures.samples, figures.bytes, figures.samples_read];
            cells.extend(counts.iter().map(ToString::to_string));
            cells.extend([figures.own_time, figures.total_time].map(|time| format!("{time:.1?}")));
        }
    }
    cells
}

/// How many series there will be, before that is known.
fn series(node: &PlanNode) -> String {
    use PlanOperator::{InstantSelector, Number, RangeSelector, SampleTimes, String};
    let is_exact = matches!(node.operator, InstantSelector | RangeSelector | SampleTimes | Number | String);
    match node.series_max {
        Some(series) if is_exact => series.to_string(),
        Some(series) => format!("≤{series}"),
        None => "?".into(),
    }
}

/// The first column to the left, the others to the right.
fn write_rows(f: &mut fmt::Formatter<'_>, rows: &[Vec<String>]) -> fmt::Result {
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(WIDTH_MAX);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            f.write_str("\n")?;
        }
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            match column {
                0 => write!(f, "{cell:width$}")?,
                _ => write!(f, "  {cell:>width$}")?,
            }
        }
    }
    Ok(())
}
