//! The service as a process of its own, as `collate serve` runs it: what a test can kill. It takes the URL of a database and
//! `kid:hex` keys, listens where there is room, and says where.

use collate::server::{Settings, StartError, start};
use tests::service::ADMIN;

#[actix_web::main]
async fn main() -> Result<(), StartError> {
    let mut words = std::env::args().skip(1);
    let settings = Settings {
        database_url: words.next().unwrap_or_default(),
        token_keys: words.next(),
        listen: "127.0.0.1:0".into(),
        admin: Some((ADMIN.0.into(), ADMIN.1.into())),
        migrate: true,
        workers: 2,
        connections: 4,
        ..Settings::default()
    };
    let running = start(&settings).await?;
    println!("{}", running.address);
    running.until_stopped().await
}
