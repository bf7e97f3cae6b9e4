//! What goes into a statement and comes out of a row: five types that both databases keep alike.

use uuid::Uuid;

use super::Error;

/// One value of a column: `uuid`, `bigint`, `double precision`, `text`, `bytea`, or nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// `bigint`: counts, yes (1) and no (0), UTC microseconds.
    Int(i64),
    /// `double precision`.
    Real(f64),
    /// `text`.
    Text(String),
    /// `bytea`.
    Bytes(Vec<u8>),
    /// `uuid`: 16 bytes in SQLite.
    Id(Uuid),
}

macro_rules! into_value {
    ($($kind:ty => |$x:ident| $value:expr),+ $(,)?) => {$(
        impl From<$kind> for Value {
            fn from($x: $kind) -> Value {
                $value
            }
        }
    )+};
}

into_value! {
    i64 => |x| Value::Int(x),
    i32 => |x| Value::Int(i64::from(x)),
    u32 => |x| Value::Int(i64::from(x)),
    u16 => |x| Value::Int(i64::from(x)),
    u8 => |x| Value::Int(i64::from(x)),
    bool => |x| Value::Int(i64::from(x)),
    f64 => |x| Value::Real(x),
    String => |x| Value::Text(x),
    &str => |x| Value::Text(x.to_owned()),
    &String => |x| Value::Text(x.clone()),
    Vec<u8> => |x| Value::Bytes(x),
    &[u8] => |x| Value::Bytes(x.to_vec()),
    Uuid => |x| Value::Id(x),
}

macro_rules! id_into_value {
    ($($id:ident),+ $(,)?) => {$(
        impl From<crate::ids::$id> for Value {
            fn from(id: crate::ids::$id) -> Value {
                Value::Id(id.0)
            }
        }

        impl FromValue for crate::ids::$id {
            fn from_value(value: Value) -> Option<Self> {
                Uuid::from_value(value).map(Self::from)
            }
        }
    )+};
}

id_into_value!(
    ChainId,
    StudioId,
    ResourceId,
    StaffId,
    ClientId,
    RoomId,
    ServiceId,
    AppointmentId,
    CourseId,
    EvidenceId
);

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(x: Option<T>) -> Value {
        x.map_or(Value::Null, Into::into)
    }
}

/// What a column can be read as.
pub trait FromValue: Sized {
    /// The value, or `None` when the column holds something else.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($kind:ty => $pattern:pat => $value:expr),+ $(,)?) => {$(
        impl FromValue for $kind {
            fn from_value(value: Value) -> Option<$kind> {
                match value {
                    $pattern => $value,
                    _ => None,
                }
            }
        }
    )+};
}

from_value! {
    i64 => Value::Int(x) => Some(x),
    u32 => Value::Int(x) => u32::try_from(x).ok(),
    u16 => Value::Int(x) => u16::try_from(x).ok(),
    u8 => Value::Int(x) => u8::try_from(x).ok(),
    i8 => Value::Int(x) => i8::try_from(x).ok(),
    bool => Value::Int(x) => Some(x != 0),
    String => Value::Text(x) => Some(x),
    Vec<u8> => Value::Bytes(x) => Some(x),
}

impl FromValue for f64 {
    /// SQLite gives a whole number back as an integer.
    fn from_value(value: Value) -> Option<f64> {
        match value {
            Value::Real(x) => Some(x),
            #[expect(clippy::cast_precision_loss, reason = "it was written as a double")]
            Value::Int(x) => Some(x as f64),
            _ => None,
        }
    }
}

impl FromValue for Uuid {
    fn from_value(value: Value) -> Option<Uuid> {
        match value {
            Value::Id(id) => Some(id),
            Value::Bytes(bytes) => Uuid::from_slice(&bytes).ok(),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Option<T>> {
        match value {
            Value::Null => Some(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// One row of an answer, read from left to right.
#[derive(Debug)]
pub struct Row {
    pub(super) values: std::vec::IntoIter<Value>,
}

impl Row {
    /// The next column.
    ///
    /// # Errors
    /// When the row has no further column, or it holds another type than asked for: the statement and its reader differ.
    pub fn take<T: FromValue>(&mut self) -> Result<T, Error> {
        let Some(value) = self.values.next() else {
            return Err(Error::Broken("a row has fewer columns than are read".to_owned()));
        };
        let shown = match &value {
            Value::Null => "nothing",
            Value::Int(_) => "a whole number",
            Value::Real(_) => "a number",
            Value::Text(_) => "a text",
            Value::Bytes(_) => "bytes",
            Value::Id(_) => "an id",
        };
        T::from_value(value).ok_or_else(|| {
            Error::Broken(format!("a column holds {shown} where {} is read", std::any::type_name::<T>()))
        })
    }
}

/// Values for the places `$1`, `$2`, … of a statement.
#[macro_export]
macro_rules! values {
    ($($x:expr),* $(,)?) => { &[$($crate::store::Value::from($x)),*] };
}
