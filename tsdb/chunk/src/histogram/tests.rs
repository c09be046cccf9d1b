//! Laws: what is written reads back, recoding is as if the layout had been known, and damaged bytes are errors.

use std::collections::BTreeMap;

use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram, NativeHistogram, Schema, Side, Span};
use proptest::prelude::*;

use super::reference::{self, Twin};
use super::*;
use crate::{ChunkError, Encoding};

const STALE: f64 = f64::from_bits(STALE_NAN_BITS);

/// What happens to a series of histograms.
#[derive(Debug, Clone)]
enum Event {
    /// Observations fall into buckets; negative numbers mean negative buckets.
    Observe(Vec<(i32, u32)>),
    /// Everything becomes zero.
    Reset,
    /// One bucket loses something.
    Lose,
    Schema(i32),
    ZeroThreshold(f64),
    CustomBounds(Vec<f64>),
    Gauge(bool),
    /// The next sample has this hint.
    Hint(CounterResetHint),
    /// So many empty buckets are between two others in the same span, and so many spans are cut.
    Gaps(i64, bool),
    Stale,
}

/// A series, and how its histograms look now.
#[derive(Debug, Clone, Default)]
struct Series {
    t_ms: i64,
    schema: i32,
    zero_threshold: f64,
    zero_count: u64,
    sum: f64,
    /// By index; those of negative buckets are kept apart.
    buckets: [BTreeMap<i32, u64>; 2],
    bounds: Vec<f64>,
    is_gauge: bool,
    hint: CounterResetHint,
    gap: i64,
    is_cut: bool,
    is_stale: bool,
}

impl Series {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::Observe(observed) => {
                for &(index, count) in observed {
                    let side = usize::from(index < 0 && self.schema != -53);
                    *self.buckets[side].entry(index.abs()).or_default() += u64::from(count);
                    self.sum += f64::from(index) * f64::from(count) / 3.0;
                }
                self.zero_count += observed.first().map_or(0, |&(_, count)| u64::from(count / 4));
            }
            Event::Reset => {
                self.buckets = Default::default();
                (self.zero_count, self.sum) = (0, 0.0);
            }
            Event::Lose => {
                if let Some(count) = self.buckets.iter_mut().flat_map(BTreeMap::values_mut).last() {
                    *count /= 2;
                }
            }
            Event::Schema(schema) => self.schema = *schema,
            Event::ZeroThreshold(threshold) => self.zero_threshold = *threshold,
            Event::CustomBounds(bounds) => {
                self.schema = -53;
                self.bounds.clone_from(bounds);
            }
            Event::Gauge(is_gauge) => self.is_gauge = *is_gauge,
            Event::Hint(hint) => self.hint = *hint,
            Event::Gaps(gap, is_cut) => (self.gap, self.is_cut) = (*gap, *is_cut),
            Event::Stale => self.is_stale = true,
        }
    }

    fn histogram(&mut self, step_ms: i64) -> (i64, Histogram) {
        self.t_ms = self.t_ms.wrapping_add(step_ms);
        let hint = std::mem::take(&mut self.hint);
        let hint = if self.is_gauge { CounterResetHint::Gauge } else { hint };
        if std::mem::take(&mut self.is_stale) {
            return (self.t_ms, Histogram { sum: STALE, counter_reset_hint: hint, ..Histogram::default() });
        }
        let is_custom = self.schema == -53;
        if is_custom {
            self.buckets[1].clear();
        }
        let [positive, negative] = [0, 1].map(|side| self.side(side));
        let in_buckets: u64 = self.buckets.iter().flat_map(BTreeMap::values).sum();
        let histogram = Histogram {
            counter_reset_hint: hint,
            schema: Schema::new(self.schema),
            zero_threshold: if is_custom { 0.0 } else { self.zero_threshold },
            zero_count: if is_custom { 0 } else { self.zero_count },
            count: in_buckets + if is_custom { 0 } else { self.zero_count },
            sum: self.sum,
            positive,
            negative,
            custom_values: is_custom.then(|| self.bounds.clone().into()),
        };
        (self.t_ms, histogram)
    }

    fn side(&self, side: usize) -> Side<i64> {
        let (mut spans, mut buckets): (Vec<Span>, Vec<i64>) = Default::default();
        let (mut end, mut previous) = (0, 0);
        for (&index, &count) in &self.buckets[side] {
            let empty = i64::from(index) - end;
            match spans.last_mut() {
                Some(span) if empty <= self.gap && (!self.is_cut || empty > 0) => {
                    span.length += empty as u32 + 1;
                    for _ in 0..empty {
                        buckets.push(-previous);
                        previous = 0;
                    }
                }
                _ => spans.push(Span { offset: empty as i32, length: 1 }),
            }
            buckets.push(count as i64 - previous);
            previous = count as i64;
            end = i64::from(index) + 1;
        }
        Side { spans, buckets }
    }
}

fn event() -> impl Strategy<Value = Event> {
    let observed = prop::collection::vec((-9..12_i32, 0..60_u32), 0..6);
    prop_oneof![
        24 => observed.prop_map(Event::Observe),
        2 => Just(Event::Reset),
        1 => Just(Event::Lose),
        1 => (-4..9_i32).prop_map(Event::Schema),
        1 => prop::sample::select(vec![0.0, 0.5, 0.001, 1e-300]).prop_map(Event::ZeroThreshold),
        1 => prop::collection::vec(prop::sample::select(vec![0.25, 5.0, 1e6, -1.0, 0.0005]), 0..4)
            .prop_map(Event::CustomBounds),
        1 => any::<bool>().prop_map(Event::Gauge),
        1 => prop::sample::select(vec![CounterResetHint::Reset, CounterResetHint::NotReset]).prop_map(Event::Hint),
        2 => (0..4_i64, any::<bool>()).prop_map(|(gap, is_cut)| Event::Gaps(gap, is_cut)),
        1 => Just(Event::Stale),
    ]
}

/// The histograms of one series in order.
fn series(len: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<(i64, Histogram)>> {
    let step_ms = prop_oneof![6 => Just(15_000_i64), 3 => 14_990..15_010_i64, 1 => any::<i64>()];
    prop::collection::vec((event(), step_ms), len).prop_map(|events| {
        let mut series = Series { gap: 1, ..Series::default() };
        events
            .iter()
            .map(|(event, step_ms)| {
                series.apply(event);
                series.histogram(*step_ms)
            })
            .collect()
    })
}

/// The same in floats that are no whole numbers.
fn in_floats(series: &[(i64, Histogram)]) -> Vec<(i64, FloatHistogram)> {
    let scaled = |histogram: &Histogram| {
        let mut float = histogram.to_float();
        float.count /= 8.0;
        float.zero_count /= 8.0;
        for bucket in float.positive.buckets.iter_mut().chain(&mut float.negative.buckets) {
            *bucket /= 8.0;
        }
        float
    };
    series.iter().map(|(t_ms, histogram)| (*t_ms, scaled(histogram))).collect()
}

/// All chunks that an appender makes of a series.
fn chunks_of<N: HistogramNumber>(series: &[(i64, NativeHistogram<N>)]) -> Vec<Box<[u8]>> {
    let mut open = NativeHistogramAppender::<N>::new();
    let mut chunks = Vec::new();
    for (t_ms, histogram) in series {
        if let Appended::Cut(bytes) = open.append(*t_ms, histogram).expect("well-formed") {
            chunks.push(bytes);
        }
        assert_eq!(open.newest_ms(), Some(*t_ms));
    }
    chunks.push(open.finish());
    chunks
}

fn read<N: HistogramNumber>(bytes: &[u8]) -> Result<Vec<(i64, NativeHistogram<N>)>, ChunkError> {
    NativeHistogramReader::new(bytes)?.collect()
}

/// Everything about a histogram, floats as bits.
fn bits<N: Twin>(histogram: &NativeHistogram<N>) -> impl PartialEq + std::fmt::Debug + use<N> {
    let side = |side: &Side<N>| {
        (side.spans.clone(), side.buckets.iter().map(|bucket| bucket.bucket_bits()).collect::<Vec<_>>())
    };
    (
        (histogram.counter_reset_hint, histogram.schema, histogram.zero_threshold.to_bits()),
        [N::count_bits(histogram.count), N::count_bits(histogram.zero_count), histogram.sum.to_bits()],
        side(&histogram.positive),
        side(&histogram.negative),
        histogram.custom_bounds().iter().map(|bound| bound.to_bits()).collect::<Vec<_>>(),
    )
}

/// What a histogram says without its empty buckets and its hint.
fn content(histogram: &FloatHistogram) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut histogram = histogram.clone();
    histogram.compact(0);
    histogram.counter_reset_hint = CounterResetHint::Unknown;
    bits(&histogram)
}

/// Both readers and the columns on the same bytes as the definition: the same histograms, or an error at the same bit.
fn assert_agreement<N: HistogramNumber + Twin>(encoding: Encoding, bytes: &[u8])
where
    NativeHistogram<N>: ToFloat,
{
    let got = read::<N>(bytes);
    let mut columns = HistogramColumns::new();
    let decoded = columns.decode(encoding, bytes);
    match &got {
        Ok(samples) => {
            assert_eq!(decoded, Ok(samples.len()));
            assert_eq!(columns.len(), samples.len());
            for ((t_ms, histogram), (t_column_ms, float)) in samples.iter().zip(columns.iter()) {
                assert_eq!((*t_ms, bits(&histogram.in_floats())), (t_column_ms, bits(&float)));
            }
        }
        Err(error) => assert_eq!((decoded, columns.len()), (Err(*error), 0)),
    }
    match (got, reference::decode::<N>(bytes)) {
        (Ok(got), Ok(want)) => {
            assert_eq!(got.len(), want.len());
            for ((t_ms, got), (want_ms, mut want)) in got.into_iter().zip(want) {
                want.accept_schema().expect("the reader has done so");
                assert_eq!((t_ms, bits(&got)), (want_ms, bits(&want)));
            }
        }
        (Err(ChunkError::TooManySamples { .. } | ChunkError::TooMany { .. }), Err(_)) => {}
        (Err(ChunkError::SpansOverlap { schema }), want) => {
            let is_refused = |want: Vec<(i64, NativeHistogram<N>)>| {
                want.into_iter().any(|(_, mut want)| want.accept_schema().is_err())
            };
            // Later samples may be cut off: the first was refused before.
            assert!(schema > 8 && want.map_or(true, is_refused));
        }
        (
            Err(
                ChunkError::Truncated { at_bit, .. }
                | ChunkError::WindowTooWide { at_bit, .. }
                | ChunkError::UnknownSchema { at_bit, .. }
                | ChunkError::NumberTooLarge { at_bit, .. },
            ),
            Err(want),
        ) => assert_eq!(at_bit, want),
        (got, want) => panic!("readers disagree on {bytes:02x?}: {got:?}, reference {want:?}"),
    }
}

trait ToFloat {
    fn in_floats(&self) -> FloatHistogram;
}

impl ToFloat for Histogram {
    /// As it is, whether or not it makes sense.
    fn in_floats(&self) -> FloatHistogram {
        let side = |side: &Side<i64>| {
            let sums = side.buckets.iter().scan(0.0, |sum, &difference| {
                *sum += difference as f64;
                Some(*sum)
            });
            Side { spans: side.spans.clone(), buckets: sums.collect() }
        };
        FloatHistogram {
            counter_reset_hint: self.counter_reset_hint,
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count as f64,
            count: self.count as f64,
            sum: self.sum,
            positive: side(&self.positive),
            negative: side(&self.negative),
            custom_values: self.custom_values.clone(),
        }
    }
}

impl ToFloat for FloatHistogram {
    fn in_floats(&self) -> FloatHistogram {
        self.clone()
    }
}

fn assert_round_trip<N: HistogramNumber + Twin>(encoding: Encoding, series: &[(i64, NativeHistogram<N>)])
where
    NativeHistogram<N>: ToFloat,
{
    let chunks = chunks_of(series);
    let mut rest = series.iter();
    for chunk in &chunks {
        assert_agreement::<N>(encoding, chunk);
        let samples = read::<N>(chunk).expect("our own chunk");
        let header = CounterResetHeader::from_byte(chunk[FLAGS_BYTE]);
        for (index, (t_ms, got)) in samples.iter().enumerate() {
            let (want_ms, want) = rest.next().expect("not more than were appended");
            assert_eq!(t_ms, want_ms);
            assert_eq!(content(&got.in_floats()), content(&want.in_floats()), "{want:?}");
            let hint = if got.sum.to_bits() == STALE_NAN_BITS {
                CounterResetHint::Unknown
            } else {
                header.hint(index)
            };
            assert_eq!(got.counter_reset_hint, hint);
        }
        // Whatever lies behind the last sample is not looked at.
        let mut longer = chunk.to_vec();
        longer.extend_from_slice(&[0xff; 40]);
        let again = read::<N>(&longer).expect("our own chunk");
        assert_eq!(again.len(), samples.len());
        let resumed = NativeHistogramAppender::<N>::resume(&longer).expect("our own chunk");
        assert_eq!(resumed.finish(), *chunk);
    }
    assert!(rest.next().is_none());
}

/// A chunk that has been recoded equals one whose first histogram had all buckets from the start.
fn assert_recoded_is_from_scratch<N: HistogramNumber + Twin>(series: &[(i64, NativeHistogram<N>)]) {
    for chunk in chunks_of(series) {
        let mut open = NativeHistogramAppender::<N>::new();
        for (t_ms, mut histogram) in read::<N>(&chunk).expect("our own chunk") {
            // A stale sample of gauges has lost its hint, and would break.
            if CounterResetHeader::from_byte(chunk[FLAGS_BYTE]) == CounterResetHeader::Gauge {
                histogram.counter_reset_hint = CounterResetHint::Gauge;
            }
            assert_eq!(open.append(t_ms, &histogram), Ok(Appended::Here));
        }
        let mut want = chunk.to_vec();
        want[FLAGS_BYTE] = open.bytes()[FLAGS_BYTE];
        assert_eq!(open.bytes(), want);
    }
}

fn assert_resumable<N: HistogramNumber + Twin>(series: &[(i64, NativeHistogram<N>)]) {
    let mut open = NativeHistogramAppender::<N>::new();
    for (t_ms, histogram) in series {
        let mut resumed = NativeHistogramAppender::<N>::resume(open.bytes()).expect("our own chunk");
        let appended = open.append(*t_ms, histogram).expect("well-formed");
        assert_eq!(resumed.append(*t_ms, histogram), Ok(appended));
        assert_eq!(resumed.bytes(), open.bytes());
        let mut newest = NativeHistogram::default();
        assert_eq!(open.copy_newest_into(&mut newest), Some(*t_ms));
        let read = read::<N>(open.bytes()).expect("our own chunk");
        assert_eq!(read.last().map(|(_, last)| bits(last)), Some(bits(&newest)));
    }
}

fn assert_damage_is_found<N: HistogramNumber + Twin>(
    encoding: Encoding,
    series: &[(i64, NativeHistogram<N>)],
    flips: &[prop::sample::Index],
    count: Option<u16>,
) where
    NativeHistogram<N>: ToFloat,
{
    for chunk in chunks_of(series) {
        for len in 0..chunk.len() {
            assert!(read::<N>(&chunk[..len]).is_err());
            assert_agreement::<N>(encoding, &chunk[..len]);
        }
        let mut bytes = chunk.to_vec();
        for flip in flips {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
        }
        if let Some(count) = count {
            bytes[..2].copy_from_slice(&count.to_be_bytes());
        }
        assert_agreement::<N>(encoding, &bytes);
        let resumed = NativeHistogramAppender::<N>::resume(&bytes);
        // Spans that overlap disturb only who wants to merge buckets.
        if let Err(error) = read::<N>(&bytes) {
            let is_overlap = matches!(error, ChunkError::SpansOverlap { .. });
            assert!(is_overlap || resumed.as_ref().err() == Some(&error));
        }
        // A chunk with damage that nobody notices can be gone on with.
        if let (Ok(mut resumed), Some((t_ms, histogram))) = (resumed, series.last()) {
            let appended = resumed.append(*t_ms, histogram);
            assert!(
                appended.is_ok() || matches!(appended, Err(ChunkError::Full | ChunkError::TooMany { .. }))
            );
            assert_agreement::<N>(encoding, resumed.bytes());
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(series in series(1..60)) {
        assert_round_trip(Encoding::Histogram, &series);
        assert_round_trip(Encoding::FloatHistogram, &in_floats(&series));
    }

    #[test]
    fn recoding_equals_encoding_from_scratch(series in series(1..60)) {
        assert_recoded_is_from_scratch(&series);
        assert_recoded_is_from_scratch(&in_floats(&series));
    }

    #[test]
    fn every_prefix_is_a_chunk_and_can_be_resumed(series in series(1..25)) {
        assert_resumable(&series);
        assert_resumable(&in_floats(&series));
    }

    #[test]
    fn damaged_chunks_read_alike(
        series in series(1..14),
        flips in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        count in prop::option::weighted(0.2, any::<u16>()),
    ) {
        assert_damage_is_found(Encoding::Histogram, &series, &flips, count);
        assert_damage_is_found(Encoding::FloatHistogram, &in_floats(&series), &flips, count);
    }

    #[test]
    fn garbage_reads_alike(
        count in 0..200_u16,
        body in prop::collection::vec(any::<u8>(), 0..200),
        zeros in 0..60_usize,
        is_plain in any::<bool>(),
    ) {
        let mut bytes = count.to_be_bytes().to_vec();
        // Zero threshold and schema mostly end the matter.
        bytes.extend_from_slice(if is_plain { &[0x00, 0x00, 0x40] } else { &[] });
        bytes.extend(body);
        bytes.resize(bytes.len() + zeros, 0);
        assert_agreement::<i64>(Encoding::Histogram, &bytes);
        assert_agreement::<f64>(Encoding::FloatHistogram, &bytes);
    }

    #[test]
    fn a_head_keeps_every_histogram_in_order(series in series(1..80)) {
        let mut head = HistogramChunks::new(2 * 3_600_000);
        let mut chunks = Vec::new();
        for (index, (t_ms, histogram)) in series.iter().enumerate() {
            let float = histogram.to_float();
            // The kind changes now and then.
            let histogram: AnyHistogram<'_> = if index / 30 % 2 == 0 { histogram.into() } else { (&float).into() };
            chunks.extend(head.append(*t_ms, histogram).expect("well-formed"));
            let open = head.open().expect("has one");
            prop_assert_eq!(open.max_ms, *t_ms);
        }
        chunks.extend(head.finish());
        prop_assert!(head.open().is_none());
        let mut columns = HistogramColumns::new();
        let mut rest = series.iter();
        for chunk in chunks {
            prop_assert_eq!(columns.decode(chunk.encoding, &chunk.bytes), Ok(usize::from(chunk.samples)));
            prop_assert_eq!(columns.timestamps().first(), Some(&chunk.min_ms));
            prop_assert_eq!(columns.timestamps().last(), Some(&chunk.max_ms));
            for (t_ms, got) in columns.iter() {
                let (want_ms, want) = rest.next().expect("not more than were appended");
                prop_assert_eq!(t_ms, *want_ms);
                prop_assert_eq!(content(&got), content(&want.to_float()));
            }
        }
        prop_assert!(rest.next().is_none());
    }
}

fn histogram(notation: &str) -> FloatHistogram {
    notation.parse().expect("a test's own notation")
}

/// The headers of the chunks that floats, and whole numbers, are in.
fn headers(notations: &[&str]) -> (Vec<CounterResetHeader>, Vec<CounterResetHeader>) {
    let floats: Vec<_> =
        notations.iter().zip(0..).map(|(notation, t_ms)| (t_ms, histogram(notation))).collect();
    let integers: Vec<_> = floats.iter().map(|(t_ms, float)| (*t_ms, integer(float))).collect();
    let of =
        |chunks: Vec<Box<[u8]>>| chunks.iter().map(|chunk| CounterResetHeader::from_byte(chunk[2])).collect();
    (of(chunks_of(&integers)), of(chunks_of(&floats)))
}

/// A histogram of floats that are whole.
fn integer(float: &FloatHistogram) -> Histogram {
    let side = |side: &Side<f64>| {
        let mut previous = 0;
        let mut held = |&count: &f64| {
            let held = count as i64 - previous;
            previous = count as i64;
            held
        };
        Side { spans: side.spans.clone(), buckets: side.buckets.iter().map(&mut held).collect() }
    };
    Histogram {
        counter_reset_hint: float.counter_reset_hint,
        schema: float.schema,
        zero_threshold: float.zero_threshold,
        zero_count: float.zero_count as u64,
        count: float.count as u64,
        sum: float.sum,
        positive: side(&float.positive),
        negative: side(&float.negative),
        custom_values: float.custom_values.clone(),
    }
}

#[test]
fn headers_say_why_a_chunk_was_begun() {
    use CounterResetHeader::{Gauge, NotReset, Reset, Unknown};
    let plain = "{{count:5 buckets:[2 3]}}";
    let cases: [(&str, CounterResetHeader, CounterResetHeader); 9] = [
        ("{{count:4 buckets:[2 2]}}", Reset, Reset),
        ("{{count:9 buckets:[9 0]}}", Reset, Reset),
        ("{{count:9 offset:1 buckets:[9]}}", Reset, Reset),
        ("{{count:9 buckets:[2 7] counter_reset_hint:reset}}", Reset, Reset),
        ("{{schema:1 count:9 buckets:[2 7]}}", Unknown, Unknown),
        ("{{count:9 z_bucket_w:0.5 buckets:[2 7]}}", Unknown, Unknown),
        ("{{schema:1 count:4 buckets:[2 2]}}", Reset, Reset),
        ("{{count:9 buckets:[2 7] counter_reset_hint:gauge}}", Gauge, Gauge),
        ("{{schema:-53 count:9 custom_values:[1] buckets:[2 7]}}", Unknown, Unknown),
    ];
    for (next, integer, float) in cases {
        assert_eq!(headers(&[plain, next]), (vec![Unknown, integer], vec![Unknown, float]), "{next}");
    }
    let gauge = "{{count:5 buckets:[2 3] counter_reset_hint:gauge}}";
    // A reset that is stated behind a gauge is passed over.
    for next in [plain, "{{count:9 buckets:[2 7] counter_reset_hint:reset}}"] {
        assert_eq!(headers(&[gauge, next]), (vec![Gauge, NotReset], vec![Gauge, Unknown]));
    }
    assert_eq!(headers(&[gauge, "{{counter_reset_hint:gauge}}"]), (vec![Gauge], vec![Gauge]));
    let bounds = [
        "{{schema:-53 count:1 custom_values:[1] buckets:[1]}}",
        "{{schema:-53 count:1 custom_values:[2] buckets:[1]}}",
    ];
    assert_eq!(headers(&bounds), (vec![Unknown, Reset], vec![Unknown, Reset]));
}

#[test]
fn a_cut_for_size_knows_whether_there_was_a_reset() {
    use CounterResetHeader::{Gauge, NotReset, Reset, Unknown};
    for (next, integer_header, float_header) in [
        ("{{count:9 buckets:[2 7]}}", NotReset, NotReset),
        ("{{count:9 buckets:[2 7] counter_reset_hint:reset}}", Reset, Reset),
        ("{{count:9 buckets:[2 7] counter_reset_hint:gauge}}", Gauge, Gauge),
        ("{{count:4 buckets:[2 2]}}", Reset, Reset),
        // Upstream's two codecs do not agree here.
        ("{{schema:1 count:9 buckets:[2 7]}}", Unknown, NotReset),
    ] {
        let (first, next) = (histogram("{{count:5 buckets:[2 3]}}"), histogram(next));
        let mut open = FloatHistogramAppender::new();
        open.append(0, &first).expect("well-formed");
        let finished = open.cut(1, &next).expect("well-formed");
        assert_eq!((read::<f64>(&finished).map(|read| read.len()), open.header()), (Ok(1), float_header));
        let mut open = HistogramAppender::new();
        open.append(0, &integer(&first)).expect("well-formed");
        open.cut(1, &integer(&next)).expect("well-formed");
        assert_eq!((open.samples(), open.header()), (1, integer_header));
    }
}

#[test]
fn stale_samples_have_nothing_and_end_a_chunk() {
    let live = histogram("{{count:5 sum:3 buckets:[2 3]}}");
    let stale = FloatHistogram { sum: STALE, ..live.clone() };
    let series = [(0, live.clone()), (1, stale.clone()), (2, stale.clone()), (3, live.clone()), (4, live)];
    let chunks = chunks_of(&series);
    assert_eq!(chunks.iter().map(|chunk| chunk[1]).collect::<Vec<_>>(), [3, 2]);
    let read = read::<f64>(&chunks[0]).expect("our own chunk");
    let empty = FloatHistogram { sum: STALE, ..FloatHistogram::default() };
    assert!(read[1..].iter().all(|(_, sample)| bits(sample) == bits(&empty)));
    // A chunk that begins stale has no layout.
    let chunks = chunks_of(&[(0, stale)]);
    let mut reader = FloatHistogramReader::new(&chunks[0]).expect("our own chunk");
    assert!(reader.layout().is_none());
    reader.read_into(&mut FloatHistogram::default()).expect("our own chunk");
    assert_eq!(reader.layout(), Some(&HistogramLayout::default()));
}

#[test]
fn buckets_that_a_sample_lacks_are_filled_in() {
    let mut open = FloatHistogramAppender::new();
    assert_eq!(open.append(0, &histogram("{{count:5 buckets:[2 0 3] n_buckets:[0]}}")), Ok(Appended::Here));
    let before = open.bytes().to_vec();
    // Nothing new, but spans of its own: the chunk keeps its layout.
    assert_eq!(open.append(1, &histogram("{{count:6 buckets:[2]}}")), Ok(Appended::Cut(before.into())));
    let mut open = FloatHistogramAppender::new();
    open.append(0, &histogram("{{count:2 buckets:[2 0 0] n_buckets:[0]}}")).expect("well-formed");
    assert_eq!(open.append(1, &histogram("{{count:6 buckets:[6]}}")), Ok(Appended::Here));
    // New ones on one side, lacking ones on both.
    assert_eq!(open.append(2, &histogram("{{count:7 offset:-1 buckets:[1 6]}}")), Ok(Appended::Recoded));
    let read = read::<f64>(open.bytes()).expect("our own chunk");
    assert_eq!(read[0].1.positive.spans, [Span { offset: -1, length: 4 }]);
    assert_eq!(read[0].1.negative.spans, [Span { offset: 0, length: 1 }]);
    let rows: Vec<_> = read.iter().map(|(_, sample)| sample.positive.buckets.as_slice()).collect();
    assert_eq!(rows, [[0.0, 2.0, 0.0, 0.0], [0.0, 6.0, 0.0, 0.0], [1.0, 6.0, 0.0, 0.0]]);
}

#[test]
fn finer_schemas_are_brought_to_the_finest_known() {
    let mut open = FloatHistogramAppender::new();
    let fine = FloatHistogram { schema: Schema::new(9), ..histogram("{{count:7 offset:1 buckets:[1 2 4]}}") };
    open.append(0, &fine).expect("well-formed");
    open.append(1, &fine).expect("well-formed");
    let mut columns = HistogramColumns::new();
    assert_eq!(columns.decode(Encoding::FloatHistogram, open.bytes()), Ok(2));
    assert_eq!((columns.layout().schema, columns.positive(1)), (Schema::new(8), &[3.0, 4.0][..]));
    assert_agreement::<f64>(Encoding::FloatHistogram, open.bytes());
}

#[test]
fn what_cannot_be_written_changes_nothing() {
    let mut open = FloatHistogramAppender::new();
    open.append(0, &histogram("{{count:5 buckets:[2 3]}}")).expect("well-formed");
    let before = open.bytes().to_vec();
    let mut wrong = histogram("{{count:9 buckets:[2 7]}}");
    wrong.positive.buckets.pop();
    assert_eq!(open.append(1, &wrong), Err(ChunkError::SpansBucketsMismatch { needed: 2, found: 1 }));
    wrong.positive.spans = vec![Span { offset: 0, length: 0 }; SPANS_MAX as usize + 1];
    wrong.positive.buckets.clear();
    assert!(matches!(open.append(1, &wrong), Err(ChunkError::TooMany { what: "spans", .. })));
    assert_eq!(open.bytes(), before);
    let empty = FloatHistogram::default();
    let mut open = FloatHistogramAppender::new();
    for t_ms in 0..u16::MAX {
        open.append(t_ms.into(), &empty).expect("below the limit");
    }
    assert_eq!(open.append(65_535, &empty), Err(ChunkError::Full));
    assert_eq!(read::<f64>(open.bytes()).map(|read| read.len()), Ok(65_535));
    assert!(open.cut(65_535, &empty).is_ok() && open.samples() == 1);
}

#[test]
fn counts_beyond_the_bytes_reserve_nothing() {
    // One sample; no zero threshold, schema 0, one span of 2^32 - 1 buckets.
    let mut bytes = vec![0, 1, 0, 0];
    let mut bits = crate::bits::BitWriter::new(&mut bytes, 0);
    bits.write(0, 1);
    crate::varbit::write_uvarbit(&mut bits, 1);
    crate::varbit::write_uvarbit(&mut bits, u64::from(u32::MAX));
    bits.write(0, 1);
    bytes.resize(40, 0);
    let error = read::<i64>(&bytes).expect_err("four billion buckets in 40 bytes");
    let count_max = (40 * 8 - 32 - 1 - 5 - 64 - 1) as u64;
    let count = u64::from(u32::MAX);
    assert_eq!(error, ChunkError::TooMany { at_bit: 33, count, count_max, what: "buckets" });
    assert_eq!(error.to_string(), "chunk lists 4294967295 buckets at bit 33, expected at most 217");
    let mut columns = HistogramColumns::new();
    assert_eq!(
        columns.decode(Encoding::Histogram, &[0xff, 0xff, 0, 0]).map_err(|error| error.to_string()),
        Err("chunk header counts 65535 samples, expected at most 0 in 4 bytes".into())
    );
    assert_eq!(columns.decode(Encoding::Xor, &[0, 0]), Err(ChunkError::NotHistograms));
    assert_eq!(columns.decode(Encoding::Histogram, &[0, 0, 0x80]), Ok(0));
    assert_eq!(columns.header(), CounterResetHeader::Reset);
}
