//! Classic and native histogram mathematics, without I/O and without labels.
