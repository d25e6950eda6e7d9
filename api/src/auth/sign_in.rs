//! Signing in, refreshing with rotation, signing out; tokens for api clients.

use super::{caller::Subject, keys, password};
use crate::{
    error::Code,
    http::{
        access::Public,
        answer::{Answer, Done, Reply},
        ask::{Ask, Schemas, Valid},
        digest::{digest, hex},
        problem::{Faults, Problem},
        request::Basic,
    },
    store::{audit::acts, people::Refreshed},
};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, dev::Payload, http::header};
use domain::{
    id::{ApiClientId, UserId},
    text::folded,
    vocabulary::AuditOutcome,
};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{ContentBuilder, Required, path::Operation, request_body::RequestBodyBuilder},
};
use validator::Validate;

/// How long a refresh token is good for, in seconds.
const REFRESH_SECONDS: i64 = 14 * 24 * 3600;

/// E-mail and password.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SignInInput {
    #[validate(length(min = 1, max = 300, message = "Give the e-mail address."))]
    #[schema(min_length = 1, max_length = 300)]
    pub email: String,
    #[validate(length(min = 1, max = 200, message = "Give the password."))]
    #[schema(min_length = 1, max_length = 200)]
    pub password: String,
}

/// Tokens: one to call with, one to get the next pair with.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokensView {
    /// JWT, for `Authorization: Bearer`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds for which the access token is good.
    pub expires_in: i64,
    /// Good once; showing it again ends its family. Absent for an api client, which shows its secret again instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl Answer for TokensView {
    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(self))
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        crate::http::answer::Plain::<Self>::describe(operation, schemas);
    }
}

/// `POST /v1/auth/sign-in`
pub async fn sign_in(public: Public<Valid<SignInInput>>) -> Reply<TokensView> {
    let address = public.address();
    let (asked, public) = public.split();
    let (input, mut faults) = asked.open();
    let odd = input.email.chars().any(char::is_control);
    faults.add_if(
        odd,
        "/email",
        "control-character",
        "Remove the control characters.",
    );
    faults.end()?;
    let open = public.store().open_for_nobody();
    let account = folded(&input.email);
    let turn = password::turn().await?;
    let user = open
        .read(async |tx| {
            tx.check_sign_in(&account, &address).await?;
            tx.user_by_email(&input.email).await
        })
        .await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let of_account = user.as_ref().map(|user| user.id);
    let right = turn.verify(input.password, hash).await?;
    let user = user.map(|user| user.id).filter(|_| right);
    let refresh = new_refresh_token();
    let hash = digest(&refresh);
    let let_in = public
        .open_to(acts::SIGN_IN)
        .write(async move |tx| {
            let let_in = tx
                .judge_sign_in(&account, &address, user.is_some(), of_account)
                .await?;
            if let Some(user) = user.filter(|_| let_in) {
                tx.acted_by(user);
                tx.note(AuditOutcome::Done);
                tx.add_refresh_token(user, hash, tx.now.plus_seconds(REFRESH_SECONDS), None)
                    .await?;
            }
            // A failure must be committed, so it is an outcome and no error.
            Ok(user.filter(|_| let_in))
        })
        .await?;
    match let_in {
        Some(user) => view(&public, Subject::Person(user), Some(refresh)).await,
        None => Err(Problem::new(
            Code::SignInRefused,
            "Check both, or ask an admin for a new password.",
        )),
    }
}

async fn view(public: &Public, subject: Subject, refresh_token: Option<String>) -> Reply<TokensView> {
    let key = public.state().sessions.signing_key(public.store()).await?;
    Ok(TokensView {
        access_token: keys::sign(&key, subject, crate::clock::now())?,
        token_type: "Bearer".into(),
        expires_in: keys::ACCESS_SECONDS,
        refresh_token,
    })
}

/// The form of RFC 6749.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenForm {
    /// `refresh_token` or `client_credentials`.
    pub grant_type: String,
    /// With `refresh_token`: the newest refresh token of the sign-in.
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// With `client_credentials`, unless an HTTP Basic header names it: the id of the api client.
    #[serde(default)]
    pub client_id: Option<String>,
    /// With `client_credentials`, unless an HTTP Basic header shows it.
    #[serde(default)]
    pub client_secret: Option<String>,
}

impl Ask for TokenForm {
    async fn ask(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        if !request
            .content_type()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        {
            let detail = "Send a form: application/x-www-form-urlencoded.";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let body = crate::http::ask::bytes(request, payload).await?;
        let text = std::str::from_utf8(&body).unwrap_or_default();
        actix_web::web::Query::<Self>::from_query(text)
            .map(actix_web::web::Query::into_inner)
            .map_err(|_| {
                let detail = "The form has grant_type, and refresh_token or client_id and client_secret; each once, and \
                              nothing else.";
                Problem::fault("", "wrong-form", detail)
            })
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        let schema = crate::http::ask::register::<Self>(schemas);
        let form = ContentBuilder::new().schema(Some(schema)).build();
        let body = RequestBodyBuilder::new().content("application/x-www-form-urlencoded", form);
        operation.request_body = Some(body.required(Some(Required::True)).build().into());
    }
}

/// `POST /v1/auth/token`
pub async fn token(public: Public<TokenForm>) -> Reply<TokensView> {
    let (form, public) = public.split();
    let mut faults = Faults::default();
    match form.grant_type.as_str() {
        "refresh_token" => {
            let detail = "This goes with grant_type=client_credentials.";
            faults.add_if(form.client_id.is_some(), "/client_id", "not-taken", detail);
            faults.add_if(
                form.client_secret.is_some(),
                "/client_secret",
                "not-taken",
                detail,
            );
            let none = form.refresh_token.is_none();
            faults.add_if(none, "/refresh_token", "missing-field", "Send the refresh token.");
            faults.end()?;
            refreshed(&public, form.refresh_token.unwrap_or_default()).await
        }
        "client_credentials" => {
            let detail = "This goes with grant_type=refresh_token.";
            faults.add_if(
                form.refresh_token.is_some(),
                "/refresh_token",
                "not-taken",
                detail,
            );
            faults.end()?;
            let shown = shown_by_client(public.basic(), form.client_id, form.client_secret)?;
            let_client_in(&public, shown).await
        }
        _ => Err(Problem::new(
            Code::UnsupportedGrantType,
            "Send grant_type=refresh_token or grant_type=client_credentials.",
        )),
    }
}

async fn refreshed(public: &Public, shown: String) -> Reply<TokensView> {
    let (refresh, shown) = (new_refresh_token(), digest(&shown));
    let next = digest(&refresh);
    let outcome = public
        .open_to(acts::REFRESH)
        .write(async move |tx| {
            tx.use_refresh_token(&shown, next, tx.now.plus_seconds(REFRESH_SECONDS))
                .await
        })
        .await?;
    match outcome {
        Refreshed::For(user) => view(public, Subject::Person(user), Some(refresh)).await,
        Refreshed::Unknown => Err(Problem::new(Code::InvalidGrant, "Sign in again.")),
        Refreshed::Reused => {
            tracing::warn!("a refresh token was shown twice; its family is ended");
            Err(Problem::new(
                Code::InvalidGrant,
                "It was used before, so this sign-in is ended. Sign in again.",
            ))
        }
    }
}

/// What an api client shows, in one of the two ways that RFC 6749 has; it forbids both together, because which was meant
/// cannot be told.
fn shown_by_client(
    header: Option<Basic>,
    id: Option<String>,
    secret: Option<String>,
) -> Result<Basic, Problem> {
    match (header, id, secret) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => Err(Problem::new(
            Code::BadRequest,
            "Send client id and secret by HTTP Basic or in the form, not both.",
        )),
        (Some(header), None, None) => Ok(header),
        (None, Some(id), Some(secret)) => Ok(Basic { id, secret }),
        (None, ..) => Err(Problem::new(
            Code::InvalidClient,
            "Send client id and secret, by HTTP Basic or as client_id and client_secret in the form.",
        )),
    }
}

/// An access token for an api client whose secret is right. Failures count as those of a sign-in do, for the client that
/// was named and for the address.
async fn let_client_in(public: &Public, shown: Basic) -> Reply<TokensView> {
    let address = public.address();
    let id: Option<ApiClientId> = shown.id.parse().ok();
    // Names of no client are one account, or a stranger's inventions would fill the table.
    let account = id.map_or_else(
        || "api-client".to_owned(),
        |id| Subject::ApiClient(id).to_string(),
    );
    let hash = digest(&shown.secret);
    let open = public.store().open_for_nobody();
    open.read(async |tx| tx.check_sign_in(&account, &address).await)
        .await?;
    let let_in = public
        .open_to(acts::SIGN_IN)
        .write(async move |tx| {
            let good = match id {
                Some(id) => tx.secret_is_good(id, &hash).await?.then_some(id),
                None => None,
            };
            let named = id.map(UserId::from);
            let let_in = tx
                .judge_sign_in(&account, &address, good.is_some(), named)
                .await?;
            if let Some(client) = good.filter(|_| let_in) {
                tx.acted_by(client.into());
                tx.note(AuditOutcome::Done);
            }
            Ok(good.filter(|_| let_in))
        })
        .await?;
    match let_in {
        Some(id) => view(public, Subject::ApiClient(id), None).await,
        None => Err(Problem::new(
            Code::InvalidClient,
            "Check both, or ask an admin for a new secret.",
        )),
    }
}

/// Which sign-in ends.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SignOutInput {
    #[validate(length(min = 1, max = 200, message = "Send the refresh token of this sign-in."))]
    #[schema(min_length = 1, max_length = 200)]
    pub refresh_token: String,
}

/// `POST /v1/auth/sign-out`: with a refresh token in the body, ends its sign-in and says the same whether there was one;
/// without a body, ends every sign-in of whoever the access token speaks for.
pub async fn sign_out(public: Public<Option<Valid<SignOutInput>>>) -> Reply<Done> {
    let (asked, public) = public.split();
    let open = public.open_to(acts::SIGN_OUT);
    if let Some(asked) = asked {
        let (input, faults): (_, Faults) = asked.open();
        faults.end()?;
        let hash = digest(&input.refresh_token);
        // Looked for first: a write has everybody's figures looked at anew, and strangers may send what they like.
        if open.read(async |tx| tx.knows_refresh_token(&hash).await).await? {
            open.write(async move |tx| tx.end_family_of(&hash).await).await?;
        }
        return Ok(Done);
    }
    let Some(token) = public.token() else {
        return Err(Problem::new(
            Code::Unauthenticated,
            "Send the access token, or the refresh token in the body.",
        ));
    };
    let user = public.state().sessions.caller(public.store(), token).await?.user;
    open.write(async move |tx| tx.end_families_of_user(user).await)
        .await?;
    Ok(Done)
}

fn new_refresh_token() -> String {
    hex(&crate::clock::random_bytes::<32>())
}
