//! Where coders who worked independently differ, somebody decides, and says why. A decision is a coding with its reason.

use sea_orm_migration::{prelude::*, sea_orm::Statement};

crate::migration! {
    "m0015_adjudication",
    up: &["ALTER TABLE codings ADD COLUMN adjudication_reason text"],
    unless: something_is_decided,
    down: &["ALTER TABLE codings DROP COLUMN adjudication_reason"],
}

/// Refuses to forget decisions: without this column they would be codings of somebody who coded.
async fn something_is_decided(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let sql = "SELECT count(*) AS decided FROM codings WHERE adjudication_reason IS NOT NULL";
    let row = connection
        .query_one_raw(Statement::from_string(manager.get_database_backend(), sql))
        .await?;
    let decided: i64 = row.map_or(Ok(0), |row| row.try_get("", "decided"))?;
    if decided == 0 {
        return Ok(());
    }
    Err(DbErr::Custom(format!(
        "m0015_adjudication stays: somebody decided between codings that differ ({decided} rows of codings), and the schema \
         before it has no word for that, so that a decision would count as a coder's own"
    )))
}
