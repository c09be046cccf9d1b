//! Matchers, their regular expressions, and relabelling.

use emberdb_model::{LabelsBuilder, MatchOp, Matcher, RelabelAction, RelabelConfig, RelabelRule, relabel};
use serde_json::Value;

use super::mismatch::same;
use super::{Check, DataError, Mismatch, Run, read};

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    regexes(run)?;
    matchers(run)?;
    relabelling(run)
}

/// Which of many values a pattern matches, and that a matcher of the opposite matches the others.
fn regexes(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "labels/regex.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    let mut values: &[Value] = &[];
    for (at, record) in records.iter().enumerate() {
        if let Some(all) = record["values"].as_array() {
            values = all;
            let bytes = all.iter().filter(|value| !value.is_string()).count();
            if bytes > 0 {
                run.note(format!(
                    "{PATH}: {bytes} of {} values are not UTF-8, labels here always are",
                    all.len()
                ));
            }
            continue;
        }
        let name = format!("{PATH}:{}: {:?}", at + 1, read::text_or_empty(record, "pattern"));
        run.case(name, regex(record, values));
    }
    Ok(())
}

fn regex(record: &Value, values: &[Value]) -> Check {
    let pattern = read::text(&record["pattern"])?;
    let wanted = read::text(&record["matches"])?.as_bytes();
    same("number of values", &wanted.len(), &values.len())?;
    let matcher = |op| Matcher::new(op, "name", pattern).map_err(|error| Mismatch::new(error.to_string()));
    let (positive, negative) = (matcher(MatchOp::Regex)?, matcher(MatchOp::NotRegex)?);
    let mut differ = Vec::new();
    for (value, wanted) in values.iter().zip(wanted) {
        // Those that are no text are told of by the note.
        let Some(value) = value.as_str() else { continue };
        let wanted = *wanted == b'1';
        if positive.matches(value) != wanted || negative.matches(value) == wanted {
            differ.push(format!("{value:?} {}", if wanted { "is not matched" } else { "is matched" }));
        }
    }
    if differ.is_empty() { Ok(()) } else { Err(Mismatch::new(differ.join("\n"))) }
}

fn matchers(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "labels/matcher.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    for record in &records {
        let text = |name| read::text_or_empty(record, name);
        let name = format!("{PATH}: {:?} {} {:?}", text("value"), text("type"), text("pattern"));
        run.case(name, matcher(record));
    }
    Ok(())
}

fn matcher(record: &Value) -> Check {
    let op = match read::text(&record["type"])? {
        "=" => MatchOp::Equal,
        "!=" => MatchOp::NotEqual,
        "=~" => MatchOp::Regex,
        "!~" => MatchOp::NotRegex,
        other => return Err(Mismatch::new(format!("unknown operator {other}"))),
    };
    let matcher = Matcher::new(op, "name", read::text(&record["pattern"])?)
        .map_err(|error| Mismatch::new(error.to_string()))?;
    same("match", &read::truth(&record["match"])?, &matcher.matches(read::text(&record["value"])?))
}

/// What rules make of a label set.
fn relabelling(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "labels/relabel.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    for record in &records {
        let name = format!("{PATH}: {}", read::text_or_empty(record, "id"));
        run.case(name, relabelled(record));
    }
    Ok(())
}

fn relabelled(record: &Value) -> Check {
    let mut labels = LabelsBuilder::new();
    for (name, value) in read::labels(&record["input"])?.iter() {
        labels.push(name, value);
    }
    let mut rules = Vec::new();
    for config in read::list_or_empty(&record["relabel_configs"]) {
        let rule = RelabelRule::new(relabel_config(config)?);
        rules.push(rule.map_err(|error| Mismatch::new(error.to_string()))?);
    }
    let is_kept = relabel(&mut labels, &rules);
    same("is dropped", &read::truth(&record["drop"])?, &!is_kept)?;
    if !is_kept {
        return Ok(());
    }
    let labels = labels.build().map_err(|error| Mismatch::new(error.to_string()))?;
    same("labels", &read::labels(&record["output"])?, &labels)
}

fn relabel_config(config: &Value) -> Result<RelabelConfig, Mismatch> {
    let text = |name| read::text_or_empty(config, name).to_owned();
    let action = read::text(&config["action"])?;
    let source_labels =
        read::list_or_empty(&config["source_labels"]).iter().map(|name| read::text(name).map(str::to_owned));
    Ok(RelabelConfig {
        source_labels: source_labels.collect::<Result<_, _>>()?,
        separator: text("separator"),
        regex: text("regex"),
        modulus: config["modulus"].as_u64().unwrap_or_default(),
        target_label: text("target_label"),
        replacement: text("replacement"),
        action: RelabelAction::named(action)
            .ok_or_else(|| Mismatch::new(format!("unknown action {action}")))?,
    })
}
