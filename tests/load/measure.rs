//! A client that does nothing but ask, and times.

use actix_web::http::header;
use awc::Client;
use serde_json::{Value, json};
use std::{error::Error, fmt, time::Duration};

/// Whatever ends the run.
pub type Wrong = Box<dyn Error>;

/// Somebody who signed in.
pub struct Http {
    client: Client,
    base: String,
    token: String,
}

enum Body<'b> {
    None,
    Json(&'b Value),
    /// By its media type.
    File(&'b str, String),
}

/// What came back.
pub struct Answer {
    asked: String,
    status: u16,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status is one of these.
    pub fn is(&self, statuses: &[u16]) -> Result<(), Wrong> {
        if statuses.contains(&self.status) {
            return Ok(());
        }
        Err(format!(
            "{}: {} {}",
            self.asked,
            self.status,
            String::from_utf8_lossy(&self.body)
        )
        .into())
    }

    pub fn json(&self) -> Result<Value, Wrong> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

impl Http {
    pub async fn sign_in(base: &str, (email, password): (&str, &str)) -> Result<Self, Wrong> {
        // Shorter than the service keeps them (5 s): else a request may go out on a connection that is being closed.
        let connector = awc::Connector::new()
            .limit(512)
            .conn_keep_alive(Duration::from_secs(2));
        let client = Client::builder()
            .connector(connector)
            .timeout(Duration::from_secs(120))
            .finish();
        let stranger = Self {
            client,
            base: base.to_owned(),
            token: String::new(),
        };
        let tokens = stranger
            .post("/v1/auth/sign-in", &json!({"email": email, "password": password}))
            .await?;
        tokens.is(&[200])?;
        let token = tokens.json()?["access_token"]
            .as_str()
            .ok_or("no access token")?
            .to_owned();
        Ok(Self { token, ..stranger })
    }

    /// The access token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The same caller of a service that was started again on the same database.
    pub fn at_base(&self, base: &str) -> Self {
        Self {
            client: self.client.clone(),
            base: base.to_owned(),
            token: self.token.clone(),
        }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Body<'_>,
        tag: Option<&str>,
    ) -> Result<Answer, Wrong> {
        let asked = format!("{method} {path}");
        let mut request = self
            .client
            .request(method.parse()?, format!("{}{path}", self.base))
            .no_decompress();
        if !self.token.is_empty() {
            request = request.insert_header((header::AUTHORIZATION, format!("Bearer {}", self.token)));
        }
        if let Some(tag) = tag {
            let name = match method {
                "GET" => header::IF_NONE_MATCH,
                _ => header::IF_MATCH,
            };
            request = request.insert_header((name, tag));
        }
        let sent = match body {
            Body::None => request.send().await,
            Body::Json(body) => request.send_json(body).await,
            Body::File(kind, file) => request.content_type(kind).send_body(file).await,
        };
        let mut response = sent.map_err(|error| format!("{asked}: {error}"))?;
        let etag = response
            .headers()
            .get(header::ETAG)
            .and_then(|tag| tag.to_str().ok())
            .map(ToOwned::to_owned);
        let status = response.status().as_u16();
        let body = response
            .body()
            .limit(256 << 20)
            .await
            .map_err(|error| format!("{asked}: {error}"))?;
        Ok(Answer {
            asked,
            status,
            etag,
            body: body.to_vec(),
        })
    }

    pub async fn get(&self, path: &str, tag: Option<&str>) -> Result<Answer, Wrong> {
        self.send("GET", path, Body::None, tag).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Wrong> {
        self.send("POST", path, Body::Json(body), None).await
    }

    pub async fn send_file(&self, path: &str, kind: &str, file: String) -> Result<Answer, Wrong> {
        self.send("POST", path, Body::File(kind, file), None).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer, Wrong> {
        self.send("PUT", path, Body::Json(body), None).await
    }

    pub async fn patch(&self, path: &str, version: i64, body: &Value) -> Result<Answer, Wrong> {
        self.send("PATCH", path, Body::Json(body), Some(&format!("\"{version}\"")))
            .await
    }

    /// Posts, and gives the id of what was made.
    pub async fn made(&self, path: &str, body: &Value) -> Result<String, Wrong> {
        let answer = self.post(path, body).await?;
        answer.is(&[201])?;
        Ok(answer.json()?["id"]
            .as_str()
            .ok_or_else(|| format!("{path}: no id"))?
            .to_owned())
    }
}

/// Milliseconds, to two places.
pub fn millis(took: Duration) -> String {
    format!("{:.2}", took.as_secs_f64() * 1e3)
}

/// Times of one kind of request; shown as median, 99th of a hundred, and slowest.
pub struct Times(pub Vec<Duration>);

impl Times {
    /// Milliseconds that this share of them took at the most.
    pub fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(place).copied().unwrap_or_default().as_secs_f64() * 1e3
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "median {:>7.2} ms   p99 {:>7.2} ms   most {:>7.2} ms   of {}",
            self.at(0.5),
            self.at(0.99),
            self.at(1.0),
            self.0.len()
        )
    }
}
