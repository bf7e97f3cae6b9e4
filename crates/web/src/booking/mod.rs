//! A client finds a time and books it.

pub mod dialling;
