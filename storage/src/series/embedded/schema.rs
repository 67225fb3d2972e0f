//! Which place in a stored row a field has.
//!
//! Places are given once, in the order in which fields first appear in the catalogue, and are stored: fields may
//! later be added anywhere, moved or dropped in the code without touching rows already written.

use noc_pipeline::payload::Kind;
use std::collections::{BTreeMap, HashMap};

/// Places of all kinds' fields.
#[derive(Debug, Default)]
pub struct Schema {
    kinds: HashMap<Kind, Places>,
}

/// Places of one kind's fields.
#[derive(Debug, Default)]
pub struct Places {
    /// Place of each field, by its position in the catalogue.
    place_of: Vec<usize>,
    /// Field at each place; `None` for fields that are no more.
    field_at: Vec<Option<usize>>,
}

/// Names of fields by place, by name of the kind.
pub type Stored = BTreeMap<String, Vec<String>>;

impl Schema {
    /// Takes the stored places and gives new ones to fields that have none. Returns what is to be stored, too.
    pub fn extend(mut stored: Stored) -> (Self, Stored) {
        let mut schema = Self::default();
        for kind in Kind::ALL {
            let names = stored.entry(kind.name().to_owned()).or_default();
            for spec in kind.metrics() {
                if !names.iter().any(|name| name == spec.field) {
                    names.push(spec.field.to_owned());
                }
            }
            let place = |field: &str| names.iter().position(|name| name == field);
            let field = |name: &String| kind.metrics().iter().position(|spec| spec.field == name);
            let places = Places {
                place_of: kind
                    .metrics()
                    .iter()
                    .filter_map(|spec| place(spec.field))
                    .collect(),
                field_at: names.iter().map(field).collect(),
            };
            schema.kinds.insert(*kind, places);
        }
        (schema, stored)
    }

    /// Places of a kind's fields.
    pub fn of(&self, kind: Kind) -> Option<&Places> {
        self.kinds.get(&kind)
    }
}

impl Places {
    /// Values in the catalogue's order, put into stored order.
    pub fn arrange(&self, values: &[Option<f64>]) -> impl ExactSizeIterator<Item = Option<f64>> {
        self.field_at
            .iter()
            .map(move |field| values.get((*field)?).copied().flatten())
    }

    /// Places of some fields, given by position in the catalogue.
    pub fn places(&self, fields: &[usize]) -> Vec<usize> {
        let place = |field: &usize| self.place_of.get(*field).copied().unwrap_or(usize::MAX);
        fields.iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_places_outlive_a_change_of_the_catalogue() {
        let first = Kind::Metrics.metrics()[0].field;
        let second = Kind::Metrics.metrics()[1].field;
        let old = ["gone", second, first].map(str::to_owned).to_vec();
        let (schema, stored) = Schema::extend(Stored::from([("metrics".to_owned(), old)]));
        let places = schema.of(Kind::Metrics).unwrap();
        assert_eq!(places.places(&[0, 1, 2]), [2, 1, 3]);
        let values = [Some(10.0), Some(11.0), Some(12.0)];
        let arranged: Vec<_> = places.arrange(&values).take(4).collect();
        assert_eq!(arranged, [None, Some(11.0), Some(10.0), Some(12.0)]);
        assert_eq!(stored["metrics"].len(), Kind::Metrics.metrics().len() + 1);
        assert_eq!(
            Schema::extend(stored.clone()).1,
            stored,
            "nothing to add the second time"
        );
    }
}
