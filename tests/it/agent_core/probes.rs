//! Probes as children of the agent: what hangs, what is large, what must be read again, and what the doctor says.

use super::{agent_of, somebody};
use noc_tests::eventually;
use noc_tests::linux_agent::composed;
use noc_tests::private_host::PrivateHost;
use noc_tests::stand_in::{Reply, StandIn};
use serde_json::Value;
use std::fs;

#[actix_web::test]
async fn a_probe_that_hangs_stops_no_other_and_ends_with_its_children() {
    let stand_in = StandIn::start(Reply::taken);
    let mut agent = agent_of(&stand_in);
    // Deaf to everything but SIGKILL, with a child of its own.
    agent.hosting(
        "hosting_probe mysql 1 probe_hang\n\
         probe_hang() { trap '' TERM INT HUP; sleep 3600 & wait; while :; do sleep 3600; done; }\n",
    );
    agent.start();
    let hung = eventually("its time-out", async || {
        stand_in.payloads("mysql").into_iter().next()
    })
    .await;
    assert_eq!(hung["kind_error"], "timeout", "{hung}");
    assert!(!stand_in.payloads("processes").is_empty());
    assert!(!stand_in.payloads("metrics").is_empty());
    agent.stop().await;
    eventually("none of its processes is left", async || {
        agent.processes().is_empty().then_some(())
    })
    .await;
}

/// Several payloads of one kind, larger than what a pipe takes at once, with every character that needs care.
#[actix_web::test]
async fn large_bodies_and_several_payloads_come_whole() {
    let stand_in = StandIn::start(Reply::taken);
    let mut agent = agent_of(&stand_in);
    agent.hosting(
        r#"hosting_probe email-stats 1 probe_large
probe_large() {
  local s name bytes=$'tab\there "quoted" back\\slash \xc3\xa9 latin1 \xe9 bell\a @SENT_AT@ </script>'
  json_string name "$bytes"
  printf -v s '%0300000d' 0
  BODY="\"complete\":true,\"name\":$name,\"s\":\"$s\""$'\n'"\"complete\":false,\"name\":$name"
}
"#,
    );
    agent.start();
    let pair = eventually("two payloads", async || {
        let found = stand_in.payloads("email-stats");
        (found.len() >= 2).then_some(found)
    })
    .await;
    agent.stop().await;
    assert_eq!(pair[0]["s"].as_str().unwrap().len(), 300_000);
    assert_eq!(pair[0]["complete"], true);
    assert_eq!(pair[1]["complete"], false);
    let name = pair[0]["name"].as_str().unwrap();
    // No UTF-8 as a whole: its high bytes are question marks, and nothing else is lost.
    assert_eq!(
        name,
        r#"tab here "quoted" back\slash ?? latin1 ? bell  @SENT_AT@ </script>"#
    );
}

/// An offset moves only once its report is safe: killed before that, the agent reads again; killed after, it does not.
#[actix_web::test]
async fn what_was_read_is_read_again_until_it_is_safe() {
    let stand_in = StandIn::start(Reply::taken);
    let mut agent = agent_of(&stand_in);
    let log = agent.conf().with_file_name("numbers");
    fs::write(&log, "").unwrap();
    agent.hosting(&format!(
        r#"hosting_probe firewall 1 probe_numbers
probe_numbers() {{
  local from=0 lines
  [[ -r $OFFSETS/firewall ]] && read -r from <"$OFFSETS/firewall"
  mapfile -t lines < <(tail -n +$((from + 1)) {})
  ((${{#lines[@]}})) || return 0
  printf '%s\n' "$((from + ${{#lines[@]}}))" >"$OFFSETS/firewall.next"
  printf -v BODY '%s,' "${{lines[@]}}"; BODY="\"events\":[${{BODY%,}}]"
}}
"#,
        log.display()
    ));
    let mut written = 0_u64;
    for round in 0..4 {
        agent.start();
        for _ in 0..3 {
            let wanted = written + 40;
            let text: String = (0..wanted).map(|n| format!("{n}\n")).collect();
            fs::write(&log, text).unwrap();
            written = wanted;
            eventually("the new lines", async || {
                (events(&stand_in).last().copied() == Some(written - 1)).then_some(())
            })
            .await;
        }
        if round % 2 == 0 {
            agent.kill().await;
        } else {
            agent.stop().await;
        }
    }
    let mut seen = events(&stand_in);
    seen.dedup();
    let all: Vec<u64> = (0..written).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, all);
}

fn events(stand_in: &StandIn) -> Vec<u64> {
    let payloads = stand_in.payloads("firewall");
    let events = payloads
        .iter()
        .flat_map(|p| p["events"].as_array().cloned());
    events.flatten().filter_map(|n| n.as_u64()).collect()
}

#[actix_web::test]
async fn a_backup_that_is_reported_leaves_with_the_next_tick() {
    let stand_in = StandIn::start(Reply::taken);
    let mut agent = agent_of(&stand_in);
    agent.start();
    eventually("a heartbeat", async || {
        (!stand_in.payloads("metrics").is_empty()).then_some(())
    })
    .await;
    let job = "Daily \"x\"; rm -rf /\n$(id)";
    let done = agent
        .run(
            "agent-hosting.sh",
            &["report-backup", "jetbackup", job, "failed", "Disk full"],
        )
        .await;
    assert!(done.0, "{}", done.1);
    let done = agent
        .run(
            "agent-hosting.sh",
            &[
                "report-backup",
                "jetbackup",
                "Daily Local",
                "partial",
                "--started",
                "1795301676",
            ],
        )
        .await;
    assert!(done.0, "{}", done.1);
    let told = eventually("both", async || {
        let found = stand_in.payloads("backups");
        (found.len() == 2).then_some(found)
    })
    .await;
    let of = |job: &str| {
        told.iter()
            .find(|p| p["job"] == job)
            .cloned()
            .expect("it came")
    };
    let first = of("Daily \"x\"; rm -rf / $(id)");
    assert_eq!(
        (&first["tool"], &first["status"], &first["message"]),
        (&"jetbackup".into(), &"failed".into(), &"Disk full".into())
    );
    let second = of("Daily Local");
    assert_eq!(
        (&second["status"], &second["started_at"]),
        (&"partial".into(), &"2026-11-21T22:54:36Z".into())
    );
    for bad in [
        &["report-backup", "jetbackup", "x", "fine"][..],
        &["report-backup", "", "x", "failed"],
        &["report-backup", "jetbackup"],
    ] {
        assert!(!agent.run("agent-hosting.sh", bad).await.0, "{bad:?}");
    }
    agent.stop().await;
    assert_eq!(stand_in.payloads("backups").len(), 2);
}

/// On a host that grants nothing the doctor names each missing thing; after the commands it printed nothing is missing.
#[actix_web::test]
async fn the_doctor_names_what_is_missing_and_its_commands_mend_it() {
    let stand_in = StandIn::start(|sent| {
        if sent.payloads.is_empty() {
            Reply::refused(422)
        } else {
            Reply::taken(sent)
        }
    });
    let host = PrivateHost::start().await;
    host.run("useradd --system --user-group --no-create-home hostseba-noc")
        .await;
    host.run("mkdir -p /opt/hostseba-noc /etc/hostseba-noc && chmod 0700 /etc/hostseba-noc")
        .await;
    for name in ["agent", "agent-hosting"] {
        fs::write(
            host.path(&format!("/opt/hostseba-noc/{name}.sh")),
            composed(name),
        )
        .unwrap();
    }
    let conf = format!(
        "NOC_URL={}\nSERVER_ID=7\nAGENT_SECRET={}\n",
        stand_in.url(),
        somebody().secret
    );
    fs::write(host.path("/etc/hostseba-noc/agent.conf"), conf).unwrap();
    host.run("chmod 0755 /opt/hostseba-noc/*.sh; chmod 0600 /etc/hostseba-noc/agent.conf")
        .await;
    host.run("mount -o remount,hidepid=2 /proc").await;
    let doctor = "/opt/hostseba-noc/agent.sh doctor";
    let done = host.sh(doctor).await;
    let text = noc_tests::private_host::text(&done);
    assert!(!done.status.success(), "{text}");
    for missing in ["settings", "state", "processes"] {
        assert!(
            text.contains(&format!("MISS  {missing}")),
            "{missing}: {text}"
        );
    }
    // What hosting programs need is granted elsewhere; here those of the core.
    let commands = commands_of(&text, &["settings", "state", "processes"]);
    assert_eq!(commands.len(), 3, "{text}");
    for command in commands {
        host.run(&command).await;
    }
    let text = noc_tests::private_host::text(&host.sh(doctor).await);
    for fine in [
        "settings",
        "state",
        "programs",
        "metrics",
        "processes",
        "disks",
        "server",
    ] {
        assert!(text.contains(&format!("ok    {fine}")), "{fine}: {text}");
    }
    assert!(!text.contains(&somebody().secret), "it prints the secret");
    // Run by root, it steps down: nothing of the agent's belongs to root afterwards.
    let owners = host
        .run("find /var/log/hostseba-noc ! -user hostseba-noc")
        .await;
    assert_eq!(owners, "");
}

/// The commands that the doctor printed below these.
fn commands_of(text: &str, names: &[&str]) -> Vec<String> {
    let mut commands = Vec::new();
    let mut wanted = false;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("MISS  ") {
            wanted = names.contains(&rest.split_whitespace().next().unwrap_or_default());
        }
        if let Some(command) = line.trim_start().strip_prefix("as root: ")
            && wanted
        {
            commands.push(command.to_owned());
        }
    }
    commands
}

/// The services of this host, as the agent finds them with an awk.
async fn services_by(awk: &str, stand_in: &StandIn) -> Value {
    let mut agent = agent_of(stand_in);
    let bin = agent.conf().with_file_name("bin");
    fs::create_dir(&bin).unwrap();
    let program = ["/usr/bin", "/bin"].map(|folder| format!("{folder}/{awk}"));
    let program = program.iter().find(|path| fs::metadata(path).is_ok());
    let program = program.unwrap_or_else(|| panic!("apt-get install {awk}"));
    std::os::unix::fs::symlink(program, bin.join("awk")).unwrap();
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display());
    agent.environment("PATH", &path);
    let (ok, text) = agent.run("agent.sh", &["once"]).await;
    assert!(ok, "{awk}: {text}");
    let line = text
        .lines()
        .find(|line| line.starts_with(r#"{"kind":"processes""#));
    let payload: Value = serde_json::from_str(line.expect("processes")).unwrap();
    assert!(
        payload["services"].as_array().is_some_and(|s| s.len() >= 8),
        "{awk}: {payload}"
    );
    payload["services"].clone()
}

/// The same answer from every awk that a host may have. Other tests may start or kill a service between two looks: one that reads
/// it wrong does so at every look.
#[actix_web::test]
async fn every_awk_finds_the_same_services() {
    let stand_in = StandIn::start(Reply::taken);
    for awk in ["gawk", "original-awk", "busybox"] {
        let mut differences = Vec::new();
        loop {
            let by_mawk = services_by("mawk", &stand_in).await;
            let found = services_by(awk, &stand_in).await;
            if shape(&found) == shape(&by_mawk) {
                break;
            }
            differences.push((shape(&found), shape(&by_mawk)));
            assert!(differences.len() < 10, "{awk} and mawk: {differences:?}");
        }
    }
    // And from a bash that is asked to behave as old ones do.
    let mut agent = agent_of(&stand_in);
    agent.environment("BASH_COMPAT", "4.2");
    let (ok, text) = agent.run("agent.sh", &["once"]).await;
    assert!(ok, "{text}");
}

/// Which services run, without how many processes they have at the moment.
fn shape(services: &Value) -> Vec<(Value, Value, Value)> {
    let all = services.as_array().expect("a list").iter();
    all.map(|s| (s["name"].clone(), s["running"].clone(), s["unit"].clone()))
        .collect()
}
