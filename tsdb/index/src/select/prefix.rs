//! What every string that a regular expression matches begins with.

/// The longest prefix that can be read off the pattern's text without parsing it: the plain characters it begins with. It may
/// be shorter than the longest there is.
pub(super) fn literal_prefix(pattern: &str) -> &str {
    // Between alternatives nothing is common, unless they are in a group; which is not worth finding out.
    if pattern.contains('|') {
        return "";
    }
    // The whole value is matched in any case.
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let end = pattern.find(is_special).unwrap_or(pattern.len());
    let (prefix, rest) = pattern.split_at(end);
    // A repetition is about the character before it, which may then be absent.
    match rest.chars().next() {
        Some('*' | '+' | '?' | '{') => {
            prefix.char_indices().next_back().map_or("", |(last, _)| &prefix[..last])
        }
        _ => prefix,
    }
}

fn is_special(c: char) -> bool {
    matches!(c, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$')
}

#[cfg(test)]
mod tests {
    use emberdb_model::AnchoredRegex;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_characters_count_unless_they_repeat() {
        for (pattern, prefix) in [
            ("api.*", "api"),
            ("^api-[0-9]+$", "api-"),
            ("apis?", "api"),
            ("lé*", "l"),
            ("é{2}", ""),
            ("ab|ac", ""),
            ("(?i)ab", ""),
            (r"a\.b", "a"),
            ("", ""),
        ] {
            assert_eq!(literal_prefix(pattern), prefix, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn what_is_matched_begins_with_it(
            pattern in r"(\^|\(\?i\))?[abé]{0,3}(\*|\+|\?|\{0,2\}|\.|\||\(a\)|\[b\]|\\Qa|\$)?[abé]{0,2}(\?|\.\*)?",
            text in "[abAé]{0,5}",
        ) {
            if let Ok(regex) = AnchoredRegex::new(&pattern) {
                prop_assert!(!regex.is_match(&text) || text.starts_with(literal_prefix(&pattern)));
            }
        }
    }
}
