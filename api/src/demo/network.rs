//! The made-up network of the illustration: the nine real regional group names, and services nobody runs.

use domain::vocabulary::Setting::{self, CommunityForensic, HighSecure, LowSecure, MediumSecure};

/// A regional group, its one meeting of the round, and the services of its area.
pub(super) struct Region {
    pub name: &'static str,
    /// The NHS England region that fits best; the groups are not these regions.
    pub nhs_region_code: &'static str,
    /// A working day of the round, `YYYY-MM-DD`.
    pub meeting_on: &'static str,
    pub venue: Venue,
    pub services: &'static [Service],
    /// Titles of what people living in services presented together with staff.
    pub presentations: &'static [&'static str],
}

/// Where a region met.
pub(super) enum Venue {
    /// At the region's first service.
    SecureUnit,
    /// At a made-up community venue.
    Community(&'static str),
}

/// A service of the illustration.
pub(super) struct Service {
    pub name: &'static str,
    pub provider: &'static str,
    pub setting: Setting,
}

const fn service(name: &'static str, provider: &'static str, setting: Setting) -> Service {
    Service {
        name,
        provider,
        setting,
    }
}

/// In the order in which the network lists its groups.
pub(super) const REGIONS: &[Region] = &[
    Region {
        name: "London",
        nhs_region_code: "Y56",
        meeting_on: "2019-09-12",
        venue: Venue::SecureUnit,
        services: &[
            service("Quenmoor Centre", "Illustrative London Partnership", MediumSecure),
            service("Larkfold House", "Illustrative Care North", LowSecure),
            service("Tamberlow Lodge", "Illustrative London Partnership", MediumSecure),
            service("Orrinstead Clinic", "Placeholder Care Group", LowSecure),
            service("Pellowmere House", "Hypothetical Secure Services", LowSecure),
            service(
                "Vennacourt Lodge",
                "Illustrative London Partnership",
                MediumSecure,
            ),
            service(
                "Brindlehythe Centre",
                "Model Boroughs Mental Health",
                MediumSecure,
            ),
            service("Marlquick Court", "Model Boroughs Mental Health", LowSecure),
            service("Ossilgate House", "Hypothetical Secure Services", LowSecure),
            service("Thistlemark Clinic", "Placeholder Care Group", LowSecure),
            service("Wexmarrow House", "Model Boroughs Mental Health", MediumSecure),
            service("Corvenlight Lodge", "Illustrative Care South", LowSecure),
            service(
                "Fennhallow Community Team",
                "Illustrative London Partnership",
                CommunityForensic,
            ),
        ],
        presentations: &[
            "What the garden gave us: a year of growing our own lunch",
            "Two stairs at a time: how our evening gym came about",
        ],
    },
    Region {
        name: "South East Coast",
        nhs_region_code: "Y59",
        meeting_on: "2019-09-18",
        venue: Venue::SecureUnit,
        services: &[
            service("Saltgarrow House", "Pretend Weald Partnership", MediumSecure),
            service("Cindermallow Lodge", "Pretend Weald Partnership", LowSecure),
            service("Wealdrush Clinic", "Fictional Coast Healthcare", MediumSecure),
            service("Hopsallow Court", "Fictional Coast Healthcare", LowSecure),
            service("Chalkendrift Centre", "Illustrative Care South", LowSecure),
            service("Oastringe House", "Hypothetical Secure Services", LowSecure),
            service("Pevenlantern Lodge", "Pretend Weald Partnership", MediumSecure),
            service("Downsfarrow House", "Illustrative Care South", LowSecure),
            service(
                "Marshquill Community Team",
                "Fictional Coast Healthcare",
                CommunityForensic,
            ),
        ],
        presentations: &["From the sofa to three miles, one courtyard lap at a time"],
    },
    Region {
        name: "South Central",
        nhs_region_code: "Y59",
        meeting_on: "2019-09-24",
        venue: Venue::Community("The Quillhouse Community Rooms"),
        services: &[
            service("Tillerquay House", "Supposed Shires Mental Health", MediumSecure),
            service("Beechmarrow Lodge", "Supposed Shires Mental Health", LowSecure),
            service("Kenneswold Clinic", "Illustrative Care South", LowSecure),
            service("Solentarrow Court", "Example Pathways Group", MediumSecure),
            service("Ridgequill House", "Example Pathways Group", LowSecure),
            service("Harestolt Centre", "Supposed Shires Mental Health", MediumSecure),
            service(
                "Wychenfallow Community Team",
                "Supposed Shires Mental Health",
                CommunityForensic,
            ),
        ],
        presentations: &[
            "Reading the label: a shopping trip in ten photographs",
            "Our menu meeting, and what the caterers learned from it",
        ],
    },
    Region {
        name: "South West",
        nhs_region_code: "Y58",
        meeting_on: "2019-10-02",
        venue: Venue::SecureUnit,
        services: &[
            service("Tamarquern House", "Specimen Health South West", MediumSecure),
            service("Moorpellow Lodge", "Specimen Health South West", LowSecure),
            service("Cobhallow Clinic", "Placeholder Care Group", LowSecure),
            service("Quantarrow House", "Fictional Coast Healthcare", MediumSecure),
            service("Lyncharrow Court", "Illustrative Care South", LowSecure),
            service("Pentressel Centre", "Specimen Health South West", MediumSecure),
            service("Hartlequay House", "Hypothetical Secure Services", LowSecure),
            service("Dunnaclere Lodge", "Placeholder Care Group", LowSecure),
            service(
                "Otterquill Community Team",
                "Specimen Health South West",
                CommunityForensic,
            ),
        ],
        presentations: &[
            "Tuesday kitchen: cooking for eight on a small budget",
            "Why I asked about my tablets, and what happened next",
        ],
    },
    Region {
        name: "East of England",
        nhs_region_code: "Y61",
        meeting_on: "2019-10-03",
        venue: Venue::SecureUnit,
        services: &[
            service("Fenmallow House", "Invented Fens Partnership", MediumSecure),
            service("Brecklarrow Centre", "Invented Fens Partnership", MediumSecure),
            service("Saltwendle Lodge", "Example Pathways Group", LowSecure),
            service("Reedharrow Clinic", "Hypothetical Secure Services", LowSecure),
            service("Wherryfold House", "Hypothetical Broads Care", MediumSecure),
            service("Ostlerwend Court", "Hypothetical Broads Care", LowSecure),
            service("Curlewquern Lodge", "Illustrative Care South", LowSecure),
            service("Sedgewaite Centre", "Invented Fens Partnership", LowSecure),
            service("Bitternholt Clinic", "Hypothetical Broads Care", HighSecure),
            service("Hemmermarsh House", "Example Pathways Group", MediumSecure),
            service("Flaxendrift Lodge", "Placeholder Care Group", LowSecure),
            service("Barleyquern Court", "Invented Fens Partnership", LowSecure),
            service("Ousemarrow House", "Hypothetical Secure Services", LowSecure),
            service(
                "Tidewendle Community Team",
                "Invented Fens Partnership",
                CommunityForensic,
            ),
        ],
        presentations: &[
            "The great step count: our site against the map of Britain",
            "A takeaway agreement that we wrote ourselves",
            "Chair aerobics with live music, and you are joining in",
        ],
    },
    Region {
        name: "East Midlands",
        nhs_region_code: "Y60",
        meeting_on: "2019-10-09",
        venue: Venue::SecureUnit,
        services: &[
            service("Trentfallow House", "Notional Midlands Partnership", MediumSecure),
            service("Soarquell Lodge", "Notional Midlands Partnership", LowSecure),
            service("Wolderscroft Centre", "Illustrative Care North", MediumSecure),
            service("Charnmarrow Clinic", "Fabled Wolds Partnership", LowSecure),
            service("Rutterwend House", "Fabled Wolds Partnership", LowSecure),
            service("Nenequarry Court", "Notional Midlands Partnership", LowSecure),
            service("Fossequill Lodge", "Example Pathways Group", MediumSecure),
            service("Kestrelwaite House", "Illustrative Care North", LowSecure),
            service("Lacefallow Clinic", "Placeholder Care Group", LowSecure),
            service("Stonepippin House", "Fabled Wolds Partnership", MediumSecure),
            service(
                "Welbrindle Community Team",
                "Notional Midlands Partnership",
                CommunityForensic,
            ),
        ],
        presentations: &["Breakfast club: eggs, gossip and getting up before nine"],
    },
    Region {
        name: "West Midlands",
        nhs_region_code: "Y60",
        meeting_on: "2019-10-15",
        venue: Venue::Community("Brasspenny Hall"),
        services: &[
            service("Arrowmallow House", "Specimen Marches Care", MediumSecure),
            service("Tevenholt Lodge", "Notional Midlands Partnership", LowSecure),
            service("Wrekendell Centre", "Specimen Marches Care", MediumSecure),
            service("Malvenrush Clinic", "Sample Canals Healthcare", LowSecure),
            service("Clentarrow House", "Sample Canals Healthcare", LowSecure),
            service("Ironharrow Court", "Hypothetical Secure Services", HighSecure),
            service("Severnquill House", "Specimen Marches Care", LowSecure),
            service("Tamebrindle Lodge", "Sample Canals Healthcare", MediumSecure),
            service("Ludmarrow House", "Illustrative Care North", LowSecure),
            service(
                "Spindlefold Community Team",
                "Sample Canals Healthcare",
                CommunityForensic,
            ),
        ],
        presentations: &[
            "Big lunch, small plates: what we tried and what we dropped",
            "Going to the baths on leave: a film in six minutes",
        ],
    },
    Region {
        name: "North West",
        nhs_region_code: "Y62",
        meeting_on: "2019-10-10",
        venue: Venue::SecureUnit,
        services: &[
            service("Ribblefallow House", "Imagined Rivers Partnership", MediumSecure),
            service("Mersedrift Centre", "Imagined Rivers Partnership", MediumSecure),
            service("Pendlequern Lodge", "Supposed Lakes Healthcare", LowSecure),
            service("Rossenfold Clinic", "Illustrative Care North", LowSecure),
            service("Wyremallow House", "Imagined Rivers Partnership", MediumSecure),
            service("Lunequarry Court", "Supposed Lakes Healthcare", LowSecure),
            service("Bollinarrow House", "Placeholder Care Group", LowSecure),
            service("Kentmarrow Lodge", "Supposed Lakes Healthcare", LowSecure),
            service("Duddenquick House", "Illustrative Care North", MediumSecure),
            service("Shuttlemallow Clinic", "Hypothetical Secure Services", LowSecure),
            service("Loomharrow Centre", "Imagined Rivers Partnership", MediumSecure),
            service("Cottonquell House", "Placeholder Care Group", LowSecure),
            service(
                "Fyldarrow Community Team",
                "Imagined Rivers Partnership",
                CommunityForensic,
            ),
        ],
        presentations: &[
            "Badminton without a net: activity when money is short",
            "Swapping fizz for squash, told by two people who managed it",
            "What our peer mentors hear that nobody else does",
        ],
    },
    Region {
        name: "Yorkshire & Humber (incl. North East)",
        nhs_region_code: "Y63",
        meeting_on: "2019-10-22",
        venue: Venue::SecureUnit,
        services: &[
            service("Aireharrow House", "Demonstration Moors Health", MediumSecure),
            service("Wharfendrift Lodge", "Demonstration Moors Health", LowSecure),
            service("Humberlantern Centre", "Fabled Wolds Partnership", MediumSecure),
            service("Spurnfold Clinic", "Fabled Wolds Partnership", LowSecure),
            service("Dalesquern Court", "Illustrative Care North", LowSecure),
            service("Ferriswold House", "Example Pathways Group", LowSecure),
            service("Tynemallow Lodge", "Made-up Meadows Care", MediumSecure),
            service("Wearfallow House", "Made-up Meadows Care", LowSecure),
            service("Teesbrindle Clinic", "Made-up Meadows Care", MediumSecure),
            service(
                "Moorlantern Community Team",
                "Demonstration Moors Health",
                CommunityForensic,
            ),
        ],
        presentations: &[
            "An allotment, a kettle and a Wednesday: moving on in stages",
            "Weighing in private: a small change we asked for",
        ],
    },
];
