//! The system's threads.

use std::io;

use crate::spawn::Spawn;

/// Starts the system's threads.
#[derive(Debug)]
pub(crate) struct RealSpawn;

impl Spawn for RealSpawn {
    fn spawn(
        &self,
        name: &str,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<Box<dyn FnOnce() -> bool + Send>> {
        let handle = std::thread::Builder::new().name(name.to_owned()).spawn(body)?;
        Ok(Box::new(move || handle.join().is_ok()))
    }

    fn parallelism(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

#[cfg(test)]
mod tests {
    use crate::Env;

    #[test]
    fn a_thread_has_its_name_and_gives_its_answer() {
        let thread =
            Env::real().spawn("counter", || std::thread::current().name().map(str::to_owned)).unwrap();
        assert_eq!(thread.join().unwrap().as_deref(), Some("counter"));
    }

    #[test]
    fn a_panic_is_an_error_of_join() {
        let thread = Env::real().spawn("falls", || assert_eq!(1, 2, "on purpose")).unwrap();
        assert_eq!(thread.join().unwrap_err().to_string(), "thread \"falls\" panicked");
    }
}
