//! Listing, analysing, compacting, copying, deleting.

use crate::support::{Dir, HOUR_MS, START_MS, refusal, stdout};

/// The cells of the lines of blocks.
fn rows(table: &str) -> Vec<Vec<&str>> {
    let blocks = table.lines().filter(|line| line.starts_with("01"));
    blocks.map(|line| line.split_whitespace().collect()).collect()
}

fn lines_of(dump: &str, series: &str) -> usize {
    dump.lines().filter(|line| line.starts_with(series)).count()
}

#[test]
fn blocks_come_out_of_the_head_and_are_listed() {
    let dir = Dir::new("list");
    let path = dir.filled("data");
    let told = stdout(&["tsdb", "list", &path]);
    let end_ms = START_MS + 329 * 60_000;
    let head = format!("head: 1020 samples of 4 series from {START_MS} to {end_ms}; log: ");
    assert!(rows(&told).is_empty() && told.contains(&head), "{told}");

    let told = stdout(&["tsdb", "compact", &path]);
    assert!(told.contains("written out of the head:\nBLOCK ULID "), "{told}");
    assert!(told.contains("wrote 2 blocks out of the head and 0 of other blocks"), "{told}");
    assert!(told.contains("there are 2 blocks now"), "{told}");

    let told = stdout(&["tsdb", "list", &path]);
    let [first, second] = &rows(&told)[..] else { panic!("{told}") };
    let [a, b, c] = [0, 2, 4].map(|hours| (START_MS + hours * HOUR_MS).to_string());
    assert_eq!(first[1..5], [&*a, &*b, "2h0m0s", "390"]);
    assert_eq!(second[1..5], [&*b, &*c, "2h0m0s", "360"]);
    // Series, tombstones, level.
    assert_eq!((&first[6..9], &second[6..9]), (&["4", "0", "1"][..], &["3", "0", "1"][..]));
    assert!(told.contains("head: 270 samples of "), "{told}");
    let told = stdout(&["tsdb", "list", "--human-readable", &path]);
    assert!(told.contains("2023-11-15 00:00:00  2023-11-15 02:00:00    2h0m0s"), "{told}");

    let told = stdout(&["tsdb", "compact", &path]);
    assert!(told.starts_with("wrote 0 blocks out of the head and 0 of other blocks"), "{told}");
}

#[test]
fn a_block_is_analysed() {
    let dir = Dir::new("analyze");
    let path = dir.filled("data");
    assert!(refusal(&["tsdb", "analyze", &path]).contains("holds no block"));
    let told = stdout(&["tsdb", "analyze", &path, "head"]);
    assert!(told.starts_with("Head\nDuration: 5h29m0s\nTotal Series: 4\nLabel names: 2\n"), "{told}");
    assert!(told.contains("\nLabel names most involved in churning:\n0 __name__\n0 job\n"), "{told}");

    stdout(&["tsdb", "compact", &path]);
    let list = stdout(&["tsdb", "list", &path]);
    let blocks = rows(&list);
    let told = stdout(&["tsdb", "analyze", &path]);
    let newest = format!("Block ID: {}\nDuration: 2h0m0s\nTotal Series: 3\n", blocks[1][0]);
    assert!(told.starts_with(&newest), "{told}");
    let told = stdout(&["tsdb", "analyze", &path, blocks[0][0], "--limit", "1", "--match", "{job!='web'}"]);
    for part in [
        "Total Series: 4\nMatcher: {job!='web'}\nMatched series: 3\n",
        "\nMost common label pairs:\n2 job=api\n\n",
        "\nHighest cardinality labels:\n3 __name__\n\n",
        "\nHighest cardinality metric names:\n1 brief\n",
    ] {
        assert!(told.contains(part), "{part:?} is missing in:\n{told}");
    }
    assert!(refusal(&["tsdb", "analyze", &path, "01M7ZYD7ZMSMQEHKYTVD4BE026"]).contains("ember tsdb list"));
    assert!(refusal(&["tsdb", "analyze", &path, "newest"]).contains("give a ULID, or `head`"));
}

#[test]
fn a_copy_holds_the_same() {
    let dir = Dir::new("snapshot");
    let path = dir.compacted("data");
    let (copy, blocks) = (dir.join("copy"), dir.join("blocks"));
    stdout(&["tsdb", "snapshot", &path, &copy]);
    let dump = stdout(&["tsdb", "dump", &path]);
    assert_eq!(dump.lines().count(), 1020);
    assert_eq!(stdout(&["tsdb", "dump", &copy]), dump);
    assert!(refusal(&["tsdb", "snapshot", &path, &copy]).contains("is not empty: give a new folder"));
    let told = stdout(&["tsdb", "snapshot", "--skip-head", &path, &blocks]);
    assert_eq!(told, format!("{blocks}: 2 blocks\n"));
    assert_eq!(stdout(&["tsdb", "dump", &blocks]).lines().count(), 750);
    stdout(&["tsdb", "verify", &copy]);
}

#[test]
fn what_is_deleted_is_gone_and_its_room_comes_back() {
    let dir = Dir::new("delete");
    let path = dir.compacted("data");
    let until = (START_MS + HOUR_MS).to_string();
    let web = "up{job='web'}";
    let told = stdout(&["tsdb", "delete", &path, "--match", web, "--match", "brief", "--max-time", &until]);
    assert!(
        told.starts_with("deleted from 1 series that meet up{job='web'}\ndeleted from 1 series"),
        "{told}"
    );
    let dump = stdout(&["tsdb", "dump", &path]);
    assert_eq!(lines_of(&dump, r#"{__name__="up", job="web"}"#), 330 - 61);
    assert_eq!(lines_of(&dump, r#"{__name__="up", job="api"}"#), 330);
    assert_eq!(lines_of(&dump, r#"{__name__="brief""#), 0);
    // From the head, too.
    stdout(&["tsdb", "delete", &path, "--match", "requests_total", "--min-time", "2023-11-15T05:00:00Z"]);
    assert_eq!(lines_of(&stdout(&["tsdb", "dump", &path]), r#"{__name__="requests_total""#), 300);

    assert_eq!(rows(&stdout(&["tsdb", "list", &path]))[0][7], "2");
    let told = stdout(&["tsdb", "clean", &path]);
    assert!(told.ends_with("1 blocks were replaced by 1\n"), "{told}");
    let told = stdout(&["tsdb", "list", &path]);
    assert_eq!((rows(&told)[0][4], rows(&told)[0][7]), ("299", "0"), "{told}");
    assert_eq!(stdout(&["tsdb", "clean", &path]), "nothing is deleted of any block\n");
    stdout(&["tsdb", "verify", &path]);
}

#[test]
fn mistakes_are_explained_and_change_nothing() {
    let dir = Dir::new("mistakes");
    let nowhere = dir.join("none");
    for command in ["list", "dump", "compact", "clean"] {
        assert!(refusal(&["tsdb", command, &nowhere]).contains("holds no database"), "{command}");
    }
    assert!(refusal(&["tsdb", "delete", &nowhere, "--match", "up"]).contains("holds no database"));
    assert!(refusal(&["tsdb", "verify", &nowhere]).contains("is not there"));
    assert!(!std::path::Path::new(&nowhere).exists());
    let told = refusal(&["tsdb", "delete", &nowhere, "--match", "{job=~'.*'}"]);
    assert!(told.contains("selects every series"), "{told}");
    assert!(refusal(&["tsdb", "delete", &nowhere]).contains("--match"));
    let told = refusal(&["tsdb", "dump", &nowhere, "--min-time", "5", "--max-time", "4"]);
    assert!(told.contains("--max-time 4 lies before --min-time 5"), "{told}");
    assert!(refusal(&["tsdb", "dump", &nowhere, "--min-time", "now"]).contains("RFC 3339"));
}
