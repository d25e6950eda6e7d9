//! Between a service and its PostgreSQL server: a wire that carries everything on, and can stop or break where a look for
//! changes is at a chosen place.
//!
//! A look is known by the isolation level that it asks for (some other answers ask for it, too; a test does not want them
//! meanwhile): the statement stands on the wire as text when a connection
//! first sends it, and by the name that it got there from then on. What the service sends until the transaction ends is
//! counted in flights, each of which waits for an answer of the server.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// What becomes of looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// They go on.
    Pass,
    /// They stop when they have sent so many flights, until they may pass or break.
    Stop { after: usize },
    /// Their connection breaks when they have sent so many flights.
    Break { after: usize },
}

#[derive(Debug)]
struct State {
    looks: Looks,
    stopped: usize,
    broken: usize,
    ended: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

/// The wire. What still waits in it goes on when it is dropped.
#[derive(Debug)]
pub struct Wire {
    /// Where the service finds its database.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Wire {
    /// A wire to the server at `host:port`.
    pub fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                looks: Looks::Pass,
                stopped: 0,
                broken: 0,
                ended: false,
            }),
            moved: Condvar::new(),
        });
        let of_wire = shared.clone();
        let accepting = std::thread::spawn(move || {
            for service in listener.incoming() {
                if of_wire.state().ended {
                    return;
                }
                carry(&of_wire, service.unwrap(), TcpStream::connect(&server).unwrap());
            }
        });
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    /// Says what becomes of looks from now on, of those that stopped, too.
    pub fn looks(&self, looks: Looks) {
        self.shared.state().looks = looks;
        self.shared.moved.notify_all();
    }

    /// Looks whose connection broke so far.
    pub fn broken(&self) -> usize {
        self.shared.state().broken
    }

    /// Waits until a look has stopped.
    #[track_caller]
    pub fn until_one_stopped(&self) {
        let until = Instant::now() + Duration::from_secs(30);
        let mut state = self.shared.state();
        while state.stopped == 0 {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no look came to where it should stop");
            state = self.shared.moved.wait_timeout(state, left).unwrap().0;
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.looks(Looks::Pass);
        // Whoever accepts connections is woken to find that it has ended.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            assert!(
                accepting.join().is_ok() || std::thread::panicking(),
                "the wire panicked"
            );
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A test that failed with it in hand still has to let the wire go.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what a look sends goes on; waits where looks stop. `sent` is how many flights it has sent before.
    fn goes_on(&self, sent: usize) -> bool {
        let mut state = self.state();
        let mut counted = false;
        let goes_on = loop {
            match state.looks {
                Looks::Stop { after } if sent >= after => {
                    if !counted {
                        state.stopped += 1;
                        counted = true;
                        self.moved.notify_all();
                    }
                    state = self.moved.wait(state).unwrap();
                }
                Looks::Break { after } if sent >= after => {
                    state.broken += 1;
                    break false;
                }
                _ => break true,
            }
        };
        if counted {
            state.stopped -= 1;
        }
        goes_on
    }
}

/// Carries both ways between a service and its server until one of them ends.
fn carry(shared: &Arc<Shared>, service: TcpStream, server: TcpStream) {
    let (from_server, to_service) = (server.try_clone().unwrap(), service.try_clone().unwrap());
    let shared = shared.clone();
    std::thread::spawn(move || {
        // Flights of the look that is under way on this connection, if there is one.
        let mut look: Option<usize> = None;
        let mut level = None;
        each_flight(service, server, |flight| {
            let named = name_of_level(flight);
            let asked_for = level.as_ref().is_some_and(|name: &Vec<u8>| holds(flight, name));
            look = match look {
                _ if named.is_some() || asked_for => Some(0),
                Some(_) if holds(flight, b"ROLLBACK") || holds(flight, b"COMMIT") => None,
                look => look.map(|sent| sent + 1),
            };
            level = named.or(level.take());
            look.is_none_or(|sent| shared.goes_on(sent))
        });
    });
    std::thread::spawn(move || each_flight(from_server, to_service, |_| true));
}

/// Carries what `goes_on` until either side ends or something does not; then both sides are closed.
fn each_flight(mut from: TcpStream, mut to: TcpStream, mut goes_on: impl FnMut(&[u8]) -> bool) {
    let mut flight = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut flight) {
        if !goes_on(&flight[..length]) || to.write_all(&flight[..length]).is_err() {
            break;
        }
    }
    // One that is closed already needs no closing.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// The name that a connection gives the statement by which a look begins, between two zeros as where it is called.
fn name_of_level(flight: &[u8]) -> Option<Vec<u8>> {
    let text = b"\0SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    let end = flight.windows(text.len()).position(|part| part == text)?;
    let start = flight[..end].windows(4).rposition(|part| part == b"sqlx")?;
    Some([b"\0", &flight[start..end], b"\0"].concat())
}

fn holds(flight: &[u8], words: &[u8]) -> bool {
    flight.windows(words.len()).any(|part| part == words)
}
