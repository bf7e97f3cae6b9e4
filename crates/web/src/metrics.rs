//! Counters of the server as Prometheus text: requests by method, route template and status, and how long they took.
//!
//! Routes are templates (`/studios/{slug}`), never addresses, so that no code and no name gets in here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Upper bounds of the buckets of the histogram, seconds.
const BUCKETS_S: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Requests since the start.
#[derive(Default)]
pub struct Metrics {
    open: AtomicI64,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    /// By method, route template and status.
    requests: BTreeMap<(&'static str, String, u16), u64>,
    /// By route template.
    seconds: BTreeMap<String, Histogram>,
    /// Jobs tried, by kind and what became of them.
    jobs: BTreeMap<(String, &'static str), u64>,
}

#[derive(Default)]
struct Histogram {
    buckets: [u64; BUCKETS_S.len()],
    count: u64,
    sum_s: f64,
}

impl Metrics {
    /// One request has begun.
    pub fn begin(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// One request has ended.
    pub fn end(&self, method: &'static str, route: &str, status: u16, seconds: f64) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.requests.entry((method, route.to_owned(), status)).or_default() += 1;
        let histogram = counted.seconds.entry(route.to_owned()).or_default();
        histogram.count += 1;
        histogram.sum_s += seconds;
        if let Some(bucket) = BUCKETS_S.iter().position(|bound| seconds <= *bound) {
            histogram.buckets[bucket] += 1;
        }
    }

    /// One job has ended, as `done` or `failed`.
    pub fn job(&self, kind: &str, outcome: &'static str) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.jobs.entry((kind.to_owned(), outcome)).or_default() += 1;
    }

    /// All counters in the Prometheus text format, version 0.0.4.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing into a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "# HELP hairline_requests_open Requests under way.")?;
        writeln!(out, "# TYPE hairline_requests_open gauge")?;
        writeln!(out, "hairline_requests_open {}", self.open.load(Ordering::Relaxed))?;
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(out, "# HELP hairline_requests_total Requests answered.")?;
        writeln!(out, "# TYPE hairline_requests_total counter")?;
        for ((method, route, status), count) in &counted.requests {
            let route = label(route);
            writeln!(
                out,
                "hairline_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}"
            )?;
        }
        writeln!(out, "# HELP hairline_jobs_tried_total Tries of jobs by this process.")?;
        writeln!(out, "# TYPE hairline_jobs_tried_total counter")?;
        for ((kind, outcome), count) in &counted.jobs {
            let kind = label(kind);
            writeln!(out, "hairline_jobs_tried_total{{kind=\"{kind}\",outcome=\"{outcome}\"}} {count}")?;
        }
        writeln!(out, "# HELP hairline_request_seconds Time to the answer.")?;
        writeln!(out, "# TYPE hairline_request_seconds histogram")?;
        for (route, Histogram { buckets, count, sum_s }) in &counted.seconds {
            let route = label(route);
            let mut below = 0;
            for (bound, inside) in BUCKETS_S.iter().zip(buckets) {
                below += inside;
                writeln!(out, "hairline_request_seconds_bucket{{route=\"{route}\",le=\"{bound}\"}} {below}")?;
            }
            writeln!(out, "hairline_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}")?;
            writeln!(out, "hairline_request_seconds_sum{{route=\"{route}\"}} {sum_s}")?;
            writeln!(out, "hairline_request_seconds_count{{route=\"{route}\"}} {count}")?;
        }
        Ok(())
    }
}

fn label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_count_all_that_is_below_them() {
        let metrics = Metrics::default();
        for seconds in [0.0005, 0.004, 0.004, 60.0] {
            metrics.begin();
            metrics.end("GET", "/studios/{slug}", 200, seconds);
        }
        let text = metrics.text();
        let value = |start: &str| text.lines().find_map(|l| l.strip_prefix(start)).map(str::trim);
        assert_eq!(value("hairline_requests_open"), Some("0"));
        let requests = "hairline_requests_total{method=\"GET\",route=\"/studios/{slug}\",status=\"200\"}";
        assert_eq!(value(requests), Some("4"));
        for (bound, below) in [("0.001", "1"), ("0.0025", "1"), ("0.005", "3"), ("30", "3"), ("+Inf", "4")] {
            let line =
                format!("hairline_request_seconds_bucket{{route=\"/studios/{{slug}}\",le=\"{bound}\"}}");
            assert_eq!(value(&line), Some(below), "{bound}");
        }
    }
}
