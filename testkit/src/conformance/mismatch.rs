//! How a case fails.

use std::fmt::Debug;

/// Why a case does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) text: String,
    /// Nothing was compared, for want of an ability.
    pub(super) is_unsupported: bool,
}

/// What comes of a case.
pub(super) type Check = Result<(), Mismatch>;

impl Mismatch {
    /// What was wanted and what came.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_unsupported: false }
    }

    /// What the project does not do.
    pub(super) fn unsupported(what: &str) -> Self {
        Self { text: format!("not supported: {what}"), is_unsupported: true }
    }

    /// The same with words before it.
    pub(super) fn of(self, what: &str) -> Self {
        Self { text: format!("{what}: {}", self.text), ..self }
    }
}

impl From<String> for Mismatch {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Both must be equal. `what` says of what they are.
pub(super) fn same<W: Debug + ?Sized, G: Debug + PartialEq<W> + ?Sized>(
    what: &str,
    wanted: &W,
    got: &G,
) -> Check {
    if got == wanted {
        return Ok(());
    }
    Err(Mismatch::new(format!("{what}\nwanted {wanted:?}\ngot    {got:?}")))
}

/// Both texts must be equal; they are shown as they are.
pub(super) fn same_text(what: &str, wanted: &str, got: &str) -> Check {
    if got == wanted {
        return Ok(());
    }
    Err(Mismatch::new(format!("{what}\nwanted {wanted}\ngot    {got}")))
}

/// Something must hold. `what` says what.
pub(super) fn holds(what: &str, is_so: bool) -> Check {
    if is_so { Ok(()) } else { Err(Mismatch::new(what)) }
}
