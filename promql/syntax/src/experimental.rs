//! Syntax that has to be switched on.

/// Which parts of the language beyond the stable one are understood.
///
/// The default is that of a Prometheus 3.14 server without feature flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParserOptions {
    /// The experimental functions, and the aggregations `limitk` and `limit_ratio`.
    pub experimental_functions: bool,
    /// Arithmetic in brackets and after `offset`: `foo[step() * 2]`. On by default.
    pub duration_expr: bool,
    /// `anchored` and `smoothed`.
    pub extended_range_selectors: bool,
    /// `fill`, `fill_left` and `fill_right` in vector matching.
    pub binop_fill_modifiers: bool,
}

impl ParserOptions {
    /// Everything on.
    pub const ALL: Self = Self {
        experimental_functions: true,
        duration_expr: true,
        extended_range_selectors: true,
        binop_fill_modifiers: true,
    };
}

impl Default for ParserOptions {
    fn default() -> Self {
        Self {
            experimental_functions: false,
            duration_expr: true,
            extended_range_selectors: false,
            binop_fill_modifiers: false,
        }
    }
}
