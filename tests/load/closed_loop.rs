//! Callers who ask again as soon as they have their answer, each on a connection that stays open. Nothing is parsed but the head and the
//! length: a client that works more than the service would be what is measured.

use crate::measure::Wrong;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

/// Answers a second that `callers` get of `path` at `host:port` within `length`. Each answer must be 200 and of `bytes` bytes.
pub fn rate(address: &str, path: &str, callers: usize, length: Duration, bytes: usize) -> Result<f64, Wrong> {
    let began = Instant::now();
    let until = began + length;
    let counts = thread::scope(|scope| {
        let callers: Vec<_> = (0..callers)
            .map(|_| scope.spawn(|| asked(address, path, until, bytes).map_err(|error| error.to_string())))
            .collect();
        let counts = callers.into_iter().map(|caller| match caller.join() {
            Ok(count) => count,
            Err(_) => Err("a caller panicked".into()),
        });
        counts.collect::<Result<Vec<u64>, String>>()
    })?;
    Ok(counts.iter().sum::<u64>() as f64 / began.elapsed().as_secs_f64())
}

/// Asks until then; how often.
fn asked(address: &str, path: &str, until: Instant, bytes: usize) -> Result<u64, Wrong> {
    let mut to = TcpStream::connect(address)?;
    to.set_nodelay(true)?;
    let mut from = BufReader::with_capacity(64 * 1024, to.try_clone()?);
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut line = String::new();
    let mut body = vec![0; bytes];
    let mut count = 0;
    while Instant::now() < until {
        to.write_all(request.as_bytes())?;
        line.clear();
        from.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 200") {
            return Err(format!("GET {path}: {line}").into());
        }
        let mut length = None;
        while line.trim_end() != "" {
            line.clear();
            from.read_line(&mut line)?;
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse::<usize>()?);
            }
        }
        if length != Some(bytes) {
            return Err(format!("GET {path}: {length:?} bytes, expected {bytes}").into());
        }
        from.read_exact(&mut body)?;
        count += 1;
    }
    Ok(count)
}
