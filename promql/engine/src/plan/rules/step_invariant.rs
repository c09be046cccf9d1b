//! Marks the largest parts that do not depend on the evaluation time: all their selectors are pinned by `@`.

use std::mem;

use emberdb_promql_syntax::{Span, ValueType};

use crate::plan::logical::{Node, NodeKind};

/// Marks parts of `root`, or all of it.
pub(super) fn apply(root: &mut Node) {
    if mark(root).gains {
        wrap(root);
    }
}

/// What is known of a node.
#[derive(Clone, Copy)]
struct Nature {
    /// Its value is the same at every step.
    is_invariant: bool,
    /// Marking it saves something: a literal or a range vector is not evaluated step by step anyway.
    gains: bool,
}

fn mark(node: &mut Node) -> Nature {
    let both = |is_invariant| Nature { is_invariant, gains: is_invariant };
    match &mut node.kind {
        NodeKind::Number(_) | NodeKind::Text(_) => Nature { is_invariant: true, gains: false },
        NodeKind::Selector(selector) => both(selector.at_ms.is_some()),
        NodeKind::Range(selector, _) => Nature { is_invariant: selector.at_ms.is_some(), gains: false },
        NodeKind::Subquery(subquery) => {
            if mark(&mut subquery.input).is_invariant {
                wrap(&mut subquery.input);
            }
            both(subquery.at_ms.is_some())
        }
        // Upstream does not ask the parameter: where the input is pinned, the parameter of the first step counts.
        NodeKind::Aggregate(aggregate) => mark(&mut aggregate.input),
        NodeKind::Plus(input) | NodeKind::Negate(input) => mark(input),
        NodeKind::Call(call) => {
            let natures: Vec<Nature> = call.args.iter_mut().map(mark).collect();
            let is_safe = !call.function.signature().is_at_modifier_unsafe;
            if is_safe && natures.iter().all(|nature| nature.is_invariant) {
                return both(true);
            }
            for (arg, _) in call.args.iter_mut().zip(natures).filter(|(_, nature)| nature.gains) {
                wrap(arg);
            }
            both(false)
        }
        NodeKind::Binary(binary) => {
            let (lhs, rhs) = (mark(&mut binary.lhs), mark(&mut binary.rhs));
            if lhs.is_invariant && rhs.is_invariant {
                return both(true);
            }
            for (side, _) in
                [(&mut binary.lhs, lhs), (&mut binary.rhs, rhs)].into_iter().filter(|(_, n)| n.gains)
            {
                wrap(side);
            }
            both(false)
        }
        NodeKind::Invariant(_) => Nature { is_invariant: true, gains: false },
    }
}

fn wrap(node: &mut Node) {
    let (value_type, span) = (node.value_type, node.span);
    let nothing =
        Node { kind: NodeKind::Number(0.0), value_type: ValueType::Scalar, span: Span::default(), number: 0 };
    let inner = mem::replace(node, nothing);
    *node = Node { kind: NodeKind::Invariant(Box::new(inner)), value_type, span, number: 0 };
}
