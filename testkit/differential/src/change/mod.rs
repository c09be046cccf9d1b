//! Which questions touch a behaviour that upstream has changed, and in which version.
