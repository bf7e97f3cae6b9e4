//! The studio in a browser: pages drawn by the server, the JSON API beside them, and the jobs behind both.
//!
//! A handler asks who is there, calls one thing in a room below, and answers with one type. Absent on purpose: SQL,
//! rules of the practice, formulas.
