//! What PromQL knows by name: functions, aggregations, binary operators, and the types they take and give.
//!
//! * [`function`]: **the** function table
//! * [`aggregation`]: the aggregation operators
//! * [`binary`]: the binary operators and their precedence
//! * [`value_type`]: the four types of values

mod aggregation;
mod binary;
mod function;
mod value_type;

pub use aggregation::AggregationOp;
pub use binary::BinaryOp;
pub use function::{Arity, FunctionId, Signature};
pub use value_type::ValueType;
