//! The columns of a table: given numbers, or ranges.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The values of a column.
#[derive(Debug)]
pub(crate) enum Column {
    Given(Vec<f64>),
    Range(Stops),
}

/// `count` equidistant numbers, from `from` to `to`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Stops {
    from: f64,
    to: f64,
    count: usize,
}

/// Why a text is no column.
#[derive(Debug)]
pub(crate) enum ColumnError {
    /// It is neither a list of numbers nor a range.
    Unlike(serde_json::Error),
    /// The length of the range is no float.
    TooWide,
}

impl Column {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Given(values) => values.len(),
            Self::Range(stops) => stops.count,
        }
    }

    pub(crate) fn rows(&self, rows: Range<usize>) -> Cow<'_, [f64]> {
        match self {
            Self::Given(values) => values.get(rows).unwrap_or_default().into(),
            Self::Range(stops) => rows.map(|row| stops.at(row)).collect(),
        }
    }

    /// Reads a JSON list of numbers, or an object with `from`, `to` and `count`.
    pub(crate) fn read(json: &str) -> Result<Self, ColumnError> {
        let column = if json.starts_with('[') {
            serde_json::from_str(json).map(Self::Given)
        } else {
            serde_json::from_str(json).map(Self::Range)
        };
        match column.map_err(ColumnError::Unlike)? {
            Self::Range(Stops { from, to, .. }) if !(to - from).is_finite() => Err(ColumnError::TooWide),
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

/// The members of an object, in their order.
#[derive(Debug, Default)]
pub(crate) struct Members<'b>(pub(crate) Vec<(String, &'b RawValue)>);

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
        let stops = |json| Column::read(json).unwrap();
        assert_eq!(stops(r#"{"from":0,"to":1,"count":5}"#).rows(0..5), [0.0, 0.25, 0.5, 0.75, 1.0].as_slice());
        // A hundred steps of 0.01 from -1 do not add up to 0.
        let fine = stops(r#"{"from":-1,"to":0.1,"count":111}"#);
        assert_eq!(fine.rows(110..111), [0.1].as_slice());
        assert_eq!(stops(r#"{"from":7,"to":9,"count":1}"#).rows(0..1), [7.0].as_slice());
        assert!(stops(r#"{"from":7,"to":9,"count":0}"#).rows(0..0).is_empty());
        assert!(Column::read(r#"{"from":-1e308,"to":1e308,"count":3}"#).is_err());
    }
}
