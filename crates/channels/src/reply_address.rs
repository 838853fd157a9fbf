//! Signed reply addresses: `support+v.<conversation>.<signature>@example.com` leads an answer back to its conversation
//! even when a mail client drops the threading headers. Forged or altered addresses are ignored.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// The reply address of a conversation. `None` when `account` is not an e-mail address.
pub fn make(account: &str, conversation: Uuid, key: &[u8; 32]) -> Option<String> {
    let (local, domain) = account.rsplit_once('@')?;
    Some(format!(
        "{local}+v.{}.{}@{domain}",
        conversation.simple(),
        signature(conversation, key)
    ))
}

/// The conversation an address leads to, when its signature is ours.
pub fn read(address: &str, key: &[u8; 32]) -> Option<Uuid> {
    let (local, _) = address.rsplit_once('@')?;
    let (_, tag) = local.rsplit_once("+v.")?;
    let (id, given) = tag.split_once('.')?;
    let conversation = Uuid::try_parse(id).ok()?;
    mac(conversation, key)
        .verify_truncated_left(&decode(given)?)
        .ok()
        .map(|()| conversation)
}

/// 64 bits of the signature: the local part of an address has 64 characters at most (RFC 5321, 4.5.3.1.1).
const SIGNATURE_BYTES: usize = 8;

fn signature(conversation: Uuid, key: &[u8; 32]) -> String {
    mac(conversation, key)
        .finalize()
        .into_bytes()
        .iter()
        .take(SIGNATURE_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn mac(conversation: Uuid, key: &[u8; 32]) -> Hmac<Sha256> {
    // A key shorter than the hash's block is padded with zeros (RFC 2104, 2).
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(b"reply-address");
    mac.update(conversation.as_bytes());
    mac
}

fn decode(signature: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    if signature.len() != 2 * SIGNATURE_BYTES {
        return None;
    }
    u64::from_str_radix(signature, 16).ok().map(u64::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_back_only_with_our_signature() {
        let (conversation, key) = (Uuid::now_v7(), [7; 32]);
        let address = make("support@example.com", conversation, &key).unwrap();
        assert!(address.rsplit_once('@').unwrap().0.len() <= 64);
        assert_eq!(read(&address, &key), Some(conversation));
        assert_eq!(
            read(&address.to_uppercase().replace("+V.", "+v."), &key),
            Some(conversation)
        );
        assert_eq!(read(&address, &[8; 32]), None);
        let other = make("support@example.com", Uuid::now_v7(), &key).unwrap();
        let forged = other.split_at(42).0.to_owned() + address.split_at(42).1;
        assert_eq!(read(&forged, &key), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,80}") {
            read(&text, &[7; 32]);
            read(&format!("a+v.{text}@b.c"), &[7; 32]);
        }
    }
}
