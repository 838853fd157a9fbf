//! The words of Voce as types, and its decisions as pure functions. No I/O lives here.

/// Defines an enum whose variants are stored and shown by a fixed key.
macro_rules! closed_list {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $key:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $key)] $variant),+
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The key under which the value is stored, sent and translated.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.key())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownKey;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($key => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownKey { list: stringify!($name), key: text.to_owned() }),
                }
            }
        }

        /// For rows of the database: `#[sqlx(try_from = "String")]`.
        impl TryFrom<String> for $name {
            type Error = $crate::UnknownKey;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    };
}

pub mod case;
pub mod event;
pub mod identity;
pub mod labels;
pub mod message;
pub mod permission;
pub mod routing;

/// A moment, in milliseconds since 1970-01-01 UTC.
pub type Millis = i64;

/// A key that is not in its closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key:?} is not a known {list}")]
pub struct UnknownKey {
    pub list: &'static str,
    pub key: String,
}
