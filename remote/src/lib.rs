//! Prometheus remote write, 1.0 and 2.0: the receiving side, and requests for those who send.
//!
//! This crate does no I/O and knows no store: someone has the headers and the body of a request, and
//! - [`receive`] stores it in an [`Appendable`](emberdb_model::storage::Appendable) and says what to answer: a [`Reply`] with
//!   status, text and headers, by the rules of Prometheus' receiver. Labels, samples and buckets are read in place, in the
//!   decompressed body; only what names a series is copied.
//! - [`encode`] makes a request of series and samples, to be sent with [`MessageKind::headers`].
//! - [`message`] has the messages as they are specified, for those who want to look at a request as a whole.
//!
//! ```
//! use emberdb::{Db, DbOptions, Labels, Sample};
//! use emberdb_remote::{Incoming, MessageKind, Outgoing, ReceiveOptions, encode, receive};
//!
//! # let dir = emberdb::Env::real().fs().create_temp_dir("emberdb-remote")?;
//! # let db = Db::open(&dir, DbOptions::default())?;
//! let labels = Labels::new([("__name__", "up"), ("job", "api")])?;
//! let samples = [Sample { timestamp_ms: 0, value: 1.0 }, Sample { timestamp_ms: 15_000, value: 0.0 }];
//! let body = encode(MessageKind::V2, [Outgoing::new(&labels, &samples)])?;
//!
//! let [(_, content_type), (_, content_encoding), _] = MessageKind::V2.headers();
//! let incoming = Incoming { content_type, content_encoding, body: &body, now_ms: 15_000 };
//! let reply = receive(db.storage(), &incoming, &ReceiveOptions::default());
//! assert!(reply.is_success());
//! assert_eq!(reply.headers().next(), Some(("x-prometheus-remote-write-samples-written", 2)));
//! assert_eq!(db.query("up", 10_000)?.value.to_string().lines().count(), 1);
//! # db.close()?;
//! # emberdb::Env::real().fs().remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Rooms: `negotiate` tells the message by the headers, `snappy` decompresses within limits, `wire` reads protocol buffers in place,
//! `view` is what stands in a request, `receive` stores it, `reply` is the answer.
#![forbid(unsafe_code)]

mod encode;
pub mod message;
mod negotiate;
mod receive;
mod reply;
mod snappy;
mod view;
mod wire;

pub use encode::{EncodeError, Outgoing, OutgoingHistogram, compress, encode};
pub use negotiate::MessageKind;
pub use receive::{Incoming, ReceiveOptions, receive};
pub use reply::{LeftOut, Reply, Written};
pub use snappy::REQUEST_BYTES_MAX;
