//! JSON: an array of users, users one after another (JSON lines), or objects that hold such an array as `users`.
//!
//! Only one user is in memory. A member that occurs twice is refused, because readers disagree on which one counts.

use std::{cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Value};

use super::{
    limited::{BoundedFile, RecordMeter, TOO_LONG},
    problem::{ExportProblem, ReadResult},
};
use crate::{
    config::ImportLayout,
    model::{REPEATED_NAME, StrictJson},
};

/// Receives a user and the number of its record. It returns false to stop the reader.
type Sink<'a> = &'a mut dyn FnMut(Value, u64) -> ReadResult<bool>;

/// The state of one file.
struct Reading<'a> {
    sink: RefCell<Sink<'a>>,
    meter: RecordMeter,
    /// The number of users, in place of a line, which the parser knows only at an error.
    count: RefCell<u64>,
    /// The end that the sink wanted: `None` for an error, which is the one returned.
    stop: RefCell<Option<ReadResult<()>>>,
}

/// Reads all users.
pub(super) fn read(input: BoundedFile, layout: ImportLayout, sink: Sink<'_>) -> ReadResult<()> {
    let reading =
        Reading { sink: RefCell::new(sink), meter: input.meter(), count: RefCell::new(0), stop: RefCell::new(None) };
    // The parser reads byte by byte, so it never reads ahead of the record whose bytes are counted.
    let mut parser = Deserializer::from_reader(input);
    while parser.end().is_err() {
        let outcome = Top { reading: &reading, layout, depth: 0 }.deserialize(&mut parser);
        if let Some(stop) = reading.stop.borrow_mut().take() {
            return stop;
        }
        outcome.map_err(|error| reading.problem(&error))?;
    }
    Ok(())
}

impl Reading<'_> {
    /// Passes a user to the sink. Returns an error to stop the parser.
    fn user<E: serde::de::Error>(&self, value: Value) -> Result<(), E> {
        self.meter.stop();
        let number = {
            let mut count = self.count.borrow_mut();
            *count += 1;
            *count
        };
        let wanted = (self.sink.borrow_mut())(value, number);
        let stop = match wanted {
            Ok(true) => return Ok(()),
            Ok(false) => Ok(()),
            Err(problem) => Err(problem),
        };
        *self.stop.borrow_mut() = Some(stop);
        Err(E::custom("stopped"))
    }

    fn problem(&self, error: &serde_json::Error) -> ExportProblem {
        let line = u64::try_from(error.line()).unwrap_or(0);
        if self.meter.is_exceeded() {
            return ExportProblem::at(line, TOO_LONG);
        }
        let what = match error.classify() {
            serde_json::error::Category::Io => format!("cannot be read: {error}"),
            serde_json::error::Category::Eof => "the file ends within a value".to_owned(),
            // The message of the parser names the kind of value that it found, and never a value.
            serde_json::error::Category::Data if error.to_string().starts_with(REPEATED_NAME) => {
                error.to_string().split(" at line").next().unwrap_or_default().to_owned()
            }
            _ => "not valid JSON, or not of the form of this export".to_owned(),
        };
        ExportProblem::at(line, what)
    }
}

/// A value at the top of the file.
#[derive(Clone, Copy)]
struct Top<'a, 'b> {
    reading: &'a Reading<'b>,
    layout: ImportLayout,
    depth: u32,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.reading.meter.start();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("users")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut users: A) -> Result<(), A::Error> {
        if self.depth > 0 {
            return Err(A::Error::custom("an array within an array"));
        }
        self.reading.meter.stop();
        while users.next_element_seed(Self { depth: 1, ..self })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        if self.layout == ImportLayout::Elements {
            let user = StrictJson.visit_map(members)?;
            return self.reading.user(user);
        }
        self.reading.meter.stop();
        while let Some(name) = members.next_key::<String>()? {
            if name == "users" {
                members.next_value_seed(UserArray(self.reading))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The array `users`.
struct UserArray<'a, 'b>(&'a Reading<'b>);

impl<'de> DeserializeSeed<'de> for UserArray<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for UserArray<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of users")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut users: A) -> Result<(), A::Error> {
        self.0.meter.start();
        while let Some(user) = users.next_element_seed(StrictJson)? {
            self.0.user(user)?;
            self.0.meter.start();
        }
        self.0.meter.stop();
        Ok(())
    }
}
