//! The practice of scalp micropigmentation: who is free when, what a course of sessions is, what must be done before a
//! needle touches skin, who may see what, and the records of all that.
//!
//! First come the rules: functions of plain values, without a store and without a clock (now is an argument). Then the
//! store, which keeps the truth in SQLite or PostgreSQL and decides every booking.
//!
//! Absent on purpose: HTTP, pages, pictures, and how a plan of dots is made.

pub mod board;
pub mod booking;
pub mod course;
pub mod demo;
pub mod files;
pub mod gates;
pub mod hours;
pub mod ids;
pub mod merkle;
pub mod nearest;
pub mod outside;
pub mod password;
pub mod permission;
pub mod place;
pub mod practice;
pub mod seal;
pub mod search;
pub mod set_up;
pub mod span;
pub mod store;
pub mod timeline;
pub mod token;
pub mod totp;
pub mod webhook;
pub mod zone;
pub mod zone_days;
