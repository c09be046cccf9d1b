//! Histograms in `parser/cases.jsonl`.

use emberdb_histogram::parse_sequence;

use crate::read::{assert_same, float_histogram, list, table};

#[test]
fn histograms_of_series_are_upstreams() {
    let Some(records) = table("parser/cases.jsonl") else { return };
    let mut counts = [0; 3];
    for record in records.iter().filter(|record| record["kind"] == "series") {
        let Some((_, mut rest)) = record["input"].as_str().unwrap().split_once(" {{") else { continue };
        let offset = record["input"].as_str().unwrap().len() - rest.len() - 2;
        rest = &record["input"].as_str().unwrap()[offset..];
        if record["ok"] == true {
            let mut found = Vec::new();
            while !rest.is_empty() {
                let (histograms, others) =
                    parse_sequence(rest).unwrap_or_else(|error| panic!("{error}: {record}"));
                found.extend(histograms);
                rest = others.trim_start();
            }
            let expected = list(&record["values"]);
            assert_eq!(found.len(), expected.len(), "{record}");
            for (found, expected) in found.iter().zip(expected) {
                assert_same(&found.histogram, &float_histogram(&expected["h"]), record);
                assert_eq!(found.names_hint, expected["hint_set"], "{record}");
            }
            counts[0] += 1;
        } else {
            let error = parse_sequence(rest).unwrap_err();
            assert_eq!(error.message, record["errors"][0]["msg"].as_str().unwrap(), "{record}");
            counts[1] += 1;
        }
    }
    for record in records.iter().filter(|record| record["kind"] == "histogram_print") {
        assert_eq!(float_histogram(&record["histogram"]).to_notation(), record["print"].as_str().unwrap());
        counts[2] += 1;
    }
    assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
    let [read, refused, printed] = counts;
    println!("{read} series read, {refused} refused, {printed} histograms printed");
}
