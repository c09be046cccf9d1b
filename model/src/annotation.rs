//! Warnings and infos that come with an answer, in upstream's words.

use std::fmt;

/// How serious an [`Annotation`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnnotationKind {
    /// The answer may be wrong.
    Warning,
    /// The question may be wrong.
    Info,
}

/// One remark on an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Annotation {
    /// Warning or info.
    pub kind: AnnotationKind,
    /// The text without its prefix and without the position.
    pub message: String,
    /// Byte offset in the query of the expression concerned.
    pub position: Option<usize>,
}

impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.kind {
            AnnotationKind::Warning => "PromQL warning: ",
            AnnotationKind::Info => "PromQL info: ",
        };
        write!(f, "{prefix}{}", self.message)
    }
}

impl Annotation {
    /// The text as the HTTP API prints it: with ` (line:column)` of the expression in `query`, both from 1.
    #[must_use]
    pub fn render(&self, query: &str) -> String {
        let Some(position) = self.position else { return self.to_string() };
        let before = &query.as_bytes()[..position.min(query.len())];
        let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|&&b| b != b'\n').count();
        format!("{self} ({line}:{column})")
    }
}

/// A set of annotations: the same remark at the same place is kept once, in order of first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations {
    list: Vec<Annotation>,
}

impl Annotations {
    /// Adds one unless it is there already.
    pub fn add(&mut self, annotation: Annotation) {
        if !self.list.contains(&annotation) {
            self.list.push(annotation);
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: Self) {
        for annotation in other.list {
            self.add(annotation);
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Annotation> {
        self.list.iter()
    }

    /// Those of one kind.
    pub fn of_kind(&self, kind: AnnotationKind) -> impl Iterator<Item = &Annotation> {
        self.list.iter().filter(move |a| a.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn render_counts_lines_and_columns_from_one() {
        let annotation =
            Annotation { kind: AnnotationKind::Info, message: "m".into(), position: Some("a +\n  ".len()) };
        assert_eq!(annotation.render("a +\n  rate(b[5m])"), "PromQL info: m (2:3)");
    }
}
