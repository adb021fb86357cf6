//! Bytes become readable: bodies, headers, deaths, numbers; pure, and nothing raw ever leaves it for a terminal.

pub mod human;
