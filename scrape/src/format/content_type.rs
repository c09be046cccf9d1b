//! Which format a response is in, by its `Content-Type`.
//!
//! ```text
//! application/openmetrics-text; version=1.0.0; charset=utf-8
//! ^^^^^^^^^^^ ^^^^^^^^^^^^^^^^  ^^^^^^^ ^^^^^
//! type        subtype           parameter and value, any number of them
//! ```

use std::fmt;

/// A format in which targets expose metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpositionFormat {
    /// `text/plain`, versions 0.0.4 and 1.0.0.
    PrometheusText,
    /// `application/openmetrics-text`, versions 0.0.1 and 1.0.0.
    OpenMetricsText,
    /// `application/vnd.google.protobuf`: recognised, but there is no reader of it.
    Protobuf,
}

impl ExpositionFormat {
    /// The format of a media type without parameters, in lower case.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        [Self::PrometheusText, Self::OpenMetricsText, Self::Protobuf]
            .into_iter()
            .find(|format| format.media_type() == media_type)
    }

    /// Its media type, without parameters.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::PrometheusText => "text/plain",
            Self::OpenMetricsText => "application/openmetrics-text",
            Self::Protobuf => "application/vnd.google.protobuf",
        }
    }
}

impl fmt::Display for ExpositionFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.media_type())
    }
}

/// What is wrong with a `Content-Type`; with a fallback it is a warning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentTypeError {
    /// There is none.
    #[error("non-compliant scrape target sending blank Content-Type{}", consequence(.fallback))]
    Blank {
        /// What was used instead.
        fallback: Option<ExpositionFormat>,
    },
    /// It is not spelled as the standard asks.
    #[error("cannot parse Content-Type {content_type:?}: {reason}{}", consequence(.fallback))]
    Malformed {
        /// The header as it came.
        content_type: String,
        /// What is wrong with it.
        reason: &'static str,
        /// What was used instead.
        fallback: Option<ExpositionFormat>,
    },
    /// It is not one of ours.
    #[error("received unsupported Content-Type {content_type:?}{}", consequence(.fallback))]
    Unsupported {
        /// The header as it came.
        content_type: String,
        /// What was used instead.
        fallback: Option<ExpositionFormat>,
    },
}

fn consequence(fallback: &Option<ExpositionFormat>) -> String {
    match fallback {
        Some(format) => format!(", using fallback_scrape_protocol {:?}", format.media_type()),
        None => " and no fallback_scrape_protocol specified for target".into(),
    }
}

/// The format to read a response with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// What the response says, or else the fallback.
    pub format: ExpositionFormat,
    /// Why the fallback was needed.
    pub warning: Option<ContentTypeError>,
}

/// Chooses the format of a response by its `Content-Type`, or `fallback` if that says nothing useful.
///
/// # Errors
/// [`ContentTypeError`] if there is no fallback either.
///
/// ```
/// use emberdb_scrape::{ExpositionFormat, negotiate};
///
/// let negotiated = negotiate("text/plain; version=0.0.4; charset=utf-8", None)?;
/// assert_eq!(negotiated.format, ExpositionFormat::PrometheusText);
/// assert!(negotiate("text/html", None).is_err());
/// # Ok::<(), emberdb_scrape::ContentTypeError>(())
/// ```
pub fn negotiate(
    content_type: &str,
    fallback: Option<ExpositionFormat>,
) -> Result<Negotiated, ContentTypeError> {
    let owned = || content_type.to_owned();
    let warning = if content_type.is_empty() {
        ContentTypeError::Blank { fallback }
    } else {
        match media_type(content_type) {
            Ok(media_type) => match ExpositionFormat::of_media_type(&media_type) {
                Some(format) => return Ok(Negotiated { format, warning: None }),
                None => ContentTypeError::Unsupported { content_type: owned(), fallback },
            },
            Err(reason) => ContentTypeError::Malformed { content_type: owned(), reason, fallback },
        }
    };
    match fallback {
        Some(format) => Ok(Negotiated { format, warning: Some(warning) }),
        None => Err(warning),
    }
}

/// The media type of a header in lower case, after its parameters were checked too.
fn media_type(header: &str) -> Result<String, &'static str> {
    let (media, mut parameters) = header.split_once(';').unwrap_or((header, ""));
    let media = media.trim();
    let (main, sub) = media.split_once('/').unwrap_or((media, ""));
    if token_len(main) == 0 {
        return Err("no media type");
    }
    if token_len(main) < main.len() {
        return Err("expected slash after first token");
    }
    match token_len(sub) {
        _ if !media.contains('/') => {}
        0 => return Err("expected token after slash"),
        len if len < sub.len() => return Err("unexpected content after media subtype"),
        _ => {}
    }
    let mut seen: Vec<(String, String)> = Vec::new();
    while let Some((name, value, rest)) = parameter(parameters)? {
        if seen.iter().any(|(n, v)| *n == name && *v != value) {
            return Err("duplicate parameter name");
        }
        seen.push((name, value));
        parameters = rest;
    }
    Ok(media.to_ascii_lowercase())
}

/// Splits `name=value` off `text`, and the semicolon behind it; none if nothing but blanks is left.
fn parameter(text: &str) -> Result<Option<(String, String, &str)>, &'static str> {
    const INVALID: &str = "invalid media parameter";
    let text = text.trim_start();
    if text.is_empty() {
        return Ok(None);
    }
    let (name, rest) = text.split_at(token_len(text));
    let rest = rest.trim_start().strip_prefix('=').ok_or(INVALID)?.trim_start();
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted_value(quoted).ok_or(INVALID)?,
        None => {
            let (value, rest) = rest.split_at(token_len(rest));
            (value.to_owned(), rest)
        }
    };
    let rest = rest.trim_start();
    let ended = rest.is_empty() || rest.starts_with(';');
    if name.is_empty() || value.is_empty() || !ended {
        return Err(INVALID);
    }
    Ok(Some((name.to_ascii_lowercase(), value, rest.strip_prefix(';').unwrap_or(""))))
}

/// The string up to the closing quote, with backslashes undone, and what follows.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(c),
        }
    }
    None
}

/// Length of the token that `text` begins with.
fn token_len(text: &str) -> usize {
    let is_token = |b: &u8| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(b);
    text.bytes().position(|b| !is_token(&b)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_the_standard_has_them() {
        for header in [
            "Text/Plain",
            "text/plain;",
            "text/plain ; version=0.0.4 ;",
            r#"text/plain; a="x;\"y"; b=c"#,
            "text/plain; charset=utf-8; charset=utf-8",
        ] {
            assert_eq!(media_type(header).as_deref(), Ok("text/plain"), "{header}");
        }
        for header in ["text/plain; a", "text/plain; a=", "text/plain; a=b c", r#"text/plain; a="b"#] {
            assert_eq!(media_type(header), Err("invalid media parameter"), "{header}");
        }
        assert_eq!(media_type("te xt/plain"), Err("expected slash after first token"));
        assert_eq!(media_type("text").as_deref(), Ok("text"));
    }
}
