//! Log lines, on standard error: one a request that did something or was answered anew, and what an operator must know. Never a
//! contribution's text. What is answered again as it was (`http/again.rs`) has a line at `debug`: to write one takes longer than to answer.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging. A filter that cannot be read falls back to `info`, and says so.
pub fn start(filter: &str, format: LogFormat) {
    let read = EnvFilter::try_new(filter);
    let unreadable = read.is_err();
    let filter = read.unwrap_or_else(|_| EnvFilter::new("info"));
    // A line that cannot be written (a full disk, a pipe that nobody reads) is lost, and nothing else: by default the library
    // prints its own complaint, which panics there, and with it what wrote the line.
    let lines = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .log_internal_errors(false);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    if unreadable {
        tracing::warn!("the log filter cannot be read; logging at info");
    }
}
