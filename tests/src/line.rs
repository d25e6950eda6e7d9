//! A caller at the socket itself, who may hang up before the answer, and to whom a fault of the service is an answer, too.

use crate::{Answer, Ask, Caller, service::parsed};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A request that was sent, and whose answer has not been read yet.
#[derive(Debug)]
pub struct Line {
    socket: TcpStream,
    ask: Ask,
}

impl Line {
    /// Sends a GET with the token of `caller` to the service at `address`.
    pub async fn get(caller: &Caller, address: SocketAddr, path: &str) -> Self {
        Self::send(caller, address, Ask::of("GET", path), usize::MAX).await
    }

    /// Sends no more than the first `bytes` of a request with the token of `caller`.
    pub async fn send(caller: &Caller, address: SocketAddr, ask: Ask, bytes: usize) -> Self {
        let socket = actix_web::rt::net::TcpStream::connect(address).await.unwrap();
        // Whoever hangs up is gone at once, and does not wait for what was sent.
        socket.set_zero_linger().unwrap();
        let mut socket = socket.into_std().unwrap();
        socket.set_nonblocking(false).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let token = caller.token.as_deref().unwrap_or_default();
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {address}\r\n", ask.method, ask.path);
        head.push_str(&format!("authorization: Bearer {token}\r\n"));
        for (name, value) in &ask.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !ask.body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", ask.body.len()));
        }
        let whole = [head.as_bytes(), b"\r\n", &ask.body].concat();
        socket.write_all(&whole[..bytes.min(whole.len())]).unwrap();
        Self { socket, ask }
    }

    /// The answer, whatever it is.
    pub fn answer(mut self) -> Answer {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            if let Some(answer) = parsed(&self.ask, &bytes) {
                return answer;
            }
            match self.socket.read(&mut chunk) {
                Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
                ended => panic!("no whole answer ({ended:?}): {}", String::from_utf8_lossy(&bytes)),
            }
        }
    }

    /// Hangs up when the answer begins, or when this much time has gone without one, in the middle of the work.
    pub fn hang_up_within(mut self, moment: Duration) {
        self.socket
            .set_read_timeout(Some(moment.max(Duration::from_micros(1))))
            .unwrap();
        // Nothing read is what is wanted, and a first byte of the answer is as good.
        let _ = self.socket.read(&mut [0; 1]);
        self.hang_up();
    }

    /// Hangs up: the service is told that nobody reads an answer any more.
    pub fn hang_up(self) {
        drop(self.socket);
    }
}
