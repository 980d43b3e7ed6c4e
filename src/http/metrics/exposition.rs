//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write as _};

use crate::app::HistogramState;

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

/// The labels of a sample.
pub type Labels<'a> = &'a [(&'a str, &'a str)];

/// A text that grows by samples.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
    name: &'static str,
}

impl Exposition {
    /// Begins a metric. Its samples follow.
    pub fn metric(&mut self, name: &'static str, kind: MetricKind, help: &str) -> &mut Self {
        self.name = name;
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        self
    }

    /// Adds a sample of the metric.
    pub fn sample(&mut self, labels: Labels<'_>, value: impl Display) -> &mut Self {
        self.line("", labels, None, value)
    }

    /// Adds a histogram.
    pub fn histogram(&mut self, labels: Labels<'_>, state: &HistogramState) -> &mut Self {
        for (bound, count) in &state.buckets {
            self.line("_bucket", labels, Some(&bound.to_string()), count);
        }
        self.line("_bucket", labels, Some("+Inf"), state.count);
        self.line("_sum", labels, None, state.seconds);
        self.line("_count", labels, None, state.count)
    }

    /// Returns the text.
    pub fn into_text(self) -> String {
        self.text
    }

    fn line(&mut self, suffix: &str, labels: Labels<'_>, bound: Option<&str>, value: impl Display) -> &mut Self {
        self.text.push_str(self.name);
        self.text.push_str(suffix);
        let all = labels.iter().copied().chain(bound.map(|bound| ("le", bound)));
        for (at, (name, value)) in all.enumerate() {
            let separator = if at == 0 { '{' } else { ',' };
            self.text.push_str(&format!("{separator}{name}=\"{}\"", Escaped(value)));
        }
        if !labels.is_empty() || bound.is_some() {
            self.text.push('}');
        }
        self.text.push_str(&format!(" {value}\n"));
        self
    }
}

/// The value of a label, with its special characters escaped.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\\' => formatter.write_str("\\\\"),
            '"' => formatter.write_str("\\\""),
            '\n' => formatter.write_str("\\n"),
            other => formatter.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_the_form_of_the_format() {
        let mut text = Exposition::default();
        text.metric("a_total", MetricKind::Counter, "Things.").sample(&[], 1).sample(&[("x", "q\"\\\n"), ("y", "")], 2);
        let state = HistogramState { buckets: vec![(0.5, 1)], count: 3, seconds: 2.25 };
        text.metric("b", MetricKind::Histogram, "Times.").histogram(&[("z", "w")], &state);
        assert_eq!(
            text.into_text(),
            "# HELP a_total Things.\n# TYPE a_total counter\na_total 1\na_total{x=\"q\\\"\\\\\\n\",y=\"\"} 2\n\
             # HELP b Times.\n# TYPE b histogram\nb_bucket{z=\"w\",le=\"0.5\"} 1\nb_bucket{z=\"w\",le=\"+Inf\"} 3\n\
             b_sum{z=\"w\"} 2.25\nb_count{z=\"w\"} 3\n"
        );
    }
}
