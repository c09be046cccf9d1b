//! Windows, lookback, staleness, offset and `@`.

use super::{instant, load, matrix_text, range, try_instant};

const MINUTE: i64 = 60_000;

#[test]
fn the_lookback_is_left_open_and_right_closed() {
    let storage = load(MINUTE, "m 1 _ _ _ _ _ 2");
    assert_eq!(instant(&storage, "m", 0), ["m 1"], "a sample of now counts");
    assert_eq!(instant(&storage, "m", 5 * MINUTE - 1), ["m 1"]);
    assert_eq!(instant(&storage, "m", 5 * MINUTE), [""; 0], "as old as the lookback is too old");
    assert_eq!(
        range(&storage, "m", (0, 7 * MINUTE, MINUTE)),
        ["m 0:1 60000:1 120000:1 180000:1 240000:1 360000:2 420000:2"]
    );
}

#[test]
fn ranges_are_left_open_and_right_closed() {
    let storage = load(MINUTE, "m 1 2 3 4");
    assert_eq!(instant(&storage, "count_over_time(m[2m])", 3 * MINUTE), ["{} 2"]);
    assert_eq!(instant(&storage, "count_over_time(m[2m])", 3 * MINUTE - 1), ["{} 2"]);
    assert_eq!(instant(&storage, "sum_over_time(m[2m])", 3 * MINUTE - 1), ["{} 5"]);
    let matrix = try_instant(&storage, "m[2m]", 2 * MINUTE + 1).unwrap().value;
    assert_eq!(matrix_text(&matrix), ["m 60000:2 120000:3"]);
}

#[test]
fn a_staleness_marker_hides_older_samples() {
    let storage = load(MINUTE, "m 1 2 stale _ 5");
    assert_eq!(instant(&storage, "m", 2 * MINUTE - 1), ["m 2"]);
    assert_eq!(instant(&storage, "m", 2 * MINUTE), [""; 0]);
    assert_eq!(instant(&storage, "m", 3 * MINUTE), [""; 0], "the older sample stays hidden");
    assert_eq!(range(&storage, "m", (0, 5 * MINUTE, MINUTE)), ["m 0:1 60000:2 240000:5 300000:5"]);
    assert_eq!(instant(&storage, "count_over_time(m[10m])", 5 * MINUTE), ["{} 3"], "windows skip it");
}

#[test]
fn offset_and_at_move_the_time() {
    let storage = load(MINUTE, "m 0 1 2 3 4 5");
    assert_eq!(instant(&storage, "m offset 2m", 5 * MINUTE), ["m 3"]);
    assert_eq!(instant(&storage, "m offset -2m", 2 * MINUTE), ["m 4"]);
    assert_eq!(instant(&storage, "m @ 120 offset 1m", 5 * MINUTE), ["m 1"]);
    assert_eq!(instant(&storage, "m offset 1m @ 120", 5 * MINUTE), ["m 1"]);
    let times = (MINUTE, 3 * MINUTE, MINUTE);
    assert_eq!(range(&storage, "m @ end()", times), ["m 60000:3 120000:3 180000:3"]);
    assert_eq!(range(&storage, "m @ start() + m", times), ["{} 60000:2 120000:3 180000:4"]);
    assert_eq!(range(&storage, "sum_over_time(m[2m] @ 180)", times), ["{} 60000:5 120000:5 180000:5"]);
    assert_eq!(range(&storage, "timestamp(m @ 90)", times), ["{} 60000:60 120000:60 180000:60"]);
    assert_eq!(range(&storage, "predict_linear(m[3m] @ 180, 0)", times), ["{} 60000:1 120000:2 180000:3"]);
}

#[test]
fn subqueries_are_aligned_to_the_epoch() {
    let storage = load(MINUTE, "m 0 1 2 3 4 5");
    let matrix = try_instant(&storage, "m[2m:50s]", 5 * MINUTE).unwrap().value;
    assert_eq!(matrix_text(&matrix), ["m 200000:3 250000:4 300000:5"]);
    assert_eq!(
        instant(&storage, "sum_over_time(m[2m:1m])", 5 * MINUTE),
        ["{} 9"],
        "the open end is left out"
    );
    assert_eq!(
        range(&storage, "sum_over_time(m[2m:1m])", (3 * MINUTE, 5 * MINUTE, MINUTE)),
        ["{} 180000:5 240000:7 300000:9"]
    );
    assert_eq!(instant(&storage, "max_over_time(rate(m[2m])[3m:30s])", 5 * MINUTE).len(), 1);
    assert_eq!(instant(&storage, "sum_over_time(m[2m:1m] offset 1m)", 5 * MINUTE), ["{} 7"]);
    assert_eq!(instant(&storage, "sum_over_time(m[2m:1m] @ 180)", 5 * MINUTE), ["{} 5"]);
    assert_eq!(
        instant(&storage, "sum_over_time(m[30s:1m])", 5 * MINUTE - 1),
        [""; 0],
        "no step in the window"
    );
}

#[test]
fn a_grid_ends_at_its_last_step() {
    let storage = load(MINUTE, "m 0 1 2 3");
    assert_eq!(range(&storage, "m", (MINUTE, 3 * MINUTE - 1, MINUTE)), ["m 60000:1 120000:2"]);
    assert_eq!(range(&storage, "m", (MINUTE, MINUTE, MINUTE)), ["m 60000:1"]);
    assert_eq!(range(&storage, "time()", (0, 2000, 1000)), ["{} 0:0 1000:1 2000:2"]);
    assert_eq!(range(&storage, "nothing", (0, 2000, 1000)), [""; 0]);
}
