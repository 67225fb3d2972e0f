//! What the proof of paging stands on: the tests that `tests/PAGING.md` names are there, and the places at which tests let
//! the program die are not in anything that is built to be run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the workspace").to_path_buf()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Features of our crates, `noc-actors crash-points,..`, that a build with these kinds of dependencies has.
fn features(kinds: &str) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let listed = Command::new(cargo)
        .args(["tree", "--workspace", "--locked", "--offline"])
        .args(["--edges", kinds, "--prefix", "none", "--format", "{p} {f}"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&listed.stderr);
    assert!(listed.status.success(), "cargo tree: {errors}");
    let listed = String::from_utf8(listed.stdout).expect("utf-8");
    let ours = listed.lines().filter(|line| line.starts_with("noc-"));
    ours.map(str::to_owned).collect()
}

#[test]
fn only_a_build_with_tests_has_places_to_die_at() {
    let has = |features: &BTreeSet<String>| features.iter().any(|f| f.contains("crash-points"));
    assert!(
        has(&features("normal,build,dev")),
        "the tests' build has them: else this shows nothing"
    );
    let to_be_run = features("normal,build");
    assert!(!has(&to_be_run), "{to_be_run:#?}");
    // What would build with the tests' dependencies, or with every feature.
    for file in ["deploy/run.sh", "deploy/Dockerfile", "README.md"] {
        let text = read(file);
        assert!(text.contains("cargo build"), "{file} builds");
        let builds = text.lines().filter(|line| line.contains("cargo build"));
        for line in builds {
            for asked in [
                "--all-targets",
                "--tests",
                "--examples",
                "--all-features",
                "crash-points",
            ] {
                assert!(!line.contains(asked), "{file}: {line}");
            }
        }
    }
}

/// What makes a function a test.
const TESTS: [&str; 5] = [
    "#[test",
    "#[tokio::test",
    "#[actix::test",
    "#[actix_rt::test",
    "#[actix_web::test",
];

/// Whether a file's text has a test of this name: with what runs it, and nothing that keeps it from being run.
fn has_test(text: &str, test: &str) -> bool {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let sought = format!("fn {test}(");
    let mut places = (0..lines.len()).filter(|&at| {
        let before = lines[at].split(&sought).next().unwrap_or_default();
        before.len() < lines[at].len() && matches!(before, "" | "async " | "pub async " | "pub ")
    });
    places.any(|at| {
        let above = lines[..at].iter().rev();
        // Its attributes and what is said of it, up to where something else ends.
        let own = above.take_while(|line| !line.is_empty() && !line.ends_with(['{', '}', ';']));
        let own: Vec<_> = own.collect();
        let runs = |line: &&&str| {
            let rest = TESTS.iter().find_map(|name| line.strip_prefix(name));
            rest.is_some_and(|rest| rest.starts_with([']', '(']))
        };
        own.iter().copied().any(|line| runs(&line))
            && !own.iter().any(|line| line.starts_with("#[ignore"))
    })
}

/// Whether the macro of a contract makes a test of this case: it stands on a line of its own in the macro's list.
fn in_a_list(text: &str, case: &str) -> bool {
    let macros = text.split("macro_rules! ").skip(1);
    let mut lists = macros.filter(|text| {
        let name = text.split_whitespace().next().unwrap_or_default();
        name.ends_with("_contract")
    });
    lists.any(|text| {
        let mut lines = text.lines().take_while(|line| *line != "}");
        lines.any(|line| line.trim().trim_end_matches(',') == case)
    })
}

/// What is wrong with a name of the table, `folder/file.rs::test`.
fn refused(name: &str, read: impl Fn(&str) -> String) -> Option<String> {
    let (file, test) = name.split_once("::").expect("a file and a test");
    let text = read(file);
    if has_test(&text, test) {
        return None;
    }
    if !text.contains(&format!("fn {test}(")) {
        return Some(format!("{file} has no {test}"));
    }
    let listed = file.split_once("/contract/").is_some_and(|(folder, _)| {
        let list = read(&format!("{folder}/contract/mod.rs"));
        in_a_list(&list, test)
    });
    (!listed).then(|| format!("{name} is not a test"))
}

/// Lines name tests as `folder/file.rs::test`, several separated by spaces.
#[test]
fn every_test_that_the_table_names_is_there() {
    let table = read("tests/PAGING.md");
    let mut named = 0;
    for name in table.split('`').filter(|word| word.contains(".rs::")) {
        assert_eq!(refused(name, read), None);
        named += 1;
    }
    assert!(named > 100, "{named} tests are named");
}

const UNITS: &str = r#"
#[cfg(test)]
mod tests {
    /// Not `#[test]`.
    fn helper() {}

    /// Is one.
    #[test]
    fn plain() {}
    fn below_a_test() {}

    #[tokio::test(flavor = "x")]
    #[expect(
        some_lint,
        reason = "r"
    )]
    async fn wordy() {}
    // #[test]
    // fn switched_off() {}
    #[test]
    #[ignore = "slow"]
    fn put_off() {}
    #[testing]
    fn odd() {}

    proptest! {
        #[test]
        fn any_number(n in 0..9) {}
        fn helper_there() {}
    }
}
"#;

const CASES: &str = "
pub async fn listed(db: &Db) {}
pub async fn forgotten(db: &Db) {}
pub async fn without_comma(db: &Db) {}
fn in_another_list() {}
#[test]
fn own() {}
";

const LISTS: &str = "
macro_rules! small_contract {
    () => {
        listed,
        // forgotten,
        without_comma
    };
}
forgotten,
macro_rules! other {
    in_another_list,
}
";

#[test]
fn what_runs_as_no_test_is_refused() {
    let file = |path: &str| {
        let text = match path {
            "a/tests.rs" => UNITS,
            "a/contract/cases.rs" => CASES,
            "a/contract/mod.rs" => LISTS,
            _ => panic!("{path}"),
        };
        text.to_owned()
    };
    for test in ["plain", "wordy", "any_number"] {
        assert_eq!(refused(&format!("a/tests.rs::{test}"), file), None);
    }
    for test in ["listed", "without_comma", "own"] {
        assert_eq!(refused(&format!("a/contract/cases.rs::{test}"), file), None);
    }
    for (name, reason) in [
        ("a/tests.rs::helper", "is not a test"),
        ("a/tests.rs::below_a_test", "is not a test"),
        ("a/tests.rs::switched_off", "is not a test"),
        ("a/tests.rs::put_off", "is not a test"),
        ("a/tests.rs::odd", "is not a test"),
        ("a/tests.rs::helper_there", "is not a test"),
        ("a/tests.rs::nowhere", "has no nowhere"),
        ("a/contract/cases.rs::forgotten", "is not a test"),
        ("a/contract/cases.rs::in_another_list", "is not a test"),
    ] {
        let said = refused(name, file).expect(name);
        assert!(said.ends_with(reason), "{said}");
    }
}
