use proptest::prelude::*;
use voce_domain::labels::EntityKind;

use super::entities;

/// Kind and value of everything found.
fn found(text: &str) -> Vec<(EntityKind, String)> {
    entities(text)
        .into_iter()
        .map(|entity| (entity.kind, entity.value))
        .collect()
}

#[test]
fn finds_each_kind() {
    use EntityKind::*;
    for (text, kind, value) in [
        ("ordine n. 123456 mai arrivato", Order, "123456"),
        ("il mio ordine è il AB-98765, grazie", Order, "AB-98765"),
        ("Order #405-1234567-7654321?", Order, "405-1234567-7654321"),
        ("where is #998877", Order, "998877"),
        ("ticket 4451", Order, "4451"),
        (
            "IBAN: IT60 X054 2811 1010 0000 0123 456.",
            Iban,
            "IT60X0542811101000000123456",
        ),
        ("gb82 west 1234 5698 7654 32", Iban, "GB82WEST12345698765432"),
        ("cf rssmra85t10a562s", FiscalCode, "RSSMRA85T10A562S"),
        ("P. IVA 00743110157", VatNumber, "IT00743110157"),
        ("IT00743110157", VatNumber, "IT00743110157"),
        ("carta 4111 1111 1111 1111 bloccata", Card, "4111111111111111"),
        ("chiamatemi al 333 123 4567", Phone, "+393331234567"),
        ("tel. 02/12345678", Phone, "+390212345678"),
        ("+44 20 7946 0958", Phone, "+442079460958"),
        ("0044 20 7946 0958", Phone, "+442079460958"),
        ("call me on 07911 123456", Phone, "+447911123456"),
        ("call (555) 123-4567 now", Phone, "+15551234567"),
        ("scrivi a Anna.Rossi@Example.IT.", Email, "Anna.Rossi@example.it"),
        ("(vedi https://example.org/a?b=1).", Url, "https://example.org/a?b=1"),
        ("www.example.org/pagina", Url, "https://www.example.org/pagina"),
        ("dal 12/03/2025", Date, "2025-03-12"),
        ("il 12 marzo 2025 alle", Date, "2025-03-12"),
        ("on March 3rd, 2024", Date, "2024-03-03"),
        ("the 3rd of June", Date, "--06-03"),
        ("1° maggio", Date, "--05-01"),
        ("ho pagato 1.234,50 €", Amount, "1234.50 EUR"),
        ("€50 buttati", Amount, "50.00 EUR"),
        ("costs $12.5 each", Amount, "12.50 USD"),
        ("solo 20euro!", Amount, "20.00 EUR"),
        ("EUR 1,000", Amount, "1000.00 EUR"),
    ] {
        assert_eq!(found(text), [(kind, value.to_owned())], "{text}");
    }
}

#[test]
fn leaves_alone_what_is_nothing() {
    for text in [
        "",
        "aperti 24/7, 3 volte su 10",
        "iPhone 15 da 256 GB",
        "nel 2024 ho speso molto",
        "ordine 2024",
        "IBAN IT60X0542811101000000123457 sbagliato, 99999999999999999999999999",
        "versione 1.2.3.4",
        "a@b @anna #fibra",
        "in ordine sparso, 3 su 5",
        "ore 18:30",
    ] {
        let wrong: Vec<_> = found(text)
            .into_iter()
            .filter(|(kind, _)| *kind != EntityKind::Phone)
            .collect();
        assert_eq!(wrong, [], "{text}");
    }
}

#[test]
fn finds_several_in_order() {
    let text =
        "Ordine 778899 del 3/4/2025 da 49,90 euro: rimborso su IT60X0542811101000000123456, info a me@example.org";
    let kinds: Vec<_> = found(text).into_iter().map(|(kind, _)| kind).collect();
    use EntityKind::*;
    assert_eq!(kinds, [Order, Date, Amount, Iban, Email]);
}

proptest! {
    #[test]
    fn stands_where_it_says(text in "(\\PC{0,6}|[0-9]{1,12}|ordine |IT60|@|€|#|\\(|/|\\.| |marzo|it\\.org|\\+39){0,20}") {
        let mut end = 0;
        for entity in entities(&text) {
            prop_assert!(entity.start >= end && entity.start < entity.end);
            prop_assert!(text.get(entity.start..entity.end).is_some());
            prop_assert!(!entity.value.is_empty());
            end = entity.end;
        }
    }
}
