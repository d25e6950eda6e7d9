//! What is known of a word: whether it is a name, an everyday word, a title, a role.
//!
//! The long lists are data files with their source and licence in the first lines; the short ones stand here.

use std::{collections::HashMap, sync::LazyLock};

/// A given name, and no everyday word.
pub(super) const GIVEN: u16 = 1;
/// A given name that is a word, too: Hope, Will, June.
pub(super) const GIVEN_WORD: u16 = 1 << 1;
/// A surname.
pub(super) const SURNAME: u16 = 1 << 2;
/// One of the most usual English words.
pub(super) const COMMON: u16 = 1 << 3;
/// A word that is never a name, or so often in this place that it must not be taken for one.
pub(super) const FUNCTION: u16 = 1 << 4;
/// A title that is followed by a name: Dr, Mrs.
pub(super) const TITLE: u16 = 1 << 5;
/// What somebody is: nurse, CPN, keyworker. A name may follow.
pub(super) const ROLE: u16 = 1 << 6;
/// What a person does in such a text: was, listened.
pub(super) const DOES: u16 = 1 << 7;
/// The second word of a place's name: Road, Hospital.
pub(super) const PLACE: u16 = 1 << 8;
/// A month that is a given name.
pub(super) const MONTH: u16 = 1 << 9;
/// The small word inside a surname: van, de.
pub(super) const PARTICLE: u16 = 1 << 10;
/// What is written with a capital and is no name: medicines, days, services.
pub(super) const CAPITALISED: u16 = 1 << 11;
/// A number, a day, a preposition of time: what stands beside a month.
pub(super) const TIME: u16 = 1 << 12;

const SHORT: &[(u16, &str)] = &[
    (
        FUNCTION,
        "a i an the to was is and he she they we it who that has had have said says on in at of for with about as are were \
         will would can could did does do not but so if or when while because came comes come rang called phoned saw sees \
         told tells from by this there then than very also my our his her their your you no yes how what which every each \
         again today tomorrow yesterday surgery surgeries appointment appointments practice practices office letter letters \
         prescription prescriptions just only all always never ever still now here where why be been being am me him them us \
         more most much many some any one two three on off out up down over under after before into through until since \
         explained listened spoke asks asked gave gives took takes made makes seems seemed went goes good great nice lovely \
         excellent brilliant amazing helpful really too please thanks thank may might must should shall its both either \
         visit visits visited reviewed review reviews ward team teams round rounds referred refers diagnosed diagnosis \
         prescribed advised thought thinks never don doesn didn wasn isn aren weren couldn wouldn shouldn hasn hadn haven \
         won can ll ve re didnt dont wasnt",
    ),
    (
        TITLE,
        "mr mrs ms miss mx dr prof professor sir dame rev reverend mister missus",
    ),
    (
        ROLE,
        "doctor nurse sister matron consultant cpn therapist psychologist psychiatrist physio physiotherapist podiatrist \
         dietitian dietician keyworker worker hca ot chaplain imam priest vicar father lady lord officer pc sgt sergeant judge \
         solicitor barrister advocate manager midwife paramedic receptionist counsellor coordinator clinician surgeon gp \
         radiographer pharmacist dentist optician practitioner assistant facilitator champion peer colleague friend brother \
         husband wife son daughter partner cousin uncle aunt auntie nephew niece patient resident nurses therapists doctors \
         named psych pwp cco rc rmo amhp hcp registrar teacher tutor driver cleaner chef student volunteer",
    ),
    (
        DOES,
        "was is has had helps helped listens listened explained explains understood understands gave gives showed shows came \
         comes visits visited made makes did does went goes who always really treated treats supported supports took takes \
         said says told spoke speaks rang phoned worked works seems seemed knows knew cares cared kept keeps provided \
         provides deserves answered put used can could would introduced saw will ensured offered taught encouraged",
    ),
    (
        PLACE,
        "road street lane avenue close drive way court hospital hospitals ward unit house centre center clinic infirmary park \
         lodge view suite place square crescent terrace gardens hill green wood school college university surgery practice \
         council town village city county bridge station airport hall church manor farm team trust nhs health medical \
         building site prison hmp road's shire football united rovers pharmacy estate island",
    ),
    (MONTH, "april may june august jan"),
    (
        PARTICLE,
        "van von der den de del della di da dos la le el al bin ibn mac mc st o",
    ),
    (
        TIME,
        "in since until till last next early late mid of by from to on this during before after end beginning start between \
         and every st nd rd th january february march july september october november december",
    ),
    (
        CAPITALISED,
        "paramedic paramedics ambulance ambulances physiotherapy physio physios podiatry podiatrist podiatrists chiropody \
         chiropodist psychology psychiatry psychiatric psychologist psychologists therapist therapists therapies cpn cpns ot \
         ots gp gps hca hcas camhs cmht crt cbt emdr dbt iapt picu nhs dna covid corona coronavirus clozapine depot \
         olanzapine lithium methadone sertraline diazepam morphine paracetamol receptionist receptionists keyworker \
         keyworkers staffing staff consultant consultants midwife midwives clinician clinicians carer carers mum mums dad \
         dads mam nan nanny gran grandad grandma auntie xray xrays mri ecg triage aphasia dementia parkinson parkinsons \
         alzheimer alzheimers asperger aspergers autism autistic diabetes desmond rehab outpatients inpatient inpatients \
         outpatient tesco asda sainsbury sainsburys aldi lidl xbox playstation facebook zoom whatsapp google youtube \
         microsoft teams skype england english britain british uk london newcastle sunderland durham nottingham northampton \
         leicester birmingham manchester leeds liverpool sheffield bristol york derby darlington hexham mansfield newark \
         cramlington tyneside teesside middlesbrough hartlepool northumberland scotland scottish wales welsh ireland irish \
         europe european france french germany german spain spanish italy italian polish poland india indian pakistan africa \
         african asian asia america american christian muslim islam jewish monday tuesday wednesday thursday friday saturday \
         sunday january february march july september october november december christmas easter ramadan eid halloween \
         rampton broadmoor ashworth moj mappa soad imha pals cqc redacted name anon phone email website physiotherapist \
         dietitian dietician dietetics orthotics catheter insulin vaccine vaccination pfizer moderna astrazeneca sepsis \
         croup asthma copd ptsd adhd ocd bpd eupd epilepsy bipolar schizophrenia psychosis hearing audiology radiology \
         oncology cardiology neurology dermatology urology gynaecology maternity gym bingo wifi tv pc ipad laptop ok okay \
         lol ps etc nb fyi asap dob didnt dont wasnt cant couldnt wouldnt im ive id theyre youre thankyou alot",
    ),
];

fn words(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
}

static KINDS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let mut kinds: HashMap<&'static str, u16> = HashMap::with_capacity(24_000);
    let files = [
        (GIVEN, include_str!("given_names.txt")),
        (GIVEN_WORD, include_str!("given_names_that_are_words.txt")),
        (SURNAME, include_str!("surnames.txt")),
        (COMMON, include_str!("words.txt")),
    ];
    for (kind, word) in files
        .into_iter()
        .chain(SHORT.iter().copied())
        .flat_map(|(kind, file)| words(file).map(move |word| (kind, word)))
    {
        *kinds.entry(word).or_default() |= kind;
    }
    kinds
});

/// What is known of `word`, folded: the bits above.
pub(super) fn kind(word: &str) -> u16 {
    KINDS.get(word).copied().unwrap_or_default()
}
