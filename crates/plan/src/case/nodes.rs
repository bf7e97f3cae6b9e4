//! A parsed text whose every value knows its line: TOML and JSON alike.

use jsonc_parser::ast;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Line, from 1.
    pub line: usize,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// Key, line of the key, value; in file order.
    Table(Vec<(String, usize, Node)>),
}

impl Node {
    /// The value as serde sees it.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Integer(i) => Json::from(*i),
            Value::Float(f) => Json::from(*f),
            Value::Text(s) => Json::String(s.clone()),
            Value::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Table(entries) => {
                Json::Object(entries.iter().map(|(k, _, v)| (k.clone(), v.to_json())).collect())
            }
        }
    }

    /// The second of two equal keys of one table: its line and the key.
    fn repeated_key(&self) -> Option<(usize, &str)> {
        match &self.value {
            Value::Table(entries) => entries.iter().enumerate().find_map(|(i, (key, line, child))| {
                let again = entries[..i].iter().any(|(earlier, ..)| earlier == key);
                if again { Some((*line, key.as_str())) } else { child.repeated_key() }
            }),
            Value::List(items) => items.iter().find_map(Node::repeated_key),
            _ => None,
        }
    }

    /// The child at a path of keys and list indices; the deepest node that exists.
    pub fn at(&self, path: &str) -> &Node {
        let mut node = self;
        for part in path.split(['.', '[']).map(|p| p.trim_end_matches(']')) {
            let child = match &node.value {
                Value::Table(entries) => entries.iter().find(|(k, ..)| k == part).map(|(.., v)| v),
                Value::List(items) => part.parse::<usize>().ok().and_then(|i| items.get(i.checked_sub(1)?)),
                _ => None,
            };
            match child {
                Some(child) => node = child,
                None => break,
            }
        }
        node
    }
}

/// Parses TOML; the error is a line and a sentence.
pub(crate) fn from_toml(text: &str) -> Result<Node, (usize, String)> {
    let lines = Lines::new(text);
    let table = DeTable::parse(text)
        .map_err(|e| (e.span().map_or(1, |s| lines.line(s.start)), format!("not TOML: {}", e.message())))?;
    Ok(Node { line: 1, value: toml_table(table.get_ref(), &lines) })
}

fn toml_table(table: &DeTable, lines: &Lines) -> Value {
    Value::Table(
        table
            .iter()
            .map(|(key, value)| {
                let line = lines.line(key.span().start);
                let node =
                    Node { line: lines.line(value.span().start), value: toml_value(value.get_ref(), lines) };
                (key.get_ref().to_string(), line, node)
            })
            .collect(),
    )
}

fn toml_value(value: &DeValue, lines: &Lines) -> Value {
    match value {
        DeValue::String(s) => Value::Text(s.to_string()),
        DeValue::Integer(i) => match i64::from_str_radix(&i.as_str().replace('_', ""), i.radix()) {
            Ok(i) => Value::Integer(i),
            // Too large for an integer; the check of its range shows it.
            Err(_) => Value::Float(i.as_str().replace('_', "").parse().unwrap_or(f64::INFINITY)),
        },
        DeValue::Float(f) => Value::Float(f.as_str().replace('_', "").parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(b) => Value::Bool(*b),
        DeValue::Datetime(d) => Value::Text(d.to_string()),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|v| Node { line: lines.line(v.span().start), value: toml_value(v.get_ref(), lines) })
                .collect(),
        ),
        DeValue::Table(table) => toml_table(table, lines),
    }
}

/// Parses JSON (strictly: no comments, no trailing commas); the error is a line and a sentence.
pub(crate) fn from_json(text: &str) -> Result<Node, (usize, String)> {
    let lines = Lines::new(text);
    let strict = jsonc_parser::ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_extended_string_escapes: false,
        allow_non_finite_numbers: false,
    };
    let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &strict)
        .map_err(|e| (lines.line(e.range().start), format!("not JSON: {}", e.kind())))?;
    match parsed.value {
        Some(value) => {
            let node = json_node(&value, &lines);
            match node.repeated_key() {
                Some((line, key)) => {
                    Err((line, format!("not JSON: the key \"{key}\" stands twice in one object")))
                }
                None => Ok(node),
            }
        }
        None => Err((1, "the file is empty".to_owned())),
    }
}

fn json_node(value: &ast::Value, lines: &Lines) -> Node {
    use jsonc_parser::common::Ranged;
    let json = match value {
        ast::Value::StringLit(s) => Value::Text(s.value.to_string()),
        ast::Value::NumberLit(n) => match n.value.parse::<i64>() {
            Ok(i) => Value::Integer(i),
            Err(_) => Value::Float(n.value.parse().unwrap_or(f64::NAN)),
        },
        ast::Value::BooleanLit(b) => Value::Bool(b.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(a) => Value::List(a.elements.iter().map(|v| json_node(v, lines)).collect()),
        ast::Value::Object(o) => Value::Table(
            o.properties
                .iter()
                .map(|p| {
                    let line = lines.line(p.name.range().start);
                    (p.name.as_str().to_owned(), line, json_node(&p.value, lines))
                })
                .collect(),
        ),
    };
    Node { line: lines.line(value.range().start), value: json }
}

/// Byte offset to line number.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Lines {
        Lines { starts: std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect() }
    }

    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }
}
