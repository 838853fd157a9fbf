//! Cursors over the events table and those who react.
//!
//! [`Live`] tells the open pages of this process what happens, as it happens; nothing is kept for them.
//! [`listen`] runs a [`Listener`] that must not miss anything: its cursor moves in the transaction of what it did.

pub mod hooks;
mod listen;
mod live;
pub mod shape;

pub use listen::{Listener, Start, listen};
pub use live::{Live, News, Subscription};
