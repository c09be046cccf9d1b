//! The operating system's own twin of each seam.

mod clock;
mod file;
mod fs;
mod mmap;
mod spawn;

pub(crate) use clock::RealClock;
pub(crate) use fs::RealFileSystem;
pub(crate) use spawn::RealSpawn;
