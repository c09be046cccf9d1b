//! A tiny HTTP server on loopback that a Prometheus scrapes.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a peer may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// One answer to a scrape.
pub(super) struct Page {
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

/// A page by the number of the scrape, counted from 0.
pub(super) type Pages = fn(u64) -> Page;

/// A running server; it ends with the value.
pub(super) struct Exposition {
    address: SocketAddr,
    scrapes: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Exposition {
    /// Answers every request with the next page.
    pub(super) fn start(pages: Pages) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (scrapes, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (answered, over) = (Arc::clone(&scrapes), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                // A peer that goes away in between counts as not scraped.
                let page = pages(answered.load(Ordering::SeqCst));
                if stream.and_then(|stream| answer(stream, &page)).is_ok() {
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Ok(Self { address, scrapes, is_over, thread: Some(thread) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Scrapes that were answered until now.
    pub(super) fn scrapes(&self) -> u64 {
        self.scrapes.load(Ordering::SeqCst)
    }
}

impl Drop for Exposition {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // The thread waits for a connection: this is one.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}

/// Reads a request to the end of its header and answers it.
fn answer(stream: TcpStream, page: &Page) -> io::Result<()> {
    stream.set_read_timeout(Some(REQUEST_TIMEOUT))?;
    stream.set_write_timeout(Some(REQUEST_TIMEOUT))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && line.trim_end() != "" {
        line.clear();
    }
    let mut stream = reader.into_inner();
    let (kind, length) = (page.content_type, page.body.len());
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&page.body)?;
    stream.flush()
}
