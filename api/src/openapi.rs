//! The OpenAPI document: assembled from the route table, locked in `api/openapi.json`.
//!
//! What follows from a route's access and shape (401, 403, 419, 422 ...) is added here, so that no handler repeats it.

use crate::auth::permission::Access;
use crate::error::{ApiError, ErrorBody};
use crate::resources::servers::MetricsReceived;
use crate::router::{self, Endpoint};
use actix_web::http::Method;
use actix_web::{HttpResponse, get};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::OnceLock;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Ref, RefOr,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_swagger_ui::{Config, SwaggerUi};

const SESSION_SCHEME: &str = "session";
const WALL_SCHEME: &str = "wall_token";

/// The document of this version.
///
/// # Errors
/// When it cannot be written as JSON, which would be a defect.
pub fn document() -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(assemble())?;
    name_list_items(&mut document);
    require_answered_fields(&mut document);
    Ok(document)
}

fn assemble() -> OpenApi {
    let table = router::table();
    let mut paths = Paths::new();
    let mut components = Components::new();
    for endpoint in &table {
        (endpoint.document)(&mut paths, &mut components);
    }
    add_schema::<ErrorBody>(&mut components);
    add_schema::<MetricsReceived>(&mut components);
    components.add_security_scheme(
        SESSION_SCHEME,
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "noc_session",
            "Set by POST /api/auth/login. Calls that change something also send X-XSRF-TOKEN.",
        ))),
    );
    components.add_security_scheme(
        WALL_SCHEME,
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(
                    "A token of POST /api/wall-tokens; opens the wall alone.",
                ))
                .build(),
        ),
    );
    for endpoint in &table {
        if let Some(operation) = operation_of(&mut paths, endpoint) {
            complete(operation, endpoint);
        }
    }
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("HostSeba NOC")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Monitoring of a hosting fleet. Errors are `{error, message, errors?}`; lists are \
                     `{data, meta: {next_cursor, total}}`; times are RFC 3339 in UTC; ids are integers.",
                ))
                .build(),
        )
        .paths(paths)
        .components(Some(components))
        .build()
}

/// The document as it stands in `api/openapi.json`.
///
/// # Errors
/// When it cannot be written as JSON, which would be a defect.
pub fn json() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&document()?)?;
    text.push('\n');
    Ok(text)
}

/// This document.
#[utoipa::path(tag = "meta", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
#[get("/api/openapi.json")]
pub async fn openapi_document() -> Result<HttpResponse, ApiError> {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = match TEXT.get() {
        Some(text) => text,
        None => {
            let fresh = json().map_err(ApiError::internal)?;
            TEXT.get_or_init(|| fresh)
        }
    };
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(text.as_str()))
}

/// The page at `/api/docs/` to browse it with; everything it loads is in the binary.
#[must_use]
pub fn browser() -> SwaggerUi {
    SwaggerUi::new("/api/docs/{file:.*}").config(Config::from("/api/openapi.json"))
}

fn add_schema<T: ToSchema + PartialSchema>(components: &mut Components) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

fn operation_of<'p>(paths: &'p mut Paths, endpoint: &Endpoint) -> Option<&'p mut Operation> {
    let item: &mut PathItem = paths.paths.get_mut(&endpoint.path)?;
    match endpoint.method {
        Method::POST => item.post.as_mut(),
        Method::PUT => item.put.as_mut(),
        Method::PATCH => item.patch.as_mut(),
        Method::DELETE => item.delete.as_mut(),
        _ => item.get.as_mut(),
    }
}

/// Adds what follows from the access and the shape of a route, so that no handler repeats it.
fn complete(operation: &mut Operation, endpoint: &Endpoint) {
    let mut refusals: Vec<(&str, &str)> = Vec::new();
    let has_body = operation.request_body.is_some();
    let changes = endpoint.method != Method::GET;
    if has_body {
        refusals.push(("400", "`malformed`: not JSON"));
        refusals.push(("413", "`too_large`"));
        refusals.push(("415", "`unsupported_media_type`"));
    }
    if has_body
        || operation
            .parameters
            .as_ref()
            .is_some_and(|all| !all.is_empty())
    {
        refusals.push((
            "422",
            "`validation_failed`: `errors` says which fields are wrong",
        ));
    }
    match endpoint.access {
        Access::Public | Access::Link => {
            operation.security = Some(vec![SecurityRequirement::default()])
        }
        Access::SessionAny => refusals.push(("401", "`unauthenticated`")),
        Access::Session | Access::Wall => {
            refusals.push(("401", "`unauthenticated`"));
            refusals.push(("403", "`password_change_required`"));
        }
        Access::With(permission) => {
            refusals.push(("401", "`unauthenticated`"));
            refusals.push(("403", "`forbidden`, or `password_change_required`"));
            let needs = format!("Needs `{}`.", permission.name());
            let text = match operation.description.take().filter(|text| !text.is_empty()) {
                Some(text) => format!("{text}\n\n{needs}"),
                None => needs,
            };
            operation.description = Some(text);
        }
    }
    let scheme = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    match endpoint.access {
        Access::Public | Access::Link => {}
        Access::Wall => {
            operation.security = Some(vec![scheme(WALL_SCHEME), scheme(SESSION_SCHEME)])
        }
        Access::SessionAny | Access::Session | Access::With(_) => {
            operation.security = Some(vec![scheme(SESSION_SCHEME)]);
        }
    }
    if changes && endpoint.access != Access::Link {
        refusals.push(("419", "`csrf_mismatch`: get the cookie again"));
    }
    refusals.push((
        "503",
        "`unavailable`: a part cannot be reached; `Retry-After` says when",
    ));
    for (status, description) in refusals {
        operation
            .responses
            .responses
            .entry(status.to_owned())
            .or_insert_with(|| {
                RefOr::T(
                    ResponseBuilder::new()
                        .description(description)
                        .content(
                            "application/json",
                            ContentBuilder::new()
                                .schema(Some(Ref::from_schema_name("Error")))
                                .build(),
                        )
                        .build(),
                )
            });
    }
}

const SCHEMAS: &str = "/components/schemas";

/// A list's rows are inlined by the generator: name the schema they have of their own. Rows of a list within a body
/// have none yet.
fn name_list_items(document: &mut Value) {
    let Some(Value::Object(schemas)) = document.pointer_mut(SCHEMAS) else {
        return;
    };
    let mut rows = Vec::new();
    for (name, schema) in schemas.iter_mut() {
        if let (Some(row), Some(items)) = (
            name.strip_prefix("List_")
                .or_else(|| name.strip_prefix("PartialList_")),
            schema.pointer_mut("/properties/data/items"),
        ) {
            let named = json!({ "$ref": format!("#{SCHEMAS}/{row}") });
            rows.push((row.to_owned(), std::mem::replace(items, named)));
        }
    }
    for (name, inlined) in rows {
        schemas.entry(name).or_insert(inlined);
    }
}

/// In answers every field is there, null or not: say so, or clients would guard against its absence.
fn require_answered_fields(document: &mut Value) {
    let mut asked = BTreeSet::new();
    if let Some(Value::Object(paths)) = document.get("paths") {
        for operation in paths
            .values()
            .filter_map(Value::as_object)
            .flat_map(|item| item.values())
        {
            if let Some(body) = operation.get("requestBody") {
                references(body, document, &mut asked);
            }
        }
    }
    let Some(Value::Object(schemas)) = document.pointer_mut(SCHEMAS) else {
        return;
    };
    for (name, schema) in schemas {
        if !asked.contains(name) && name != "Error" {
            require_all(schema);
        }
    }
}

/// Names of the schemas that `value` refers to, and of those that they refer to.
fn references(value: &Value, document: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            let name = map
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.rsplit('/').next());
            if let Some(name) = name
                && found.insert(name.to_owned())
                && let Some(schema) = document.pointer(&format!("{SCHEMAS}/{name}"))
            {
                references(schema, document, found);
            }
            map.values()
                .for_each(|inner| references(inner, document, found));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|inner| references(inner, document, found)),
        _ => {}
    }
}

fn require_all(schema: &mut Value) {
    if let Some(Value::Array(parts)) = schema.get_mut("allOf") {
        parts.iter_mut().for_each(require_all);
    }
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    let names: Vec<Value> = properties.keys().cloned().map(Value::String).collect();
    if let Value::Object(schema) = schema {
        schema.insert("required".to_owned(), Value::Array(names));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_document_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let current = super::json().unwrap();
        if std::fs::read_to_string(&path).is_ok_and(|committed| committed == current) {
            return;
        }
        let fresh = std::env::temp_dir().join("noc-openapi.json");
        std::fs::write(&fresh, current).unwrap();
        panic!(
            "api/openapi.json is not what the code says: run `noc openapi > api/openapi.json` ({})",
            fresh.display()
        );
    }
}
