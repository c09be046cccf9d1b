//! What a sender is told about samples that were not stored: a line for each.

use std::fmt::{self, Write};

/// A line has so many bytes: enough for what happened and for the labels of most series.
const LINE_BYTES_MAX: usize = 4 << 10;

/// All lines together have so many bytes. Upstream's have no limit, but senders log them as a whole.
const BYTES_MAX: usize = 64 << 10;

/// Lines for the sender.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    text: String,
    omitted: usize,
}

impl Complaints {
    /// Adds a line.
    pub(super) fn add(&mut self, line: fmt::Arguments<'_>) {
        if self.omitted > 0 || self.text.len() >= BYTES_MAX {
            self.omitted += 1;
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let end = self.text.len() + LINE_BYTES_MAX;
        if write!(Bounded { text: &mut self.text, end }, "{line}").is_err() {
            self.text.push('…');
        }
    }

    /// All lines; none if there was nothing to complain of.
    pub(super) fn finish(mut self) -> Option<String> {
        if self.omitted > 0 {
            self.text.push_str(&format!("\n… and {} more errors", self.omitted));
        }
        (!self.text.is_empty()).then_some(self.text)
    }
}

/// Takes text up to a length and then no more, so that a text that would be huge is not even made.
struct Bounded<'t> {
    text: &'t mut String,
    end: usize,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.end.saturating_sub(self.text.len());
        if more.len() <= room {
            self.text.push_str(more);
            return Ok(());
        }
        self.text.push_str(&more[..more.floor_char_boundary(room)]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_their_length_is_bounded() {
        assert_eq!(Complaints::default().finish(), None);
        let mut complaints = Complaints::default();
        complaints.add(format_args!("one {}", 1));
        complaints.add(format_args!("two"));
        assert_eq!(complaints.finish().as_deref(), Some("one 1\ntwo"));

        let mut complaints = Complaints::default();
        for _ in 0..20 {
            complaints.add(format_args!("{}", "ä".repeat(LINE_BYTES_MAX)));
        }
        let text = complaints.finish().unwrap();
        assert!(text.len() <= BYTES_MAX + LINE_BYTES_MAX + 100, "{}", text.len());
        assert!(text.ends_with("ä…\n… and 4 more errors"), "{}", &text[text.len() - 40..]);
    }
}
