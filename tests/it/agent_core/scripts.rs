//! What the scripts may use: bash 4.2, curl 7.29, and whatever awk the host has.

use noc_tests::linux_agent::{composed, root};
use std::fs;
use std::process::Command;

/// Name and text of each script as a host gets it.
fn scripts() -> Vec<(&'static str, String)> {
    let whole = |name| fs::read_to_string(root().join("agent-scripts/linux").join(name)).unwrap();
    vec![
        ("agent.sh", composed("agent")),
        ("agent-hosting.sh", composed("agent-hosting")),
        ("install.sh", whole("install.sh")),
        ("uninstall.sh", whole("uninstall.sh")),
    ]
}

/// Code of each line, without whole-line comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines.filter(|(_, line)| !line.trim_start().starts_with('#'))
}

/// Where a pattern of `grep -E` stands in code.
fn uses(text: &str, pattern: &str) -> Vec<String> {
    use std::io::Write as _;
    let mut grep = Command::new("grep")
        .args(["-nE", "--", pattern])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("grep runs");
    let mut input = grep.stdin.take().unwrap();
    let lines: Vec<String> = code(text)
        .map(|(n, line)| format!("{}: {line}\n", n + 1))
        .collect();
    let writing = std::thread::spawn(move || input.write_all(lines.concat().as_bytes()));
    let found = grep.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    found.lines().map(str::to_owned).collect()
}

/// What bash learned after 4.2, which is what CentOS 7 has.
const NEWER_BASH: &[(&str, &str)] = &[
    (
        r"\b(local|declare|typeset)\s+-[a-zA-Z]*n\b",
        "4.3: name references",
    ),
    (r"\bwait\s+-[a-z]*[np]", "4.3, 5.1: wait -n, -p"),
    (r"\$\{[A-Za-z_]+\[-[0-9]", "4.3: negative subscripts"),
    (
        r"(^|[^$\w])[A-Za-z_]+\[-[0-9]+\]=",
        "4.3: assignments to negative subscripts",
    ),
    (
        r"\b(mapfile|readarray)\s+(-[a-z]+\s+)*-[a-z]*d",
        "4.4: mapfile -d",
    ),
    (r"\$\{[^}]*@[QEPAaKkuUL]\}", "4.4: transformations"),
    (r"\blocal\s+-(\s|;|$)", "4.4: local -"),
    (
        r"\b(EPOCHSECONDS|EPOCHREALTIME|SRANDOM|BASH_ARGV0)\b",
        "5.0, 5.1: variables",
    ),
    (
        r"\bshopt\s+-s\s+(inherit_errexit|localvar_inherit|assoc_expand_once|patsub_replacement)",
        "4.4 and later: options",
    ),
    (r"\$\{[ |]", "5.3: command substitution in the shell"),
    (r"\[\[ -v [A-Za-z_]+\[", "4.3: -v of an element"),
    (r"\bread\s+(-[a-z]+\s+)*-[a-z]*E", "5.3: read -E"),
    (
        r"\bprintf\s+'%\(",
        "4.2 needs an argument for %()T: write -1",
    ),
    (
        r"\bset -[a-z]*u",
        "4.2 takes an empty array for an unset variable",
    ),
    (r"\bBASH_REMATCH\[-", "4.3: negative subscripts"),
    (r"\bcoproc\b", "one at a time, and leaks descriptors"),
];

#[test]
fn bash_4_2_knows_all_that_the_scripts_use() {
    for (name, text) in scripts() {
        for (pattern, why) in NEWER_BASH {
            let found: Vec<String> = uses(&text, pattern)
                .into_iter()
                // The installer counts its arrays before it opens them.
                .filter(|line| {
                    !(name.ends_with("install.sh") && line.contains("set -euo pipefail"))
                })
                .filter(|line| !(why.starts_with("4.2 needs") && line.contains(" -1")))
                .collect();
            assert!(found.is_empty(), "{name}: {why}: {found:#?}");
        }
    }
}

/// The check itself: each pattern finds what it is about.
#[test]
fn newer_features_are_found() {
    for (code, about) in [
        ("local -n ref=$1", "4.3: name"),
        ("wait -n", "4.3, 5.1"),
        ("x=${a[-1]}", "4.3: negative"),
        ("a[-1]=2", "4.3: assignments"),
        ("mapfile -t -d '' x", "4.4: mapfile"),
        ("x=${x@Q}", "4.4: transformations"),
        ("local -; set -f", "4.4: local"),
        ("now=$EPOCHSECONDS", "5.0"),
        ("x=${ date; }", "5.3: command"),
        ("printf '%(%s)T'", "4.2 needs"),
        ("set -euo pipefail", "4.2 takes"),
    ] {
        let found = NEWER_BASH.iter().find(|(_, why)| why.starts_with(about));
        let (pattern, _) = found.expect("a pattern");
        assert_eq!(uses(code, pattern).len(), 1, "{code}");
    }
}

/// Options of curl that 7.29 does not know. Those of the configuration are written without dashes.
#[test]
fn curl_7_29_knows_all_that_the_scripts_use() {
    let newer = r#"(--|')(fail-with-body|fail-early|retry-connrefused|retry-all-errors|json|url-query|path-as-is|connect-to|suppress-connect-headers|proto-default|unix-socket|tls-max|tls13-ciphers|tlsv1\.[0123]|happy-eyeballs|parallel|oauth2-bearer|next|remove-on-error|no-clobber|output-dir|create-file-mode|rate|variable|expand)"#;
    for (name, text) in scripts() {
        let found = uses(&text, newer);
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
    // A quoted empty value is no value to 7.29, and its option an error.
    for (name, text) in scripts() {
        let found = uses(&text, r#"(noproxy|proxy|cacert) = ("")"#);
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

/// The core must work on a full disk, and here-documents are files before bash 5.1.
#[test]
fn the_core_has_no_here_documents() {
    let found = uses(&composed("agent"), r"<<");
    let arithmetic = |line: &&String| !line.contains("((");
    let found: Vec<&String> = found.iter().filter(arithmetic).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// No probe and no command ever evaluates what it read or received.
#[test]
fn nothing_that_was_read_is_executed() {
    // As a command: at the head of a line, or behind what ends another.
    let pattern = r"\beval\b|\bbash -c\b|\| *(ba)?sh( |$)|(^[0-9]+: *|[;&|] *)(source|\.) ";
    for (name, text) in scripts() {
        let found: Vec<String> = uses(&text, pattern)
            .into_iter()
            .filter(|line| {
                !line.contains(r#"source "$AGENT_HOME/agent-hosting.sh""#)
                    && !line.contains(r#"source "$(dirname -- "${BASH_SOURCE[0]}")/agent.sh""#)
            })
            .collect();
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}
