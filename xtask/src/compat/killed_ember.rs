//! `ember serve` is sent floats, native histograms and exemplars, and killed; a Prometheus goes on in its directory and is killed, too:
//! each must see all of the other.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use emberdb::{Exemplar, Histogram, Labels, Sample, TimeRange};
use emberdb_remote::{MessageKind, Outgoing, OutgoingHistogram, encode};

use super::exemplars::{self, Exemplars};
use super::held::Held;
use super::histograms::integer_histogram;
use super::peers::Peers;
use super::report::Report;
use super::server::Server;
use super::store::{self, Error};
use super::written::copy;
use crate::http;
use crate::process::{self, Process, free_port};

const STEP_MS: i64 = 15_000;
/// Steps that each of the two servers is sent: a quarter of an hour.
const STEPS: i64 = 60;
const FLOAT_SERIES: i64 = 40;
const HISTOGRAM_SERIES: i64 = 3;
/// Each so many steps, some series have an example.
const EXEMPLAR_STEPS: i64 = 4;

/// Far above what a request takes on a slow machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) fn run(peers: &Peers, report: &mut Report) -> Result<(), Error> {
    if !peers.has_histograms() {
        println!("killed-ember: skipped: prometheus {} takes no native histograms", peers.version);
        return Ok(());
    }
    let folder = tempfile::Builder::new().prefix("ember-compat-").tempdir()?;
    let data = folder.path().join("data");
    let mut sent = Sent::new()?;
    {
        let (_ember, port) = start_ember(&data, folder.path())?;
        sent.send(port, 0..STEPS)?;
    }
    let copied = folder.path().join("copy");
    copy(&data, &copied)?;
    let expected = sent.compare("killed-ember, emberdb", &copied, report)?;
    let mut server = Server::start(peers, &data, "", folder.path())?;
    report.compare("killed-ember, prometheus", &expected.seen_over_http(), &server.ask(sent.range())?);
    sent.compare_exemplars("killed-ember, prometheus", &server.ask_exemplars(sent.range())?, report);
    sent.send(server.port(), STEPS..2 * STEPS)?;
    server.check()?;
    server.kill();
    sent.compare("killed-ember, and prometheus killed, emberdb", &data, report).map(drop)
}

/// Starts the `ember` that was built beside this program.
fn start_ember(data: &Path, folder: &Path) -> io::Result<(Process, u16)> {
    let ember = process::ember(None)?;
    let port = free_port()?;
    let arguments = [
        "serve".into(),
        format!("--data={}", data.display()),
        format!("--listen=127.0.0.1:{port}"),
        "--web.enable-remote-write-receiver".into(),
        "--enable-feature=exemplar-storage".into(),
    ];
    let mut process = Process::start("ember", &ember, &arguments, folder)?;
    process.wait_ready(port, "/-/ready")?;
    Ok((process, port))
}

/// What was sent so far, to whichever server.
struct Sent {
    start_ms: i64,
    floats: Vec<Labels>,
    histograms: Vec<Labels>,
    held: Held,
    histograms_sent: usize,
    exemplars: Exemplars,
}

impl Sent {
    fn new() -> Result<Self, Error> {
        let now_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
        let labels =
            |name: &str, number: i64| Labels::new([("__name__", name), ("number", &number.to_string())]);
        Ok(Self {
            start_ms: now_ms - 2 * STEPS * STEP_MS,
            floats: (0..FLOAT_SERIES).map(|n| labels("sent_total", n)).collect::<Result<_, _>>()?,
            histograms: (0..HISTOGRAM_SERIES).map(|n| labels("sent_seconds", n)).collect::<Result<_, _>>()?,
            held: Held::default(),
            histograms_sent: 0,
            exemplars: Exemplars::new(),
        })
    }

    fn time_ms(&self, step: i64) -> i64 {
        self.start_ms + step * STEP_MS
    }

    fn range(&self) -> TimeRange {
        TimeRange::new(self.start_ms, self.time_ms(2 * STEPS))
    }

    /// Sends some steps, a request each.
    fn send(&mut self, port: u16, steps: std::ops::Range<i64>) -> Result<(), Error> {
        for step in steps {
            let body = self.request(step)?;
            let headers = MessageKind::V1.headers();
            let response = http::post(port, "/api/v1/write", &headers, &body, ANSWER_TIMEOUT)?;
            if response.status != 204 {
                let body = String::from_utf8_lossy(&response.body);
                return Err(format!("step {step} is answered with {}: {body}", response.status).into());
            }
        }
        Ok(())
    }

    /// The request of a step, which is noted as sent.
    fn request(&mut self, step: i64) -> Result<Vec<u8>, Error> {
        let timestamp_ms = self.time_ms(step);
        let value = |number: i64| (step * (number % 7)) as f64 + number as f64 / 8.0;
        let samples: Vec<[Sample; 1]> =
            (0..FLOAT_SERIES).map(|number| [Sample { timestamp_ms, value: value(number) }]).collect();
        let trace = Labels::new([("trace_id", format!("{step:08x}").as_str())])?;
        let exemplar = [Exemplar { labels: trace, value: 0.25 + step as f64, timestamp_ms }];
        let has_exemplar = |number: i64| number % 5 == 0 && step % EXEMPLAR_STEPS == 0;
        let shapes: Vec<Histogram> = (0..HISTOGRAM_SERIES)
            .map(|number| integer_histogram(step + 40 * number, number % 2 == 1))
            .collect();
        let histograms: Vec<[(i64, OutgoingHistogram<'_>); 1]> =
            shapes.iter().map(|shape| [(timestamp_ms, OutgoingHistogram::Integer(shape))]).collect();
        let mut series = Vec::new();
        for ((labels, samples), number) in self.floats.iter().zip(&samples).zip(0..) {
            self.held.insert(labels, timestamp_ms, samples[0].value.into())?;
            let mut outgoing = Outgoing::new(labels, samples);
            if has_exemplar(number) {
                self.exemplars.insert(exemplars::line(labels, &exemplar[0]));
                outgoing.exemplars = &exemplar;
            }
            series.push(outgoing);
        }
        for (labels, histograms) in self.histograms.iter().zip(&histograms) {
            series.push(Outgoing { histograms, ..Outgoing::new(labels, &[]) });
        }
        self.histograms_sent += histograms.len();
        Ok(encode(MessageKind::V1, series)?)
    }

    /// Compares with what emberdb finds in a directory; that, histograms as they are answered included.
    fn compare(&self, name: &str, data: &Path, report: &mut Report) -> Result<Held, Error> {
        let db = store::open(data)?;
        let held = store::read(&db)?;
        report.compare(name, &self.held, &held.floats());
        let found = held.histograms().samples();
        let told = format!("{found} of {} histograms that were sent", self.histograms_sent);
        report.check(&format!("{name}, histograms"), found == self.histograms_sent, &told);
        self.compare_exemplars(name, &exemplars::read(&db)?, report);
        db.close()?;
        Ok(held)
    }

    fn compare_exemplars(&self, name: &str, found: &Exemplars, report: &mut Report) {
        let name = format!("{name}, exemplars");
        match self.exemplars.symmetric_difference(found).next() {
            None => report.check(&name, !found.is_empty(), &format!("{} of them", found.len())),
            Some(line) => report.failed(&format!("{name}: one side only has {line}")),
        }
    }
}
