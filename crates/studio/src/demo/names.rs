//! Names of people who do not exist: lists of common names, put together by chance, with reserved e-mail domains (RFC 2606)
//! and telephones of ranges kept for stories where a country has one (see `places`).

use super::chance::Chance;
use crate::place::fold;

const ENGLISH: [&[&str]; 2] = [
    &[
        "James", "Marcus", "Oliver", "Darnell", "Callum", "Ravi", "Tobias", "Andre", "Kwame", "Ethan",
        "Sean", "Jamal", "Priya", "Grace", "Hannah", "Aisha", "Zoe", "Naomi", "Mei", "Caitlin", "Samuel",
        "Dev", "Liam", "Hugo",
    ],
    &[
        "Adeyemi",
        "Bennett",
        "Clarke",
        "Dhillon",
        "Ellis",
        "Fraser",
        "Garcia",
        "Hughes",
        "Iqbal",
        "Johnson",
        "Kaur",
        "Lewis",
        "Mbeki",
        "Nguyen",
        "O'Connor",
        "Patel",
        "Quinn",
        "Robinson",
        "Singh",
        "Thompson",
        "Okafor",
        "Walker",
        "Young",
        "Zhang",
        "Hale-Morton",
        "Rossi",
    ],
];

const PORTUGUESE: [&[&str]; 2] = [
    &[
        "João", "Tiago", "Rui", "Nuno", "Gonçalo", "André", "Inês", "Beatriz", "Marta", "Luís", "Sérgio",
        "Vasco",
    ],
    &[
        "Almeida",
        "Baptista",
        "Conceição",
        "Esteves",
        "Figueiredo",
        "Gonçalves",
        "Lourenço",
        "Magalhães",
        "Nóbrega",
        "Simões",
        "da Silva Pinto",
        "Vaz",
    ],
];

const GERMAN: [&[&str]; 2] = [
    &[
        "Jürgen", "Matthias", "Björn", "Emre", "Paweł", "Lukas", "Günther", "Sabine", "Käthe", "Ayşe",
        "Felix", "Zoran", "Nikola", "Jonas",
    ],
    &[
        "Bäumler",
        "Öztürk",
        "Großmann",
        "Hölzl",
        "Jovanović",
        "Kowalski",
        "Müller-Reiß",
        "Novak",
        "Schönfeld",
        "Steiner",
        "Wójcik",
        "Yılmaz",
        "Zeller",
        "Brandstätter",
    ],
];

const NEPALI: [&[&str]; 2] = [
    &[
        "Bikash", "Suman", "Prakash", "Rajan", "Anil", "Dipesh", "Sunita", "Anjali", "Kiran", "Nabin",
        "Sagar", "Pemba",
    ],
    &[
        "Shrestha",
        "Gurung",
        "Tamang",
        "Adhikari",
        "Karki",
        "Thapa Magar",
        "Sherpa",
        "Maharjan",
        "Rai",
        "Bhattarai",
    ],
];

const LISTS: [[&[&str]; 2]; 4] = [ENGLISH, PORTUGUESE, GERMAN, NEPALI];

/// A name as a client in a country may have it: two in three from the lists of the country.
pub(super) fn client_name(chance: &mut Chance, country: &str) -> String {
    let own = match country {
        "PT" => &PORTUGUESE,
        "DE" | "AT" => &GERMAN,
        "NP" => &NEPALI,
        _ => &ENGLISH,
    };
    let [first, last] = if chance.percent(67) { own } else { chance.pick(&LISTS) };
    let first = *chance.pick(first);
    // Some go by a single name, some by two given ones.
    if chance.percent(1) {
        return first.to_owned();
    }
    let last = *chance.pick(last);
    if chance.percent(4) {
        return format!("{first} {} {last}", chance.pick(own[0]));
    }
    format!("{first} {last}")
}

/// An address under a reserved domain that no two clients share.
pub(super) fn client_email(chance: &mut Chance, name: &str, number: usize) -> String {
    let domain = chance.pick(&["post.example", "mail.example", "inbox.example", "letters.example"]);
    format!("{}.{number}@{domain}", fold(name).replace(' ', "."))
}

/// A telephone nobody has.
pub(super) fn client_phone(chance: &mut Chance, country: &str) -> String {
    let (hundreds, tens) = (chance.between(0, 999), chance.between(0, 99));
    match country {
        // Ofcom, numbers for drama: 07700 900000 to 900999.
        "GB" => format!("+44 7700 900{hundreds:03}"),
        "US" => format!("+1 {}-555-01{tens:02}", chance.pick(&["212", "312", "602", "718", "773", "480"])),
        "CA" => format!("+1 {}-555-01{tens:02}", chance.pick(&["416", "647", "905"])),
        // Bundesnetzagentur, Drama Numbers: 0171 39200 00 to 99.
        "DE" => format!("+49 171 39200{tens:02}"),
        "AU" => format!("+61 8 5550 0{hundreds:03}"),
        "AT" => format!("+43 660 0000{hundreds:03}"),
        "PT" => format!("+351 900 000 {hundreds:03}"),
        _ => format!("+977 980 0000{hundreds:03}"),
    }
}

/// The owner of the chain.
pub(super) const OWNER: &str = "Imogen Achterberg";

/// Managers, each of the studios of these places.
pub(super) const MANAGERS: [(&str, &[usize]); 6] = [
    ("Desmond Oyelaran", &[0, 1]),
    ("Fiona Birtwhistle", &[2]),
    ("Catarina Vidigal", &[3]),
    ("Levent Karaca", &[4, 5]),
    ("Yolanda Prescott", &[6, 7, 8, 9]),
    ("Sarita Joshi-Lindqvist", &[10, 11]),
];

/// One at each reception.
pub(super) const RECEPTION: [&str; 12] = [
    "Poppy Marchetti",
    "Gethin Pryce",
    "Saoirse Mulhern",
    "Duarte Seabra",
    "Jana Wiśniewska",
    "Leopold Haas",
    "Keisha Dumont",
    "Wes Halloran",
    "Marisol Ibarra",
    "Étienne Roy",
    "Tahlia Whitcombe",
    "Asmita Lama",
];

/// Practitioners in the order of the places; the first is one of the sign-ins.
pub(super) const PRACTITIONERS: [&str; 40] = [
    // Shoreditch
    "Rohan Mehta-Clarke",
    "Tamsin Oakeshott",
    "Kofi Asante",
    "Bryony Lavelle",
    "Xiaoming Feng",
    // Richmond, Manchester
    "Aurelia Finch",
    "Piotr Zieliński",
    "Dominic St. John",
    "Nadia Rahman",
    "Gareth Llewellyn",
    "Chidi Nwosu",
    // Lisbon
    "Mafalda Rebelo",
    "Zé Trindade",
    "Ioana Munteanu",
    // Berlin, Vienna
    "Annika Vogelsang",
    "Cem Aydın",
    "Mirosława Dąbrowska",
    "Till Rosenstock",
    "Katharina Edlinger",
    "Milan Petrović",
    "Zsófia Kertész",
    // New York, Chicago, Phoenix, Toronto
    "Renée Baptiste",
    "Marcus Delacroix-Webb",
    "Ji-woo Han",
    "Isabella Ferrante",
    "Terrence Gaines",
    "Magda Sokolowska",
    "DeShawn Whitlock",
    "Lupe Carrizosa",
    "Hank Tsosie",
    "Amara Villanueva",
    "Noémie Gagnon",
    "Harpreet Sandhu",
    "Olu Bankole",
    // Adelaide, Kathmandu
    "Matilda Croft",
    "Nguyễn Thị Hoa",
    "Wiremu Parata",
    "Ngawang Dolma",
    "Bishnu Pokharel",
    "Manisha Tuladhar",
];
