//! Running the program, and directories for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use emberdb::{Db, DbOptions, Labels, Maintained};

/// A multiple of six hours: 2023-11-15 00:00:00.
pub(crate) const START_MS: i64 = 1_700_006_400_000;

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;

pub(crate) fn ember(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ember")).args(args).output().unwrap()
}

/// What a command prints that ends well.
pub(crate) fn stdout(args: &[&str]) -> String {
    let output = ember(args);
    assert!(
        output.status.success(),
        "{args:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Why a command refuses to work.
pub(crate) fn refusal(args: &[&str]) -> String {
    let output = ember(args);
    assert!(!output.status.success(), "{args:?} should fail");
    String::from_utf8(output.stderr).unwrap()
}

/// A folder that goes away with the test.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new(name: &str) -> Self {
        let dir = Self(std::env::temp_dir().join(format!("ember-tsdb-{name}-{}", std::process::id())));
        std::fs::create_dir_all(&dir.0).unwrap();
        dir
    }

    pub(crate) fn join(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// A data directory with five and a half hours of samples.
    pub(crate) fn filled(&self, name: &str) -> String {
        let path = self.join(name);
        fill(Path::new(&path));
        path
    }

    /// The same, of which four hours are in two blocks.
    pub(crate) fn compacted(&self, name: &str) -> String {
        let path = self.filled(name);
        stdout(&["tsdb", "compact", &path]);
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Three series with a sample a minute, and one that ends after half an hour.
fn fill(path: &Path) {
    let mut options = DbOptions::default();
    options.storage.maintenance = Maintained::ByCaller;
    let db = Db::open(path, options).unwrap();
    let lengths =
        [("up", "api", 330), ("up", "web", 330), ("requests_total", "api", 330), ("brief", "batch", 30)];
    for minute in 0..330 {
        let mut appender = db.appender().unwrap();
        for (metric, job, _) in lengths.iter().filter(|&&(_, _, minutes)| minute < minutes) {
            let labels = Labels::new([("__name__", *metric), ("job", *job)]).unwrap();
            appender.append(&labels, START_MS + minute * MINUTE_MS, minute as f64).unwrap();
        }
        let _ = appender.commit().unwrap();
    }
    db.close().unwrap();
}

/// A file or folder of the data that is shared with other projects, or `None` (said on the terminal) where it is not at hand.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(crate) fn conformance(path: &str) -> Option<PathBuf> {
    let root = std::env::var("EMBERDB_CONFORMANCE").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"),
        PathBuf::from,
    );
    let path = root.join(path);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// The files of a folder and of those in it.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
