//! Example cases and their plans.

#![allow(dead_code, reason = "each test file uses its part")]

use hairline_plan::case::{Case, EXAMPLES, read};
use hairline_plan::design::Known;
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::plan::PlanError;
use hairline_plan::{Planned, make_plan};

pub fn example(name: &str) -> Case {
    let text = EXAMPLES.iter().find(|e| e.0 == name).expect("an example").1;
    read(name, text.as_bytes()).expect("a good case")
}

pub fn try_plan(case: &Case) -> Result<Planned, PlanError> {
    let source = head_from_measurements(case).expect("a head");
    make_plan(case, source, &Known::default(), "test", &mut |_| ())
}

pub fn plan(case: &Case) -> Planned {
    try_plan(case).expect("a plan")
}
