//! What both servers are told.

/// How far queries look back for a sample: five minutes.
pub(super) const LOOKBACK_MS: i64 = 300_000;

/// Samples are taken that are so much older than the newest: seven hours, more than all of the data.
pub(super) const OUT_OF_ORDER_WINDOW_MS: i64 = 25_200_000;

/// So many samples a query may hold: enough for each question, since the two count them differently.
pub(super) const SAMPLES_MAX: usize = 50_000_000;

/// What is always switched on in both. A Prometheus that does not know one of them yet says so in its log and goes on: questions that
/// need it are not asked then.
pub(super) const FEATURES: &str = "promql-experimental-functions,promql-extended-range-selectors,\
                                   promql-binop-fill-modifiers,exemplar-storage";

/// What has to be switched on in a Prometheus besides; newer ones have it on.
pub(super) const FEATURES_OF_PROMETHEUS: &str = "native-histograms,promql-duration-expr";
