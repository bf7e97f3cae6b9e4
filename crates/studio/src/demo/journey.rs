//! One client's way through the practice, from the first question to the healed result, up to the present: visits that
//! the calendar offered, and the evidence that each step left behind.

use super::Error;
use super::calendar::{Calendar, Slot, Wanted, instant};
use super::chance::Chance;
use crate::gates::{Finding, Gate, ServiceKind};
use crate::ids::{ServiceId, StaffId, StudioId};
use crate::span::{DAY_US, HOUR_US, MINUTE_US};
use crate::zone::plus_days;

/// Sessions of a course.
pub(super) const SESSIONS: u32 = 3;
/// Fewest and most local days between two sessions as they are booked (`smp.md` 1.7: seven days at least; the healed
/// photos are looked at between).
pub(super) const GAP_DAYS: (u32, u32) = (14, 42);
/// Days after a session from which its healed photos are looked at (`smp.md` 1.7).
pub(super) const REVIEW_DAYS: u32 = 7;

/// How a visit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The work is done.
    Done,
    /// The client does not come.
    Missed,
    /// Called off at an instant, by the client or the studio.
    Cancelled { at_us: i64, by_client: bool },
}

/// A visit from its booking to its end; ends that are still to come have not happened.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) studio: StudioId,
    pub(super) service: ServiceId,
    pub(super) practitioner: StaffId,
    pub(super) slot: Slot,
    pub(super) booked_us: i64,
    pub(super) by_client: bool,
    /// When it was moved to where it is, if it was.
    pub(super) moved_us: Option<i64>,
    /// Step of the client's course, from 1.
    pub(super) step: Option<u32>,
    pub(super) end: End,
    /// When the client is checked in and the work is done, or the client is noted as missing.
    pub(super) check_in_us: i64,
    pub(super) finish_us: i64,
    pub(super) missed_us: i64,
}

/// Something seen or signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) gate: Gate,
    pub(super) at_us: i64,
    pub(super) since_us: Option<i64>,
    pub(super) finding: Finding,
    pub(super) by: Option<StaffId>,
}

/// How a course stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Sessions are to come.
    Active,
    /// All sessions are done.
    Finished,
    /// Given up.
    Cancelled,
}

/// What is known of a client when the way begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) studio: StudioId,
    pub(super) practitioner: StaffId,
    pub(super) at_us: i64,
    pub(super) allergy_flag: bool,
    /// Treated elsewhere in time: comes for a touch-up only.
    pub(super) returning: bool,
    /// Nothing goes wrong: for the client whom newcomers sign in as.
    pub(super) lucky: bool,
}

/// A client's way.
pub(super) struct Way {
    pub(super) visits: Vec<Visit>,
    pub(super) found: Vec<Found>,
    pub(super) course: Option<Course>,
    /// When the course was booked.
    pub(super) course_us: i64,
}

struct Walk<'a, 'b> {
    calendar: &'a mut Calendar<'b>,
    chance: &'a mut Chance,
    start: Start,
    now_us: i64,
    way: Way,
    signed: bool,
    identified: bool,
}

/// Walks a client's way up to the present.
pub(super) fn walk(
    calendar: &mut Calendar<'_>,
    chance: &mut Chance,
    start: Start,
    now_us: i64,
) -> Result<Way, Error> {
    let way = Way { visits: Vec::new(), found: Vec::new(), course: None, course_us: 0 };
    let mut walk = Walk { calendar, chance, start, now_us, way, signed: false, identified: false };
    if start.returning {
        walk.touch_up()?
    } else {
        walk.treatment()?
    }
    walk.way.found.retain(|f| f.at_us <= now_us);
    Ok(walk.way)
}

impl Walk<'_, '_> {
    fn percent(&mut self, percent: i64) -> bool {
        self.chance.percent(percent) && !self.start.lucky
    }

    fn note(&mut self, gate: Gate, at_us: i64, since_us: Option<i64>, finding: Finding, by_staff: bool) {
        let by = by_staff.then_some(self.start.practitioner);
        self.way.found.push(Found { gate, at_us, since_us, finding, by });
    }

    /// From the first question to the healed result.
    fn treatment(&mut self) -> Result<(), Error> {
        // Whoever newcomers sign in as is advised within a week, so that a session is done and another to come.
        let days = (1, if self.start.lucky { 7 } else { 12 });
        let Some(advised_us) = self.until_done(ServiceKind::Consultation, self.start.at_us, days)? else {
            return Ok(());
        };
        self.note(Gate::Consultation, advised_us, None, Finding::Clear, true);
        if self.chance.percent(70) {
            self.identify(advised_us + MINUTE_US);
        }
        // Some want to think about it.
        if self.percent(12) {
            return Ok(());
        }
        let Some(cleared_us) = self.screening(advised_us) else { return Ok(()) };
        let mut ready_us = cleared_us;
        let mut tested = false;
        if self.start.allergy_flag || self.percent(20) {
            tested = true;
            let booked_us = cleared_us + self.chance.between(1, 30) * HOUR_US;
            let Some(set_us) = self.until_done(ServiceKind::PatchTest, booked_us, (2, 9))? else {
                return Ok(());
            };
            let Some(read_us) = self.read_patch(set_us) else { return Ok(()) };
            ready_us = read_us;
        }
        let booked_us = ready_us + self.chance.between(1, 90) * HOUR_US;
        if booked_us <= self.now_us {
            self.course(booked_us, tested)?;
        }
        Ok(())
    }

    /// A client of years ago comes for a touch-up, or is only asked whether it is time.
    fn touch_up(&mut self) -> Result<(), Error> {
        let Some(cleared_us) = self.screening(self.start.at_us) else { return Ok(()) };
        let booked_us = cleared_us + self.chance.between(2, 100) * HOUR_US;
        if self.chance.percent(70) {
            self.until_done(ServiceKind::TouchUp, booked_us, (7, 60))?;
        }
        Ok(())
    }

    /// The health questions: answered at home, looked at by the practitioner. When they were cleared, if they were.
    fn screening(&mut self, after_us: i64) -> Option<i64> {
        let answered_us = after_us + self.chance.between(60, 2_000) * MINUTE_US;
        let looked_us = answered_us + self.chance.between(90, 1_800) * MINUTE_US;
        let finding = match self.chance.between(0, 99) {
            0..3 if !self.start.lucky => Finding::Refused,
            3..7 if !self.start.lucky => {
                Finding::Deferred { until_us: looked_us + self.chance.between(30, 180) * DAY_US }
            }
            _ => Finding::Clear,
        };
        self.note(Gate::Screening, answered_us, None, Finding::Pending, false);
        self.note(Gate::Screening, looked_us, None, finding, true);
        (finding == Finding::Clear && looked_us <= self.now_us).then_some(looked_us)
    }

    /// The dots were set; they are read after two days and after seven. When the second reading was clear.
    fn read_patch(&mut self, set_us: i64) -> Option<i64> {
        let first_us = set_us + 48 * HOUR_US + self.chance.between(10, 600) * MINUTE_US;
        let second_us = set_us + 168 * HOUR_US + self.chance.between(10, 600) * MINUTE_US;
        let refused = self.percent(4);
        let second = if refused { Finding::Refused } else { Finding::Clear };
        self.note(Gate::PatchTest, set_us, Some(set_us), Finding::Pending, true);
        self.note(Gate::PatchTest, first_us, Some(set_us), Finding::Clear, true);
        self.note(Gate::PatchTest, second_us, Some(set_us), second, true);
        (!refused && second_us <= self.now_us).then_some(second_us)
    }

    /// Identity and age are seen on a document, once.
    fn identify(&mut self, at_us: i64) {
        if !self.identified {
            self.identified = true;
            self.note(Gate::IdAndAge, at_us, None, Finding::Clear, true);
        }
    }

    fn sign(&mut self, at_us: i64) {
        if !self.signed {
            self.signed = true;
            self.note(Gate::Consent, at_us, None, Finding::Clear, false);
        }
    }

    /// What is asked at the door before a needle: the questions again, the signature, the document.
    fn at_the_door(&mut self, visit: &Visit) {
        let answered_us = visit.slot.span.start_us - self.chance.between(8, 20) * HOUR_US;
        self.note(Gate::Screening, answered_us, None, Finding::Pending, false);
        self.note(Gate::Screening, visit.check_in_us - MINUTE_US, None, Finding::Clear, true);
        self.sign(visit.check_in_us - 3 * MINUTE_US);
        self.identify(visit.check_in_us - 2 * MINUTE_US);
    }

    /// A visit as booked at an instant, so many days from then; nothing where that is still to come or nothing was free.
    fn visit(
        &mut self,
        (kind, nth): (ServiceKind, usize),
        booked_us: i64,
        first_us: i64,
        (least, most): (i64, i64),
    ) -> Result<Option<Visit>, Error> {
        let who = self.start.practitioner;
        let Some(service) = self.calendar.service(kind, who, nth) else { return Ok(None) };
        if booked_us > self.now_us {
            return Ok(None);
        }
        let studio = self.start.studio;
        let day = self.calendar.day(studio, first_us);
        let days = (plus_days(day, least), plus_days(day, most));
        let (service, booked) = (service.id, instant(booked_us));
        let wanted = Wanted { service, practitioner: who, studio, days, booked };
        let Some(slot) = self.calendar.place(&wanted, self.chance)? else { return Ok(None) };
        let (start_us, end_us) = (slot.span.start_us, slot.span.end_us);
        let by_client = self.chance.percent(65);
        Ok(Some(Visit {
            studio,
            service,
            practitioner: who,
            booked_us,
            by_client,
            moved_us: None,
            step: None,
            end: End::Done,
            check_in_us: start_us - self.chance.between(2, 12) * MINUTE_US,
            finish_us: end_us - self.chance.between(0, 4) * MINUTE_US,
            missed_us: start_us + self.chance.between(16, 25) * MINUTE_US,
            slot,
        }))
    }

    /// How a single visit ends: about one in ten is missed or called off (`smp.md` 7.1, S151).
    fn luck(&mut self, visit: &mut Visit) {
        let start_us = visit.slot.span.start_us;
        if self.percent(5) {
            visit.end = End::Missed;
        } else if self.percent(6) {
            let minutes = (start_us - visit.booked_us) / MINUTE_US - 60;
            let at_us = visit.booked_us + self.chance.between(30, minutes.max(30)) * MINUTE_US;
            visit.end = End::Cancelled { at_us, by_client: self.chance.percent(80) };
        }
    }

    /// Books a visit, and once more where it was missed or called off. When its work was done, if it was.
    fn until_done(
        &mut self,
        kind: ServiceKind,
        booked_us: i64,
        days: (i64, i64),
    ) -> Result<Option<i64>, Error> {
        let mut booked_us = booked_us;
        for again in [true, false] {
            let Some(mut visit) = self.visit((kind, 0), booked_us, booked_us, days)? else { return Ok(None) };
            self.luck(&mut visit);
            let over_us = match visit.end {
                End::Done => visit.finish_us,
                End::Missed => visit.missed_us,
                End::Cancelled { at_us, .. } => at_us,
            };
            let done = visit.end == End::Done;
            if done && matches!(kind, ServiceKind::PatchTest | ServiceKind::TouchUp) {
                self.at_the_door(&visit);
            }
            self.way.visits.push(visit);
            if over_us > self.now_us || !(done || again && self.chance.percent(60)) {
                return Ok(None);
            }
            if done {
                return Ok(Some(over_us));
            }
            booked_us = over_us + self.chance.between(1, 24) * HOUR_US;
        }
        Ok(None)
    }

    /// Three sessions booked in one go, and what became of them.
    fn course(&mut self, booked_us: i64, tested: bool) -> Result<(), Error> {
        // The answers hold for half a year, and so do the test dots: nobody books the first session too far ahead.
        let lead_days = match self.chance.between(0, 99) {
            _ if self.start.lucky => 9,
            0..60 => self.chance.between(5, 24),
            60..85 => self.chance.between(25, 40),
            _ if tested => self.chance.between(20, 40),
            _ => self.chance.between(45, 75),
        };
        let mut sessions: Vec<Visit> = Vec::new();
        for nth in 0..SESSIONS {
            let (from_us, days) = match sessions.last() {
                None => (booked_us, (lead_days, lead_days + 12)),
                Some(before) => {
                    let least = i64::from(GAP_DAYS.0) + self.chance.between(0, 14);
                    (before.slot.span.start_us, (least, i64::from(GAP_DAYS.1)))
                }
            };
            let kind = (ServiceKind::Session, nth as usize);
            let Some(visit) = self.visit(kind, booked_us, from_us, days)? else { return Ok(()) };
            let by_client = sessions.first().map_or(visit.by_client, |first| first.by_client);
            sessions.push(Visit { step: Some(nth + 1), by_client, ..visit });
        }
        self.way.course_us = booked_us;
        if self.chance.percent(60) {
            self.sign(booked_us + 30 * MINUTE_US);
        }
        self.way.course = Some(Course::Active);
        for nth in 0..sessions.len() {
            if !self.session(&mut sessions, nth)? {
                break;
            }
        }
        let done = |v: &Visit| v.end == End::Done && v.finish_us <= self.now_us;
        let last = sessions.iter().filter(|v| done(v)).max_by_key(|v| v.slot.span.start_us).cloned();
        let all_done = (1..=SESSIONS).all(|step| sessions.iter().any(|v| v.step == Some(step) && done(v)));
        self.way.visits.append(&mut sessions);
        if let Some(last) = last.filter(|_| all_done) {
            self.way.course = Some(Course::Finished);
            self.healed(&last)?;
        }
        Ok(())
    }

    /// What becomes of the n-th session; `false` where the course ends with it.
    fn session(&mut self, sessions: &mut Vec<Visit>, nth: usize) -> Result<bool, Error> {
        let session = sessions[nth].clone();
        let start_us = session.slot.span.start_us;
        let next_us =
            sessions.get(nth + 1).filter(|next| next.step > session.step).map(|v| v.slot.span.start_us);
        // Days that are left for another time, before the session after this one.
        let room_days = next_us.map_or(20, |next| (next - start_us) / DAY_US - i64::from(GAP_DAYS.0) - 1);
        let fate = if self.start.lucky { 99 } else { self.chance.between(0, 99) };
        match fate {
            0..5 if room_days > 3 => {
                let moved_us = start_us - self.chance.between(4 * 24, 10 * 24) * HOUR_US;
                if moved_us > session.booked_us + HOUR_US && moved_us <= self.now_us {
                    let kind = (ServiceKind::Session, nth);
                    if let Some(moved) = self.visit(kind, moved_us, start_us, (1, room_days.min(9)))? {
                        let (booked_us, by_client) = (session.booked_us, session.by_client);
                        let moved_us = Some(moved_us);
                        sessions[nth] = Visit { booked_us, by_client, moved_us, step: session.step, ..moved };
                    }
                }
            }
            5..9 => {
                sessions[nth].end = End::Missed;
                if session.missed_us > self.now_us {
                    return Ok(false);
                }
                let again_us = session.missed_us + self.chance.between(2, 30) * HOUR_US;
                let kind = (ServiceKind::Session, nth);
                let Some(again) = self.visit(kind, again_us, start_us, (4, room_days.min(20)))? else {
                    self.give_up(sessions, nth + 1, again_us);
                    return Ok(false);
                };
                sessions.push(Visit { step: session.step, ..again });
                self.held(sessions.len() - 1, sessions);
                return Ok(true);
            }
            9..12 => {
                let at_us = start_us - self.chance.between(30, 240) * HOUR_US;
                if at_us > session.booked_us + HOUR_US {
                    self.give_up(sessions, nth, at_us);
                    return Ok(false);
                }
            }
            _ => {}
        }
        self.held(nth, sessions);
        Ok(true)
    }

    /// Calls the sessions from the n-th on off.
    fn give_up(&mut self, sessions: &mut [Visit], from: usize, at_us: i64) {
        if at_us > self.now_us {
            return;
        }
        let by_client = self.chance.percent(80);
        for later in sessions.iter_mut().skip(from).filter(|v| v.slot.span.start_us > at_us) {
            later.end = End::Cancelled { at_us, by_client };
        }
        self.way.course = Some(Course::Cancelled);
    }

    /// A session that is held: what is asked at the door, and the review of what has healed after it.
    fn held(&mut self, nth: usize, sessions: &[Visit]) {
        let session = sessions[nth].clone();
        self.at_the_door(&session);
        if session.step < Some(SESSIONS) {
            let end_us = session.slot.span.end_us;
            let sent_us = end_us + self.chance.between(170, 190) * HOUR_US;
            let looked_us = sent_us + self.chance.between(4, 30) * HOUR_US;
            self.note(Gate::HealedReview, sent_us, Some(end_us), Finding::Pending, false);
            self.note(Gate::HealedReview, looked_us, Some(end_us), Finding::Clear, true);
        }
    }

    /// The visit at which the healed result is seen, booked when the last session ended.
    fn healed(&mut self, last: &Visit) -> Result<(), Error> {
        let end_us = last.slot.span.end_us;
        let booked_us = end_us + 5 * MINUTE_US;
        let Some(mut review) = self.visit((ServiceKind::Review, 0), booked_us, end_us, (28, 45))? else {
            return Ok(());
        };
        self.luck(&mut review);
        if review.end == End::Done {
            self.note(Gate::HealedReview, review.finish_us, Some(end_us), Finding::Clear, true);
        }
        self.way.visits.push(review);
        Ok(())
    }
}
