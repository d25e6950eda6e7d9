//! Every refusal there is: one table of code, status and title. A code is stable and has its page at
//! `/problems/<code>`; what the caller should change stands in the `detail` of each problem.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($name:ident = $word:literal $status:literal $title:literal;)*) => {
        /// Why a request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name),* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as callers see it: kebab-case, stable.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// The status it is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// What it means, in a sentence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

codes! {
    MalformedJson        = "malformed-json"        400 "The body is not JSON.";
    BadParameter         = "bad-parameter"         400 "A parameter is unknown or has a value that is not taken.";
    BadCursor            = "bad-cursor"            400 "The cursor is not one of this listing.";
    BadRequest           = "bad-request"           400 "The request could not be read.";
    Unauthenticated      = "unauthenticated"       401 "Sign in first.";
    SignInRefused        = "sign-in-refused"       401 "E-mail and password do not fit together.";
    InvalidClient        = "invalid-client"        401 "Client id and secret do not fit together.";
    InvalidGrant         = "invalid-grant"         400 "The refresh token is not valid, or no longer.";
    UnsupportedGrantType = "unsupported-grant-type" 400 "This way of getting a token is not supported.";
    Forbidden            = "forbidden"             403 "None of your grants allows this.";
    NotFound             = "not-found"             404 "There is no such thing, or none that you may know of.";
    MethodNotAllowed     = "method-not-allowed"    405 "This address does not take this method.";
    NotAcceptable        = "not-acceptable"        406 "The answer cannot be given in that format.";
    Conflict             = "conflict"              409 "The request does not fit what is there.";
    NotUnique            = "not-unique"            409 "There is one of that name already.";
    TwoSecrets           = "two-secrets"           409 "Two secrets of this client are good already.";
    IdempotencyKeyReused = "idempotency-key-reused" 422 "This key was sent before, with another request.";
    AnswerGone           = "answer-gone"           410 "It was done, and its answer is not shown any more.";
    RepeatInProgress     = "repeat-in-progress"    409 "The request that this one repeats is not done yet.";
    IdConflict           = "id-conflict"           409 "The id is taken, with other content.";
    IdWithdrawn          = "id-withdrawn"          409 "The id belongs to something that was withdrawn.";
    StatusNotAllowed     = "status-not-allowed"    409 "The consultation cannot make this step.";
    FeedbackMissing      = "feedback-missing"      409 "Not every group expected has been heard.";
    ConsultationNotOpen  = "consultation-not-open" 409 "The consultation does not take feedback now.";
    NotCoded             = "not-coded"             409 "Nobody has coded the contribution.";
    CodingNotOpen        = "coding-not-open"       409 "Nothing is coded while a consultation is a draft or withdrawn.";
    ReviewNotAllowed     = "review-not-allowed"    409 "It cannot make this step in review.";
    ReviewNotOpen        = "review-not-open"       409 "Nothing is reviewed while a consultation is a draft or withdrawn.";
    ClearanceNotOpen     = "clearance-not-open"    409 "Nothing is cleared while a consultation is a draft or withdrawn.";
    QuestionsFixed       = "questions-fixed"       409 "Questions can change only while the consultation is a draft.";
    NotReleased          = "not-released"          409 "Nothing of this consultation has been released yet.";
    CutNotReleased       = "cut-not-released"      403 "This table is not part of the release.";
    NoProvenance         = "no-provenance"         409 "What stood behind these figures was not kept.";
    NotClosed            = "not-closed"            409 "A release is made from closed on.";
    CodeframeNotReady    = "codeframe-not-ready"   409 "A theme that would leave is not agreed, or may say who somebody is.";
    ReportPublished      = "report-published"      409 "The report is published, and does not change any more.";
    ReportNotReady       = "report-not-ready"      409 "The report cannot be published as it stands.";
    ReportRetracted      = "report-retracted"      410 "The report was retracted.";
    NotDelivered         = "not-delivered"         409 "No published report of the consultation was delivered to a body yet.";
    OutcomeSuperseded    = "outcome-superseded"    409 "Another outcome has taken its place already.";
    TooLittleChanged     = "too-little-changed"    409 "Too little differs from the last release.";
    StaleVersion         = "stale-version"         412 "It was changed since you read it.";
    TooLarge             = "too-large"             413 "The body is too large.";
    UnsupportedMediaType = "unsupported-media-type" 415 "The body has a media type that is not taken here.";
    Invalid              = "invalid"               422 "Some of the body is not as it must be.";
    UnreadableFile       = "unreadable-file"       422 "The file is none that can be read, or none that is taken.";
    ImportEnded          = "import-ended"          409 "This import has ended; what it stored stays.";
    VersionMissing       = "version-missing"       428 "Say which version you are changing.";
    TooManyFailures      = "too-many-failures"     429 "Too many attempts that failed.";
    Internal             = "internal"              500 "Something went wrong on our side.";
    NotReady             = "not-ready"             503 "The service cannot answer now.";
}

impl Code {
    /// The status, as actix wants it.
    pub fn http_status(self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code that stands for a refusal of the framework itself.
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            400..=499 => Self::BadRequest,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_and_unique() {
        for (at, code) in Code::ALL.iter().enumerate() {
            let word = code.as_str();
            assert!(word.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{word}");
            assert!(
                Code::ALL.iter().skip(at + 1).all(|other| other.as_str() != word),
                "{word} stands twice"
            );
            assert!(code.http_status().as_u16() == code.status() && code.status() >= 400);
        }
    }
}
