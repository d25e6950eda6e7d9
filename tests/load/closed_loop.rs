//! Callers who ask again as soon as they have their answer, each on a connection that stays open. Nothing is parsed but the head and the
//! length: a client that works more than the service would be what is measured.

use crate::measure::Wrong;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
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
}

/// Answers a second that `callers` get within `length`. Each answer must be 200 and of `bytes` bytes.
pub fn rate(asked: Asked, callers: usize, length: Duration, bytes: usize) -> Result<f64, Wrong> {
    let began = Instant::now();
    let until = began + length;
    let ask = || -> Result<u64, Wrong> {
        let mut caller = Caller::of(asked)?;
        let mut count = 0;
        while Instant::now() < until {
            let answer = caller.ask()?;
            if answer != bytes {
                return Err(format!("GET {}: {answer} bytes, expected {bytes}", asked.path).into());
            }
            count += 1;
        }
        Ok(count)
    };
    let counts = thread::scope(|scope| {
        let callers: Vec<_> = (0..callers)
            .map(|_| scope.spawn(|| ask().map_err(|error| error.to_string())))
            .collect();
        let counts = callers.into_iter().map(|caller| match caller.join() {
            Ok(count) => count,
            Err(_) => Err("a caller panicked".into()),
        });
        counts.collect::<Result<Vec<u64>, String>>()
    })?;
    Ok(counts.iter().sum::<u64>() as f64 / began.elapsed().as_secs_f64())
}

/// The body of one answer, as it comes.
pub fn body(asked: Asked) -> Result<Vec<u8>, Wrong> {
    let mut caller = Caller::of(asked)?;
    caller.ask()?;
    Ok(caller.body)
}

struct Caller {
    path: String,
    request: String,
    to: TcpStream,
    from: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Caller {
    fn of(asked: Asked) -> Result<Self, Wrong> {
        let to = TcpStream::connect(asked.address)?;
        to.set_nodelay(true)?;
        let codings = asked
            .codings
            .map(|codings| format!("Accept-Encoding: {codings}\r\n"));
        Ok(Self {
            path: asked.path.to_owned(),
            request: format!(
                "GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n",
                asked.path,
                asked.address,
                codings.unwrap_or_default()
            ),
            from: BufReader::with_capacity(64 * 1024, to.try_clone()?),
            to,
            line: String::new(),
            body: Vec::new(),
        })
    }

    /// How many bytes came.
    fn ask(&mut self) -> Result<usize, Wrong> {
        self.to.write_all(self.request.as_bytes())?;
        self.line.clear();
        self.from.read_line(&mut self.line)?;
        if !self.line.starts_with("HTTP/1.1 200") {
            return Err(format!("GET {}: {}", self.path, self.line).into());
        }
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
        let length = length.ok_or_else(|| format!("GET {}: no length", self.path))?;
        self.body.resize(length, 0);
        self.from.read_exact(&mut self.body)?;
        Ok(length)
    }
}
