//! The shipped example file, generated.

use super::sections;
use super::source::SettingDoc;

/// `deploy/noc.toml.example`: every setting at its default, with its documentation.
#[must_use]
pub fn example() -> String {
    let mut lines = vec![
        "# Settings of HostSeba NOC. Generated from the code (`noc config example`): every key is shown at its default."
            .to_owned(),
        "# A variable of the environment wins over this file. Unknown keys are errors: `noc config check` lists them all."
            .to_owned(),
    ];
    for section in sections::docs() {
        lines.push(String::new());
        lines.extend(section.doc.iter().map(|line| format!("#{line}")));
        lines.push(format!("[{}]", section.name));
        for setting in section.settings {
            lines.push(String::new());
            lines.extend(setting.doc.iter().map(|line| format!("#{line}")));
            lines.push(variables(&setting));
            lines.push(assignment(&setting));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn variables(setting: &SettingDoc) -> String {
    let env = setting.env;
    if setting.secret {
        format!("# {env} or {env}_FILE")
    } else {
        format!("# {env}")
    }
}

fn assignment(setting: &SettingDoc) -> String {
    let key = setting.key;
    match (&setting.default, setting.example) {
        (Some(default), _) => format!("{key} = {default}"),
        (None, Some(number)) if number.parse::<i64>().is_ok() => format!("# {key} = {number}"),
        (None, text) => format!("# {key} = {:?}", text.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Sources};
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    fn shipped() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/noc.toml.example")
    }

    #[test]
    fn the_shipped_example_is_current() {
        let found = std::fs::read_to_string(shipped()).unwrap();
        assert_eq!(
            found,
            example(),
            "write it anew: noc config example > deploy/noc.toml.example"
        );
    }

    #[test]
    fn the_example_is_accepted_and_changes_nothing() {
        let (config, warnings) = Config::load(&Sources {
            file: Some(shipped()),
            environment: BTreeMap::new(),
        })
        .unwrap();
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
        assert!(warnings.is_empty());
    }

    #[test]
    fn every_setting_that_is_unset_shows_what_it_could_look_like() {
        for section in sections::docs() {
            for setting in section.settings {
                assert!(
                    setting.default.is_some() || setting.example.is_some(),
                    "{}.{}",
                    section.name,
                    setting.key
                );
            }
        }
    }

    #[test]
    fn the_security_example_names_known_settings_only() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/security.env.example");
        let text = std::fs::read_to_string(path).unwrap();
        let known: Vec<&str> = sections::docs()
            .iter()
            .flat_map(|section| section.settings.iter().map(|setting| setting.env))
            .collect();
        let mut named = Vec::new();
        for line in text.lines().filter_map(|line| line.strip_prefix('#')) {
            if let Some((name, _)) = line.split_once('=')
                && !name.contains(' ')
            {
                assert!(known.contains(&name), "{name}");
                named.push(name);
            }
        }
        let of_security = |name: &&&str| name.starts_with("COREPANEL_");
        for name in known.iter().filter(of_security) {
            assert!(named.contains(name), "{name} is missing");
        }
    }
}
