//! Places at which a test lets the program die, to show that a crash between any two steps of paging loses nothing and
//! repeats nothing.
//!
//! They exist in builds with the feature `crash-points` alone, which nothing but the tests' package asks for, and that as
//! a dependency of its tests: a build without tests does not have it. Without it [`reached`] is nothing.
//!
//! `NOC_CRASH_POINTS` names a directory. The first of its files, in the order of their names, says where the next death
//! is: `03.step_fired`. Whoever comes to that place and can remove the file dies there as by `kill -9`; so of several
//! nodes with the same directory one dies, and once. With no file left all live on.

/// The program came to a place where it might die.
#[cfg(not(feature = "crash-points"))]
pub(crate) const fn reached(_: &'static str) {}

#[cfg(feature = "crash-points")]
pub(crate) use armed::reached;

#[cfg(feature = "crash-points")]
mod armed {
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;

    /// The directory of a test's plan.
    const PLAN: &str = "NOC_CRASH_POINTS";

    /// The program came to a place where it might die.
    pub(crate) fn reached(place: &'static str) {
        static DIRECTORY: OnceLock<Option<PathBuf>> = OnceLock::new();
        let directory = DIRECTORY.get_or_init(|| std::env::var_os(PLAN).map(PathBuf::from));
        let planned = directory.as_deref().and_then(|plan| planned(plan, place));
        // Who removes the file dies: of two that come here at once the other one finds it gone.
        if planned.is_some_and(|file| std::fs::remove_file(file).is_ok()) {
            std::process::abort();
        }
    }

    /// The first file of the plan, if it is about this place.
    fn planned(directory: &Path, place: &str) -> Option<PathBuf> {
        let files = std::fs::read_dir(directory).ok()?;
        let first = files
            .filter_map(|file| Some(file.ok()?.file_name()))
            .min()?;
        let (_, planned) = first.to_str()?.split_once('.')?;
        (planned == place).then(|| directory.join(first.clone()))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_the_first_place_of_a_plan_is_one_to_die_at() {
            let plan = tempfile::tempdir().unwrap();
            assert_eq!(planned(plan.path(), "step_fired"), None);
            for file in ["02.step_fired", "01.firing_step", "10.step_fired"] {
                std::fs::write(plan.path().join(file), "").unwrap();
            }
            assert_eq!(planned(plan.path(), "step_fired"), None);
            let first = planned(plan.path(), "firing_step");
            assert_eq!(first, Some(plan.path().join("01.firing_step")));
            std::fs::remove_file(first.unwrap()).unwrap();
            let second = planned(plan.path(), "step_fired");
            assert_eq!(second, Some(plan.path().join("02.step_fired")));
            assert_eq!(planned(Path::new("/nowhere"), "step_fired"), None);
        }
    }
}
