//! A real fail2ban: what it logs of failed logins and bans is what the agent reports.

use super::world::{now, package};
use noc_tests::{AgentScripts, eventually};
use serde_json::Value;
use std::fs::{create_dir_all, read_to_string, write};
use std::process::{Command, Stdio};

#[actix_rt::test]
async fn bans_of_a_real_fail2ban_arrive() {
    let mut scripts = AgentScripts::new();
    let folder = scripts.path("f2b");
    for part in ["filter.d", "action.d", "jail.d", "root"] {
        create_dir_all(folder.join(part)).unwrap();
    }
    let root = folder.join("root");
    let unpacked = Command::new("dpkg-deb")
        .arg("-x")
        .arg(package("fail2ban"))
        .arg(&root)
        .status();
    assert!(unpacked.unwrap().success());
    let (log, watched) = (
        scripts.path("log/fail2ban.log"),
        scripts.path("log/auth.log"),
    );
    write(&log, "").unwrap();
    write(&watched, "").unwrap();
    let file = |name: &str, text: &str| write(folder.join(name), text).unwrap();
    let at = |path: &std::path::Path| path.display().to_string();
    file(
        "fail2ban.conf",
        &format!(
            "[Definition]\nloglevel = INFO\nlogtarget = {}\nsyslogsocket = auto\nsocket = {f}/socket\npidfile = {f}/pid\n\
             dbfile = None\ndbpurgeage = 1d\ndbmaxmatches = 10\nallowipv6 = auto\n",
            at(&log),
            f = at(&folder),
        ),
    );
    file(
        "jail.conf",
        &format!(
            "[DEFAULT]\nbantime = 5\nfindtime = 600\nmaxretry = 2\nbackend = polling\nusedns = no\naction = nothing\n\
             [sshd]\nenabled = true\nfilter = bad\nlogpath = {}\n",
            at(&watched)
        ),
    );
    file(
        "filter.d/bad.conf",
        "[Definition]\nfailregex = ^\\s*bad login from <HOST>$\ndatepattern = ^%%Y-%%m-%%d %%H:%%M:%%S\n",
    );
    file(
        "action.d/nothing.conf",
        "[Definition]\nactionban = true\nactionunban = true\n",
    );
    scripts.set(&format!(
        "FAIL2BAN_LOG={}; host_date() {{ TZ=:/etc/localtime date \"$@\"; }}",
        at(&log)
    ));
    assert_eq!(
        scripts.report("firewall"),
        [serde_json::json!({"events": []})]
    );
    scripts.commit("firewall");

    let mut server = Command::new("/usr/bin/python3")
        .arg(root.join("usr/bin/fail2ban-server"))
        .args(["-c", &at(&folder), "-f", "start"])
        .env("PYTHONPATH", root.join("usr/lib/python3/dist-packages"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let logged = async |text: &str| {
        eventually(text, async || {
            read_to_string(&log).ok()?.contains(text).then_some(())
        })
        .await;
    };
    logged("Jail 'sshd' started").await;
    let stamp = Command::new("date").arg("+%F %T").output().unwrap().stdout;
    let stamp = String::from_utf8(stamp).unwrap().trim().to_owned();
    let line = |ip: &str| format!("{stamp} bad login from {ip}\n");
    let text = [
        line("203.0.113.7"),
        line("203.0.113.7"),
        line("2001:db8::bad"),
        line("2001:db8::bad"),
    ]
    .concat();
    write(&watched, text).unwrap();
    logged("Unban 203.0.113.7").await;
    logged("Unban 2001:db8::bad").await;
    server.kill().unwrap();
    server.wait().unwrap();

    let events = scripts.report("firewall")[0]["events"]
        .as_array()
        .unwrap()
        .clone();
    let of = |ip: &str| -> Vec<String> {
        let mine = events.iter().filter(|event| event["ip"] == ip);
        mine.map(|event| event["action"].as_str().unwrap().to_owned())
            .collect()
    };
    for ip in ["203.0.113.7", "2001:db8::bad"] {
        // Two failures in one second are one event.
        assert_eq!(
            of(ip),
            ["login_failure", "brute_force", "temp_block", "unblock"],
            "{events:?}"
        );
    }
    let ours = |event: &Value| {
        event["source"] == "fail2ban" && event["reason"].as_str().unwrap().starts_with("[sshd]")
    };
    assert!(events.iter().all(ours), "{events:?}");
    let now = now();
    for event in &events {
        let at: chrono::DateTime<chrono::Utc> = event["at"].as_str().unwrap().parse().unwrap();
        assert!((now - at).num_seconds().abs() < 120, "{event}");
    }
}
