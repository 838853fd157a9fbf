//! Whether a machine wrote a mail. Machines are never answered by a machine of ours.

use voce_domain::message::Automatic;

use super::mime::Head;

/// Reads the signs of RFC 3834 and those that mail programs really give. `own` is the account's address: a mailing
/// list of that name is only the way by which people's mail reaches us.
pub fn classify(head: &Head, own: &str) -> Automatic {
    let subject = head.text("Subject").unwrap_or_default().to_lowercase();
    if is_mailer(head) {
        return Automatic::Bounce;
    }
    let machine = answers_by_itself(head);
    if machine && is_absence(&subject) {
        return Automatic::OutOfOffice;
    }
    if is_bulk(head, own) {
        return Automatic::Bulk;
    }
    match (machine, is_absence(&subject)) {
        (_, true) => Automatic::OutOfOffice,
        (true, false) => Automatic::AutoReply,
        (false, false) => Automatic::No,
    }
}

/// A mail system speaks, not somebody on it.
pub fn is_mailer(head: &Head) -> bool {
    let from = head
        .mailboxes("From")
        .into_iter()
        .next()
        .map(|(_, address)| address.to_lowercase());
    let local = from
        .as_deref()
        .and_then(|address| address.split('@').next())
        .unwrap_or_default();
    local == "mailer-daemon"
        || local == "mailerdaemon"
        || local.starts_with("microsoftexchange329e71ec88ae4615bbc36ab6ce41109e")
        || (local == "postmaster" && has_null_return_path(head))
}

pub fn has_null_return_path(head: &Head) -> bool {
    head.lower("Return-Path").trim() == "<>"
}

fn answers_by_itself(head: &Head) -> bool {
    let submitted = head.lower("Auto-Submitted");
    let suppress = head.lower("X-Auto-Response-Suppress");
    submitted.trim().starts_with("auto")
        || ["all", "autoreply", "oof"].iter().any(|sign| suppress.contains(sign))
        || ["X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Autoreply-From"]
            .iter()
            .any(|name| head.has(name))
        || matches!(head.lower("Precedence").trim(), "auto_reply" | "auto-reply")
        || has_null_return_path(head)
}

fn is_bulk(head: &Head, own: &str) -> bool {
    let own_list = own.replace('@', ".");
    if head.lower("List-Id").contains(&own_list) || head.lower("List-Post").contains(own) {
        return false;
    }
    matches!(head.lower("Precedence").trim(), "bulk" | "list" | "junk")
        || head.has("List-Id")
        || head.has("List-Unsubscribe")
}

/// Subjects begin so when the writer is away, in the languages of the neighbours too.
fn is_absence(subject: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "out of office",
        "out of the office",
        "out-of-office",
        "automatic reply",
        "auto reply",
        "auto-reply",
        "autoreply",
        "auto:",
        "on vacation",
        "on leave",
        "away from the office",
        "vacation:",
        "i am away",
        "i'm away",
        "risposta automatica",
        "risponditore automatico",
        "fuori ufficio",
        "fuori sede",
        "assente dall",
        "assenza dall",
        "assenza:",
        "in ferie",
        "sono in ferie",
        "chiusura estiva",
        "chiusura per ferie",
        "abwesenheit",
        "automatische antwort",
        "réponse automatique",
        "absence du bureau",
        "respuesta automática",
        "fuera de la oficina",
    ];
    let subject = subject.trim_start_matches(|c: char| !c.is_alphanumeric());
    BEGINNINGS.iter().any(|beginning| subject.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::mime::Part;

    fn classified(headers: &str) -> Automatic {
        let mail = format!("From: Anna <anna@example.it>\n{headers}\n\nciao\n");
        classify(&Part::read(mail.as_bytes()).unwrap().head, "support@example.com")
    }

    #[test]
    fn signs_of_machines() {
        for (headers, expected) in [
            ("Subject: Domanda", Automatic::No),
            ("Auto-Submitted: no", Automatic::No),
            ("Auto-Submitted: auto-replied (vacation)", Automatic::AutoReply),
            (
                "Auto-Submitted: auto-replied\nSubject: Fuori ufficio: Domanda",
                Automatic::OutOfOffice,
            ),
            ("Subject: Automatic reply: Your order", Automatic::OutOfOffice),
            (
                "Subject: =?utf-8?Q?R=C3=A9ponse_automatique=3A_x?=",
                Automatic::OutOfOffice,
            ),
            ("Subject: Re: Out of office settings do not work", Automatic::No),
            (
                "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
                Automatic::AutoReply,
            ),
            ("X-Autoreply: yes", Automatic::AutoReply),
            ("Return-Path: <>", Automatic::AutoReply),
            ("Return-Path: <anna@example.it>", Automatic::No),
            ("Precedence: bulk", Automatic::Bulk),
            ("List-ID: News <news.example.org>", Automatic::Bulk),
            ("List-Unsubscribe: <https://example.org/u>", Automatic::Bulk),
            ("Precedence: list\nList-ID: <support.example.com>", Automatic::No),
            (
                "Precedence: list\nList-Post: <mailto:support@example.com>",
                Automatic::No,
            ),
        ] {
            assert_eq!(classified(headers), expected, "{headers}");
        }
        let mailer = b"From: MAILER-DAEMON@mx.example.org\nSubject: x\n\n";
        assert_eq!(
            classify(&Part::read(mailer).unwrap().head, "s@example.com"),
            Automatic::Bounce
        );
    }
}
