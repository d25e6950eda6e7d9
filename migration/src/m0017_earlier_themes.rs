//! Which theme of an earlier consultation a theme is: what was said can be followed from one round of consulting to the next.

use sea_orm_migration::{prelude::*, sea_orm::Statement};

crate::migration! {
    "m0017_earlier_themes",
    // SQLite takes a column back with the reference that stands in it; it would not take back one that a constraint of the
    // table names.
    up: &["ALTER TABLE themes ADD COLUMN earlier_theme_id {uuid} CONSTRAINT fk_themes_earlier REFERENCES themes (id)"],
    unless: something_is_mapped,
    down: &["ALTER TABLE themes DROP COLUMN earlier_theme_id"],
}

/// Refuses to forget which themes are one: a lead judged that, and no other column says it.
async fn something_is_mapped(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let sql = "SELECT count(*) AS mapped FROM themes WHERE earlier_theme_id IS NOT NULL";
    let row = connection
        .query_one_raw(Statement::from_string(manager.get_database_backend(), sql))
        .await?;
    let mapped: i64 = row.map_or(Ok(0), |row| row.try_get("", "mapped"))?;
    if mapped == 0 {
        return Ok(());
    }
    Err(DbErr::Custom(format!(
        "m0017_earlier_themes stays: themes are mapped to those of earlier consultations ({mapped} rows of themes), and the \
         schema before it cannot say to which"
    )))
}
