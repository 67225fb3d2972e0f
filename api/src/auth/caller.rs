//! The person behind a request, as the gate found them.

use crate::auth::permission::{Permission, Role};
use crate::auth::session::Live;
use crate::error::ApiError;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::{session, user};
use noc_storage::relational::{NewSecurityEvent, SecurityLevel};
use serde_json::Value;
use std::future::{Ready, ready};
use std::net::IpAddr;

/// The person behind a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Their account.
    pub user: user::Model,
    /// What they may do.
    pub role: Role,
    /// The session they use.
    pub session: session::Model,
    /// Where they are.
    pub address: IpAddr,
}

impl Caller {
    /// Of a session that is alive.
    #[must_use]
    pub fn new(live: Live, address: IpAddr) -> Self {
        Self {
            user: live.user,
            role: live.role,
            session: live.session,
            address,
        }
    }

    /// Whether their role grants it.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.role.grants(permission)
    }

    /// What the actions of `noc-actors` know them by.
    #[must_use]
    pub fn actor_name(&self) -> String {
        format!("user:{}", self.user.id)
    }

    /// An entry of the security log about something they changed: an `admin_activity`.
    #[must_use]
    pub fn event(
        &self,
        at: UnixMs,
        action: &'static str,
        subject: impl Into<String>,
        payload: Value,
    ) -> NewSecurityEvent {
        NewSecurityEvent {
            at,
            level: SecurityLevel::Info,
            event_type: "admin_activity",
            action,
            actor_id: Some(self.user.id),
            actor_ip: Some(self.address.to_string()),
            subject: Some(subject.into()),
            payload,
        }
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Self>().cloned();
        ready(caller.ok_or(ApiError::Unauthenticated))
    }
}

/// The person, where somebody is signed in.
#[derive(Debug, Clone)]
pub struct MaybeCaller(pub Option<Caller>);

impl FromRequest for MaybeCaller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.extensions().get::<Caller>().cloned())))
    }
}
