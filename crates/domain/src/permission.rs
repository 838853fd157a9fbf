//! Who may do what. Every page and API route names one permission in its signature.

closed_list! {
    /// What a person in the company is.
    pub enum Role {
        Admin = "admin",
        /// Leads teams: everything about cases, contacts and rules, nothing about the installation.
        Supervisor = "supervisor",
        /// Answers customers.
        Agent = "agent",
        /// Reads and exports, changes nothing.
        Analyst = "analyst",
        /// Someone from outside the desk: sees only cases in which they are mentioned or which they own, and writes notes there.
        Guest = "guest",
    }
}

closed_list! {
    pub enum Permission {
        /// One's own profile, sessions and tokens.
        OwnAccount = "own_account",
        ReadCases = "read_cases",
        /// Internal notes.
        WriteNotes = "write_notes",
        /// Answers to customers.
        AnswerCases = "answer_cases",
        /// Owner, team, state, tags, priority.
        WorkCases = "work_cases",
        /// Merging and splitting.
        ArrangeCases = "arrange_cases",
        CorrectLabels = "correct_labels",
        ReadContacts = "read_contacts",
        EditContacts = "edit_contacts",
        MergeContacts = "merge_contacts",
        /// Registries, archives and message files into the product.
        Import = "import",
        /// Whole lists out of the product.
        Export = "export",
        /// New messages through the open intake.
        WriteIntake = "write_intake",
        /// Raw items and dead letters.
        ReadIntake = "read_intake",
        ReplayIntake = "replay_intake",
        /// Routing rules, tags, request types, canned answers.
        ManageRules = "manage_rules",
        ManageChannels = "manage_channels",
        /// Outgoing web hooks.
        ManageHooks = "manage_hooks",
        /// Users, invitations, teams.
        ManagePeople = "manage_people",
        ManageSettings = "manage_settings",
        ReadAudit = "read_audit",
        /// Figures over many cases: how good the labels are, how the work goes.
        ReadReports = "read_reports",
    }
}

impl Role {
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Admin => true,
            Self::Supervisor => !matches!(
                permission,
                P::ManageChannels | P::ManageHooks | P::ManagePeople | P::ManageSettings | P::WriteIntake
            ),
            Self::Agent => matches!(
                permission,
                P::OwnAccount
                    | P::ReadCases
                    | P::WriteNotes
                    | P::AnswerCases
                    | P::WorkCases
                    | P::ArrangeCases
                    | P::CorrectLabels
                    | P::ReadContacts
                    | P::EditContacts
                    | P::MergeContacts
                    | P::ReadReports
            ),
            Self::Analyst => {
                matches!(
                    permission,
                    P::OwnAccount | P::ReadCases | P::ReadContacts | P::Export | P::ReadReports
                )
            }
            Self::Guest => matches!(permission, P::OwnAccount | P::ReadCases | P::WriteNotes),
        }
    }

    /// Whether the role sees every case, or only those in which its holder is involved.
    pub fn sees_all_cases(self) -> bool {
        self != Self::Guest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_own_account_and_only_admins_run_the_installation() {
        for role in Role::ALL {
            assert!(role.may(Permission::OwnAccount));
            assert_eq!(role.may(Permission::ManagePeople), *role == Role::Admin);
        }
        assert!(!Role::Analyst.may(Permission::AnswerCases));
        assert!(!Role::Guest.may(Permission::ReadContacts));
    }
}
