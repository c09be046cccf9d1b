//! Where the conformance data is.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The text of a file; says so and gives nothing if it is not there.
#[expect(clippy::disallowed_methods, reason = "tests read their data from the real disk")]
pub(crate) fn text(path: &str) -> Option<String> {
    match std::fs::read_to_string(folder().join(path)) {
        Ok(text) => Some(text),
        Err(error) => {
            println!("skipped: {path}: {error}");
            None
        }
    }
}

/// The records of a file of JSON lines.
pub(crate) fn records(path: &str) -> Option<Vec<Value>> {
    Some(text(path)?.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// A float as the data spells it.
pub(crate) fn number(text: &str) -> f64 {
    if text == "StaleNaN" { emberdb_model::STALE_NAN } else { text.parse().unwrap() }
}

/// The files in a folder whose names end in `suffix`, sorted.
#[expect(clippy::disallowed_methods, reason = "tests read their data from the real disk")]
pub(crate) fn files(under: &str, suffix: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder().join(under)) else {
        println!("skipped: {under} is not there");
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut paths: Vec<_> = names.filter(|n| n.ends_with(suffix)).map(|n| format!("{under}/{n}")).collect();
    paths.sort();
    paths
}

#[expect(clippy::disallowed_methods, reason = "tests have no other configuration")]
fn folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    std::env::var("EMBERDB_CONFORMANCE").map_or(beside, PathBuf::from)
}
