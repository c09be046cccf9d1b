//! Ranges, steps, offsets and times.

use super::Maker;

/// Offsets that have to be computed.
const OFFSETS: [&str; 7] =
    ["(1m + 30s)", "(2 * 1m)", "step()", "-step()", "(5m - step())", "max_of(1m, step())", "-(1m)"];

impl Maker<'_> {
    /// What stands in the brackets of a range selector; mostly several samples long.
    pub(super) fn range(&mut self) -> String {
        if self.random.percent(6) {
            return self.range_expression();
        }
        let literals = [
            "1m",
            "90s",
            "2m",
            "5m",
            "5m",
            "5m",
            "10m",
            "15m",
            "30m",
            "47s",
            "1h",
            "1h30m",
            "300",
            "120.5",
            "7m30s500ms",
        ];
        self.random.pick(literals).to_owned()
    }

    /// A range that has to be computed. In an instant query `step()` and `range()` are 0, so that none stands alone.
    fn range_expression(&mut self) -> String {
        let expressions = [
            "5m + 30s",
            "2 * 3m",
            "10m / 2",
            "5m - 15s * 4",
            "(1m + 1) * 4",
            "2 ^ 8",
            "1h % 7m",
            "step() + 4m",
            "max_of(step() * 5, 5m)",
            "min_of(10m, 5m + step())",
            "5m + range() / 10",
            "-(-6m)",
        ];
        self.random.pick(expressions).to_owned()
    }

    /// Range, colon and step of a subquery; some tens of steps at most.
    pub(super) fn subquery_range(&mut self) -> String {
        if self.random.percent(5) {
            let expressions = ["5m + 5m:30s * 2", "10m:max_of(step(), 30s)", "10m:step() + 1m", "1h / 4:"];
            return self.random.pick(expressions).to_owned();
        }
        let literals = [
            "5m:",
            "10m:",
            "10m:1m",
            "5m:30s",
            "15m:1m",
            "30m:2m",
            "30m:5m",
            "1h:5m",
            "6m:37s",
            "2m:10s",
            "3m20s:15s",
        ];
        self.random.pick(literals).to_owned()
    }

    /// `offset` and `@`, as they may follow a selector or subquery; mostly nothing.
    pub(super) fn time_modifiers(&mut self) -> String {
        match self.random.weighted(&[80, 9, 7, 2, 2]) {
            0 => String::new(),
            1 => self.offset(),
            2 => self.at(),
            3 => format!("{}{}", self.offset(), self.at()),
            _ => format!("{}{}", self.at(), self.offset()),
        }
    }

    pub(super) fn offset(&mut self) -> String {
        let literals = ["1m", "5m", "30s", "10m", "1h", "45", "1m30s", "-1m", "-5m", "-30s", "-10m", "0s"];
        let length =
            if self.random.percent(8) { self.random.pick(OFFSETS) } else { self.random.pick(literals) };
        format!(" offset {length}")
    }

    fn at(&mut self) -> String {
        let time = match self.random.weighted(&[4, 2, 2, 1]) {
            0 => seconds(self.span.time_ms(&mut self.random)),
            1 => "start()".to_owned(),
            2 => "end()".to_owned(),
            _ => "0".to_owned(),
        };
        format!(" @ {time}")
    }
}

/// Milliseconds as decimal seconds.
pub(super) fn seconds(time_ms: i64) -> String {
    let sign = if time_ms < 0 { "-" } else { "" };
    let (whole, part) = (time_ms.unsigned_abs() / 1000, time_ms.unsigned_abs() % 1000);
    if part == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:03}") }
}

/// Whether an expression ends with an offset that an operator behind it would become a part of.
pub(super) fn ends_with_computed_offset(text: &str) -> bool {
    OFFSETS.iter().any(|offset| text.strip_suffix(offset).is_some_and(|before| before.ends_with(" offset ")))
}
