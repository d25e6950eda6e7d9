//! Who meets: bodies, groups, services, rounds and meetings.

pub mod bodies;
pub mod groups;
pub mod meetings;
pub mod rounds;
pub mod services;
