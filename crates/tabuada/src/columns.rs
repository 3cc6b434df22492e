//! The columns of a table: given numbers, or ranges.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Error as _, MapAccess, Visitor};
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
    #[serde(deserialize_with = "integer")]
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

/// An integer of JSON Schema, for which 11.0 is one too: clients without integers write it so.
fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let is_integer = |value: &f64| value.fract() == 0.0 && (0.0..1e15).contains(value);
    let whole = number.as_u64().or_else(|| number.as_f64().filter(is_integer).map(|value| value as u64));
    let count = whole.and_then(|whole| usize::try_from(whole).ok());
    count.ok_or_else(|| D::Error::custom(format_args!("invalid value: number `{number}`, expected a count")))
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

    /// JSON Schema, core, 4.2.3: mathematically equal numbers are the same.
    #[test]
    fn a_count_of_11_point_0_is_an_integer() {
        let count =
            |json: &str| Column::read(&format!(r#"{{"from":0,"to":1,"count":{json}}}"#)).map(|column| column.len());
        for (json, wanted) in [("11", 11), ("11.0", 11), ("1.1e1", 11), ("-0.0", 0), ("1e3", 1_000)] {
            assert_eq!(count(json).unwrap(), wanted, "{json}");
        }
        for json in ["11.5", "-1", "-1.0", "1e300", "\"11\"", "null", "true"] {
            assert!(matches!(count(json), Err(ColumnError::Unlike(_))), "{json}");
        }
    }
}
