//! The route table: every route of the API, each with who may call it.
//!
//! A route enters the service only through this table, and a line of it cannot be written without an [`Access`]; the
//! gate refuses what it does not find here. The OpenAPI document is assembled from the same lines, so the three
//! cannot drift apart.

use crate::auth::permission::{Access, Permission};
use crate::auth::{account, gate, login, sessions};
use crate::http::headers;
use crate::openapi;
use crate::resources::{
    acknowledge, agents, alert_rules, decisions, detectors, escalation_policies, hooks, hosting,
    incidents, maintenance_windows, me, message_templates, notification_channels,
    notification_deliveries, on_call, registration_tokens, servers, users, wall,
};
use crate::{auth, dashboard, live};
use actix_web::dev::HttpServiceFactory;
use actix_web::guard::fn_guard;
use actix_web::http::Method;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, ServiceConfig};
use std::collections::HashMap;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{Components, Paths};
use utoipa_actix_web::OpenApiFactory;

/// One route.
pub struct Endpoint {
    /// Who may call it.
    pub access: Access,
    /// With which method.
    pub method: Method,
    /// Under which path, such as `/api/servers/{id}`.
    pub path: String,
    /// Its part of the OpenAPI document.
    pub document: fn(&mut Paths, &mut Components),
    register: fn(&mut ServiceConfig),
}

impl Endpoint {
    /// Registers the route with the service.
    pub fn register(&self, service: &mut ServiceConfig) {
        (self.register)(service);
    }
}

fn method_of(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        _ => Method::GET,
    }
}

fn describe<R: OpenApiFactory>(route: &R, paths: &mut Paths, components: &mut Components) {
    paths.merge(route.paths());
    let mut schemas = Vec::new();
    route.schemas(&mut schemas);
    components.schemas.extend(schemas);
}

fn endpoint<R: utoipa::Path + HttpServiceFactory>(
    access: Access,
    document: fn(&mut Paths, &mut Components),
    register: fn(&mut ServiceConfig),
    _: fn() -> R,
) -> Endpoint {
    Endpoint {
        access,
        method: R::methods().first().map_or(Method::GET, method_of),
        path: R::path(),
        document,
        register,
    }
}

macro_rules! routes {
    ($($access:expr => [$($route:path),+ $(,)?];)+) => {
        vec![$($(endpoint(
            $access,
            |paths, components| describe(&$route, paths, components),
            |service| { service.service($route); },
            || $route,
        ),)+)+]
    };
}

/// Every route there is.
#[must_use]
pub fn table() -> Vec<Endpoint> {
    use Access::{Link, Public, Session, SessionAny, With};
    use Permission as P;
    routes! {
        Public => [
            auth::csrf::csrf_cookie, login::login, openapi::openapi_document,
            live::runtime_config::runtime_config, live::socket::open_socket,
        ];
        Link => [
            acknowledge::acknowledge_page, acknowledge::acknowledge_by_link, hooks::verify_hook, hooks::take_callback,
        ];
        SessionAny => [login::logout, account::me, account::change_password];
        Session => [sessions::list_sessions, sessions::end_session, live::authorize::authorize_channel];

        Session => [
            me::preferences::my_notification_preferences, me::preferences::put_my_notification_preferences,
            me::contacts::list_my_channels, me::contacts::list_my_contacts, me::contacts::add_my_contact,
            me::contacts::resend_my_contact_code, me::contacts::verify_my_contact, me::contacts::delete_my_contact,
            me::contact_test::test_my_contact,
        ];

        With(P::UsersView) => [users::list_users, users::show_user];
        With(P::UsersManage) => [users::create_user, users::update_user, users::delete_user];

        With(P::ServersView) => [
            servers::list_servers, servers::show_server, servers::measurements::server_metrics,
            servers::measurements::server_disks, servers::measurements::server_services,
            hosting::mysql::server_mysql, hosting::litespeed::server_litespeed, hosting::cpanel::server_cpanel,
            hosting::crons::server_crons, hosting::mail_queue::server_mail_queue,
            hosting::backups::server_backups, hosting::firewall::server_firewall,
            servers::usual::server_usual, agents::list_agents,
        ];
        With(P::ServersView) => [
            hosting::mysql::hosting_mysql, hosting::litespeed::hosting_litespeed, hosting::cpanel::hosting_cpanel,
            hosting::crons::hosting_crons, hosting::mail_queue::hosting_mail_queue,
            hosting::top_senders::hosting_top_senders, hosting::backups::hosting_backups,
            hosting::disks::hosting_disks, hosting::firewall::hosting_firewall_events,
            hosting::firewall::hosting_top_attackers, hosting::firewall::hosting_address,
        ];
        With(P::IncidentsView) => [
            hosting::mail_abuse::hosting_mail_abuse, hosting::mail_abuse::show_mail_abuse,
            hosting::mail_abuse::list_mail_allowances,
        ];
        With(P::IncidentsAct) => [hosting::mail_abuse::move_mail_abuse];
        With(P::RulesManage) => [hosting::mail_abuse::revoke_mail_allowance];
        With(P::IncidentsView) => [
            servers::server_incidents, servers::marks::server_marks, decisions::server_decisions,
        ];
        With(P::ServersManage) => [
            servers::update_server, servers::delete_server, servers::agent::disable_agent,
            servers::agent::enable_agent, servers::agent::approve_re_enrolment,
            registration_tokens::list_registration_tokens, registration_tokens::create_registration_token,
            registration_tokens::revoke_registration_token,
        ];

        With(P::IncidentsView) => [incidents::list_incidents, incidents::show_incident];
        With(P::IncidentsAct) => [
            incidents::acknowledge_incident, incidents::unacknowledge_incident,
            incidents::resolve_incident, incidents::add_incident_note, incidents::snooze_incident,
            incidents::escalate_incident,
        ];

        With(P::RulesView) => [
            detectors::list_detectors, alert_rules::list_alert_rules,
            escalation_policies::list_escalation_policies, maintenance_windows::list_maintenance_windows,
        ];
        With(P::RulesManage) => [
            // Before `{id}`, which would match it as well.
            alert_rules::backtest::backtest_alert_rule,
            escalation_policies::simulate::simulate_draft_policy,
            escalation_policies::simulate::simulate_escalation_policy,
            alert_rules::create_alert_rule, alert_rules::update_alert_rule, alert_rules::delete_alert_rule,
            escalation_policies::create_escalation_policy, escalation_policies::update_escalation_policy,
            escalation_policies::delete_escalation_policy,
            maintenance_windows::create_maintenance_window, maintenance_windows::update_maintenance_window,
            maintenance_windows::delete_maintenance_window,
        ];

        // Before `{id}`, which would match it as well.
        Public => [on_call::calendar::on_call_calendar];
        Session => [on_call::duty::current_on_call];
        With(P::OnCallView) => [
            on_call::schedules::list_on_call_schedules, on_call::duty::on_call_shifts,
            on_call::calendar::list_calendar_tokens, on_call::calendar::create_calendar_token,
            on_call::calendar::revoke_calendar_token,
        ];
        With(P::OnCallCover) => [
            on_call::overrides::create_on_call_override, on_call::overrides::delete_on_call_override,
        ];
        With(P::OnCallManage) => [
            on_call::schedules::create_on_call_schedule, on_call::schedules::update_on_call_schedule,
            on_call::schedules::delete_on_call_schedule,
        ];

        Access::Wall => [wall::board::wall_board];
        With(P::WallManage) => [
            wall::tokens::list_wall_tokens, wall::tokens::create_wall_token, wall::tokens::revoke_wall_token,
        ];

        With(P::ChannelsView) => [
            notification_channels::list_notification_channels, message_templates::list_message_templates,
            // Before `{kind}`, which would match it as well.
            message_templates::preview_message_template,
        ];
        With(P::ChannelsManage) => [
            message_templates::put_message_template, message_templates::delete_message_template,
            notification_channels::put_notification_channel, notification_channels::test_notification_channel,
            notification_channels::make_channel_callback,
        ];
        With(P::DeliveriesView) => [
            notification_deliveries::list_notification_deliveries, notification_deliveries::list_delivery_attempts,
        ];
        With(P::DeliveriesManage) => [notification_deliveries::retry_notification_delivery];
    }
}

/// Adds the API, the live connection, the documentation and the dashboard to a service that holds
/// `web::Data<AppState>`. Whatever is not registered before and is no path of these is the dashboard's.
pub fn configure(service: &mut ServiceConfig) {
    service.service(
        web::scope("")
            .guard(fn_guard(|context| is_of_the_api(context.head().uri.path())))
            .wrap(from_fn(gate::gate))
            .wrap(from_fn(headers::add))
            .wrap(Compress::default())
            .configure(|service| {
                for endpoint in table() {
                    endpoint.register(service);
                }
            }),
    );
    service.service(
        web::scope("")
            .guard(fn_guard(|context| {
                context.head().uri.path().starts_with("/api/docs")
            }))
            .wrap(from_fn(headers::add))
            .service(web::redirect("/api/docs", "/api/docs/"))
            .service(openapi::browser()),
    );
    service.service(
        web::scope("")
            .wrap(from_fn(headers::add))
            .wrap(Compress::default())
            .default_service(web::route().to(dashboard::serve)),
    );
}

/// The documentation is not: it is registered behind the API, because the gate learns a route's pattern from the first
/// scope alone.
fn is_of_the_api(path: &str) -> bool {
    if path.starts_with("/api/docs") {
        return false;
    }
    ["/api/", "/app/", "/broadcasting/", "/ack/", "/hooks/"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
        || path == "/runtime-config.js"
}

/// The table by path and method, as the gate asks it.
#[derive(Debug, Default)]
pub struct AccessTable(HashMap<String, Vec<(Method, Access)>>);

impl AccessTable {
    /// Of these routes.
    #[must_use]
    pub fn of(table: &[Endpoint]) -> Self {
        let mut by_path = HashMap::<_, Vec<_>>::new();
        for endpoint in table {
            by_path
                .entry(endpoint.path.clone())
                .or_default()
                .push((endpoint.method.clone(), endpoint.access));
        }
        Self(by_path)
    }

    /// Who may call the path with the method; `None` where there is no such route.
    #[must_use]
    pub fn access(&self, path: &str, method: &Method) -> Option<Access> {
        self.0
            .get(path)?
            .iter()
            .find(|(of, _)| of == method)
            .map(|(_, access)| *access)
    }

    /// The methods that a path answers; empty where there is no such path.
    #[must_use]
    pub fn methods(&self, path: &str) -> Vec<&Method> {
        self.0
            .get(path)
            .map(|methods| methods.iter().map(|(method, _)| method).collect())
            .unwrap_or_default()
    }
}
