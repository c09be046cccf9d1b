//! What `promtool tsdb dump` prints: a line `{__name__="up", job="a"} 1 1700000000000` a sample, labels quoted as Go
//! quotes strings.

use emberdb::Labels;

use super::held::Held;

/// The floats of a dump. Its histograms are compared over HTTP: promtool passes over the first of a series.
pub(super) fn parse(text: &str) -> Result<Held, String> {
    let mut held = Held::default();
    // Lines of one series follow each other: its labels are read once.
    let mut known: Option<(&str, Labels)> = None;
    for line in text.lines() {
        let bad = || format!("a line of the dump that is no sample: {line:?}");
        let (rest, timestamp) = line.rsplit_once(' ').ok_or_else(bad)?;
        if rest.ends_with('}') && rest.contains("} {count:") {
            continue; // a histogram
        }
        let (labels, value) = rest.rsplit_once(' ').ok_or_else(bad)?;
        if known.as_ref().is_none_or(|(text, _)| *text != labels) {
            known = Some((labels, parse_labels(labels).ok_or_else(bad)?));
        }
        let (_, labels) = known.as_ref().expect("it was set just now");
        let value: f64 = value.parse().map_err(|_| bad())?;
        held.insert(labels, timestamp.parse().map_err(|_| bad())?, value.into())?;
    }
    Ok(held)
}

fn parse_labels(text: &str) -> Option<Labels> {
    let mut rest = text.strip_prefix('{')?;
    let mut pairs = Vec::new();
    while rest != "}" {
        let name;
        (name, rest) = match rest.starts_with('"') {
            true => parse_quoted(rest)?,
            false => rest.split_at_checked(rest.find('=')?).map(|(name, rest)| (name.to_owned(), rest))?,
        };
        let value;
        (value, rest) = parse_quoted(rest.strip_prefix('=')?)?;
        rest = rest.strip_prefix(", ").unwrap_or(rest);
        pairs.push((name, value));
    }
    Labels::new(pairs).ok()
}

/// A quoted string at the beginning of `text`, and what follows it.
fn parse_quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut out = String::new();
    loop {
        let c = rest.chars().next()?;
        rest = &rest[c.len_utf8()..];
        match c {
            '"' => return Some((out, rest)),
            '\\' => {
                let c;
                (c, rest) = parse_escape(rest)?;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
}

/// What follows a backslash: a letter, or a letter and the character's number in hexadecimal digits.
fn parse_escape(text: &str) -> Option<(char, &str)> {
    let letter = text.chars().next()?;
    let rest = &text[letter.len_utf8()..];
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => {
            let at = "abfnrtv\\\"'".find(letter)?;
            return Some((char::from(*b"\x07\x08\x0c\n\r\t\x0b\\\"'".get(at)?), rest));
        }
    };
    let (number, rest) = rest.split_at_checked(digits)?;
    Some((char::from_u32(u32::from_str_radix(number, 16).ok()?)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_promtool_prints() {
        let text = "{__name__=\"up\", job=\"a b}\\n\\\"\\u00a0é\"} 1 1700000000000\n\
                    {__name__=\"up\", job=\"a b}\\n\\\"\\u00a0é\"} 5e-324 1700000000001\n\
                    {\"__name__\"=\"x y\", \"é.ü\"=\"\\\\\"} NaN -5\n\
                    {__name__=\"h\"} {count:2, sum:3, (1,2]:2} 7\n";
        let mut expected = Held::default();
        let up = Labels::new([("__name__", "up"), ("job", "a b}\n\"\u{a0}é")]).unwrap();
        expected.insert(&up, 1_700_000_000_000, 1.0.into()).unwrap();
        expected.insert(&up, 1_700_000_000_001, 5e-324.into()).unwrap();
        let x = Labels::new([("__name__", "x y"), ("é.ü", "\\")]).unwrap();
        expected.insert(&x, -5, f64::NAN.into()).unwrap();
        assert_eq!(expected.difference(&parse(text).unwrap()), None);
    }

    #[test]
    fn a_line_cut_short_is_an_error() {
        let line = "{__name__=\"up\", job=\"a\"} 1 17";
        assert_eq!(parse(line).unwrap().samples(), 1);
        for cut in 1..line.len() - "17".len() {
            assert!(parse(&line[..cut]).is_err(), "cut at {cut}");
        }
    }
}
