//! Relabelling: rules that rewrite a label set, or drop what it names.

use std::fmt;

use md5::{Digest, Md5};

use crate::{AnchoredRegex, LabelsBuilder, MatcherError};

/// What matches everything, in one group.
const REGEX: &str = "(.*)";
/// What stands between the values of the source labels.
const SEPARATOR: &str = ";";
/// The first group.
const REPLACEMENT: &str = "$1";

/// What a rule does. The *source* is the values of the source labels with the separator between them; a label that is not
/// there is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelabelAction {
    /// If the expression matches the source, the target label becomes the replacement; both may name groups. An empty
    /// replacement removes the target, and a target without a name changes nothing.
    Replace,
    /// Drops label sets whose source the expression does not match.
    Keep,
    /// Drops label sets whose source the expression matches.
    Drop,
    /// Drops label sets whose target label is not the source.
    KeepEqual,
    /// Drops label sets whose target label is the source.
    DropEqual,
    /// The target label becomes a hash of the source, modulo the modulus.
    HashMod,
    /// Each label whose name the expression matches is copied to the name that the replacement gives.
    LabelMap,
    /// Removes labels whose names the expression matches.
    LabelDrop,
    /// Removes labels whose names the expression does not match.
    LabelKeep,
    /// The target label becomes the source in lower case.
    Lowercase,
    /// The target label becomes the source in upper case.
    Uppercase,
}

impl RelabelAction {
    const ALL: [Self; 11] = [
        Self::Replace,
        Self::Keep,
        Self::Drop,
        Self::KeepEqual,
        Self::DropEqual,
        Self::HashMod,
        Self::LabelMap,
        Self::LabelDrop,
        Self::LabelKeep,
        Self::Lowercase,
        Self::Uppercase,
    ];

    /// The name in a configuration: `replace`, `labeldrop`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
        }
    }

    /// The action of a name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name().eq_ignore_ascii_case(name))
    }

    /// Whether it writes or compares the target label.
    const fn has_target(self) -> bool {
        use RelabelAction::{DropEqual, HashMod, KeepEqual, Lowercase, Replace, Uppercase};
        matches!(self, Replace | HashMod | Lowercase | Uppercase | KeepEqual | DropEqual)
    }
}

impl fmt::Display for RelabelAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule as a configuration has it. [`Default`] has the values that upstream gives to fields that are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelabelConfig {
    /// Labels whose values are the source, in this order.
    pub source_labels: Vec<String>,
    /// Stands between them; `;`.
    pub separator: String,
    /// Must match all of the source, or of a label's name; `(.*)`.
    pub regex: String,
    /// For [`RelabelAction::HashMod`].
    pub modulus: u64,
    /// The label that is written.
    pub target_label: String,
    /// What is written, with `$1` and `${name}` for groups; `$1`.
    pub replacement: String,
    /// What is done.
    pub action: RelabelAction,
}

impl Default for RelabelConfig {
    fn default() -> Self {
        Self {
            source_labels: Vec::new(),
            separator: SEPARATOR.into(),
            regex: REGEX.into(),
            modulus: 0,
            target_label: String::new(),
            replacement: REPLACEMENT.into(),
            action: RelabelAction::Replace,
        }
    }
}

/// A rule that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelabelError {
    /// The expression is malformed or too large.
    #[error(transparent)]
    Regex(#[from] MatcherError),
    /// A field that the action needs is empty, or zero.
    #[error("relabelling with {action} needs {field}")]
    Missing {
        /// What the rule does.
        action: RelabelAction,
        /// The field's name.
        field: &'static str,
    },
    /// A field that the action does not look at is set.
    #[error("relabelling with {action} does not use {field}: leave it out")]
    Unused {
        /// What the rule does.
        action: RelabelAction,
        /// The field's name.
        field: &'static str,
    },
}

/// A rule that is ready to be applied: a [`RelabelConfig`] that was checked, with its expression compiled.
///
/// ```
/// use emberdb_model::{LabelsBuilder, RelabelConfig, RelabelRule};
///
/// let rule = RelabelRule::new(RelabelConfig {
///     source_labels: vec!["instance".into()],
///     regex: "([^:]+):.*".into(),
///     target_label: "host".into(),
///     ..RelabelConfig::default()
/// })?;
/// let mut labels = LabelsBuilder::new();
/// labels.push("instance", "web1:9100");
/// assert!(rule.apply(&mut labels));
/// assert_eq!(labels.build()?.to_string(), r#"{host="web1", instance="web1:9100"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RelabelRule {
    config: RelabelConfig,
    regex: AnchoredRegex,
}

impl RelabelRule {
    /// Checks a rule.
    ///
    /// # Errors
    /// [`RelabelError`] if the expression is malformed, if something is missing that the action needs, or given that it
    /// does not use.
    pub fn new(config: RelabelConfig) -> Result<Self, RelabelError> {
        config.check()?;
        let regex = AnchoredRegex::new(&config.regex)?;
        Ok(Self { config, regex })
    }

    /// The rule as it was given.
    #[must_use]
    pub fn config(&self) -> &RelabelConfig {
        &self.config
    }

    /// Applies the rule to `labels`; false if what they name is to be dropped, and then they are as they were.
    pub fn apply(&self, labels: &mut LabelsBuilder) -> bool {
        let RelabelConfig { target_label, replacement, modulus, action, .. } = &self.config;
        match action {
            RelabelAction::Keep => return self.regex.is_match(&self.source(labels)),
            RelabelAction::Drop => return !self.regex.is_match(&self.source(labels)),
            RelabelAction::KeepEqual => return self.is_target(labels),
            RelabelAction::DropEqual => return !self.is_target(labels),
            RelabelAction::Replace => self.replace(labels),
            RelabelAction::Lowercase => labels.set(target_label, &self.source(labels).to_lowercase()),
            RelabelAction::Uppercase => labels.set(target_label, &self.source(labels).to_uppercase()),
            RelabelAction::HashMod => {
                labels.set(target_label, &(hash(&self.source(labels)) % modulus).to_string());
            }
            RelabelAction::LabelMap => {
                let before: Vec<_> = labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                for (name, value) in before {
                    let mut copy = String::new();
                    if self.regex.expand(&name, replacement, &mut copy) && !copy.is_empty() {
                        labels.set(&copy, &value);
                    }
                }
            }
            RelabelAction::LabelDrop => labels.retain(|name, _| !self.regex.is_match(name)),
            RelabelAction::LabelKeep => labels.retain(|name, _| self.regex.is_match(name)),
        }
        true
    }

    fn source(&self, labels: &LabelsBuilder) -> String {
        let mut source = String::new();
        for (i, name) in self.config.source_labels.iter().enumerate() {
            if i > 0 {
                source.push_str(&self.config.separator);
            }
            source.push_str(labels.get(name).unwrap_or_default());
        }
        source
    }

    fn is_target(&self, labels: &LabelsBuilder) -> bool {
        labels.get(&self.config.target_label).unwrap_or_default() == self.source(labels)
    }

    fn replace(&self, labels: &mut LabelsBuilder) {
        let source = self.source(labels);
        let (mut target, mut value) = (String::new(), String::new());
        let is_match = self.regex.expand(&source, &self.config.target_label, &mut target);
        if is_match && !target.is_empty() {
            self.regex.expand(&source, &self.config.replacement, &mut value);
            labels.set(&target, &value);
        }
    }
}

/// Applies rules one after the other; false as soon as one drops what the labels name.
#[must_use]
pub fn relabel(labels: &mut LabelsBuilder, rules: &[RelabelRule]) -> bool {
    rules.iter().all(|rule| rule.apply(labels))
}

impl RelabelConfig {
    /// Upstream's checks, for names that may be any text.
    fn check(&self) -> Result<(), RelabelError> {
        use RelabelAction::{
            DropEqual, HashMod, KeepEqual, LabelDrop, LabelKeep, LabelMap, Lowercase, Uppercase,
        };
        let action = self.action;
        let missing = |field| Err(RelabelError::Missing { action, field });
        if action == HashMod && self.modulus == 0 {
            return missing("modulus");
        }
        if action.has_target() && self.target_label.is_empty() {
            return missing("target_label");
        }
        if action == LabelMap && self.replacement.is_empty() {
            return missing("replacement");
        }
        let (of_names, compares) =
            (matches!(action, LabelDrop | LabelKeep), matches!(action, KeepEqual | DropEqual));
        let no_replacement = of_names || compares || matches!(action, Lowercase | Uppercase);
        let unused = [
            ("source_labels", of_names && !self.source_labels.is_empty()),
            ("target_label", of_names && !self.target_label.is_empty()),
            ("regex", compares && self.regex != REGEX),
            ("modulus", (of_names || compares) && self.modulus != 0),
            ("separator", (of_names || compares) && self.separator != SEPARATOR),
            ("replacement", no_replacement && self.replacement != REPLACEMENT),
        ];
        match unused.into_iter().find(|&(_, is_set)| is_set) {
            Some((field, _)) => Err(RelabelError::Unused { action, field }),
            None => Ok(()),
        }
    }
}

/// The last eight bytes of the MD5 sum, big-endian: which target a shard takes must not change, so the hash cannot either.
fn hash(source: &str) -> u64 {
    let sum: [u8; 16] = Md5::digest(source).into();
    (u128::from_be_bytes(sum) & u128::from(u64::MAX)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(config: RelabelConfig) -> RelabelRule {
        RelabelRule::new(config).unwrap()
    }

    fn of(action: RelabelAction) -> RelabelConfig {
        RelabelConfig { action, ..RelabelConfig::default() }
    }

    fn labels(pairs: &[(&str, &str)]) -> LabelsBuilder {
        let mut labels = LabelsBuilder::new();
        pairs.iter().for_each(|(name, value)| labels.push(name, value));
        labels
    }

    #[test]
    fn an_empty_replacement_removes_the_target_and_a_target_without_name_changes_nothing() {
        let gone = RelabelConfig {
            source_labels: vec!["a".into()],
            target_label: "b".into(),
            replacement: "$2".into(),
            ..RelabelConfig::default()
        };
        let mut set = labels(&[("a", "1"), ("b", "2")]);
        assert!(rule(gone.clone()).apply(&mut set));
        assert_eq!(set.build().unwrap().to_string(), r#"{a="1"}"#);
        let nameless = RelabelConfig { target_label: "$2".into(), replacement: "x".into(), ..gone };
        assert!(rule(nameless).apply(&mut set));
        assert_eq!(set.build().unwrap().to_string(), r#"{a="1"}"#);
    }

    #[test]
    fn copied_labels_are_not_copied_again() {
        let map = RelabelConfig {
            regex: "a(.*)".into(),
            replacement: "aa$1".into(),
            ..of(RelabelAction::LabelMap)
        };
        let mut set = labels(&[("a", "1"), ("aab", "2")]);
        assert!(rule(map).apply(&mut set));
        assert_eq!(set.build().unwrap().to_string(), r#"{a="1", aa="1", aaab="2", aab="2"}"#);
    }

    #[test]
    fn rules_stop_where_one_drops() {
        let drop =
            RelabelConfig { source_labels: vec!["a".into()], regex: "1".into(), ..of(RelabelAction::Drop) };
        let write =
            RelabelConfig { target_label: "b".into(), replacement: "2".into(), ..RelabelConfig::default() };
        let rules = [rule(drop), rule(write)];
        let mut set = labels(&[("a", "1")]);
        assert!(!relabel(&mut set, &rules));
        assert_eq!(set.get("b"), None);
        let mut set = labels(&[("a", "3")]);
        assert!(relabel(&mut set, &rules));
        assert_eq!(set.get("b"), Some("2"));
    }

    #[test]
    fn what_cannot_be_says_what_is_missing_or_too_much() {
        let refused = |config: RelabelConfig| RelabelRule::new(config).unwrap_err().to_string();
        assert_eq!(refused(of(RelabelAction::HashMod)), "relabelling with hashmod needs modulus");
        assert_eq!(refused(of(RelabelAction::Replace)), "relabelling with replace needs target_label");
        let both = RelabelConfig { target_label: "a".into(), ..of(RelabelAction::LabelDrop) };
        assert_eq!(refused(both), "relabelling with labeldrop does not use target_label: leave it out");
        let equal =
            RelabelConfig { target_label: "a".into(), regex: "x".into(), ..of(RelabelAction::KeepEqual) };
        assert_eq!(refused(equal), "relabelling with keepequal does not use regex: leave it out");
        let broken = RelabelConfig { regex: "(".into(), ..of(RelabelAction::Keep) };
        assert!(matches!(RelabelRule::new(broken), Err(RelabelError::Regex(_))));
    }

    #[test]
    fn actions_have_names() {
        for action in RelabelAction::ALL {
            assert_eq!(RelabelAction::named(&action.to_string().to_uppercase()), Some(action));
        }
        assert_eq!(RelabelAction::named("replaced"), None);
    }
}
