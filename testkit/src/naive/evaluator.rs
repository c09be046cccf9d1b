//! The walk over the tree, once for each step.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use emberdb_histogram::FloatHistogram;
use emberdb_model::storage::Querier;
use emberdb_model::{Labels, METRIC_NAME, SampleValue};
use emberdb_promql_syntax::{
    Aggregation, AggregationOp, DurationError, DurationSpec, Expr, Grouping, Sign, Span,
};

use super::engine::NaiveOptions;
use super::error::NaiveError;
use super::frame::{Frame, is_step_invariant};
use super::labels::without_metadata;
use super::notes::Notes;
use super::selector::StoredSeries;
use super::value::{Element, Value, Window, of_histogram};
use super::{aggregation, binary, call, selector, subquery};

/// What nodes gave over whole frames.
type ByNode<T> = HashMap<(Span, Frame), Rc<Vec<T>>>;

/// Whether names are to be dropped, by what the labels are before that.
type LastNames = Rc<HashMap<Labels, bool>>;

/// One query at work.
pub(super) struct Evaluator<'a> {
    pub(super) querier: Box<dyn Querier>,
    pub(super) options: &'a NaiveOptions,
    /// The steps of the query itself; subqueries have their own frames.
    pub(super) query: Frame,
    pub(super) notes: RefCell<Notes>,
    /// What selectors found, by their matchers.
    pub(super) selected: RefCell<HashMap<String, Rc<Vec<StoredSeries>>>>,
    /// The selectors of which only counts and sums of histograms are read.
    pub(super) stats_only: HashSet<Span>,
    /// What these found, by node and frame.
    pub(super) read_stats_only: RefCell<ByNode<StoredSeries>>,
    /// What subqueries gave over the union of their windows, by node and frame.
    pub(super) subqueries: RefCell<ByNode<Window>>,
    /// Parameters of aggregations at all steps, by node and frame.
    pub(super) params: RefCell<ByNode<f64>>,
    /// Whether the name of a series is to be dropped, as its first sample said, by the node that made it.
    pub(super) name_dropped_first: RefCell<HashMap<(Span, Frame, Labels), bool>>,
    /// Whether the name of a group is to be dropped, as its last step says, by aggregation.
    pub(super) name_dropped_last: RefCell<HashMap<(Span, Frame), LastNames>>,
    /// Repairs of classic histograms that were counted already, by what was repaired.
    pub(super) repairs_seen: RefCell<HashSet<(Span, i64, String)>>,
}

impl Evaluator<'_> {
    /// The value of `expr` at one step of `frame`.
    pub(super) fn eval(&self, expr: &Expr, frame: Frame, time_ms: i64) -> Result<Value, NaiveError> {
        let (frame, time_ms) = match is_step_invariant(expr) {
            true => (Frame::instant(frame.start_ms), frame.start_ms),
            false => (frame, time_ms),
        };
        match expr {
            Expr::NumberLiteral(number) => Ok(Value::Scalar(number.value)),
            Expr::StringLiteral(string) => Ok(Value::String(string.value.clone())),
            Expr::VectorSelector(selector) => {
                selector::instant(self, selector, frame, time_ms).map(Value::Vector)
            }
            Expr::MatrixSelector(matrix) => selector::range(self, matrix, frame, time_ms).map(Value::Matrix),
            Expr::Subquery(node) => subquery::windows(self, node, frame, time_ms).map(Value::Matrix),
            Expr::Call(call) => {
                let value = call::eval(self, call, frame, time_ms)?;
                Ok(self.marked_as_first(value, call.span, frame))
            }
            Expr::Aggregation(node) => {
                let elements = aggregation::eval(self, node, frame, time_ms)?;
                self.marked_as_last(elements, node, frame).map(Value::Vector)
            }
            Expr::Binary(node) => {
                let value = binary::eval(self, node, frame, time_ms)?;
                Ok(self.marked_as_first(value, node.span, frame))
            }
            Expr::Unary(unary) => {
                let value = self.eval(&unary.expr, frame, time_ms)?;
                if unary.sign == Sign::Plus { Ok(value) } else { self.negate(value) }
            }
            Expr::Paren(paren) => self.eval(&paren.expr, frame, time_ms),
        }
    }

    /// The value of an expression of type instant vector.
    pub(super) fn vector(&self, expr: &Expr, frame: Frame, time_ms: i64) -> Result<Vec<Element>, NaiveError> {
        match self.eval(expr, frame, time_ms)? {
            Value::Vector(elements) => Ok(elements),
            _ => Err(wrong_type("an instant vector")),
        }
    }

    /// The value of an expression of type scalar.
    pub(super) fn scalar(&self, expr: &Expr, frame: Frame, time_ms: i64) -> Result<f64, NaiveError> {
        match self.eval(expr, frame, time_ms)? {
            Value::Scalar(value) => Ok(value),
            _ => Err(wrong_type("a scalar")),
        }
    }

    /// The value of an expression of type string.
    pub(super) fn string(&self, expr: &Expr, frame: Frame, time_ms: i64) -> Result<String, NaiveError> {
        match self.eval(expr, frame, time_ms)? {
            Value::String(value) => Ok(value),
            _ => Err(wrong_type("a string")),
        }
    }

    /// The value of an expression of type range vector.
    pub(super) fn matrix(&self, expr: &Expr, frame: Frame, time_ms: i64) -> Result<Vec<Window>, NaiveError> {
        match self.eval(expr, frame, time_ms)? {
            Value::Matrix(windows) => Ok(windows),
            _ => Err(wrong_type("a range vector")),
        }
    }

    /// The element after a function that drops the metric name: at once, or marked for the end of the query.
    pub(super) fn drop_name(&self, element: &mut Element) {
        if self.options.delayed_name_removal {
            element.drop_name = true;
        } else {
            element.labels = without_metadata(&element.labels);
        }
    }

    /// The value of a node, where a series loses its name if its first sample does: upstream joins samples of one series before names
    /// are dropped, and `rate(x) or x` has both kinds.
    fn marked_as_first(&self, mut value: Value, node: Span, frame: Frame) -> Value {
        if let Value::Vector(elements) = &mut value {
            let mut firsts = self.name_dropped_first.borrow_mut();
            for element in elements {
                let key = (node, frame, element.labels.clone());
                element.drop_name = *firsts.entry(key).or_insert(element.drop_name);
            }
        }
        value
    }

    /// The groups of an aggregation, where one loses its name if the last step that has it says so: upstream has one place for each
    /// group, and writes to it at each step.
    fn marked_as_last(
        &self,
        mut elements: Vec<Element>,
        node: &Aggregation,
        frame: Frame,
    ) -> Result<Vec<Element>, NaiveError> {
        let keeps_names =
            matches!(&node.grouping, Grouping::By(names) if names.iter().any(|name| name == METRIC_NAME));
        let picks_series = matches!(
            node.op,
            AggregationOp::TopK | AggregationOp::BottomK | AggregationOp::LimitK | AggregationOp::LimitRatio
        );
        if self.options.delayed_name_removal && keeps_names && !picks_series && !frame.is_instant() {
            let last = self.names_dropped_last(node, frame)?;
            for element in &mut elements {
                element.drop_name = last.get(&element.labels).copied().unwrap_or(element.drop_name);
            }
        }
        Ok(elements)
    }

    fn names_dropped_last(&self, node: &Aggregation, frame: Frame) -> Result<LastNames, NaiveError> {
        if let Some(known) = self.name_dropped_last.borrow().get(&(node.span, frame)) {
            return Ok(Rc::clone(known));
        }
        let mut last = HashMap::new();
        for time_ms in frame.steps() {
            let elements = aggregation::eval(self, node, frame, time_ms)?;
            last.extend(elements.into_iter().map(|element| (element.labels, element.drop_name)));
        }
        let last = Rc::new(last);
        self.name_dropped_last.borrow_mut().insert((node.span, frame), Rc::clone(&last));
        Ok(last)
    }

    /// An offset, in milliseconds.
    pub(super) fn offset_ms(&self, offset: &DurationSpec) -> Result<i64, NaiveError> {
        offset.resolve(self.query_step_ms(), self.query_range_ms()).map_err(bad_duration)
    }

    /// A range or step, in milliseconds.
    pub(super) fn length_ms(&self, length: &DurationSpec) -> Result<i64, NaiveError> {
        length.resolve_positive(self.query_step_ms(), self.query_range_ms()).map_err(bad_duration)
    }

    /// `step()`: 0 in an instant query.
    pub(super) fn query_step_ms(&self) -> i64 {
        if self.query.is_instant() { 0 } else { self.query.step_ms }
    }

    /// `range()`.
    pub(super) fn query_range_ms(&self) -> i64 {
        self.query.end_ms - self.query.start_ms
    }

    fn negate(&self, value: Value) -> Result<Value, NaiveError> {
        let mut elements = match value {
            Value::Vector(elements) => elements,
            Value::Scalar(value) => return Ok(Value::Scalar(-value)),
            Value::String(_) | Value::Matrix(_) => return Err(wrong_type("a scalar or an instant vector")),
        };
        for element in &mut elements {
            element.value = match &element.value {
                SampleValue::Float(value) => SampleValue::Float(-value),
                SampleValue::Histogram(histogram) => {
                    let mut negative = FloatHistogram::clone(histogram);
                    negative.negate();
                    of_histogram(negative)
                }
            };
            self.drop_name(element);
        }
        unique(elements).map(Value::Vector)
    }
}

/// The elements, unless two have the same labels.
pub(super) fn unique(elements: Vec<Element>) -> Result<Vec<Element>, NaiveError> {
    let mut seen = HashSet::new();
    if elements.iter().all(|e| seen.insert(&e.labels)) {
        Ok(elements)
    } else {
        Err(NaiveError::same_labelset())
    }
}

fn wrong_type(wanted: &str) -> NaiveError {
    NaiveError::bad_data(format!("expected {wanted}"))
}

fn bad_duration(error: DurationError) -> NaiveError {
    NaiveError::bad_data(error.to_string())
}
