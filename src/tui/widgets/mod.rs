//! Small things that screens are painted from: cut and padded text, tables, lines, bars.

pub mod paint;
pub mod table;
