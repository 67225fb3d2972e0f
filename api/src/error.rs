//! The one error envelope, and the one place that decides which failure has which status.
//!
//! Every answer that is not a success is `{"error": "<code>", "message": "<for people>"}`, with `errors` per field
//! where fields are to blame. Codes are stable, messages are not. What went wrong inside is logged here, once, and
//! never leaves.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use noc_actors::escalation::NotEscalated;
use noc_actors::incident::actions::ActionError;
use noc_actors::notify::channel::TestError;
use noc_actors::notify::channel::store::ConfigureError;
use noc_pipeline::log::LogError;
use noc_pipeline::snapshot::SnapshotError;
use noc_storage::relational::StoreError;
use noc_storage::series::SeriesError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::ToSchema;

/// What is wrong with which field: `{"steps.0.delay_seconds": ["must be 0 or more"]}`.
pub type FieldErrors = BTreeMap<String, Vec<String>>;

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// Stable code in `snake_case`, for programs.
    pub error: String,
    /// One sentence, for people.
    pub message: String,
    /// What is wrong with which field; only where fields are to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, Vec<String>>>)]
    pub errors: Option<FieldErrors>,
}

/// What lies behind an error that is ours.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a request is refused. Its status, code and headers are decided here and nowhere else.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 400: the body is not JSON, or the URL makes no sense.
    #[error("{0}")]
    Malformed(String),
    /// 401: nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// 401: wrong e-mail or password; never says which.
    #[error("e-mail or password is wrong")]
    InvalidCredentials,
    /// 401 with a code of its own: agents' credentials and tokens.
    #[error("{message}")]
    Refused {
        /// Stable code.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// 403: signed in, but not allowed to.
    #[error("your role does not allow this")]
    Forbidden,
    /// 403: the first password stands; only changing it works.
    #[error("change your first password before anything else")]
    PasswordChangeRequired,
    /// 404.
    #[error("no such {}", spoken(.0))]
    NotFound(&'static str),
    /// 405: the path exists, the method does not.
    #[error("this path does not answer {0}")]
    MethodNotAllowed(String),
    /// 409 with a code of its own.
    #[error("{message}")]
    Conflict {
        /// Stable code: `invalid_transition`, `in_use`, `already_exists` ...
        code: &'static str,
        /// For people.
        message: String,
    },
    /// 410: what this platform never does.
    #[error("{0}")]
    MonitoringOnly(String),
    /// 413: the body is larger than allowed.
    #[error("the body may have {limit_bytes} bytes at most")]
    TooLarge {
        /// What is allowed.
        limit_bytes: usize,
    },
    /// 415: the body is not of a type this path takes.
    #[error("send {0}")]
    UnsupportedMediaType(&'static str),
    /// 419: the page's CSRF token is missing or old.
    #[error("the page is out of date: reload it and try again")]
    CsrfMismatch,
    /// 422: fields are wrong.
    #[error("some fields are wrong")]
    Invalid(FieldErrors),
    /// 423: too many failures; try again later.
    #[error("too many failed attempts, try again in {} s", retry_after.as_secs())]
    Locked {
        /// Until when.
        retry_after: Duration,
    },
    /// 429: too many requests.
    #[error("too many requests, try again in {} s", retry_after.as_secs())]
    TooManyRequests {
        /// Until when.
        retry_after: Duration,
    },
    /// 503: a part cannot be reached now.
    #[error("the {part} cannot be reached right now, try again shortly")]
    Unavailable {
        /// Which part, for people.
        part: &'static str,
        /// When to try again.
        retry_after: Duration,
        /// What happened, for the log only.
        #[source]
        source: Option<Cause>,
    },
    /// 500: a defect of ours.
    #[error("something went wrong on our side; it was logged")]
    Internal {
        /// What happened, for the log only.
        #[source]
        source: Cause,
    },
}

impl ApiError {
    /// One wrong field.
    pub fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid(FieldErrors::from([(field.into(), vec![problem.into()])]))
    }

    /// A defect of ours: logged with its causes, answered without them.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal {
            source: cause.into(),
        }
    }

    /// A part that cannot be reached now.
    fn unavailable(part: &'static str, seconds: u64, cause: impl Into<Cause>) -> Self {
        Self::Unavailable {
            part,
            retry_after: Duration::from_secs(seconds),
            source: Some(cause.into()),
        }
    }

    /// `409 invalid_transition`.
    pub fn invalid_transition(message: impl Into<String>) -> Self {
        Self::Conflict {
            code: "invalid_transition",
            message: message.into(),
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::InvalidCredentials => "invalid_credentials",
            Self::Refused { code, .. } | Self::Conflict { code, .. } => code,
            Self::Forbidden => "forbidden",
            Self::PasswordChangeRequired => "password_change_required",
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::MonitoringOnly(_) => "monitoring_only",
            Self::TooLarge { .. } => "too_large",
            Self::UnsupportedMediaType(_) => "unsupported_media_type",
            Self::CsrfMismatch => "csrf_mismatch",
            Self::Invalid(_) => "validation_failed",
            Self::Locked { .. } => "locked",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal { .. } => "internal",
        }
    }

    /// The body to answer.
    #[must_use]
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            error: self.code().to_owned(),
            message: self.to_string(),
            errors: match self {
                Self::Invalid(errors) => Some(errors.clone()),
                _ => None,
            },
        }
    }

    /// When trying again makes sense, for the statuses that say so.
    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Locked { retry_after }
            | Self::TooManyRequests { retry_after }
            | Self::Unavailable { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated | Self::InvalidCredentials | Self::Refused { .. } => {
                StatusCode::UNAUTHORIZED
            }
            Self::Forbidden | Self::PasswordChangeRequired => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::MonitoringOnly(_) => StatusCode::GONE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::CsrfMismatch => StatusCode::from_u16(419).unwrap_or(StatusCode::FORBIDDEN),
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Locked { .. } => StatusCode::LOCKED,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Internal { .. } => tracing::error!(error = causes(self), "request failed"),
            Self::Unavailable { .. } => tracing::warn!(error = causes(self), "request refused"),
            _ => {}
        }
        let mut response = HttpResponse::build(self.status_code()).json(self.body());
        if let Some(after) = self.retry_after() {
            response.headers_mut().insert(
                RETRY_AFTER,
                HeaderValue::from(after.as_millis().div_ceil(1000).max(1) as u64),
            );
        }
        // An error must not be kept by a proxy and shown to the next person.
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// The error and its causes on one line.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain: Vec<String> = std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect();
    chain.join(": ")
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what, .. } => Self::NotFound(what),
            StoreError::Conflict { what, .. } => Self::Conflict {
                code: "already_exists",
                message: format!("such a {} exists already", spoken(what)),
            },
            StoreError::Refused { field, reason } => Self::field(field, reason),
            StoreError::InUse { what, .. } => Self::Conflict {
                code: "in_use",
                message: format!("this {} is still used", spoken(what)),
            },
            error if error.is_retryable() => Self::unavailable("database", 3, error),
            error => Self::internal(error),
        }
    }
}

/// The name of a table's row, as people say it.
fn spoken(what: &str) -> String {
    what.replace('_', " ")
}

impl From<ActionError> for ApiError {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::InvalidTransition { .. } | ActionError::InvalidCase { .. } => {
                Self::invalid_transition(error.to_string())
            }
            ActionError::OwnerChanged { .. } => Self::Conflict {
                code: "owner_changed",
                message: error.to_string(),
            },
            ActionError::NotEscalated { why, .. } => Self::Conflict {
                code: match why {
                    NotEscalated::Already => "already_escalated",
                    NotEscalated::NothingFollows => "nothing_follows",
                    NotEscalated::Held => "held_back",
                },
                message: error.to_string(),
            },
            ActionError::Store(error) => error.into(),
        }
    }
}

impl From<TestError> for ApiError {
    fn from(error: TestError) -> Self {
        match error {
            TestError::UnknownChannel(_) => Self::NotFound("channel"),
            TestError::NotConfigured => Self::Conflict {
                code: "not_configured",
                message: "set this channel up before testing it".to_owned(),
            },
            TestError::NoRecipient | TestError::BadRecipient(_) => {
                Self::field("recipient", error.to_string())
            }
            TestError::Store(error) => error.into(),
            error @ TestError::Template(_) => Self::internal(error),
        }
    }
}

impl From<ConfigureError> for ApiError {
    fn from(error: ConfigureError) -> Self {
        match error {
            ConfigureError::Invalid(problems) => {
                let under = |(field, texts)| (format!("settings.{field}"), texts);
                Self::Invalid(problems.0.into_iter().map(under).collect())
            }
            ConfigureError::Store(error) => error.into(),
        }
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        if error.is_retryable() {
            Self::unavailable("payload log", 5, error)
        } else {
            Self::internal(error)
        }
    }
}

impl From<SnapshotError> for ApiError {
    fn from(error: SnapshotError) -> Self {
        Self::unavailable("snapshot store", 5, error)
    }
}

impl From<SeriesError> for ApiError {
    fn from(error: SeriesError) -> Self {
        match error {
            SeriesError::NoSuchField { .. } => Self::field("fields", error.to_string()),
            SeriesError::InvalidRange { .. } | SeriesError::RangeTooLong { .. } => {
                Self::field("from", error.to_string())
            }
            SeriesError::InvalidPoints { .. } | SeriesError::AnswerTooLarge { .. } => {
                Self::field("points", error.to_string())
            }
            SeriesError::NoSuchColumn { .. } => Self::field("column", error.to_string()),
            SeriesError::InvalidCondition { ref column, .. } => {
                Self::field(column.clone(), error.to_string())
            }
            SeriesError::InvalidLimit { .. } => Self::field("limit", error.to_string()),
            SeriesError::TooManyToCount { .. } => Self::field("from", error.to_string()),
            SeriesError::Unavailable { .. } => Self::unavailable("series store", 5, error),
            SeriesError::Damaged { .. } | SeriesError::Refused { .. } => Self::internal(error),
        }
    }
}

/// Collects what is wrong with a body, so that one answer names all of it.
#[derive(Debug, Default)]
pub struct Problems(FieldErrors);

impl Problems {
    /// Starts with nothing wrong.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a problem of a field.
    pub fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.entry(field.into()).or_default().push(problem.into());
    }

    /// Notes a problem unless `fine`.
    pub fn require(&mut self, fine: bool, field: &str, problem: &str) {
        if !fine {
            self.add(field, problem);
        }
    }

    /// The same, of a body that stands in a field of another one.
    #[must_use]
    pub fn within(self, field: &str) -> Self {
        let named = self.0.into_iter();
        Self(
            named
                .map(|(key, all)| (format!("{field}.{key}"), all))
                .collect(),
        )
    }

    /// `Ok` when nothing was noted.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] with all that was noted.
    pub fn into_result(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Invalid(self.0))
        }
    }
}

#[cfg(test)]
mod tests;
