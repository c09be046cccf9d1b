//! A plain HTTP/1.1 client for loopback: one request a connection, bounded in time and size.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Most bytes of one response; the greatest here are all samples of a database, some 30 bytes each.
const RESPONSE_BYTES_MAX: u64 = 64 * 1024 * 1024;

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn get(port: u16, path: &str, accept: &str, timeout: Duration) -> io::Result<Response> {
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    );
    exchange(port, head.as_bytes(), timeout)
}

pub(crate) fn post_json(port: u16, path: &str, body: &str, timeout: Duration) -> io::Result<Response> {
    post(port, path, &[("Content-Type", "application/json")], body.as_bytes(), timeout)
}

pub(crate) fn post(
    port: u16,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    timeout: Duration,
) -> io::Result<Response> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}Content-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    exchange(port, &[head.as_bytes(), body].concat(), timeout)
}

fn exchange(port: u16, request: &[u8], timeout: Duration) -> io::Result<Response> {
    exchange_bytes(port, request, timeout).and_then(|bytes| parse(&bytes)).map_err(|error| {
        match error.kind() {
            // A socket that timed out says "would block"; nobody would understand that in a capture.
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                io::Error::new(io::ErrorKind::TimedOut, format!("no answer for {} s", timeout.as_secs()))
            }
            _ => error,
        }
    })
}

fn exchange_bytes(port: u16, request: &[u8], timeout: Duration) -> io::Result<Vec<u8>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    stream.take(RESPONSE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Takes a whole response apart; the body must be as long as the header promised.
fn parse(bytes: &[u8]) -> io::Result<Response> {
    let (head, rest) = split_at(bytes, b"\r\n\r\n").ok_or_else(|| bad("the header does not end"))?;
    let head = std::str::from_utf8(head).map_err(|_| bad("the header is not UTF-8"))?;
    let (status_line, fields) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| bad("no status code"))?;
    let field = |wanted: &str| {
        let pairs = fields.lines().filter_map(|line| line.split_once(':'));
        pairs.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()).next()
    };
    let body = if field("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        unchunk(rest)?
    } else {
        match field("content-length") {
            None => rest.to_vec(),
            Some(length) if length.parse() == Ok(rest.len()) => rest.to_vec(),
            Some(length) => return Err(bad(&format!("{} bytes of body, {length} promised", rest.len()))),
        }
    };
    Ok(Response { status, content_type: field("content-type").unwrap_or_default().to_owned(), body })
}

/// Undoes the chunked transfer encoding: `<size in hex>\r\n<bytes>\r\n`, up to a chunk of size 0.
fn unchunk(mut rest: &[u8]) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let (size, after) = split_at(rest, b"\r\n").ok_or_else(|| bad("a chunk's size does not end"))?;
        let size = std::str::from_utf8(size).unwrap_or_default();
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| bad("a chunk's size is no number"))?;
        if size == 0 {
            return Ok(body);
        }
        let chunk = after.get(..size).ok_or_else(|| bad("a chunk is cut short"))?;
        body.extend_from_slice(chunk);
        let end = after.get(size..).and_then(|end| end.strip_prefix(b"\r\n"));
        rest = end.ok_or_else(|| bad("a chunk does not end"))?;
    }
}

/// What is before and after the first `mark`.
fn split_at<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}

/// Milliseconds as the API takes times and durations.
pub(crate) fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000)
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("bad HTTP response: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_places() {
        assert_eq!([1, -1500, 1_700_000_000_123].map(seconds), ["0.001", "-1.500", "1700000000.123"]);
    }

    #[test]
    fn takes_a_plain_response_apart() {
        let response = parse(b"HTTP/1.1 503 Service Unavailable\r\ncontent-TYPE: text/plain; version=0.0.4\r\nContent-Length: 3\r\n\r\nup\n").unwrap();
        assert_eq!(response.status, 503);
        assert_eq!(response.content_type, "text/plain; version=0.0.4");
        assert_eq!(response.body, b"up\n");
    }

    #[test]
    fn joins_chunks() {
        let response = parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nup \r\nA;x=y\r\n0123456789\r\n0\r\n\r\n").unwrap();
        assert_eq!(response.body, b"up 0123456789");
    }

    #[test]
    fn a_response_cut_short_is_an_error_at_every_byte() {
        let chunked: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nup \r\n0\r\n";
        let counted: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nup\n";
        for whole in [chunked, counted] {
            assert!(parse(whole).is_ok());
            for cut in 0..whole.len() {
                assert!(parse(&whole[..cut]).is_err(), "cut at {cut}");
            }
        }
    }
}
