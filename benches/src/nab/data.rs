//! Series and labels, as the benchmark lays them out.

use chrono::NaiveDateTime;
use noc_pipeline::clock::UnixMs;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

/// One series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// When each value was measured, ascending.
    pub at: Vec<UnixMs>,
    /// The values.
    pub values: Vec<f64>,
}

/// First and last instant of a stretch that is an anomaly, both inclusive.
pub type Window = (UnixMs, UnixMs);

/// The windows of each file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Labels(BTreeMap<String, Vec<Window>>);

impl Series {
    /// Reads a CSV file with a head line and the columns `timestamp,value`.
    ///
    /// # Errors
    /// When it cannot be read, or a line is no value; the line is named.
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// As [`Series::read`].
    pub fn parse(text: &str) -> Result<Self, Box<dyn Error>> {
        let mut series = Self::default();
        for (number, line) in text.lines().enumerate().skip(1) {
            if line.trim().is_empty() {
                continue;
            }
            let wrong = || format!("line {} is no `timestamp,value`", number + 1);
            let (at, value) = line.split_once(',').ok_or_else(wrong)?;
            series.at.push(instant(at).ok_or_else(wrong)?);
            series
                .values
                .push(value.trim().parse().map_err(|_| wrong())?);
        }
        Ok(series)
    }

    /// The usual time between two values: the median.
    pub fn interval(&self) -> Duration {
        let pairs = self.at.iter().zip(self.at.iter().skip(1));
        let mut steps: Vec<Duration> = pairs.map(|(a, b)| b.since(*a)).collect();
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied().unwrap_or_default()
    }
}

impl Labels {
    /// Reads the JSON file of windows.
    ///
    /// # Errors
    /// When it cannot be read or is not laid out so.
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// As [`Labels::read`].
    pub fn parse(text: &str) -> Result<Self, Box<dyn Error>> {
        let files: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(text)?;
        let mut labels = Self::default();
        for (file, windows) in files {
            let window = |(first, last): &(String, String)| instant(first).zip(instant(last));
            let read = windows.iter().map(window).collect::<Option<Vec<_>>>();
            let mut read = read.ok_or_else(|| format!("a window of {file} is no time"))?;
            read.sort_unstable();
            labels.0.insert(file, read);
        }
        Ok(labels)
    }

    /// Files and their windows, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Window])> {
        self.0
            .iter()
            .map(|(file, windows)| (file.as_str(), windows.as_slice()))
    }
}

fn instant(text: &str) -> Option<UnixMs> {
    let text = text.trim();
    let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let read = forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    Some(UnixMs(read.and_utc().timestamp_millis()))
}
