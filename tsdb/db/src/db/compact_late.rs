//! From late samples to blocks.

use emberdb_model::storage::StorageError;
use emberdb_tsdb_block::{Block, BlockMeta, HINT_OUT_OF_ORDER};
use emberdb_wal::WalListing;

use super::compact::{Forget, Maintenance};
use super::{Shared, WBL_DIR};
use crate::error::{log_failed, system_failed};

impl Shared {
    /// Writes the late samples as blocks, each of which overlaps those of its time; that they become one is the work of the
    /// compaction after it. Nothing may be left to be forgotten.
    pub(super) fn compact_late(&self, maintenance: &mut Maintenance) -> Result<Vec<BlockMeta>, StorageError> {
        let (late, last_segment) = self.head.finish_late()?;
        if late.range().is_none() {
            return Ok(Vec::new());
        }
        let starts = late.block_starts(&self.head)?;
        let blocks = self.write_ranges(starts, HINT_OUT_OF_ORDER, |range| late.within(&self.head, range))?;
        let metas = blocks.iter().map(|block: &Block| block.meta().clone()).collect();
        let earlier = self.publish(|set| set.replaced(&[], blocks));
        maintenance.forget = Some(Forget { late: Some(late), readers: earlier, ..Forget::default() });
        self.remove_late_log(last_segment)?;
        Ok(metas)
    }

    /// Removes the segments of the log of late samples up to `last`: blocks have what is in them.
    fn remove_late_log(&self, last: Option<u32>) -> Result<(), StorageError> {
        let env = &self.head.env;
        let listing = WalListing::read(env, &self.dir.join(WBL_DIR)).map_err(log_failed)?;
        for segment in listing.segments.iter().filter(|segment| Some(segment.number) <= last) {
            env.fs().remove_file(&segment.path).map_err(system_failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use emberdb_env::Env;
    use emberdb_model::storage::{Appendable, Queryable};
    use emberdb_model::{Labels, SampleColumns, SymbolTable, TimeRange};
    use emberdb_tsdb_chunk::{Encoding, XorAppender};

    use crate::head::chunk_file::{CHUNKS_HEAD_DIR, ChunkFiles, NewChunk, Scan};
    use crate::{Maintained, Tsdb, TsdbOptions};

    const HOUR_MS: i64 = 60 * 60 * 1000;

    fn times(db: &Tsdb) -> Vec<i64> {
        let mut columns = SampleColumns::new();
        let (querier, mut symbols) = (db.querier().unwrap(), SymbolTable::new());
        querier
            .select(&[], TimeRange::ALL, &mut symbols)
            .unwrap()
            .read(0, TimeRange::ALL, &mut columns)
            .unwrap();
        columns.timestamps
    }

    /// Prometheus puts late samples into files of chunks, too. Samples in order of the same files leave the head before.
    #[test]
    fn late_chunks_in_files_are_there_until_they_are_in_blocks() {
        let env = Env::real();
        let dir = env.fs().create_temp_dir("emberdb-late-files").unwrap();
        let options = TsdbOptions { maintenance: Maintained::ByCaller, ..TsdbOptions::default() };
        let open = || Tsdb::open(&env, &dir, options.clone()).unwrap();
        let append = |db: &Tsdb, hours: &[i64]| {
            let (mut appender, labels) = (db.appender().unwrap(), Labels::new([("job", "a")]).unwrap());
            for hour in hours {
                appender.append(&labels, hour * HOUR_MS, 1.0).unwrap();
            }
            assert_eq!(appender.commit().unwrap().samples, hours.len());
        };
        let db = open();
        append(&db, &[1, 3]);
        db.close().unwrap();
        drop(db);
        let mut late = XorAppender::new();
        for t_ms in [10, 20] {
            late.append(t_ms, 2.0).unwrap();
        }
        let late = NewChunk {
            // Of the first series that is logged.
            wal_ref: 1,
            min_ms: 10,
            max_ms: 20,
            encoding: Encoding::Xor,
            is_out_of_order: true,
            bytes: late.bytes(),
        };
        let chunks_dir = dir.join(CHUNKS_HEAD_DIR);
        let mut scan = Scan::read(&env, &chunks_dir).unwrap();
        ChunkFiles::open(&env, &chunks_dir, &mut scan, true).unwrap().append(&[late]).unwrap();

        let late_file = chunks_dir.join("000002");
        assert!(env.fs().exists(&late_file).unwrap());

        let db = open();
        append(&db, &[5]);
        let expected = [10, 20, HOUR_MS, 3 * HOUR_MS, 5 * HOUR_MS];
        assert_eq!(times(&db), expected);
        let report = db.maintain().unwrap();
        assert_eq!((report.blocks_from_head.len(), report.blocks_from_late.len()), (1, 1));
        assert_eq!(times(&db), expected);
        append(&db, &[7, 9]);
        for _ in 0..2 {
            let _ = db.maintain().unwrap();
        }
        assert_eq!(times(&db), [&expected[..], &[7 * HOUR_MS, 9 * HOUR_MS]].concat());
        assert!(!env.fs().exists(&late_file).unwrap(), "nobody needs it any more");
        drop(db);
        env.fs().remove_dir_all(&dir).unwrap();
    }
}
