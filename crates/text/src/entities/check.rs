//! Check digits: whether a number can be what it looks like.

/// Luhn's check (ISO/IEC 7812-1, annex B) over ASCII digits.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit.wrapping_sub(b'0'));
            if place % 2 == 0 {
                value
            } else {
                value * 2 / 10 + value * 2 % 10
            }
        })
        .sum();
    digits.iter().all(u8::is_ascii_digit) && sum.is_multiple_of(10)
}

/// Payment card: 13 to 19 digits of a known network's range with Luhn's check.
pub(super) fn card(digits: &[u8]) -> bool {
    (13..=19).contains(&digits.len()) && matches!(digits.first(), Some(b'3'..=b'6')) && luhn(digits)
}

/// Italian VAT number (partita IVA): eleven digits, the last a Luhn check over the others.
pub(super) fn vat_number(digits: &[u8]) -> bool {
    digits.len() == 11 && luhn(digits) && digits.iter().any(|digit| *digit != b'0')
}

/// Length of the IBANs of a country (ISO 13616 registry).
pub(super) fn iban_length(country: [u8; 2]) -> Option<usize> {
    let length = match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FO" | b"GL" | b"NL" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"XK" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"CY" | b"DO" | b"GT" | b"HU" | b"LB" | b"PL" => 28,
        b"BR" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        _ => return None,
    };
    Some(length)
}

/// Whether the two check digits of an IBAN in capitals and without spaces are right (ISO 7064, MOD 97-10).
pub(super) fn iban(letters: &[u8]) -> bool {
    let Some((head, tail)) = letters.split_at_checked(4) else {
        return false;
    };
    let mut rest = 0_u32;
    for letter in tail.iter().chain(head) {
        rest = match letter {
            b'0'..=b'9' => rest * 10 + u32::from(letter - b'0'),
            b'A'..=b'Z' => rest * 100 + u32::from(letter - b'A') + 10,
            _ => return false,
        } % 97;
    }
    rest == 1
}

/// Italian tax code of a person (codice fiscale) in capitals: its shape, with the letters that replace digits where two people
/// would share one (omocodia), and its check character (decree of 23 December 1976).
pub(super) fn fiscal_code(letters: &[u8]) -> bool {
    const SHAPE: &[u8; 16] = b"AAAAAA00M00A000A";
    let Ok(letters) = <&[u8; 16]>::try_from(letters) else {
        return false;
    };
    let fits = letters.iter().zip(SHAPE).all(|(letter, place)| match place {
        b'A' => letter.is_ascii_uppercase(),
        b'M' => b"ABCDEHLMPRST".contains(letter),
        _ => letter.is_ascii_digit() || b"LMNPQRSTUV".contains(letter),
    });
    if !fits {
        return false;
    }
    let [first @ .., last] = letters;
    let sum: u32 = first
        .iter()
        .enumerate()
        .map(|(place, letter)| if place % 2 == 0 { odd(*letter) } else { even(*letter) })
        .sum();
    u32::from(last - b'A') == sum % 26
}

/// Place of a letter in the alphabet, or the digit.
fn even(letter: u8) -> u32 {
    u32::from(if letter.is_ascii_digit() {
        letter - b'0'
    } else {
        letter - b'A'
    })
}

/// Value of a character that stands first, third, fifth and so on.
fn odd(letter: u8) -> u32 {
    const VALUES: [u8; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
    ];
    VALUES.get(even(letter) as usize).copied().map_or(0, u32::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_right_from_wrong() {
        assert!(luhn(b"4111111111111111") && !luhn(b"4111111111111112"));
        assert!(card(b"5500005555555559") && !card(b"9999"));
        assert!(vat_number(b"00743110157") && !vat_number(b"00743110158") && !vat_number(b"00000000000"));
        assert!(iban(b"IT60X0542811101000000123456") && !iban(b"IT60X0542811101000000123457"));
        assert!(iban(b"GB82WEST12345698765432") && !iban(b"GB") && !iban(b"GB82west"));
        assert!(fiscal_code(b"RSSMRA85T10A562S") && !fiscal_code(b"RSSMRA85T10A562T"));
        assert!(!fiscal_code(b"RSSMRA85T10A56"));
    }
}
