use super::*;
use uuid::Uuid;

/// Written by hand, cell by cell: `+` may, `.` may not. The six places of a cell are
/// 1 one's own, at a studio where one works; 2 one's own, at another studio; 3 another's, where one works;
/// 4 another's, made elsewhere, with an active course where one works; 5 another's, elsewhere; 6 one's own in another chain.
const GRID: &str = "
    action          | owner  | manager| practi | recept | client
    SeeCalendar     | +++++. | +.+... | +.+... | +.+... | ......
    SeeVisit        | +++++. | +.++.. | +.++.. | +.++.. | ++....
    BookVisit       | +++++. | +.++.. | +.++.. | +.++.. | ++....
    MoveVisit       | +++++. | +.++.. | +.++.. | +.++.. | ++....
    CancelVisit     | +++++. | +.++.. | +.++.. | +.++.. | ++....
    ReceiveClient   | +++++. | +.+... | +.+... | +.+... | ......
    FinishVisit     | +++++. | +.+... | +..... | ...... | ......
    OverrideRule    | +++++. | +.+... | ...... | ...... | ......
    SecondOverride  | +++++. | +.+... | +.+... | ...... | ......
    FindClients     | +++++. | +.+... | +.+... | +.+... | ......
    SeeClient       | +++++. | +.++.. | +.++.. | +.++.. | ++....
    EditClient      | +++++. | +.++.. | +.++.. | +.++.. | ++....
    SeeHealth       | +++++. | +.++.. | +.++.. | ...... | ++....
    WriteHealth     | +++++. | +.++.. | +.++.. | ...... | ......
    AnswerAsClient  | ...... | ...... | ...... | ...... | ++....
    WitnessForms    | +++++. | +.++.. | +.++.. | +.++.. | ......
    MakePlan        | +++++. | +.++.. | +.++.. | ...... | ......
    PublishPhoto    | +++++. | +.+... | ...... | ...... | ......
    ExportClient    | +++++. | +.+... | ...... | ...... | ++....
    EraseClient     | +++++. | ...... | ...... | ...... | ......
    EditHours       | +++++. | +.+... | +..... | ...... | ......
    KeepWaitingList | +++++. | +.+... | +.+... | +.+... | ......
    KeepJobs        | +++++. | +.+... | ...... | ...... | ......
    EditStudio      | +++++. | +.+... | ...... | ...... | ......
    EditStaff       | +++++. | +.+... | ...... | ...... | ......
    EditManagers    | +++++. | ...... | ...... | ...... | ......
    SeeHistory      | +++++. | +.+... | ...... | ...... | ......
    SeeReports      | +++++. | +.+... | ...... | ...... | ......
    EditChain       | +++++. | ...... | ...... | ...... | ......
";

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

const ME: u128 = 1;
const HERE: u128 = 10;
const AWAY: u128 = 11;

fn actor(role: Role) -> Actor {
    let person =
        if role == Role::Client { Person::Client(ClientId(id(ME))) } else { Person::Staff(StaffId(id(ME))) };
    // Clients stand at no studio; for them place 4 and place 5 differ in nothing.
    let studios = if role == Role::Client { vec![] } else { vec![StudioId(id(HERE))] };
    Actor { role, person, chain: ChainId(id(100)), studios, also: vec![] }
}

fn thing(role: Role, place: usize) -> Thing {
    let whose = if matches!(place, 0 | 1 | 5) { ME } else { 2 };
    let (client, practitioner) = if role == Role::Client { (whose, 3) } else { (4, whose) };
    let studio = if matches!(place, 0 | 2 | 5) { HERE } else { AWAY };
    Thing {
        chain: ChainId(id(if place == 5 { 101 } else { 100 })),
        studio: Some(StudioId(id(studio))),
        client: Some(ClientId(id(client))),
        course_studios: if place == 3 { vec![StudioId(id(HERE))] } else { vec![] },
        practitioner: Some(StaffId(id(practitioner))),
    }
}

#[test]
fn every_action_role_and_place_is_as_the_grid_says() {
    let rows: Vec<Vec<&str>> =
        GRID.trim().lines().skip(1).map(|line| line.split('|').map(str::trim).collect()).collect();
    let named: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let actions: Vec<String> = ACTIONS.iter().map(|a| format!("{a:?}")).collect();
    assert_eq!(named, actions, "every action has its row in the grid, and every row its action");
    for (action, row) in ACTIONS.iter().zip(&rows) {
        for (role, cell) in ROLES.iter().zip(&row[1..]) {
            assert_eq!(cell.len(), 6, "{action:?} {role:?}");
            for (place, expected) in cell.chars().enumerate() {
                let answer = allowed(&actor(*role), *action, &thing(*role, place));
                assert_eq!(
                    answer.is_ok(),
                    expected == '+',
                    "{role:?} {action:?} place {} : {answer:?}",
                    place + 1
                );
            }
        }
    }
}

#[test]
fn a_role_that_does_not_fit_its_person_has_no_rights() {
    for action in ACTIONS {
        for role in ROLES {
            let mut odd = actor(role);
            odd.person = match odd.person {
                Person::Staff(staff) => Person::Client(ClientId(staff.0)),
                Person::Client(client) => Person::Staff(StaffId(client.0)),
            };
            for place in 0..6 {
                assert!(allowed(&odd, *action, &thing(role, place)).is_err(), "{role:?} {action:?}");
            }
        }
    }
}

#[test]
fn what_belongs_to_the_chain_is_the_owners() {
    let whole = Thing {
        chain: ChainId(id(100)),
        studio: None,
        client: None,
        course_studios: vec![],
        practitioner: None,
    };
    for action in ACTIONS {
        for role in ROLES {
            let answer = allowed(&actor(role), *action, &whole).is_ok();
            assert_eq!(
                answer,
                role == Role::Owner && *action != Action::AnswerAsClient,
                "{role:?} {action:?}"
            );
        }
    }
}

#[test]
fn the_course_opens_the_record_and_not_the_place() {
    // A course without a client on the thing is a mistake of the caller and opens nothing.
    let mut stray = thing(Role::Practitioner, 3);
    stray.client = None;
    assert_eq!(allowed(&actor(Role::Practitioner), Action::SeeHealth, &stray), Err(Denial::OtherStudio));
    let record = thing(Role::Practitioner, 3);
    assert_eq!(allowed(&actor(Role::Practitioner), Action::SeeHealth, &record), Ok(()));
    assert_eq!(allowed(&actor(Role::Manager), Action::EditStudio, &record), Err(Denial::OtherStudio));
}

/// Manager at 10 and practitioner at 11: what each post allows at its own studio, and nothing that only both together would.
#[test]
fn several_posts_allow_what_each_allows_by_itself() {
    let (managed, treats, strange) = (StudioId(id(10)), StudioId(id(11)), StudioId(id(12)));
    let both = Actor { also: vec![(Role::Practitioner, vec![treats])], ..actor(Role::Manager) };
    let at = |studio, whose| Thing {
        chain: ChainId(id(100)),
        studio: Some(studio),
        client: Some(ClientId(id(4))),
        course_studios: vec![],
        practitioner: Some(StaffId(id(whose))),
    };
    for (action, studio, whose, may) in [
        (Action::SeeHistory, managed, 2, true),
        (Action::SeeHistory, treats, 2, false),
        (Action::OverrideRule, treats, ME, false),
        (Action::FinishVisit, treats, ME, true),
        (Action::FinishVisit, treats, 2, false),
        (Action::FinishVisit, managed, 2, true),
        (Action::SeeHealth, treats, 2, true),
        (Action::SeeHealth, strange, ME, false),
        (Action::SeeCalendar, treats, 2, true),
        (Action::EraseClient, managed, ME, false),
    ] {
        assert_eq!(allowed(&both, action, &at(studio, whose)).is_ok(), may, "{action:?} at {studio:?}");
    }
    let followed = Thing { course_studios: vec![treats], ..at(strange, 2) };
    assert_eq!(allowed(&both, Action::SeeHealth, &followed), Ok(()), "the course is where they treat");
    assert_eq!(both.studios_for(Action::SeeCalendar), [managed, treats]);
    assert_eq!(both.studios_for(Action::SeeHistory), [managed]);
    assert_eq!(both.studios_for(Action::EditChain), []);
    // Order and strength do not matter.
    let turned = Actor {
        role: Role::Practitioner,
        studios: vec![treats],
        also: vec![(Role::Manager, vec![managed])],
        ..both.clone()
    };
    for action in ACTIONS {
        for studio in [managed, treats, strange] {
            for whose in [ME, 2] {
                let thing = at(studio, whose);
                let one = allowed(&both, *action, &thing).is_ok();
                assert_eq!(one, allowed(&turned, *action, &thing).is_ok(), "{action:?} {studio:?}");
                let alone =
                    [(Role::Manager, managed), (Role::Practitioner, treats)].into_iter().any(|(role, s)| {
                        let post = Actor { studios: vec![s], ..actor(role) };
                        allowed(&post, *action, &thing).is_ok()
                    });
                assert_eq!(
                    one, alone,
                    "{action:?} {studio:?}: neither more nor less than the posts one by one"
                );
            }
        }
    }
}
