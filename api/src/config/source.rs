//! Where settings come from, and how each is read on its own.

use super::sections::{self, Config};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Variables that are read elsewhere and therefore known.
const OTHER_VARIABLES: &[&str] = &["NOC_CONFIG", "NOC_ROUNDS", "NOC_LOG"];

/// What settings are read from. Made from the process once, or by hand in tests.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The configuration file, where one was named.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
}

impl Sources {
    /// The process's environment; the file is `--config`, else `NOC_CONFIG`, else `noc.toml` if it is there.
    #[must_use]
    pub fn of_process(config: Option<PathBuf>) -> Self {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let file = config
            .or_else(|| {
                environment
                    .get("NOC_CONFIG")
                    .filter(|path| !path.is_empty())
                    .map(PathBuf::from)
            })
            .or_else(|| Some(PathBuf::from("noc.toml")).filter(|path| path.exists()));
        Self { file, environment }
    }
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `section.key`, the variable, or the file.
    pub at: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// Something odd that does not stop the start.
pub type Warning = Problem;

/// All problems found, at least one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("configuration refused, {} problem(s):\n{}", .0.len(), lines(.0))]
pub struct ConfigErrors(pub Vec<Problem>);

fn lines(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("  {problem}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What is known of a setting without reading it.
#[derive(Debug, Clone)]
pub struct SettingDoc {
    /// Its key in the section.
    pub key: &'static str,
    /// Its variable.
    pub env: &'static str,
    /// Its documentation, a line each.
    pub doc: &'static [&'static str],
    /// Whether `<env>_FILE` is read too.
    pub secret: bool,
    /// Its default as TOML; `None` when it is unset by default.
    pub default: Option<String>,
    /// What it could look like, for settings that are unset by default.
    pub example: Option<&'static str>,
}

/// A section and its settings.
#[derive(Debug, Clone)]
pub struct SectionDoc {
    /// Its name in the file.
    pub name: &'static str,
    /// Its documentation, a line each.
    pub doc: &'static [&'static str],
    /// What it holds.
    pub settings: Vec<SettingDoc>,
}

/// Renders a default; `None` for unset.
pub(super) fn render<T: Serialize>(value: &T) -> Option<String> {
    Value::try_from(value).ok().map(|value| value.to_string())
}

/// Reads one value after the other, and collects what is wrong.
pub(super) struct Reader<'a> {
    file: &'a Table,
    environment: &'a BTreeMap<String, String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// The value of one setting: environment, else file, else default. Its default as well when it cannot be read.
    pub(super) fn get<T: DeserializeOwned>(
        &mut self,
        section: &str,
        key: &str,
        env: &str,
        secret: bool,
        default: T,
    ) -> T {
        match self.find(section, key, env, secret) {
            Ok(Some(value)) => value,
            Ok(None) => default,
            Err(problem) => {
                self.problems.push(problem);
                default
            }
        }
    }

    fn find<T: DeserializeOwned>(
        &self,
        section: &str,
        key: &str,
        env: &str,
        secret: bool,
    ) -> Result<Option<T>, Problem> {
        if let Some(text) = self.variable(env) {
            return from_text(text).map(Some).map_err(|what| Problem {
                at: env.to_owned(),
                what,
            });
        }
        let file_variable = format!("{env}_FILE");
        if secret && let Some(path) = self.variable(&file_variable) {
            return read_secret(Path::new(path))
                .and_then(|text| from_text(&text))
                .map(Some)
                .map_err(|what| Problem {
                    at: file_variable,
                    what,
                });
        }
        let Some(value) = self.file.get(section).and_then(|table| table.get(key)) else {
            return Ok(None);
        };
        value.clone().try_into().map(Some).map_err(|error| Problem {
            at: format!("{section}.{key}"),
            what: plain(&error),
        })
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    }
}

fn read_secret(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(format!("{} is empty", path.display()));
    }
    Ok(text.to_owned())
}

/// A variable has no type of its own: the first reading that the setting accepts is meant.
fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut readings = vec![Value::String(text.to_owned())];
    readings.extend(text.parse().map(Value::Integer));
    readings.extend(text.parse().map(Value::Float));
    readings.extend(text.parse().map(Value::Boolean));
    readings.push(Value::Array(
        text.split(',')
            .map(|item| Value::String(item.trim().to_owned()))
            .filter(|item| item.as_str() != Some(""))
            .collect(),
    ));
    let mut refusals = Vec::new();
    for reading in readings {
        match reading.try_into() {
            Ok(value) => return Ok(value),
            Err(error) => refusals.push(plain(&error)),
        }
    }
    // "invalid type" only says that the setting is of another type; what speaks of the value says more.
    let telling = refusals
        .iter()
        .find(|text| !text.starts_with("invalid type"));
    Err(telling.or(refusals.first()).cloned().unwrap_or_default())
}

fn plain(error: &toml::de::Error) -> String {
    error.message().trim().to_owned()
}

impl Config {
    /// Reads all settings.
    ///
    /// # Errors
    /// Every problem there is, at once.
    pub fn load(sources: &Sources) -> Result<(Self, Vec<Warning>), ConfigErrors> {
        let mut problems = Vec::new();
        let file = match sources.file.as_deref().map(read_file).transpose() {
            Ok(file) => file.unwrap_or_default(),
            Err(problem) => {
                problems.push(problem);
                Table::new()
            }
        };
        let known = sections::docs();
        unknown_keys(&file, &known, &mut problems);
        let mut reader = Reader {
            file: &file,
            environment: &sources.environment,
            problems,
        };
        let config = Self::read(&mut reader);
        let mut problems = reader.problems;
        config.check(&mut problems);
        if problems.is_empty() {
            Ok((config, unknown_variables(&sources.environment, &known)))
        } else {
            Err(ConfigErrors(problems))
        }
    }
}

fn read_file(path: &Path) -> Result<Table, Problem> {
    let problem = |what: String| Problem {
        at: path.display().to_string(),
        what,
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| problem(format!("cannot be read: {error}")))?;
    text.parse::<Table>()
        .map_err(|error| problem(error.to_string()))
}

fn unknown_keys(file: &Table, known: &[SectionDoc], problems: &mut Vec<Problem>) {
    for (name, value) in file {
        let Some(section) = known.iter().find(|section| section.name == name) else {
            problems.push(Problem {
                at: name.clone(),
                what: "no such section".into(),
            });
            continue;
        };
        let Some(table) = value.as_table() else {
            problems.push(Problem {
                at: name.clone(),
                what: format!("is a section: write [{name}]"),
            });
            continue;
        };
        for key in table.keys() {
            if !section.settings.iter().any(|setting| setting.key == key) {
                problems.push(Problem {
                    at: format!("{name}.{key}"),
                    what: "no such key".into(),
                });
            }
        }
    }
}

fn unknown_variables(environment: &BTreeMap<String, String>, known: &[SectionDoc]) -> Vec<Warning> {
    let is_known = |name: &str| {
        OTHER_VARIABLES.contains(&name)
            || known.iter().flat_map(|s| &s.settings).any(|setting| {
                setting.env == name
                    || (setting.secret && name.strip_suffix("_FILE") == Some(setting.env))
            })
    };
    environment
        .keys()
        .filter(|name| name.starts_with("NOC_") || name.starts_with("COREPANEL_"))
        // Those are read by the project's own tests.
        .filter(|name| !name.starts_with("NOC_TEST_"))
        .filter(|name| !is_known(name))
        .map(|name| Warning {
            at: name.clone(),
            what: "is no setting of this version and has no effect".into(),
        })
        .collect()
}
