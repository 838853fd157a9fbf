//! What the company decides, and what was administered.

pub mod company;
