//! Api clients and their secrets.

use super::statements::Reading;
use super::{Tx, paged};
use crate::{
    error::Code,
    http::{page::Page, problem::Problem},
};
use domain::id::{ApiClientId, ApiClientSecretId, UserId};
use entity::{api_client_secrets, api_clients, grants, users};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, SelectStatement},
};
use subtle::ConstantTimeEq;

/// Ids of every api client there was: those who call and are no people.
pub(super) fn ids() -> SelectStatement {
    api_clients::Entity::find()
        .select_only()
        .column(api_clients::Column::Id)
        .into_query()
}

/// Rows of api clients that were not taken away.
pub(super) fn in_use() -> Select<users::Entity> {
    let in_use = api_clients::Entity::find()
        .select_only()
        .column(api_clients::Column::Id)
        .filter(api_clients::Column::EndedAt.is_null());
    users::Entity::find().filter(users::Column::Id.in_subquery(in_use.into_query()))
}

impl Tx {
    /// A page of api clients, as rows of those who call.
    pub async fn api_clients(&self, page: Page) -> Result<Vec<users::Model>, Problem> {
        let query = paged(in_use(), page, users::Column::ReceivedAt, users::Column::Id);
        Ok(query.all_of(self).await?)
    }

    /// Stores an api client.
    pub async fn add_api_client(&self, id: ApiClientId, row: users::Model) -> Result<(), Problem> {
        self.add_user(row).await?;
        self.insert(api_clients::Model { id, ended_at: None }).await
    }

    /// Takes an api client away. Its row stays, because what it wrote names it.
    pub async fn end_api_client(&self, id: ApiClientId) -> Result<(), Problem> {
        let ended = api_clients::Entity::update_many()
            .col_expr(api_clients::Column::EndedAt, Expr::value(self.now.0))
            .filter(api_clients::Column::Id.eq(id));
        self.update(ended).await?;
        let secrets =
            api_client_secrets::Entity::delete_many().filter(api_client_secrets::Column::ClientId.eq(id));
        self.delete(secrets).await?;
        let of_client = grants::Entity::delete_many().filter(grants::Column::UserId.eq(UserId::from(id)));
        self.delete(of_client).await?;
        Ok(())
    }

    /// Secrets of an api client that are good now, the oldest first.
    pub async fn live_secrets(&self, id: ApiClientId) -> Result<Vec<api_client_secrets::Model>, Problem> {
        use api_client_secrets::Column;
        let live = Condition::any()
            .add(Column::ExpiresAt.is_null())
            .add(Column::ExpiresAt.gt(self.now.0));
        let query = api_client_secrets::Entity::find()
            .filter(Column::ClientId.eq(id))
            .filter(live);
        Ok(query
            .order_by_asc(Column::MadeAt)
            .order_by_asc(Column::Id)
            .all_of(self)
            .await?)
    }

    /// Whether `hash` is that of a good secret of an api client that is there. Takes as long whichever of its digits
    /// differ.
    pub async fn secret_is_good(&self, id: ApiClientId, hash: &str) -> Result<bool, Problem> {
        let mut good = false;
        for row in self.live_secrets(id).await? {
            good |= bool::from(row.secret_hash.as_bytes().ct_eq(hash.as_bytes()));
        }
        // Those of a client that was taken away are gone.
        Ok(good)
    }

    /// Stores a secret, by its hash.
    pub async fn add_secret(
        &self,
        client: ApiClientId,
        secret_hash: String,
    ) -> Result<api_client_secrets::Model, Problem> {
        let row = api_client_secrets::Model {
            id: crate::clock::new_id(),
            client_id: client,
            secret_hash,
            made_at: self.now,
            expires_at: None,
        };
        self.insert(row.clone()).await?;
        Ok(row)
    }

    /// Makes room for a new secret: the one before ends in `overlap` seconds, or every older one at once where that is 0.
    pub async fn supersede_secrets(&self, id: ApiClientId, overlap: i64) -> Result<(), Problem> {
        use api_client_secrets::Column;
        let of_client = || api_client_secrets::Entity::delete_many().filter(Column::ClientId.eq(id));
        if overlap == 0 {
            self.delete(of_client()).await?;
            return Ok(());
        }
        self.delete(of_client().filter(Column::ExpiresAt.lte(self.now.0)))
            .await?;
        if self.live_secrets(id).await?.len() > 1 {
            return Err(Problem::new(
                Code::TwoSecrets,
                "Take one of them away first, wait until the older one ends, or end both with overlap_seconds 0.",
            ));
        }
        let superseded = api_client_secrets::Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(self.now.plus_seconds(overlap).0))
            .filter(Column::ClientId.eq(id));
        self.update(superseded).await?;
        Ok(())
    }

    /// Takes a secret away.
    pub async fn remove_secret(&self, client: ApiClientId, id: ApiClientSecretId) -> Result<(), Problem> {
        let gone = api_client_secrets::Entity::delete_many()
            .filter(api_client_secrets::Column::Id.eq(id))
            .filter(api_client_secrets::Column::ClientId.eq(client));
        if self.delete(gone).await?.is_empty() {
            Err(Problem::not_found())
        } else {
            Ok(())
        }
    }
}
