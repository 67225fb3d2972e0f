//! What the tree promises about itself: crate edges, file sizes, complete registries, no forbidden library.

use cargo_metadata::MetadataCommand;
use noc_pipeline::payload::Kind;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_path_buf()
}

/// Files that git tracks, plus new ones it does not ignore, relative to the root.
fn files() -> Vec<String> {
    let out = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(
        out.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout)
        .expect("utf-8")
        .lines()
        .filter(|f| root().join(f).exists())
        .map(str::to_owned)
        .collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// pipeline <- storage <- actors <- api; tests and benches may use all, benches the tests' parts too; nothing uses api but
/// they.
#[test]
fn crates_depend_in_one_direction() {
    let order = ["noc-pipeline", "noc-storage", "noc-actors", "noc-api"];
    let everything = [order.as_slice(), &["noc-tests"]].concat();
    let metadata = MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let mut seen = BTreeSet::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        seen.insert(name.to_owned());
        let allowed: &[&str] = match order.iter().position(|c| *c == name) {
            Some(place) => &order[..place],
            None => &everything,
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|d| d.name.starts_with("noc-"))
        {
            assert!(
                allowed.contains(&dependency.name.as_str()),
                "{name} must not use {}",
                dependency.name
            );
        }
    }
    let expected: BTreeSet<String> = order
        .iter()
        .chain(&["noc-tests", "noc-benches"])
        .map(|s| (*s).to_owned())
        .collect();
    assert_eq!(seen, expected);
}

/// The owner's packages stand in the workspace, whichever crate uses them.
#[test]
fn the_owners_packages_are_declared() {
    let manifest = read("Cargo.toml");
    for package in [
        "actix",
        "actix-web",
        "tokio",
        "questdb-rs",
        "sqlx",
        "rdkafka",
        "serde",
        "reqwest",
        "lettre",
        "governor",
        "prometheus",
    ] {
        assert!(
            manifest
                .lines()
                .any(|l| l.starts_with(&format!("{package} = "))),
            "{package} is not declared"
        );
    }
}

/// One TLS library on one cryptography library, built from Rust and one small C part; OpenSSL only where somebody asks
/// for `kafka-tls`.
#[test]
fn tls_is_rustls_on_ring() {
    let lock = read("Cargo.lock");
    let built = MetadataCommand::new()
        .current_dir(root())
        .exec()
        .expect("cargo metadata");
    let built: BTreeSet<&str> = built
        .resolve
        .iter()
        .flat_map(|resolve| &resolve.nodes)
        .filter_map(|node| built.packages.iter().find(|package| package.id == node.id))
        .map(|package| package.name.as_str())
        .collect();
    for banned in ["openssl-sys", "aws-lc-sys", "native-tls"] {
        assert!(
            !built.contains(banned),
            "{banned} crept in: cargo tree -i {banned}"
        );
    }
    assert!(built.contains("rustls"), "what is built is not known");
    assert_eq!(lock.matches("name = \"rustls\"\n").count(), 1, "one rustls");
    assert_eq!(lock.matches("name = \"ring\"\n").count(), 1, "one ring");
}

/// A lock file that names where it was fetched from works in one place only.
#[test]
fn lock_files_name_no_download_address() {
    for file in files().iter().filter(|f| f.ends_with("package-lock.json")) {
        assert!(
            !read(file).contains("\"resolved\""),
            "{file} holds download addresses"
        );
    }
}

/// Above 500 lines a file is split, or stands in the list with its reason. The client's types are generated.
#[test]
fn files_stay_small() {
    let exceptions = read("tests/it/large_files.txt");
    let listed: BTreeSet<&str> = exceptions
        .lines()
        .filter(|l| !l.starts_with('#') && !l.is_empty())
        .map(|l| l.split_whitespace().next().expect("a path"))
        .collect();
    let large: BTreeSet<String> = files()
        .into_iter()
        .filter(|f| {
            [".rs", ".ts", ".tsx", ".sh", ".ps1", ".css"]
                .iter()
                .any(|end| f.ends_with(end))
        })
        .filter(|f| !f.ends_with("/api/schema.d.ts") && read(f).lines().count() > 500)
        .collect();
    let large: BTreeSet<&str> = large.iter().map(String::as_str).collect();
    assert_eq!(
        large, listed,
        "left: files over 500 lines; right: tests/it/large_files.txt"
    );
}

/// A payload kind is complete when it has a file, fixtures (which the crate's own tests read), and a probe in the Linux
/// agent; a probe that is still to come stands in the list.
#[test]
fn every_payload_kind_is_complete() {
    let agent: String = files()
        .iter()
        .filter(|f| f.starts_with("agent-scripts/linux/agent") && f.ends_with(".sh"))
        .map(|f| read(f))
        .collect();
    let listed = read("tests/it/kinds_without_probe.txt");
    let listed: Vec<&str> = listed.lines().filter(|l| !l.starts_with('#')).collect();
    let mut missing = Vec::new();
    for kind in Kind::ALL {
        let name = kind.name();
        assert!(
            root()
                .join(format!(
                    "pipeline/src/payload/{}.rs",
                    name.replace('-', "_")
                ))
                .exists(),
            "{name}: no file"
        );
        for what in ["", ".minimal", ".bad"] {
            read(&format!("tests/fixtures/payload/{name}{what}.json"));
        }
        // Two kinds are told when something happens, not probed.
        let probe = match kind {
            Kind::Lifecycle => name.to_owned(),
            Kind::Backups => "report-backup".to_owned(),
            _ => format!("probe_{}", name.replace('-', "_")),
        };
        if !agent.contains(&probe) {
            missing.push(name);
        }
    }
    assert_eq!(
        missing, listed,
        "left: kinds without a probe in the Linux agent; right: tests/it/kinds_without_probe.txt"
    );
}

/// The visible top level is fixed by the project's owner.
#[test]
fn the_top_level_is_the_owners() {
    let visible: BTreeSet<String> = files()
        .iter()
        .filter_map(|f| f.split('/').next())
        .filter(|f| !f.starts_with('.'))
        .map(str::to_owned)
        .collect();
    let expected: BTreeSet<String> = [
        "Cargo.toml",
        "Cargo.lock",
        "Makefile",
        "README.md",
        "pipeline",
        "actors",
        "storage",
        "api",
        "frontend",
        "agent-scripts",
        "deploy",
        "benches",
        "tests",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(visible, expected);
}
