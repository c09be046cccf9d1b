//! The standard output, which may be longer than memory, and whose reader may go away.

use std::io::{self, BufWriter, ErrorKind, Write};

use crate::Outcome;

/// Large enough that writing is not what takes the time.
const BUFFER_BYTES: usize = 1 << 16;

/// Prints; unlike `print!` it gives an error where nobody reads, or the disk is full.
macro_rules! out {
    ($($argument:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stdout(), format_args!($($argument)*))
    };
}

/// Prints a line, as [`out`].
macro_rules! outln {
    ($format:literal $($argument:tt)*) => {
        out!("{}\n", format_args!($format $($argument)*))
    };
}

/// Runs `body` with the standard output, buffered.
pub(crate) fn to_stdout(body: impl FnOnce(&mut dyn Write) -> Outcome) -> Outcome {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
    body(&mut out)?;
    Ok(out.flush()?)
}

/// That nobody reads any more, as behind `| head`, is no error: then the rest is not asked for.
pub(crate) fn unless_unread(outcome: Outcome) -> Outcome {
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
        let refused = |kind: ErrorKind| unless_unread(to_stdout(|_| Err(io::Error::from(kind).into())));
        assert!(refused(ErrorKind::BrokenPipe).is_ok());
        assert!(refused(ErrorKind::StorageFull).is_err());
    }
}
