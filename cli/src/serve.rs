//! `ember serve`: Prometheus' HTTP API over a directory.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use emberdb::Db;
use emberdb_http::remote::{MessageKind, ReceiveOptions};
use emberdb_http::{AdminOptions, ApiOptions, router};

use crate::Outcome;
use crate::feature::FeatureArgs;
use crate::limits::LimitArgs;

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
    limits: LimitArgs,
    #[command(flatten)]
    features: FeatureArgs,
}

pub(crate) fn run(args: &ServeArgs) -> Outcome {
    let mut options = args.features.options();
    args.limits.apply(&mut options);
    let type_and_unit_labels = options.engine.type_and_unit_labels;
    let timeout = options.engine.timeout;
    let db = Db::open(&args.data, options)?;
    eprintln!("ember: {}", db.replay_report());
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
