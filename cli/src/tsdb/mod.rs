//! `ember tsdb`: looks after a data directory, in the words of promtool where it has the same.
//!
//! - [`list`], [`analyze`], [`verify`], [`dump`]: only read; another program may be writing the directory meanwhile.
//! - [`snapshot`]: reads it, and writes another one.
//! - [`delete`], [`clean`], [`compact`]: change it, so that nobody else may have it open.
//! - [`directory`]: how all of them open it.

mod analyze;
mod clean;
mod compact;
mod delete;
mod directory;
mod dump;
mod list;
mod snapshot;
mod verify;

use clap::{Args, Subcommand};

pub(crate) use directory::{block_bytes, holds_database, say_what_is_missing};

use crate::Outcome;

/// Arguments of `ember tsdb`.
#[derive(Args)]
pub(crate) struct TsdbArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the blocks, and what the head holds.
    List(list::ListArgs),
    /// Say which labels the series of a block or of the head have most of, and which change most.
    Analyze(analyze::AnalyzeArgs),
    /// Read everything and say what is damaged, with file and offset.
    Verify(verify::VerifyArgs),
    /// Print samples as lines of text.
    Dump(dump::DumpArgs),
    /// Copy the directory as it is now; blocks are linked, so that they take no further room.
    Snapshot(snapshot::SnapshotArgs),
    /// Delete samples: they are not found any more. `ember tsdb clean` gives their room back.
    Delete(delete::DeleteArgs),
    /// Write the blocks anew of which something was deleted, and give its room back.
    Clean(clean::CleanArgs),
    /// Move samples from the head into blocks and make larger blocks of blocks, as far as it is due.
    Compact(compact::CompactArgs),
}

pub(crate) fn run(args: &TsdbArgs) -> Outcome {
    match &args.command {
        Command::List(args) => list::run(args),
        Command::Analyze(args) => analyze::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Dump(args) => dump::run(args),
        Command::Snapshot(args) => snapshot::run(args),
        Command::Delete(args) => delete::run(args),
        Command::Clean(args) => clean::run(args),
        Command::Compact(args) => compact::run(args),
    }
}
