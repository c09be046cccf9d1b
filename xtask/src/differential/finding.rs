//! What differs apart from answers to questions: in what was taken, and in what is held.

/// A difference.
pub(super) struct Finding {
    /// Where.
    pub(super) place: String,
    /// The reference's side, and the other.
    pub(super) difference: String,
}

/// All of them.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn push(&mut self, place: String, difference: String) {
        eprintln!("difference in {place}\n{difference}\n");
        self.0.push(Finding { place, difference });
    }
}
