//! A real Postfix: its queue as the agent reports it, and what was sent as its log tells it.

use super::world::{World, now, package};
use serde_json::{Value, json};
use std::path::PathBuf;

struct Postfix {
    world: World,
    root: PathBuf,
}

async fn start() -> Postfix {
    let mut world = World::start("postfix.sh", &[&package("postfix")]).await;
    let root = world.folder.join("root");
    let enter = format!("exec chroot {}", root.display());
    world
        .scripts
        .program("postqueue", &format!("{enter} /usr/sbin/postqueue \"$@\""));
    // The words of Postfix 3.0 and before for what it does not know.
    world.scripts.program(
        "old",
        &format!("[[ $1 == -j ]] && {{ echo 'postqueue: invalid option -- j' >&2; exit 64; }}; {enter} /usr/sbin/postqueue \"$@\""),
    );
    world.scripts.program(
        "nobodys",
        &format!(
            "exec chroot --userspec=65534:65534 {} /usr/sbin/postqueue \"$@\"",
            root.display()
        ),
    );
    let at = |name: &str| world.scripts.path(name).display().to_string();
    let settings = format!(
        "POSTQUEUE_PROGRAMS={} POSTFIX_LOGS={}/var/log/maillog",
        at("postqueue"),
        root.display()
    );
    world.scripts.set(&settings);
    Postfix { world, root }
}

impl Postfix {
    fn says(&self, command: &str) -> String {
        self.world.scripts.run(&format!(
            "chroot {} /usr/sbin/{command}",
            self.root.display()
        ))
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
        assert!(world.send(
            "user@customer1.test",
            &["info@customer1.test", "z@ok.test"],
            user
        ));
        // The mail system's own, put off.
        assert!(world.send("", &["g@defer.test"], user));
        assert!(world.send("ext@sender.test", &["info@customer1.test"], None));
        assert!(!world.send(
            "user@customer1.test",
            &["a@ok.test"],
            Some(("user@customer1.test", "wrong"))
        ));
        world.scripts.act(&format!(
            "chroot --userspec=3911:3911 {} /bin/sh -c \"printf 'Subject: s\\n\\nx\\n' | /usr/sbin/sendmail -f cust1@customer1.test q@ok.test r@ok.test\"",
            self.root.display()
        ));
        let log = self.root.join("var/log/maillog");
        for (text, times) in [
            ("status=deferred", 4),
            ("status=bounced", 1),
            ("status=sent", 10),
            ("authentication failed", 1),
        ] {
            world.logged(&log, text, times).await;
        }
        world.logged(&log, ": removed", 7).await;
    }
}

#[actix_rt::test]
async fn the_queue_is_what_postfix_says_it_is() {
    let mut postfix = start().await;
    postfix.mail().await;
    let queue = |postfix: &Postfix| -> Vec<Value> {
        let lines = postfix.says("postqueue -j");
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let held = queue(&postfix)[0]["queue_id"].as_str().unwrap().to_owned();
    let (out, _) = postfix.world.scripts.try_run(&format!(
        "chroot {} /usr/sbin/postsuper -h {held}",
        postfix.root.display()
    ));
    assert_eq!(out, "");
    let listed = queue(&postfix);
    assert_eq!(listed.len(), 3, "{listed:?}");
    let now = now().timestamp() + 100;
    postfix.world.scripts.set_clock(now);
    let count = |name: &str| {
        listed
            .iter()
            .filter(|message| message["queue_name"] == name)
            .count()
    };
    let oldest = listed
        .iter()
        .map(|message| message["arrival_time"].as_i64().unwrap())
        .min()
        .unwrap();
    let mut expected = json!({
        "mta": "postfix", "total": 3, "frozen": count("hold"), "deferred": count("deferred"),
        "oldest_age_s": now - oldest, "bounces_1h": null,
        "top_senders": [{"domain": "", "count": 1}, {"domain": "customer1.test", "count": 1}, {"domain": "customer2.test", "count": 1}],
    });
    assert_eq!(expected["frozen"], 1);
    assert_eq!(expected["deferred"], 2);
    assert_eq!(
        postfix.world.scripts.report("mail-queue"),
        [expected.clone()]
    );
    // By the eyes of a user without rights, and as a Postfix without JSON shows it.
    for program in ["nobodys", "old"] {
        let path = postfix.world.scripts.path(program).display().to_string();
        postfix
            .world
            .scripts
            .set(&format!("POSTQUEUE_PROGRAMS={path}"));
        assert_eq!(
            postfix.world.scripts.report("mail-queue"),
            [expected.clone()],
            "{program}"
        );
    }
    drop(postfix.world.scripts.try_run(&format!(
        "chroot {} /usr/sbin/postsuper -d ALL",
        postfix.root.display()
    )));
    for part in ["total", "frozen", "deferred", "oldest_age_s"] {
        expected[part] = json!(0);
    }
    expected["top_senders"] = json!([]);
    for program in ["postqueue", "old"] {
        let path = postfix.world.scripts.path(program).display().to_string();
        postfix
            .world
            .scripts
            .set(&format!("POSTQUEUE_PROGRAMS={path}"));
        assert_eq!(
            postfix.world.scripts.report("mail-queue"),
            [expected.clone()],
            "{program}"
        );
    }
    postfix.world.stop().await;
}

/// With Postfix down, its queue is listed to root alone.
#[actix_rt::test]
async fn a_mail_system_that_is_down_is_no_empty_queue() {
    let mut postfix = start().await;
    postfix.mail().await;
    let by_root = postfix.world.scripts.report("mail-queue");
    drop(postfix.world.scripts.try_run(&format!(
        "chroot {} /usr/sbin/postfix stop",
        postfix.root.display()
    )));
    let path = postfix.world.scripts.path("nobodys").display().to_string();
    let root = postfix
        .world
        .scripts
        .path("postqueue")
        .display()
        .to_string();
    postfix
        .world
        .scripts
        .set(&format!("POSTQUEUE_PROGRAMS={path}"));
    let down = postfix.world.scripts.report("mail-queue");
    assert_eq!(down[0]["kind_error"], "collector_error", "{down:?}");
    assert!(
        down[0]["hint"]
            .as_str()
            .unwrap()
            .contains("systemctl start postfix"),
        "{down:?}"
    );
    postfix
        .world
        .scripts
        .set(&format!("POSTQUEUE_PROGRAMS={root}"));
    assert_eq!(
        postfix.world.scripts.report("mail-queue")[0]["total"],
        by_root[0]["total"]
    );
    postfix.world.stop().await;
}

#[actix_rt::test]
async fn what_was_sent_is_what_was_handed_to_postfix() {
    let mut postfix = start().await;
    postfix.mail().await;
    let log = postfix.root.join("var/log/maillog");
    // Reading begins in an hour before these mails, so theirs is whole.
    let before = now() - chrono::Duration::hours(2);
    let lines = std::fs::read_to_string(&log).unwrap();
    let first = before.format("%b %e %H:%M:%S mail postfix/master[1]: daemon started\n");
    std::fs::write(&log, format!("{first}{lines}")).unwrap();
    let scripts = &mut postfix.world.scripts;
    let passwd = postfix.root.join("etc/passwd").display().to_string();
    scripts.set(&format!("PASSWD={passwd}"));
    let now = now().timestamp();
    scripts.set_clock(now + 1);
    drop(scripts.report("email-stats"));
    scripts.commit("email-stats");
    assert_eq!(scripts.report("mail-queue")[0]["bounces_1h"], 1);
    scripts.set_clock(now + 7_200);
    let reports = scripts.report("email-stats");
    let entries = |list: &str| -> Vec<Value> {
        let lists = reports.iter().filter(|report| report["complete"] == true);
        lists
            .flat_map(|report| report[list].as_array().unwrap().clone())
            .collect()
    };
    let sum = |list: &str, key: &str, field: &str| -> i64 {
        let of = |entry: &Value| {
            [&entry["domain"], &entry["login"], &entry["path"]].contains(&&json!(key))
        };
        entries(list)
            .iter()
            .filter(|entry| of(entry))
            .map(|entry| entry[field].as_i64().unwrap())
            .sum()
    };
    let truth = [
        (
            "domains",
            "customer1.test",
            [
                ("messages", 4),
                ("recipients", 6),
                ("deferred", 1),
                ("bounced", 0),
            ],
        ),
        (
            "domains",
            "customer2.test",
            [
                ("messages", 2),
                ("recipients", 4),
                ("deferred", 2),
                ("bounced", 1),
            ],
        ),
        (
            "domains",
            "elsewhere.test",
            [
                ("messages", 1),
                ("recipients", 1),
                ("deferred", 0),
                ("bounced", 0),
            ],
        ),
        (
            "logins",
            "user@customer1.test",
            [
                ("messages", 4),
                ("recipients", 5),
                ("failures", 1),
                ("auth_failures", 1),
            ],
        ),
        (
            "logins",
            "sales@customer2.test",
            [
                ("messages", 2),
                ("recipients", 4),
                ("failures", 3),
                ("auth_failures", 0),
            ],
        ),
    ];
    for (list, key, fields) in truth {
        for (field, value) in fields {
            assert_eq!(sum(list, key, field), value, "{key} {field}: {reports:?}");
        }
    }
    assert_eq!(sum("scripts", "user:cust1", "messages"), 1, "{reports:?}");
    assert_eq!(sum("scripts", "user:cust1", "recipients"), 2);
    assert_eq!(entries("scripts")[0]["account"], "cust1");
    postfix.world.stop().await;
}
