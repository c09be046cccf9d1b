//! Exposition formats, and which series went stale between two scrapes.
