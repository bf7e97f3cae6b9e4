//! Who may do what: one table of actions by roles, one function that reads it. What the table does not grant is refused.
//!
//! A cell says how far a role reaches with an action ([`Reach`]); [`allowed`] compares that with where the thing lies and
//! whose it is. Nobody reaches into another chain. A client's record can be reached by the studio that made it and by the
//! studios where the client has an active course (`studio.md` 2, row 8): the record moves with the plan, while what belongs
//! to a place (prices, hours, its calendar) stays there.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::{ChainId, ClientId, StaffId, StudioId};

/// What a person is in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Owns the chain: every studio of it.
    Owner,
    /// Runs one or more studios.
    Manager,
    /// Treats clients.
    Practitioner,
    /// Answers the telephone and the door: calendar and contact data, no health data.
    Reception,
    /// Is treated.
    Client,
}

/// All roles, in the order of the columns of the table.
pub const ROLES: [Role; 5] = [Role::Owner, Role::Manager, Role::Practitioner, Role::Reception, Role::Client];

/// The person behind the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// Somebody on the staff.
    Staff(StaffId),
    /// A client.
    Client(ClientId),
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What they are; the strongest, where they are several things.
    pub role: Role,
    /// Who they are.
    pub person: Person,
    /// Their chain.
    pub chain: ChainId,
    /// The studios where they are that; an owner needs none, a client has none.
    pub studios: Vec<StudioId>,
    /// What else they are, and where: a manager of one studio may treat clients at another.
    pub also: Vec<(Role, Vec<StudioId>)>,
}

impl Actor {
    /// Everything they are with where they are it, the strongest first.
    pub fn posts(&self) -> impl Iterator<Item = (Role, &[StudioId])> {
        let also = self.also.iter().map(|(role, studios)| (*role, studios.as_slice()));
        std::iter::once((self.role, self.studios.as_slice())).chain(also)
    }

    /// The studios where they may do something, in the order of their posts; of an owner's, those that were named.
    pub fn studios_for(&self, action: Action) -> Vec<StudioId> {
        let mut found: Vec<StudioId> = Vec::new();
        for (_, studios) in self.posts().filter(|(role, _)| reach(*role, action) != Reach::Nobody) {
            for studio in studios {
                if !found.contains(studio) {
                    found.push(*studio);
                }
            }
        }
        found
    }
}

/// What is acted on: where it lies, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    /// The chain it belongs to.
    pub chain: ChainId,
    /// The studio it was made at or belongs to; `None` for what belongs to the whole chain.
    pub studio: Option<StudioId>,
    /// The client it is about.
    pub client: Option<ClientId>,
    /// The studios where that client has an active course; the record follows it.
    pub course_studios: Vec<StudioId>,
    /// The practitioner whose work, calendar or person it is.
    pub practitioner: Option<StaffId>,
}

/// How far a role reaches with an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Not at all.
    Nobody,
    /// Things about oneself: the client's own, or those of which the actor is the practitioner, at one's own studios.
    Own,
    /// Things of one's own studios.
    Studio,
    /// Things of one's own studios, and records of clients whose active course is at one of them.
    Course,
    /// Everything in the chain.
    Chain,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident: $owner:ident $manager:ident $practitioner:ident $reception:ident $client:ident;)+) => {
        /// What can be done. Each action has one row in the table of reaches.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Action {
            $($(#[$doc])* $name,)+
        }

        /// Every action, in the order of the table.
        pub const ACTIONS: &[Action] = &[$(Action::$name,)+];

        /// How far a role reaches with an action.
        pub fn reach(role: Role, action: Action) -> Reach {
            let row = match action {
                $(Action::$name => [Reach::$owner, Reach::$manager, Reach::$practitioner, Reach::$reception, Reach::$client],)+
            };
            match role {
                Role::Owner => row[0],
                Role::Manager => row[1],
                Role::Practitioner => row[2],
                Role::Reception => row[3],
                Role::Client => row[4],
            }
        }
    };
}

// Who reaches how far is an assumption throughout: no source says how studios divide their work. Health data stays with
// those who treat and those who answer for the treatment.
actions! {
    //                owner  manager practitioner reception client
    /// See who is busy when and with which visit.
    SeeCalendar:      Chain  Studio  Studio       Studio    Nobody;
    /// See one visit: its time, place and state.
    SeeVisit:         Chain  Course  Course       Course    Own;
    /// Hold a time and confirm it.
    BookVisit:        Chain  Course  Course       Course    Own;
    /// Move a visit to another time.
    MoveVisit:        Chain  Course  Course       Course    Own;
    /// Call a visit off.
    CancelVisit:      Chain  Course  Course       Course    Own;
    /// Note that the client has come, or has not.
    ReceiveClient:    Chain  Studio  Studio       Studio    Nobody;
    /// Note that a visit's work is done.
    FinishVisit:      Chain  Studio  Own          Nobody    Nobody;
    /// Go past a rule or a gate, with a reason on record.
    OverrideRule:     Chain  Studio  Nobody       Nobody    Nobody;
    /// Stand as the second person for an override of a gate.
    SecondOverride:   Chain  Studio  Studio       Nobody    Nobody;
    /// Find clients by name, telephone or e-mail.
    FindClients:      Chain  Studio  Studio       Studio    Nobody;
    /// See name, contact data and the next step.
    SeeClient:        Chain  Course  Course       Course    Own;
    /// Change name and contact data.
    EditClient:       Chain  Course  Course       Course    Own;
    /// See health answers, treatment records, plans and photos.
    SeeHealth:        Chain  Course  Course       Nobody    Own;
    /// Write treatment records: screening decisions, patch readings, sessions, healed reviews, notes.
    WriteHealth:      Chain  Course  Course       Nobody    Nobody;
    /// Answer health questions, sign consent, accept a plan, upload one's own photos.
    AnswerAsClient:   Nobody Nobody  Nobody       Nobody    Own;
    /// Note that identity and age were seen, and paper forms received.
    WitnessForms:     Chain  Course  Course       Course    Nobody;
    /// Make and re-make the plan of a treatment.
    MakePlan:         Chain  Course  Course       Nobody    Nobody;
    /// Show a client's photo in public, where the client's own consent to that stands.
    PublishPhoto:     Chain  Studio  Nobody       Nobody    Nobody;
    /// Take out everything about a client.
    ExportClient:     Chain  Studio  Nobody       Nobody    Own;
    /// Erase a client as far as retention allows.
    EraseClient:      Chain  Nobody  Nobody       Nobody    Nobody;
    /// Change a working calendar: hours, leave, blocked times.
    EditHours:        Chain  Studio  Own          Nobody    Nobody;
    /// Offer a freed time to the waiting list, and put people on it.
    KeepWaitingList:  Chain  Studio  Studio       Studio    Nobody;
    /// See which jobs and mails wait or have failed, and try them again.
    KeepJobs:         Chain  Studio  Nobody       Nobody    Nobody;
    /// Change services, prices, rooms and opening hours of a studio.
    EditStudio:       Chain  Studio  Nobody       Nobody    Nobody;
    /// Invite staff to a studio, change their role below manager, and let them go.
    EditStaff:        Chain  Studio  Nobody       Nobody    Nobody;
    /// Make and unmake managers and owners.
    EditManagers:     Chain  Nobody  Nobody       Nobody    Nobody;
    /// Read the history of who changed what.
    SeeHistory:       Chain  Studio  Nobody       Nobody    Nobody;
    /// Read counts and takings.
    SeeReports:       Chain  Studio  Nobody       Nobody    Nobody;
    /// Change what holds for the whole chain: rules, gates, mail, feeds, webhooks, the list of studios.
    EditChain:        Chain  Nobody  Nobody       Nobody    Nobody;
}

/// Why something is refused. To a stranger all of them should look alike (not found).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Denial {
    /// The thing belongs to another chain.
    #[error("it belongs to another chain")]
    OtherChain,
    /// The role never does this.
    #[error("a {role:?} may not do {action:?}")]
    Role {
        /// The actor's role.
        role: Role,
        /// What was asked.
        action: Action,
    },
    /// The role does this, but not here.
    #[error("it belongs to a studio where you do not work")]
    OtherStudio,
    /// The role does this, but only with one's own.
    #[error("it belongs to somebody else")]
    NotYours,
}

/// Whether an actor may do an action on a thing: whether one of their posts allows it, each by itself.
pub fn allowed(actor: &Actor, action: Action, thing: &Thing) -> Result<(), Denial> {
    if actor.chain != thing.chain {
        return Err(Denial::OtherChain);
    }
    let strongest = allows(actor.person, actor.role, &actor.studios, action, thing);
    let others =
        || actor.also.iter().any(|(role, at)| allows(actor.person, *role, at, action, thing).is_ok());
    strongest.or_else(|denial| if others() { Ok(()) } else { Err(denial) })
}

/// Whether one post of a person, a role at these studios, allows an action on a thing of their chain.
fn allows(
    person: Person,
    role: Role,
    studios: &[StudioId],
    action: Action,
    thing: &Thing,
) -> Result<(), Denial> {
    let reach = reach(role, action);
    let here = thing.studio.is_some_and(|studio| studios.contains(&studio));
    let by_course = || thing.client.is_some() && thing.course_studios.iter().any(|s| studios.contains(s));
    let granted = match (reach, person) {
        (Reach::Nobody, _) => return Err(Denial::Role { role, action }),
        // A role and a person that do not fit together have no rights at all.
        (_, Person::Client(_)) if role != Role::Client => return Err(Denial::NotYours),
        (_, Person::Staff(_)) if role == Role::Client => return Err(Denial::NotYours),
        (Reach::Chain, _) => true,
        (Reach::Studio, _) => here,
        (Reach::Course, _) => here || by_course(),
        (Reach::Own, Person::Client(id)) => {
            return if thing.client == Some(id) { Ok(()) } else { Err(Denial::NotYours) };
        }
        (Reach::Own, Person::Staff(id)) if here => {
            return if thing.practitioner == Some(id) { Ok(()) } else { Err(Denial::NotYours) };
        }
        (Reach::Own, Person::Staff(_)) => false,
    };
    if granted { Ok(()) } else { Err(Denial::OtherStudio) }
}

#[cfg(test)]
mod tests;
