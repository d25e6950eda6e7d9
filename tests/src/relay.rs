//! Between a browser and the service: the network of a ward. It carries everything on, is cut, or breaks off in the middle
//! of one request, before or after the service has done what was asked.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// What becomes of what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// It goes on.
    Whole,
    /// There is none: what is open breaks, and nothing new comes through.
    Cut,
    /// It is cut when half of the first request that begins so has come through.
    CutWithin(&'static str),
    /// It is cut when the service has answered the first request that begins so: nobody hears the answer.
    CutBeforeAnswer(&'static str),
}

#[derive(Debug)]
struct State {
    network: Network,
    service: SocketAddr,
    open: Vec<TcpStream>,
    ended: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

/// The relay. What it listens on stays, wherever the service moves.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Relay {
    /// A relay to the service at `service`.
    pub fn to(service: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                network: Network::Whole,
                service,
                open: Vec::new(),
                ended: false,
            }),
            moved: Condvar::new(),
        });
        let of_relay = shared.clone();
        let accepting = std::thread::spawn(move || {
            for caller in listener.incoming() {
                if of_relay.state().ended {
                    return;
                }
                if let Ok(caller) = caller {
                    of_relay.carry(caller);
                }
            }
        });
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    /// Where a browser finds the service.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says what becomes of what is sent from now on.
    pub fn becomes(&self, network: Network) {
        let mut state = self.shared.state();
        if network == Network::Cut {
            state.cut();
        }
        state.network = network;
        self.shared.moved.notify_all();
    }

    /// The service is somewhere else now; what is open breaks.
    pub fn leads_to(&self, service: SocketAddr) {
        let mut state = self.shared.state();
        state.service = service;
        state.hang_up();
    }

    /// Waits until it was cut where it should be.
    #[track_caller]
    pub fn until_cut(&self) {
        let until = Instant::now() + Duration::from_secs(60);
        let mut state = self.shared.state();
        while state.network != Network::Cut {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "nothing came to where it should be cut: {state:?}"
            );
            state = self.shared.moved.wait_timeout(state, left).unwrap().0;
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.becomes(Network::Cut);
        // Whoever accepts connections is woken to find that it has ended.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            assert!(
                accepting.join().is_ok() || std::thread::panicking(),
                "the relay panicked"
            );
        }
    }
}

impl State {
    fn cut(&mut self) {
        self.network = Network::Cut;
        self.hang_up();
    }

    fn hang_up(&mut self) {
        for socket in self.open.drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Carries one connection, each way in a thread of its own; both end when it breaks.
    fn carry(self: &Arc<Self>, caller: TcpStream) {
        let mut state = self.state();
        if state.network == Network::Cut {
            return;
        }
        let Ok(service) = TcpStream::connect(state.service) else {
            return;
        };
        let other_end = |socket: &TcpStream| socket.try_clone().unwrap();
        state.open.extend([other_end(&caller), other_end(&service)]);
        let unheard = Arc::new(Mutex::new(false));
        let (shared, mark) = (self.clone(), unheard.clone());
        let (from, to) = (other_end(&caller), other_end(&service));
        std::thread::spawn(move || shared.carry_requests(from, to, &mark));
        let shared = self.clone();
        std::thread::spawn(move || shared.carry_answers(service, caller, &unheard));
    }

    fn carry_requests(&self, mut from: TcpStream, mut to: TcpStream, unheard: &Mutex<bool>) {
        let mut chunk = [0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut chunk) {
            let mut sent = &chunk[..read];
            let mut state = self.state();
            match state.network {
                Network::CutWithin(begins) if sent.starts_with(begins.as_bytes()) => {
                    sent = &sent[..read / 2];
                    let _ = to.write_all(sent);
                    state.cut();
                    self.moved.notify_all();
                    return;
                }
                Network::CutBeforeAnswer(begins) if sent.starts_with(begins.as_bytes()) => {
                    *unheard.lock().unwrap() = true;
                }
                _ => {}
            }
            drop(state);
            if to.write_all(sent).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }

    fn carry_answers(&self, mut from: TcpStream, mut to: TcpStream, unheard: &Mutex<bool>) {
        let mut chunk = [0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut chunk) {
            if *unheard.lock().unwrap() {
                self.state().cut();
                self.moved.notify_all();
                return;
            }
            if to.write_all(&chunk[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }
}
