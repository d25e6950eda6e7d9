//! Who may do what: every route of the service against a stranger and all ten roles.

use actix_web::http::Method;
use collate::http::endpoint::Endpoint;
use domain::vocabulary::{Role, RoleScope};
use serde_json::{Value, json};
use tests::{Ask, Caller, World, database::say};

/// What anybody may call. It may only shrink.
const PUBLIC: &[&str] = &[
    // Pages before anybody has signed in: they hold nobody's words, and ask the API for everything.
    "GET /coverage/{reference}",
    "GET /livez",
    "GET /notes",
    "GET /openapi.json",
    "GET /pages/{name}",
    "GET /problems/{code}",
    "GET /readyz",
    "POST /v1/auth/sign-in",
    "POST /v1/auth/sign-out",
    "POST /v1/auth/token",
    // By receipt or slip: whoever said it has no account.
    "POST /v1/receipts/look-up",
    "POST /v1/withdrawals",
];

fn method(endpoint: &Endpoint) -> String {
    serde_json::to_value(&endpoint.method)
        .unwrap()
        .as_str()
        .unwrap()
        .to_uppercase()
}

/// The path with something that is nowhere in place of what is in braces.
fn somewhere(path: &str) -> String {
    let parts =
        path.split('/').map(
            |part| match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
                Some((name, suffix)) if name.starts_with("id") || name.contains("_id") => {
                    format!("6f9619ff-8b86-4d01-b42d-000000000000{suffix}")
                }
                Some((_, suffix)) => format!("1{suffix}"),
                None => part.to_owned(),
            },
        );
    parts.collect::<Vec<_>>().join("/")
}

/// A role's name, short enough for a column.
fn head(role: Role) -> &'static str {
    match role {
        Role::NationalLead => "lead",
        Role::SteeringGroup => "steering",
        Role::ClinicalReferenceGroup => "reference",
        other => other.as_str(),
    }
}

fn grant(world: &World, consultation: &str, role: Role) -> Value {
    let mut grant = json!({"role": role.as_str()});
    match role.scope() {
        RoleScope::Everywhere => {}
        RoleScope::Group => grant["group_id"] = json!(world.a),
        RoleScope::Service => grant["service_id"] = json!(world.a1),
        RoleScope::Consultation => grant["consultation_id"] = json!(consultation),
        RoleScope::Body => grant["body_id"] = json!(world.body),
    }
    grant
}

#[actix_web::test]
async fn what_is_public_is_a_short_list() {
    let routes = collate::routes::routes();
    let mut public: Vec<_> = routes
        .all()
        .iter()
        .filter(|endpoint| endpoint.permission.is_none())
        .map(|endpoint| format!("{} {}", method(endpoint), endpoint.path))
        .collect();
    public.sort();
    assert_eq!(public, PUBLIC);
}

#[actix_web::test]
async fn strangers_are_401_and_wrong_roles_403_on_every_route_whatever_they_send() {
    let world = World::start().await;
    let consultation = world.open(json!({})).await;
    let mut callers: Vec<(Role, Caller)> = Vec::new();
    for role in Role::ALL {
        callers.push((*role, world.user(grant(&world, &consultation, *role)).await));
    }
    let heads: String = callers
        .iter()
        .map(|(role, _)| format!("{:>12}", head(*role)))
        .collect();
    let mut grid = vec![format!(
        "{:<58}{:<22}{:>9}{heads}",
        "route", "permission", "stranger"
    )];
    let routes = collate::routes::routes();
    for endpoint in routes.all() {
        let Some((permission, roles)) = endpoint.permission else {
            continue;
        };
        let (method, path) = (method(endpoint), somewhere(endpoint.path));
        // Neither JSON nor a version: who may not do it is refused before any of that is looked at.
        let ask = || {
            let ask = Ask::new(Method::from_bytes(method.as_bytes()).unwrap(), path.clone());
            if method == "GET" {
                ask
            } else {
                ask.body("text/plain", "this is not JSON")
            }
        };
        let stranger = world.service.stranger().send(ask()).await;
        // Where what is published is for everybody, nobody is refused for who they are; each has a test of its own.
        let refused = |status: u16| {
            if endpoint.without_token {
                status != 401 && status != 403
            } else {
                status == 401
            }
        };
        assert!(
            refused(stranger.status),
            "{}\n{}",
            stranger.asked,
            stranger.text()
        );
        let route = format!("{method} {}", endpoint.path);
        let head = if endpoint.without_token { "public" } else { "401" };
        let mut line = format!("{route:<58}{permission:<22}{head:>9}");
        for (role, caller) in &callers {
            let answer = caller.send(ask()).await;
            if roles.contains(role) || endpoint.without_token {
                let let_in = answer.status != 401 && answer.status != 403;
                assert!(let_in, "{role} may: {}\n{}", answer.asked, answer.text());
                line += &format!("{:>12}", "yes");
            } else {
                assert_eq!(
                    answer.status,
                    403,
                    "{role} may not: {}\n{}",
                    answer.asked,
                    answer.text()
                );
                line += &format!("{:>12}", "-");
            }
        }
        grid.push(line);
    }
    say(&grid.join("\n"));
}

#[actix_web::test]
async fn every_route_is_in_the_document_with_its_permission() {
    let routes = collate::routes::routes();
    for endpoint in routes.all() {
        let operation = &tests::contract::DOCUMENT["paths"][endpoint.path][method(endpoint).to_lowercase()];
        let security = match endpoint.permission {
            Some((permission, _)) if endpoint.without_token => json!([{"bearer": [permission]}, {}]),
            Some((permission, _)) => json!([{"bearer": [permission]}]),
            None => json!([]),
        };
        assert_eq!(
            operation["security"],
            security,
            "{} {}",
            method(endpoint),
            endpoint.path
        );
        assert!(
            operation["summary"].is_string(),
            "{} {}",
            method(endpoint),
            endpoint.path
        );
    }
}
