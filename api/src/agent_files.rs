//! Installers and agents, served with our own address filled in.
//!
//! The files are embedded at build time from `agent-scripts/`. An agent runs nothing that it is sent later: these are
//! fetched by whoever installs, and by nobody else.
//!
//! The agent's two scripts lie in parts, which are served as one file: `agent/*.sh` in the order of their names is
//! `agent.sh`, `agent-hosting/*.sh` is `agent-hosting.sh`. `agent-scripts/compose.sh` does the same in a shell.
//!
//! `/agent/<file>.sig` is the signature of a file, in base64. The key to check it with stands in the command that is
//! pasted on the host ([`AgentFiles::public_key`]), so that whoever can answer in our name to a host, but not write into
//! our dashboard, gets nothing installed. The installer itself is guarded by TLS alone.

use crate::error::ApiError;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::web::{self, Data, ServiceConfig};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use noc_storage::secrets::{SecretError, SecretKey, SigningKey};
use rust_embed::RustEmbed;

/// What stands in the scripts where our address belongs.
const PLACEHOLDER: &str = "@NOC_PUBLIC_URL@";

#[derive(RustEmbed)]
#[folder = "../agent-scripts/linux/"]
struct Linux;

/// Serves the scripts.
#[derive(Debug, Clone)]
pub struct AgentFiles {
    /// The address that the scripts are given, without a trailing slash.
    address: String,
    signer: SigningKey,
    public_key: String,
}

impl AgentFiles {
    /// With our address, and the secret that the signing key comes from; all nodes must share both.
    ///
    /// # Errors
    /// When no key comes of the secret, which does not happen.
    pub fn new(address: String, secret: &SecretKey) -> Result<Self, SecretError> {
        let signer = SigningKey::derive(secret, "agent files")?;
        let public_key = STANDARD.encode(signer.public_der()?);
        Ok(Self {
            address,
            signer,
            public_key,
        })
    }

    /// What the installer checks signatures with: a DER `SubjectPublicKeyInfo` in base64.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// A script, ready to be run on a host.
    fn script(&self, name: &str) -> Result<String, ApiError> {
        let text = script(name).ok_or(ApiError::NotFound("agent file in this build"))?;
        Ok(text.replace(PLACEHOLDER, &self.address))
    }
}

/// The routes; they expect `web::Data<AgentFiles>`.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route("/install.sh", web::get().to(install))
        .route("/agent/{file}", web::get().to(agent));
}

async fn install(files: Data<AgentFiles>) -> Result<HttpResponse, ApiError> {
    files.script("install.sh").map(plain)
}

async fn agent(file: web::Path<String>, files: Data<AgentFiles>) -> Result<HttpResponse, ApiError> {
    let signature_of = file.strip_suffix(".sig");
    let text = match signature_of.unwrap_or(&file) {
        name @ ("agent.sh" | "agent-hosting.sh" | "uninstall.sh") => files.script(name)?,
        _ => return Err(ApiError::NotFound("agent file")),
    };
    Ok(plain(match signature_of {
        Some(_) => STANDARD.encode(files.signer.sign(text.as_bytes())) + "\n",
        None => text,
    }))
}

fn plain(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(text)
}

/// A script as it stands in `agent-scripts/linux`, or put together from the parts in the folder of its name.
fn script(name: &str) -> Option<String> {
    let folder = format!("{}/", name.strip_suffix(".sh")?);
    let mut parts: Vec<_> = Linux::iter()
        .filter(|path| path.ends_with(".sh") && path.starts_with(&folder))
        .collect();
    parts.sort_unstable();
    if parts.is_empty() {
        parts.push(name.to_owned().into());
    }
    let texts = parts.iter().map(|path| {
        let file = Linux::get(path)?;
        Some(String::from_utf8_lossy(&file.data).into_owned())
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, test};

    fn files() -> AgentFiles {
        let secret = SecretKey::from_bytes([9; 32]);
        AgentFiles::new("https://noc.example.com".into(), &secret).unwrap()
    }

    async fn get(path: &str) -> (u16, String) {
        let app = App::new().app_data(Data::new(files())).configure(configure);
        let app = test::init_service(app).await;
        let answer =
            test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        let status = answer.status().as_u16();
        let body = test::read_body(answer).await;
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn scripts_carry_our_address() {
        for path in [
            "/install.sh",
            "/agent/agent.sh",
            "/agent/agent-hosting.sh",
            "/agent/uninstall.sh",
        ] {
            let (status, body) = get(path).await;
            assert_eq!(status, 200, "{path}");
            assert!(body.starts_with("#!/usr/bin/env bash\n"), "{path}");
            assert!(!body.contains(PLACEHOLDER), "{path}");
        }
        assert!(
            get("/install.sh")
                .await
                .1
                .contains("url='https://noc.example.com'")
        );
    }

    #[actix_web::test]
    async fn scripts_in_parts_are_put_together_as_a_shell_does_it() {
        let scripts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../agent-scripts");
        for name in ["agent", "agent-hosting"] {
            let composed = std::process::Command::new(scripts.join("compose.sh"))
                .arg(name)
                .output()
                .unwrap();
            let composed = String::from_utf8(composed.stdout).unwrap();
            let (_, served) = get(&format!("/agent/{name}.sh")).await;
            assert_eq!(
                served,
                composed.replace(PLACEHOLDER, "https://noc.example.com")
            );
            assert!(served.lines().count() > 50, "{name}");
        }
    }

    #[actix_web::test]
    async fn every_script_has_its_signature() {
        let signer = SigningKey::derive(&SecretKey::from_bytes([9; 32]), "agent files").unwrap();
        for name in ["agent.sh", "agent-hosting.sh", "uninstall.sh"] {
            let (_, script) = get(&format!("/agent/{name}")).await;
            let (status, signature) = get(&format!("/agent/{name}.sig")).await;
            assert_eq!(status, 200, "{name}");
            let signature = STANDARD.decode(signature.trim()).unwrap();
            assert_eq!(signature, signer.sign(script.as_bytes()), "{name}");
        }
        let key = STANDARD.decode(files().public_key()).unwrap();
        assert_eq!(key, signer.public_der().unwrap());
    }

    #[actix_web::test]
    async fn nothing_else_is_served() {
        for path in [
            "/agent/..%2f..%2fCargo.toml",
            "/agent/%2e%2e/README.md",
            "/agent/agent.sh%00",
            "/agent/..%252fagent.sh",
            "/agent/nothing.sh",
            "/agent/00-head.sh",
            "/agent/agent",
            "/agent/nothing.sh.sig",
            "/agent/agent.sh.sig.sig",
        ] {
            assert_eq!(get(path).await.0, 404, "{path}");
        }
    }
}
