//! Callers who ask again as soon as they have their answer, each on a connection that stays open. Nothing is parsed but the head and the
//! length: a client that works more than the service would be what is measured.

use crate::measure::{Times, Wrong};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// What is asked for, again and again.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// `host:port`.
    pub address: &'a str,
    pub path: &'a str,
    /// `Accept-Encoding`, if it is sent.
    pub codings: Option<&'a str>,
    /// Who asks, if they signed in.
    pub token: Option<&'a str>,
}

impl Asked<'_> {
    /// The request as it goes out.
    pub fn request(&self) -> Vec<u8> {
        let codings = self
            .codings
            .map(|codings| format!("Accept-Encoding: {codings}\r\n"));
        let token = self
            .token
            .map(|token| format!("Authorization: Bearer {token}\r\n"));
        format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\n{}{}\r\n",
            self.path,
            self.address,
            codings.unwrap_or_default(),
            token.unwrap_or_default()
        )
        .into_bytes()
    }
}

/// A `POST` as it goes out, with a key by which it can be repeated.
pub fn post(address: &str, path: &str, token: &str, key: Option<&str>, body: &str) -> Vec<u8> {
    let key = key.map(|key| format!("Idempotency-Key: {key}\r\n"));
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{body}",
        body.len(),
        key.unwrap_or_default(),
    )
    .into_bytes()
}

/// What came of driving a service.
pub struct Driven {
    pub times: Times,
    pub took: Duration,
}

impl Driven {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.times.0.len() as f64 / self.took.as_secs_f64()
    }
}

/// Sends requests that were made ready, each once and in their order, by so many callers, until `length` has passed or all are sent. Each
/// answer must have this status.
pub fn send(
    address: &str,
    callers: usize,
    length: Duration,
    requests: &[Vec<u8>],
    status: u16,
) -> Result<Driven, Wrong> {
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    let until = began + length;
    let times = at_once(callers, |_| {
        let mut caller = Caller::to(address)?;
        let mut times = Vec::new();
        while Instant::now() < until {
            let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            let began = Instant::now();
            let answered = caller.ask(request)?;
            times.push(began.elapsed());
            if answered != status {
                return Err(format!("{answered}: {}", String::from_utf8_lossy(caller.body())).into());
            }
        }
        Ok(times)
    })?;
    Ok(Driven {
        times: Times(times.concat()),
        took: began.elapsed(),
    })
}

/// Does something on so many threads at once.
pub fn at_once<T: Send>(
    callers: usize,
    act: impl Fn(usize) -> Result<T, Wrong> + Sync,
) -> Result<Vec<T>, Wrong> {
    let act = &act;
    let done = thread::scope(|scope| {
        let callers: Vec<_> = (0..callers)
            .map(|at| scope.spawn(move || act(at).map_err(|error| error.to_string())))
            .collect();
        let done = callers.into_iter().map(|caller| match caller.join() {
            Ok(done) => done,
            Err(_) => Err("a caller panicked".into()),
        });
        done.collect::<Result<Vec<T>, String>>()
    });
    Ok(done?)
}

/// Answers a second that `callers` get within `length`. Each answer must be 200 and of `bytes` bytes.
pub fn rate(asked: Asked, callers: usize, length: Duration, bytes: usize) -> Result<f64, Wrong> {
    let request = asked.request();
    let began = Instant::now();
    let until = began + length;
    let counts = at_once(callers, |_| {
        let mut caller = Caller::to(asked.address)?;
        let mut count = 0;
        while Instant::now() < until {
            let status = caller.ask(&request)?;
            if status != 200 || caller.body.len() != bytes {
                let got = caller.body.len();
                return Err(format!("GET {}: {status}, {got} bytes, expected {bytes}", asked.path).into());
            }
            count += 1;
        }
        Ok(count)
    })?;
    Ok(counts.iter().sum::<u64>() as f64 / began.elapsed().as_secs_f64())
}

/// The body of one answer, as it comes.
pub fn body(asked: Asked) -> Result<Vec<u8>, Wrong> {
    let mut caller = Caller::to(asked.address)?;
    let status = caller.ask(&asked.request())?;
    if status != 200 {
        let said = String::from_utf8_lossy(&caller.body);
        return Err(format!("GET {}: {status} {said}", asked.path).into());
    }
    Ok(caller.body)
}

/// One connection.
pub struct Caller {
    to: TcpStream,
    from: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Caller {
    pub fn to(address: &str) -> Result<Self, Wrong> {
        let to = TcpStream::connect(address)?;
        to.set_nodelay(true)?;
        Ok(Self {
            from: BufReader::with_capacity(64 * 1024, to.try_clone()?),
            to,
            line: String::new(),
            body: Vec::new(),
        })
    }

    /// Sends a request and takes its answer: the status.
    pub fn ask(&mut self, request: &[u8]) -> Result<u16, Wrong> {
        self.to.write_all(request)?;
        self.line.clear();
        self.from.read_line(&mut self.line)?;
        let status = self.line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| format!("no answer: {:?}", self.line))?;
        let mut length = None;
        while self.line.trim_end() != "" {
            self.line.clear();
            self.from.read_line(&mut self.line)?;
            if let Some((name, value)) = self.line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse::<usize>()?);
            }
        }
        let length = length.ok_or("an answer without a length")?;
        self.body.resize(length, 0);
        self.from.read_exact(&mut self.body)?;
        Ok(status)
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}
