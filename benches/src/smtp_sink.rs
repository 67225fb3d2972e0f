//! The other end of a mail: answers every command well, and notes when each message's DATA began.

use noc_pipeline::clock::{Clock, SystemClock, UnixMs};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// One message taken over.
pub struct Mail {
    /// When its `DATA` was asked for.
    pub at: UnixMs,
    /// Its header.
    pub head: String,
    /// What stands below the header, lines that were broken for the transport made whole again.
    pub body: String,
}

/// Listens on a free port of loopback; what arrives comes through the channel.
pub async fn listen() -> std::io::Result<(u16, mpsc::UnboundedReceiver<Mail>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let (tx, rx) = mpsc::unbounded_channel();
    let tx = Arc::new(tx);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tx = tx.clone();
            tokio::spawn(async move {
                if let Err(error) = talk(stream, &tx).await {
                    eprintln!("smtp sink: {error}");
                }
            });
        }
    });
    Ok((port, rx))
}

async fn talk(stream: TcpStream, tx: &mpsc::UnboundedSender<Mail>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let command = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
        match command.as_str() {
            "EHLO" => {
                write
                    .write_all(b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
                    .await?
            }
            "DATA" => {
                let at = SystemClock.now();
                write.write_all(b"354 go on\r\n").await?;
                let (mut head, mut body) = (String::new(), String::new());
                let mut in_head = true;
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    in_head &= !line.is_empty();
                    if in_head {
                        head.push_str(&line);
                        head.push('\n');
                    } else if let Some(broken) = line.strip_suffix('=') {
                        body.push_str(broken);
                    } else {
                        body.push_str(&line);
                        body.push('\n');
                    }
                }
                write.write_all(b"250 taken\r\n").await?;
                if tx.send(Mail { at, head, body }).is_err() {
                    return Ok(());
                }
            }
            "QUIT" => return write.write_all(b"221 bye\r\n").await,
            _ => write.write_all(b"250 ok\r\n").await?,
        }
    }
    Ok(())
}
