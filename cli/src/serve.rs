//! `ember serve`: Prometheus' HTTP API over a directory.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use emberdb::storage::StorageError;
use emberdb::{Db, Replay};
use emberdb_http::remote::{MessageKind, ReceiveOptions};
use emberdb_http::{AdminOptions, ApiOptions, router};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Outcome;
use crate::feature::FeatureArgs;
use crate::limits::LimitArgs;
use crate::store::StoreArgs;

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
    /// Store what other servers send by remote write, 1.0 and 2.0, to /api/v1/write.
    #[arg(long = "web.enable-remote-write-receiver", alias = "remote-write-receiver")]
    enable_remote_write_receiver: bool,
    /// The messages that are taken from other servers, with commas between them.
    #[arg(
        long = "web.remote-write-receiver.accepted-protobuf-messages",
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = parse_message,
        default_values = MessageKind::ALL.map(MessageKind::name),
    )]
    accepted_messages: Vec<MessageKind>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    features: FeatureArgs,
}

/// How often it is looked how far the replay of the log is.
const PROGRESS_TICK: Duration = Duration::from_millis(100);

/// How often it is looked whether blocks can be made.
const MAINTENANCE_TICK: Duration = Duration::from_secs(1);

pub(crate) fn run(args: &ServeArgs) -> Outcome {
    let mut options = args.features.options();
    args.store.apply(&mut options.storage);
    args.limits.apply(&mut options.engine);
    let type_and_unit_labels = options.engine.type_and_unit_labels;
    let timeout = options.engine.timeout;
    // Blocks are asked, and the server says that it is not ready, while the log is replayed.
    options.storage.replay = Replay::Background;
    let db = Db::open(&args.data, options)?;
    let admin = args.enable_admin_api.then(|| AdminOptions { snapshots_dir: args.data.join("snapshots") });
    let remote_write_receiver = args
        .enable_remote_write_receiver
        .then(|| ReceiveOptions { accepted: args.accepted_messages.clone(), type_and_unit_labels });
    let concurrent_queries_max = args.limits.concurrent_queries_max();
    let options = ApiOptions { concurrent_queries_max, timeout, admin, remote_write_receiver };
    let served = tokio::runtime::Runtime::new()?.block_on(serve(db.clone(), args.listen, options));
    // What was committed is made durable, whatever ended the server.
    db.close()?;
    served
}

fn parse_message(name: &str) -> Result<MessageKind, String> {
    MessageKind::from_name(name).ok_or_else(|| {
        format!("there is no such message; there are {}", MessageKind::ALL.map(MessageKind::name).join(", "))
    })
}

async fn serve(db: Db, listen: SocketAddr, options: ApiOptions) -> Outcome {
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    eprintln!("ember: serving http://{}/api/v1/query (stop with Ctrl-C)", listener.local_addr()?);
    let server = axum::serve(listener, router(db.clone(), options)).with_graceful_shutdown(stopped());
    tokio::select! {
        served = server.into_future() => served?,
        error = watch(&db) => return Err(error.into()),
    }
    eprintln!("ember: stopped");
    Ok(())
}

/// Shows how far the replay of the log is, and then what was found, and what the database cannot do; returns if the replay fails.
async fn watch(db: &Db) -> StorageError {
    let bar = ProgressBar::new(0).with_message("replaying the log");
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    loop {
        let progress = db.replay_progress();
        if progress.is_over {
            break;
        }
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes_read);
        tokio::time::sleep(PROGRESS_TICK).await;
    }
    bar.finish_and_clear();
    match db.wait_ready() {
        Ok(()) => eprintln!("ember: {}", db.replay_report()),
        Err(error) => return error,
    }
    tell_of_maintenance(db).await
}

/// Says when maintenance begins to fail, for another reason too, and when it no longer does.
async fn tell_of_maintenance(db: &Db) -> ! {
    let mut told = None;
    loop {
        tokio::time::sleep(MAINTENANCE_TICK).await;
        let failure = db.maintenance_failure();
        if failure != told {
            match &failure {
                Some(reason) => eprintln!(
                    "ember: blocks could not be made or removed as is due; it is tried again every minute: {reason}"
                ),
                None => eprintln!("ember: blocks are made and removed again"),
            }
            told = failure;
        }
    }
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
