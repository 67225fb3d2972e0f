//! The installer on a host of its own: unattended, verified, run again, and taken back without a trace.

use super::command_lines::Watch;
use super::signer::Signer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use noc_pipeline::id::ServerId;
use noc_tests::private_host::{PrivateHost, text};
use noc_tests::{Harness, Session, eventually};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Fetches the installer as an operator does, and gives its path on the host.
async fn installer(noc: &Harness, url: &str, host: &PrivateHost) -> &'static str {
    let script = noc.get("/install.sh").await.text().await.unwrap();
    // The product of a test has no public address: the one it listens on.
    let script = script.replace(&noc.url("").trim_end_matches('/').to_owned(), url);
    fs::write(host.path("/home/install.sh"), script).unwrap();
    "/home/install.sh"
}

async fn servers(noc: &Harness, session: &Session) -> Vec<serde_json::Value> {
    let list = noc.get_json(session, "/api/servers").await;
    list["data"].as_array().expect("a list").clone()
}

fn conf(host: &PrivateHost) -> String {
    fs::read_to_string(host.path("/etc/hostseba-noc/agent.conf")).expect("settings")
}

fn secret_of(conf: &str) -> String {
    let mut lines = conf.lines();
    let secret = lines.find_map(|line| line.strip_prefix("AGENT_SECRET="));
    secret.expect("a secret").to_owned()
}

/// The whole life of an agent on a host: installed unattended and verified, upgraded by running the installer again, and
/// removed. No secret stands on a command line in all of it, and nothing is left in the end.
#[actix_web::test]
async fn installed_upgraded_and_removed_without_a_trace() {
    let noc = Harness::start().await;
    let session = noc.login().await;
    let signer = Signer::of(&noc.url(""), None);
    let host = PrivateHost::start().await;
    let before = host.files();
    let install = installer(&noc, &signer.url, &host).await;
    let (watch, token) = (Watch::start(), noc.mint("web-01").await);
    watch.secret(&token);
    fs::write(host.path("/home/token"), format!("{token}\n")).unwrap();

    let key = &signer.key;
    let options = format!(
        "--url {} --key {key} --interval 1 --counts yes --groups yes",
        signer.url
    );
    let told = host
        .run(&format!(
            "bash {install} {options} --token-file - </home/token"
        ))
        .await;
    assert!(
        told.contains("each bears the signature of the key given"),
        "{told}"
    );
    let first = conf(&host);
    watch.secret(&secret_of(&first));
    assert!(first.contains(&format!("KEY={key}")), "kept for upgrades");
    let (mode, owner) = (
        host.run("stat -c '%a %U:%G' /etc/hostseba-noc/agent.conf")
            .await,
        host.run("stat -c '%a %U:%G' /opt/hostseba-noc/agent.sh")
            .await,
    );
    assert_eq!(
        (mode.trim(), owner.trim()),
        ("640 root:hostseba-noc", "755 root:root")
    );
    let groups = host.run("id -Gn hostseba-noc").await;
    assert!(groups.contains("adm"), "{groups}");
    eventually("it is up", async || {
        let all = servers(&noc, &session).await;
        (all.len() == 1 && all[0]["status"] == "up").then_some(())
    })
    .await;

    // Root's hook, which leaves nothing of root's.
    host.run("/opt/hostseba-noc/agent-hosting.sh report-backup jetbackup Daily failed 'Disk full'")
        .await;
    let server =
        ServerId(u32::try_from(servers(&noc, &session).await[0]["id"].as_u64().unwrap()).unwrap());
    let roots = host
        .run("find /var/log/hostseba-noc ! -user hostseba-noc")
        .await;
    assert_eq!(roots, "");
    eventually("a tick with it", async || {
        let left = host.sh("ls /var/log/hostseba-noc/spool/*.report").await;
        (!left.status.success() && !noc.logged(server).await.is_empty()).then_some(())
    })
    .await;
    let owned = host
        .run("find /etc /opt /var/lib /home -user hostseba-noc")
        .await;
    assert_eq!(owned, "", "it owns its folder and nothing else");

    // Again, as an upgrade: the enrolment, the key and the timer stay, nothing is asked.
    let told = host
        .run(&format!("bash {install} --url {} </dev/null", signer.url))
        .await;
    assert!(told.contains("keeping the enrolment"), "{told}");
    assert!(
        told.contains("each bears the signature of the key given"),
        "{told}"
    );
    assert!(told.contains("Done:"), "{told}");
    assert_eq!(conf(&host), first, "an upgrade changed the settings");
    assert!(host.path("/etc/cron.d/hostseba-noc-counts").exists());
    let live = host
        .run("pgrep -P 1 -fc '^bash /opt/hostseba-noc/agent.sh run' || true")
        .await;
    assert!(live.trim() == "1", "one agent: {live}");

    // A grant as the doctor names them.
    host.run("touch /var/log/exim_mainlog && setfacl -m u:hostseba-noc:r /var/log/exim_mainlog")
        .await;
    let told = host.run("/opt/hostseba-noc/uninstall.sh").await;
    let list = host
        .run("getfacl -cps /var/log/exim_mainlog; rm /var/log/exim_mainlog")
        .await;
    let of_somebody = |line: &&str| line.starts_with("user:") && !line.starts_with("user::");
    assert_eq!(list.lines().find(of_somebody), None, "{list}");
    for gone in [
        "/opt/hostseba-noc",
        "/etc/hostseba-noc",
        "/var/log/hostseba-noc",
        "/var/lib/hostseba-noc",
        "/etc/cron.d/hostseba-noc-agent",
        "/etc/cron.d/hostseba-noc-counts",
        "user hostseba-noc",
    ] {
        assert!(told.contains(&format!("removed {gone}")), "{gone}: {told}");
    }
    assert_eq!(
        host.run("pgrep -f [h]ostseba || true").await,
        "",
        "a process is left"
    );
    for ours in ["install.sh", "token"] {
        fs::remove_file(host.path(&format!("/home/{ours}"))).unwrap();
    }
    let after = host.files();
    let changed: BTreeSet<&Path> = before
        .iter()
        .filter(|(path, state)| after.get(*path) != Some(*state))
        .map(|(path, _)| path.as_path())
        .chain(
            after
                .keys()
                .filter(|path| !before.contains_key(*path))
                .map(|path| path.as_path()),
        )
        .collect();
    assert_eq!(changed, BTreeSet::new(), "left behind or changed");
    assert_eq!(
        watch.end(),
        BTreeSet::new(),
        "a secret stood on a command line"
    );
}

/// A byte changed on the way: nothing is installed, whichever file it was; nor without the program that verifies.
#[actix_web::test]
async fn what_does_not_bear_the_signature_is_not_installed() {
    let noc = Harness::start().await;
    let host = PrivateHost::start().await;
    let before = host.files();
    for tampered in ["agent.sh", "agent-hosting.sh", "uninstall.sh"] {
        let signer = Signer::of(&noc.url(""), Some(tampered));
        let install = installer(&noc, &signer.url, &host).await;
        fs::write(host.path("/home/token"), noc.mint(tampered).await).unwrap();
        let done = host
            .sh(&format!(
                "bash {install} --url {} --key {} --token-file /home/token",
                signer.url, signer.key
            ))
            .await;
        let told = text(&done);
        assert!(!done.status.success(), "{told}");
        assert!(
            told.contains(&format!("/agent/{tampered} does not bear the signature")),
            "{told}"
        );
    }
    let signer = Signer::of(&noc.url(""), None);
    let install = installer(&noc, &signer.url, &host).await;
    let other = Signer::of(&noc.url(""), None);
    let good = format!(
        "bash {install} --url {} --token-file /home/token",
        signer.url
    );
    for (options, why) in [
        (
            format!("--key {}", other.key),
            "does not bear the signature",
        ),
        (
            format!("--key {}", STANDARD.encode("no key")),
            "--key is not a public key",
        ),
        ("--key '$(id)'".to_owned(), "--key must be base64"),
    ] {
        let done = host.sh(&format!("{good} {options}")).await;
        assert!(
            !done.status.success() && text(&done).contains(why),
            "{}",
            text(&done)
        );
    }
    // All the programs but openssl.
    host.run("mkdir /home/bin && for p in /usr/bin/* /usr/sbin/*; do ln -sf $p /home/bin/; done; rm /home/bin/openssl").await;
    let done = host
        .sh(&format!("PATH=/home/bin {good} --key {}", signer.key))
        .await;
    assert!(
        !done.status.success() && text(&done).contains("there is no openssl"),
        "{}",
        text(&done)
    );
    // Without a key it says that nothing was verified.
    let done = host.sh(&format!("{good} --no-start")).await;
    assert!(
        done.status.success() && text(&done).contains("NOT VERIFIED"),
        "{}",
        text(&done)
    );
    host.run("/opt/hostseba-noc/uninstall.sh").await;
    host.run("rm -r /home/bin /home/token /home/install.sh")
        .await;
    assert_eq!(host.files(), before);
}

/// Tokens from wherever they may come; a used one, a wrong one and none are told apart, and a second host of a name is
/// told both ways out.
#[actix_web::test]
async fn tokens_come_by_file_environment_or_input() {
    let noc = Harness::start().await;
    let host = PrivateHost::start().await;
    let url = noc.url("").trim_end_matches('/').to_owned();
    let install = installer(&noc, &url, &host).await;
    let base = format!("bash {install} --url {url} --no-start --re-enrol");
    let token = noc.mint("one").await;
    fs::write(host.path("/home/token"), &token).unwrap();
    host.run(&format!("{base} --token-file /home/token")).await;
    let first = secret_of(&conf(&host));
    for (command, why) in [
        (
            format!("{base} --token-file /home/token"),
            "wrong, used or expired",
        ),
        (format!("{base} --token-file /home/nothing"), "cannot read"),
        (format!("{base} </dev/null"), "no token: use --token-file"),
        (
            format!("{base} --token-file - <<< 'hunter2'"),
            "not a registration token",
        ),
        (format!("{base} --interval 0"), "--interval must be"),
        (
            format!("{base} --proxy 'http://x\" y'"),
            "may hold no quotes",
        ),
        (format!("{base} --cacert /home/no-such-file"), "cannot read"),
        (format!("{base} --token"), "needs a value"),
        (format!("{base} --shiny"), "unknown option"),
        (format!("{base} --counts maybe"), "takes yes or no"),
    ] {
        let done = host.sh(&command).await;
        assert!(
            !done.status.success() && text(&done).contains(why),
            "{command}: {}",
            text(&done)
        );
        assert_eq!(
            secret_of(&conf(&host)),
            first,
            "{command} changed the enrolment"
        );
    }
    let again = noc.mint("one").await;
    let done = host
        .sh(&format!("{base} --token-file /dev/stdin <<< {again}"))
        .await;
    assert!(
        !done.status.success() && text(&done).contains("enrolled already"),
        "{}",
        text(&done)
    );
    let token = noc.mint("two").await;
    host.run(&format!("NOC_TOKEN={token} {base}")).await;
    let token = noc.mint("three").await;
    let told = host.run(&format!("{base} --token {token}")).await;
    assert!(told.contains("prefer --token-file"), "{told}");
    assert_ne!(secret_of(&conf(&host)), first);
    // Unattended, nothing is granted that was not asked for.
    assert!(!host.path("/etc/cron.d/hostseba-noc-counts").exists());
    assert_eq!(host.run("id -Gn hostseba-noc").await.trim(), "hostseba-noc");
    // A proxy that is set, kept, and taken back.
    host.run(&format!(
        "{base} --token-file - --proxy {url} <<< {}",
        noc.mint("four").await
    ))
    .await;
    assert!(conf(&host).contains(&format!("PROXY={url}")));
    host.run(&format!("bash {install} --url {url} --no-start"))
        .await;
    assert!(conf(&host).contains("PROXY="));
    host.run(&format!(
        "bash {install} --url {url} --no-start --proxy none"
    ))
    .await;
    assert!(!conf(&host).contains("PROXY="));
}

/// The units are what systemd takes, as far as it can tell without running.
#[actix_web::test]
async fn the_units_are_sound() {
    let noc = Harness::start().await;
    let host = PrivateHost::start().await;
    let url = noc.url("").trim_end_matches('/').to_owned();
    let install = installer(&noc, &url, &host).await;
    fs::write(host.path("/home/token"), noc.mint("one").await).unwrap();
    // A systemd that takes every command, so that the installer writes its units.
    host.run("mkdir -p /run/systemd/system /home/bin && printf '#!/bin/sh\\necho \"$@\" >>/home/systemctl\\n' >/home/bin/systemctl && chmod 0755 /home/bin/systemctl").await;
    host.run(&format!("PATH=/home/bin:$PATH bash {install} --url {url} --no-start --counts yes --token-file /home/token")).await;
    let units = [
        "hostseba-noc-agent.service",
        "hostseba-noc-counts.service",
        "hostseba-noc-counts.timer",
    ];
    for unit in units {
        let path = host.path(&format!("/etc/systemd/system/{unit}"));
        let unit_text = fs::read_to_string(&path).unwrap();
        assert!(unit_text.contains("[Unit]"), "{unit}");
        let done = host
            .sh(&format!(
                "systemd-analyze verify /etc/systemd/system/{unit}"
            ))
            .await;
        let told = text(&done);
        let ours: Vec<&str> = told
            .lines()
            .filter(|line| line.contains("hostseba"))
            .collect();
        assert!(ours.is_empty(), "{ours:#?}");
    }
    let counts =
        fs::read_to_string(host.path("/etc/systemd/system/hostseba-noc-counts.service")).unwrap();
    for hardening in [
        "PrivateNetwork=yes",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ReadWritePaths=/var/lib/hostseba-noc",
    ] {
        assert!(counts.lines().any(|line| line == hardening), "{hardening}");
    }
    let asked = fs::read_to_string(host.path("/home/systemctl")).unwrap();
    assert!(
        asked.contains("enable --quiet hostseba-noc-agent"),
        "{asked}"
    );
    host.run("PATH=/home/bin:$PATH /opt/hostseba-noc/uninstall.sh")
        .await;
    for unit in units {
        assert!(
            !host.path(&format!("/etc/systemd/system/{unit}")).exists(),
            "{unit}"
        );
    }
    let asked = fs::read_to_string(host.path("/home/systemctl")).unwrap();
    assert!(
        asked.contains("disable --now --quiet hostseba-noc-agent.service"),
        "{asked}"
    );
    let openssl = Command::new("openssl").arg("version").output();
    assert!(openssl.is_ok(), "apt-get install openssl");
}

/// What the units shut off, the agent and root's timer do not need: a system that cannot be written but in one folder, no
/// new privileges and, for root, no network.
#[actix_web::test]
async fn the_units_leave_enough_to_work_with() {
    let noc = Harness::start().await;
    let host = PrivateHost::start().await;
    let url = noc.url("").trim_end_matches('/').to_owned();
    let install = installer(&noc, &url, &host).await;
    fs::write(host.path("/home/token"), noc.mint("one").await).unwrap();
    host.run(&format!(
        "bash {install} --url {url} --no-start --counts yes --token-file /home/token"
    ))
    .await;
    // Every mount read-only, but for one folder.
    let shut = |folder: &str| {
        format!(
            "mkdir -p {folder}; mount --bind {folder} {folder}; \
             for at in / /etc /opt /var/log /var/lib /home /run; do mount -o remount,bind,ro $at; done; \
             touch /tmp/.x 2>/dev/null && exit 9"
        )
    };
    let (user, group) = (
        host.run("id -u hostseba-noc").await,
        host.run("id -g hostseba-noc").await,
    );
    let (user, group) = (user.trim(), group.trim());
    let once = format!(
        "unshare --mount bash -c '{}; exec setpriv --reuid {user} --regid {group} --clear-groups --no-new-privs \
         /opt/hostseba-noc/agent.sh once'",
        shut("/var/log/hostseba-noc")
    );
    let told = host.run(&once).await;
    assert!(told.contains(r#"answer: 202 {"accepted":"#), "{told}");
    assert!(!told.contains("Read-only file system"), "{told}");
    let counts = format!(
        "unshare --mount --net bash -c '{}; mount -t tmpfs tmpfs /tmp; exec setpriv --no-new-privs \
         /opt/hostseba-noc/agent-hosting.sh counts'",
        shut("/var/lib/hostseba-noc")
    );
    // A source that is there and does not answer is another test's matter.
    let told = text(&host.sh(&counts).await);
    assert!(!told.contains("Read-only file system"), "{told}");
    let listed = host
        .run("stat -c '%a %U:%G %n' /var/lib/hostseba-noc/counts/* /var/lib/hostseba-noc/counts")
        .await;
    assert!(listed.lines().count() >= 2, "{listed}");
    for line in listed.lines() {
        let folder = line.ends_with("/counts");
        let expected = if folder {
            "750 root:hostseba-noc "
        } else {
            "640 root:hostseba-noc "
        };
        assert!(line.starts_with(expected), "{line}");
    }
    let cron = host.run("cat /etc/cron.d/hostseba-noc-counts").await;
    assert!(
        cron.contains("* * * root /opt/hostseba-noc/agent-hosting.sh counts"),
        "{cron}"
    );
    // Refused later, it is gone, and granted again by the command that the doctor names.
    host.run(&format!(
        "bash {install} --url {url} --no-start --counts no"
    ))
    .await;
    assert!(!host.path("/etc/cron.d/hostseba-noc-counts").exists());
    assert!(!host.path("/var/lib/hostseba-noc/counts").exists());
    let told = text(&host.sh("/opt/hostseba-noc/agent.sh doctor").await);
    let grant = told.lines().find_map(|line| {
        line.trim()
            .strip_prefix("as root: /opt/hostseba-noc/agent-hosting.sh counts;")
    });
    host.run(grant.expect(&told)).await;
    assert_eq!(host.run("cat /etc/cron.d/hostseba-noc-counts").await, cron);
}
