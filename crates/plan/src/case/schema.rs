//! The JSON Schema of the case file, from the types, and the check of a parsed text against it.

use hairline_scalp::loss::Stage;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::Case;
use super::nodes::{Node, Value};
use super::read::Problem;

/// The JSON Schema of a case (draft 2020-12).
pub fn schema() -> Json {
    let mut schema = schemars::schema_for!(Case).to_value();
    schema["title"] = Json::from("hairline case");
    schema
}

/// Schema of a stage name.
pub(super) fn stage(_: &mut SchemaGenerator) -> Schema {
    let mut names: Vec<Json> = Stage::ALL.map(|s| Json::from(s.name())).to_vec();
    names.push(Json::Null);
    json_schema!({ "description": "Stage of a published scale.", "enum": names })
}

/// Checks a parsed text against the schema: unknown keys, missing keys, types, ranges, names.
pub(super) fn check(node: &Node, schema: &Json, problems: &mut Vec<Problem>) {
    Check { root: schema, problems }.node(node, schema, "");
}

struct Check<'a> {
    root: &'a Json,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Check<'a> {
    fn node(&mut self, node: &Node, schema: &'a Json, path: &str) {
        let schema = self.resolve(schema);
        if matches!(node.value, Value::Null) && nullable(schema) {
            return;
        }
        if let Some(options) = schema["anyOf"].as_array() {
            // Option<T>: the schema of T or null.
            let inner = options.iter().find(|o| o["type"] != "null").unwrap_or(&options[0]);
            return self.node(node, inner, path);
        }
        if let Some(names) = names_of(schema) {
            return self.name(node, &names, path);
        }
        if let Some(variants) = schema["oneOf"].as_array() {
            return self.tagged(node, variants, path);
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("");
        match (kind, &node.value) {
            ("object", Value::Table(entries)) => self.table(node, entries, schema, path),
            ("array", Value::List(items)) => self.list(node, items, schema, path),
            ("string", Value::Text(text)) => self.text(node, text, schema, path),
            ("boolean", Value::Bool(_)) => {}
            ("number", Value::Integer(i)) => self.number(node, *i as f64, schema, path),
            ("number", Value::Float(f)) => self.number(node, *f, schema, path),
            ("integer", Value::Integer(i)) => self.number(node, *i as f64, schema, path),
            (_, value) => self.say(node.line, path, show(value), wanted(schema)),
        }
    }

    fn table(&mut self, node: &Node, entries: &[(String, usize, Node)], schema: &'a Json, path: &str) {
        let Some(properties) = schema["properties"].as_object() else { return };
        for (key, line, value) in entries {
            let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match properties.get(key) {
                Some(property) => self.node(value, property, &here),
                None => {
                    let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                    let hint = match nearest(key, &known) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("known here: {}", known.join(", ")),
                    };
                    self.say(*line, &here, "an unknown key".to_owned(), hint);
                }
            }
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            if !entries.iter().any(|(k, ..)| k == required) {
                let here = if path.is_empty() { required.to_owned() } else { format!("{path}.{required}") };
                let allowed = properties.get(required).map_or(String::new(), |p| wanted(self.resolve(p)));
                self.say(node.line, &here, "nothing".to_owned(), format!("needed: {allowed}"));
            }
        }
    }

    fn list(&mut self, node: &Node, items: &[Node], schema: &'a Json, path: &str) {
        let (min, max) =
            (schema["minItems"].as_u64().unwrap_or(0), schema["maxItems"].as_u64().unwrap_or(u64::MAX));
        if (items.len() as u64) < min || items.len() as u64 > max {
            let allowed = match (min, max) {
                (a, b) if a == b => format!("exactly {a} values"),
                (a, u64::MAX) => format!("at least {a} values"),
                (a, b) => format!("{a} to {b} values"),
            };
            return self.say(node.line, path, format!("{} values", items.len()), allowed);
        }
        for (i, item) in items.iter().enumerate() {
            self.node(item, &schema["items"], &format!("{path}[{}]", i + 1));
        }
    }

    fn text(&mut self, node: &Node, text: &str, schema: &Json, path: &str) {
        let n = text.chars().count() as u64;
        let (min, max) =
            (schema["minLength"].as_u64().unwrap_or(0), schema["maxLength"].as_u64().unwrap_or(2000));
        if n < min || n > max {
            return self.say(
                node.line,
                path,
                format!("a text of {n} characters"),
                format!("{min} to {max} characters"),
            );
        }
        // The only pattern of the case is the currency code.
        let currency = |t: &str| t.len() == 3 && t.bytes().all(|b| b.is_ascii_uppercase());
        if schema["pattern"] == "^[A-Z]{3}$" && !currency(text) {
            self.say(
                node.line,
                path,
                format!("\"{text}\""),
                "a currency code of three capital letters, such as EUR".to_owned(),
            );
        }
    }

    fn number(&mut self, node: &Node, found: f64, schema: &Json, path: &str) {
        let (min, max) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
        if !found.is_finite() || min.is_some_and(|m| found < m) || max.is_some_and(|m| found > m) {
            self.say(node.line, path, format!("{found}"), wanted(schema));
        }
    }

    fn name(&mut self, node: &Node, names: &[String], path: &str) {
        let Value::Text(text) = &node.value else {
            return self.say(node.line, path, show(&node.value), one_of(names));
        };
        if !names.contains(text) {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            let hint = match nearest(text, &known) {
                Some(near) => format!("did you mean \"{near}\"? {}", one_of(names)),
                None => one_of(names),
            };
            self.say(node.line, path, format!("\"{text}\""), hint);
        }
    }

    /// A table whose `kind` says which variant it is.
    fn tagged(&mut self, node: &Node, variants: &'a [Json], path: &str) {
        let Value::Table(entries) = &node.value else {
            return self.say(node.line, path, show(&node.value), "a table with a `kind`".to_owned());
        };
        let kinds: Vec<String> = variants
            .iter()
            .filter_map(|v| v["properties"]["kind"]["const"].as_str().map(str::to_owned))
            .collect();
        let Some((.., kind)) = entries.iter().find(|(k, ..)| k == "kind") else {
            return self.say(node.line, &format!("{path}.kind"), "nothing".to_owned(), one_of(&kinds));
        };
        let chosen = match &kind.value {
            Value::Text(text) => variants.iter().find(|v| v["properties"]["kind"]["const"] == text.as_str()),
            _ => None,
        };
        match chosen {
            Some(variant) => self.table(node, entries, variant, path),
            None => self.name(kind, &kinds, &format!("{path}.kind")),
        }
    }

    fn resolve(&self, schema: &'a Json) -> &'a Json {
        match schema["$ref"].as_str() {
            Some(reference) => self.root.pointer(reference.trim_start_matches('#')).unwrap_or(schema),
            None => schema,
        }
    }

    fn say(&mut self, line: usize, path: &str, found: String, allowed: String) {
        self.problems.push(Problem { line, field: path.to_owned(), found, allowed });
    }
}

/// The names of an enumeration, whether it is written as `enum` or as `oneOf` of constants.
fn names_of(schema: &Json) -> Option<Vec<String>> {
    if let Some(list) = schema["enum"].as_array() {
        return Some(list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect());
    }
    if let Some(constant) = schema["const"].as_str() {
        return Some(vec![constant.to_owned()]);
    }
    let mut names = Vec::new();
    for variant in schema["oneOf"].as_array()? {
        match (variant["const"].as_str(), variant["enum"].as_array()) {
            (Some(name), _) => names.push(name.to_owned()),
            (None, Some(list)) => names.extend(list.iter().filter_map(|v| v.as_str().map(str::to_owned))),
            (None, None) => return None,
        }
    }
    Some(names)
}

fn nullable(schema: &Json) -> bool {
    let has_null =
        |key: &str, null: &dyn Fn(&Json) -> bool| schema[key].as_array().is_some_and(|l| l.iter().any(null));
    has_null("type", &|t| t == "null")
        || has_null("anyOf", &|o| o["type"] == "null")
        || has_null("enum", &Json::is_null)
}

fn one_of(names: &[String]) -> String {
    format!("one of {}", names.join(", "))
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Integer(i) => i.to_string(),
        Value::Float(f) => f.to_string(),
        Value::Text(s) => format!("\"{s}\""),
        Value::List(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}

/// What a schema allows, in words.
fn wanted(schema: &Json) -> String {
    if let Some(names) = names_of(schema) {
        return one_of(&names);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("");
    let number = if kind == "integer" { "a whole number" } else { "a number" };
    match (kind, schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        ("number" | "integer", Some(min), Some(max)) => format!("allowed is {number} from {min} to {max}"),
        ("number" | "integer", None, Some(max)) => format!("allowed is {number} up to {max}"),
        ("number" | "integer", ..) => format!("allowed is {number}"),
        ("string", ..) => "allowed is a text in quotes".to_owned(),
        ("boolean", ..) => "allowed is true or false".to_owned(),
        ("array", ..) => "allowed is a list".to_owned(),
        _ => "allowed is a table".to_owned(),
    }
}

/// The known key most like a wrong one, if it is like it at all.
fn nearest<'k>(wrong: &str, known: &[&'k str]) -> Option<&'k str> {
    let scored = known.iter().map(|k| (strsim::jaro_winkler(&wrong.to_lowercase(), k), *k));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.78).map(|(_, k)| k)
}
