//! The table of contents of the settings.

use voce_domain::permission::Permission::{self, *};

use crate::shell::Shell;

/// Entries that belong together.
pub struct Group {
    /// Key of the heading.
    pub title: &'static str,
    pub entries: &'static [Entry],
}

pub struct Entry {
    pub path: &'static str,
    pub icon: &'static str,
    /// Key of the words.
    pub title: &'static str,
    pub permission: Permission,
}

const fn entry(path: &'static str, icon: &'static str, title: &'static str, permission: Permission) -> Entry {
    Entry {
        path,
        icon,
        title,
        permission,
    }
}

pub const GROUPS: [Group; 4] = [
    Group {
        title: "settings-account",
        entries: &[
            entry("/account", "user-round", "settings-profile", OwnAccount),
            entry("/account/security", "lock", "settings-security", OwnAccount),
            entry("/account/tokens", "key-round", "settings-tokens", OwnAccount),
        ],
    },
    Group {
        title: "settings-people",
        entries: &[
            entry("/settings/people", "users", "settings-users", ManagePeople),
            entry("/settings/teams", "users-round", "settings-teams", ManagePeople),
            entry(
                "/settings/invitations",
                "mail-plus",
                "settings-invitations",
                ManagePeople,
            ),
        ],
    },
    Group {
        title: "settings-work",
        entries: &[
            entry("/settings/channels", "radio", "settings-channels", ManageChannels),
            entry("/settings/rules", "route", "settings-rules", ManageRules),
            entry("/settings/tags", "tags", "settings-tags", ManageRules),
            entry(
                "/settings/canned",
                "message-square-text",
                "settings-canned",
                ManageRules,
            ),
            entry(
                "/settings/request-types",
                "circle-help",
                "settings-request-types",
                ManageRules,
            ),
            entry("/settings/quality", "gauge", "settings-quality", ReadReports),
        ],
    },
    Group {
        title: "settings-company",
        entries: &[
            entry("/settings/company", "building-2", "settings-general", ManageSettings),
            entry("/settings/opinion", "wand-sparkles", "settings-opinion", ManageSettings),
            entry("/settings/hooks", "webhook", "settings-hooks", ManageHooks),
            entry("/settings/intake", "inbox", "settings-intake", ReadIntake),
            entry("/settings/export", "download", "settings-export", Export),
            entry("/settings/audit", "scroll-text", "settings-audit", ReadAudit),
        ],
    },
];

impl Group {
    /// What of it the reader may open.
    pub fn open_to(&self, shell: &Shell) -> Vec<&'static Entry> {
        self.entries
            .iter()
            .filter(|entry| shell.user.may(entry.permission))
            .collect()
    }
}

impl Entry {
    /// Whether the page that is open is this one or below it.
    pub fn lit(&self, shell: &Shell) -> bool {
        let path = shell.path.split('?').next().unwrap_or_default();
        let below = path
            .strip_prefix(self.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // Of the account only the profile is `/account` itself.
        below && (path == self.path || self.path != "/account")
    }
}
