//! The formats of a table.

use axum::http::HeaderMap;
use tabuada_lang::{Cell, JsonNumbers};

use crate::json::write_float;
use crate::server::negotiation::qvalues::liking;

/// JSON, or CSV (RFC 4180) for clients that prefer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Csv,
}

impl Form {
    pub(super) fn preferred(headers: &HeaderMap) -> Self {
        let is_csv = liking(headers, "text/csv") > liking(headers, "application/json");
        if is_csv { Self::Csv } else { Self::Json }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// Writes the beginning, before the rows.
    pub(super) fn write_head(self, names: &[String], out: &mut String) {
        match self {
            Self::Json => out.push_str("{\"result\":["),
            Self::Csv => {
                for name in names {
                    out.push_str(name);
                    out.push(',');
                }
                out.push_str("result\r\n");
            }
        }
    }

    /// Writes one row; a missing value is `null` in JSON and empty in CSV.
    pub(super) fn write_row(
        self,
        is_first: bool,
        values: impl Iterator<Item = f64>,
        cell: Option<Cell<'_>>,
        out: &mut String,
    ) {
        match self {
            Self::Json => {
                if !is_first {
                    out.push(',');
                }
                write_json(cell, out);
            }
            Self::Csv => {
                for value in values {
                    write_float(value, out);
                    out.push(',');
                }
                write_field(cell, out);
                out.push_str("\r\n");
            }
        }
    }
}

/// As the `result` of `/v1/evaluate`.
fn write_json(cell: Option<Cell<'_>>, out: &mut String) {
    match cell {
        Some(Cell::Float(value)) if value.is_finite() => write_float(value, out),
        Some(Cell::Float(value)) => {
            out.push('"');
            write_float(value, out);
            out.push('"');
        }
        Some(Cell::Bool(value)) => out.push_str(if value { "true" } else { "false" }),
        Some(Cell::Answer(answer)) => out.push_str(&answer.json(JsonNumbers::Exact)),
        Some(Cell::Failure(_)) | None => out.push_str("null"),
    }
}

/// As the `text` of `/v1/evaluate`.
fn write_field(cell: Option<Cell<'_>>, out: &mut String) {
    match cell {
        Some(Cell::Float(value)) => write_float(value, out),
        Some(Cell::Bool(value)) => out.push_str(if value { "True" } else { "False" }),
        Some(Cell::Answer(answer)) if answer.text().contains(['"', ',', '\r', '\n']) => {
            out.push('"');
            out.push_str(&answer.text().replace('"', "\"\""));
            out.push('"');
        }
        Some(Cell::Answer(answer)) => out.push_str(answer.text()),
        Some(Cell::Failure(_)) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::ACCEPT;

    use super::*;

    #[test]
    fn csv_is_for_who_likes_it_better() {
        for (accepted, form) in [
            ("text/csv", Form::Csv),
            ("Text/CSV; header=present; q=0.5", Form::Csv),
            ("text/*", Form::Csv),
            ("text/csv, application/json;q=0.9", Form::Csv),
            ("*/*;q=0.1, text/csv", Form::Csv),
            ("", Form::Json),
            ("*/*", Form::Json),
            ("application/json, text/csv", Form::Json),
            ("text/csv;q=0.5, */*", Form::Json),
            ("text/csv;q=0", Form::Json),
            ("text/html", Form::Json),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accepted.parse().unwrap());
            assert_eq!(Form::preferred(&headers), form, "{accepted}");
        }
        assert_eq!(Form::preferred(&HeaderMap::new()), Form::Json);
    }
}
