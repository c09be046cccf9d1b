//! Output that may be longer than memory.

use std::io::{self, BufWriter, ErrorKind, Write};

use crate::Outcome;

/// Large enough that writing is not what takes the time.
const BUFFER_BYTES: usize = 1 << 16;

/// Runs `body` with the standard output, buffered. That nobody reads any more, as behind `| head`, is no error: then the rest is
/// not asked for.
pub(crate) fn to_stdout(body: impl FnOnce(&mut dyn Write) -> Outcome) -> Outcome {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
    let outcome = body(&mut out).and_then(|()| Ok(out.flush()?));
    match outcome {
        Err(error) if is_unread(&*error) => Ok(()),
        outcome => outcome,
    }
}

fn is_unread(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let refused = |kind: ErrorKind| to_stdout(|_| Err(io::Error::from(kind).into()));
        assert!(refused(ErrorKind::BrokenPipe).is_ok());
        assert!(refused(ErrorKind::StorageFull).is_err());
    }
}
