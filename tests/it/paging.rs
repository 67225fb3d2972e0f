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

/// Lines name tests as `folder/file.rs::test`, several separated by spaces.
#[test]
fn every_test_that_the_table_names_is_there() {
    let table = read("tests/PAGING.md");
    let mut named = 0;
    for name in table.split('`').filter(|word| word.contains(".rs::")) {
        let (file, test) = name.split_once("::").expect("a file and a test");
        let text = read(file);
        let place = text.find(&format!("fn {test}("));
        let before = &text[..place.unwrap_or_else(|| panic!("{file} has no {test}"))];
        let attribute = before.rfind("#[").unwrap_or_default();
        let close = before[attribute..].lines().count() <= 4;
        let of_a_suite = text.contains("proptest!") || file.contains("/contract/");
        assert!(
            of_a_suite || (close && before[attribute..].contains("test")),
            "{name} is not a test"
        );
        named += 1;
    }
    assert!(named > 100, "{named} tests are named");
}
