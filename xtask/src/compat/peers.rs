//! The programs that emberdb is compared with, and their version.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders in which the programs are looked for before those of the path; separated as in the path.
pub(super) const VARIABLE: &str = "EMBER_PEERS";

/// A Prometheus server and its tool.
pub(crate) struct Peers {
    pub(crate) prometheus: PathBuf,
    pub(super) promtool: PathBuf,
    /// As the server prints it.
    pub(crate) version: String,
    /// Its first two numbers, which decide what a peer can be given.
    release: (u32, u32),
}

impl Peers {
    /// The first that the environment leads to. `None` if one of the two is missing.
    pub(crate) fn find() -> io::Result<Option<Self>> {
        let lists = [std::env::var_os(VARIABLE), std::env::var_os("PATH")];
        let (Some(prometheus), Some(promtool)) = (find(&lists, "prometheus"), find(&lists, "promtool"))
        else {
            return Ok(None);
        };
        let version = read_version(&prometheus)?;
        let mut numbers = version.split('.').map(|number| number.parse().ok());
        let (Some(Some(major)), Some(Some(minor))) = (numbers.next(), numbers.next()) else {
            return Err(io::Error::other(format!("version {version:?} does not begin with two numbers")));
        };
        Ok(Some(Self { prometheus, promtool, version, release: (major, minor) }))
    }

    /// Whether names of metrics and labels may be any text.
    pub(super) fn has_utf8_names(&self) -> bool {
        self.release >= (3, 0)
    }

    /// Whether native histograms can be stored, counts in floats included.
    pub(super) fn has_histograms(&self) -> bool {
        self.release >= (2, 42)
    }

    /// Whether native histograms can have custom bounds.
    pub(super) fn has_custom_bounds(&self) -> bool {
        self.release >= (3, 0)
    }

    /// Runs `promtool` in order; what it printed.
    pub(super) fn promtool(&self, arguments: &[&str], folder: &Path) -> io::Result<String> {
        let output = Command::new(&self.promtool).args(arguments).arg(folder).output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(io::Error::other(format!(
                "promtool {arguments:?} ends with {}: {error}",
                output.status
            )));
        }
        // Damage that it can step over is told in the log only.
        if let Some(line) = error.lines().find(|line| is_complaint(line)) {
            return Err(io::Error::other(format!("promtool {arguments:?} complains: {line}")));
        }
        String::from_utf8(output.stdout).map_err(io::Error::other)
    }
}

/// Whether a line of the peers' log is above the level of information.
pub(super) fn is_complaint(line: &str) -> bool {
    ["level=warn", "level=error", "level=WARN", "level=ERROR"].iter().any(|level| line.contains(level))
}

fn find(lists: &[Option<OsString>], name: &str) -> Option<PathBuf> {
    let folders = lists.iter().flatten().flat_map(std::env::split_paths);
    let path = folders.map(|folder| folder.join(name)).find(|path| path.is_file())?;
    // The programs are started in other folders.
    std::path::absolute(path).ok()
}

/// The third word of `prometheus, version 3.5.3 (branch: …`, which older ones print to stderr.
fn read_version(prometheus: &Path) -> io::Result<String> {
    let output = Command::new(prometheus).arg("--version").output()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let word = text.split_whitespace().nth(2);
    word.map(str::to_owned).ok_or_else(|| io::Error::other(format!("no version in {text:?}")))
}
