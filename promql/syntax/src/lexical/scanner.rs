//! The pass over the query text.
//!
//! What a character means depends on the brackets around it: within braces only matchers are tokens, and after
//! `[` only what can begin a duration. The first text that is no token ends the pass; the grammar reports it
//! when it gets there, unless it finds an error before.

use nom::bytes::complete::take_while;
use nom::{IResult, Parser};

use super::keyword::{classify, classify_in_duration};
use super::number::{is_word_byte, scan_number};
use super::string::scan_string;
use super::token::{Keyword, Token, TokenKind};
use crate::error::Fault;
use crate::quote::{quoted, quoted_char};
use crate::signature::BinaryOp;
use crate::span::Span;

/// A query as tokens.
#[derive(Debug)]
pub(crate) struct Tokenized<'q> {
    pub(crate) query: &'q str,
    /// The last is `End` or `Fault`, and only the last.
    pub(crate) tokens: Vec<Token>,
    /// Why the last token is `Fault`.
    pub(crate) fault: Option<Fault>,
}

/// Cuts `query` into tokens. The query is at most [`QUERY_BYTES_MAX`](crate::QUERY_BYTES_MAX) long.
pub(crate) fn tokenize(query: &str) -> Tokenized<'_> {
    let mut scanner = Scanner {
        query,
        at: 0,
        mode: Mode::Statement,
        paren_depth: 0,
        is_bracket_open: false,
        has_duration: false,
        has_colon: false,
        // Queries have a token for about every four bytes; one growth at most for the dense ones.
        tokens: Vec::with_capacity(query.len() / 3 + 4),
    };
    let fault = scanner.run().err();
    let last = match &fault {
        Some(fault) => Token { kind: TokenKind::Fault, span: fault.span },
        None => Token { kind: TokenKind::End, span: Span::of(query.len(), query.len()) },
    };
    scanner.tokens.push(last);
    Tokenized { query, tokens: scanner.tokens, fault }
}

/// What the next character can mean.
#[derive(Clone, Copy)]
enum Mode {
    Statement,
    /// Within `{}`.
    Braces,
    /// From `[` to the first number, and on while only operators and calls follow.
    Duration,
}

struct Scanner<'q> {
    query: &'q str,
    at: usize,
    mode: Mode,
    paren_depth: usize,
    is_bracket_open: bool,
    /// A duration was seen since the bracket.
    has_duration: bool,
    /// A colon was seen since the bracket.
    has_colon: bool,
    tokens: Vec<Token>,
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        loop {
            self.at += blank_len(self.rest(), matches!(self.mode, Mode::Duration));
            let Some(byte) = self.peek(0) else {
                return self.end();
            };
            match self.mode {
                Mode::Statement => self.statement(byte)?,
                Mode::Braces => self.braces(byte)?,
                Mode::Duration => self.duration(byte)?,
            }
        }
    }

    fn end(&self) -> Result<(), Fault> {
        match self.mode {
            Mode::Braces => Err(self.fault_here("unexpected end of input inside braces")),
            Mode::Duration => Err(self.fault_here("unexpected end of input in duration expression")),
            Mode::Statement if self.paren_depth > 0 => Err(self.fault_here("unclosed left parenthesis")),
            Mode::Statement if self.is_bracket_open => Err(self.fault_here("unclosed left bracket")),
            Mode::Statement => Ok(()),
        }
    }

    fn statement(&mut self, byte: u8) -> Result<(), Fault> {
        let next = self.peek(1);
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' if self.is_bracket_open => self.word_in_bracket(byte)?,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' => self.word(),
            b'0'..=b'9' => self.number()?,
            b'.' if next.is_some_and(|next| next.is_ascii_digit()) => self.number()?,
            b'(' => self.open_paren(),
            b')' => self.close_paren()?,
            b',' => self.emit(TokenKind::Comma, 1),
            b'"' | b'\'' | b'`' => self.string()?,
            b'{' => {
                self.emit(TokenKind::LeftBrace, 1);
                self.mode = Mode::Braces;
            }
            b'[' if self.is_bracket_open => return Err(self.fault_at_char("unexpected left bracket ")),
            b'[' => {
                self.emit(TokenKind::LeftBracket, 1);
                self.is_bracket_open = true;
                self.has_duration = false;
                self.has_colon = false;
                self.mode = Mode::Duration;
            }
            b']' if self.is_bracket_open => {
                self.emit(TokenKind::RightBracket, 1);
                self.is_bracket_open = false;
            }
            b']' => return Err(self.fault_at_char("unexpected right bracket ")),
            b'@' => self.emit(TokenKind::At, 1),
            b'=' => match next {
                Some(b'=') => self.operator(BinaryOp::Equal, 2),
                Some(b'~') => return Err(self.fault_after("unexpected character after '=': ")),
                _ => self.emit(TokenKind::Assign, 1),
            },
            b'!' => match next {
                Some(b'=') => self.operator(BinaryOp::NotEqual, 2),
                _ => return Err(self.fault_after("unexpected character after '!': ")),
            },
            b'<' => match next {
                Some(b'=') => self.operator(BinaryOp::LessEqual, 2),
                Some(b'/') => self.operator(BinaryOp::TrimUpper, 2),
                _ => self.operator(BinaryOp::Less, 1),
            },
            b'>' => match next {
                Some(b'=') => self.operator(BinaryOp::GreaterEqual, 2),
                Some(b'/') => self.operator(BinaryOp::TrimLower, 2),
                _ => self.operator(BinaryOp::Greater, 1),
            },
            _ => match arithmetic(byte) {
                Some(op) => self.operator(op, 1),
                None => return Err(self.fault_at_char("unexpected character: ")),
            },
        }
        Ok(())
    }

    fn braces(&mut self, byte: u8) -> Result<(), Fault> {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let length = word_len(self.rest(), is_word_byte);
                self.emit(TokenKind::Identifier, length);
            }
            b',' => self.emit(TokenKind::Comma, 1),
            b'"' | b'\'' | b'`' => self.string()?,
            b'=' if self.peek(1) == Some(b'~') => self.emit(TokenKind::RegexMatch, 2),
            b'=' => self.emit(TokenKind::Assign, 1),
            b'!' => match self.peek(1) {
                Some(b'~') => self.emit(TokenKind::RegexNoMatch, 2),
                Some(b'=') => self.operator(BinaryOp::NotEqual, 2),
                _ => return Err(self.fault_after("unexpected character after '!' inside braces: ")),
            },
            b'{' => return Err(self.fault_at_char("unexpected left brace ")),
            b'}' => {
                self.emit(TokenKind::RightBrace, 1);
                self.mode = Mode::Statement;
            }
            _ => return Err(self.fault_at_char("unexpected character inside braces: ")),
        }
        Ok(())
    }

    fn duration(&mut self, byte: u8) -> Result<(), Fault> {
        let next = self.peek(1);
        match byte {
            b'0'..=b'9' => self.first_number()?,
            b'.' if next.is_some_and(|next| next.is_ascii_digit()) => self.first_number()?,
            b'a'..=b'z' | b'A'..=b'Z' => {
                if !self.duration_keyword() {
                    return Err(self.fault_at_char("unexpected character in duration expression: "));
                }
            }
            b':' => {
                self.at += 1;
                if !self.has_duration {
                    return Err(self.fault_here("unexpected colon before duration in duration expression"));
                }
                if self.has_colon {
                    return Err(self.fault_here("unexpected repeated colon in duration expression"));
                }
                self.at -= 1;
                self.emit(TokenKind::Colon, 1);
                self.has_colon = true;
            }
            b']' => {
                self.emit(TokenKind::RightBracket, 1);
                self.is_bracket_open = false;
                self.mode = Mode::Statement;
            }
            b'(' => self.open_paren(),
            b')' => self.close_paren()?,
            b',' => self.emit(TokenKind::Comma, 1),
            _ => match arithmetic(byte) {
                Some(op) => self.operator(op, 1),
                None => return Err(self.fault_at_char("unexpected character in duration expression: ")),
            },
        }
        Ok(())
    }

    /// A keyword, a name, or `inf` and `nan`.
    fn word(&mut self) {
        let length = word_len(self.rest(), |byte| is_word_byte(byte) || byte == b':');
        let word = self.rest().get(..length).unwrap_or_default();
        let kind = if word.contains(&b':') { TokenKind::MetricIdentifier } else { classify(word) };
        let kind = match kind {
            TokenKind::Keyword(Keyword::Fill | Keyword::FillLeft | Keyword::FillRight)
                if !self.is_before_paren(length) =>
            {
                TokenKind::Identifier
            }
            kind => kind,
        };
        self.emit(kind, length);
    }

    /// Behind a duration: a colon, or the call of a duration function.
    fn word_in_bracket(&mut self, byte: u8) -> Result<(), Fault> {
        if byte == b':' {
            if self.has_colon {
                return Err(self.fault_at_char("unexpected colon "));
            }
            self.emit(TokenKind::Colon, 1);
            self.has_colon = true;
        } else if !self.duration_keyword() {
            let message = format!("unexpected character: {}, expected ':'", quoted_char(char::from(byte)));
            return Err(self.fault_here(&message));
        }
        Ok(())
    }

    /// Whether `step`, `range`, `min_of` or `max_of` was here, and passed.
    fn duration_keyword(&mut self) -> bool {
        let length = word_len(self.rest(), is_word_byte);
        let keyword = classify_in_duration(self.rest().get(..length).unwrap_or_default());
        if let Some(keyword) = keyword {
            self.emit(TokenKind::Keyword(keyword), length);
            self.has_duration = true;
        }
        keyword.is_some()
    }

    fn first_number(&mut self) -> Result<(), Fault> {
        self.has_duration = true;
        self.mode = Mode::Statement;
        self.number()
    }

    fn number(&mut self) -> Result<(), Fault> {
        match scan_number(self.rest()) {
            Ok((kind, length)) => {
                self.emit(kind, length);
                Ok(())
            }
            Err(length) => {
                let shown = self.query.get(self.at..self.at + length).unwrap_or_default();
                Err(self.fault_here(&format!("bad number or duration syntax: {}", quoted(shown))))
            }
        }
    }

    fn string(&mut self) -> Result<(), Fault> {
        let text = self.query.get(self.at..).unwrap_or_default();
        let length = scan_string(text).map_err(|message| self.fault_here(&message))?;
        self.emit(TokenKind::String, length);
        Ok(())
    }

    fn open_paren(&mut self) {
        self.emit(TokenKind::LeftParen, 1);
        self.paren_depth += 1;
    }

    fn close_paren(&mut self) -> Result<(), Fault> {
        if self.paren_depth == 0 {
            self.at += 1;
            return Err(self.fault_here("unexpected right parenthesis ')'"));
        }
        self.paren_depth -= 1;
        self.emit(TokenKind::RightParen, 1);
        Ok(())
    }

    fn operator(&mut self, op: BinaryOp, length: usize) {
        self.emit(TokenKind::Operator(op), length);
    }

    fn emit(&mut self, kind: TokenKind, length: usize) {
        self.tokens.push(Token { kind, span: Span::of(self.at, self.at + length) });
        self.at += length;
    }

    fn rest(&self) -> &[u8] {
        self.query.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.query.as_bytes().get(self.at + ahead).copied()
    }

    /// Whether a left parenthesis is the next character but blanks, `length` bytes on.
    fn is_before_paren(&self, length: usize) -> bool {
        let rest = self.rest().get(length..).unwrap_or_default();
        rest.iter().find(|&&byte| !is_space(byte)) == Some(&b'(')
    }

    /// A fault of all the text from here.
    fn fault_here(&self, message: &str) -> Fault {
        Fault::new(Span::of(self.at, self.query.len()), message)
    }

    fn fault_at_char(&self, message: &str) -> Fault {
        let c = self.query.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
        self.fault_here(&format!("{message}{}", quoted_char(c)))
    }

    /// A fault here that shows the next character.
    fn fault_after(&self, message: &str) -> Fault {
        let next = self.query.get(self.at + 1..).and_then(|rest| rest.chars().next());
        let shown = next.map_or_else(|| "end of input".to_owned(), quoted_char);
        self.fault_here(&format!("{message}{shown}"))
    }
}

const fn arithmetic(byte: u8) -> Option<BinaryOp> {
    Some(match byte {
        b'+' => BinaryOp::Add,
        b'-' => BinaryOp::Sub,
        b'*' => BinaryOp::Mul,
        b'/' => BinaryOp::Div,
        b'%' => BinaryOp::Mod,
        b'^' => BinaryOp::Pow,
        _ => return None,
    })
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The length of the blanks and comments at the start of `text`. A duration expression has no comments.
fn blank_len(text: &[u8], is_duration: bool) -> usize {
    let mut length = 0;
    loop {
        let rest = text.get(length..).unwrap_or_default();
        match rest.first() {
            Some(&byte) if is_space(byte) => length += word_len(rest, is_space),
            Some(b'#') if !is_duration => length += word_len(rest, |byte| byte != b'\n'),
            _ => return length,
        }
    }
}

/// The number of bytes at the start of `text` that belong.
fn word_len(text: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    let word: IResult<&[u8], &[u8]> = take_while(belongs).parse(text);
    word.map_or(0, |(_, word)| word.len())
}

#[cfg(test)]
mod tests {
    use super::tokenize;

    /// The texts of the tokens, and the fault that ended them.
    fn texts(query: &str) -> (Vec<&str>, Option<String>) {
        let tokenized = tokenize(query);
        let spans = tokenized.tokens.iter().map(|token| token.span.text(query)).collect::<Vec<_>>();
        (spans[..spans.len() - 1].to_vec(), tokenized.fault.map(|fault| fault.message))
    }

    #[test]
    fn tokens_are_as_long_as_they_can_be() {
        assert_eq!(texts("a</b>=c # end").0, ["a", "</", "b", ">=", "c"]);
        assert_eq!(
            texts("a:b{c!~'d'}[5m:1s]").0,
            ["a:b", "{", "c", "!~", "'d'", "}", "[", "5m", ":", "1s", "]"]
        );
        assert_eq!(texts("foo[-step()+1h]").0, ["foo", "[", "-", "step", "(", ")", "+", "1h", "]"]);
    }

    #[test]
    fn a_fault_ends_the_tokens() {
        for (query, before, message) in [
            ("foo{a*", 3, "unexpected character inside braces: '*'"),
            ("foo)", 1, "unexpected right parenthesis ')'"),
            ("(foo", 2, "unclosed left parenthesis"),
            ("foo[5m", 3, "unclosed left bracket"),
            ("foo[", 2, "unexpected end of input in duration expression"),
            ("foo[5s x", 3, "unexpected character: 'x', expected ':'"),
            ("foo[:5s]", 2, "unexpected colon before duration in duration expression"),
            ("a ! b", 1, "unexpected character after '!': ' '"),
        ] {
            let (tokens, fault) = texts(query);
            assert_eq!((tokens.len(), fault.as_deref()), (before, Some(message)), "{query}");
        }
    }
}
