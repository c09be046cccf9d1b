//! Where upstream's positions are not those of the text of a node, and what they are instead.

use serde_json::{Value, json};

/// The tree, its nodes' own places changed to those that upstream gives them:
///
/// * `min_of(a, b)` has the place of `a, b`;
/// * what ends or begins with an operand has the operand's end or start, and the parentheses around an operand are not
///   of its place;
/// * a number in parentheses that is all of a duration begins with the parenthesis, unless a sign stands before it;
/// * a selector ends before `anchored` or `smoothed`, unless another modifier follows.
pub(super) fn as_upstream(mut tree: Value, query: &str) -> Value {
    change(&mut tree, query);
    tree
}

fn change(tree: &mut Value, query: &str) {
    match tree {
        Value::Object(node) => node.values_mut().for_each(|child| change(child, query)),
        Value::Array(nodes) => nodes.iter_mut().for_each(|node| change(node, query)),
        _ => {}
    }
    for field in ["range_expr", "step_expr", "offset_expr"] {
        if let Some(duration) = tree.get_mut(field) {
            whole_duration(duration, query);
        }
    }
    if tree["type"] == "durationExpr" {
        for (side, bound) in [("lhs", 0), ("rhs", 1)] {
            if let Some(operand) = tree[side]["pos"].get(bound).cloned() {
                tree["pos"][bound] = operand;
            }
        }
    }
    let selector = if tree["type"] == "matrixSelector" { &tree["selector"] } else { &*tree };
    for word in ["anchored", "smoothed"] {
        let (start, end) = bounds(tree);
        if selector[word] == true
            && let Some(before) = query.get(start..end).and_then(|covered| covered.strip_suffix(word))
        {
            tree["pos"][1] = json!(start + before.trim_end().len());
            return;
        }
    }
}

fn whole_duration(duration: &mut Value, query: &str) {
    let is_number = duration["wrapped"] == true && duration["rhs"]["type"] == "numberLiteral";
    if is_number && duration["lhs"].is_null() && duration["op"] == "+" {
        let start = bounds(duration).0;
        let before = query.get(..start).unwrap_or_default().trim_end().strip_suffix('(').unwrap_or_default();
        if !before.trim_end().ends_with(['+', '-']) {
            duration["pos"][0] = json!(before.len());
        }
    }
}

fn bounds(node: &Value) -> (usize, usize) {
    let bound = |at: usize| node["pos"][at].as_u64().map_or(0, |bound| bound as usize);
    (bound(0), bound(1))
}
