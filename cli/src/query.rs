//! `ember query`: ask a directory, without a server.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use emberdb::{Analysis, AnnotationKind, Annotations, Db, Explain, QueryError, QueryResult};

use crate::feature::FeatureArgs;
use crate::time::{Time, parse_step, parse_time, show};
use crate::tsdb::say_what_is_missing;
use crate::{Outcome, output};

/// Arguments of `ember query`.
#[derive(Args)]
pub(crate) struct QueryArgs {
    /// The data directory. It may be in use by another program: it is only read.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The PromQL expression.
    expr: String,
    /// Evaluate at this one time: Unix seconds, RFC 3339, or `now`. Default: the time of the newest sample.
    #[arg(long, value_parser = parse_time, allow_hyphen_values = true, conflicts_with_all = ["start", "end", "step"])]
    time: Option<Time>,
    /// Evaluate from this time on …
    #[arg(long, value_parser = parse_time, allow_hyphen_values = true, requires_all = ["end", "step"])]
    start: Option<Time>,
    /// … up to this time …
    #[arg(long, value_parser = parse_time, allow_hyphen_values = true, requires = "start")]
    end: Option<Time>,
    /// … at every such step: seconds, or a duration such as 15s.
    #[arg(long, value_parser = parse_step, requires = "start")]
    step: Option<i64>,
    /// How to print the answer; a plan is printed as a table or as JSON.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Print how the query would be evaluated, as a tree, instead of its answer. No sample is read.
    #[arg(long)]
    explain: bool,
    /// Evaluate the query and print what each operator did for it, instead of its answer: time of its own and with those
    /// below it, series, samples and bytes that it handed on, samples that it read.
    #[arg(long)]
    analyze: bool,
    #[command(flatten)]
    features: FeatureArgs,
}

/// How an answer is printed.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Columns for people.
    Table,
    /// The `data` of Prometheus' HTTP API.
    Json,
    /// One line a sample: labels, timestamp, value.
    Csv,
    /// A picture of a range of time.
    Plot,
}

pub(crate) fn run(args: &QueryArgs) -> Outcome {
    if (args.explain || args.analyze) && matches!(args.format, Format::Csv | Format::Plot) {
        return Err("a plan is printed with --format table or --format json".into());
    }
    let db = Db::open_read_only(&args.data, args.features.options())?;
    say_what_is_missing(db.replay_report());
    let asked = Asked { db: &db, expr: &args.expr, when: when(&db, args)? };
    if args.analyze {
        let Analysis { result, explain, .. } = asked.analyze().map_err(|error| error.rendered())?;
        remark(&result.annotations, &args.expr);
        return print_plan(&explain, args.format);
    }
    if args.explain {
        return print_plan(&asked.explain().map_err(|error| error.rendered())?, args.format);
    }
    let result = asked.answer().map_err(|error| error.rendered())?;
    remark(&result.annotations, &args.expr);
    print_answer(&result, args.format)
}

fn print_answer(result: &QueryResult, format: Format) -> Outcome {
    match format {
        Format::Table => out!("{}", result.value.table())?,
        Format::Json => outln!("{}", result.value.to_json())?,
        Format::Csv => out!("{}", output::csv(&result.value))?,
        Format::Plot => out!("{}", output::plot(&result.value)?)?,
    }
    Ok(())
}

fn print_plan(explain: &Explain, format: Format) -> Outcome {
    match format {
        Format::Json => outln!("{}", explain.to_json())?,
        _ => outln!("{explain}")?,
    }
    Ok(())
}

fn remark(annotations: &Annotations, expr: &str) {
    for annotation in annotations.iter() {
        let kind = match annotation.kind {
            AnnotationKind::Warning => "warning",
            AnnotationKind::Info => "info",
        };
        eprintln!("{kind}: {}", annotation.render(expr));
    }
}

/// A question to a database.
struct Asked<'a> {
    db: &'a Db,
    expr: &'a str,
    when: When,
}

/// The evaluation times, in milliseconds since the Unix epoch.
enum When {
    At(i64),
    Over { start_ms: i64, end_ms: i64, step_ms: i64 },
}

fn when(db: &Db, args: &QueryArgs) -> Result<When, Box<dyn std::error::Error>> {
    let now_ms = emberdb::Env::real().clock().now_ms();
    if let Some(time) = args.time {
        return Ok(When::At(time.resolve(now_ms)));
    }
    let (Some(start), Some(end), Some(step_ms)) = (args.start, args.end, args.step) else {
        return Ok(When::At(db.storage().newest_ms()?.unwrap_or(now_ms)));
    };
    let (start_ms, end_ms) = (start.resolve(now_ms), end.resolve(now_ms));
    if end_ms < start_ms {
        return Err(format!("--end {} lies before --start {}", show(end_ms), show(start_ms)).into());
    }
    Ok(When::Over { start_ms, end_ms, step_ms })
}

impl Asked<'_> {
    fn answer(&self) -> Result<QueryResult, QueryError> {
        match self.when {
            When::At(time_ms) => self.db.query(self.expr, time_ms),
            When::Over { start_ms, end_ms, step_ms } => {
                self.db.query_range(self.expr, start_ms, end_ms, step_ms)
            }
        }
    }

    fn explain(&self) -> Result<Explain, QueryError> {
        match self.when {
            When::At(time_ms) => self.db.explain(self.expr, time_ms),
            When::Over { start_ms, end_ms, step_ms } => {
                self.db.explain_range(self.expr, start_ms, end_ms, step_ms)
            }
        }
    }

    fn analyze(&self) -> Result<Analysis, QueryError> {
        match self.when {
            When::At(time_ms) => self.db.analyze(self.expr, time_ms),
            When::Over { start_ms, end_ms, step_ms } => {
                self.db.analyze_range(self.expr, start_ms, end_ms, step_ms)
            }
        }
    }
}
