//! Those who call: a stranger, or somebody who signed in.

use crate::{answer::Answer, contract};
use actix_web::http::Method;
use awc::Client;
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than anything may take: an answer that does not come is a failure, no hang.
const PATIENCE: Duration = Duration::from_secs(60);
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// A request, as it goes out.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Ask {
    /// A request without a body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// By the method's name.
    pub fn of(method: &str, path: impl Into<String>) -> Self {
        Self::new(Method::from_bytes(method.as_bytes()).unwrap(), path)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Names the version that is changed.
    pub fn version(self, version: i64) -> Self {
        self.header("if-match", format!("\"{version}\""))
    }

    /// Adds a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Adds a body.
    pub fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", kind)
    }
}

/// Somebody who calls.
#[derive(Clone)]
pub struct Caller {
    client: Client,
    base: String,
    /// Whoever it is, for messages.
    pub name: String,
    /// The user's id; empty for a stranger.
    pub id: String,
    /// The access token.
    pub token: Option<String>,
}

impl Caller {
    /// Nobody in particular.
    pub fn stranger(base: String) -> Self {
        let connector = awc::Connector::new()
            .limit(256)
            .conn_keep_alive(Duration::from_secs(2));
        let client = Client::builder()
            .connector(connector)
            .timeout(PATIENCE)
            .disable_redirects()
            .finish();
        Self {
            client,
            base,
            name: "a stranger".into(),
            id: String::new(),
            token: None,
        }
    }

    /// The same connections, with another token.
    pub fn with_token(&self, name: &str, token: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The same caller at another replica.
    pub fn at(&self, base: String) -> Self {
        Self { base, ..self.clone() }
    }

    /// Somebody who signs in.
    pub async fn sign_in(&self, email: &str, password: &str) -> Self {
        let tokens = self
            .post("/v1/auth/sign-in", json!({"email": email, "password": password}))
            .await
            .expect(200);
        self.with_token(email, tokens.json["access_token"].as_str().unwrap())
    }

    /// Asks for a token as the api client `id`, with its id and secret in the form.
    pub async fn token_for_client(&self, id: &str, secret: &str) -> Answer {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let ask = Ask::new(Method::POST, "/v1/auth/token");
        self.send(ask.body("application/x-www-form-urlencoded", form))
            .await
    }

    /// Sends a request, and compares the exchange with the document. Whatever takes an `Idempotency-Key` is given one, and
    /// sent a second time where it was taken: then nothing may happen but the same answer, to the letter.
    pub async fn send(&self, ask: Ask) -> Answer {
        let named = |ask: &Ask| ask.headers.iter().any(|(name, _)| name == "idempotency-key");
        if named(&ask) || !contract::takes_key(&ask) {
            return self.send_once(ask).await;
        }
        let ask = ask.header("idempotency-key", crate::new_id());
        let answer = self.send_once(ask.clone()).await;
        if answer.status < 300 {
            let again = self.send_once(ask).await;
            let seen = |answer: &Answer| {
                let headers = ["content-type", "etag", "location", "cache-control", "vary"];
                let headers = headers.map(|name| answer.header(name).map(ToOwned::to_owned));
                (answer.status, headers, answer.text())
            };
            assert_eq!(seen(&again), seen(&answer), "{}: repeated", answer.asked);
            assert_eq!(
                again.header("idempotency-replayed"),
                Some("true"),
                "{}",
                answer.asked
            );
        }
        answer
    }

    /// Sends a request as it is, and compares the exchange with the document.
    pub async fn send_once(&self, ask: Ask) -> Answer {
        let asked = format!("{} {} by {}", ask.method, ask.path, self.name);
        let mut request = self
            .client
            .request(ask.method.clone(), format!("{}{}", self.base, ask.path));
        if ask.method == Method::HEAD {
            // It asks as others do, but would decompress the body that is not there.
            request = request.no_decompress().insert_header(("accept-encoding", "gzip"));
        }
        for (name, value) in &ask.headers {
            request = request.append_header((name.as_str(), value.as_str()));
        }
        if let Some(token) = &self.token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        let sent = if ask.body.is_empty() {
            request.send().await
        } else {
            request.send_body(ask.body.clone()).await
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{asked}: no answer: {error}"));
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    value.to_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        let status = response.status().as_u16();
        let body = response.body().limit(BODY_LIMIT).await;
        let body = body.unwrap_or_else(|error| panic!("{asked}: {status}, then the body broke off: {error}"));
        let answer = Answer::new(asked, status, headers, body.to_vec());
        contract::check(&ask, &answer);
        answer
    }

    pub async fn get(&self, path: impl Into<String>) -> Answer {
        self.send(Ask::new(Method::GET, path)).await
    }

    /// The head of what a GET would answer.
    pub async fn head(&self, path: impl Into<String>) -> Answer {
        self.send(Ask::new(Method::HEAD, path)).await
    }

    pub async fn post(&self, path: impl Into<String>, body: Value) -> Answer {
        self.send(Ask::new(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: impl Into<String>, body: Value) -> Answer {
        self.send(Ask::new(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: impl Into<String>, version: i64, body: Value) -> Answer {
        self.send(Ask::new(Method::PATCH, path).version(version).json(&body))
            .await
    }

    pub async fn delete(&self, path: impl Into<String>) -> Answer {
        self.send(Ask::new(Method::DELETE, path)).await
    }

    /// Every page of a list, as one.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut page = format!("{path}{mark}limit=250");
        loop {
            let answer = self.get(page).await.expect(200);
            items.extend(answer.items().iter().cloned());
            match answer.json["next_cursor"].as_str() {
                Some(next) => page = format!("{path}{mark}limit=250&cursor={next}"),
                None => return items,
            }
        }
    }
}
