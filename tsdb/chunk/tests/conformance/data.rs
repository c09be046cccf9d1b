//! Where the data is and what it looks like.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A float, which is a string: with the bits that inputs have.
pub(crate) fn float(value: &Value) -> f64 {
    match value.as_str().expect("floats are strings") {
        "NaN" => f64::from_bits(0x7ff8_0000_0000_0001),
        "StaleNaN" => f64::from_bits(0x7ff0_0000_0000_0002),
        text => text.parse().expect("a float"),
    }
}

pub(crate) fn parse(line: &str) -> Value {
    serde_json::from_str(line).expect("a JSON line")
}

/// The elements of an array; none of anything else.
pub(crate) fn array(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u8> =
        text.bytes().filter_map(|c| ALPHABET.iter().position(|&a| a == c)).map(|digit| digit as u8).collect();
    let bits = digits.iter().flat_map(|digit| (0..6).rev().map(move |place| digit >> place & 1));
    bits.collect::<Vec<_>>().chunks_exact(8).map(|byte| byte.iter().fold(0, |b, bit| b << 1 | bit)).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test reads its data from where it is told to")]
pub(crate) fn read_data(path: &str) -> Option<String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let folder = std::env::var("EMBERDB_CONFORMANCE").map_or(beside, PathBuf::from);
    std::fs::read_to_string(folder.join(path)).ok()
}
