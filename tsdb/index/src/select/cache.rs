//! What was selected lately.
//!
//! Dashboards ask with the same matchers again and again. Where a regular expression had to be tried on every value of a label, the
//! answer is kept: for a file it holds as long as the file is open; in memory series are added, so that only those which are
//! new are asked, and when some are removed all answers go.

use std::fmt::Write;

use emberdb_model::Matcher;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use parking_lot::Mutex;

/// At most so many answers are kept: more than a page full of dashboards asks.
const ANSWERS_MAX: usize = 256;

/// An answer that takes more than this part of a cache is not kept, or it would drive out all others.
const PART_MAX: usize = 4;

/// The newest answers, up to a limit in bytes.
pub(crate) struct SelectCache<S> {
    answers: Mutex<Answers<S>>,
    bytes_max: usize,
}

impl<S> std::fmt::Debug for SelectCache<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SelectCache").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

struct Answers<S> {
    /// By the text of the matchers.
    by_matchers: HashMap<Box<str>, Answer<S>, RandomState>,
    bytes: usize,
    /// Counts questions, so that the answer that was not asked for longest is known.
    turn: u64,
}

struct Answer<S> {
    selected: Box<[S]>,
    /// How many series the index had.
    covered: usize,
    used: u64,
}

/// An answer that was kept.
pub(crate) struct Kept<S> {
    pub(crate) selected: Vec<S>,
    /// Which series were asked: the first ones, so many.
    pub(crate) covered: usize,
}

impl<S: Copy> SelectCache<S> {
    /// A cache that holds up to so many bytes of answers.
    pub(crate) fn new(bytes_max: usize) -> Self {
        let answers = Answers { by_matchers: HashMap::default(), bytes: 0, turn: 0 };
        Self { answers: Mutex::new(answers), bytes_max }
    }

    /// Under which these matchers' answer is kept. Their order is part of it: sorting costs more than asking twice.
    pub(crate) fn key(matchers: &[Matcher]) -> Box<str> {
        let mut key = String::new();
        for matcher in matchers {
            // A value is quoted, so that no two lists of matchers have one text.
            let _ = write!(key, "{matcher},");
        }
        key.into()
    }

    pub(crate) fn get(&self, key: &str) -> Option<Kept<S>> {
        let mut answers = self.answers.lock();
        answers.turn += 1;
        let turn = answers.turn;
        let answer = answers.by_matchers.get_mut(key)?;
        answer.used = turn;
        Some(Kept { selected: answer.selected.to_vec(), covered: answer.covered })
    }

    /// Keeps an answer about the first `covered` series, in place of an older one.
    pub(crate) fn put(&self, key: Box<str>, selected: &[S], covered: usize) {
        let bytes = Self::bytes_of(&key, selected);
        if bytes > self.bytes_max / PART_MAX {
            return;
        }
        let mut answers = self.answers.lock();
        answers.remove(&key);
        while answers.bytes + bytes > self.bytes_max || answers.by_matchers.len() >= ANSWERS_MAX {
            let oldest = answers.by_matchers.iter().min_by_key(|(_, answer)| answer.used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { break };
            answers.remove(&oldest);
        }
        answers.turn += 1;
        let answer = Answer { selected: selected.into(), covered, used: answers.turn };
        answers.bytes += bytes;
        answers.by_matchers.insert(key, answer);
    }

    /// Forgets all answers.
    pub(crate) fn clear(&self) {
        let mut answers = self.answers.lock();
        answers.by_matchers.clear();
        answers.bytes = 0;
    }

    /// Heap bytes that the answers take.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.answers.lock().bytes
    }

    fn bytes_of(key: &str, selected: &[S]) -> usize {
        key.len() + size_of_val(selected) + size_of::<Answer<S>>()
    }
}

impl<S: Copy> Answers<S> {
    fn remove(&mut self, key: &str) {
        if let Some(answer) = self.by_matchers.remove(key) {
            self.bytes -= SelectCache::bytes_of(key, &answer.selected);
        }
    }
}

#[cfg(test)]
mod tests {
    use emberdb_model::MatchOp;

    use super::*;

    #[test]
    fn the_answer_that_was_not_asked_for_longest_goes() {
        let one = SelectCache::bytes_of("a", &[0_u32; 10]);
        let cache = SelectCache::new(one * PART_MAX);
        for key in ["a", "b", "c", "d"] {
            cache.put(key.into(), &[0; 10], 1);
        }
        assert!(cache.get("a").is_some());
        cache.put("e".into(), &[0; 10], 1);
        let kept = ["a", "b", "c", "d", "e"].map(|key| cache.get(key).is_some());
        assert_eq!(kept, [true, false, true, true, true]);
        assert_eq!(cache.heap_bytes(), 4 * one);
    }

    #[test]
    fn an_answer_replaces_the_one_before() {
        let cache = SelectCache::new(1 << 20);
        cache.put("a".into(), &[1, 2], 2);
        cache.put("a".into(), &[1, 2, 7], 9);
        let kept = cache.get("a").unwrap();
        assert_eq!((kept.selected, kept.covered), (vec![1, 2, 7], 9));
        assert_eq!(cache.heap_bytes(), SelectCache::bytes_of("a", &[0; 3]));
    }

    #[test]
    fn what_would_fill_it_is_not_kept() {
        let cache = SelectCache::new(4096);
        cache.put("a".into(), &[0_u64; 128], 1);
        assert!(cache.get("a").is_none());
        assert_eq!(cache.heap_bytes(), 0);
    }

    #[test]
    fn matchers_have_keys_of_their_own() {
        let matcher = |op, value: &str| Matcher::new(op, "a", value).unwrap();
        let lists = [
            vec![],
            vec![matcher(MatchOp::Equal, "b")],
            vec![matcher(MatchOp::NotEqual, "b")],
            vec![matcher(MatchOp::Regex, "b")],
            vec![matcher(MatchOp::Equal, "b"), matcher(MatchOp::Equal, "c")],
            vec![matcher(MatchOp::Equal, r#"b",a="c"#)],
        ];
        let keys: std::collections::BTreeSet<_> =
            lists.iter().map(|list| SelectCache::<u32>::key(list)).collect();
        assert_eq!(keys.len(), lists.len());
    }
}
