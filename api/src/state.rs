//! What the service keeps beside its database: the store's handles, keys and callers it looked up, facts in memory.

use crate::{
    auth::sessions::Sessions,
    collating::looks::Looks,
    collecting::{imports::sharing::Importing, screening::KnownNames},
    http::{lasting::Lasting, proxies::TrustedProxies},
    reporting::shelf::Shelf,
    store::Store,
};

/// One for the process, shared by all workers.
#[derive(Debug)]
pub struct State {
    pub(crate) store: Store,
    /// Keys, and callers looked up a moment ago.
    pub sessions: Sessions,
    /// Facts of consultations, and answers rendered from them.
    pub looks: Looks,
    /// Names of the register, for the personal-data screen.
    pub known_names: KnownNames,
    /// Files of feedback that are read, and those that wait.
    pub importing: Importing,
    /// Whose word is taken for where a request came from.
    pub trusted_proxies: TrustedProxies,
    /// Published reports, and the files that were made of them.
    pub shelf: Shelf,
    /// Answers that last until something is written.
    pub lasting: Lasting,
    /// The OpenAPI document, as it is served.
    pub document: crate::http::content::Content,
}
