//! What became of the mails we sent: delivery reports (RFC 3464), read receipts (RFC 8098) and the bounces that
//! follow no standard.

use voce_domain::{
    Millis,
    message::{DeliveryReport, DeliveryState, Incoming},
};

use super::{
    automatic::{has_null_return_path, is_mailer},
    content,
    mime::{Part, clean},
};

/// The report in a mail, if it is one about a mail that can be told.
pub fn read(mail: &Part<'_>, received_at: Millis) -> Option<Incoming> {
    let parts = mail.walk();
    let (fate, detail) = verdict(mail, &parts)?;
    let state = match fate {
        Fate::Failed => DeliveryState::Failed,
        Fate::Delivered => DeliveryState::Delivered,
        Fate::Passing => {
            return Some(Incoming::Ignored {
                reason: format!("delivery report without an end: {detail}"),
            });
        }
    };
    Some(Incoming::Delivery(DeliveryReport {
        external_id: original(mail, &parts)?,
        state,
        detail,
        at: received_at,
    }))
}

/// Whether the mail says that another one did not arrive, even if it does not tell which.
pub fn is_bounce(mail: &Part<'_>) -> bool {
    verdict(mail, &mail.walk()).is_some_and(|(fate, _)| fate == Fate::Failed)
}

fn verdict(mail: &Part<'_>, parts: &[&Part<'_>]) -> Option<(Fate, String)> {
    standard(parts).or_else(|| free(mail))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Failed,
    Delivered,
    /// Delayed, relayed, expanded: another report may follow.
    Passing,
}

/// A part made for programs.
fn standard(parts: &[&Part<'_>]) -> Option<(Fate, String)> {
    parts.iter().find_map(|part| match part.kind().as_str() {
        "message/delivery-status" | "message/global-delivery-status" => delivery_status(&part.text()),
        "message/disposition-notification" | "message/global-disposition-notification" => receipt(&part.text()),
        _ => None,
    })
}

/// One group of fields for the message, then one for each recipient. The worst fate counts.
fn delivery_status(text: &str) -> Option<(Fate, String)> {
    let fields = fields(text);
    let mut groups: Vec<(Fate, String)> = Vec::new();
    for group in fields.split(|field| field.is_none()) {
        let value = |name: &str| {
            let found = group.iter().flatten().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        let Some(action) = value("action") else { continue };
        let fate = match action
            .to_ascii_lowercase()
            .split_whitespace()
            .next()
            .unwrap_or_default()
        {
            "failed" => Fate::Failed,
            "delivered" => Fate::Delivered,
            _ => Fate::Passing,
        };
        let recipient = value("final-recipient")
            .or(value("original-recipient"))
            .map(without_type);
        let reason = value("diagnostic-code").map(without_type).unwrap_or(action);
        let detail = [
            recipient.map(|recipient| format!("{recipient}:")).as_deref(),
            value("status"),
            Some(reason),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
        groups.push((fate, detail));
    }
    let rank = |fate: Fate| match fate {
        Fate::Failed => 0,
        Fate::Passing => 1,
        Fate::Delivered => 2,
    };
    groups.into_iter().min_by_key(|(fate, _)| rank(*fate))
}

/// `Disposition: manual-action/MDN-sent-manually; displayed`
fn receipt(text: &str) -> Option<(Fate, String)> {
    let fields = fields(text);
    let disposition = fields
        .iter()
        .flatten()
        .find(|(key, _)| key == "disposition")
        .map(|(_, value)| value)?;
    let kind = disposition
        .rsplit(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let fate = if kind.starts_with("displayed") {
        Fate::Delivered
    } else {
        Fate::Passing
    };
    Some((fate, kind))
}

/// Header-like lines, unfolded, names in lower case; `None` for the empty lines between groups.
fn fields(text: &str) -> Vec<Option<(String, String)>> {
    let mut fields: Vec<Option<(String, String)>> = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            fields.push(None);
        } else if line.starts_with([' ', '\t']) {
            if let Some(Some((_, value))) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push(Some((name.trim().to_ascii_lowercase(), value.trim().to_owned())));
        }
    }
    fields
}

/// `rfc822; anna@example.it` and `smtp; 550 no such user` without their types.
fn without_type(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim()
}

/// A bounce written for people only (qmail, Exim, old Exchange, providers).
fn free(mail: &Part<'_>) -> Option<(Fate, String)> {
    let head = &mail.head;
    let subject = head.text("Subject").unwrap_or_default();
    let lower = subject.to_lowercase();
    let lower = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    let failed_recipients = head.text("X-Failed-Recipients");
    let from_system = is_mailer(head) || has_null_return_path(head) || failed_recipients.is_some();
    let about_delivery = failed_recipients.is_some() || SUBJECTS.iter().any(|sign| lower.starts_with(sign));
    if !from_system || !about_delivery {
        return None;
    }
    let text = content::read(mail).text;
    let passing = DELAYS.iter().any(|sign| lower.contains(sign)) || text.contains("THIS IS A WARNING MESSAGE ONLY");
    let fate = if passing { Fate::Passing } else { Fate::Failed };
    let reason = reason(&text).unwrap_or(subject);
    Some((
        fate,
        failed_recipients.map_or(reason.clone(), |who| format!("{who}: {reason}")),
    ))
}

/// Subjects of bounces begin so; those of answers to a mail about deliveries do not.
const SUBJECTS: &[&str] = &[
    "undelivered",
    "undeliverable",
    "mail delivery",
    "delivery status notification",
    "delivery notification",
    "failure notice",
    "delivery failure",
    "delivery failed",
    "delivery has failed",
    "returned mail",
    "mail system error",
    "message undeliverable",
    "message you sent",
    "delivery delayed",
    "delayed mail",
    "message delayed",
    "warning: message",
    "warning: could not send",
    "non recapitabile",
    "mancato recapito",
    "mancata consegna",
    "messaggio non consegnato",
    "impossibile recapitare",
    "errore di consegna",
    "ritardo nella consegna",
    "notifica dello stato del recapito",
    "unzustellbar",
];

const DELAYS: &[&str] = &["delayed", "(delay)", "still being retried", "warning: ", "ritardo"];

/// The line with the SMTP code, or what seems to be said first.
fn reason(text: &str) -> Option<String> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = lines()
        .take(MAX_LINES)
        .find(|line| has_failure_code(line))
        .or_else(|| lines().next())?;
    Some(clean(said).chars().take(500).collect())
}

const MAX_LINES: usize = 2_000;

/// A word such as `550`, `550-5.1.1`, `#5.1.1` or `5.7.1` (RFC 5321, 4.2; RFC 3463).
fn has_failure_code(line: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | ';' | ',' | '#'))
        .map(|word| word.trim_end_matches([':', '.']))
        .any(|word| match word.split_once('-') {
            Some((code, enhanced)) => is_reply_code(code) && is_enhanced_code(enhanced),
            None => is_reply_code(word) || is_enhanced_code(word),
        })
}

fn is_reply_code(word: &str) -> bool {
    word.len() == 3 && word.starts_with('5') && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_enhanced_code(word: &str) -> bool {
    let numbers = word
        .split('.')
        .filter(|n| (1..=3).contains(&n.len()) && n.bytes().all(|byte| byte.is_ascii_digit()));
    word.starts_with("5.") && numbers.count() == 3 && word.matches('.').count() == 2
}

/// Message-ID of the mail that the report is about.
fn original(mail: &Part<'_>, parts: &[&Part<'_>]) -> Option<String> {
    let enclosed = parts.iter().find_map(|part| match part.kind().as_str() {
        "message/rfc822"
        | "message/global"
        | "text/rfc822-headers"
        | "message/global-headers"
        | "message/rfc822-headers" => {
            let bytes = part.bytes();
            Part::read(&bytes).and_then(|inner| inner.head.ids("Message-ID").into_iter().next())
        }
        "message/disposition-notification" | "message/delivery-status" => {
            quoted_id(&part.text(), "original-message-id:")
        }
        _ => None,
    });
    enclosed
        .or_else(|| {
            let texts = parts.iter().filter(|part| part.kind().starts_with("text/"));
            texts
                .map(|part| part.text())
                .find_map(|text| quoted_id(&text, "message-id:"))
        })
        .or_else(|| mail.head.ids("In-Reply-To").into_iter().next())
        .or_else(|| mail.head.ids("References").pop())
}

/// The id on a line such as `Message-ID: <...>`, however it is quoted.
fn quoted_id(text: &str, label: &str) -> Option<String> {
    let mut lines = text.lines().map(|line| line.trim_start_matches(['>', ' ', '\t']));
    while let Some(line) = lines.next() {
        let Some(rest) = line.get(label.len()..).filter(|_| starts_with(line, label)) else {
            continue;
        };
        // A long id stands on the next line.
        let rest = if rest.trim().is_empty() {
            lines.next().unwrap_or_default()
        } else {
            rest
        };
        let id = rest.split_once('<')?.1.split_once('>')?.0.trim();
        return Some(id.to_owned()).filter(|id| !id.is_empty() && id.len() <= 512 && !id.contains(char::is_whitespace));
    }
    None
}

fn starts_with(line: &str, label: &str) -> bool {
    line.get(..label.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_codes() {
        for line in [
            "550 5.1.1 No such user",
            "#5.1.0 smtp; 550 x",
            "host said: 550-5.1.1 The email",
            "(552)",
            "Remote host said: 554 denied",
        ] {
            assert!(has_failure_code(line), "{line}");
        }
        for line in ["I have 50 mails", "Ordine 5512345", "call 555-1234", "year 2026", ""] {
            assert!(!has_failure_code(line), "{line}");
        }
    }

    #[test]
    fn an_absence_note_about_a_delivery_is_no_bounce() {
        for subject in [
            "Automatic reply: Undelivered parcel",
            "Re: delivery failed",
            "Risposta automatica: non consegnato",
        ] {
            let mail = format!("Return-Path: <>\nFrom: a@example.it\nSubject: {subject}\nIn-Reply-To: <x@y>\n\n550\n");
            assert_eq!(read(&Part::read(mail.as_bytes()).unwrap(), 0), None, "{subject}");
        }
    }

    #[test]
    fn the_worst_fate_of_several_recipients_counts() {
        let text = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@example.it\nAction: delivered\nStatus: 2.0.0\n\nFinal-Recipient: rfc822;b@example.it\nAction: Failed (bad)\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550\n no such user\n";
        assert_eq!(
            delivery_status(text),
            Some((Fate::Failed, "b@example.it: 5.1.1 550 no such user".into()))
        );
    }
}
