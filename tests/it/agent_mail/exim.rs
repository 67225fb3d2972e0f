//! A real exim: its queue as the agent reports it, and what was sent as its log tells it.

use super::world::{World, now};
use noc_tests::age;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::write;
use std::path::PathBuf;

/// Recipients that exim is to be seen to send to, put off and fail, by domain, login and script.
#[derive(Default, Debug, PartialEq)]
struct Truth {
    messages: i64,
    recipients: i64,
    deferred: i64,
    bounced: i64,
}

struct Exim {
    world: World,
    log: PathBuf,
}

async fn start() -> Exim {
    let mut world = World::start("exim.sh", &[]).await;
    world
        .scripts
        .set("EXIM_PROGRAMS=/usr/sbin/exim4 EXIM_LOGS=/var/log/exim4/mainlog");
    let log = world.folder.join("log/mainlog");
    Exim { world, log }
}

impl Exim {
    /// The same for each of exim's own words: `-bpc`, `-bp` ...
    fn says(&self, option: &str) -> String {
        self.world.scripts.run(&format!("exim4 {option}"))
    }

    async fn mail(&self) {
        let user = Some(("user@customer1.test", "secret"));
        let sales = Some(("Sales@customer2.test", "secret"));
        let world = &self.world;
        assert!(world.send("user@customer1.test", &["a@ok.test", "b@ok.test"], user));
        assert!(world.send(
            "sales@Customer2.test",
            &["g@defer.test", "h@defer.test", "k@ok.test"],
            sales
        ));
        assert!(world.send("sales@customer2.test", &["nouser@fail.test"], sales));
        assert!(world.send("other@elsewhere.test", &["\"quoted local\"@ok.test"], user));
        assert!(world.send("user@customer1.test", &["x@refuse.test"], user));
        // One of these stays on the host.
        assert!(world.send(
            "user@customer1.test",
            &["info@customer1.test", "z@ok.test"],
            user
        ));
        // A bounce that cannot be delivered freezes; bounces and strangers' mail are nobody's here.
        assert!(world.send("", &["nouser@fail.test"], user));
        assert!(world.send("ext@sender.test", &["info@customer1.test"], None));
        assert!(!world.send(
            "user@customer1.test",
            &["a@ok.test"],
            Some(("user@customer1.test", "wrong"))
        ));
        // A script of an account, in its own folder.
        world.scripts.act(
            "cd /home/cust1/public_html && printf 'Subject: s\n\nx\n' | setpriv --reuid cust1 --regid cust1 --clear-groups exim4 -i p@ok.test q@ok.test r@defer.test",
        );
        for (text, times) in [
            (" == ", 4),
            (" ** ", 2),
            ("Completed", 6),
            ("Frozen", 1),
            ("535 ", 1),
        ] {
            world.logged(&self.log, text, times).await;
        }
    }
}

#[actix_rt::test]
async fn the_queue_is_what_exim_says_it_is() {
    let mut exim = start().await;
    exim.mail().await;
    let now = now().timestamp();
    let scripts = &exim.world.scripts;
    let report = scripts.report("mail-queue");
    let listing = exim.says("-bp");
    let total: i64 = exim.says("-bpc").trim().parse().unwrap();
    assert!(total >= 4, "{listing}");
    assert_eq!(report.len(), 1);
    assert_eq!(report[0]["mta"], "exim");
    assert_eq!(report[0]["total"], total, "{listing}");
    assert_eq!(
        report[0]["frozen"],
        listing.matches("*** frozen ***").count()
    );
    assert_eq!(report[0]["frozen"], 1);
    assert_eq!(
        report[0]["deferred"], 0,
        "none is older than the first retry: {listing}"
    );
    let mut senders: BTreeMap<String, i64> = BTreeMap::new();
    for line in listing.lines().filter(|line| line.contains('<')) {
        let sender = line.split(['<', '>']).nth(1).unwrap();
        *senders
            .entry(sender.rsplit('@').next().unwrap().to_lowercase())
            .or_default() += 1;
    }
    let told: BTreeMap<String, i64> = report[0]["top_senders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sender| {
            (
                sender["domain"].as_str().unwrap().into(),
                sender["count"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, senders);

    // As if they had come twenty minutes, and two days, ago: what exim then says of them.
    let aged = scripts.run(&format!(
        "cd /var/spool/exim4/input || exit; n=0; for h in *-H; do grep -q frozen $h && continue; n=$((n + 1))
         ((n == 1)) && old={two_days} || old={minutes}; sed -i \"4s/.*/$old 0/\" $h; done; echo $n",
        two_days = now - 2 * 86_400 - 3_600,
        minutes = now - 20 * 60 - 5,
    ));
    let report = &scripts.report("mail-queue")[0];
    let listing = exim.says("-bp");
    assert_eq!(
        report["deferred"],
        aged.trim().parse::<i64>().unwrap(),
        "{listing}"
    );
    assert_eq!(report["total"], total);
    assert_eq!(report["frozen"], 1);
    assert!(listing.contains("49h"), "{listing}");
    assert_eq!(report["oldest_age_s"], 49 * 3_600);
    scripts.act("exim4 -bp | exiqgrep -i 2>/dev/null; exim4 -Mrm $(exim4 -bp | awk 'NF > 2 && $3 ~ /-/ { print $3 }') >/dev/null");
    assert_eq!(exim.says("-bpc").trim(), "0");
    let empty = json!({"mta": "exim", "total": 0, "frozen": 0, "deferred": 0, "oldest_age_s": 0, "top_senders": [], "bounces_1h": null});
    assert_eq!(scripts.report("mail-queue"), [empty]);
    exim.world.stop().await;
}

/// exim lists its queue to its admins alone: that is no queue of nothing, and root's timer is the way out.
#[actix_rt::test]
async fn without_rights_the_queue_is_unknown_until_root_counts_it() {
    let mut exim = start().await;
    exim.mail().await;
    let scripts = &mut exim.world.scripts;
    let by_root = scripts.report("mail-queue");
    scripts.act("counts; chmod -R go+rX \"${COUNTS%/*}\"; mv \"$COUNTS/mail-queue\" \"$STATE/kept\"; chmod -R 777 \"$STATE\"");
    let within = exim.world.within();
    let scripts = &mut exim.world.scripts;
    scripts.set_within(&[
        &within[0],
        &within[1],
        "setpriv",
        "--reuid",
        "nobody",
        "--regid",
        "nogroup",
        "--clear-groups",
    ]);
    let refused = scripts.report("mail-queue");
    assert_eq!(refused[0]["kind_error"], "no_permission", "{refused:?}");
    assert!(
        refused[0]["hint"]
            .as_str()
            .unwrap()
            .contains("hostseba-noc-counts")
    );
    let doctor = scripts.run("doctor_mail_queue");
    assert!(doctor.starts_with("MISS  mail-queue"), "{doctor}");
    assert!(
        doctor.contains("as root: /opt/hostseba-noc/agent-hosting.sh counts; "),
        "{doctor}"
    );

    let counts = scripts.path("lib/counts/mail-queue");
    std::fs::rename(scripts.path("state/kept"), &counts).unwrap();
    assert_eq!(scripts.report("mail-queue"), by_root);
    assert!(
        scripts
            .run("doctor_mail_queue")
            .starts_with("ok    mail-queue")
    );
    age(&counts, 1_000);
    let stale = scripts.report("mail-queue");
    assert_eq!(stale[0]["kind_error"], "timeout", "{stale:?}");
    exim.world.stop().await;
}

#[actix_rt::test]
async fn what_was_sent_is_what_was_handed_to_exim() {
    let mut exim = start().await;
    // Reading begins in an hour before these mails, so theirs is whole.
    let before = now() - chrono::Duration::hours(2);
    write(
        &exim.log,
        format!(
            "{} Start queue run: pid=1\n",
            before.format("%Y-%m-%d %H:%M:%S")
        ),
    )
    .unwrap();
    exim.world
        .scripts
        .act("chown Debian-exim: /var/log/exim4/mainlog");
    exim.mail().await;
    let now = now().timestamp();
    let scripts = &mut exim.world.scripts;
    scripts.set_clock(now + 1);
    let running = scripts.report("email-stats");
    assert_eq!(running.last().unwrap()["complete"], false);
    scripts.commit("email-stats");
    // Failed for good: one of a customer and a bounce.
    assert_eq!(scripts.report("mail-queue")[0]["bounces_1h"], 2);

    scripts.set_clock(now + 7_200);
    let reports = scripts.report("email-stats");
    let complete: Vec<&Value> = reports
        .iter()
        .filter(|report| report["complete"] == true)
        .collect();
    assert!(complete.len() >= 2, "{reports:?}");
    let sum = |list: &str, name: &str, key: &str| {
        let mut truth = Truth::default();
        for entry in complete
            .iter()
            .flat_map(|report| report[list].as_array().unwrap())
        {
            if entry[name] == key {
                let add = |field: &str| entry[field].as_i64().unwrap_or_default();
                truth.messages += add("messages");
                truth.recipients += add("recipients");
                truth.deferred += add("deferred") + add("failures");
                truth.bounced += add("bounced");
            }
        }
        truth
    };
    let truth = |messages, recipients, deferred, bounced| Truth {
        messages,
        recipients,
        deferred,
        bounced,
    };
    assert_eq!(
        sum("domains", "domain", "customer1.test"),
        truth(3, 4, 1, 0)
    );
    assert_eq!(
        sum("domains", "domain", "customer2.test"),
        truth(2, 4, 2, 1)
    );
    assert_eq!(
        sum("domains", "domain", "elsewhere.test"),
        truth(1, 1, 0, 0)
    );
    assert_eq!(sum("domains", "domain", "mail.test"), truth(1, 3, 1, 0));
    // A login's failures are what was put off or failed.
    assert_eq!(
        sum("logins", "login", "user@customer1.test"),
        truth(4, 5, 1, 0)
    );
    assert_eq!(
        sum("logins", "login", "sales@customer2.test"),
        truth(2, 4, 3, 0)
    );
    assert_eq!(
        sum("scripts", "path", "/home/cust1/public_html"),
        truth(1, 3, 0, 0)
    );
    for list in ["domains", "logins", "scripts"] {
        let entries = complete
            .iter()
            .flat_map(|report| report[list].as_array().unwrap());
        let expected = match list {
            "domains" => 4,
            "logins" => 2,
            _ => 1,
        };
        assert!(entries.clone().count() >= expected, "{reports:?}");
        for entry in entries {
            if list == "logins" {
                assert_eq!(entry["ips"], json!(["127.0.0.1"]));
            }
            if list == "scripts" {
                assert_eq!(entry["account"], "cust1");
            }
        }
    }
    let wrong: i64 = complete
        .iter()
        .flat_map(|report| report["logins"].as_array().unwrap())
        .map(|login| login["auth_failures"].as_i64().unwrap())
        .sum();
    assert_eq!(wrong, 1);
    scripts.commit("email-stats");
    // Told once: nothing of it comes again.
    let after = scripts.report("email-stats");
    assert!(
        after.iter().all(|report| report["domains"] == json!([])),
        "{after:?}"
    );
    exim.world.stop().await;
}
