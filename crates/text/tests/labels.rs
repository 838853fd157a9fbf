//! Messages as customers write them, and what a person would say of them.

use std::sync::LazyLock;

use voce_domain::labels::{LabelKind, Labels, Noise, SentimentClass, Urgency};
use voce_text::{Automatic, Context, Engine};

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);

fn label(text: &str) -> Labels {
    ENGINE.label(text, &Context::default())
}

/// Checks a table, and shows every row that is wrong rather than the first.
fn check<T: PartialEq + std::fmt::Debug>(table: &[(&str, T)], of: impl Fn(&Labels) -> T) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(text, expected)| {
            let labels = label(text);
            let found = of(&labels);
            (found != *expected)
                .then(|| format!("{text}\n  {found:?}, not {expected:?}; evidence {:?}", labels.evidence))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} wrong:\n{}",
        wrong.len(),
        table.len(),
        wrong.join("\n")
    );
}

#[test]
fn language() {
    let table = [
        ("Buongiorno, il mio ordine non è ancora arrivato", Some("it")),
        ("Hello, my order has not arrived yet", Some("en")),
        ("Pessimo servizio", Some("it")),
        ("Terrible service", Some("en")),
        ("grazie", Some("it")),
        ("thanks", Some("en")),
        (
            "Bonjour, je n'ai toujours pas reçu ma commande, pouvez-vous m'aider ?",
            Some("fr"),
        ),
        (
            "Hola, todavía no he recibido mi pedido y nadie contesta el teléfono",
            Some("es"),
        ),
        (
            "Guten Tag, meine Bestellung ist immer noch nicht angekommen",
            Some("de"),
        ),
        ("Здравствуйте, мой заказ ещё не пришёл", Some("ru")),
        ("注文した商品がまだ届きません", Some("ja")),
        ("@acme https://example.org/the/order #the", None),
        ("😍😍😍", None),
        ("", None),
        ("12345", None),
    ];
    check(&table, |labels| match labels.language.as_deref() {
        Some(code) => ["it", "en", "fr", "es", "de", "ru", "ja"]
            .into_iter()
            .find(|known| *known == code),
        None => None,
    });
}

#[test]
fn a_hint_speaks_only_where_the_text_does_not() {
    let hinted = |text, hint| {
        ENGINE
            .label(
                text,
                &Context {
                    language_hint: Some(hint),
                    ..Context::default()
                },
            )
            .language
    };
    assert_eq!(hinted("Zxqv", "it-IT").as_deref(), Some("it"));
    assert_eq!(
        hinted("Where is the parcel that I ordered?", "it").as_deref(),
        Some("en")
    );
    assert_eq!(hinted("Zxqv", "not a language"), None);
}

#[test]
fn sentiment_in_italian() {
    use SentimentClass::{Negative, Neutral, Positive};
    check(
        &[
            ("Servizio eccellente, personale gentilissimo!", Positive),
            ("Non vedo l'ora di ricevere il nuovo modello", Positive),
            ("Tutto bene, pacco arrivato in anticipo", Positive),
            ("Mi è piaciuto moltissimo, lo consiglio", Positive),
            ("bellooooo 😍", Positive),
            ("Davvero bravi, problema risolto in cinque minuti", Positive),
            ("Nessun problema, siete stati velocissimi", Positive),
            ("All'inizio ero deluso, ma l'assistenza è stata fantastica", Positive),
            ("Mai più, una vergogna", Negative),
            ("Il router non funziona da tre giorni e nessuno risponde", Negative),
            ("Non è un buon servizio", Negative),
            ("Non sono per niente soddisfatto dell'assistenza", Negative),
            ("Sono stufa di aspettare, mi avete presa in giro", Negative),
            (
                "Il prodotto è bello ma si è rotto dopo due giorni: pessima qualità",
                Negative,
            ),
            ("PESSIMA ESPERIENZA!!! Soldi buttati", Negative),
            ("L'app è lenta e continua a bloccarsi 😡", Negative),
            ("Ho ricevuto il pacco danneggiato e senza una spiegazione", Negative),
            ("che schifo", Negative),
            ("A che ora chiude il negozio di via Roma?", Neutral),
            (
                "Buongiorno, vorrei sapere quando arriva il mio ordine. Grazie in anticipo",
                Neutral,
            ),
            ("Il numero dell'ordine è 48213", Neutral),
            ("Allego la fattura di marzo", Neutral),
            ("Domani passo in negozio a ritirarlo", Neutral),
        ],
        |labels| labels.sentiment.class,
    );
}

#[test]
fn sentiment_in_english() {
    use SentimentClass::{Negative, Neutral, Positive};
    check(
        &[
            ("Excellent service and very friendly staff!", Positive),
            ("Can't wait to try the new version", Positive),
            ("Really not bad, I like it and would buy it again", Positive),
            ("You guys rock, issue resolved in minutes :)", Positive),
            ("sooo happyyyyy with it", Positive),
            ("No problems so far, works great", Positive),
            ("I was angry at first, but your team was amazing", Positive),
            ("Waste of time and money", Negative),
            ("I'm fed up, third time this month the line is down", Negative),
            ("This is not a good product", Negative),
            ("I'm not very happy with the support", Negative),
            ("The app keeps crashing and nobody answers", Negative),
            ("Nice design, but it broke after two days. Terrible quality.", Negative),
            ("WORST AIRLINE EVER!!!", Negative),
            ("I have been on hold for two hours 😡", Negative),
            ("My parcel never arrived", Negative),
            ("You lost my luggage again", Negative),
            ("What time do you close on Sundays?", Neutral),
            (
                "Could you please tell me the status of order 48213? Thanks in advance",
                Neutral,
            ),
            ("I have attached the invoice of March", Neutral),
            ("I will come to the store tomorrow to pick it up", Neutral),
        ],
        |labels| labels.sentiment.class,
    );
}

#[test]
fn feelings_have_degrees() {
    let score = |text| label(text).sentiment.score;
    let weight = |text| label(text).sentiment.weight;
    assert!(weight("bellissimo") > weight("bello"));
    assert!(weight("davvero molto bravi") > weight("bravi"));
    assert!(weight("abbastanza bravi") < weight("bravi"));
    assert!(weight("very good") > weight("good"));
    assert!(score("not good") < 0.0);
    assert!(weight("the staff was GREAT today") > weight("the staff was great today"));
    assert!(weight("Pessimo!!!") > weight("Pessimo"));
    assert!(weight("sono furioso, siete dei ladri") > weight("sono un po' deluso"));
    assert_eq!(weight("Il numero dell'ordine è 48213"), 0.0);
}

#[test]
fn request_types_in_italian() {
    check(
        &[
            ("Il modem non si accende, come devo fare?", Some("help".to_owned())),
            (
                "Non riesco ad accedere al mio account, ho dimenticato la password",
                Some("help".to_owned()),
            ),
            (
                "L'app mi dà errore quando provo a pagare, potete aiutarmi?",
                Some("help".to_owned()),
            ),
            ("Come faccio a cambiare il PIN della carta?", Some("help".to_owned())),
            (
                "Servizio pessimo, sono indignato e voglio fare un reclamo",
                Some("complaint".to_owned()),
            ),
            (
                "Terzo mese di ritardo e ancora nessuna risposta: è inaccettabile!",
                Some("complaint".to_owned()),
            ),
            ("A che ora aprite domani?", Some("information".to_owned())),
            (
                "Vorrei sapere quanto costa la spedizione in Germania",
                Some("information".to_owned()),
            ),
            (
                "Il mio ordine 4411 a che punto è? Quando arriva?",
                Some("information".to_owned()),
            ),
            ("Vorrei un preventivo per venti licenze", Some("purchase".to_owned())),
            (
                "Sono interessato all'acquisto di due biciclette, posso ordinare online?",
                Some("purchase".to_owned()),
            ),
            (
                "Complimenti a tutto lo staff, siete fantastici!",
                Some("praise".to_owned()),
            ),
            ("Grazie mille per l'aiuto, gentilissimi", Some("praise".to_owned())),
            (
                "Sarebbe bello se aggiungeste il tema scuro all'app",
                Some("idea".to_owned()),
            ),
            ("Vorrei suggerire di aprire anche il lunedì", Some("idea".to_owned())),
            (
                "Voglio disdire il contratto con effetto immediato",
                Some("cancellation".to_owned()),
            ),
            (
                "Come posso esercitare il diritto di recesso e avere il rimborso?",
                Some("cancellation".to_owned()),
            ),
            (
                "Sono una giornalista del Corriere, cerco il vostro ufficio stampa per un'intervista",
                Some("press".to_owned()),
            ),
            ("Oggi piove", None),
        ],
        |labels| labels.request_type.clone(),
    );
}

#[test]
fn request_types_in_english() {
    check(
        &[
            (
                "The app keeps crashing when I log in, can you help?",
                Some("help".to_owned()),
            ),
            (
                "I forgot my password and can't access my account",
                Some("help".to_owned()),
            ),
            ("How do I change my PIN?", Some("help".to_owned())),
            (
                "Terrible service, I want to make a complaint",
                Some("complaint".to_owned()),
            ),
            (
                "Been on hold for an hour and no one answers. Unacceptable!",
                Some("complaint".to_owned()),
            ),
            ("What time do you open tomorrow?", Some("information".to_owned())),
            ("How much is shipping to Germany?", Some("information".to_owned())),
            ("Where is my order 4411? Any update?", Some("information".to_owned())),
            (
                "I'd like to get a quote for twenty licences",
                Some("purchase".to_owned()),
            ),
            (
                "I'm interested in buying two bikes, can I order online?",
                Some("purchase".to_owned()),
            ),
            (
                "Thank you so much for your help, you guys rock!",
                Some("praise".to_owned()),
            ),
            (
                "Shout out to the crew of flight 12, amazing service",
                Some("praise".to_owned()),
            ),
            ("It would be great if you added a dark theme", Some("idea".to_owned())),
            ("Please cancel my subscription", Some("cancellation".to_owned())),
            (
                "I want to return this item and get a refund",
                Some("cancellation".to_owned()),
            ),
            (
                "I'm a reporter with the Herald, who is your press contact for an interview?",
                Some("press".to_owned()),
            ),
            ("It is raining today", None),
        ],
        |labels| labels.request_type.clone(),
    );
}

#[test]
fn urgency() {
    use Urgency::{Critical, High, Low, Normal};
    check(
        &[
            ("C'è odore di gas dal vostro scaldabagno", Critical),
            ("Il caricabatterie ha preso fuoco!", Critical),
            ("The charger caught fire last night", Critical),
            (
                "I had an allergic reaction to your cream and I am in hospital",
                Critical,
            ),
            ("È urgente, sono bloccato in aeroporto", Critical),
            ("Ho bisogno della fattura entro oggi, è urgente", Critical),
            ("Per favore rispondete al più presto", High),
            ("I need this fixed asap", High),
            ("Se non risolvete mi rivolgo al mio avvocato", High),
            ("You will hear from my lawyer", High),
            ("Mi hanno rubato la carta, come la blocco?", High),
            ("The police have the number of the police report", High),
            ("They added insult to injury", Normal),
            ("A che ora chiude il negozio?", Normal),
            ("What colours does it come in?", Normal),
            ("Quando avete tempo, senza fretta, mi mandate il catalogo?", Low),
            ("No rush, whenever you can", Low),
        ],
        |labels| labels.urgency,
    );
}

#[test]
fn noise() {
    use Noise::{Advertising, AutoReply, Bot, ChainPost, JobOffer, OutOfOffice, Spam};
    check(
        &[
            (
                "Guadagna da casa fino a 3000 euro al mese, clicca qui http://example.org",
                Some(Spam),
            ),
            (
                "Ciao! Vuoi essere in prima pagina su Google? Offriamo servizi SEO",
                Some(Spam),
            ),
            ("Prestito immediato senza garanzie, scrivimi su Telegram", Some(Spam)),
            ("Hai vinto un iPhone! Ritira il tuo premio", Some(Spam)),
            (
                "Inoltra questo messaggio a dieci amici, non spezzare la catena",
                Some(ChainPost),
            ),
            (
                "Double your bitcoin today! Join my Telegram http://example.org",
                Some(Spam),
            ),
            (
                "We offer SEO services to rank your website on the first page of Google",
                Some(Spam),
            ),
            ("Hot singles in your area, click here", Some(Spam)),
            (
                "We are hiring! See our latest job openings https://example.org",
                Some(JobOffer),
            ),
            (
                "Stiamo assumendo un cameriere, invia il tuo cv a lavoro@example.org",
                Some(JobOffer),
            ),
            (
                "Sconti fino al 70%, compra ora su https://example.org",
                Some(Advertising),
            ),
            ("Save up to 50% with promo code SUMMER, shop now!", Some(Advertising)),
            ("RT if you love your mum, send this to everyone", Some(ChainPost)),
            ("3 people followed me and 2 people unfollowed me", Some(Bot)),
            ("Avete uno sconto per studenti?", None),
            ("Is there a promo code for new customers?", None),
            ("Cercate personale? Vorrei mandare il curriculum", None),
            ("Sono fuori ufficio fino al 12 agosto", Some(OutOfOffice)),
            ("I am out of the office with limited access to email", Some(OutOfOffice)),
            (
                "Messaggio generato automaticamente, si prega di non rispondere",
                Some(AutoReply),
            ),
            ("This is an automated message, please do not reply", Some(AutoReply)),
            ("Il mio ordine non è arrivato, potete controllare?", None),
            ("How much is the gift card? Is delivery free?", None),
            ("Posso pagare con bitcoin nel vostro negozio?", None),
            ("Il corriere è passato ma ero fuori casa", None),
        ],
        |labels| labels.noise,
    );
}

#[test]
fn headers_and_subject_tell_noise() {
    let noise = |subject, text, automatic| {
        let context = Context {
            subject,
            automatic,
            ..Context::default()
        };
        ENGINE.label(text, &context).noise
    };
    assert_eq!(noise(None, "Ricevuto", Automatic::AutoReply), Some(Noise::AutoReply));
    assert_eq!(
        noise(None, "Sono in ferie fino al 20", Automatic::AutoReply),
        Some(Noise::OutOfOffice)
    );
    assert_eq!(
        noise(Some("Undeliverable"), "550 user unknown", Automatic::Bounce),
        Some(Noise::Bounce)
    );
    assert_eq!(
        noise(Some("Risposta automatica: ordine"), "Torno lunedì", Automatic::No),
        Some(Noise::AutoReply)
    );
    assert_eq!(
        noise(Some("Out of office: Anna"), "Back soon", Automatic::No),
        Some(Noise::OutOfOffice)
    );
    assert_eq!(
        noise(Some("Re: Out of office"), "Where is my order?", Automatic::No),
        None
    );
}

#[test]
fn quoted_mail_says_nothing_about_its_reader() {
    let labels = label(
        "Perfetto, grazie mille!\n\nIl giorno 3 feb 2025 Anna ha scritto:\n> pessimo servizio, voglio il rimborso\n",
    );
    assert_eq!(labels.sentiment.class, SentimentClass::Positive);
    assert_eq!(labels.request_type.as_deref(), Some("praise"));
}

#[test]
fn evidence_shows_words_as_they_stand() {
    let labels = label("L’ASSISTENZA è PESSIMA: voglio disdire il contratto, è urgente");
    for (kind, words, sign) in [
        (LabelKind::Sentiment, "PESSIMA", -1.0),
        (LabelKind::RequestType, "voglio disdire", 1.0),
        (LabelKind::Urgency, "è urgente", 1.0),
    ] {
        let found = labels
            .evidence
            .iter()
            .any(|e| e.label == kind && e.words == words && e.weight * sign > 0.0);
        assert!(found, "{kind} {words}: {:?}", labels.evidence);
    }
    assert!(
        label(&"pessimo servizio, urgente, rimborso! ".repeat(50))
            .evidence
            .len()
            <= 8
    );
}
