//! Web servers on loopback that behave as providers do on bad days, and note what they are asked.

use noc_pipeline::clock;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What is done with one connection.
#[derive(Debug, Clone)]
pub(super) enum Behaviour {
    /// A whole answer.
    Answers {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// The request itself, with this status.
    Echoes(u16),
    /// Reads, and says nothing.
    Hangs,
    /// Reads, and resets the connection.
    Resets,
    /// Promises more than it sends, and resets the connection.
    ResetsInTheBody,
    /// Says what is no HTTP, be it to a greeting of TLS.
    TalksNonsense,
    /// Headers without end.
    EndlessHead,
    /// A body without end.
    EndlessBody,
    /// One byte of its head now and then.
    DripsHead,
    /// One byte of its body now and then.
    DripsBody,
}

/// An answer of this status and body.
pub(super) fn answers(status: u16, body: &str) -> Behaviour {
    Behaviour::Answers {
        status,
        headers: Vec::new(),
        body: body.to_owned(),
    }
}

impl Behaviour {
    /// This answer with a header.
    pub fn with(self, name: &str, value: &str) -> Self {
        match self {
            Self::Answers {
                status,
                mut headers,
                body,
            } => {
                headers.push((name.to_owned(), value.to_owned()));
                Self::Answers {
                    status,
                    headers,
                    body,
                }
            }
            other => other,
        }
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    /// Request line and headers.
    pub head: String,
    pub body: String,
}

impl Heard {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1);
        lines.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A server that ends with its test.
pub(super) struct Server {
    pub port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Does `script` in order, one step a connection; the last step again and again.
    pub async fn start(script: Vec<Behaviour>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let script = Arc::new(Mutex::new(VecDeque::from(script)));
        let log = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let behaviour = {
                    let mut script = script.lock();
                    let next = script.front().cloned();
                    if script.len() > 1 {
                        script.pop_front();
                    }
                    next.unwrap()
                };
                tokio::spawn(serve(stream, behaviour, Arc::clone(&log)));
            }
        });
        Self { port, heard, task }
    }

    /// `http://127.0.0.1:port`.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().clone()
    }
}

/// A port on which nobody listens.
pub(super) async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

/// Ends when the other side has had enough, which shows as an error.
async fn serve(mut stream: TcpStream, behaviour: Behaviour, log: Arc<Mutex<Vec<Heard>>>) {
    let served = async {
        if matches!(behaviour, Behaviour::TalksNonsense) {
            let mut greeting = [0; 1];
            stream.read_exact(&mut greeting).await?;
            stream
                .write_all(b"220 mail.test ESMTP at your service\r\n")
                .await?;
            return stream.shutdown().await;
        }
        let request = read_request(&mut stream).await?;
        log.lock().push(request.clone());
        act(&mut stream, behaviour, &request).await
    };
    drop(served.await);
}

async fn act(stream: &mut TcpStream, behaviour: Behaviour, request: &Heard) -> std::io::Result<()> {
    const DRIP: Duration = Duration::from_millis(20);
    match behaviour {
        Behaviour::Answers {
            status,
            headers,
            body,
        } => answer(stream, status, &headers, &body).await,
        Behaviour::Echoes(status) => {
            let body = format!("{}\n{}", request.head, request.body);
            answer(stream, status, &[], &body).await
        }
        Behaviour::Hangs => {
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.map(drop)
        }
        Behaviour::Resets => stream.set_zero_linger(),
        Behaviour::ResetsInTheBody => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"id\":";
            stream.write_all(head).await?;
            stream.flush().await?;
            stream.shutdown().await
        }
        Behaviour::TalksNonsense => Ok(()),
        Behaviour::EndlessHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                stream
                    .write_all(b"x-more: and more and more and more\r\n")
                    .await?;
            }
        }
        Behaviour::EndlessBody => {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(head).await?;
            loop {
                stream.write_all(b"10\r\n0123456789abcdef\r\n").await?;
            }
        }
        Behaviour::DripsHead => loop {
            stream.write_all(b"H").await?;
            clock::sleep(DRIP).await;
        },
        Behaviour::DripsBody => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
            stream.write_all(head).await?;
            loop {
                stream.write_all(b" ").await?;
                clock::sleep(DRIP).await;
            }
        }
    }
}

async fn answer(
    stream: &mut TcpStream,
    status: u16,
    headers: &[(String, String)],
    body: &str,
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if status != 204 {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(b"\r\n").await?;
    if status != 204 {
        stream.write_all(body.as_bytes()).await?;
    }
    stream.shutdown().await
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<Heard> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let mut heard = Heard {
        head: String::from_utf8_lossy(&bytes[..end]).trim_end().to_owned(),
        body: String::new(),
    };
    let length = heard
        .header("content-length")
        .and_then(|text| text.parse().ok());
    while bytes.len() - end < length.unwrap_or(0_usize) {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    heard.body = String::from_utf8(bytes.split_off(end)).unwrap();
    Ok(heard)
}
