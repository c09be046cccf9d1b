//! How the API behaves.

use std::path::PathBuf;
use std::time::Duration;

use emberdb_remote::ReceiveOptions;

/// Options of [`router`](crate::router). The default is that of a Prometheus server.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// At most so many queries are evaluated at the same time; others wait, which counts towards their timeout.
    pub concurrent_queries_max: usize,
    /// How long a query may take, waiting included. A request may ask for less.
    pub timeout: Duration,
    /// What `/api/v1/admin` needs to work, which deletes samples and copies the database. Without it, it refuses to.
    pub admin: Option<AdminOptions>,
    /// What `/api/v1/write` takes, which stores what other servers send. Without it, it is as if there were no such path.
    pub remote_write_receiver: Option<ReceiveOptions>,
}

/// Options of the endpoints that change the database.
#[derive(Clone, Debug)]
pub struct AdminOptions {
    /// The folder for copies of the database, each in a folder of its own: `snapshots` in the data directory, if it is to be
    /// where Prometheus has it. Blocks are linked, so it has to lie in the same file system as the database.
    pub snapshots_dir: PathBuf,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            concurrent_queries_max: 20,
            timeout: Duration::from_secs(120),
            admin: None,
            remote_write_receiver: None,
        }
    }
}
