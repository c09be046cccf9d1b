//! Answers of `/api/v1` compared.
