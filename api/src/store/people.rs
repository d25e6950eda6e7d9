//! People, grants, keys, refresh tokens and failed sign-ins.

use super::statements::{Counting, Reading};
use super::{Tx, api_clients, audit::acts, paged};
use crate::{
    auth::{caller::Subject, keys::Key, reach::Grant},
    error::Code,
    http::{page::Page, problem::Problem},
};
use domain::{
    id::{GrantId, GroupId, UserId},
    moment::Moment,
    text::folded,
    vocabulary::{AuditOutcome, GroupKind, KeyPurpose, Role},
};
use entity::{
    consultations, grants, groups, outcomes, refresh_tokens, services, sign_in_failures, token_keys, users,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::Expr};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Rows of people: of all who call but api clients.
fn people() -> Select<users::Entity> {
    users::Entity::find().filter(users::Column::Id.not_in_subquery(api_clients::ids()))
}

/// What to hold so that judgements of one account or address come one after the other.
pub(super) fn named(kind: &str, name: &str) -> Uuid {
    let digest = Sha256::digest(format!("{kind} {name}"));
    let bytes = digest
        .iter()
        .take(16)
        .fold(0, |all, byte| all << 8 | u128::from(*byte));
    Uuid::from_u128(bytes)
}

/// What came of showing a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// It was good: whom it speaks for. Its successor is stored.
    For(UserId),
    /// It is unknown, expired or ended.
    Unknown,
    /// It was used before: its family is ended now.
    Reused,
}

impl Tx {
    /// The person with this e-mail address, however it is written.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<users::Model>, Problem> {
        let query = people().filter(users::Column::EmailFolded.eq(folded(email)));
        Ok(query.one_of(self).await?)
    }

    /// A person, or an api client that was not taken away. An id of the other kind names nobody.
    pub async fn caller_row(&self, subject: Subject) -> Result<users::Model, Problem> {
        let of_kind = match subject {
            Subject::Person(_) => people(),
            Subject::ApiClient(_) => api_clients::in_use(),
        };
        of_kind
            .filter(users::Column::Id.eq(subject.id()))
            .one_of(self)
            .await?
            .ok_or_else(Problem::not_found)
    }

    /// The row of a person or api client that changes in this transaction, as it was. Its version grows; other changes of
    /// it wait.
    pub async fn caller_changes(&self, subject: Subject) -> Result<users::Model, Problem> {
        self.hold(subject.id().0).await?;
        let row = self.caller_row(subject).await?;
        let next = users::Entity::update_many()
            .col_expr(users::Column::Version, Expr::value(row.version + 1))
            .filter(users::Column::Id.eq(row.id));
        self.update(next).await?;
        Ok(row)
    }

    /// A page of people.
    pub async fn people(&self, page: Page) -> Result<Vec<users::Model>, Problem> {
        let query = paged(people(), page, users::Column::ReceivedAt, users::Column::Id);
        Ok(query.all_of(self).await?)
    }

    /// Whether there is nobody yet.
    pub async fn has_no_users(&self) -> Result<bool, Problem> {
        Ok(users::Entity::find().count_of(self).await? == 0)
    }

    /// Stores one of those who call.
    pub async fn add_user(&self, row: users::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// Grants of a person or an api client, oldest first.
    pub async fn grants_of(&self, user: UserId) -> Result<Vec<grants::Model>, Problem> {
        let query = grants::Entity::find().filter(grants::Column::UserId.eq(user));
        Ok(query
            .order_by_asc(grants::Column::ReceivedAt)
            .order_by_asc(grants::Column::Id)
            .all_of(self)
            .await?)
    }

    /// Stores a grant.
    pub async fn add_grant(&self, row: grants::Model) -> Result<(), Problem> {
        self.insert(row).await.map_err(|problem| match problem.code {
            Code::NotUnique | Code::Conflict => {
                Problem::fault("", "unknown-id", "The grant names something that does not exist.")
            }
            _ => problem,
        })
    }

    /// Takes a grant away.
    pub async fn remove_grant(&self, user: UserId, id: GrantId) -> Result<(), Problem> {
        let one = grants::Entity::delete_many()
            .filter(grants::Column::Id.eq(id))
            .filter(grants::Column::UserId.eq(user));
        if self.delete(one).await?.is_empty() {
            Err(Problem::not_found())
        } else {
            Ok(())
        }
    }

    /// For the demo: accounts whose address ends in `domain`, other accounts, and whether the consultation `reference` has as many
    /// outcomes as building it writes down. They are the last that it writes, and nobody deletes one: a demo that was interrupted has
    /// fewer, and one that people went on with has no fewer. No status says as much: what was published, delivered or reopened since
    /// moves it.
    pub async fn demo_state(
        &self,
        domain: &str,
        reference: &str,
        decided: u64,
    ) -> Result<(u64, u64, bool), Problem> {
        let own = users::Entity::find()
            .filter(users::Column::EmailFolded.ends_with(domain))
            .count_of(self)
            .await?;
        let all = people().count_of(self).await?;
        let row = consultations::Entity::find().filter(consultations::Column::Reference.eq(reference));
        let written = match row.one_of(self).await? {
            None => 0,
            Some(row) => {
                outcomes::Entity::find()
                    .filter(outcomes::Column::ConsultationId.eq(row.id))
                    .count_of(self)
                    .await?
            }
        };
        Ok((own, all - own, written >= decided))
    }

    /// A user's grants as the guard reads them: a facilitator's group brings the local groups of its services.
    pub async fn reach_of(&self, user: UserId) -> Result<Vec<Grant>, Problem> {
        let mut reach = Vec::new();
        for grant in self.grants_of(user).await? {
            let groups = match grant.group_id.filter(|_| grant.role == Role::Facilitator) {
                Some(group) => self.with_local_groups(group).await?,
                None => Vec::new(),
            };
            reach.push(Grant {
                role: grant.role,
                groups,
                service: grant.service_id,
                body: grant.body_id,
                consultation: grant.consultation_id,
            });
        }
        Ok(reach)
    }

    async fn with_local_groups(&self, group: GroupId) -> Result<Vec<GroupId>, Problem> {
        let services = services::Entity::find()
            .select_only()
            .column(services::Column::Id)
            .filter(services::Column::GroupId.eq(group));
        let local = groups::Entity::find()
            .filter(groups::Column::Kind.eq(GroupKind::Local))
            .filter(groups::Column::ServiceId.in_subquery(sea_orm::QueryTrait::into_query(services)))
            .all_of(self)
            .await?;
        Ok([group]
            .into_iter()
            .chain(local.into_iter().map(|local| local.id))
            .collect())
    }

    /// Keys in use for a purpose, the newest first.
    pub async fn token_keys(&self, purpose: KeyPurpose) -> Result<Vec<Key>, Problem> {
        let rows = token_keys::Entity::find()
            .filter(token_keys::Column::Purpose.eq(purpose))
            .filter(token_keys::Column::RetiredAt.is_null())
            .order_by_desc(token_keys::Column::MadeAt)
            .order_by_desc(token_keys::Column::Kid)
            .all_of(self)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Key {
                kid: row.kid,
                secret: row.secret,
            })
            .collect())
    }

    /// Stores a new key.
    pub async fn add_token_key(&self, key: Key, purpose: KeyPurpose) -> Result<(), Problem> {
        self.insert(token_keys::Model {
            kid: key.kid,
            purpose,
            secret: key.secret,
            made_at: self.now,
            retired_at: None,
        })
        .await
    }

    /// Forgets signing keys that were followed by another before `long_ago`, with which every token has expired by now.
    pub async fn purge_access_keys(&self, long_ago: Moment) -> Result<u64, Problem> {
        use token_keys::Column;
        let of_access = || Column::Purpose.eq(KeyPurpose::Access);
        let follower = token_keys::Entity::find()
            .filter(of_access())
            .filter(Column::MadeAt.lt(long_ago.0))
            .order_by_desc(Column::MadeAt)
            .one_of(self)
            .await?;
        // The newest of those that old may sign still; what was made before it was followed by it.
        let Some(follower) = follower else { return Ok(0) };
        let gone = token_keys::Entity::delete_many()
            .filter(of_access())
            .filter(Column::MadeAt.lt(follower.made_at.0));
        Ok(self.delete(gone).await?.len() as u64)
    }

    /// Forgets refresh tokens that have expired: shown again, one is as unknown as before.
    pub async fn purge_refresh_tokens(&self) -> Result<u64, Problem> {
        let gone =
            refresh_tokens::Entity::delete_many().filter(refresh_tokens::Column::ExpiresAt.lte(self.now.0));
        Ok(self.delete(gone).await?.len() as u64)
    }

    /// Stores a refresh token, by its hash; without a family it begins one.
    pub async fn add_refresh_token(
        &self,
        user: UserId,
        hash: String,
        expires_at: Moment,
        family: Option<Uuid>,
    ) -> Result<(), Problem> {
        self.insert(refresh_tokens::Model {
            id: crate::clock::new_id(),
            family: family.unwrap_or_else(crate::clock::new_id),
            user_id: user,
            token_hash: hash,
            expires_at,
            used_at: None,
            ended_at: None,
        })
        .await
    }

    /// Uses a refresh token and stores its successor. One that was used before was stolen by somebody, so the whole
    /// family ends; that must be committed, so it is an outcome and no error.
    pub async fn use_refresh_token(
        &self,
        hash: &str,
        next: String,
        expires_at: Moment,
    ) -> Result<Refreshed, Problem> {
        let found = refresh_tokens::Entity::find().filter(refresh_tokens::Column::TokenHash.eq(hash));
        let Some(row) = found.one_of(self).await? else {
            return Ok(Refreshed::Unknown);
        };
        // Rotations and ends of one user's sign-ins come one after the other: a successor must not slip past an end.
        self.hold(row.user_id.0).await?;
        let row = refresh_tokens::Entity::find_by_id(row.id)
            .one_of(self)
            .await?
            .ok_or_else(Problem::not_found)?;
        if row.ended_at.is_some() || row.expires_at <= self.now {
            return Ok(Refreshed::Unknown);
        }
        let used = refresh_tokens::Entity::update_many()
            .col_expr(refresh_tokens::Column::UsedAt, Expr::value(self.now.0))
            .filter(refresh_tokens::Column::Id.eq(row.id))
            .filter(refresh_tokens::Column::UsedAt.is_null());
        self.acted_by(row.user_id);
        if self.update(used).await?.is_empty() {
            self.note_as(acts::REFRESH_REUSED, AuditOutcome::Refused);
            self.end_family(row.family).await?;
            return Ok(Refreshed::Reused);
        }
        self.note(AuditOutcome::Done);
        self.add_refresh_token(row.user_id, next, expires_at, Some(row.family))
            .await?;
        Ok(Refreshed::For(row.user_id))
    }

    /// Whether a refresh token with this digest was ever given out and is not forgotten.
    pub async fn knows_refresh_token(&self, hash: &str) -> Result<bool, Problem> {
        let found = refresh_tokens::Entity::find().filter(refresh_tokens::Column::TokenHash.eq(hash));
        Ok(found.one_of(self).await?.is_some())
    }

    /// Ends the family of a refresh token, if there is such a token.
    pub async fn end_family_of(&self, hash: &str) -> Result<(), Problem> {
        let found = refresh_tokens::Entity::find().filter(refresh_tokens::Column::TokenHash.eq(hash));
        match found.one_of(self).await? {
            Some(row) => {
                self.acted_by(row.user_id);
                self.note(AuditOutcome::Done);
                self.hold(row.user_id.0).await?;
                self.end_family(row.family).await
            }
            None => Ok(()),
        }
    }

    /// Ends every sign-in of a user.
    pub async fn end_families_of_user(&self, user: UserId) -> Result<(), Problem> {
        self.acted_by(user);
        self.note(AuditOutcome::Done);
        self.hold(user.0).await?;
        let ended = refresh_tokens::Entity::update_many()
            .col_expr(refresh_tokens::Column::EndedAt, Expr::value(self.now.0))
            .filter(refresh_tokens::Column::UserId.eq(user))
            .filter(refresh_tokens::Column::EndedAt.is_null());
        self.update(ended).await.map(drop)
    }

    async fn end_family(&self, family: Uuid) -> Result<(), Problem> {
        let ended = refresh_tokens::Entity::update_many()
            .col_expr(refresh_tokens::Column::EndedAt, Expr::value(self.now.0))
            .filter(refresh_tokens::Column::Family.eq(family))
            .filter(refresh_tokens::Column::EndedAt.is_null());
        self.update(ended).await.map(drop)
    }

    /// Refuses a sign-in where an account or an address failed too often in the last minute.
    pub async fn check_sign_in(&self, account: &str, address: &str) -> Result<(), Problem> {
        let since = self.now.plus_seconds(-60);
        let recent =
            || sign_in_failures::Entity::find().filter(sign_in_failures::Column::FailedAt.gt(since.0));
        let of_account = recent()
            .filter(sign_in_failures::Column::Account.eq(account))
            .count_of(self)
            .await?;
        let of_address = recent()
            .filter(sign_in_failures::Column::Address.eq(address))
            .count_of(self)
            .await?;
        if of_account >= 10 || of_address >= 30 {
            let refusal = Problem::new(Code::TooManyFailures, "Wait a minute, then try again.");
            return Err(Problem {
                retry_after: Some(60),
                ..refusal
            });
        }
        Ok(())
    }

    /// Says whether somebody who showed what is `right` or wrong is let in, and writes a failure down.
    ///
    /// Guesses sent all at once are judged one after the other, and nobody learns what becomes of the eleventh: were the
    /// limit looked at before they are compared, all would pass it together. `of_user` is whose account it is, if there is one.
    pub async fn judge_sign_in(
        &self,
        account: &str,
        address: &str,
        right: bool,
        of_user: Option<UserId>,
    ) -> Result<bool, Problem> {
        // Always in this order, so that none waits in a circle.
        self.hold(named("account", account)).await?;
        self.hold(named("address", address)).await?;
        self.check_sign_in(account, address).await?;
        if !right {
            self.add_sign_in_failure(account.to_owned(), address.to_owned(), of_user)
                .await?;
        }
        Ok(right)
    }

    /// Writes a failed sign-in down, for throttling and for the log, and forgets those of more than an hour ago. The log
    /// says whose account it was, if there is one, and not what was typed: that may have been a password.
    async fn add_sign_in_failure(
        &self,
        account: String,
        address: String,
        of_user: Option<UserId>,
    ) -> Result<(), Problem> {
        self.note_as(acts::SIGN_IN_FAILED, AuditOutcome::Refused);
        if let Some(user) = of_user {
            self.note_subject("users", user.0);
        }
        self.insert(sign_in_failures::Model {
            id: crate::clock::new_id(),
            account,
            address,
            failed_at: self.now,
        })
        .await?;
        let old = sign_in_failures::Entity::delete_many()
            .filter(sign_in_failures::Column::FailedAt.lt(self.now.plus_seconds(-3600).0));
        self.delete(old).await.map(drop)
    }
}
