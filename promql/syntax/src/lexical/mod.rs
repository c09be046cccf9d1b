//! Query text to tokens, in one pass.
//!
//! * [`token`]: what a token is, and how messages call it
//! * [`scanner`]: the pass; what a character means depends on the brackets around it
//! * [`keyword`]: which words are not names
//! * [`number`]: numbers and durations
//! * [`string`]: quoted text

mod keyword;
mod number;
mod scanner;
mod string;
mod token;

pub(crate) use number::parse_number;
pub(crate) use scanner::{Tokenized, tokenize};
pub(crate) use string::{unquote, unquote_bytes};
pub use token::{Keyword, Token, TokenKind};
