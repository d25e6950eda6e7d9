//! Who calls and what they may do: sign-in, tokens, users, api clients, grants, and the whole policy on one page
//! ([`permission`]).

pub mod api_clients;
pub mod caller;
pub mod grants;
pub mod keys;
pub mod password;
pub mod permission;
pub mod reach;
pub mod receipts;
pub mod sessions;
pub mod sign_in;
pub mod users;
