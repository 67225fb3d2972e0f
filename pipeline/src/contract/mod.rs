//! The contract suites: what every back end of a contract must do, written once.
