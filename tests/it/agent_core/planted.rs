//! Links that the agent's user lays where root comes by: root writes nothing through them, tells nothing of what
//! they lead to, waits for none of them, and ends nobody that they name.

use noc_tests::Harness;
use noc_tests::private_host::{PrivateHost, text};
use std::fs;

/// What only root may read, and whatever root could be made to write beside it.
const ROOTS: &str = r#"
set -eu
install -d -m 0700 /home/roots
printf 'only root knows this\nand this: xyzzy-4711\n' >/home/roots/precious
chmod 0600 /home/roots/precious
# Somebody else's process, by a name that looks like the agent's.
cat >/home/agent.sh <<'SH'
#!/bin/bash
while :; do sleep 1; done
SH
chmod 0755 /home/agent.sh; setsid /home/agent.sh run </dev/null >/dev/null 2>&1 &
echo $! >/home/decoy
"#;

/// Every file of the agent's that is there, and every name that its scripts write, becomes what `$1 NAME` makes of it.
const PLANT: &str = r#"
set -eu
at=/var/log/hostseba-noc
for name in run offsets spool; do if [[ -L $at/$name ]]; then rm "$at/$name"; fi; done
if [[ $1 == folders ]]; then
  for name in run offsets spool; do rm -rf "$at/$name"; ln -s /home/roots "$at/$name"; done
  exit 0
fi
names=$(cd $at; find . -type f; for n in run/{pid,upgrade,accepted,queue.err,email.state,email.said,firewall.state,firewall.found,firewall.err,log.0} \
  offsets/{crons,crons.next,mail-queue,mail-queue.next,.crons.new,crons.tries,email-stats,email-stats.next,.lost,.version} \
  spool/.doctor agent.log agent.log.1; do echo ./$n; done)
for name in $(printf '%s\n' "$names" | sort -u); do
  mkdir -p "$at/${name%/*}"; rm -rf "$at/$name"
  case $1 in
    link) ln -s /home/roots/precious "$at/$name" ;;
    new) ln -s "/home/roots/new.${name##*/}" "$at/$name" ;;
    decoy) cat /home/decoy >"$at/$name" ;;
    pipe) mkfifo "$at/$name" ;;
  esac
done
"#;

/// Everything of root's that could have been written, and whether the decoy lives.
const LOOK: &str = "find /home/roots -printf '%p %m %u:%g %s %T@\\n' | sort; find /etc/cron.d | sort; cat /home/roots/precious; kill -0 $(cat /home/decoy)";

#[actix_web::test]
async fn root_follows_nothing_that_the_agents_user_lays() {
    let noc = Harness::start().await;
    let host = PrivateHost::start().await;
    let url = noc.url("");
    let url = url.trim_end_matches('/');
    let script = noc.get("/install.sh").await.text().await.unwrap();
    fs::write(host.path("/home/install.sh"), script).unwrap();
    fs::write(host.path("/home/token"), noc.mint("planted-01").await).unwrap();
    fs::write(host.path("/home/plant"), PLANT).unwrap();
    host.run("chmod 0755 /home/plant").await;
    let install =
        format!("bash /home/install.sh --url {url} --interval 1 --counts yes --groups no");
    host.run(&format!("{install} --token-file /home/token"))
        .await;
    host.run("pkill -9 -u hostseba-noc; while pgrep -u hostseba-noc -f agent.sh; do :; done")
        .await;
    host.run(ROOTS).await;
    let as_agent = "setpriv --reuid hostseba-noc --regid hostseba-noc --init-groups --";
    let hidden = host
        .sh(&format!("{as_agent} cat /home/roots/precious"))
        .await;
    assert!(
        !hidden.status.success(),
        "the agent may read it: {}",
        text(&hidden)
    );
    let before = host.run(LOOK).await;

    let counts = "rm -f /var/lib/hostseba-noc/counts/*; /opt/hostseba-noc/agent-hosting.sh counts";
    let commands = [
        counts,
        "/opt/hostseba-noc/agent.sh doctor </dev/null",
        "/opt/hostseba-noc/agent.sh once </dev/null",
        "timeout -k 1 3 /opt/hostseba-noc/agent.sh run </dev/null || true",
        "/opt/hostseba-noc/agent-hosting.sh report-backup tool job success",
        "/opt/hostseba-noc/agent-hosting.sh jetbackup-hook job 1 job",
        &format!("{install} --no-start </dev/null"),
    ];
    for what in ["link", "new", "folders", "decoy", "pipe"] {
        for command in commands {
            // Laid anew each time: what the agent's own processes do to it is their business.
            host.run(&format!("{as_agent} bash /home/plant {what}"))
                .await;
            let done = host.sh(&format!("timeout 60 bash -c '{command}'")).await;
            let told = text(&done);
            assert_ne!(
                done.status.code(),
                Some(124),
                "{what}: {command} hangs: {told}"
            );
            assert!(
                !told.contains("xyzzy"),
                "{what}: {command} tells it: {told}"
            );
            assert_eq!(host.run(LOOK).await, before, "{what}: {command}: {told}");
        }
        host.run("pkill -9 -u hostseba-noc; while pgrep -u hostseba-noc -f agent.sh; do :; done")
            .await;
        if what == "link" {
            // The counts were made all the same.
            host.run("test -s /var/lib/hostseba-noc/counts/crons").await;
        }
    }

    // The installer starts the agent, which cannot report, and shows the end of its log: not that of another file.
    host.run(&format!("{as_agent} bash /home/plant link")).await;
    let done = host.sh(&format!("{install} </dev/null")).await;
    let told = text(&done);
    assert!(
        !done.status.success() && told.contains("no report was accepted"),
        "{told}"
    );
    assert!(!told.contains("xyzzy"), "{told}");
    assert_eq!(host.run(LOOK).await, before, "{told}");

    // A folder for the counts that is not root's own is not used.
    host.run("chown -R hostseba-noc /var/lib/hostseba-noc")
        .await;
    let done = host.sh("/opt/hostseba-noc/agent-hosting.sh counts").await;
    assert!(
        !done.status.success() && text(&done).contains("is not root's own"),
        "{}",
        text(&done)
    );
    assert_eq!(host.run(LOOK).await, before);

    host.run(&format!("{as_agent} bash /home/plant decoy"))
        .await;
    let cron = "/etc/cron.d/hostseba-noc";
    let left = |look: &str| -> String {
        let lines = look.lines().filter(|line| !line.starts_with(cron));
        lines.collect::<Vec<_>>().join("\n")
    };
    let done = host.sh("timeout 60 /opt/hostseba-noc/uninstall.sh").await;
    assert!(done.status.success(), "{}", text(&done));
    assert_eq!(left(&host.run(LOOK).await), left(&before));
    host.run("test ! -e /var/log/hostseba-noc").await;
    host.run("kill $(cat /home/decoy)").await;
}
