//! The description of a setting: enough to draw its input and to check its value.

use super::Settings;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One setting of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its key in the settings.
    pub name: &'static str,
    /// Beside the input.
    pub label: &'static str,
    /// Which input, and which JSON values are right.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// The values of a [`FieldType::Select`]; empty for the rest.
    pub options: &'static [&'static str],
    /// Whether the channel works without.
    pub required: bool,
    /// What unset means, as text; numbers are written in digits.
    pub default: Option<&'static str>,
    /// Below the input.
    pub help: &'static str,
    /// Kept encrypted, never read back.
    pub secret: bool,
    /// Only asked for, and only needed, while another setting says so; `None`: always.
    pub shown_if: Option<ShownIf>,
}

/// What another setting has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ShownIf {
    /// The other setting, a [`FieldType::Select`].
    pub field: &'static str,
    /// One of these; its default counts where it is unset.
    pub values: &'static [&'static str],
}

/// Which input a setting has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// A string.
    Text,
    /// A string over several lines.
    Multiline,
    /// A string that is not shown.
    Password,
    /// A whole number.
    Number,
    /// One of the options.
    Select,
    /// Strings; in the API an array.
    List,
    /// True or false.
    Bool,
}

/// What is wrong, by field: the `errors` of a `422`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FieldErrors(pub BTreeMap<String, Vec<String>>);

impl FieldErrors {
    /// Notes one more.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0
            .entry(field.to_owned())
            .or_default()
            .push(message.into());
    }

    /// Whether all is well.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Field {
    /// A text setting without default: the base to write others from.
    pub const TEXT: Self = Self {
        name: "",
        label: "",
        kind: FieldType::Text,
        options: &[],
        required: false,
        default: None,
        help: "",
        secret: false,
        shown_if: None,
    };

    /// Whether it is asked for, as the other `fields` are set.
    pub(super) fn is_shown(&self, fields: &[Self], settings: &Settings) -> bool {
        self.shown_if.is_none_or(|rule| {
            let default = || {
                let other = fields.iter().find(|field| field.name == rule.field);
                other.and_then(|field| field.default)
            };
            let value = settings.text(rule.field).or_else(default);
            value.is_some_and(|value| rule.values.contains(&value))
        })
    }

    /// Checks that it is there if it must be. Null, an empty string and an empty list count as unset.
    pub(super) fn check_presence(
        &self,
        fields: &[Self],
        settings: &Settings,
        errors: &mut FieldErrors,
    ) {
        let unset = settings.get(self.name).is_none_or(is_unset);
        if self.required && self.default.is_none() && unset && self.is_shown(fields, settings) {
            errors.add(self.name, "is required");
        }
    }

    /// Checks the JSON type of what is set.
    pub(super) fn check_type(&self, value: Option<&Value>, errors: &mut FieldErrors) {
        let Some(value) = value.filter(|v| !is_unset(v)) else {
            return;
        };
        let wrong = match self.kind {
            FieldType::Text | FieldType::Multiline | FieldType::Password => {
                (!value.is_string()).then(|| "must be a string".to_owned())
            }
            FieldType::Number => {
                (value.as_u64().is_none()).then(|| "must be a whole number".to_owned())
            }
            FieldType::Bool => (!value.is_boolean()).then(|| "must be true or false".to_owned()),
            FieldType::List => {
                (!is_list_of_strings(value)).then(|| "must be a list of strings".to_owned())
            }
            FieldType::Select => value
                .as_str()
                .is_none_or(|v| !self.options.contains(&v))
                .then(|| format!("must be one of {}", self.options.join(", "))),
        };
        if let Some(message) = wrong {
            errors.add(self.name, message);
        }
    }
}

/// Whether a value says nothing.
pub(super) fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn is_list_of_strings(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|items| items.iter().all(Value::is_string))
}
