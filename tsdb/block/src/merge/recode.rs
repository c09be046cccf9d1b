//! Samples out of chunks and into new ones.

use emberdb_histogram::{FloatHistogram, Histogram, NativeHistogram};
use emberdb_tsdb_chunk::{
    Appended, ChunkError, Encoding, FloatAppender, FloatHistogramAppender, FloatHistogramStAppender,
    HistogramAppender, HistogramNumber, HistogramStAppender, HistogramStarts, NativeHistogramReader,
    NoStarts, Starts, decode_floats,
};

use crate::BlockChunk;

/// Upstream begins a chunk behind so many samples when it encodes them anew.
pub(crate) const CHUNK_SAMPLES_MAX: usize = 120;

/// A sample as it is stored: whole numbers stay whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredSample {
    pub(crate) t_ms: i64,
    /// Since when it counts; 0 is unknown.
    pub(crate) start_ms: i64,
    pub(crate) value: StoredValue,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StoredValue {
    Float(f64),
    Histogram(Box<Histogram>),
    FloatHistogram(Box<FloatHistogram>),
}

/// The encoding that upstream chooses for a sample. One with a start timestamp gets one that keeps it.
pub(crate) const fn encoding_of(sample: &StoredSample, float_encoding: Encoding) -> Encoding {
    let plain = match sample.value {
        StoredValue::Float(_) => match float_encoding {
            Encoding::Xor2 => Encoding::Xor2,
            _ => Encoding::Xor,
        },
        StoredValue::Histogram(_) => Encoding::Histogram,
        StoredValue::FloatHistogram(_) => Encoding::FloatHistogram,
    };
    if sample.start_ms == 0 { plain } else { plain.with_starts() }
}

/// Appends the samples of a chunk.
pub(crate) fn decode_samples(
    encoding: u8,
    data: &[u8],
    samples: &mut Vec<StoredSample>,
) -> Result<(), ChunkError> {
    let encoding = Encoding::from_id(encoding)?;
    match encoding {
        Encoding::Xor | Encoding::Xor2 => append_floats(encoding, data, samples),
        Encoding::Histogram => append_histograms::<i64, NoStarts>(data, integer, samples),
        Encoding::HistogramSt => append_histograms::<i64, Starts>(data, integer, samples),
        Encoding::FloatHistogram => append_histograms::<f64, NoStarts>(data, float, samples),
        Encoding::FloatHistogramSt => append_histograms::<f64, Starts>(data, float, samples),
    }
}

/// Chunks of samples that are in the order of time. A chunk ends behind `samples_max` samples, where the next sample is of another
/// kind or has a start timestamp that the chunk has no place for, and where a histogram cannot follow the one before.
pub(crate) fn encode_samples(
    samples: &[StoredSample],
    samples_max: usize,
    encoding_of: impl Fn(&StoredSample) -> Encoding,
) -> Result<Vec<BlockChunk>, ChunkError> {
    let mut chunks = Vec::new();
    let mut open: Option<Open> = None;
    for sample in samples {
        let encoding = encoding_of(sample);
        let goes_on =
            open.as_ref().is_some_and(|open| open.samples < samples_max && open.takes(sample, encoding));
        if !goes_on {
            chunks.extend(open.take().map(Open::finish));
        }
        let open = open.get_or_insert_with(|| Open::new(encoding, sample.t_ms));
        chunks.extend(open.append(sample)?);
    }
    chunks.extend(open.map(Open::finish));
    Ok(chunks)
}

/// A chunk that samples are appended to.
struct Open {
    min_ms: i64,
    max_ms: i64,
    samples: usize,
    encoding: Encoding,
    appender: Appender,
}

enum Appender {
    Floats(FloatAppender),
    Histogram(Box<HistogramAppender>),
    HistogramSt(Box<HistogramStAppender>),
    FloatHistogram(Box<FloatHistogramAppender>),
    FloatHistogramSt(Box<FloatHistogramStAppender>),
}

impl Open {
    fn new(encoding: Encoding, t_ms: i64) -> Self {
        let appender = match encoding {
            Encoding::Xor | Encoding::Xor2 => Appender::Floats(FloatAppender::new(encoding)),
            Encoding::Histogram => Appender::Histogram(Box::default()),
            Encoding::HistogramSt => Appender::HistogramSt(Box::default()),
            Encoding::FloatHistogram => Appender::FloatHistogram(Box::default()),
            Encoding::FloatHistogramSt => Appender::FloatHistogramSt(Box::default()),
        };
        Self { min_ms: t_ms, max_ms: t_ms, samples: 0, encoding, appender }
    }

    /// Whether a sample that should have an encoding can go into this chunk. Of floats either encoding goes on with samples
    /// of the other, as long as no start timestamp is lost.
    fn takes(&self, sample: &StoredSample, encoding: Encoding) -> bool {
        let loses_start = sample.start_ms != 0 && self.encoding == Encoding::Xor;
        self.encoding == encoding || !self.encoding.is_histogram() && !encoding.is_histogram() && !loses_start
    }

    /// Appends a sample; gives back what is finished by that.
    fn append(&mut self, sample: &StoredSample) -> Result<Option<BlockChunk>, ChunkError> {
        let StoredSample { t_ms, start_ms, ref value } = *sample;
        let appended = match (&mut self.appender, value) {
            (Appender::Floats(open), &StoredValue::Float(value)) => {
                open.append(t_ms, value, start_ms)?;
                Appended::Here
            }
            (Appender::Histogram(open), StoredValue::Histogram(value)) => open.append(t_ms, value)?,
            (Appender::HistogramSt(open), StoredValue::Histogram(value)) => {
                open.append_started(t_ms, value, start_ms)?
            }
            (Appender::FloatHistogram(open), StoredValue::FloatHistogram(value)) => {
                open.append(t_ms, value)?
            }
            (Appender::FloatHistogramSt(open), StoredValue::FloatHistogram(value)) => {
                open.append_started(t_ms, value, start_ms)?
            }
            // What chose the encoding did not choose one for this sample.
            (_, StoredValue::Float(_)) => return Err(ChunkError::NotFloats),
            _ => return Err(ChunkError::NotHistograms),
        };
        let finished = match appended {
            Appended::Here | Appended::Recoded => None,
            Appended::Cut(bytes) => {
                let (min_ms, max_ms, encoding) = (self.min_ms, self.max_ms, self.encoding.id());
                (self.min_ms, self.samples) = (t_ms, 0);
                Some(BlockChunk { min_ms, max_ms, encoding, data: bytes.into() })
            }
        };
        self.max_ms = t_ms;
        self.samples += 1;
        Ok(finished)
    }

    fn finish(self) -> BlockChunk {
        let Self { min_ms, max_ms, encoding, appender, .. } = self;
        let bytes = match appender {
            Appender::Floats(open) => open.finish(),
            Appender::Histogram(open) => open.finish(),
            Appender::HistogramSt(open) => open.finish(),
            Appender::FloatHistogram(open) => open.finish(),
            Appender::FloatHistogramSt(open) => open.finish(),
        };
        BlockChunk { min_ms, max_ms, encoding: encoding.id(), data: bytes.into() }
    }
}

fn append_floats(encoding: Encoding, data: &[u8], samples: &mut Vec<StoredSample>) -> Result<(), ChunkError> {
    let (mut timestamps, mut values, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    decode_floats(encoding, data, &mut timestamps, &mut values, &mut starts)?;
    starts.resize(timestamps.len(), 0);
    let columns = timestamps.into_iter().zip(values).zip(starts);
    samples.extend(columns.map(|((t_ms, value), start_ms)| {
        let value = StoredValue::Float(value);
        StoredSample { t_ms, start_ms, value }
    }));
    Ok(())
}

fn append_histograms<N: HistogramNumber, S: HistogramStarts>(
    data: &[u8],
    value: fn(NativeHistogram<N>) -> StoredValue,
    samples: &mut Vec<StoredSample>,
) -> Result<(), ChunkError> {
    let mut reader = NativeHistogramReader::<N, S>::new(data)?;
    loop {
        let mut histogram = NativeHistogram::default();
        let Some(t_ms) = reader.read_into(&mut histogram)? else { return Ok(()) };
        samples.push(StoredSample { t_ms, start_ms: reader.start_ms(), value: value(histogram) });
    }
}

fn integer(histogram: Histogram) -> StoredValue {
    StoredValue::Histogram(Box::new(histogram))
}

fn float(histogram: FloatHistogram) -> StoredValue {
    StoredValue::FloatHistogram(Box::new(histogram))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(times: std::ops::Range<i64>, start_ms: i64) -> Vec<StoredSample> {
        times.map(|t_ms| StoredSample { t_ms, start_ms, value: StoredValue::Float(t_ms as f64) }).collect()
    }

    fn counts(count: i64, times: std::ops::Range<i64>) -> Vec<StoredSample> {
        let histogram: FloatHistogram = format!("{{{{count:{count} buckets:[{count}]}}}}").parse().unwrap();
        times.map(|t_ms| StoredSample { t_ms, start_ms: 0, value: float(histogram.clone()) }).collect()
    }

    fn encoded(samples: &[StoredSample], float_encoding: Encoding) -> Vec<BlockChunk> {
        let chunks =
            encode_samples(samples, CHUNK_SAMPLES_MAX, |sample| encoding_of(sample, float_encoding)).unwrap();
        let mut decoded = Vec::new();
        for chunk in &chunks {
            let before = decoded.len();
            decode_samples(chunk.encoding, &chunk.data, &mut decoded).unwrap();
            assert_eq!((decoded[before].t_ms, decoded[decoded.len() - 1].t_ms), (chunk.min_ms, chunk.max_ms));
        }
        assert_eq!(decoded.len(), samples.len());
        for (decoded, sample) in decoded.iter().zip(samples) {
            assert_eq!((decoded.t_ms, decoded.start_ms), (sample.t_ms, sample.start_ms));
        }
        chunks
    }

    fn shape(chunks: &[BlockChunk]) -> Vec<(u8, i64, i64)> {
        chunks.iter().map(|chunk| (chunk.encoding, chunk.min_ms, chunk.max_ms)).collect()
    }

    #[test]
    fn a_chunk_ends_behind_120_samples_and_between_kinds() {
        assert!(encoded(&[], Encoding::Xor).is_empty());
        let samples = [floats(0..250, 0), counts(9, 250..260), floats(260..270, 0)].concat();
        let want = [(1, 0, 119), (1, 120, 239), (1, 240, 249), (3, 250, 259), (1, 260, 269)];
        assert_eq!(shape(&encoded(&samples, Encoding::Xor)), want);
        assert_eq!(
            shape(&encoded(&samples, Encoding::Xor2)),
            want.map(|(e, a, b)| (if e == 1 { 4 } else { e }, a, b))
        );
    }

    #[test]
    fn a_reset_begins_a_chunk_and_the_count_of_its_samples() {
        let samples = [counts(9, 0..100), counts(3, 100..200), counts(4, 200..230)].concat();
        assert_eq!(shape(&encoded(&samples, Encoding::Xor)), [(3, 0, 99), (3, 100, 219), (3, 220, 229)]);
    }

    #[test]
    fn start_timestamps_are_kept() {
        let samples = [floats(1..5, 0), floats(5..9, 3), floats(9..12, 0)].concat();
        // What has none goes on in the chunk that keeps them.
        assert_eq!(shape(&encoded(&samples, Encoding::Xor)), [(1, 1, 4), (4, 5, 11)]);
        let mut samples = counts(2, 1..4);
        samples[1].start_ms = 1;
        assert_eq!(shape(&encoded(&samples, Encoding::Xor)), [(3, 1, 1), (6, 2, 2), (3, 3, 3)]);
    }
}
