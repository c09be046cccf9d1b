//! The storage that scripts fill: one that gives native histograms back as upstream's head does.

use super::ScriptSeries;
use super::chunked::through_chunks;
use crate::MemoryStorage;

/// A storage in memory in which histograms look as they do after a head had them in chunks.
#[derive(Debug, Default)]
pub struct ScriptStorage {
    /// The samples as they were given: a histogram that comes later changes how those before it are read.
    given: MemoryStorage,
    read: MemoryStorage,
}

impl ScriptStorage {
    /// What was loaded, for queries.
    #[must_use]
    pub fn samples(&self) -> &MemoryStorage {
        &self.read
    }

    /// Drops all data.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds samples, all of them in one batch.
    ///
    /// # Errors
    /// The reason why a sample was refused.
    pub fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String> {
        let given = series.iter().map(|one| (one.labels.clone(), one.samples.clone()));
        self.given.extend(given).map_err(|error| error.to_string())?;
        let as_read = |one: &ScriptSeries| {
            let given = self.given.samples_of(&one.labels);
            let read = through_chunks(&given, one.counts_whole).map_err(|error| error.to_string())?;
            Ok((one.labels.clone(), read))
        };
        self.read.replace(series.iter().map(as_read).collect::<Result<Vec<_>, String>>()?);
        self.read.set_start_timestamps(series.iter().map(|one| {
            let times = one.samples.iter().map(|&(timestamp_ms, _)| timestamp_ms);
            let known =
                times.zip(one.start_timestamps.iter().copied()).filter(|&(_, start_ms)| start_ms != 0);
            (one.labels.clone(), known.collect())
        }));
        Ok(())
    }
}
