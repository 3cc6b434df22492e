//! The columns of a table: numbers of the question, or ranges.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::server::problems::Fault;

/// The most rows of a table.
pub(super) const ROWS_MAX: usize = 1_000_000;

/// The most columns of a table. Ranges are expanded a block at a time.
const COLUMNS_MAX: usize = 64;

/// The values of a column.
#[derive(Debug)]
pub(super) enum Column {
    Given(Vec<f64>),
    Range(Stops),
}

/// `count` equidistant numbers, from `from` to `to`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct Stops {
    from: f64,
    to: f64,
    count: usize,
}

impl Column {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Given(values) => values.len(),
            Self::Range(stops) => stops.count,
        }
    }

    pub(super) fn rows(&self, rows: Range<usize>) -> Cow<'_, [f64]> {
        match self {
            Self::Given(values) => values.get(rows).unwrap_or_default().into(),
            Self::Range(stops) => rows.map(|row| stops.at(row)).collect(),
        }
    }

    fn read(name: &str, json: &str) -> Result<Self, Fault> {
        let column = if json.starts_with('[') {
            serde_json::from_str(json).map(Self::Given)
        } else {
            serde_json::from_str(json).map(Self::Range)
        };
        let name = || name.to_owned();
        match column.map_err(|error| Fault::ColumnUnlike { name: name(), unlike: error.into() })? {
            Self::Range(Stops { from, to, .. }) if !(to - from).is_finite() => {
                Err(Fault::RangeTooWide { name: name() })
            }
            column => Ok(column),
        }
    }
}

impl Stops {
    /// As NumPy's `linspace`.
    fn at(&self, row: usize) -> f64 {
        match self.count - 1 {
            0 => self.from,
            last if row == last => self.to,
            last => row as f64 * ((self.to - self.from) / last as f64) + self.from,
        }
    }
}

/// Columns by name, in the order of the question.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<Column>,
}

impl Columns {
    pub(super) fn add(&mut self, name: String, json: &str) -> Result<(), Fault> {
        if self.names.len() == COLUMNS_MAX {
            return Err(Fault::ColumnsTooMany { most: COLUMNS_MAX });
        }
        self.columns.push(Column::read(&name, json)?);
        self.names.push(name);
        Ok(())
    }

    /// The number of rows, equal in all columns.
    pub(super) fn rows(&self) -> Result<usize, Fault> {
        let Some(first) = self.columns.first() else {
            return Err(Fault::NoColumn);
        };
        if self.columns.iter().any(|column| column.len() != first.len()) {
            return Err(Fault::ColumnsUnequal);
        }
        Ok(first.len())
    }
}

/// The members of an object, in their order.
#[derive(Debug)]
pub(super) struct Members<'b>(pub(super) Vec<(String, &'b RawValue)>);

impl<'de: 'b, 'b> Deserialize<'de> for Members<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(InOrder).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_begins_and_ends_where_it_says() {
        let stops = |json| Column::read("x", json).unwrap();
        assert_eq!(stops(r#"{"from":0,"to":1,"count":5}"#).rows(0..5), [0.0, 0.25, 0.5, 0.75, 1.0].as_slice());
        // A hundred steps of 0.01 from -1 do not add up to 0.
        let fine = stops(r#"{"from":-1,"to":0.1,"count":111}"#);
        assert_eq!(fine.rows(110..111), [0.1].as_slice());
        assert_eq!(stops(r#"{"from":7,"to":9,"count":1}"#).rows(0..1), [7.0].as_slice());
        assert!(stops(r#"{"from":7,"to":9,"count":0}"#).rows(0..0).is_empty());
        assert!(Column::read("x", r#"{"from":-1e308,"to":1e308,"count":3}"#).is_err());
    }
}
