//! The demo, served as it was built.

use crate::{caller::Caller, database::Database, service::Service};
use collate::{
    auth::grants::GrantInput,
    server::{Settings, add_user},
    store::{Store, audit::acts::ADD_USER},
};
use domain::vocabulary::Role;
use std::rc::Rc;

/// The illustrative consultation, and two who are not of its own accounts: passwords of those are told on the screen alone.
pub struct Demo {
    pub service: Service,
    pub admin: Caller,
    pub lead: Caller,
    /// The consultation.
    pub id: String,
}

impl Demo {
    /// Builds it on a database of its own, and serves that.
    pub async fn start() -> Self {
        let database = Database::empty();
        let settings = Settings {
            database_url: database.url.clone(),
            connections: 2,
            ..Settings::default()
        };
        collate::demo::run(&settings, false).await.unwrap();
        let store = Store::connect(&database.url, 2).await.unwrap();
        let password = "a password for tests";
        for (email, role) in [
            ("admin@another.test", Role::Admin),
            ("lead@another.test", Role::NationalLead),
        ] {
            let grant = GrantInput {
                role,
                group_id: None,
                service_id: None,
                body_id: None,
                consultation_id: None,
            };
            add_user(&store, ADD_USER, email, "Somebody", password, vec![grant])
                .await
                .unwrap();
        }
        drop(store);
        let service = Service::start_on(Rc::new(database));
        let admin = service.stranger().sign_in("admin@another.test", password).await;
        let lead = service.stranger().sign_in("lead@another.test", password).await;
        let id = lead.get("/v1/consultations").await.expect(200).ids()[0].clone();
        Self {
            service,
            admin,
            lead,
            id,
        }
    }
}
