//! A TCP proxy that misbehaves on demand, between the product and a part, or between an agent and the product.
//!
//! The fault in force can be changed at any time; it holds for bytes that pass from then on, on open connections too.

use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Connections are closed as soon as they are made, and open ones at once.
    Refuse,
    /// Nothing passes, in either direction, and nothing is closed.
    Silence,
    /// Everything passes so much later, in each direction.
    Delay(Duration),
    /// The client's bytes pass up to this many on each connection; then both sides are closed.
    CutRequest(usize),
    /// The server's bytes pass up to this many on each connection; then both sides are closed.
    CutReply(usize),
    /// The client's bytes pass a few at a time with a pause after each.
    Drip {
        /// So many at a time.
        bytes: usize,
        /// The pause.
        every: Duration,
    },
    /// What the server sends comes twice.
    DuplicateReply,
}

/// The proxy; ends with this value, its connections too.
#[derive(Debug)]
pub struct FaultProxy {
    addr: SocketAddr,
    fault: watch::Sender<Fault>,
    accepted: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl FaultProxy {
    /// Listens on a free port of 127.0.0.1 and passes on to `upstream`.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn to(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let (fault, seen) = watch::channel(Fault::None);
        let accepted = Arc::new(AtomicUsize::new(0));
        let connections: Arc<Mutex<Vec<JoinHandle<()>>>> = Arc::default();
        let (count, open) = (Arc::clone(&accepted), Arc::clone(&connections));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let connection = tokio::spawn(pass(client, upstream, seen.clone()));
                let mut open = open.lock();
                open.retain(|task| !task.is_finished());
                open.push(connection);
            }
        });
        Self {
            addr,
            fault,
            accepted,
            accepting,
            connections,
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections were made to it so far.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Misbehaves so from now on.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// Closes every open connection.
    pub fn disconnect(&self) {
        for connection in self.connections.lock().drain(..) {
            connection.abort();
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.disconnect();
    }
}

/// Serves one connection until either side closes, or the fault says so.
async fn pass(client: TcpStream, upstream: SocketAddr, fault: watch::Receiver<Fault>) {
    if *fault.borrow() == Fault::Refuse {
        return;
    }
    let Ok(server) = TcpStream::connect(upstream).await else {
        return;
    };
    for stream in [&client, &server] {
        if stream.set_nodelay(true).is_err() {
            return;
        }
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut refused = fault.clone();
    // A side that ends ends the other too; dropping both halves closes.
    tokio::select! {
        () = pump(from_client, to_server, Direction::Request, fault.clone()) => {}
        () = pump(from_server, to_client, Direction::Reply, fault) => {}
        _ = refused.wait_for(|fault| *fault == Fault::Refuse) => {}
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Reply,
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: Direction,
    mut fault: watch::Receiver<Fault>,
) {
    let mut buffer = vec![0; 16 * 1024];
    let mut passed = 0;
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        if fault
            .wait_for(|fault| *fault != Fault::Silence)
            .await
            .is_err()
        {
            return;
        }
        let now = *fault.borrow();
        let bytes = &buffer[..read];
        let written = match (now, direction) {
            (Fault::Delay(by), _) => {
                tokio::time::sleep(by).await;
                to.write_all(bytes).await
            }
            (Fault::CutRequest(most), Direction::Request)
            | (Fault::CutReply(most), Direction::Reply) => {
                let left = most.saturating_sub(passed).min(read);
                let written = to.write_all(&bytes[..left]).await;
                if left < read {
                    return;
                }
                written
            }
            (Fault::Drip { bytes: few, every }, Direction::Request) => {
                drip(&mut to, bytes, few, every).await
            }
            (Fault::DuplicateReply, Direction::Reply) => {
                to.write_all(&[bytes, bytes].concat()).await
            }
            _ => to.write_all(bytes).await,
        };
        if written.is_err() {
            return;
        }
        passed += read;
    }
}

async fn drip(
    to: &mut OwnedWriteHalf,
    bytes: &[u8],
    few: usize,
    every: Duration,
) -> std::io::Result<()> {
    for part in bytes.chunks(few.max(1)) {
        to.write_all(part).await?;
        tokio::time::sleep(every).await;
    }
    Ok(())
}
