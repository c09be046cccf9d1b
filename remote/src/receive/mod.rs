//! A request on its way from bytes to samples in a storage, and the answer to it.

mod batch;
mod complaints;
mod labels;
mod refused;
mod v1;
mod v2;

use emberdb_model::storage::Appendable;

use crate::negotiate::{MessageKind, check_encoding};
use crate::reply::{LeftOut, Refusal, Reply, Written};
use crate::snappy::decompress;
use crate::view::{RequestV1, RequestV2};

use batch::Batch;
use refused::Refused;

/// What is taken, and how it is stored. The default is that of a Prometheus server that receives.
#[derive(Clone, Debug)]
pub struct ReceiveOptions {
    /// Messages that are taken; others are refused with status 415.
    pub accepted: Vec<MessageKind>,
    /// Type and unit of a metric, which messages of 2.0 bring, become the labels `__type__` and `__unit__` of its series.
    pub type_and_unit_labels: bool,
}

impl Default for ReceiveOptions {
    fn default() -> Self {
        Self { accepted: MessageKind::ALL.to_vec(), type_and_unit_labels: false }
    }
}

/// A request as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// The header `Content-Type`; empty if there is none.
    pub content_type: &'a str,
    /// The header `Content-Encoding`; empty if there is none.
    pub content_encoding: &'a str,
    /// The compressed message.
    pub body: &'a [u8],
    /// The time now, in milliseconds since the Unix epoch: samples more than ten minutes ahead of it are refused.
    pub now_ms: i64,
}

/// Stores a request, and answers it as upstream does.
///
/// Of a message of 1.0 all is stored, or nothing: one sample that is refused, and the sender is told about it with status 400.
/// Of a message of 2.0 all is stored that can be stored, and the sender is told about the rest with status 400. In neither is
/// a series whose labels name nothing stored, nor a sample that another one of the request stands against: the first of one
/// time and the newest stay, and the sender is told nothing. Whenever the storage fails, nothing is stored, and the status asks the sender to try
/// again.
pub fn receive(storage: &dyn Appendable, incoming: &Incoming<'_>, options: &ReceiveOptions) -> Reply {
    let decoded = decode(incoming, options);
    let (kind, bytes) = match decoded {
        Ok(decoded) => decoded,
        Err(refusal) => return refusal.into_reply(None),
    };
    match kind {
        MessageKind::V1 => {
            receive_v1(storage, &bytes, incoming.now_ms).unwrap_or_else(|r| r.into_reply(None))
        }
        MessageKind::V2 => receive_v2(storage, &bytes, incoming.now_ms, options)
            .unwrap_or_else(|refusal| refusal.into_reply(Some(Written::default()))),
    }
}

/// The message of a request. Compression is looked at first, as upstream does.
fn decode(incoming: &Incoming<'_>, options: &ReceiveOptions) -> Result<(MessageKind, Vec<u8>), Refusal> {
    check_encoding(incoming.content_encoding)?;
    let bytes = decompress(incoming.body)?;
    let kind = MessageKind::announced(incoming.content_type)?;
    kind.check_accepted(&options.accepted)?;
    Ok((kind, bytes))
}

fn receive_v1(storage: &dyn Appendable, bytes: &[u8], now_ms: i64) -> Result<Reply, Refusal> {
    let request = RequestV1::read(bytes).map_err(|error| Refusal::bad_request(error.to_string()))?;
    let mut batch = Batch::begin(storage, now_ms).map_err(|error| Refusal::of_storage(&error))?;
    match v1::store(request, &mut batch) {
        Ok(left_out) => commit(batch, None, left_out, None),
        Err(refused) => {
            batch.rollback();
            Err(refusal(refused))
        }
    }
}

fn receive_v2(
    storage: &dyn Appendable,
    bytes: &[u8],
    now_ms: i64,
    options: &ReceiveOptions,
) -> Result<Reply, Refusal> {
    let request = RequestV2::read(bytes).map_err(|error| Refusal::bad_request(error.to_string()))?;
    let mut batch = Batch::begin(storage, now_ms).map_err(|error| Refusal::of_storage(&error))?;
    match v2::store(&request, &mut batch, options) {
        Ok(stored) => commit(batch, Some(stored.written), stored.left_out, stored.complaints.finish()),
        Err(refused) => {
            batch.rollback();
            Err(refusal(refused))
        }
    }
}

/// Stores what was added. `complaints` are about the rest.
fn commit(
    batch: Batch<'_>,
    written: Option<Written>,
    mut left_out: LeftOut,
    complaints: Option<String>,
) -> Result<Reply, Refusal> {
    left_out.conflicting = batch.conflicting();
    let summary = batch.commit().map_err(|error| Refusal::of_storage(&error))?;
    left_out.overtaken = summary.rejected.len();
    let status = if complaints.is_some() { 400 } else { 204 };
    Ok(Reply { status, message: complaints.unwrap_or_default(), written, left_out })
}

fn refusal(refused: Refused) -> Refusal {
    match refused {
        Refused::Sample(bad) => Refusal::bad_request(bad.to_string()),
        Refused::Storage(error) => Refusal::of_storage(&error),
    }
}
