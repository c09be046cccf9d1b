//! How far a suite is.

/// Is told how far a suite is. `()` does not listen.
pub trait Progress {
    /// A part of the suite begins that has so many cases.
    fn begin(&mut self, part: &str, cases: usize);

    /// So many cases more are done.
    fn advance(&mut self, cases: usize);
}

impl Progress for () {
    fn begin(&mut self, _part: &str, _cases: usize) {}

    fn advance(&mut self, _cases: usize) {}
}
