//! Signing in, refreshing with rotation, signing out.

use super::{keys, password};
use crate::{
    error::Code,
    http::{
        access::Public,
        answer::{Answer, Done, Reply},
        ask::{Ask, Schemas, Valid},
        digest::{digest, hex},
        problem::{Faults, Problem},
    },
    store::{audit::acts, people::Refreshed},
};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, dev::Payload, http::header};
use domain::{id::UserId, text::folded, vocabulary::AuditOutcome};
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
    /// Good once; showing it again ends its family.
    pub refresh_token: String,
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
    let user = open
        .read(async |tx| {
            tx.check_sign_in(&account, &address).await?;
            tx.user_by_email(&input.email).await
        })
        .await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    if !password::verify(input.password, hash).await? {
        let of_user = user.map(|user| user.id);
        public
            .open_to(acts::SIGN_IN_FAILED)
            .write(async move |tx| tx.add_sign_in_failure(account, address, of_user).await)
            .await?;
        return Err(Problem::new(
            Code::SignInRefused,
            "Check both, or ask an admin for a new password.",
        ));
    }
    // Guesses sent all at once pass the first check together; the right one among them shall not pass this.
    open.read(async |tx| tx.check_sign_in(&folded(&input.email), &public.address()).await)
        .await?;
    let user = user.ok_or_else(|| Problem::internal("a password without a user"))?;
    tokens_for(&public, user.id).await
}

async fn tokens_for(public: &Public, user: UserId) -> Reply<TokensView> {
    let refresh = new_refresh_token();
    let hash = digest(&refresh);
    public
        .open_to(acts::SIGN_IN)
        .write(async move |tx| {
            tx.acted_by(user);
            tx.note(AuditOutcome::Done);
            tx.add_refresh_token(user, hash, tx.now.plus_seconds(REFRESH_SECONDS), None)
                .await
        })
        .await?;
    view(public, user, refresh)
}

fn view(public: &Public, user: UserId, refresh_token: String) -> Reply<TokensView> {
    let key = public.state().sessions.signing_key()?;
    Ok(TokensView {
        access_token: keys::sign(&key, user, crate::clock::now())?,
        token_type: "Bearer".into(),
        expires_in: keys::ACCESS_SECONDS,
        refresh_token,
    })
}

/// The form of RFC 6749.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenForm {
    /// `refresh_token`.
    pub grant_type: String,
    /// The newest refresh token of the sign-in.
    #[serde(default)]
    pub refresh_token: Option<String>,
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
                Problem::fault(
                    "/grant_type",
                    "missing-field",
                    "The form has grant_type and refresh_token.",
                )
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
    if form.grant_type != "refresh_token" {
        return Err(Problem::new(
            Code::UnsupportedGrantType,
            "Send grant_type=refresh_token.",
        ));
    }
    let Some(shown) = form.refresh_token else {
        return Err(Problem::fault(
            "/refresh_token",
            "missing-field",
            "Send the refresh token.",
        ));
    };
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
        Refreshed::For(user) => view(&public, user, refresh),
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
        open.write(async move |tx| tx.end_family_of(&hash).await).await?;
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
