//! A report to be read in a browser: one file that needs nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::report::{Report, Shown, answer, when};
use super::tally::Counts;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}\
td:first-child,th:first-child{text-align:left;font-family:ui-monospace,monospace}tr.bad td{background:#fde8e8}\
pre{background:#f6f6f6;padding:1em;overflow:auto}h3 code{font-weight:normal}";

/// The report.
pub(super) fn page(report: &Report<'_>) -> String {
    let title = format!("{} and {}", escaped(report.reference), escaped(report.other));
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         <h1>{title}</h1><p>{}</p>",
        escaped(&report.summary())
    );
    page.push_str("<h2>By where questions come from</h2>");
    page.push_str(&table(&report.tally.origins));
    page.push_str("<h2>By functions and operators</h2><p>A query counts for each of its parts.</p>");
    page.push_str(&table(&report.tally.parts));
    if !report.tally.changes.is_empty() {
        page.push_str("<h2>Not asked, by upstream's changes</h2><table><tr><th>change<th>questions</tr>");
        for (change, count) in &report.tally.changes {
            push(&mut page, format_args!("<tr><td>{}<td>{count}</tr>", escaped(change)));
        }
        page.push_str("</table>");
    }
    page.push_str("<h2>Differences in samples</h2>");
    if report.findings.is_empty() {
        page.push_str("<p>None.</p>");
    }
    for finding in report.findings {
        let (place, difference) = (escaped(&finding.place), escaped(&finding.difference));
        push(&mut page, format_args!("<h3>{place}</h3><pre>{difference}</pre>"));
    }
    page.push_str("<h2>Differences in answers</h2>");
    if report.differences.is_empty() {
        page.push_str("<p>None.</p>");
    }
    for shown in report.differences {
        page.push_str(&difference(shown, report));
    }
    page.push_str("</html>\n");
    page
}

fn difference(shown: &Shown, report: &Report<'_>) -> String {
    let verdict = &shown.difference.verdict;
    format!(
        "<h3><code>{}</code></h3><p>{}; found as <code>{}</code></p><p>{}</p><h4>{}</h4><pre>{}</pre><h4>{}</h4>\
         <pre>{}</pre><h4>As a case</h4><pre>{}</pre>",
        escaped(&shown.difference.query),
        when(shown.difference.when),
        escaped(&shown.found_as),
        escaped(&shown.what),
        escaped(report.reference),
        escaped(&answer(&verdict.reference)),
        escaped(report.other),
        escaped(&answer(&verdict.other)),
        escaped(&shown.case),
    )
}

fn table(rows: &BTreeMap<String, Counts>) -> String {
    let mut table = String::from(
        "<table><tr><th><th>asked<th>equal<th>to the bit<th>non-empty<th>histograms<th>errors<th>set aside<th>different</tr>",
    );
    for (name, counts) in rows {
        let class = if counts.different > 0 { " class=\"bad\"" } else { "" };
        push(
            &mut table,
            format_args!(
                "<tr{class}><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>",
                escaped(name),
                counts.asked,
                counts.equal,
                counts.to_the_bit,
                counts.non_empty,
                counts.histograms,
                counts.errors,
                counts.set_aside,
                counts.different
            ),
        );
    }
    table.push_str("</table>");
    table
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a String takes all that is written");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differential::finding::Finding;
    use crate::differential::tally::Tally;

    #[test]
    fn what_is_found_is_shown_as_text() {
        let mut tally = Tally::default();
        tally.parts.insert("<".into(), Counts { asked: 7, different: 1, ..Counts::default() });
        let findings = [Finding { place: "here".into(), difference: "1 < 2".into() }];
        let report = Report {
            reference: "a",
            other: "b",
            seed: 1,
            end_ms: 2,
            tally: &tally,
            not_reached: 0,
            findings: &findings,
            differences: &[],
        };
        let page = page(&report);
        assert!(
            page.contains("<tr class=\"bad\"><td>&lt;<td>7<td>0") && page.contains("<pre>1 &lt; 2</pre>")
        );
        assert_eq!(report.to_json()["by_part"]["<"]["asked"], 7);
        assert!(report.has_differences());
    }
}
