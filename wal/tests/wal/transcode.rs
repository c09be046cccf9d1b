//! A record, decoded and encoded again.

use emberdb_histogram::NativeHistogram;
use emberdb_wal::{
    ExemplarDecoder, ExemplarEncoder, HistogramDecoder, MetadataDecoder, RecordError, RecordKind,
    RecordNumber, RefStamp, SeriesDecoder, SeriesEncoder, decode_mmap_markers, decode_samples,
    decode_started_samples, decode_tombstones, encode_histograms, encode_metadata, encode_mmap_markers,
    encode_samples, encode_started_histograms, encode_started_samples, encode_tombstones,
};

/// The histograms of a record with their stamps.
pub(crate) type Histograms<N> = Vec<(RefStamp, NativeHistogram<N>)>;

/// What a record says, written anew: nothing if it holds no histogram, two records if it holds histograms of both kinds
/// of bounds that are to be apart, else one.
pub(crate) fn transcode(record: &[u8]) -> Result<Vec<Vec<u8>>, RecordError> {
    let mut encoded = Vec::new();
    match RecordKind::from_byte(record[0]) {
        RecordKind::Series => {
            let (mut decoder, mut labels) = (SeriesDecoder::new(record)?, Vec::new());
            let mut encoder = SeriesEncoder::new(&mut encoded);
            while let Some(series_ref) = decoder.next_series(&mut labels)? {
                encoder.add(series_ref, labels.iter().copied());
            }
        }
        RecordKind::Samples => {
            let mut samples = Vec::new();
            decode_samples(record, &mut samples)?;
            encode_samples(samples, &mut encoded);
        }
        RecordKind::SamplesV2 => {
            let mut samples = Vec::new();
            decode_started_samples(record, &mut samples)?;
            encode_started_samples(samples, &mut encoded);
        }
        RecordKind::Tombstones => {
            let mut tombstones = Vec::new();
            decode_tombstones(record, &mut tombstones)?;
            encode_tombstones(tombstones, &mut encoded);
        }
        RecordKind::Exemplars => {
            let (mut decoder, mut labels) = (ExemplarDecoder::new(record)?, Vec::new());
            let mut encoder = ExemplarEncoder::new(&mut encoded);
            while let Some(exemplar) = decoder.next_exemplar(&mut labels)? {
                encoder.add(exemplar, labels.iter().copied());
            }
        }
        RecordKind::MmapMarkers => {
            let mut markers = Vec::new();
            decode_mmap_markers(record, &mut markers)?;
            encode_mmap_markers(markers, &mut encoded);
        }
        RecordKind::Metadata => {
            let (mut decoder, mut metadata) = (MetadataDecoder::new(record)?, Vec::new());
            while let Some(one) = decoder.next_metadata()? {
                metadata.push(one);
            }
            encode_metadata(metadata, &mut encoded);
        }
        RecordKind::HistogramSamples | RecordKind::CustomBucketsHistogramSamples => {
            return Ok(encode_commit(&decode_histograms::<i64>(record)?));
        }
        RecordKind::FloatHistogramSamples | RecordKind::CustomBucketsFloatHistogramSamples => {
            return Ok(encode_commit(&decode_histograms::<f64>(record)?));
        }
        RecordKind::HistogramSamplesV2 => encode_started::<i64>(record, &mut encoded)?,
        RecordKind::FloatHistogramSamplesV2 => encode_started::<f64>(record, &mut encoded)?,
        _ => encoded.extend_from_slice(record),
    }
    Ok(without_empty([encoded]))
}

pub(crate) fn decode_histograms<N: RecordNumber>(record: &[u8]) -> Result<Histograms<N>, RecordError> {
    let mut decoder = HistogramDecoder::new(record)?;
    let (mut decoded, mut histogram) = (Vec::new(), NativeHistogram::default());
    while let Some(stamp) = decoder.next_histogram(&mut histogram)? {
        decoded.push((stamp, histogram.clone()));
    }
    Ok(decoded)
}

/// The records of a commit's histograms without start timestamps.
pub(crate) fn encode_commit<N: RecordNumber>(histograms: &[(RefStamp, NativeHistogram<N>)]) -> Vec<Vec<u8>> {
    let (mut record, mut record_custom) = (Vec::new(), Vec::new());
    let borrowed = histograms.iter().map(|(stamp, histogram)| (*stamp, histogram));
    encode_histograms(borrowed, &mut record, &mut record_custom);
    without_empty([record, record_custom])
}

fn encode_started<N: RecordNumber>(record: &[u8], encoded: &mut Vec<u8>) -> Result<(), RecordError> {
    let histograms = decode_histograms::<N>(record)?;
    encode_started_histograms(histograms.iter().map(|(stamp, histogram)| (*stamp, histogram)), encoded);
    Ok(())
}

fn without_empty<const COUNT: usize>(records: [Vec<u8>; COUNT]) -> Vec<Vec<u8>> {
    records.into_iter().filter(|record| !record.is_empty()).collect()
}
