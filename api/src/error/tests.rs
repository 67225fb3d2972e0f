use super::*;

#[test]
fn internals_stay_inside() {
    let error = ApiError::Internal {
        source: "password is hunter2".into(),
    };
    let body = serde_json::to_string(&error.body()).unwrap();
    assert!(!body.contains("hunter2"), "{body}");
    assert_eq!(error.status_code(), 500);
}

#[test]
fn wrong_fields_are_named() {
    let mut problems = Problems::new();
    problems.require(false, "name", "is required");
    problems.add("name", "is too long");
    problems.require(true, "email", "never noted");
    let ApiError::Invalid(errors) = problems.into_result().unwrap_err() else {
        panic!("not a validation error");
    };
    assert_eq!(errors.len(), 1);
    assert_eq!(errors["name"], ["is required", "is too long"]);
}

#[test]
fn queries_that_cannot_be_answered_are_the_callers_to_change() {
    let at = noc_pipeline::clock::UnixMs(0);
    let refused = [
        SeriesError::NoSuchField {
            kind: noc_pipeline::payload::Kind::Metrics,
            field: "luck".to_owned(),
        },
        SeriesError::InvalidRange { from: at, to: at },
        SeriesError::RangeTooLong {
            days: 500,
            max_days: 400,
        },
        SeriesError::InvalidPoints { points: 0, max: 1 },
        SeriesError::AnswerTooLarge {
            columns: 1000,
            points: 10_000,
        },
        SeriesError::NoSuchColumn {
            table: "firewall_events",
            column: "luck".to_owned(),
        },
        SeriesError::InvalidCondition {
            column: "ip".to_owned(),
            reason: "holds nothing of that type",
        },
        SeriesError::InvalidLimit { limit: 0, max: 1 },
        SeriesError::TooManyToCount {
            what: "rows",
            most: 1,
        },
    ];
    for error in refused {
        assert!(error.is_invalid_query());
        let said = error.to_string();
        let answer = ApiError::from(error);
        assert_eq!(answer.status_code(), 422, "{said}");
        let errors = answer.body().errors.unwrap();
        assert_eq!(errors.into_values().flatten().collect::<Vec<_>>(), [said]);
    }
    let away = SeriesError::Unavailable {
        operation: "test",
        reason: String::new(),
    };
    assert_eq!(ApiError::from(away).status_code(), 503);
}

#[test]
fn a_lock_says_when_to_come_back() {
    let response = ApiError::Locked {
        retry_after: Duration::from_millis(300),
    }
    .error_response();
    assert_eq!(response.status(), 423);
    assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), "1");
}
