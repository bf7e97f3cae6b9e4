//! A client finds a time and books it: what the JSON API and the pages share, and the pages themselves.
//!
//! Free times come from the board in memory; every change goes through the store, once for each key it is asked under.

pub mod dialling;
pub mod free;
pub mod manage;
pub mod month;
pub mod once;
pub mod pages;
pub mod person;
pub mod steps;
pub mod visit;
