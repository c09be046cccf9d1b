//! Binary operators between vectors.

use super::{error_text, instant, load, range, try_instant, try_range};

#[test]
fn one_to_one_drops_the_name_of_arithmetic_only() {
    let storage = load(1000, "a{x=\"1\"} 6\na{x=\"2\"} 8\nb{x=\"1\"} 2\nb{x=\"3\"} 2");
    assert_eq!(instant(&storage, "a / b", 0), [r#"{x="1"} 3"#]);
    assert_eq!(instant(&storage, "a > b", 0), [r#"a{x="1"} 6"#]);
    assert_eq!(instant(&storage, "a > bool b", 0), [r#"{x="1"} 1"#]);
    assert_eq!(instant(&storage, "a == on (x) b + 4", 0), [r#"{x="1"} 6"#]);
    assert_eq!(instant(&storage, "2 < a", 0), [r#"a{x="1"} 6"#, r#"a{x="2"} 8"#]);
    assert_eq!(instant(&storage, "a % 5", 0), [r#"{x="1"} 1"#, r#"{x="2"} 3"#]);
    assert_eq!(instant(&storage, "-a", 0), [r#"{x="1"} -6"#, r#"{x="2"} -8"#]);
}

#[test]
fn group_left_copies_and_removes_labels() {
    let storage =
        load(1000, "m{j=\"1\",i=\"a\",v=\"old\"} 1\nm{j=\"1\",i=\"b\"} 2\none{j=\"1\",v=\"new\"} 10");
    assert_eq!(
        instant(&storage, "m * on (j) group_left (v) one", 0),
        [r#"{i="a", j="1", v="new"} 10"#, r#"{i="b", j="1", v="new"} 20"#]
    );
    assert_eq!(
        instant(&storage, "m * on (j) group_left (nope, v) (0 * sum by (j) (one))", 0),
        [r#"{i="a", j="1"} 0"#, r#"{i="b", j="1"} 0"#]
    );
    assert_eq!(
        instant(&storage, "one - on (j) group_right m", 0),
        [r#"{i="a", j="1", v="old"} 9"#, r#"{i="b", j="1"} 8"#]
    );
}

#[test]
fn a_match_group_has_one_element_on_the_one_side() {
    let storage = load(
        1000,
        "a{x=\"1\"} 1\nb{x=\"1\",y=\"1\"} 1\nb{x=\"1\",y=\"2\"} 2\nc{x=\"9\",y=\"1\"} 1\nc{x=\"9\",y=\"2\"} 1",
    );
    let text = error_text(try_instant(&storage, "a + on (x) b", 0));
    assert_eq!(
        text,
        "found duplicate series for the match group {x=\"1\"} on the right hand-side of the operation: \
         [{__name__=\"b\", x=\"1\", y=\"1\"}, {__name__=\"b\", x=\"1\", y=\"2\"}];many-to-many matching not allowed: matching labels must be \
         unique on one side"
    );
    // Also where nothing matches, or the comparison is false; but not against an empty vector.
    assert!(error_text(try_instant(&storage, "a + on (x) c", 0)).starts_with("found duplicate series"));
    assert_eq!(instant(&storage, "nothing + on (x) c", 0), [""; 0]);
    let text = error_text(try_instant(&storage, "b > on (x) a", 0));
    assert_eq!(
        text,
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    );
    let text = error_text(try_instant(&storage, "b + on (x) group_right a", 0));
    assert!(text.contains("on the left hand-side"), "{text}");
    let text = error_text(try_instant(&storage, "b + on (x) group_left (y) a", 0));
    assert_eq!(text, "multiple matches for labels: grouping labels must ensure unique matches");
}

#[test]
fn duplicates_are_an_error_only_where_they_meet() {
    let storage =
        load(1000, "a{x=\"1\"} 1 1 1 1\nb{x=\"1\",y=\"1\"} 10 stale _ 10\nb{x=\"1\",y=\"2\"} _ 20 stale _");
    assert_eq!(range(&storage, "a + on (x) b", (0, 3000, 1000)), [r#"{x="1"} 0:11 1000:21 3000:11"#]);
    assert_eq!(
        range(&storage, "b + on (x) group_left () a", (0, 3000, 1000)),
        [r#"{x="1", y="1"} 0:11 3000:11"#, r#"{x="1", y="2"} 1000:21"#]
    );
    let storage = load(1000, "a{x=\"1\"} 1 1\nb{x=\"1\",y=\"1\"} 10 10\nb{x=\"1\",y=\"2\"} _ 20");
    assert!(try_range(&storage, "a + on (x) b", (0, 1000, 1000)).is_err());
    assert_eq!(range(&storage, "a + on (x) b", (0, 999, 1000)), [r#"{x="1"} 0:11"#]);
}

#[test]
fn equal_labels_merge_where_they_do_not_overlap() {
    let storage = load(1000, "a{x=\"1\"} 1 stale _ 4\nb{x=\"1\"} _ 2 stale _");
    assert_eq!(range(&storage, "-{x=\"1\"}", (0, 3000, 1000)), [r#"{x="1"} 0:-1 1000:-2 3000:-4"#]);
    assert_eq!(
        range(&storage, r#"label_replace({x="1"}, "__name__", "z", "", "")"#, (0, 3000, 1000)),
        [r#"z{x="1"} 0:1 1000:2 3000:4"#]
    );
    let storage = load(1000, "a{x=\"1\"} 1 1\nb{x=\"1\"} _ 2");
    let text = error_text(try_range(&storage, "abs({x=\"1\"})", (0, 1000, 1000)));
    assert_eq!(text, "vector cannot contain metrics with the same labelset");
}

#[test]
fn set_operators_look_at_presence() {
    let storage =
        load(1000, "a{x=\"1\"} 1 1 _\na{x=\"2\"} 2 2 2\nb{x=\"1\",y=\"1\"} 9 stale _\nb{x=\"3\"} 3 3 3");
    let times = (0, 1000, 1000);
    assert_eq!(range(&storage, "a and on (x) b", times), [r#"a{x="1"} 0:1"#]);
    assert_eq!(range(&storage, "a unless on (x) b", times), [r#"a{x="1"} 1000:1"#, r#"a{x="2"} 0:2 1000:2"#]);
    assert_eq!(instant(&storage, "a or on (x) b", 0), [r#"a{x="1"} 1"#, r#"a{x="2"} 2"#, r#"b{x="3"} 3"#]);
    assert_eq!(range(&storage, "a > 1 or a", times), [r#"a{x="1"} 0:1 1000:1"#, r#"a{x="2"} 0:2 1000:2"#]);
    assert_eq!(range(&storage, "vector(1) and vector(NaN)", times), ["{} 0:1 1000:1"]);
}

#[test]
fn fill_stands_in_for_the_missing_side() {
    let storage = load(1000, "a{x=\"1\"} 1\na{x=\"2\"} 2\nb{x=\"2\"} 20\nb{x=\"3\"} 30");
    assert_eq!(instant(&storage, "a + fill_right (5) b", 0), [r#"{x="1"} 6"#, r#"{x="2"} 22"#]);
    assert_eq!(instant(&storage, "a + fill_left (5) b", 0), [r#"{x="2"} 22"#, r#"{x="3"} 35"#]);
    assert_eq!(instant(&storage, "a + fill (0) b", 0), [r#"{x="1"} 1"#, r#"{x="2"} 22"#, r#"{x="3"} 30"#]);
}

#[test]
fn trims_are_for_histograms() {
    let storage = load(1000, "a 1");
    let result = try_instant(&storage, "a </ 3", 0).unwrap();
    assert!(result.value.as_vector().unwrap().is_empty());
    let notes: Vec<String> = result.annotations.iter().map(|a| a.render("a </ 3")).collect();
    assert_eq!(
        notes,
        [
            "PromQL info: incompatible sample types encountered for binary operator \"</\": float </ float (1:1)"
        ]
    );
}

#[test]
fn scalars_compare_to_numbers() {
    let storage = load(1000, "a 1");
    assert_eq!(instant(&storage, "1 + 2 * 3 ^ 2", 0), ["19"]);
    assert_eq!(instant(&storage, "1 < bool 2", 0), ["1"]);
    assert_eq!(instant(&storage, "-(-7 % 4)", 0), ["3"]);
    assert_eq!(instant(&storage, "min_of(1, NaN)", 0), ["NaN"]);
    assert_eq!(range(&storage, "scalar(a) + 1", (0, 1000, 1000)), ["{} 0:2 1000:2"]);
}
