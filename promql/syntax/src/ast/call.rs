//! Function calls.

use super::Expr;
use crate::signature::FunctionId;
use crate::span::Span;

/// `rate(foo[5m])`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Which function.
    pub function: FunctionId,
    /// The arguments as written: as many as the signature allows, of the types it wants.
    pub args: Vec<Expr>,
    /// From the name to the closing parenthesis.
    pub span: Span,
}
