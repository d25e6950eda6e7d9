//! Who calls, as far as the service must know.

use super::reach::Grant;
use domain::id::UserId;

/// A caller whose token was verified and whose grants were looked up.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// What they are, and where.
    pub grants: Vec<Grant>,
}
