//! Selectors of series.

use emberdb_model::is_legacy_metric_name;
use emberdb_promql_syntax::{Expr, ParserOptions, parse_with};

use super::fragment::{Samples, Selected, Vector, escaped, label_name, quoted};
use super::{Maker, Wish};
use crate::data::{Family, FamilyKind, LabelValues};

impl Maker<'_> {
    /// A selector with all that may follow one.
    pub(super) fn selector(&mut self, wish: Wish) -> Vector {
        let selected = self.selected(wish);
        let modifiers = if self.random.percent(3) { " smoothed".to_owned() } else { self.time_modifiers() };
        let samples = selected.samples();
        // Interpolating between histograms is refused.
        let modifiers =
            if samples == Samples::Histograms && modifiers == " smoothed" { "" } else { &modifiers };
        Vector::tight(selected.text + modifiers, selected.labels, samples)
    }

    /// A selector on its own, of a family with the samples wished for.
    pub(super) fn selected(&mut self, wish: Wish) -> Selected {
        let family = self.family(wish);
        self.selected_from(family)
    }

    /// A selector of some or all series of a family.
    pub(super) fn selected_from(&mut self, family: &Family) -> Selected {
        let mut labels = family.labels.clone();
        let mut matchers = Vec::new();
        for _ in 0..self.random.weighted(&[50, 40, 10]) {
            let at = self.random.below(labels.len() as u64) as usize;
            // Buckets are wanted all, or they are no histogram.
            if let Some(label) = labels.get_mut(at)
                && (label.name != "le"
                    || family.kind != FamilyKind::ClassicBuckets
                    || self.random.percent(10))
            {
                matchers.push(self.matcher(label));
            }
        }
        let text = self.named(&family.name, matchers);
        Selected { text, kind: family.kind, labels }
    }

    /// A selector of all series of a family.
    pub(super) fn selected_all(&mut self, family: &Family) -> Selected {
        let text = self.named(&family.name, Vec::new());
        Selected { text, kind: family.kind, labels: family.labels.clone() }
    }

    /// A selector of the one value of a label, so that it is the same in all series.
    pub(super) fn selected_with(&mut self, family: &Family, name: &str, value: &str) -> Selected {
        let mut labels = family.labels.clone();
        for label in labels.iter_mut().filter(|label| label.name == name) {
            label.values.retain(|other| other == value);
        }
        let matcher = format!("{}={}", label_name(name), quoted(value));
        Selected { text: self.named(&family.name, vec![matcher]), kind: family.kind, labels }
    }

    /// A selector of two families: elements may differ in the name only.
    pub(super) fn selected_names(&mut self, wish: Wish) -> String {
        let (first, second) = (self.family(wish), self.family(wish));
        let names = quoted(&format!("{}|{}", escaped(&first.name), escaped(&second.name)));
        format!("{{__name__=~{names}}}")
    }

    /// A matcher that lets something through; `label` keeps what that is.
    fn matcher(&mut self, label: &mut LabelValues) -> String {
        let name = label_name(&label.name);
        let Some(value) = self.random.choose(&label.values).cloned() else {
            return format!("{name}=\"\"");
        };
        let is_only = label.values.len() == 1;
        match self.random.weighted(&[55, 15, 20, 10]) {
            1 if !is_only => {
                label.values.retain(|other| *other != value);
                format!("{name}!={}", quoted(&value))
            }
            2 => self.regex_matcher(label, &name, &value),
            3 if !is_only => {
                label.values.retain(|other| *other != value);
                format!("{name}!~{}", quoted(&escaped(&value)))
            }
            _ => {
                label.values = vec![value.clone()];
                format!("{name}={}", quoted(&value))
            }
        }
    }

    fn regex_matcher(&mut self, label: &mut LabelValues, name: &str, value: &str) -> String {
        let head: String = value.chars().take(1).collect();
        let regex = match self.random.weighted(&[3, 2, 1, 1, 1]) {
            0 => {
                let other = self.random.choose(&label.values).cloned().unwrap_or_default();
                label.values.retain(|kept| kept == value || *kept == other);
                format!("{}|{}", escaped(value), escaped(&other))
            }
            1 => {
                label.values.retain(|kept| kept.starts_with(&head));
                format!("{}.*", escaped(&head))
            }
            2 if label.values.iter().any(|value| !value.is_empty()) => {
                label.values.retain(|kept| !kept.is_empty());
                ".+".to_owned()
            }
            3 => {
                label.values.retain(|kept| kept.to_lowercase() == value.to_lowercase());
                format!("(?i){}", escaped(value))
            }
            _ => ".*".to_owned(),
        };
        format!("{name}=~{}", quoted(&regex))
    }

    /// A name and matchers, in one of the ways to write them.
    fn named(&mut self, name: &str, mut matchers: Vec<String>) -> String {
        let is_plain = is_legacy_metric_name(name) && stands_alone(name);
        match self.random.weighted(&[if is_plain { 92 } else { 0 }, 4, 4]) {
            0 if matchers.is_empty() && self.random.percent(95) => name.to_owned(),
            0 => format!("{name}{{{}}}", matchers.join(", ")),
            1 => {
                matchers.insert(0, quoted(name));
                format!("{{{}}}", matchers.join(","))
            }
            _ => {
                matchers.push(format!("__name__={}", quoted(name)));
                format!("{{{}}}", matchers.join(", "))
            }
        }
    }
}

/// Whether a name before the braces is read as one: some keywords are not.
fn stands_alone(name: &str) -> bool {
    let parsed = parse_with(&format!("{name}{{a=\"b\"}}"), &ParserOptions::ALL);
    matches!(parsed, Ok(Expr::VectorSelector(selector)) if selector.name.as_deref() == Some(name))
        && parse_with(name, &ParserOptions::ALL).is_ok_and(|expr| matches!(expr, Expr::VectorSelector(_)))
}
