//! Refusals of the rooms below as problems: one table from what went wrong to what is answered.

use hairline_studio::booking::Refusal as StepRefusal;
use hairline_studio::search::{Refusal as TimeRefusal, SearchError};
use hairline_studio::store::{self, book::Refused};

use crate::problem::{self, Problem};

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        match error {
            store::Error::Unavailable(why) => {
                tracing::warn!(error = %why, "the store cannot be reached");
                Problem::new(&problem::UNAVAILABLE)
            }
            store::Error::Unknown => Problem::new(&problem::OUTCOME_UNKNOWN),
            store::Error::Overlap => Problem::new(&problem::TIME_NOT_OFFERED),
            store::Error::Exists(_) => Problem::new(&problem::CONFLICT),
            store::Error::Reference => Problem::new(&problem::NOT_FOUND),
            other => {
                tracing::error!(error = %other, "the store answered unexpectedly");
                Problem::new(&problem::INTERNAL)
            }
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        match refused {
            Refused::Store(error) => error.into(),
            Refused::Time(why) => of_time(&why),
            Refused::Step(why) => of_step(&why),
            Refused::Setup(why) => {
                tracing::error!(error = %why, "what is set up cannot be read");
                Problem::new(&problem::INTERNAL)
            }
            Refused::NotFound(_) => Problem::new(&problem::NOT_FOUND),
            Refused::Changed => Problem::new(&problem::CONFLICT),
            Refused::Session { number, why } => {
                let session = format!("/sessions/{}", number.saturating_sub(1));
                Problem::from(*why).error(session, "This session is refused")
            }
            why @ (Refused::Course(_)
            | Refused::Times { .. }
            | Refused::Minutes { .. }
            | Refused::ClientTaken
            | Refused::CourseUnderWay
            | Refused::SessionBooked { .. }) => {
                Problem::new(&problem::STEP_REFUSED).detail(sentence(&why.to_string()))
            }
        }
    }
}

/// A question about free times that has no answer.
pub fn of_search(why: &SearchError) -> Problem {
    match why {
        SearchError::NotLoaded { .. } => Problem::new(&problem::UNAVAILABLE),
        _ => Problem::new(&problem::NOT_FOUND),
    }
}

/// What a client reads: without the ids and instants of the engineers' sentence.
fn of_time(why: &TimeRefusal) -> Problem {
    let detail = match why {
        TimeRefusal::Unanswered(why) => return of_search(why),
        TimeRefusal::WrongPractitioner { .. } => "This practitioner does not do this at this studio.",
        TimeRefusal::Past { .. } => "This time has passed.",
        TimeRefusal::Notice { .. } => "This is too soon to be booked here; please call the studio.",
        TimeRefusal::Horizon { .. } => "This is too far ahead to be booked yet.",
        TimeRefusal::OffStep { .. } => "Visits of this kind do not begin at this minute.",
        TimeRefusal::TooLate { .. } => "This is too late in the day for so long a sitting.",
        TimeRefusal::Closed => "The studio is closed then, or the practitioner is not at work.",
        TimeRefusal::Break => "The practitioner has a break then.",
        TimeRefusal::Taken => "The practitioner is taken then.",
        TimeRefusal::Cap { .. } => "The practitioner has as much work on that day as is good.",
        TimeRefusal::NoRoom => "Every fitting room is taken then.",
    };
    Problem::new(&problem::TIME_NOT_OFFERED).detail(detail)
}

fn of_step(why: &StepRefusal) -> Problem {
    match why {
        StepRefusal::Denied(_) => Problem::new(&problem::NOT_FOUND),
        StepRefusal::HoldEnded { .. } => Problem::new(&problem::HOLD_ENDED),
        other => Problem::new(&problem::STEP_REFUSED).detail(sentence(&other.to_string())),
    }
}

/// With a capital at the beginning and a full stop at the end.
pub fn sentence(words: &str) -> String {
    let mut sentence = format!("{words}.");
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}
