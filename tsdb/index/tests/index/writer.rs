//! What the writer refuses.

use std::path::Path;

use emberdb_tsdb_index::{ChunkMeta, IndexError, IndexWriter, WriteRefusal};

use crate::memory_file::MemoryFile;
use crate::sample::{self, chunk};

fn refusal<T: std::fmt::Debug>(result: Result<T, IndexError>) -> WriteRefusal {
    match result {
        Err(IndexError::Refused { refusal, path }) => {
            assert_eq!(path, Path::new("index"));
            refusal
        }
        other => panic!("expected a refusal, found {other:?}"),
    }
}

fn create(file: &MemoryFile) -> IndexWriter {
    IndexWriter::create(&file.env(), Path::new("index"), ["a", "b", "c"]).unwrap()
}

#[test]
fn symbols_are_sorted_and_distinct() {
    for symbols in [["b", "a"], ["a", "a"], ["", ""]] {
        let created = IndexWriter::create(&MemoryFile::new().env(), Path::new("index"), symbols);
        assert!(matches!(refusal(created), WriteRefusal::SymbolOrder { .. }), "{symbols:?}");
    }
}

#[test]
fn what_is_refused_leaves_no_trace() {
    let file = MemoryFile::new();
    let mut writer = create(&file);
    let mut add = |labels: &[(&'static str, &'static str)], chunks: &[ChunkMeta]| {
        writer.add_series(labels.iter().copied(), chunks)
    };
    assert!(matches!(refusal(add(&[], &[])), WriteRefusal::SeriesOrder { .. }));
    assert!(matches!(refusal(add(&[("a", "")], &[])), WriteRefusal::EmptyLabel { part: "value" }));
    assert!(matches!(refusal(add(&[("", "a")], &[])), WriteRefusal::EmptyLabel { part: "name" }));
    assert!(matches!(refusal(add(&[("a", "x")], &[])), WriteRefusal::UnknownSymbol { .. }));
    assert!(matches!(refusal(add(&[("b", "a"), ("a", "b")], &[])), WriteRefusal::LabelOrder { .. }));
    assert!(matches!(refusal(add(&[("a", "a"), ("a", "b")], &[])), WriteRefusal::LabelOrder { .. }));

    add(&[("a", "b")], &[chunk(0, 5, 100)]).unwrap();
    for labels in [&[("a", "b")][..], &[("a", "a"), ("b", "b")], &[]] {
        assert!(matches!(refusal(add(labels, &[])), WriteRefusal::SeriesOrder { .. }), "{labels:?}");
    }
    let next = &[("a", "b"), ("b", "c")][..];
    assert!(matches!(refusal(add(next, &[chunk(0, 5, 99)])), WriteRefusal::ChunkRefOrder { .. }));
    assert!(matches!(refusal(add(next, &[chunk(5, 4, 100)])), WriteRefusal::ChunkTimeOrder { .. }));
    let touching = [chunk(0, 5, 100), chunk(5, 6, 101)];
    assert!(matches!(refusal(add(next, &touching)), WriteRefusal::ChunkTimeOrder { .. }));
    let falling = [chunk(0, 5, 101), chunk(6, 7, 100)];
    assert!(matches!(refusal(add(next, &falling)), WriteRefusal::ChunkRefOrder { .. }));
    add(next, &[chunk(-9, -9, 100)]).unwrap();
    writer.finish().unwrap();

    let untroubled = MemoryFile::new();
    let mut writer = create(&untroubled);
    writer.add_series([("a", "b")].into_iter(), &[chunk(0, 5, 100)]).unwrap();
    writer.add_series(next.iter().copied(), &[chunk(-9, -9, 100)]).unwrap();
    writer.finish().unwrap();
    assert_eq!(file.bytes(), untroubled.bytes());
    let index = sample::open(&file.bytes()).unwrap();
    assert_eq!(sample::faults(&index), Vec::<String>::new());
    // The writer puts no empty string among the symbols by itself.
    assert_eq!(index.symbols().collect::<Result<Vec<_>, _>>().unwrap(), ["a", "b", "c"]);
}

#[test]
fn messages_say_what_is_out_of_order() {
    let mut writer = create(&MemoryFile::new());
    writer.add_series([("b", "c")].into_iter(), &[]).unwrap();
    let error = writer.add_series([("a", "b"), ("b", "c")].into_iter(), &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"cannot write index: the series {a="b", b="c"} does not sort after the one before it"#
    );
}

#[test]
fn a_full_disk_is_an_error_and_the_end() {
    let bytes = sample::write(&sample::small()).len();
    for bytes_max in [0, bytes - 1] {
        let file = MemoryFile::full_after(bytes_max);
        let mut writer = create(&file);
        writer.add_series([("a", "b")].into_iter(), &[]).unwrap();
        // So much that it cannot all be gathered.
        let chunks: Vec<_> = (0..200_000).map(|n| chunk(n * 1000, n * 1000 + 999, n as u64 * 500)).collect();
        let error = writer.add_series([("b", "c")].into_iter(), &chunks).unwrap_err();
        assert!(matches!(error, IndexError::Fs(_)), "{error}");
        assert_eq!(refusal(writer.add_series([("c", "c")].into_iter(), &[])), WriteRefusal::AfterFailure);
        assert_eq!(refusal(writer.finish()), WriteRefusal::AfterFailure);
    }
    let file = MemoryFile::full_after(9);
    assert!(matches!(create(&file).finish(), Err(IndexError::Fs(_))));
}
