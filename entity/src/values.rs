//! Rows read by the types of their fields, from whatever gives values by the names of columns: SQLite's writer has no row of SeaORM's.

use sea_orm::{ColumnType, DbErr, Value, sea_query::ValueType};

/// One row.
pub trait Values {
    /// The value of a column, as one of its type.
    ///
    /// # Errors
    /// Where the row has no such column, or it holds something else.
    fn value(&mut self, column: &str, of: &ColumnType) -> Result<Value, DbErr>;
}

/// What can be read from a row.
pub trait FromValues: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// Where a column is missing or holds something else.
    fn from_values(values: &mut impl Values) -> Result<Self, DbErr>;
}

/// One field.
///
/// # Errors
/// Where the column is missing, or holds what the field is not.
pub fn field<T: ValueType>(values: &mut impl Values, column: &str) -> Result<T, DbErr> {
    let value = values.value(column, &T::column_type())?;
    T::try_from(value).map_err(|_| DbErr::Type(format!("column {column} holds no {}", T::type_name())))
}

/// Reads a struct by the names of its fields; of those in brackets each is part of the same row.
#[macro_export]
macro_rules! from_values {
    ($type:ty { $($field:ident),* $(,)? } $([$($nested:ident),*])?) => {
        impl $crate::values::FromValues for $type {
            fn from_values(values: &mut impl $crate::values::Values) -> Result<Self, sea_orm::DbErr> {
                Ok(Self {
                    $($field: $crate::values::field(values, stringify!($field))?,)*
                    $($($nested: $crate::values::FromValues::from_values(values)?,)*)?
                })
            }
        }
    };
}
