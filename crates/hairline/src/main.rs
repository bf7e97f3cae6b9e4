//! The hairline command.

fn main() {}
