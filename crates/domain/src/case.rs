//! The unit of work: its states and the only ways between them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Millis;

/// Where a case stands: state, owner and what it waits for always change together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub state: CaseState,
    pub owner: Option<Uuid>,
    pub waiting: Option<Waiting>,
}

closed_list! {
    pub enum CaseState {
        /// Nobody owns it yet.
        New = "new",
        /// Owned by somebody who works on it.
        Open = "open",
        Waiting = "waiting",
        /// Answered; a new message reopens it.
        Resolved = "resolved",
        /// Ended; a new message opens another case.
        Closed = "closed",
    }
}

/// What a waiting case waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "for", content = "until")]
pub enum Waiting {
    /// The customer has to answer.
    Customer,
    /// A colleague or another department has to act.
    Us,
    /// Asleep until a moment.
    Until(Millis),
}

impl Waiting {
    /// The key under which it is stored and translated.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Us => "us",
            Self::Until(_) => "until",
        }
    }

    /// The other way round; `None` for an unknown key or an `until` without its moment.
    pub fn from_key(key: &str, until: Option<Millis>) -> Option<Self> {
        match key {
            "customer" => Some(Self::Customer),
            "us" => Some(Self::Us),
            "until" => until.map(Self::Until),
            _ => None,
        }
    }
}

/// Something that may change where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Gives the case to somebody, or back to everybody.
    Assign(Option<Uuid>),
    Wait(Waiting),
    Resolve,
    Close,
    /// A person takes a resolved, closed or waiting case up again.
    Reopen,
    CustomerWrote,
    /// Somebody sent an answer; whoever answers a case that nobody owns takes it.
    Answered(Uuid),
    /// The clock reached this moment.
    Time(Millis),
}

/// Why a step is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the case is closed")]
    Closed,
    #[error("the moment has passed")]
    Past,
}

impl Status {
    pub const NEW: Self = Self {
        state: CaseState::New,
        owner: None,
        waiting: None,
    };

    /// Where the case stands after `step` taken at `now`. The same status when the step changes nothing.
    pub fn after(self, step: Step, now: Millis) -> Result<Self, Refused> {
        let closed = self.state == CaseState::Closed;
        Ok(match step {
            Step::Reopen => self.active(),
            Step::Assign(_) | Step::Wait(_) | Step::Resolve | Step::CustomerWrote | Step::Answered(_) if closed => {
                return Err(Refused::Closed);
            }
            Step::Assign(owner) => match self.state {
                CaseState::New | CaseState::Open => Self { owner, ..self }.active(),
                _ => Self { owner, ..self },
            },
            Step::Wait(Waiting::Until(until)) if until <= now => return Err(Refused::Past),
            Step::Wait(waiting) => Self {
                state: CaseState::Waiting,
                waiting: Some(waiting),
                ..self
            },
            Step::Resolve => Self {
                state: CaseState::Resolved,
                waiting: None,
                ..self
            },
            Step::Close => Self {
                state: CaseState::Closed,
                waiting: None,
                ..self
            },
            Step::CustomerWrote => self.active(),
            Step::Answered(by) => {
                let owner = self.owner.or(Some(by));
                match self.state {
                    CaseState::New => Self { owner, ..self }.active(),
                    _ => Self { owner, ..self },
                }
            }
            Step::Time(at) => match self.waiting {
                Some(Waiting::Until(until)) if until <= at => self.active(),
                _ => self,
            },
        })
    }

    /// Being worked on, or waiting to be.
    fn active(self) -> Self {
        let state = if self.owner.is_some() {
            CaseState::Open
        } else {
            CaseState::New
        };
        Self {
            state,
            waiting: None,
            ..self
        }
    }
}

closed_list! {
    pub enum Priority { Low = "low", Normal = "normal", High = "high", Urgent = "urgent" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANNA: Uuid = Uuid::from_u128(1);
    const BRUNO: Uuid = Uuid::from_u128(2);

    fn status(state: CaseState, owner: Option<Uuid>) -> Status {
        Status {
            state,
            owner,
            waiting: None,
        }
    }

    fn check(before: Status, step: Step, after: Result<Status, Refused>) {
        assert_eq!(before.after(step, 100), after, "{before:?} {step:?}");
    }

    #[test]
    fn owning_opens_and_giving_back_renews() {
        check(
            Status::NEW,
            Step::Assign(Some(ANNA)),
            Ok(status(CaseState::Open, Some(ANNA))),
        );
        check(status(CaseState::Open, Some(ANNA)), Step::Assign(None), Ok(Status::NEW));
        check(
            status(CaseState::Resolved, Some(ANNA)),
            Step::Assign(Some(BRUNO)),
            Ok(status(CaseState::Resolved, Some(BRUNO))),
        );
    }

    #[test]
    fn whoever_answers_first_owns() {
        check(
            Status::NEW,
            Step::Answered(ANNA),
            Ok(status(CaseState::Open, Some(ANNA))),
        );
        check(
            status(CaseState::Open, Some(ANNA)),
            Step::Answered(BRUNO),
            Ok(status(CaseState::Open, Some(ANNA))),
        );
    }

    #[test]
    fn a_new_message_reopens_but_not_a_closed_case() {
        check(
            status(CaseState::Resolved, Some(ANNA)),
            Step::CustomerWrote,
            Ok(status(CaseState::Open, Some(ANNA))),
        );
        check(
            status(CaseState::Closed, Some(ANNA)),
            Step::CustomerWrote,
            Err(Refused::Closed),
        );
        check(
            status(CaseState::Closed, Some(ANNA)),
            Step::Reopen,
            Ok(status(CaseState::Open, Some(ANNA))),
        );
    }

    #[test]
    fn sleeping_ends_with_its_moment() {
        check(Status::NEW, Step::Wait(Waiting::Until(100)), Err(Refused::Past));
        let asleep = Status::NEW.after(Step::Wait(Waiting::Until(200)), 100).unwrap();
        assert_eq!(asleep.after(Step::Time(199), 199), Ok(asleep));
        assert_eq!(asleep.after(Step::Time(200), 200), Ok(Status::NEW));
    }

    fn steps() -> impl Strategy<Value = Step> {
        prop_oneof![
            prop::option::of(0u128..3).prop_map(|owner| Step::Assign(owner.map(Uuid::from_u128))),
            prop_oneof![
                Just(Waiting::Customer),
                Just(Waiting::Us),
                (0i64..300).prop_map(Waiting::Until)
            ]
            .prop_map(Step::Wait),
            Just(Step::Resolve),
            Just(Step::Close),
            Just(Step::Reopen),
            Just(Step::CustomerWrote),
            Just(Step::Answered(ANNA)),
            (0i64..300).prop_map(Step::Time),
        ]
    }

    proptest! {
        #[test]
        fn state_owner_and_waiting_always_agree(steps in prop::collection::vec(steps(), 0..30)) {
            let mut status = Status::NEW;
            for step in steps {
                status = status.after(step, 100).unwrap_or(status);
                prop_assert_eq!(status.state == CaseState::Waiting, status.waiting.is_some());
                prop_assert!(status.state != CaseState::New || status.owner.is_none());
                prop_assert!(status.state != CaseState::Open || status.owner.is_some());
            }
        }
    }
}
