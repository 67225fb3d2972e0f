//! The probes on a host of their own: mounts that only this test's processes see, over the real `/etc`, `/home`, spools
//! and logs, with the agent's user and customers' accounts. Root's part runs as root, the agent's as its user.

use super::{Probes, accepted, error_of};
use noc_pipeline::payload::Kind;
use serde_json::{Value, json};
use std::fs;
use std::process::Output;

/// Private mounts, users, and what the scripts below share.
const HOST: &str = r#"
set -euo pipefail
mount --make-rprivate /
cp -a /etc "$WORK/etc"; mount --bind "$WORK/etc" /etc
for folder in /home /var/log /var/spool /opt; do mount -t tmpfs -o mode=0755 none "$folder"; done
useradd --system --user-group --home-dir /home/hostseba-noc --no-create-home hostseba-noc
install -d -m 0750 -o hostseba-noc -g hostseba-noc /var/log/hostseba-noc{,/spool,/offsets,/run}
mkdir /opt/hostseba-noc; cp "$NOC_TEST_OPT"/*.sh /opt/hostseba-noc; chmod 0755 /opt/hostseba-noc/*.sh
export NOC_TEST_OPT=/opt/hostseba-noc
unset NOC_AGENT_STATE
chown root:hostseba-noc "$NOC_AGENT_COUNTS"; chmod 0750 "$NOC_AGENT_COUNTS"
as_agent_user() { setpriv --reuid hostseba-noc --regid hostseba-noc --init-groups -- "$@"; }
probe() { as_agent_user bash /opt/hostseba-noc/probe.sh probe "$1"; }
doctor() { as_agent_user bash /opt/hostseba-noc/probe.sh doctor "$1"; }
count() { /opt/hostseba-noc/agent-hosting.sh counts; }
step() { printf '\n@%s\n' "$1"; }
"#;

/// Runs a script on a private host, and gives what it printed after each `step`.
pub(super) fn on_private_host(probes: &Probes, script: &str) -> Vec<(String, String)> {
    let mut command = probes.command("unshare");
    command.args(["--mount", "bash", "-c", &format!("{HOST}\n{script}")]);
    let done: Output = command.env("WORK", probes.path("")).output().unwrap();
    let text = String::from_utf8(done.stdout.clone()).unwrap();
    assert!(
        done.status.success(),
        "{}: {text}\n{}",
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    let steps = text.split("\n@").skip(1);
    let steps = steps.map(|step| step.split_once('\n').unwrap_or((step, "")));
    steps
        .map(|(name, said)| (name.to_owned(), said.trim().to_owned()))
        .collect()
}

pub(super) fn said<'a>(steps: &'a [(String, String)], step: &str) -> &'a str {
    let found = steps.iter().find(|(name, _)| name == step);
    &found
        .unwrap_or_else(|| panic!("no step {step} in {steps:?}"))
        .1
}

pub(super) fn report(steps: &[(String, String)], step: &str) -> Value {
    let body = said(steps, step);
    serde_json::from_str(&format!("{{{body}}}"))
        .unwrap_or_else(|error| panic!("{step}: {error}: {body}"))
}

/// Accounts, mailboxes and databases that only root sees. What an account lays in the way harms nobody.
#[test]
fn cpanel_as_root_counts_and_the_agent_reads() {
    let probes = Probes::new();
    let steps = on_private_host(
        &probes,
        r#"
mount -t tmpfs -o mode=0755 none /var; mkdir -p /var/cpanel /var/log
install -d -m 0750 -o hostseba-noc -g hostseba-noc /var/log/hostseba-noc{,/spool,/offsets,/run}
for user in cust1 cust2 cust3; do useradd --create-home --home-dir "/home/$user" "$user"; chmod 0700 "/home/$user"; done
umask 022
mount -t tmpfs -o mode=0755 none /usr/local; mkdir -p /usr/local/cpanel; echo 11.118.0.20 >/usr/local/cpanel/version
printf 'products: cpanel\nlicense_expire_time: 1924992000\n' >/usr/local/cpanel/cpanel.lisc; chmod 0600 /usr/local/cpanel/cpanel.lisc
printf 'customer1.example: cust1\ncustomer2.example: cust2\ncustomer3.example: cust3\n' >/etc/trueuserdomains
printf '*: nobody\ncustomer1.example: cust1\naddon.example: cust1\ncustomer2.example: cust2\ncustomer3.example: cust3\n' >/etc/userdomains
chmod 0640 /etc/trueuserdomains /etc/userdomains
printf '#dbowners v1\ncust1_a: cust1\ncust2_b: cust2\n' >/etc/dbowners; chmod 0640 /etc/dbowners
mailbox() { # account, domain, lines
  setpriv --reuid "$1" --regid "$1" --clear-groups mkdir -p "/home/$1/etc/$2"
  for ((n = 0; n < $3; n++)); do echo "box$n:x:1001:1001::/home/$1/mail/$2/box$n"; done >"/home/$1/etc/$2/passwd"
  chown "$1:$1" "/home/$1/etc/$2/passwd"; chmod 0640 "/home/$1/etc/$2/passwd"
}
mailbox cust1 customer1.example 3; mailbox cust1 addon.example 2
# One account points at a file of root's that has lines enough, another lays a pipe that nobody ever writes to.
mailbox cust2 customer2.example 1; ln -sf /etc/shadow /home/cust2/etc/customer2.example/passwd
mailbox cust3 customer3.example 1; rm /home/cust3/etc/customer3.example/passwd; mkfifo /home/cust3/etc/customer3.example/passwd
step alone; probe cpanel
step missing; doctor cpanel
step counting; count || true; stat -c '%U:%G %a' "$NOC_AGENT_COUNTS/cpanel"
step counted; probe cpanel
step granted; doctor cpanel
step domains; probe inventory
step inventory-doctor; doctor inventory
step old; touch -d '5 hours ago' "$NOC_AGENT_COUNTS/cpanel"; probe cpanel
"#,
    );
    let alone = report(&steps, "alone");
    accepted(Kind::Cpanel, &alone);
    for name in [
        "accounts_active",
        "accounts_suspended",
        "email_accounts",
        "databases",
        "domains",
        "license_expires_on",
    ] {
        assert_eq!(alone[name], Value::Null, "{name} cannot be seen");
    }
    assert_eq!(alone["license_status"], json!("active"));
    assert_eq!(
        alone["hint"],
        json!(
            "seen by root alone: accounts, suspended, email accounts, domains, databases; see agent.sh doctor"
        )
    );
    assert!(said(&steps, "missing").contains("agent-hosting.sh counts"));

    assert_eq!(
        said(&steps, "counting").lines().last().unwrap(),
        "root:hostseba-noc 640"
    );
    let counted = report(&steps, "counted");
    accepted(Kind::Cpanel, &counted);
    let right = json!({"version": "11.118.0.20", "accounts_active": 3, "accounts_suspended": 0, "email_accounts": 5,
        "databases": 2, "domains": 4, "license_status": "active", "license_expires_on": "2031-01-01"});
    assert_eq!(counted, right);
    assert!(said(&steps, "granted").starts_with("ok"), "{steps:?}");

    let inventory = report(&steps, "domains");
    accepted(Kind::Inventory, &inventory);
    let names = inventory["mail_domains"].as_array().unwrap();
    assert_eq!(names.len(), 4);
    assert_eq!(
        names[0],
        json!({"domain": "customer1.example", "dkim_selector": null})
    );
    assert_eq!(inventory["panel"], json!("cPanel 11.118.0.20"));
    assert!(!said(&steps, "inventory-doctor").contains("MISS"));
    assert_eq!(report(&steps, "old")["accounts_active"], Value::Null);
}

/// What the programs and the kernel say of this host, compared with what the probe says.
#[test]
fn inventory_is_this_host() {
    let probes = Probes::new();
    let steps = on_private_host(
        &probes,
        r#"
ln -sf /usr/share/zoneinfo/Asia/Dhaka /etc/localtime; rm -f /etc/timezone
# Servers that other tests run are not of this host.
alone() { unshare --pid --fork --mount-proc "$@"; }
probe() { alone setpriv --reuid hostseba-noc --regid hostseba-noc --init-groups -- bash /opt/hostseba-noc/probe.sh probe "$1"; }
echo 0123456789abcdef0123456789abcdef >/etc/machine-id
step first; probe inventory
step again; probe inventory
step changed; echo fedcba9876543210fedcba9876543210 >/etc/machine-id; probe inventory
step doctor; doctor inventory
step hash; printf 'hostseba-noc:0123456789abcdef0123456789abcdef' | sha256sum | cut -d' ' -f1
step btime; sed -n 's/^btime //p' /proc/stat
step kernel; uname -r
step host; uname -n
step source; ip -o -4 route get 203.0.113.1 2>/dev/null | grep -o 'src [0-9.]*' | cut -d' ' -f2 || true
step addresses; ip -o -4 addr show scope global | awk '$2 !~ /^(docker|veth|br-)/ { print $4 }' | cut -d/ -f1 | sort -u
step exim; exim4 -bV | sed -n 's/^Exim version \([^ ]*\) .*/\1/p'
step kernels; mkdir -p "$WORK/host/boot" "$WORK/host/lib/modules/6.1.0-18-amd64"
cd "$WORK/host/boot"; touch vmlinuz-6.1.0-18-amd64 vmlinuz-6.1.0-9-amd64 vmlinuz-6.1.0-21-amd64 vmlinuz-6.9.0-1-cloud-amd64
export NOC_AGENT_HOST_ROOT=$WORK/host
source /opt/hostseba-noc/agent.sh; source /opt/hostseba-noc/agent-hosting.sh
kernel_installed k 6.1.0-18-amd64; echo "$k"
kernel_installed k 6.18.0-of-the-provider; echo "none:$k"
rm vmlinuz-*; touch vmlinuz-5.14.0-362.8.1.el9_3.x86_64 vmlinuz-5.14.0-70.el9.x86_64 vmlinuz-0-rescue-0123456789abcdef
touch vmlinuz-5.15.0-205.149.5.1.el9uek.x86_64
kernel_installed k 5.14.0-70.el9.x86_64; echo "$k"
"#,
    );
    let first = report(&steps, "first");
    accepted(Kind::Inventory, &first);
    assert_eq!(first["timezone"], json!("Asia/Dhaka"));
    assert_eq!(first["machine_id_hash"], Value::from(said(&steps, "hash")));
    assert_eq!(first["kernel_running"], Value::from(said(&steps, "kernel")));
    let name = first["hostname"].as_str().unwrap();
    assert!(
        name == said(&steps, "host") || name.starts_with(&format!("{}.", said(&steps, "host")))
    );
    let boot = chrono::DateTime::parse_from_rfc3339(first["boot_at"].as_str().unwrap()).unwrap();
    assert_eq!(boot.timestamp().to_string(), said(&steps, "btime"));
    let four = |list: &Value| -> Vec<String> {
        let all = list
            .as_array()
            .unwrap()
            .iter()
            .map(|a| a.as_str().unwrap().to_owned());
        all.filter(|a| !a.contains(':')).collect()
    };
    let addresses: Vec<&str> = said(&steps, "addresses").lines().collect();
    assert_eq!(four(&first["addresses"]), addresses);
    let outbound: Vec<&str> = said(&steps, "source").lines().collect();
    assert_eq!(four(&first["outbound_addresses"]), outbound);
    assert_eq!(
        first["mta"],
        Value::from(format!("exim {}", said(&steps, "exim")))
    );
    assert_eq!(first["spool_files"], json!(0));

    assert_eq!(said(&steps, "again"), "", "nothing changed");
    let changed = report(&steps, "changed");
    assert_ne!(changed["machine_id_hash"], first["machine_id_hash"]);
    assert!(said(&steps, "doctor").starts_with("ok"));
    let kernels: Vec<&str> = said(&steps, "kernels").lines().collect();
    assert_eq!(
        kernels,
        ["6.1.0-21-amd64", "none:", "5.14.0-362.8.1.el9_3.x86_64"]
    );
}

/// The commands that the doctor prints are pasted into root's shell; then nothing is missing any more.
#[tokio::test]
async fn the_doctors_commands_let_the_agent_into_mysql() {
    let server = super::mysql::Server::start(1).await;
    let mut probes = Probes::new();
    probes.set("SOCKET", server.socket().to_str().unwrap());
    let steps = on_private_host(
        &probes,
        r#"
# Where every client of this host finds its server.
printf '[client]\nsocket=%s\n' "$SOCKET" >/etc/mysql/conf.d/zz-here.cnf
# A server that lets anybody in gives no rights to nobody.
mysql -e "CREATE USER ''@localhost"; step nobody; doctor mysql; mysql -e "DROP USER ''@localhost"
step before; probe mysql
# The agent's user laid a link where root is to write.
echo roots own >/etc/precious; chmod 0600 /etc/precious
install -d -o hostseba-noc /home/hostseba-noc; as_agent_user ln -s /etc/precious /home/hostseba-noc/.my.cnf
step missing; doctor mysql | tee "$WORK/doctor" || true
step pasted; sed -n 's/^ *as root: //p' "$WORK/doctor" >"$WORK/commands"; wc -l <"$WORK/commands"; bash -e "$WORK/commands"
step file; stat -c '%U:%G %a %F' /home/hostseba-noc/.my.cnf /home/hostseba-noc
step precious; stat -c '%U:%G %a' /etc/precious; cat /etc/precious
step after; probe mysql
step fine; doctor mysql
chmod 0600 /home/hostseba-noc/.my.cnf
step closed; doctor mysql | tee "$WORK/doctor"; sed -n 's/^ *as root: //p' "$WORK/doctor" | bash -e
step open; doctor mysql
"#,
    );
    let nobody = said(&steps, "nobody");
    assert!(
        nobody.contains("CREATE USER IF NOT EXISTS monitor_ro"),
        "{nobody}"
    );
    assert!(!nobody.contains("''@"), "{nobody}");
    assert_eq!(error_of(&report(&steps, "before")), "no_permission");
    assert!(said(&steps, "missing").contains("MISS"));
    assert_eq!(said(&steps, "pasted"), "1");
    assert_eq!(
        said(&steps, "file"),
        "root:hostseba-noc 640 regular file\nroot:hostseba-noc 750 directory"
    );
    assert_eq!(said(&steps, "precious"), "root:root 600\nroots own");
    let after = report(&steps, "after");
    accepted(Kind::Mysql, &after);
    assert_eq!(after["replication"]["role"], json!("none"));
    assert_eq!(said(&steps, "fine").matches("ok ").count(), 2);
    assert!(said(&steps, "closed").starts_with("MISS"), "{steps:?}");
    assert_eq!(said(&steps, "open"), said(&steps, "fine"));
    assert!(
        !fs::exists("/home/hostseba-noc").unwrap(),
        "the host itself is untouched"
    );
}
