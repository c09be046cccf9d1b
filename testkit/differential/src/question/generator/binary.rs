//! Operations on two operands, of which at least one is a vector.

use emberdb_promql_syntax::BinaryOp;

use super::fragment::{Samples, Selected, Vector, label_name, label_names, names_of, shared};
use super::{Maker, Wish};
use crate::data::{FamilyKind, LabelValues};

const ARITHMETIC: [BinaryOp; 7] = [
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::Mod,
    BinaryOp::Pow,
    BinaryOp::Atan2,
];

impl Maker<'_> {
    /// An operation that mostly finds partners.
    pub(super) fn binary(&mut self, op: BinaryOp, wish: Wish, depth: u8) -> Vector {
        let depth = depth.saturating_sub(1);
        if wish == Wish::Histograms || op.is_trim() {
            return self.binary_of_histograms(op);
        }
        if op.is_set() {
            return self.set_operation(op, depth);
        }
        match self.random.weighted(&[30, 30, 18, 22]) {
            0 => self.with_scalar(op, depth),
            1 => self.with_itself(op),
            2 => self.of_groups(op, depth),
            _ => self.of_many_and_one(op, depth),
        }
    }

    /// One of the operators, arithmetic ones more often.
    pub(super) fn operator(&mut self) -> BinaryOp {
        match self.random.weighted(&[50, 29, 18, 3]) {
            0 => self.random.pick(ARITHMETIC),
            1 => self.comparison(),
            2 => self.random.pick([BinaryOp::And, BinaryOp::Or, BinaryOp::Unless]),
            _ => self.random.pick([BinaryOp::TrimLower, BinaryOp::TrimUpper]),
        }
    }

    /// The operator, with `bool` sometimes where it may be.
    fn symbol(&mut self, op: BinaryOp) -> String {
        if op.is_comparison() && self.random.percent(40) { format!("{op} bool") } else { op.to_string() }
    }

    fn with_scalar(&mut self, op: BinaryOp, depth: u8) -> Vector {
        let wish = if self.random.percent(95) { Wish::Floats } else { Wish::Any };
        let vector = self.vector(wish, depth);
        let scalar = if op.is_comparison() && self.random.percent(50) {
            // A threshold that parts the samples.
            let aggregation = self.random.pick(["avg", "min", "max"]);
            format!("scalar({aggregation}({}))", vector.text)
        } else {
            self.scalar(depth)
        };
        let symbol = self.symbol(op);
        let text = if self.random.percent(75) {
            format!("{} {symbol} {scalar}", vector.operand())
        } else {
            format!("{scalar} {symbol} {}", vector.operand())
        };
        Vector::loose(text, vector.labels, Samples::Floats)
    }

    /// Both sides look at the same series, so that each element has its partner.
    fn with_itself(&mut self, op: BinaryOp) -> Vector {
        let selected = self.selected(Wish::Floats);
        let (left, right) = (self.variant(&selected), self.variant(&selected));
        let matching = match self.random.weighted(&[60, 15, 15, 10]) {
            0 => String::new(),
            1 => format!(" on {}", label_names(names_of(&selected.labels))),
            2 => " ignoring (none)".to_owned(),
            _ => " ignoring ()".to_owned(),
        };
        let (symbol, fill) = (self.symbol(op), self.fill());
        let text = format!("{} {symbol}{matching}{fill} {}", left.operand(), right.operand());
        Vector::loose(text, selected.labels, Samples::Floats)
    }

    /// What stands in for elements without a partner; mostly nothing.
    fn fill(&mut self) -> &'static str {
        if self.random.percent(6) {
            self.random.pick([
                " fill(0)",
                " fill_left(1)",
                " fill_right(-1)",
                " fill_left(2) fill_right(3)",
                " fill(NaN)",
            ])
        } else {
            ""
        }
    }

    /// Two families, each brought to groups of the labels that both have.
    fn of_groups(&mut self, op: BinaryOp, depth: u8) -> Vector {
        let left = self.vector(Wish::Floats, depth);
        let (right, labels) = self.partner(&left);
        let names = label_names(names_of(&labels));
        let [first, second] =
            [self.random.pick(["sum", "avg", "max", "count"]), self.random.pick(["sum", "min", "count"])];
        let matching = if self.random.percent(50) { format!(" on {names}") } else { String::new() };
        let (symbol, fill) = (self.symbol(op), self.fill());
        let text = format!(
            "{first} by {names} ({}) {symbol}{matching}{fill} {second} by {names} ({})",
            left.text, right.text
        );
        Vector::loose(text, labels, Samples::Floats)
    }

    /// `group_left` and `group_right`: each element finds the group that it belongs to.
    fn of_many_and_one(&mut self, op: BinaryOp, depth: u8) -> Vector {
        let many = self.vector(Wish::Floats, depth);
        let (partner, mut labels) = self.partner(&many);
        labels.retain(|_| self.random.percent(70));
        let included = self.included(&partner, &many, &labels);
        let one_names = label_names(names_of(&labels).into_iter().chain(included.clone()));
        let aggregation = self.random.pick(["sum", "avg", "max", "count"]);
        let one = format!("{aggregation} by {one_names} ({})", partner.text);
        let names = label_names(names_of(&labels));
        let take = match &included {
            Some(name) => format!("({})", label_name(name)),
            // A parenthesis behind would be read as the list of labels.
            None if !many.operand().starts_with('(') => self.random.pick(["", "()"]).to_owned(),
            None => "()".to_owned(),
        };
        // Without `included` a group has no other labels than those that are matched on.
        let dropped: Vec<_> = many.labels.iter().filter(|label| !labels.contains(label)).collect();
        let matching = if included.is_none() && self.random.percent(30) {
            format!("ignoring {}", label_names(dropped.iter().map(|label| &label.name)))
        } else {
            format!("on {names}")
        };
        let (symbol, fill) = (self.symbol(op), self.fill());
        let text = if self.random.percent(70) {
            format!("{} {symbol} {matching} group_left {take}{fill} {one}", many.operand())
        } else {
            format!("{one} {symbol} {matching} group_right {take}{fill} {}", many.operand())
        };
        Vector::loose(text.replace("  ", " "), many.labels, Samples::Floats)
    }

    /// A label of the one side to take over: one that has the same value in a group, and that the many side lacks.
    fn included(&mut self, one: &Selected, many: &Vector, on: &[LabelValues]) -> Option<String> {
        let is_single = |label: &&LabelValues| {
            label.values.len() == 1
                && !on.iter().any(|other| other.name == label.name)
                && !many.labels.iter().any(|other| other.name == label.name)
        };
        let single: Vec<_> = one.labels.iter().filter(is_single).collect();
        self.random.choose(&single).map(|label| label.name.clone())
    }

    /// Something to match `vector` with, and the labels to match on.
    fn partner(&mut self, vector: &Vector) -> (Selected, Vec<LabelValues>) {
        let wish = Wish::Floats;
        let mut best = (self.family(wish), Vec::new());
        for _ in 0..8 {
            let family = self.family(wish);
            let labels = shared(&vector.labels, family);
            if labels.len() > best.1.len() || (!labels.is_empty() && family.kind == FamilyKind::Info) {
                best = (family, labels);
            }
        }
        let (family, labels) = best;
        let others: Vec<_> =
            family.labels.iter().filter(|label| labels.iter().all(|on| on.name != label.name)).collect();
        let extra =
            self.random.choose(&others).map(|label| (label.name.clone(), label.values.first().cloned()));
        let selected = match extra {
            Some((name, Some(value))) if !value.is_empty() => self.selected_with(family, &name, &value),
            _ => self.selected_all(family),
        };
        (selected, labels)
    }

    fn set_operation(&mut self, op: BinaryOp, depth: u8) -> Vector {
        let wish = if self.random.percent(80) { Wish::Floats } else { Wish::Any };
        let selected = self.selected(wish);
        let left = self.variant(&selected);
        let threshold = self.random.pick(["0", "1", "100", "0.5"]);
        let (right, matching) = match self.random.weighted(&[40, 40, 20]) {
            0 => {
                let right = self.variant(&selected);
                (format!("({} > {threshold})", right.operand()), String::new())
            }
            1 => {
                let (partner, labels) = self.partner(&left);
                (partner.text, format!(" on {}", label_names(names_of(&labels))))
            }
            _ => (self.vector(Wish::Any, depth).operand(), " ignoring (job)".to_owned()),
        };
        Vector::loose(format!("{} {op}{matching} {right}", left.operand()), selected.labels, left.samples)
    }
}
