//! What it costs: benchmarks that print their figures and check what they count. No figure is asserted, every count is.

mod analyses;
mod closed_loop;
mod database;
mod expected;
mod figures;
mod import;
mod measure;
mod report;
mod rows;
mod served;
mod world;

use measure::Wrong;
use std::process::ExitCode;

pub const ADMIN: (&str, &str) = ("admin@load.test", "a password for the load");

#[actix_web::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("load: {wrong}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Wrong> {
    let mut words = std::env::args().skip(1).peekable();
    match words.peek().map(String::as_str) {
        Some("serve") => served::serve(words.skip(1)).await,
        Some("static") => served::serve_static(words.skip(1)).await,
        Some("report") => report::run(words.skip(1)).await,
        Some("import") => import::run(words.skip(1)).await,
        Some("analyses") => analyses::run(words.skip(1)).await,
        _ => figures::run(words).await,
    }
}
