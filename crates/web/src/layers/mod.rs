//! What every request goes through, from the outside in: [`observe`] gives it an id and counts it, [`answer`] gives each
//! answer its headers and errors their form, [`limit`] and [`origin`] refuse what may not come in.

pub mod answer;
pub mod client;
pub mod limit;
pub mod observe;
pub mod origin;
