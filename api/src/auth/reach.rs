//! Where a caller's grants reach. What is out of reach reads as absent, counts included.

use domain::{
    collate::Scope,
    id::{BodyId, ConsultationId, GroupId, ServiceId},
    life::Status,
    vocabulary::Role,
};
use entity::consultations;

/// A role, and the part of the network for which somebody holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What they are.
    pub role: Role,
    /// The groups of a facilitator: the one that was granted, and the local groups of its services.
    pub groups: Vec<GroupId>,
    /// The service of a champion.
    pub service: Option<ServiceId>,
    /// The body of a clinical reference group's member.
    pub body: Option<BodyId>,
    /// The consultation of a collector or coder.
    pub consultation: Option<ConsultationId>,
}

/// What the grants that allow an act reach together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    grants: Vec<Grant>,
}

impl Reach {
    /// What of `grants` allows an act that is for `roles`; nothing where none does.
    pub fn new(grants: &[Grant], roles: &[Role]) -> Option<Self> {
        let grants: Vec<_> = grants
            .iter()
            .filter(|grant| roles.contains(&grant.role))
            .cloned()
            .collect();
        // What is for every role is for whoever can sign in.
        (!grants.is_empty() || roles.len() == Role::ALL.len()).then_some(Self { grants })
    }

    /// What those of the grants that are of `roles` reach by themselves; nothing where none is.
    pub fn by(&self, roles: &[Role]) -> Option<Self> {
        Self::new(&self.grants, roles)
    }

    /// Nobody's reach: what serves no caller, such as signing in.
    pub const fn none() -> Self {
        Self { grants: Vec::new() }
    }

    /// Whether one of the grants is of this role.
    pub fn is(&self, role: Role) -> bool {
        self.grants.iter().any(|grant| grant.role == role)
    }

    /// National leads work on everything.
    pub fn is_lead(&self) -> bool {
        self.is(Role::NationalLead)
    }

    /// The facilitator's groups.
    pub fn groups(&self) -> Vec<GroupId> {
        self.of(Role::Facilitator)
            .flat_map(|grant| grant.groups.iter().copied())
            .collect()
    }

    /// The champion's services.
    pub fn services(&self) -> Vec<ServiceId> {
        self.of(Role::Champion)
            .filter_map(|grant| grant.service)
            .collect()
    }

    /// The collector's or coder's consultations.
    pub fn consultations(&self, role: Role) -> Vec<ConsultationId> {
        self.of(role).filter_map(|grant| grant.consultation).collect()
    }

    /// Bodies of which the caller is a member.
    pub fn bodies(&self) -> Vec<BodyId> {
        self.of(Role::ClinicalReferenceGroup)
            .filter_map(|grant| grant.body)
            .collect()
    }

    fn of(&self, role: Role) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.role == role)
    }

    /// Whether the caller works with this group: leads with all, facilitators with their own.
    pub fn has_group(&self, group: GroupId) -> bool {
        self.is_lead() || self.groups().contains(&group)
    }

    /// Whether the caller may know of this consultation. Drafts are known to leads and the auditor only.
    pub fn knows(&self, consultation: &consultations::Model) -> bool {
        let public = consultation.public;
        self.grants.iter().any(|grant| match grant.role {
            Role::NationalLead | Role::Auditor => true,
            _ if consultation.status == Status::Draft => false,
            Role::Facilitator | Role::Champion | Role::SteeringGroup => true,
            Role::Coder | Role::Collector => grant.consultation == Some(consultation.id),
            Role::ClinicalReferenceGroup => grant.body == Some(consultation.commissioned_by),
            Role::Dashboard => public,
            Role::Admin => false,
        })
    }

    /// Whose exact figures the caller may see: all, those of own groups, or none.
    pub fn exact(&self) -> Option<Scope> {
        if self.is_lead() {
            return Some(Scope::Whole);
        }
        let mut groups = self.groups();
        groups.sort();
        groups.dedup();
        (!groups.is_empty()).then_some(Scope::Groups(groups))
    }
}
