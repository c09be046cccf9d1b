//! `ember tsdb delete`.

use std::path::PathBuf;

use clap::Args;
use emberdb::Env;
use emberdb::storage::Queryable;
use emberdb_model::SymbolTable;

use super::directory::open_to_write;
use crate::Outcome;
use crate::selector::{RangeArgs, Selector, parse_choosing_selector};

/// Arguments of `ember tsdb delete`.
#[derive(Args)]
pub(super) struct DeleteArgs {
    /// The data directory. No other program may have it open.
    dir: PathBuf,
    /// Which series, such as 'up{job="api"}'; given several times, those of each.
    #[arg(long = "match", value_name = "SELECTOR", required = true, value_parser = parse_choosing_selector)]
    selectors: Vec<Selector>,
    #[command(flatten)]
    range: RangeArgs,
}

pub(super) fn run(args: &DeleteArgs) -> Outcome {
    let range = args.range.range()?;
    let db = open_to_write(&Env::real(), &args.dir)?;
    for Selector { text, matchers } in &args.selectors {
        let series = db.querier()?.select(matchers, range, &mut SymbolTable::new())?.len();
        db.delete(matchers, range)?;
        outln!("deleted from {series} series that meet {text}")?;
    }
    db.close()?;
    outln!("`ember tsdb clean {}` gives the room back that they take in blocks", args.dir.display())?;
    Ok(())
}
