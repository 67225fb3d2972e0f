//! Passes everything on to the product, and signs what it serves below `/agent/`.

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// The server; ends with this value.
pub struct Signer {
    /// Where it listens.
    pub url: String,
    /// Public key as the install command carries it.
    pub key: String,
    handle: ServerHandle,
    _dir: TempDir,
}

struct Upstream {
    url: String,
    http: reqwest::Client,
    key: PathBuf,
    /// A script that is changed on its way, after it was signed.
    tampered: Option<&'static str>,
}

pub fn openssl(arguments: &[&str]) -> Vec<u8> {
    let done = Command::new("openssl").args(arguments).output();
    let done = done.expect("apt-get install openssl");
    assert!(done.status.success(), "openssl {arguments:?}: {done:?}");
    done.stdout
}

impl Signer {
    pub fn of(url: &str, tampered: Option<&'static str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        let path = key.to_str().unwrap();
        openssl(&[
            "ecparam",
            "-name",
            "prime256v1",
            "-genkey",
            "-noout",
            "-out",
            path,
        ]);
        let public = openssl(&["ec", "-in", path, "-pubout", "-outform", "DER"]);
        let upstream = Data::new(Upstream {
            url: url.to_owned(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            key,
            tampered,
        });
        let server = HttpServer::new(move || {
            App::new()
                .app_data(upstream.clone())
                .default_service(web::to(pass))
        });
        let server = server
            .workers(1)
            .shutdown_timeout(0)
            .bind(("127.0.0.1", 0))
            .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_rt::spawn(server);
        Self {
            url,
            key: STANDARD.encode(public),
            handle,
            _dir: dir,
        }
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        actix_rt::spawn(self.handle.stop(false));
    }
}

async fn pass(request: HttpRequest, body: Bytes, upstream: Data<Upstream>) -> HttpResponse {
    let path = request.path();
    let (wanted, sign) = match path.strip_suffix(".sig") {
        Some(wanted) => (wanted, true),
        None => (path, false),
    };
    let mut asked = upstream
        .http
        .request(
            request.method().as_str().parse().unwrap(),
            format!("{}{wanted}", upstream.url),
        )
        .body(body.to_vec());
    for name in ["authorization", "content-type", "content-encoding"] {
        if let Some(value) = request.headers().get(name) {
            asked = asked.header(name, value.as_bytes());
        }
    }
    let answer = asked.send().await.unwrap();
    let mut reply = HttpResponse::build(answer.status().as_u16().try_into().unwrap());
    let mut bytes = answer.bytes().await.unwrap().to_vec();
    if sign {
        let file = upstream.key.with_file_name("signed");
        std::fs::write(&file, &bytes).unwrap();
        let key = upstream.key.to_str().unwrap();
        let signature = openssl(&["dgst", "-sha256", "-sign", key, file.to_str().unwrap()]);
        return reply.body(STANDARD.encode(signature) + "\n");
    }
    if upstream.tampered.is_some_and(|name| path.ends_with(name)) {
        bytes.extend_from_slice(b"# one line more\n");
    }
    reply.body(bytes)
}
