//! Questions that are wrong on purpose: most cannot be read, the others fail when they are evaluated, or nearly do.

use super::fragment::{label_name, quoted};
use super::{Maker, Wish};
use crate::question::{Origin, Question};

impl Maker<'_> {
    /// A question with one fault.
    pub(super) fn wrong(&mut self) -> Question {
        let when = self.span.when(&mut self.random);
        let query = match self.random.weighted(&[22, 20, 14, 14, 30]) {
            0 => self.wrong_types(),
            1 => self.wrong_syntax(),
            2 => self.wrong_selector(),
            3 => self.torn(),
            _ => self.wrong_evaluation(),
        };
        Question { query, when, origin: Origin::Wrong }
    }

    /// Types, numbers of arguments, and what operators do not allow.
    fn wrong_types(&mut self) -> String {
        let (vector, window) =
            (self.vector(Wish::Floats, 1).operand(), self.selected(Wish::Floats).text + "[5m]");
        let scalar = self.scalar(1);
        let templates = [
            "rate($v)",
            "abs($w)",
            "sum($w)",
            "sum($s)",
            "abs($s)",
            "scalar($s)",
            "vector($v)",
            "topk($v, $v)",
            "topk($v)",
            "sum(2, $v)",
            "count_values(1, $v)",
            "count_values($v)",
            "$w + 1",
            "$v + \"text\"",
            "-\"text\"",
            "-$w",
            "$s and $v",
            "$v or 1",
            "1 > 2",
            "$v + bool $v",
            "1 >/ 2",
            "rate($v[5m][5m])",
            "quantile_over_time(0.5)",
            "quantile_over_time($w, 0.5)",
            "clamp($v, 1)",
            "clamp($v, 1, 2, 3)",
            "round($v, 1, 2)",
            "time(1)",
            "pi($v)",
            "hour($v, $v)",
            "label_replace($v, \"a\", \"b\", \"c\")",
            "label_replace($v, \"a\", 1, \"c\", \"d\")",
            "label_join($v, \"a\")",
            "histogram_quantile($v, 0.5)",
            "predict_linear($w)",
            "absent_over_time($v)",
            "$s[5m:1m]",
            "\"text\"[5m:1m]",
            "info($v, $v)",
            "info($v, named{a=\"b\"})",
            "min_of($v, 1)",
            "histogram_quantiles($v, \"rank\")",
            "$v * on (job) 2",
            "2 + ignoring (job) $v",
            "1 + fill(0) $v",
        ];
        let template = self.random.pick(templates);
        template.replace("$v", &vector).replace("$w", &window).replace("$s", &scalar)
    }

    /// What is no PromQL.
    fn wrong_syntax(&mut self) -> String {
        let vector = self.selected(Wish::Floats).text;
        let templates = [
            "rate_of($v[5m])",
            "Rate($v[5m])",
            "sum by job ($v)",
            "sum by (job ($v)",
            "sum by (1a) ($v)",
            "sum by (job,,instance) ($v)",
            "sum by (job) by (instance) ($v)",
            "abs($v,)",
            "($v",
            "$v)",
            "$v +",
            "* $v",
            "$v = 1",
            "$v === 1",
            "$v ! 1",
            "$v && $v",
            "$v group_left () $v",
            "$v + on (job) group_left (job) $v",
            "$v + group_left on (job) $v",
            "$v and on (job) group_left () $v",
            "$v or fill(0) $v",
            "$v + on (job) fill(x) $v",
            "$v + fill_left $v",
            "$v[5m",
            "$v[]",
            "$v[5mm]",
            "$v[5]m",
            "$v[0s]",
            "$v[-5m]",
            "$v[1m5h]",
            "$v[5m:0s]",
            "$v[5m:1m",
            "$v[5m] offset",
            "$v offset 5m offset 5m",
            "$v offset \"5m\"",
            "$v @ 1 @ 2",
            "$v @ start",
            "$v @ middle()",
            "$v @ Inf",
            "$v @ (1)",
            "($v) offset 5m",
            "abs($v) @ 1",
            "$v anchored smoothed",
            "abs($v)[5m]",
            "$v offset 5m[5m]",
            "rate($v[5m:1m] anchored)",
            "1.2.3",
            "0x",
            "1_",
            "08m",
            "\"open",
            "'\\q'",
            "",
            "# nothing",
        ];
        self.random.pick(templates).replace("$v", &vector)
    }

    /// Matchers that cannot be.
    fn wrong_selector(&mut self) -> String {
        let family = self.family(Wish::Any);
        let name = family.labels.first().map_or_else(|| "job".to_owned(), |label| label_name(&label.name));
        let selectors = [
            "{}",
            "{$l=\"\"}",
            "{$l=~\".*\"}",
            "{$l!=\"a\"}",
            "{$n, $l=~\"(\"}",
            "{$n, $l=~\"[z-a]\"}",
            "{$n, $l!~\"a{2,1}\"}",
            "{$n, $l=~\"(?=look)\"}",
            "{$n, $l=~\"*\"}",
            "{$n, $l=a}",
            "{$n, $l==\"a\"}",
            "{$n, $l<\"a\"}",
            "{$n, 1=\"a\"}",
            "{$n, $l=\"a\" $l=\"b\"}",
            "{$n, $n}",
            "named{$n}",
            "named{__name__=\"other\"}",
            "{$n,,}",
            "{$n",
            "$n",
        ];
        let selector = self.random.pick(selectors).replace("$n", &quoted(&family.name)).replace("$l", &name);
        if self.random.percent(60) { selector } else { format!("rate({selector}[5m])") }
    }

    /// A good query, with a piece cut out or something put in.
    fn torn(&mut self) -> String {
        let query = self.answer().text;
        let places: Vec<usize> = query.char_indices().map(|(at, _)| at).collect();
        let mut place = || self.random.choose(&places).copied().unwrap_or_default();
        let (first, second) = (place(), place());
        let (start, end) = (first.min(second), first.max(second));
        let inserted =
            self.random.pick(["(", ")", "]", "{", "}", ",", " by ", "\"", "%%", "$", "!", " 1 ", ";", "ü"]);
        let (before, after) = query.split_at(start);
        match self.random.weighted(&[2, 3, 1]) {
            0 => before.to_owned(),
            1 => format!("{before}{inserted}{after}"),
            _ => format!("{before}{}", query.get(end..).unwrap_or_default()),
        }
    }

    /// What can be read and then fails, or stands at the edge of failing.
    fn wrong_evaluation(&mut self) -> String {
        let selected = self.selected(Wish::Floats);
        let label = selected.labels.first().map_or_else(|| "job".to_owned(), |label| label.name.clone());
        let (plain, text) = (label_name(&label), quoted(&label));
        let templates = [
            "$v + on () $v",
            "$v == on ($l) $v",
            "$v * ignoring ($l) $v",
            "$v * on () group_left () $v",
            "count by ($l) ($v) / on () group_right () $v",
            "sum($v) + on () group_right ($l) $v",
            "label_replace($v, $t, \"same\", \"\", \"\")",
            "label_replace($v, \"\", \"x\", $t, \".*\")",
            "label_replace($v, \"x\", \"$1\", $t, \"(\")",
            "label_replace($v, \"\\xff\", \"x\", $t, \".*\")",
            "label_join($v, \"\", \"-\", $t)",
            "label_join($v, $t, \"-\")",
            "count_values(\"\", $v)",
            "count_values(\"\\xff\", $v)",
            "topk(-1, $v)",
            "topk(NaN, $v)",
            "bottomk(1e300, $v)",
            "limitk(-Inf, $v)",
            "limitk(NaN, $v)",
            "limit_ratio(1.5, $v)",
            "limit_ratio(-2, $v)",
            "limit_ratio(NaN, $v)",
            "quantile(2, $v)",
            "quantile(NaN, $v)",
            "quantile_over_time(-1, $v[5m])",
            "histogram_quantile(7, $v)",
            "histogram_quantile(0.5, $v)",
            "clamp($v, 2, 1)",
            "clamp($v, NaN, 1)",
            "double_exponential_smoothing($v[5m], 0, 0.5)",
            "double_exponential_smoothing($v[5m], 0.5, 1)",
            "double_exponential_smoothing($v[5m], NaN, 0.5)",
            "-$m",
            "abs($m)",
            "rate($m[5m])",
            "$m + $m",
            "$v[5m]",
            "\"text\"",
            "$v[5m:1m]",
            "$v[1m - 1m]",
            "$v[5m / 0]",
            "$v[1m - step() - 1m]",
            "$v offset (1m % 0)",
            "$v </ 1",
            "$v >/ $v",
            "histogram_quantiles($v, \"\", 0.5)",
            "info($v, {__name__=~\".*\"})",
            "scalar($v)",
        ];
        let template = self.random.pick(templates);
        let names = if template.contains("$m") { self.selected_names(Wish::Floats) } else { String::new() };
        template
            .replace("$v", &selected.text)
            .replace("$m", &names)
            .replace("$l", &plain)
            .replace("$t", &text)
    }
}
