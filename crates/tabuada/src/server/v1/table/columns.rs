//! The columns of a table by name, in the order of the question.

use crate::columns::{Column, ColumnError};
use crate::server::problems::Fault;

/// The most rows of a table.
pub(super) const ROWS_MAX: usize = 1_000_000;

/// The most columns of a table. Ranges are expanded a block at a time.
const COLUMNS_MAX: usize = 64;

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
        let column = Column::read(json).map_err(|error| match error {
            ColumnError::Unlike(error) => Fault::ColumnUnlike { name: name.clone(), unlike: error.into() },
            ColumnError::TooWide => Fault::RangeTooWide { name: name.clone() },
        })?;
        self.columns.push(column);
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
