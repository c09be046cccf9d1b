//! `ember serve`: Prometheus' HTTP API over a directory.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use emberdb::Db;
use emberdb_http::{AdminOptions, ApiOptions, router};

use crate::Outcome;
use crate::feature::FeatureArgs;

/// Arguments of `ember serve`.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// The data directory; it is created if it does not exist.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9090")]
    listen: SocketAddr,
    /// Let clients delete samples, and copy the database into the folder `snapshots` of the data directory.
    #[arg(long = "web.enable-admin-api")]
    enable_admin_api: bool,
    /// At most so many exemplars are kept, if --enable-feature=exemplar-storage is given.
    #[arg(long = "storage.exemplars.max", value_name = "COUNT", default_value_t = 100_000)]
    exemplars_max: usize,
    #[command(flatten)]
    features: FeatureArgs,
}

pub(crate) fn run(args: &ServeArgs) -> Outcome {
    let mut options = args.features.options();
    if options.storage.exemplars_max > 0 {
        options.storage.exemplars_max = args.exemplars_max;
    }
    let db = Db::open(&args.data, options)?;
    eprintln!("ember: {}", db.replay_report());
    let admin = args.enable_admin_api.then(|| AdminOptions { snapshots_dir: args.data.join("snapshots") });
    let options = ApiOptions { admin, ..ApiOptions::default() };
    let served = tokio::runtime::Runtime::new()?.block_on(serve(db.clone(), args.listen, options));
    // What was committed is made durable, whatever ended the server.
    db.close()?;
    served
}

async fn serve(db: Db, listen: SocketAddr, options: ApiOptions) -> Outcome {
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    eprintln!("ember: serving http://{}/api/v1/query (stop with Ctrl-C)", listener.local_addr()?);
    axum::serve(listener, router(db, options)).with_graceful_shutdown(stopped()).await?;
    eprintln!("ember: stopped");
    Ok(())
}

/// Returns when the user or the system asks the program to stop.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a signal to wait for, the server runs until it is killed.
    if interrupt.await.is_err() {
        std::future::pending::<()>().await;
    }
}
