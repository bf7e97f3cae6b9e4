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
    Actor { role, person, chain: ChainId(id(100)), studios }
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
