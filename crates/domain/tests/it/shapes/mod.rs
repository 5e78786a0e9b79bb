//! Every documented reply of the three systems with its odd twins: one table for each system, one row for each operation that
//! `integrations` calls and whose reply is read. A row holds the documented reply; the twins are made from it by the forms of
//! `forms.rs`, at each place where a form applies, and must be read as the same. What means something else, or is to be
//! refused, stands in the row.
//!
//! Replies whose reading is the business of `integrations` (success and failure, composite calls, sign-in, events) have their
//! rows in `crates/integrations/tests/it/shapes`.

mod corpus;
mod coverage;
mod forms;
mod freebit;
mod salesforce;
mod whmcs;
mod whmcs_lists;

use forms::Form;
use serde_json::Value;

/// A change of a documented reply.
type Change = fn(&mut Value);

/// A row.
pub struct Shape {
    /// As in the contract, and as `integrations` names it.
    pub operation: &'static str,
    pub documented: Value,
    /// Reads a reply as the client does. What was read is printed, so that it can be compared; an error is what does not fit.
    pub read: fn(&Value) -> Result<String, String>,
    /// Parts of the print that say that the documented reply is read right.
    pub says: &'static [&'static str],
    /// Further replies that mean the same.
    pub same: Vec<(&'static str, Change)>,
    /// Replies that mean something else, with a part of what is read.
    pub other: Vec<(&'static str, Change, &'static str)>,
    /// Replies that must not be read, with a part of the reason.
    pub refused: Vec<(&'static str, Change, &'static str)>,
}

impl Shape {
    pub fn new(operation: &'static str, documented: Value, read: fn(&Value) -> Result<String, String>) -> Self {
        Self { operation, documented, read, says: &[], same: vec![], other: vec![], refused: vec![] }
    }
    pub fn says(self, says: &'static [&'static str]) -> Self {
        Self { says, ..self }
    }
    pub fn same(mut self, form: &'static str, change: Change) -> Self {
        self.same.push((form, change));
        self
    }
    pub fn other(mut self, form: &'static str, change: Change, part: &'static str) -> Self {
        self.other.push((form, change, part));
        self
    }
    pub fn refused(mut self, form: &'static str, change: Change, part: &'static str) -> Self {
        self.refused.push((form, change, part));
        self
    }

    fn changed(&self, change: Change) -> Value {
        let mut reply = self.documented.clone();
        change(&mut reply);
        assert_ne!(reply, self.documented, "{}: a change that changes nothing", self.operation);
        reply
    }
}

/// Reads every row in every form. Each form applies somewhere, and each row has twins.
fn check(table: &[Shape], forms: &[Form]) {
    let mut faults = Vec::new();
    let mut applied = vec![0; forms.len()];
    for shape in table {
        let name = shape.operation;
        let plain = match (shape.read)(&shape.documented) {
            Ok(plain) => plain,
            Err(reason) => {
                faults.push(format!("{name}: the documented reply is refused: {reason}"));
                continue;
            }
        };
        for part in shape.says.iter().filter(|part| !plain.contains(**part)) {
            faults.push(format!("{name}: the documented reply does not say {part}: {plain}"));
        }
        let mut twins: Vec<(&str, Value)> = Vec::new();
        for (form, count) in forms.iter().zip(&mut applied) {
            let made = form.1(&shape.documented);
            *count += made.len();
            twins.extend(made.into_iter().map(|twin| (form.0, twin)));
        }
        twins.extend(shape.same.iter().map(|(form, change)| (*form, shape.changed(*change))));
        assert!(twins.len() >= 2, "{name} has {} odd twins", twins.len());
        for (form, twin) in twins {
            let read = (shape.read)(&twin);
            if read.as_ref() != Ok(&plain) {
                faults.push(format!("{name}, {form}: {twin}\n    is {read:?}\n    not {plain}"));
            }
        }
        for (form, change, part) in &shape.other {
            let read = (shape.read)(&shape.changed(*change));
            if read.as_ref() == Ok(&plain) || !read.as_ref().is_ok_and(|read| read.contains(part)) {
                faults.push(format!("{name}, {form}: {read:?} does not say {part}"));
            }
        }
        for (form, change, part) in &shape.refused {
            let read = (shape.read)(&shape.changed(*change));
            if !read.as_ref().is_err_and(|reason| reason.contains(part)) {
                faults.push(format!("{name}, {form}: {read:?} is not refused for {part}"));
            }
        }
    }
    for (form, count) in forms.iter().zip(applied) {
        assert!(count > 0, "no row has the form {}", form.0);
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn whmcs_replies_are_read_in_every_form() {
    let table: Vec<Shape> = whmcs::table().into_iter().chain(whmcs_lists::table()).collect();
    check(&table, forms::WHMCS);
}

#[test]
fn salesforce_replies_are_read_in_every_form() {
    check(&salesforce::table(), forms::SALESFORCE);
}

#[test]
fn freebit_replies_are_read_in_every_form() {
    check(&freebit::table(), forms::FREEBIT);
}
