//! A service that keeps its own metrics: open, append, commit, ask. Run with `cargo run --example quickstart`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use emberdb::{Db, DbOptions, Env, Labels};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = Env::real().fs().create_temp_dir("emberdb-quickstart")?;
    let db = Db::open(&dir, DbOptions::default())?;

    let mut appender = db.appender()?;
    for job in ["api", "worker"] {
        let labels = Labels::new([("__name__", "requests_total"), ("job", job)])?;
        let series = appender.append(&labels, 0, 0.0)?;
        for i in 1..=40 {
            appender.append_ref(series, i * 15_000, (i * job.len() as i64) as f64)?;
        }
    }
    let summary = appender.commit()?;
    println!("stored {} samples of {} new series\n", summary.samples, summary.series_created);

    println!("{}", db.query("sum by (job) (rate(requests_total[5m]))", 600_000)?.value);
    println!("{}", db.query_range("requests_total", 0, 600_000, 150_000)?.value);

    db.close()?;
    Env::real().fs().remove_dir_all(&dir)?;
    Ok(())
}
