//! A host where the agent may read nothing that is closed: its doctor names every grant that is missing, and what it prints
//! is all there is to do.

use noc_tests::private_host::{PrivateHost, text};
use noc_tests::{Harness, eventually};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Everything that the probes read and that may be closed, as programs leave it: exim with a message in its queue, logs of
/// csf, fail2ban and ModSecurity, cron, LiteSpeed, cPanel with two accounts, and processes hidden.
const HOST: &str = r#"
set -euo pipefail
umask 022
# What of /var and others is not private yet.
mount -t tmpfs -o mode=0755 none /mnt
mkdir /mnt/log /mnt/lib /mnt/cpanel; mkdir -p -m 1777 /mnt/tmp; ln -s /run /mnt/run
mount --rbind /var/log /mnt/log; mount --rbind /var/lib /mnt/lib; mount --rbind /mnt /var
mount -t tmpfs -o mode=0755 none /usr/local; mount -t tmpfs -o mode=1777 none /dev/shm
mount -o remount,hidepid=2 /proc

install -d -m 0750 -o Debian-exim -g Debian-exim /var/spool/exim4
install -m 0640 -o Debian-exim -g Debian-exim /dev/null /var/log/exim_mainlog
cat >/etc/exim4/exim4.conf <<CONF
primary_hostname = mail.test
log_file_path = /var/log/exim_%slog
keep_environment =
CONF
printf 'Subject: x\n\nhello\n' | exim4 -odq -f shop@shop.example somebody@far.example

mkdir -p /etc/csf /etc/fail2ban /etc/apache2/conf.d /usr/local/apache/logs
touch /etc/fail2ban/jail.conf /etc/apache2/conf.d/modsec2.conf
install -m 0600 /dev/null /var/log/lfd.log
install -m 0640 -g adm /dev/null /var/log/fail2ban.log
touch /usr/local/apache/logs/error_log; chmod 0700 /usr/local/apache/logs

install -d -m 1730 -g crontab /var/spool/cron/crontabs
echo '0 3 * * * /usr/bin/true' >/var/spool/cron/crontabs/root; chmod 0600 /var/spool/cron/crontabs/root
install -m 0640 -g adm /dev/null /var/log/cron.log

mkdir -p /usr/local/lsws/bin; touch /usr/local/lsws/bin/lshttpd
install -d -m 0700 /dev/shm/ols/status; cp /home/rtreport /dev/shm/ols/status/.rtreport

mkdir -p /usr/local/cpanel; echo 11.118.0.20 >/usr/local/cpanel/version
echo 'license_expire_time: 1924992000' >/usr/local/cpanel/cpanel.lisc; chmod 0600 /usr/local/cpanel/cpanel.lisc
for user in cust1 cust2; do useradd --create-home --home-dir "/home/$user" "$user"; chmod 0700 "/home/$user"; done
setpriv --reuid cust1 --regid cust1 --clear-groups bash -c 'mkdir -p ~cust1/etc/shop.example; echo box:x:1:1::/:/x >~cust1/etc/shop.example/passwd'
printf 'shop.example: cust1\ncafe.example: cust2\n' >/etc/trueuserdomains
printf '*: nobody\nshop.example: cust1\ncafe.example: cust2\n' >/etc/userdomains
printf '#dbowners v1\ncust1_a: cust1\n' >/etc/dbowners
chmod 0640 /etc/trueuserdomains /etc/userdomains /etc/dbowners
"#;

/// MariaDB with its data in a folder of its own; the host's clients find it by their settings.
struct Mariadb {
    dir: tempfile::TempDir,
    child: Child,
}

impl Mariadb {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(dir.path(), mode).unwrap();
        let data = format!("--datadir={}", dir.path().join("data").display());
        let made = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--user=mysql", &data])
            .arg("--auth-root-authentication-method=normal")
            .env("TMPDIR", dir.path())
            .output()
            .expect("a MariaDB server: apt-get install -y --no-install-recommends mariadb-server");
        assert!(made.status.success(), "{made:?}");
        let path = |name: &str| dir.path().join(name).display().to_string();
        let child = Command::new("mariadbd")
            .args(["--no-defaults", "--user=mysql", "--skip-networking", &data])
            .arg("--innodb-buffer-pool-size=16M")
            .arg(format!("--socket={}", path("socket")))
            .arg(format!("--pid-file={}", path("pid")))
            .arg(format!("--tmpdir={}", dir.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { dir, child };
        // Nobody gets in without a user: distributions remove what the installer leaves for trying out.
        let only_root = "DELETE FROM mysql.global_priv WHERE User = ''; FLUSH PRIVILEGES";
        eventually("the server answers", async || {
            let asked = Command::new("mariadb")
                .args(["--no-defaults", "-uroot", "-e", only_root, "-S"])
                .arg(server.socket())
                .output();
            asked.unwrap().status.success().then_some(())
        })
        .await;
        server
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }
}

impl Drop for Mariadb {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What the doctor says: its words, and the states of its lines by what they are about.
async fn doctor(host: &PrivateHost) -> (bool, String, BTreeMap<String, Vec<String>>) {
    let done = host.sh("/opt/hostseba-noc/agent.sh doctor").await;
    let told = text(&done);
    let mut lines = BTreeMap::<String, Vec<String>>::new();
    for line in told.lines() {
        let mut words = line.split_whitespace();
        if let (Some(state @ ("ok" | "MISS" | "-")), Some(name)) = (words.next(), words.next()) {
            let states = lines.entry(name.to_owned()).or_default();
            states.push(state.to_owned());
        }
    }
    (done.status.success(), told, lines)
}

/// The commands in it, as they stand there.
fn commands(told: &str) -> Vec<&str> {
    let lines = told.lines().map(str::trim);
    lines
        .filter_map(|line| line.strip_prefix("as root: "))
        .collect()
}

#[actix_web::test]
async fn the_doctors_commands_are_all_that_a_closed_host_needs() {
    let noc = Harness::start().await;
    let session = noc.login().await;
    let mariadb = Mariadb::start().await;
    let host = PrivateHost::start().await;
    let fixtures = noc_tests::linux_agent::root().join("tests/fixtures/agent");
    let report = fs::read(fixtures.join("litespeed/open/dev/shm/ols/status/.rtreport")).unwrap();
    fs::write(host.path("/home/rtreport"), report).unwrap();
    host.run(HOST).await;
    let client = format!("[client]\nsocket={}\n", mariadb.socket().display());
    fs::write(host.path("/etc/mysql/conf.d/zz-here.cnf"), client).unwrap();

    let url = noc.url("");
    let url = url.trim_end_matches('/');
    let install = noc.get("/install.sh").await.text().await.unwrap();
    fs::write(host.path("/home/install.sh"), install).unwrap();
    fs::write(host.path("/home/token"), noc.mint("closed-01").await).unwrap();
    host.run(&format!(
        "bash /home/install.sh --url {url} --interval 1 --counts no --groups no --token-file /home/token </dev/null"
    ))
    .await;

    let (fine, told, lines) = doctor(&host).await;
    assert!(!fine, "{told}");
    let missing: BTreeSet<&str> = lines
        .iter()
        .filter(|(_, states)| states.iter().any(|state| state == "MISS"))
        .map(|(name, _)| name.as_str())
        .collect();
    let closed = [
        "cpanel",
        "crons",
        "email-stats",
        "firewall",
        "inventory",
        "litespeed",
        "mail-queue",
        "mysql",
        "processes",
    ];
    assert_eq!(missing, BTreeSet::from(closed), "{told}");
    assert_eq!(lines["firewall"], ["MISS"; 3], "{told}");
    for source in [
        "/var/log/exim_mainlog",
        "/var/log/lfd.log",
        "/var/log/fail2ban.log",
        "/usr/local/apache/logs/",
        "/var/spool/cron/crontabs",
        "/dev/shm/ols/status",
        "/home/hostseba-noc/.my.cnf",
        "hidepid",
        "/usr/sbin/exim",
    ] {
        assert!(told.contains(source), "{source} is not named: {told}");
    }
    // It does not only say so: the reports say the same.
    let id = server(&noc, &session).await;
    let states = states_of(&noc, &session).await;
    for kind in closed
        .iter()
        .filter(|kind| !["inventory", "cpanel"].contains(kind))
    {
        assert_eq!(states[*kind], "no_permission", "{kind}: {states:?}");
    }
    // Of cPanel some is seen by everybody; what is not, its hint says.
    let agents = noc.get_json(&session, "/api/agents").await;
    let grants = agents["data"][0]["grants"].as_array().expect("grants");
    let cpanel = grants.iter().find(|grant| grant["kind"] == "cpanel");
    let hint = cpanel
        .and_then(|grant| grant["hint"].as_str())
        .unwrap_or_default();
    assert!(hint.contains("accounts"), "{cpanel:?}");

    let pasted = commands(&told);
    assert!(pasted.len() >= 9, "{pasted:#?}");
    for command in &pasted {
        let done = host.sh(command).await;
        assert!(done.status.success(), "{command}: {}", text(&done));
    }
    let restart = told
        .lines()
        .find_map(|line| line.strip_prefix("after the commands above, as root: "));
    let restart = restart.expect(&told).to_owned();
    let (fine, told, lines) = doctor(&host).await;
    assert!(fine && !told.contains("MISS"), "{told}");
    for kind in closed {
        assert!(lines[kind].iter().all(|state| state == "ok"), "{told}");
    }
    assert_eq!(lines["firewall"].len(), 3, "{told}");

    // The running agent has the groups that it had when it began: the last command ends it, and cron's line starts it.
    host.run(&restart).await;
    let running = "pgrep -u hostseba-noc -f '^bash /opt/hostseba-noc/agent.sh run'";
    eventually("it has stopped", async || {
        let found = host.sh(running).await;
        (!found.status.success()).then_some(())
    })
    .await;
    let cron = fs::read_to_string(host.path("/etc/cron.d/hostseba-noc-agent")).unwrap();
    let line = cron
        .lines()
        .find_map(|line| line.strip_prefix("* * * * * hostseba-noc "));
    let line = line.expect(&cron);
    host.run(&format!(
        "setpriv --reuid hostseba-noc --regid hostseba-noc --init-groups setsid bash -c '{line}' </dev/null >/dev/null 2>&1 &"
    ))
    .await;
    eventually("all of it is read", async || {
        let states = states_of(&noc, &session).await;
        let ok = |kind: &&str| states.get(*kind).is_some_and(|state| state == "ok");
        closed.iter().all(ok).then_some(())
    })
    .await;
    let queue = noc
        .get_json(&session, &format!("/api/servers/{id}/mail-queue"))
        .await;
    assert_eq!(queue["total"], 1, "{queue}");
    let cpanel = noc
        .get_json(&session, &format!("/api/servers/{id}/cpanel"))
        .await;
    assert_eq!(cpanel["accounts_active"], 2, "{cpanel}");
    let crons = noc
        .get_json(&session, &format!("/api/servers/{id}/crons"))
        .await;
    let jobs = crons["jobs"].as_array().expect("jobs");
    assert!(
        jobs.iter().any(|job| job["command"] == "/usr/bin/true"),
        "{crons}"
    );
    host.run("pkill -9 -u hostseba-noc").await;
}

async fn server(noc: &Harness, session: &noc_tests::Session) -> u64 {
    let list = noc.get_json(session, "/api/servers").await;
    list["data"][0]["id"].as_u64().expect("a server")
}

/// States of what the agent may read, by kind; waits for all kinds that it sends by itself.
async fn states_of(noc: &Harness, session: &noc_tests::Session) -> BTreeMap<String, String> {
    eventually("a report of every kind", async || {
        let list = noc.get_json(session, "/api/agents").await;
        let grants = list["data"][0]["grants"].as_array()?.clone();
        let state = |grant: &Value| {
            Some((
                grant["kind"].as_str()?.to_owned(),
                grant["state"].as_str()?.to_owned(),
            ))
        };
        let states: BTreeMap<String, String> = grants.iter().filter_map(state).collect();
        let known = states.iter().filter(|(kind, _)| *kind != "backups");
        known
            .into_iter()
            .all(|(_, state)| state != "no_data")
            .then_some(states)
    })
    .await
}
