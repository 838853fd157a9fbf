//! Colleagues: who they are, what they may, how they come in, and their teams.

pub mod invitations;
pub mod person;
pub mod teams;
pub mod users;
