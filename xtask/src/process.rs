//! A child process that never outlives its handle.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::http;

/// How long a started process may take until it answers; slow machines need seconds.
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// How often it is asked: seldom enough not to keep it from its work, often enough to measure by.
const READY_POLL: Duration = Duration::from_millis(10);

/// How long a program may take from SIGTERM to its end.
const END_TIMEOUT: Duration = Duration::from_secs(60);

/// A running program. Dropping it ends the program.
pub(crate) struct Process {
    child: Child,
    name: &'static str,
    log: PathBuf,
}

impl Process {
    /// Starts `program` in `folder`, where its output goes to the end of `<name>.log`.
    pub(crate) fn start(
        name: &'static str,
        program: impl AsRef<OsStr>,
        arguments: &[String],
        folder: &Path,
    ) -> io::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::options().create(true).append(true).open(&log)?;
        // The handle ends the program when we end in order; the kernel does when we are killed.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| io::Error::other(format!("cannot start setpriv (of util-linux): {error}")))?;
        Ok(Self { child, name, log })
    }

    /// Waits until a GET of `path` is answered with 200.
    pub(crate) fn wait_ready(&mut self, port: u16, path: &str) -> io::Result<()> {
        let give_up = Instant::now() + READY_TIMEOUT;
        loop {
            if let Ok(response) = http::get(port, path, "*/*", Duration::from_secs(5))
                && response.status == 200
            {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() > give_up {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                return Err(io::Error::other(format!(
                    "{} is not ready ({ended:?}; is its package installed?), its log:\n{log}",
                    self.name
                )));
            }
            thread::sleep(READY_POLL);
        }
    }

    /// Its number. It was started by way of a program that turned into it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where its output goes.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Asks the program to end in order, and waits until it has.
    pub(crate) fn terminate(mut self) -> io::Result<()> {
        // The standard library can only kill; the program is ours and not yet waited for, so the id is still its own.
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if !asked.success() {
            return Err(io::Error::other(format!("kill -TERM of {} failed: {asked}", self.name)));
        }
        let give_up = Instant::now() + END_TIMEOUT;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > give_up {
                return Err(io::Error::other(format!("{} does not end", self.name)));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Fails when the program has ended by itself.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(io::Error::other(format!("{} ended by itself: {status}", self.name))),
        }
    }
}

/// The program `ember`: the one that is named, or that was built beside this tool, in the same profile.
pub(crate) fn ember(named: Option<&Path>) -> io::Result<PathBuf> {
    let ember = match named {
        Some(named) => std::path::absolute(named)?,
        None => std::env::current_exe()?.with_file_name("ember"),
    };
    if ember.is_file() {
        return Ok(ember);
    }
    let release = if cfg!(debug_assertions) { "" } else { " --release" };
    let message = format!("{} is not there: cargo build{release} -p ember makes it", ember.display());
    Err(io::Error::other(message))
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error here means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
