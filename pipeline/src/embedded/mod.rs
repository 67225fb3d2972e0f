//! The embedded back ends: the whole pipeline in one process on one data directory.
