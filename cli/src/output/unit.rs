//! Times, spans and sizes: exact, or as people like them.

use crate::time::show;

/// How numbers with a unit are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Units {
    /// Milliseconds and bytes, for programs.
    Exact,
    /// Dates and multiples of 1024 bytes, for people.
    Human,
}

impl Units {
    /// Those that `--human-readable` asks for.
    pub(crate) const fn new(is_human: bool) -> Self {
        if is_human { Self::Human } else { Self::Exact }
    }

    /// A time, of milliseconds since the Unix epoch.
    pub(crate) fn time(self, ms: i64) -> String {
        match self {
            Self::Exact => ms.to_string(),
            Self::Human => show(ms),
        }
    }

    /// A size in bytes.
    pub(crate) fn bytes(self, bytes: u64) -> String {
        match self {
            Self::Exact => bytes.to_string(),
            Self::Human => spell_bytes(bytes),
        }
    }
}

fn spell_bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    for unit in ["KiB", "MiB", "GiB"] {
        if size < 1024.0 {
            return format!("{size:.1} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.1} TiB")
}

/// A span of time as promtool prints it: `2h0m0s`.
pub(crate) fn spell_span(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let fraction = match ms % 1000 {
        0 => String::new(),
        fraction => format!(".{fraction:03}").trim_end_matches('0').to_owned(),
    };
    match (hours, minutes) {
        (0, 0) if (1..1000).contains(&ms) => format!("{sign}{ms}ms"),
        (0, 0) => format!("{sign}{seconds}{fraction}s"),
        (0, _) => format!("{sign}{minutes}m{seconds}{fraction}s"),
        _ => format!("{sign}{hours}h{minutes}m{seconds}{fraction}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_as_go_prints_them() {
        for (ms, text) in [
            (0, "0s"),
            (7, "7ms"),
            (1_500, "1.5s"),
            (60_000, "1m0s"),
            (7_200_000, "2h0m0s"),
            (7_199_999, "1h59m59.999s"),
            (-90_000, "-1m30s"),
            (i64::MIN, "-2562047788015h12m55.808s"),
        ] {
            assert_eq!(spell_span(ms), text);
        }
    }

    #[test]
    fn sizes() {
        for (bytes, text) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB"), (1 << 50, "1024.0 TiB")]
        {
            assert_eq!(Units::Human.bytes(bytes), text);
        }
        assert_eq!(Units::Exact.bytes(1024), "1024");
        assert_eq!(Units::Human.time(1_700_000_000_000), "2023-11-14 22:13:20");
    }
}
