//! The attack on releases: everything that a controlled reader gets, put together by an attacker that shares no code with
//! the solver under attack, on consultations of many shapes and on real data.

#![cfg(test)]

/// Says what was found, past the test runner, who keeps to itself what tests that pass print.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

mod attacker;
mod between;
mod bounds;
mod campaign;
mod differencing;
mod exact;
mod generator;
mod golden;
mod naive;
mod real;
mod truth;
