//! Every endpoint, a line each: the only list. Routing, the OpenAPI document and the grid of who may do what follow
//! from it.

use crate::{
    auditing::events,
    auth::{api_clients, sign_in, users},
    coding::{codeframes, codings, queue, themes},
    collating::{analyses, collation, releases, trend},
    collecting::{
        clearance, concerns, contributions, discussions, imports, responses, review_reasons, reviews, slips,
        versions, withdrawals,
    },
    consulting::{assurance, consultations, status},
    http::endpoint::Routes,
    network::{bodies, groups, meetings, rounds, services},
    pages, paper,
    reporting::{
        answer, cells, changes, deliveries, feed, feedback, media, outcomes, reading, reports, saturation,
    },
    service,
};
use utoipa::openapi::{ContactBuilder, HttpMethod::*, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

/// What callers of figures get, which the types of the answers do not tell.
const COLLATION: &str = "\
    National leads get exact figures, facilitators those of their own groups. All others get the latest release as \
    it was stored, without filters: with one the answer is 403 `cut-not-released`, because what it leaves out could \
    be subtracted. Before the first release it is 409 `not-released`. Dashboards get the figures without quotes.";
const CROSS_TAB: &str = "\
    National leads get exact figures, facilitators those of their own groups. All others get a table of the latest \
    release: one that it does not hold, and any with filters, is 403 `cut-not-released`, whose detail names those \
    that it holds. Themes, questions and sections by each dimension are in every release; other tables are chosen as \
    its `cuts` before it is made. Before the first release it is 409 `not-released`.";
const COVERAGE: &str = "\
    National leads see everything, facilitators their own groups. All others get the coverage of the latest release: \
    how many were expected, present and heard, without names, and without settings and respondent groups. Before the \
    first release it is 409 `not-released`.";
const FREEZING: &str = "\
    The version holds every theme as it stands, and the entries `other` and `no-reason-given`, which are added where there are \
    none. From then on every coding names it. Of a contribution that is coded after the first version, what counts is the first \
    coder's coding from then on; what was coded before stays and counts where nobody did. 409 where no theme is agreed, and where \
    nothing changed since the last version.";
const CLAIMING: &str = "\
    Deals contributions to the caller for an hour: those that the caller coded with a theme that was split since, then those that \
    nobody has coded, question by question; or with `independent` those that were drawn to be coded twice and want a second coder. \
    Where one list is empty, ask for the other. What is dealt is dealt to nobody else meanwhile; what was drawn, to \
    one other. What was dealt to the caller before and is not coded yet comes first and counts towards `limit`, so asking again \
    loses nothing. Coding it, or setting it aside, ends the claim.";
const DRAWING: &str = "\
    Takes a share of the contributions that stand and were not drawn before, systematically in the order of question and group, so \
    that each question, and each group within it, has its share to within one contribution. What follows from the seed is recorded \
    with it. Queues then deal what was drawn to two coders, neither of whom sees the other's coding. Draw before coding begins: \
    what somebody has coded already, and not independently, wants two coders more.";
const CONSENSUS: &str = "\
    Of statements that people could agree with: across regional groups, across respondent groups and across settings, from \
    shows of hands and choices. Contributions under a theme may contradict each other, so nothing is added up over a theme. \
    National leads get exact figures, facilitators those of their own groups. All others get what follows from the latest \
    release and nothing else: 409 `not-released` before the first, 403 `cut-not-released` with filters; across respondent groups \
    and settings only where the release holds the table of answers and shows all of it.";
const DIFFERENCES: &str = "\
    Of all coded contributions of people in services, of staff, and of family and carers, the share under each theme, and how far \
    the shares lie apart. Intervals are bootstrapped over discussions and responses, because people at one table are not \
    independent of each other; there is none where these are too few. National leads get exact figures, facilitators those of \
    their own groups. All others get the counts of the latest release, without shares, because a release does not say how much each \
    respondent group said in all: 409 `not-released` before the first, 403 `cut-not-released` with filters.";
const TREND: &str = "\
    Themes that are mapped to one of an earlier codeframe (`earlier_theme_id`), and through it to those before, by the share \
    of discussions that raised them each time. Where they cannot be compared it says why; differences are not computed. \
    `group`, `respondent_group`, `setting` and `channel` mean the same in every consultation; `question`, `theme`, `section` \
    and `round` do not and are 400. National leads get exact figures, facilitators those of their own groups. All others \
    get each consultation's latest release: filters are 403 `cut-not-released`, before the first release it is 409 \
    `not-released`, and an earlier consultation that they may not know of or that has none appears nowhere.";
const SATURATION: &str = "\
    After Guest, Namey and Chen (PLoS ONE 15(5): e0232076): the themes of the first four meetings held are the base; the new themes \
    of every two meetings in a row after them are divided by it. `theme` is refused. National leads see all meetings, facilitators \
    those of their own groups, as if there were no others.";
const CODEFRAME_CHECK: &str = "\
    Every pair of themes in use is compared, by label and by the contributions under them; by which figures pairs are listed stands \
    in the answer. It names what to look at and judges nothing.";
const TOKENS: &str = "\
    An `Idempotency-Key` means nothing here: tokens are stored nowhere, so no answer that holds any can be given again.";
const TAKING_BACK: &str = "\
    For whoever holds the receipt of a response or the slip of a point, without signing in and without giving a \
    reason. `quotes`: the words are quoted nowhere any more and still count. `all`: they count nowhere from now on, \
    either; a release that was made before keeps its figures and loses the quotes at once. A receipt that is unknown \
    and one that was used are both 404.";

const REVIEW: &str = "\
    `received` to `has_issues`, `approved` or `withdrawn`; between those, and back; from `withdrawn` to `received` only. \
    Withdrawn, it counts nowhere and is quoted nowhere; with issues it counts, and is for leads to settle before anything is published. A correction takes an \
    approval back by itself. National leads make every move, in every status but draft and withdrawn. Facilitators withdraw \
    tables of their groups, and with champions the responses that they posted, while the consultation is open; whoever did may \
    take that back until then, unless issues were found before. A move that is not allowed is 409 `review-not-allowed` and \
    names those that are.";
const MANY: &str = "\
    All of them or none: a refusal says of each that stops it why, by its place in the body. 422 where an id is not of this \
    consultation, 409 `review-not-allowed` where only moves are wrong.";
const VERSIONS: &str = "\
    From the first to the one that stands, each with who made it, when and why, and what it changed against the one before: \
    fields by a JSON pointer, before and after; texts by the words that stay, were removed and were added. A version of a table \
    or response that was made because a point in it changed names the point. What a clearance replaced is shown to national \
    leads and the auditor until retention ends it; what was taken back to national leads.";
const IMPORTING: &str = "\
    One row is one contribution; rows of one table (meeting, sitting, table), or of one response, are put together and \
    checked by the rules of a post. Every fault of every row is answered at once. `all_or_nothing` (the default) stores \
    the whole file or none of it; `per_row` stores every table and response without a fault, each whole. A file of more \
    than 2000 rows or 1 MiB is answered 202 and worked off beside the requests; `/v1/imports/{id}` says how far. At most \
    48 MiB and 200000 rows.";

const ASSURANCE: &str = "\
    By the four Gunning principles: what is on record, and what is not, each gap with a stable `code` and, in `where`, through \
    what it can be closed. It lists and does not judge: a lawyer who reads both does. Dates are as people put them on record; \
    the audit log says who did and when, and what did not happen is not to be put there. The response clock runs twelve weeks \
    from the day of closing, or from the planned one until then.";

const REPORTING: &str = "\
    Freezes the figures of a release, the codeframe, the consultation and how coding was done. Where no release is named a new one is made, or \
    the latest taken where too little changed since. Then write to it (PATCH) and publish it.";
const PUBLISHING: &str = "\
    Refused with everything that stands against it at once, in `errors`: quotes without consent, not cleared, taken back or changed; a quote \
    whose count is hidden; a table that shows more than its policy lets out; contributions neither coded nor set aside, unless \
    `uncoded_reason` says why; anything in whose review issues were found. A codeframe that was never frozen is frozen. From then on no \
    figure moves, and neither does the digest: a quote that is taken back leaves the words and keeps its hash.";

const CHANGING: &str = "\
    Every figure, text, theme and quote that differs, matched by table, row and column and by a theme's id, and not by place. `since` names an \
    earlier published report of the same consultation; without it the one before that stands is taken, and of a draft the last that was \
    published. Reasons are named where they moved at least ten contributions of three tables or responses; how many exactly is for national \
    leads and the auditor, and so is to compare with what was retracted, which is 410 for everybody else.";

const DELIVERING: &str = "\
    A published report, or a draft for comment: members of the body can read it from then on. `digest` tells which of the two it was, and of \
    a draft, as it was then. A consultation is `delivered` once a published report was. What was retracted is 409.";
const DECIDING: &str = "\
    On a theme, on a section, on a theme as far as a section goes, or without either on the whole. At any time after a published report was \
    delivered; before that it is 409 `not-delivered`. Members of the body that commissioned the consultation write down its decisions, \
    leads those of any body. Nothing is changed or deleted: `supersedes` names the outcome on the same theme and section whose place it \
    takes, once (409 `outcome-superseded`). Of those that stand the latest by `decided_on` counts. A consultation is `answered` once every \
    theme of its latest report has a decision other than `under_review`, of its own, of its parent or of the whole.";
const ANSWERING: &str = "\
    We asked, you said, we did: by theme of the latest published report how widely it was raised, what was decided, and in which \
    section of which version that shows; themes that still wait; and the clock of the answer. 404 before a report is published.";
const LOOKING_UP: &str = "\
    For whoever holds the receipt of a response or the slip of a point, without signing in: where it stands, and once a published \
    report holds it, its themes, whether it is quoted, and what was decided. Never a text, group or service. One that is unknown is 404, and \
    counts against the same limit as in withdrawals. It changes nothing, so it needs no `Idempotency-Key`.";
const LOOPING: &str = "\
    Of every consultation with a published report in which the group was heard: the themes that it raised, in its own exact figures, beside \
    the country's as they were released, and what was decided. Facilitators of the group and national leads.";
const TRACING: &str = "\
    For national leads and the auditor; everybody else is told 404, whether there is such a figure or not. What stands there was \
    kept when the release was made and does not move: beside each contribution it says whether it was corrected, coded otherwise \
    or taken back since. Contributions, discussions and responses are paged together. 409 `no-provenance` where the release was \
    made before this was kept.";

/// The list.
#[rustfmt::skip]
pub fn routes() -> Routes {
    Routes::new(about())
        .endpoint(Get, "/livez", "Whether the process runs", service::live)
        .endpoint(Get, "/readyz", "Whether the service can answer", service::ready)
        .endpoint(Get, "/openapi.json", "This document", service::document)
        .endpoint(Get, "/problems/{code}", "What a refusal means", service::problem)

        .endpoint(Post, "/v1/auth/sign-in", "Sign in", sign_in::sign_in)
            .without_key(TOKENS)
        .endpoint(Post, "/v1/auth/token", "Get the next pair of tokens, or an api client's token", sign_in::token)
            .without_key(TOKENS)
        .endpoint(Post, "/v1/auth/sign-out", "End a sign-in", sign_in::sign_out)
            .without_key(TOKENS)
        .endpoint(Get, "/v1/me", "One's own name and grants", users::me)
        .endpoint(Post, "/v1/users", "Add a user", users::create)
        .endpoint(Get, "/v1/users", "List users", users::list)
        .endpoint(Get, "/v1/users/{id}", "Show a user", users::show)
        .endpoint(Get, "/v1/users/{id}/grants", "List a user's grants", users::list_grants)
        .endpoint(Post, "/v1/users/{id}/grants", "Grant a role", users::grant)
        .endpoint(Delete, "/v1/users/{id}/grants/{grant_id}", "Take a grant away", users::take_away)
        .endpoint(Post, "/v1/api-clients", "Add an api client", api_clients::create)
        .endpoint(Get, "/v1/api-clients", "List api clients", api_clients::list)
        .endpoint(Get, "/v1/api-clients/{id}", "Show an api client", api_clients::show)
        .endpoint(Delete, "/v1/api-clients/{id}", "Take an api client away", api_clients::end)
        .endpoint(Post, "/v1/api-clients/{id}/secrets", "Make a new secret", api_clients::renew)
        .endpoint(Delete, "/v1/api-clients/{id}/secrets/{secret_id}", "Take a secret away", api_clients::take_secret)
        .endpoint(Get, "/v1/api-clients/{id}/grants", "List an api client's grants", api_clients::list_grants)
        .endpoint(Post, "/v1/api-clients/{id}/grants", "Grant an api client a role", api_clients::grant)
        .endpoint(Delete, "/v1/api-clients/{id}/grants/{grant_id}", "Take a grant from an api client", api_clients::take_away)

        .endpoint(Post, "/v1/bodies", "Add a body", bodies::create)
        .endpoint(Get, "/v1/bodies", "List bodies", bodies::list)
        .endpoint(Get, "/v1/bodies/{id}", "Show a body", bodies::show)
        .endpoint(Patch, "/v1/bodies/{id}", "Change a body", bodies::change)
        .endpoint(Post, "/v1/groups", "Add a group", groups::create)
        .endpoint(Get, "/v1/groups", "List groups", groups::list)
        .endpoint(Get, "/v1/groups/{id}", "Show a group", groups::show)
        .endpoint(Patch, "/v1/groups/{id}", "Change a group", groups::change)
        .endpoint(Post, "/v1/services", "Add a service", services::create)
        .endpoint(Get, "/v1/services", "List services", services::list)
        .endpoint(Get, "/v1/services/{id}", "Show a service", services::show)
        .endpoint(Patch, "/v1/services/{id}", "Change a service", services::change)
        .endpoint(Post, "/v1/rounds", "Add a round", rounds::create)
        .endpoint(Get, "/v1/rounds", "List rounds", rounds::list)
        .endpoint(Get, "/v1/rounds/{id}", "Show a round", rounds::show)
        .endpoint(Patch, "/v1/rounds/{id}", "Change a round", rounds::change)
        .endpoint(Post, "/v1/meetings", "Add a meeting", meetings::create)
        .endpoint(Get, "/v1/meetings", "List meetings", meetings::list)
        .endpoint(Get, "/v1/meetings/{id}", "Show a meeting", meetings::show)
        .endpoint(Patch, "/v1/meetings/{id}", "Change a meeting", meetings::change)

        .endpoint(Post, "/v1/consultations", "Set up a consultation", consultations::create)
        .endpoint(Get, "/v1/consultations", "List consultations", consultations::list)
        .endpoint(Get, "/v1/consultations/{id}", "Show a consultation", consultations::show)
        .endpoint(Patch, "/v1/consultations/{id}", "Change a consultation", consultations::change)
        .endpoint(Post, "/v1/consultations/{id}/status", "Move a consultation on", status::post)

        .endpoint(Post, "/v1/consultations/{id}/discussions", "Post a table's notes", discussions::create)
        .endpoint(Get, "/v1/consultations/{id}/discussions", "List tables' notes", discussions::list)
        .endpoint(Get, "/v1/discussions/{id}", "Show a table's notes", discussions::show)
        .endpoint(Patch, "/v1/discussions/{id}", "Correct a table's notes", discussions::change)
        .endpoint(Post, "/v1/consultations/{id}/responses", "Post a response", responses::create)
        .endpoint(Get, "/v1/consultations/{id}/responses", "List responses", responses::list)
        .endpoint(Get, "/v1/responses/{id}", "Show a response", responses::show)
        .endpoint(Patch, "/v1/responses/{id}", "Correct a response", responses::change)
        .endpoint(Post, "/v1/discussions/{id}/review", "Move a table's notes in review", reviews::move_discussion)
            .explained(REVIEW)
        .endpoint(Get, "/v1/discussions/{id}/reviews", "List the moves of a table's notes in review", reviews::of_discussion)
        .endpoint(Get, "/v1/discussions/{id}/versions", "Show what changed in a table's notes", versions::of_discussion)
            .explained(VERSIONS)
        .endpoint(Post, "/v1/responses/{id}/review", "Move a response in review", reviews::move_response)
            .explained(REVIEW)
        .endpoint(Get, "/v1/responses/{id}/reviews", "List the moves of a response in review", reviews::of_response)
        .endpoint(Get, "/v1/responses/{id}/versions", "Show what changed in a response", versions::of_response)
            .explained(VERSIONS)
        .endpoint(Post, "/v1/consultations/{id}/reviews", "Move many in review", reviews::move_many)
            .explained(MANY)
        .endpoint(Post, "/v1/review-reasons", "Add a reason for moves in review", review_reasons::create)
        .endpoint(Get, "/v1/review-reasons", "List reasons for moves in review", review_reasons::list)
        .endpoint(Get, "/v1/review-reasons/{id}", "Show a reason for moves in review", review_reasons::show)
        .endpoint(Patch, "/v1/review-reasons/{id}", "Change a reason for moves in review", review_reasons::change)
        .endpoint(Post, "/v1/consultations/{id}/imports", "Send a file of feedback", imports::create)
            .explained(IMPORTING)
        .endpoint(Get, "/v1/consultations/{id}/imports/template.xlsx", "A workbook to fill in", imports::template_xlsx)
        .endpoint(Get, "/v1/consultations/{id}/imports/template.csv", "A table to fill in", imports::template_csv)
        .endpoint(Get, "/v1/imports/{id}", "How an import stands", imports::show)
        .endpoint(Post, "/v1/imports/{id}/cancel", "Stop an import", imports::cancel)
        .endpoint(Get, "/v1/consultations/{id}/contributions", "List contributions", contributions::list)
        .endpoint(Post, "/v1/consultations/{id}/contributions/search", "Find words in contributions", contributions::search)
            .without_key("It changes nothing, so it needs no `Idempotency-Key`.")
        .endpoint(Get, "/v1/contributions/{id}", "Show a contribution", contributions::show)
        .endpoint(Patch, "/v1/contributions/{id}", "Correct a contribution", contributions::change)
        .endpoint(Get, "/v1/contributions/{id}/versions", "Show what changed in a contribution", versions::of_contribution)
            .explained(VERSIONS)
        .endpoint(Post, "/v1/contributions/{id}/clearance", "Clear a contribution of personal data", clearance::clear)
        .endpoint(Post, "/v1/contributions/{id}/withdrawal", "Take a contribution back for somebody", withdrawals::for_somebody)
        .endpoint(Get, "/v1/consultations/{id}/concerns", "Concerns that somebody may be at risk", concerns::show)
        .endpoint(Post, "/v1/withdrawals", "Take back by receipt or slip", withdrawals::by_receipt)
            .explained(TAKING_BACK)
        .endpoint(Post, "/v1/meetings/{id}/slips", "Make slips for a meeting's tables", slips::create)
        .endpoint(Post, "/v1/meetings/{id}/slips.html", "Make slips to print and cut, eight to a page", paper::slips::print)
        .endpoint(Get, "/v1/consultations/{id}/paper/table-form", "A form for a table's notes, to print", paper::forms::table)
        .endpoint(Get, "/v1/consultations/{id}/paper/response-form", "A form for a response, to print", paper::forms::response)

        .endpoint(Post, "/v1/consultations/{id}/themes", "Add a theme", themes::create)
        .endpoint(Get, "/v1/consultations/{id}/themes", "List the codeframe", themes::list)
        .endpoint(Get, "/v1/consultations/{id}/themes/{theme_id}", "Show a theme", themes::show)
        .endpoint(Patch, "/v1/consultations/{id}/themes/{theme_id}", "Change a theme", themes::change)
        .endpoint(Post, "/v1/consultations/{id}/themes/{theme_id}/merge", "Merge a theme into another", themes::merge)
        .endpoint(Post, "/v1/consultations/{id}/themes/{theme_id}/split", "Split a theme into others", themes::split)
        .endpoint(Get, "/v1/consultations/{id}/themes/{theme_id}/versions", "Show what became of a theme", themes::versions)
        .endpoint(Post, "/v1/consultations/{id}/codeframe/freeze", "Freeze the codeframe as its next version", codeframes::freeze)
            .explained(FREEZING)
        .endpoint(Get, "/v1/consultations/{id}/codeframes", "List versions of the codeframe", codeframes::list)
        .endpoint(Get, "/v1/consultations/{id}/codeframes/{version}", "Show a version of the codeframe", codeframes::show)
        .endpoint(Post, "/v1/consultations/{id}/coding-queue/claims", "Take contributions to code", queue::claim)
            .explained(CLAIMING)
        .endpoint(Get, "/v1/consultations/{id}/coding-queue/progress", "How far coding is", queue::show_progress)
        .endpoint(Post, "/v1/consultations/{id}/double-coding", "Draw contributions to be coded twice", queue::draw)
            .explained(DRAWING)
        .endpoint(Get, "/v1/consultations/{id}/double-coding", "List draws", queue::list_draws)
        .endpoint(Get, "/v1/consultations/{id}/double-coding/{double_coding_id}", "Show a draw", queue::show_draw)
        .endpoint(Get, "/v1/consultations/{id}/codeframe/check", "Which themes to look at before the codeframe is frozen", analyses::show_codeframe_check)
            .lasting()
            .explained(CODEFRAME_CHECK)
        .endpoint(Put, "/v1/contributions/{id}/coding", "Code a contribution", codings::put)
        .endpoint(Get, "/v1/contributions/{id}/codings", "List who coded a contribution how", codings::list)
        .endpoint(Post, "/v1/contributions/{id}/adjudication", "Decide between codings that differ", codings::adjudicate)
        .endpoint(Get, "/v1/consultations/{id}/agreement", "How far coders agree", analyses::show_agreement)
            .lasting()
        .endpoint(Get, "/v1/consultations/{id}/trend", "What became of themes from earlier consultations on", trend::show)
            .explained(TREND)
        .endpoint(Get, "/v1/consultations/{id}/assurance", "What shows how people were consulted, and what is missing", assurance::show)
            .explained(ASSURANCE)
        .endpoint(Get, "/v1/consultations/{id}/saturation", "How many new themes each meeting brought", analyses::show_saturation)
            .lasting()
            .explained(SATURATION)
        .endpoint(Get, "/v1/consultations/{id}/saturation.svg", "The same as a picture", saturation::show_picture)
            .lasting()

        .endpoint(Get, "/v1/consultations/{id}/collation", "What was said, by whom, how widely", collation::show)
            .lasting()
            .explained(COLLATION)
        .endpoint(Get, "/v1/consultations/{id}/cross-tab", "A two-way table", collation::show_cross_tab)
            .lasting()
            .explained(CROSS_TAB)
        .endpoint(Get, "/v1/consultations/{id}/consensus", "How far groups agree with each statement", analyses::show_consensus)
            .lasting()
            .explained(CONSENSUS)
        .endpoint(Get, "/v1/consultations/{id}/differences", "Where people in services and others differ", analyses::show_differences)
            .lasting()
            .explained(DIFFERENCES)
        .endpoint(Get, "/v1/consultations/{id}/cells", "Every combination that occurs", collation::show_cells)
        .endpoint(Get, "/v1/consultations/{id}/cells.csv", "Every combination that occurs, as CSV", collation::show_cells_csv)
        .endpoint(Post, "/v1/consultations/{id}/releases", "Release controlled figures", releases::create)
        .endpoint(Get, "/v1/consultations/{id}/releases", "List releases", releases::list)
        .endpoint(Get, "/v1/consultations/{id}/releases/{release_id}", "Show a release", releases::show)
        .endpoint(Get, "/v1/consultations/{id}/coverage", "Who was expected, there, heard, silent", collation::show_coverage)
            .lasting()
            .explained(COVERAGE)

        .endpoint(Post, "/v1/consultations/{id}/reports", "Begin a report", reports::create)
            .explained(REPORTING)
        .endpoint(Get, "/v1/consultations/{id}/reports/latest", "The latest report of a consultation", reading::show_latest)
            .lasting()
        .endpoint(Get, "/v1/reports", "List reports", reports::list)
        .endpoint(Get, "/v1/reports/{id}.json", "A report as JSON", reading::show_json)
            .lasting()
        .endpoint(Get, "/v1/reports/{id}.html", "A report as a page that needs nothing beside it", reading::show_html)
            .lasting()
        .endpoint(Get, "/v1/reports/{id}.pdf", "A report to print", reading::show_pdf)
            .lasting()
        .endpoint(Get, "/v1/reports/{id}.docx", "A report to go on writing in", reading::show_docx)
            .lasting()
        .endpoint(Get, "/v1/reports/{id}.xlsx", "A report's tables as a workbook", reading::show_xlsx)
            .lasting()
        .endpoint(Get, "/v1/reports/{id}.csv", "Every figure of a report, one a line", reading::show_csv)
            .lasting()
        .endpoint(Get, "/v1/reports/{id}.zip", "A report in every form", reading::show_zip)
            .lasting()
        .endpoint(Get, "/v1/reports/{id}", "Show a report", reading::show)
            .lasting()
        .endpoint(Patch, "/v1/reports/{id}", "Write to a report", reports::change)
        .endpoint(Post, "/v1/reports/{id}/publish", "Publish a report", reports::publish)
            .explained(PUBLISHING)
        .endpoint(Post, "/v1/reports/{id}/retract", "Retract a report", reports::retract)
        .endpoint(Get, "/v1/reports/{id}/tables/{name}.csv", "A table of a report", reading::show_table)
            .lasting()
        .endpoint(Get, "/v1/reports/{id}/charts/{name}.svg", "A picture of a report", reading::show_chart)
            .lasting()
        .endpoint(Get, "/v1/reports/{id}/changes", "What a report says otherwise than an earlier one, and why", changes::show)
            .explained(CHANGING)

        .endpoint(Post, "/v1/reports/{id}/deliveries", "Deliver a report to a body", deliveries::create)
            .explained(DELIVERING)
        .endpoint(Get, "/v1/reports/{id}/deliveries", "To whom a report was delivered", deliveries::list_of_report)
        .endpoint(Get, "/v1/deliveries", "List deliveries", deliveries::list)
        .endpoint(Get, "/v1/deliveries/{id}", "Show a delivery", deliveries::show)
        .endpoint(Post, "/v1/reports/{id}/media", "Put a film or a poster beside a report", media::create)
        .endpoint(Get, "/v1/reports/{id}/media", "What stands beside a report", media::list)
        .endpoint(Get, "/v1/reports/{id}/media/{media_id}", "Show what stands beside a report", media::show)
        .endpoint(Post, "/v1/consultations/{id}/outcomes", "Write down what was decided", outcomes::create)
            .explained(DECIDING)
        .endpoint(Get, "/v1/consultations/{id}/outcomes", "List what was decided", outcomes::list)
        .endpoint(Get, "/v1/outcomes/{id}", "Show what was decided", outcomes::show)
        .endpoint(Get, "/v1/consultations/{id}/answer", "We asked, you said, we did", answer::show)
            .explained(ANSWERING)
        .endpoint(Get, "/outcomes.atom", "What was published and decided lately, as a feed", feed::show)
        .endpoint(Post, "/v1/receipts/look-up", "What became of it, by receipt or slip", feedback::look_up)
            .without_key(LOOKING_UP)
        .endpoint(Get, "/v1/groups/{id}/feedback-loop", "What a group raised and what was decided, beside the whole", feedback::feedback_loop)
            .explained(LOOPING)
        .endpoint(Get, "/v1/groups/{id}/feedback-loop.html", "The same of one consultation, to print", feedback::feedback_loop_html)

        .endpoint(Get, "/", "The page of published consultations", reading::front)
            .lasting()
        .endpoint(Get, "/reports/{reference}", "The page of a consultation's latest report", reading::page_of)
            .lasting()
        .endpoint(Get, "/reports/{reference}/easy-read", "The same in easy read", reading::page_in_easy_read)
            .lasting()
        .endpoint(Get, "/reports/{reference}/outcomes", "The page that says what was decided", reading::page_of_outcomes)
            .lasting()
        // Not `{id}`: what is called so in a path is a UUID, and a figure is named by its report, table, row and column.
        .endpoint(Get, "/v1/cells/{cell}", "What stands behind a published figure", cells::show)
            .explained(TRACING)

        .endpoint(Get, "/notes", "The page on which notes are typed up", pages::notes)
        .endpoint(Get, "/coverage/{reference}", "The page that says who has been heard", pages::coverage)
        .endpoint(Get, "/pages/{name}", "What the pages are made of", pages::file)

        .endpoint(Get, "/v1/audit-events", "Who did what", events::list)
        .endpoint(Get, "/v1/audit-events/{id}", "Show one act", events::show)
}

/// The document without its paths.
fn about() -> OpenApi {
    let license = LicenseBuilder::new()
        .name("MIT OR Apache-2.0")
        .identifier(Some("MIT OR Apache-2.0"))
        .build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Collate")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Turns what people said in regional groups into something a nation can act on: what was said, by \
                     whom, how widely. Counts are of distinct things; what a caller may not know of reads as absent.",
                ))
                .contact(Some(ContactBuilder::new().name(Some("The Collate authors")).build()))
                .license(Some(license))
                .build(),
        )
        .build()
}

#[cfg(test)]
mod tests {
    use super::routes;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn readers_of_a_release_find_in_the_document_what_they_get() {
        let document = serde_json::to_value(routes().document()).unwrap();
        let here = "/v1/consultations/{id}";
        for (path, method, words) in [
            (
                format!("{here}/collation"),
                "get",
                &["latest release", "without filters", "403 `cut-not-released`"][..],
            ),
            (
                format!("{here}/cross-tab"),
                "get",
                &["latest release", "filters", "403 `cut-not-released`"],
            ),
            (
                format!("{here}/coverage"),
                "get",
                &["latest release", "without names"],
            ),
            (
                format!("{here}/trend"),
                "get",
                &[
                    "latest release",
                    "filters are 403 `cut-not-released`",
                    "appears nowhere",
                ],
            ),
            (
                "/v1/withdrawals".to_owned(),
                "post",
                &["without signing in", "`quotes`: ", "`all`: "],
            ),
        ] {
            let operation = &document["paths"][&path][method];
            let said = operation["description"].as_str().unwrap_or_default();
            for word in words {
                assert!(said.contains(word), "{path} does not say {word}: {said}");
            }
            let guarded = operation["security"]
                .as_array()
                .is_some_and(|ways| !ways.is_empty());
            assert_eq!(said.contains("Permission `"), guarded, "{path}: {said}");
        }
    }

    /// Numbers that count nothing: they name, order, or say how something was reckoned.
    const NO_FIGURES: [&str; 9] = [
        "number",
        "position",
        "reached_at",
        "revision",
        "release",
        "seed",
        "thresholds",
        "threshold",
        "codeframe_version",
    ];

    /// Whether a schema is a number, a count, or several of either.
    fn is_figure(schema: &Value) -> bool {
        let words = |value: &Value| match value {
            Value::Array(all) => all.clone(),
            one => vec![one.clone()],
        };
        let counts = schema["$ref"]
            .as_str()
            .is_some_and(|at| at.ends_with("/Count") || at.ends_with("/Keyed"));
        counts
            || words(&schema["type"])
                .iter()
                .any(|word| word == "integer" || word == "number")
            || ["items", "additionalProperties"]
                .iter()
                .any(|of| schema.get(of).is_some_and(is_figure))
            || schema["oneOf"].as_array().into_iter().flatten().any(is_figure)
    }

    /// What a reader is told of a property; of one that may be null it stands beside what else it may be.
    fn told(schema: &Value) -> String {
        let any = schema["oneOf"].as_array().into_iter().flatten();
        let all = [schema].into_iter().chain(any);
        all.filter_map(|one| one["description"].as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Adds the figures of an answer that are told without their unit or base.
    fn untold(
        document: &Value,
        schema: &Value,
        at: &str,
        seen: &mut BTreeSet<String>,
        into: &mut Vec<String>,
    ) {
        if let Some(name) = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
            if seen.insert(name.to_owned()) {
                untold(
                    document,
                    &document["components"]["schemas"][name],
                    name,
                    seen,
                    into,
                );
            }
            return;
        }
        for (name, of) in schema["properties"].as_object().into_iter().flatten() {
            let told = told(of).replace('\n', " ");
            if is_figure(of) {
                let says = told.contains("Unit: ") || told.contains("Base: ");
                if !says && !NO_FIGURES.contains(&name.as_str()) && !at.ends_with("Thresholds") {
                    into.push(format!("{at}.{name}: {told}"));
                }
            } else {
                untold(document, of, &format!("{at}.{name}"), seen, into);
            }
        }
        for several in ["oneOf", "anyOf", "allOf"] {
            for one in schema[several].as_array().into_iter().flatten() {
                untold(document, one, at, seen, into);
            }
        }
        for one in ["items", "additionalProperties"] {
            if let Some(of) = schema.get(one) {
                untold(document, of, at, seen, into);
            }
        }
    }

    #[test]
    fn every_figure_is_told_with_its_unit_or_base() {
        let document = serde_json::to_value(routes().document()).unwrap();
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        for what in [
            "collation",
            "cross-tab",
            "differences",
            "agreement",
            "saturation",
            "trend",
            "consensus",
            "coverage",
            "codeframe/check",
            "coding-queue/progress",
        ] {
            let operation = &document["paths"][format!("/v1/consultations/{{id}}/{what}")]["get"];
            let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            assert!(answer.is_object(), "{what} has no answer");
            untold(&document, answer, what, &mut seen, &mut found);
        }
        assert!(seen.len() > 50, "{seen:?}");
        assert_eq!(found, Vec::<String>::new());
    }
}
