//! Plans as JSON.

use std::fmt::{Display, Write};
use std::time::Duration;

use super::{Explain, Figures, PlanNode};
use crate::value::write_string;

pub(super) fn of(explain: &Explain) -> String {
    let mut out = String::from("{\"query\":");
    write_string(&mut out, &explain.query);
    if let Some(elapsed) = explain.elapsed {
        push(&mut out, ",\"elapsedSeconds\":", Seconds(elapsed));
    }
    out.push_str(",\"plan\":");
    push_node(&mut out, &explain.plan);
    out.push('}');
    out
}

fn push_node(out: &mut String, node: &PlanNode) {
    out.push_str("{\"operator\":");
    write_string(out, node.operator.kind());
    out.push_str(",\"detail\":");
    write_string(out, &node.detail);
    push(out, ",\"span\":[", node.span.start);
    push(out, ",", node.span.end);
    push(out, "],\"steps\":", node.steps);
    push(out, ",\"stepInvariant\":", node.is_step_invariant);
    match node.series_max {
        Some(series) => push(out, ",\"seriesMax\":", series),
        None => out.push_str(",\"seriesMax\":null"),
    }
    if let Some(figures) = &node.figures {
        push_figures(out, figures);
    }
    out.push_str(",\"children\":[");
    for (number, child) in node.children.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        push_node(out, child);
    }
    out.push_str("]}");
}

fn push_figures(out: &mut String, figures: &Figures) {
    let Figures { own_time, total_time, series, samples, bytes, samples_read, bytes_read } = *figures;
    push(out, ",\"figures\":{\"ownSeconds\":", Seconds(own_time));
    push(out, ",\"totalSeconds\":", Seconds(total_time));
    push(out, ",\"series\":", series);
    push(out, ",\"samples\":", samples);
    push(out, ",\"bytes\":", bytes);
    push(out, ",\"samplesRead\":", samples_read);
    push(out, ",\"bytesRead\":", bytes_read);
    out.push('}');
}

fn push(out: &mut String, before: &str, value: impl Display) {
    out.push_str(before);
    write!(out, "{value}").expect("a String takes all that is written");
}

/// Seconds and their nanoseconds.
struct Seconds(Duration);

impl Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:09}", self.0.as_secs(), self.0.subsec_nanos())
    }
}
