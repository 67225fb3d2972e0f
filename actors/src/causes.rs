//! Errors as they are logged.

use std::error::Error;

/// An error with its causes, in one line: log formats show the first alone.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut out = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Wrappers often end with what they wrap.
        if !out.ends_with(&text) {
            out.push_str(": ");
            out.push_str(&text);
        }
        cause = error.source();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_storage::relational::StoreError;
    use sea_orm::{DbErr, RuntimeErr};

    #[test]
    fn every_cause_is_said_once() {
        let refused = DbErr::Exec(RuntimeErr::Internal("read-only".to_owned()));
        let error = StoreError::during("renew leases")(refused);
        assert_eq!(error.to_string(), "renew leases failed");
        assert_eq!(
            with_causes(&error),
            "renew leases failed: Execution Error: read-only"
        );
    }
}
