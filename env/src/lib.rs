//! Files, clock, randomness and threads behind one seam.
//!
//! This is the only crate of emberdb that talks to the operating system. Everything above it is handed an
//! [`Env`] and asks that for the time, a file, a random number or a thread, so that a test (or a simulated
//! world driven by one seed) can hand in another one.
//!
//! | seam | asks for | real twin |
//! |---|---|---|
//! | [`FileSystem`], [`File`] | files, memory maps, directories, durability, the directory lock | [`Env::real`] on `std::fs` |
//! | [`Clock`] | wall time in ms, elapsed time, sleep | the system's clocks |
//! | [`Random`] | 64 random bits | [`SeededRandom`], seeded by the system |
//! | [`Spawn`] | named threads | `std::thread` |
//!
//! ```
//! use emberdb_env::Env;
//!
//! let env = Env::real();
//! let dir = env.fs().create_temp_dir("env-example")?;
//! env.fs().write_atomic(&dir.join("greeting"), b"hello")?;
//! assert_eq!(env.fs().read(&dir.join("greeting"), 1024)?, b"hello");
//! env.fs().remove_dir_all(&dir)?;
//! # Ok::<(), emberdb_env::FsError>(())
//! ```
#![deny(unsafe_code)]

mod clock;
mod env;
mod error;
mod file;
mod fs;
mod random;
mod real;
mod spawn;

pub use clock::Clock;
pub use env::Env;
pub use error::{FsError, FsResult};
pub use file::File;
pub use fs::{DirEntry, FileLock, FileSystem};
pub use random::{Random, SeededRandom};
pub use spawn::{Spawn, Thread, ThreadPanicked};
