//! The form of a plan in plain words, and the case it stands for. What the form does not ask stays as it is in the case that
//! it began with.

use std::collections::BTreeMap;

use hairline_plan::case::{self, Problem as Fault};
use toml::{Table, Value};

/// How a field is written in a case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Whole,
    /// Three numbers.
    Lab,
}

/// Fields that are named as they are in the case.
const FIELDS: &[(&str, Kind)] = &[
    ("title", Kind::Text),
    ("look", Kind::Text),
    ("client.age_years", Kind::Whole),
    ("client.anatomy", Kind::Text),
    ("head.scan", Kind::Text),
    ("head.measurements.circumference_mm", Kind::Number),
    ("head.measurements.length_mm", Kind::Number),
    ("head.measurements.breadth_mm", Kind::Number),
    ("head.measurements.nasion_inion_arc_mm", Kind::Number),
    ("head.measurements.tragus_arc_mm", Kind::Number),
    ("head.measurements.tragion_top_mm", Kind::Number),
    ("head.measurements.tape", Kind::Text),
    ("loss.stage", Kind::Text),
    ("loss.areata_percent", Kind::Number),
    ("hair.colour", Kind::Text),
    ("hair.units_per_cm2", Kind::Number),
    ("hair.shaft_um", Kind::Number),
    ("hair.length_mm", Kind::Number),
    ("hair.whorl", Kind::Text),
    ("skin.monk", Kind::Whole),
    ("skin.fitzpatrick", Kind::Text),
    ("skin.ita_deg", Kind::Number),
    ("skin.lab_sce", Kind::Lab),
    ("skin.oiliness", Kind::Text),
    ("hairline.style", Kind::Text),
    ("hairline.height_mm", Kind::Number),
    ("light", Kind::Text),
    ("sessions.first_day", Kind::Text),
];

/// Places of a bald patch by name: azimuth in degrees and t of the landmark chart (`plan::case::Place`). Own choice, in the
/// middle of the regions they name.
pub const PLACES: &[(&str, &str, [f64; 2])] = &[
    ("front", "Front, behind the hairline", [0.0, 0.55]),
    ("top", "Top", [0.0, 0.12]),
    ("crown", "Crown", [180.0, 0.42]),
    ("right", "Right side", [90.0, 0.5]),
    ("left", "Left side", [-90.0, 0.5]),
    ("back", "Back of the head", [180.0, 0.8]),
];

/// Form fields of the first scar of a kind, and their names in the case.
const SCARS: &[(&str, &[(&str, &str)])] = &[
    ("strip", &[("strip.length_mm", "length_mm"), ("strip.width_mm", "width_mm")]),
    ("scattered", &[("scattered.per_cm2", "per_cm2"), ("scattered.diameter_mm", "diameter_mm")]),
];

/// The form with what was typed and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Form {
    values: BTreeMap<String, String>,
    faults: BTreeMap<String, String>,
    /// What is wrong with no field of the form.
    pub others: Vec<String>,
}

impl Form {
    /// What is typed into a field.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Whether a choice is this one.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// What is wrong with a field.
    pub fn fault(&self, name: &str) -> Option<&str> {
        self.faults.get(name).map(String::as_str)
    }

    /// How much is wrong.
    pub fn wrong(&self) -> usize {
        self.faults.len() + self.others.len()
    }

    /// The form as a browser sent it.
    pub fn sent(fields: &[(String, String)]) -> Form {
        let values = fields.iter().map(|(name, value)| (name.clone(), value.trim().to_owned()));
        Form { values: values.collect(), ..Form::default() }
    }

    /// The form of a case.
    pub fn of(case: &Table) -> Form {
        let mut values = BTreeMap::new();
        for (path, _) in FIELDS {
            if let Some(value) = at(case, path) {
                values.insert((*path).to_owned(), shown(value));
            }
        }
        for (kind, fields) in SCARS {
            for (name, key) in *fields {
                if let Some(value) = scar(case, kind).and_then(|scar| scar.get(*key)) {
                    values.insert((*name).to_owned(), shown(value));
                }
            }
        }
        let patch = case.get("loss").and_then(|loss| loss.get("patches")).and_then(|all| all.get(0));
        if let Some(patch) = patch {
            let at =
                patch.get("at").and_then(Value::as_array).map(|at| at.iter().filter_map(number).collect());
            let at: Vec<f64> = at.unwrap_or_default();
            if let Some((name, ..)) = PLACES.iter().find(|(_, _, place)| at == place) {
                values.insert("patch.place".to_owned(), (*name).to_owned());
            }
            if let Some(diameter) = patch.get("diameter_mm") {
                values.insert("patch.diameter_mm".to_owned(), shown(diameter));
            }
        }
        Form { values, ..Form::default() }
    }

    /// The case: `base` with what the form says. Where something is wrong, it stands beside its field and there is none.
    pub fn case(&mut self, base: &Table) -> Option<Table> {
        let mut case = base.clone();
        for (path, kind) in FIELDS {
            let typed = self.value(path).to_owned();
            match parse(&typed, *kind) {
                Ok(value) => put(&mut case, path, value),
                Err(why) => drop(self.faults.insert((*path).to_owned(), why)),
            }
        }
        self.scars(&mut case);
        self.patch(&mut case);
        if !self.faults.is_empty() {
            return None;
        }
        match check(&case) {
            Ok(()) => Some(case),
            Err(faults) => {
                self.place(faults);
                None
            }
        }
    }

    fn number(&mut self, name: &str) -> Option<Value> {
        match parse(&self.value(name).to_owned(), Kind::Number) {
            Ok(value) => value,
            Err(why) => {
                self.faults.insert(name.to_owned(), why);
                None
            }
        }
    }

    /// The first scar of each kind is the form's; all others stay.
    fn scars(&mut self, case: &mut Table) {
        let mut all: Vec<Value> = case.get("scars").and_then(Value::as_array).cloned().unwrap_or_default();
        for (kind, fields) in SCARS {
            let given: Vec<(&str, Option<Value>)> =
                fields.iter().map(|(name, key)| (*key, self.number(name))).collect();
            let there = all.iter().position(|scar| is_kind(scar, kind));
            if given.iter().all(|(_, value)| value.is_none()) {
                there.map(|i| all.remove(i));
                continue;
            }
            let mut scar = there.and_then(|i| all[i].as_table().cloned()).unwrap_or_default();
            scar.insert("kind".to_owned(), Value::from(*kind));
            for (key, value) in given {
                match value {
                    Some(value) => drop(scar.insert(key.to_owned(), value)),
                    None => drop(scar.remove(key)),
                }
            }
            match there {
                Some(i) => all[i] = Value::Table(scar),
                None => all.push(Value::Table(scar)),
            }
        }
        put(case, "scars", (!all.is_empty()).then_some(Value::Array(all)));
    }

    /// The first bald patch is the form's where its place is one of [`PLACES`]; all others stay.
    fn patch(&mut self, case: &mut Table) {
        let loss = case.get("loss").and_then(Value::as_table);
        let all = loss.and_then(|loss| loss.get("patches")).and_then(Value::as_array);
        let mut all: Vec<Value> = all.cloned().unwrap_or_default();
        let before = Form::of(case);
        let ours = !all.is_empty() && !before.value("patch.place").is_empty();
        let diameter = self.number("patch.diameter_mm");
        let place = PLACES.iter().find(|(name, ..)| self.is("patch.place", name)).map(|(.., at)| *at);
        if ours {
            all.remove(0);
        }
        match (place, diameter) {
            (Some(at), Some(diameter)) => {
                let mut patch = Table::new();
                patch.insert("at".to_owned(), Value::from(at.to_vec()));
                patch.insert("diameter_mm".to_owned(), diameter);
                all.insert(0, Value::Table(patch));
            }
            (Some(_), None) => {
                let why = "Say how wide the bald patch is.".to_owned();
                self.faults.entry("patch.diameter_mm".to_owned()).or_insert(why);
            }
            (None, _) => {}
        }
        put(case, "loss.patches", (!all.is_empty()).then_some(Value::Array(all)));
    }

    /// Puts what the engine found beside the fields it is about.
    pub fn place(&mut self, faults: Vec<Fault>) {
        for fault in faults {
            let sentence = format!("Found {}; {}.", fault.found, fault.allowed);
            match self.field_of(&fault.field) {
                Some(name) => drop(self.faults.entry(name).or_insert(sentence)),
                None if fault.field.is_empty() => self.others.push(sentence),
                None => self.others.push(format!("{}: {sentence}", fault.field)),
            }
        }
    }

    /// The field of the form that a field of the case is asked by.
    fn field_of(&self, path: &str) -> Option<String> {
        if FIELDS.iter().any(|(name, _)| *name == path) {
            return Some(path.to_owned());
        }
        if path == "skin" {
            let typed = ["skin.fitzpatrick", "skin.ita_deg", "skin.lab_sce"];
            let one = typed.into_iter().find(|name| !self.value(name).is_empty());
            return Some(one.unwrap_or("skin.monk").to_owned());
        }
        if path.starts_with("loss.patches") {
            let name = if path.ends_with("diameter_mm") { "patch.diameter_mm" } else { "patch.place" };
            return Some(name.to_owned());
        }
        if path.starts_with("scars") {
            let key = path.rsplit('.').next().unwrap_or_default();
            let of = |fields: &[(&str, &str)]| {
                fields.iter().find(|(_, k)| *k == key).map(|(name, _)| (*name).to_owned())
            };
            return SCARS.iter().find_map(|(_, fields)| of(fields));
        }
        None
    }
}

/// What the engine finds wrong in a case.
///
/// # Errors
/// Every problem.
pub fn check(case: &Table) -> Result<(), Vec<Fault>> {
    case::read("case", case.to_string().as_bytes()).map(|_| ()).map_err(|e| e.problems)
}

fn at<'a>(case: &'a Table, path: &str) -> Option<&'a Value> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let value = case.get(first)?;
    if rest.is_empty() { Some(value) } else { at(value.as_table()?, rest) }
}

fn put(case: &mut Table, path: &str, value: Option<Value>) {
    let Some((first, rest)) = path.split_once('.') else {
        match value {
            Some(value) => drop(case.insert(path.to_owned(), value)),
            None => drop(case.remove(path)),
        }
        return;
    };
    if value.is_none() && !case.contains_key(first) {
        return;
    }
    let inner = case.entry(first).or_insert_with(|| Value::Table(Table::new()));
    if let Some(inner) = inner.as_table_mut() {
        put(inner, rest, value);
        if inner.is_empty() {
            case.remove(first);
        }
    }
}

fn scar<'a>(case: &'a Table, kind: &str) -> Option<&'a Value> {
    case.get("scars")?.as_array()?.iter().find(|scar| is_kind(scar, kind))
}

fn is_kind(scar: &Value, kind: &str) -> bool {
    scar.get("kind").and_then(Value::as_str) == Some(kind)
}

fn number(value: &Value) -> Option<f64> {
    // Whole numbers of a case are small.
    value.as_float().or_else(|| value.as_integer().map(|n| n as f64))
}

/// A value as it is typed.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// What is typed as it is in a case; nothing for nothing. A comma is taken for a decimal point.
fn parse(typed: &str, kind: Kind) -> Result<Option<Value>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    let float = |text: &str| {
        let value = text.replace(',', ".").parse::<f64>().ok().filter(|n| n.is_finite());
        value.ok_or_else(|| format!("\"{text}\" is not a number."))
    };
    Ok(Some(match kind {
        Kind::Text => Value::from(typed),
        Kind::Number => Value::from(float(typed)?),
        Kind::Whole => {
            Value::from(typed.parse::<i64>().map_err(|_| format!("\"{typed}\" is not a whole number."))?)
        }
        Kind::Lab => {
            let parts: Vec<&str> = typed
                .split([' ', ';', '/'])
                .map(|p| p.trim_end_matches(','))
                .filter(|p| !p.is_empty())
                .collect();
            let three = parts.iter().map(|part| float(part)).collect::<Result<Vec<f64>, String>>()?;
            Value::from(three)
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hairline_plan::case::EXAMPLES;

    fn table(text: &str) -> Table {
        text.parse().expect("TOML")
    }

    #[test]
    fn a_form_of_a_case_gives_that_case_back() {
        for (name, text) in EXAMPLES {
            let case = table(text);
            let again = Form::of(&case).case(&case).unwrap_or_else(|| panic!("{name}"));
            let read = |t: &Table| case::read(name, t.to_string().as_bytes()).expect("a case");
            assert_eq!(read(&again), read(&case), "{name}");
        }
    }

    #[test]
    fn every_wish_of_the_demonstration_is_a_case_and_they_differ() {
        use hairline_studio::ids::ClientId;
        let cases: Vec<String> = (0..200_u128)
            .map(|n| hairline_studio::demo::case_of(ClientId(uuid::Uuid::from_u128(n))))
            .collect();
        let mut looks = std::collections::BTreeSet::new();
        for text in &cases {
            let case = case::read("wish", text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"));
            looks.insert(format!("{:?}", case.look));
        }
        assert_eq!(looks.len(), 4);
        let distinct: std::collections::BTreeSet<&String> = cases.iter().collect();
        assert_eq!(distinct.len(), cases.len());
    }

    fn sent(fields: &[(&str, &str)]) -> Form {
        Form::sent(&fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let mut form = sent(&[
            ("look", "shaved"),
            ("head.measurements.circumference_mm", "57"),
            ("hair.shaft_um", "thick"),
            ("strip.length_mm", "80"),
        ]);
        assert!(form.case(&Table::new()).is_none());
        assert!(form.fault("hair.shaft_um").is_some_and(|f| f.contains("thick")));

        let mut form = sent(&[
            ("look", "shaved"),
            ("head.measurements.circumference_mm", "57"),
            ("strip.length_mm", "80"),
            ("strip.width_mm", "200"),
            ("skin.monk", "3"),
            ("skin.ita_deg", "20"),
        ]);
        assert!(form.case(&Table::new()).is_none());
        assert!(
            form.fault("head.measurements.circumference_mm").is_some_and(|f| f.contains("480")),
            "{form:?}"
        );
        assert!(form.fault("strip.width_mm").is_some(), "{form:?}");
    }

    #[test]
    fn what_the_form_does_not_ask_stays() {
        let base = table(
            "look = \"shaved\"\nseed = 7\n[hairline]\nfeather_mm = 9.0\n[[scars]]\nkind = \"patch\"\n\
             outline = [[10, 0.5], [20, 0.5], [15, 0.6]]\n[[spots]]\nat = [0, 0.4]\ndiameter_mm = 3.0\n",
        );
        let mut form = sent(&[
            ("look", "shaved"),
            ("patch.place", "crown"),
            ("patch.diameter_mm", "30,5"),
            ("strip.length_mm", "150"),
            ("strip.width_mm", "5"),
            ("skin.lab_sce", "62.1 9.5, 14"),
            ("hairline.style", "soft"),
        ]);
        let case = form.case(&base).unwrap_or_else(|| panic!("{form:?}"));
        let read = case::read("case", case.to_string().as_bytes()).expect("a case");
        assert_eq!((read.seed, read.hairline.feather_mm, read.spots.len()), (7, Some(9.0), 1));
        assert_eq!((read.scars.len(), read.skin.lab_sce), (2, Some([62.1, 9.5, 14.0])));
        assert_eq!((read.loss.patches.len(), read.loss.patches[0].diameter_mm), (1, 30.5));
        // Emptied, the form's scar and patch go, and nothing else.
        let mut form = sent(&[("look", "shaved")]);
        let less = form.case(&case).expect("a case");
        let read = case::read("case", less.to_string().as_bytes()).expect("a case");
        assert_eq!((read.scars.len(), read.loss.patches.len(), read.spots.len()), (1, 0, 1));
    }
}
