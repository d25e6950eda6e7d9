//! Published reports as they were published, whatever later code would make of their rows.

use sea_orm_migration::{prelude::*, sea_orm::Statement};

crate::migration! {
    "m0019_report_documents",
    up: &[
        // The document that the digest is of, without the words of its quotes. It stands by itself, because lists read rows of reports
        // whole. Reports that were published before get theirs from the service, which can put them together.
        "CREATE TABLE report_documents (
            report_id {uuid} NOT NULL CONSTRAINT pk_report_documents PRIMARY KEY
                CONSTRAINT fk_report_documents_report REFERENCES reports (id),
            body {bytes} NOT NULL
        )",
    ],
    unless: something_is_published,
    down: &["DROP TABLE report_documents"],
}

/// Refuses to forget what was published word by word: an earlier version would put it together with words of its own.
async fn something_is_published(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let sql = "SELECT count(*) AS published FROM report_documents";
    let row = connection
        .query_one_raw(Statement::from_string(manager.get_database_backend(), sql))
        .await?;
    let published: i64 = row.map_or(Ok(0), |row| row.try_get("", "published"))?;
    if published == 0 {
        return Ok(());
    }
    Err(DbErr::Custom(format!(
        "m0019_report_documents stays: there are published reports ({published} rows), and the schema before it does not keep them as \
         they were published"
    )))
}
