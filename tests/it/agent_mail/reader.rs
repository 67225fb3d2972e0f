//! Logs that others rotate are read once, whole, whatever happens to them.

use noc_tests::{AgentScripts, age};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::fs::{OpenOptions, copy, read_to_string, remove_file, rename, write};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

const ENOUGH: usize = 1_000_000;

/// A log, and the reader of it.
struct Log {
    scripts: AgentScripts,
    path: PathBuf,
    rotated: u64,
}

impl Log {
    fn new() -> Self {
        let scripts = AgentScripts::new();
        let path = scripts.path("log/x.log");
        Self {
            scripts,
            path,
            rotated: 0,
        }
    }

    fn append(&self, text: &str) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// What is new, at most so many bytes of it, and whether that was all, and whether lines are lost.
    fn look(&self, bytes: usize, back: usize) -> (String, bool, bool) {
        let out = self.scripts.run(&format!(
            "log_begin test; log_plan {} {bytes} {back} || exit; log_emit; log_commit test; printf '%s%s' \"$LOG_AT_END\" \"$LOG_GAP\"",
            self.path.display()
        ));
        let (text, flags) = out.split_at(out.len() - 2);
        (
            text.to_owned(),
            flags.starts_with('1'),
            flags.ends_with('1'),
        )
    }

    fn read(&self) -> String {
        let (text, _, _) = self.look(ENOUGH, 0);
        self.scripts.commit("test");
        text
    }

    /// Puts the log aside under the next name, as of long ago, in the order of rotations.
    fn rotate(&mut self, compress: bool) -> PathBuf {
        let aside = self.aside();
        rename(&self.path, &aside).unwrap();
        self.age(aside, compress)
    }

    fn aside(&mut self) -> PathBuf {
        self.rotated += 1;
        self.path
            .with_extension(format!("log-{:08}", 20_261_100 + self.rotated))
    }

    fn age(&self, file: PathBuf, compress: bool) -> PathBuf {
        let rotated = i64::try_from(self.rotated).unwrap();
        age(&file, 100_000 - rotated);
        if compress {
            assert!(Command::new("gzip").arg(&file).status().unwrap().success());
        }
        file
    }
}

#[test]
fn reading_begins_at_the_end_and_waits_for_the_rest_of_a_line() {
    let log = Log::new();
    log.append("old\nolder\nhal");
    assert_eq!(log.read(), "");
    log.append("f a line\nnew\nnot y");
    assert_eq!(log.read(), "half a line\nnew\n");
    assert_eq!(log.read(), "");
    log.append("et\n");
    assert_eq!(log.read(), "not yet\n");
}

#[test]
fn what_was_not_committed_is_read_again() {
    let log = Log::new();
    log.append("old\n");
    log.read();
    log.append("new\n");
    assert_eq!(log.look(ENOUGH, 0).0, "new\n");
    log.append("newer\n");
    assert_eq!(log.read(), "new\nnewer\n");
    assert_eq!(log.read(), "");
}

#[test]
fn a_rotated_log_is_read_to_its_end_first() {
    for compress in [false, true] {
        let mut log = Log::new();
        log.append("old\n");
        log.read();
        log.append("before\nunfinished");
        log.rotate(compress);
        log.append("after\n");
        assert_eq!(log.read(), "before\nunfinished\nafter\n", "{compress}");
        // Named as logrotate does by default.
        log.rotated += 1;
        log.append("one\n");
        rename(&log.path, log.path.with_extension("log.1")).unwrap();
        let first = log.age(log.path.with_extension("log.1"), compress);
        log.append("two\n");
        assert_eq!(log.read(), "one\ntwo\n");
        if !compress {
            remove_file(first).unwrap();
        }
    }
}

#[test]
fn a_log_that_is_copied_and_truncated_is_read_once() {
    for compress in [false, true] {
        let mut log = Log::new();
        log.append("the first line says which log this is\n");
        log.read();
        log.append("before\n");
        let aside = log.aside();
        copy(&log.path, &aside).unwrap();
        write(&log.path, "").unwrap();
        log.age(aside, compress);
        log.append("the first line of the next\n");
        assert_eq!(log.read(), "before\nthe first line of the next\n");
        assert_eq!(log.read(), "");
    }
}

#[test]
fn a_truncated_log_begins_anew_and_says_that_lines_are_lost() {
    let log = Log::new();
    log.append("some lines\nof a log\n");
    log.read();
    write(&log.path, "anew\n").unwrap();
    assert_eq!(log.look(ENOUGH, 0), ("anew\n".into(), true, true));
    log.scripts.commit("test");
    // As long as before, so that only what it begins with tells.
    write(&log.path, "else\n").unwrap();
    assert_eq!(log.look(ENOUGH, 0), ("else\n".into(), true, true));
}

#[test]
fn a_renamed_log_is_left_when_its_writers_have_let_go_of_it() {
    let log = Log::new();
    log.append("old\n");
    log.read();
    log.append("before\n");
    let aside = log.path.with_extension("log.1");
    rename(&log.path, &aside).unwrap();
    log.append("after\n");
    assert_eq!(log.read(), "before\n");
    let mut file = OpenOptions::new().append(true).open(&aside).unwrap();
    file.write_all(b"late\n").unwrap();
    assert_eq!(log.read(), "late\n");
    age(&aside, 61);
    assert_eq!(log.read(), "after\n");
}

#[test]
fn a_line_without_end_is_cut_and_the_rest_of_it_skipped() {
    let log = Log::new();
    log.append("old\n");
    log.read();
    log.append("before\n");
    log.append(&"z".repeat(200_000));
    assert_eq!(log.read().len(), "before\n".len() + 200_000);
    log.append(&"z".repeat(200_000));
    assert_eq!(log.read(), "");
    log.append("zzz\nafter\n");
    assert_eq!(log.read(), "after\n");
    log.append("nul \0 byte\n");
    assert_eq!(log.read(), "nul   byte\n");
}

#[test]
fn at_first_sight_it_looks_back_so_far_and_no_further() {
    let log = Log::new();
    log.append("first line\nsecond line\nthird line\n");
    assert_eq!(log.look(ENOUGH, 15).0, "third line\n");
    assert_eq!(
        log.look(ENOUGH, ENOUGH).0,
        "first line\nsecond line\nthird line\n"
    );
}

#[test]
fn a_log_in_a_closed_folder_is_not_taken_for_missing() {
    let log = Log::new();
    log.append("x\n");
    let seen = |path: PathBuf, user: &str| {
        let mut scripts = AgentScripts::new();
        scripts.set_within(&["setpriv", "--reuid", user, "--clear-groups"]);
        scripts.run(&format!("log_seen {}; echo $?", path.display()))
    };
    let folder = log.path.parent().unwrap().to_owned();
    assert_eq!(seen(log.path.clone(), "nobody"), "0\n");
    assert_eq!(seen(folder.join("other"), "nobody"), "1\n");
    Command::new("chmod")
        .arg("0700")
        .arg(&folder)
        .status()
        .unwrap();
    assert_eq!(seen(log.path.clone(), "nobody"), "2\n");
    assert_eq!(seen(folder.join("other"), "nobody"), "2\n");
    assert_eq!(seen(folder.join("no/such/folder/log"), "nobody"), "2\n");
}

/// Each reading that is killed halves the next, so that a log too large for its time is read all the same.
#[test]
fn readings_that_do_not_end_in_time_become_smaller() {
    let log = Log::new();
    log.append("x\n");
    log.read();
    log.append(&"0123456789\n".repeat(100_000));
    for bytes in [800_000, 400_000, 200_000] {
        let begun = format!(
            "log_begin test; log_plan {} 800000; log_emit | wc -c; kill -9 $$",
            log.path.display()
        );
        let (out, _) = log.scripts.try_run(&begun);
        let read: i64 = out.trim().parse().unwrap();
        assert!((bytes - 11..=bytes).contains(&read), "{read} of {bytes}");
    }
    let mut all = String::new();
    loop {
        let (text, end, _) = log.look(800_000, 0);
        log.scripts.commit("test");
        all += &text;
        if end {
            break;
        }
    }
    assert!(all == "0123456789\n".repeat(100_000), "{} bytes", all.len());
}

/// Whatever is done to a log in whatever order, with readings in between of which some are lost: every line is read
/// once, in order. `NOC_SEED` repeats a run, `NOC_ROUNDS` sets how many there are.
#[test]
fn every_line_is_read_once_whatever_happens_to_the_log() {
    let number = |name: &str| Some(std::env::var_os(name)?.to_str()?.parse::<u64>().unwrap());
    let seed = number("NOC_SEED").unwrap_or_else(rand::random);
    for round in 0..number("NOC_ROUNDS").unwrap_or(10) {
        println!("NOC_SEED={} (round {round})", seed + round);
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(round));
        let mut log = Log::new();
        log.append("the line that reading begins behind\n");
        log.read();
        let (mut written, mut seen, mut n) = (String::new(), String::new(), 0);
        for _ in 0..40 {
            let what = random.random_range(0..10);
            println!("{what} at {}", log.scripts.run("cat $OFFSETS/test"));
            match what {
                0..=3 => {
                    let from = written.len();
                    for _ in 0..random.random_range(1..2_000) {
                        n += 1;
                        written += &format!("line {n} of round {round}\n");
                    }
                    log.append(&written[from..]);
                }
                4 => {
                    let _ = log.rotate(false);
                    log.append("");
                }
                5 => {
                    let _ = log.rotate(true);
                    log.append("");
                }
                6 => {
                    let aside = log.aside();
                    copy(&log.path, &aside).unwrap();
                    write(&log.path, "").unwrap();
                    log.age(aside, random.random_bool(0.5));
                }
                7 => drop(log.look(ENOUGH, 0)),
                _ => {
                    seen += &log.look(random.random_range(70_000..200_000), 0).0;
                    log.scripts.commit("test");
                }
            }
        }
        loop {
            let (text, end, _) = log.look(ENOUGH, 0);
            log.scripts.commit("test");
            seen += &text;
            if end {
                break;
            }
        }
        assert!(seen == written, "{}", difference(&seen, &written));
        assert!(read_to_string(&log.path).is_ok());
    }
}

fn difference(seen: &str, written: &str) -> String {
    let at = seen.lines().zip(written.lines()).position(|(a, b)| a != b);
    let line = |text: &str| at.and_then(|at| text.lines().nth(at).map(str::to_owned));
    format!(
        "{} lines of {}; first other line: {:?} for {:?}",
        seen.lines().count(),
        written.lines().count(),
        line(seen),
        line(written)
    )
}
