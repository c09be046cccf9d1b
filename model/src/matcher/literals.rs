//! What a regular expression says in plain strings, so that most label regexes never run.

use regex_syntax::hir::{Class, Hir, HirKind};

/// At most so many strings are listed for one regular expression; past it, running the regex is cheaper.
const LITERALS_MAX: usize = 256;

/// The shape of an anchored regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Exactly one of these strings, sorted and distinct.
    OneOf(Vec<Box<str>>),
    /// Any string.
    Any,
    /// Any string but the empty one.
    AnyNonEmpty,
    /// A string that begins so; what follows is free (or, with `true`, at least one character).
    Prefix(Box<str>, bool),
    /// Something else.
    Other,
}

/// Finds the shape of `hir`, the expression without its anchors.
pub(super) fn shape(hir: &Hir) -> Shape {
    if let Some(mut strings) = strings(hir) {
        strings.sort_unstable();
        strings.dedup();
        return Shape::OneOf(strings.into_iter().map(String::into_boxed_str).collect());
    }
    if let Some(at_least_one) = any_string(hir) {
        return if at_least_one { Shape::AnyNonEmpty } else { Shape::Any };
    }
    if let HirKind::Concat(parts) = hir.kind()
        && let [head, tail] = parts.as_slice()
        && let (HirKind::Literal(literal), Some(at_least_one)) = (head.kind(), any_string(tail))
        && let Ok(prefix) = str::from_utf8(&literal.0)
    {
        return Shape::Prefix(prefix.into(), at_least_one);
    }
    Shape::Other
}

/// `Some(false)` for `.*`, `Some(true)` for `.+`, where the dot matches every character.
fn any_string(hir: &Hir) -> Option<bool> {
    match hir.kind() {
        HirKind::Capture(group) => any_string(&group.sub),
        HirKind::Repetition(r) if r.max.is_none() && r.min <= 1 && any_char(&r.sub) => Some(r.min == 1),
        _ => None,
    }
}

fn any_char(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(group) => any_char(&group.sub),
        HirKind::Class(Class::Unicode(class)) => {
            matches!(class.ranges(), [all] if all.start() == '\0' && all.end() == char::MAX)
        }
        _ => false,
    }
}

/// All strings that `hir` matches, if they are few.
fn strings(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![String::new()]),
        HirKind::Literal(literal) => Some(vec![String::from_utf8(literal.0.to_vec()).ok()?]),
        HirKind::Class(Class::Unicode(class)) => {
            let count: usize = class.ranges().iter().map(regex_syntax::hir::ClassUnicodeRange::len).sum();
            (count <= LITERALS_MAX).then(|| {
                class.ranges().iter().flat_map(|r| (r.start()..=r.end()).map(String::from)).collect()
            })
        }
        HirKind::Capture(group) => strings(&group.sub),
        HirKind::Repetition(r) if r.min == 0 && r.max == Some(1) => {
            let mut all = strings(&r.sub)?;
            all.push(String::new());
            Some(all)
        }
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |heads, part| {
            let tails = strings(part)?;
            (heads.len() * tails.len() <= LITERALS_MAX)
                .then(|| heads.iter().flat_map(|h| tails.iter().map(move |t| format!("{h}{t}"))).collect())
        }),
        HirKind::Alternation(parts) => parts.iter().try_fold(Vec::new(), |mut all, part| {
            all.extend(strings(part)?);
            (all.len() <= LITERALS_MAX).then_some(all)
        }),
        _ => None,
    }
}
