//! Which message a request holds, by its headers.

use std::fmt;

use crate::reply::Refusal;

/// The messages of remote write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// `prometheus.WriteRequest`, of remote write 1.0.
    V1,
    /// `io.prometheus.write.v2.Request`, of remote write 2.0.
    V2,
}

const MEDIA_TYPE: &str = "application/x-protobuf";

/// The one compression: snappy's block format.
const SNAPPY: &str = "snappy";

impl MessageKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V1, Self::V2];

    /// The message's full name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "prometheus.WriteRequest",
            Self::V2 => "io.prometheus.write.v2.Request",
        }
    }

    /// The message of this full name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The headers of a request that holds this message, names and values: what it is, how it is compressed, and the version of
    /// the protocol.
    #[must_use]
    pub const fn headers(self) -> [(&'static str, &'static str); 3] {
        let (content_type, version) = match self {
            Self::V1 => (MEDIA_TYPE, "0.1.0"),
            Self::V2 => ("application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0"),
        };
        [
            ("Content-Type", content_type),
            ("Content-Encoding", SNAPPY),
            ("X-Prometheus-Remote-Write-Version", version),
        ]
    }

    /// The message that a `Content-Type` announces: without one, or without a parameter `proto`, that of 1.0.
    pub(crate) fn announced(content_type: &str) -> Result<Self, Refusal> {
        let content_type = content_type.trim();
        if content_type.is_empty() {
            return Ok(Self::V1);
        }
        let mut parts = content_type.split(';');
        if parts.next() != Some(MEDIA_TYPE) {
            return Err(Refusal::unsupported(format!(
                "expected {MEDIA_TYPE} as the first (media) part, got {content_type} content-type"
            )));
        }
        for part in parts {
            let mut pair = part.split('=');
            let (name, Some(value), None) = (pair.next(), pair.next(), pair.next()) else {
                return Err(Refusal::unsupported(format!(
                    "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got \
                     {part} in {content_type} content-type"
                )));
            };
            if name == Some("proto") {
                return Self::from_name(value).ok_or_else(|| {
                    Refusal::unsupported(format!(
                        "got {content_type} content type; unknown type for remote write protobuf message {value}, \
                         supported: {}",
                        Names(&Self::ALL)
                    ))
                });
            }
        }
        Ok(Self::V1)
    }

    /// Refuses a message that is not one of `accepted`.
    pub(crate) fn check_accepted(self, accepted: &[Self]) -> Result<(), Refusal> {
        if accepted.contains(&self) {
            return Ok(());
        }
        Err(Refusal::unsupported(format!(
            "{self} protobuf message is not accepted by this server; only accepts {}",
            Names(accepted)
        )))
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

struct Names<'a>(&'a [MessageKind]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, kind) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(f, "{separator}{kind}")?;
        }
        Ok(())
    }
}

/// Refuses a `Content-Encoding` that is not snappy; none at all is taken as snappy.
pub(crate) fn check_encoding(content_encoding: &str) -> Result<(), Refusal> {
    if matches!(content_encoding, "" | SNAPPY) {
        return Ok(());
    }
    Err(Refusal::unsupported(format!(
        "{content_encoding} encoding (compression) is not accepted by this server; only {SNAPPY} is acceptable"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_told_by_the_parameter_proto() {
        for (content_type, kind) in [
            ("", MessageKind::V1),
            ("application/x-protobuf", MessageKind::V1),
            (" application/x-protobuf ", MessageKind::V1),
            ("application/x-protobuf;proto=prometheus.WriteRequest", MessageKind::V1),
            ("application/x-protobuf;charset=utf-8", MessageKind::V1),
            ("application/x-protobuf;x=y;proto=io.prometheus.write.v2.Request", MessageKind::V2),
            // The name of this parameter begins with a space.
            ("application/x-protobuf; proto=io.prometheus.write.v2.Request", MessageKind::V1),
        ] {
            assert_eq!(MessageKind::announced(content_type).ok(), Some(kind), "{content_type:?}");
        }
        for kind in MessageKind::ALL {
            assert_eq!(MessageKind::announced(kind.headers()[0].1).ok(), Some(kind));
        }
    }

    #[test]
    fn other_types_are_refused_in_upstreams_words() {
        for (content_type, message) in [
            (
                "application/json",
                "expected application/x-protobuf as the first (media) part, got application/json content-type",
            ),
            (
                "application/x-protobuf;proto",
                "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got proto \
                 in application/x-protobuf;proto content-type",
            ),
            (
                "application/x-protobuf;proto=a.B",
                "got application/x-protobuf;proto=a.B content type; unknown type for remote write protobuf message a.B, \
                 supported: prometheus.WriteRequest, io.prometheus.write.v2.Request",
            ),
        ] {
            let refusal = MessageKind::announced(content_type).unwrap_err();
            assert_eq!((refusal.status, refusal.message.as_str()), (415, message));
        }
        let refusal = MessageKind::V2.check_accepted(&[MessageKind::V1]).unwrap_err();
        let message = "io.prometheus.write.v2.Request protobuf message is not accepted by this server; only accepts \
                       prometheus.WriteRequest";
        assert_eq!((refusal.status, refusal.message.as_str()), (415, message));
        let refusal = check_encoding("gzip").unwrap_err();
        let message = "gzip encoding (compression) is not accepted by this server; only snappy is acceptable";
        assert_eq!((refusal.status, refusal.message.as_str()), (415, message));
    }
}
