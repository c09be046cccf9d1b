//! Signs and parentheses.

use super::Expr;
use crate::span::Span;

/// `-foo`. A sign directly before a number literal is folded into the literal instead.
#[derive(Debug, Clone, PartialEq)]
pub struct Unary {
    /// Which sign.
    pub sign: Sign,
    /// What follows it; a scalar or an instant vector.
    pub expr: Expr,
    /// From the sign to the expression's end.
    pub span: Span,
}

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `+`.
    Plus,
    /// `-`.
    Minus,
}

impl Sign {
    /// The sign as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
        }
    }
}

/// `(foo)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Paren {
    /// What stands within.
    pub expr: Expr,
    /// Both parentheses included.
    pub span: Span,
}
