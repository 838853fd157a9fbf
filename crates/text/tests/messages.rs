//! Whole messages, each with the sentiment and the request type that a person gave it.

use voce_domain::labels::SentimentClass::{self, Negative, Neutral, Positive};
use voce_text::{Context, Engine};

const MESSAGES: &[(&str, SentimentClass, Option<&str>)] = &[
    (
        "Ho ordinato un divano due mesi fa e ancora non si vede nessuno. Ogni volta mi dite \"settimana prossima\". Adesso basta.",
        Negative,
        Some("complaint"),
    ),
    (
        "Al call center mi hanno chiuso il telefono in faccia tre volte",
        Negative,
        Some("complaint"),
    ),
    (
        "Da ieri sera siamo senza linea, il modem lampeggia rosso",
        Negative,
        Some("help"),
    ),
    (
        "Salve, nel vostro punto vendita di Torino accettate i buoni pasto?",
        Neutral,
        Some("information"),
    ),
    (
        "Fate consegne anche in Sardegna? E quanto ci mettete?",
        Neutral,
        Some("information"),
    ),
    (
        "Volevo solo dirvi che Marco del servizio clienti è stato di una gentilezza rara",
        Positive,
        Some("praise"),
    ),
    (
        "Siete un'azienda seria, è la terza volta che compro da voi e sempre tutto perfetto",
        Positive,
        Some("praise"),
    ),
    (
        "Dopo l'ennesimo disservizio ho deciso di recedere. Mandatemi il modulo.",
        Negative,
        Some("cancellation"),
    ),
    (
        "Come si fa a restituire un paio di scarpe della misura sbagliata?",
        Neutral,
        Some("cancellation"),
    ),
    (
        "Siamo un'azienda di 40 persone e cerchiamo un fornitore di caffè: ci potete fare un'offerta?",
        Neutral,
        Some("purchase"),
    ),
    (
        "Secondo me potreste mettere un filtro per taglia nel sito",
        Neutral,
        Some("idea"),
    ),
    (
        "Mi è arrivata una bolletta di 800 euro, ci dev'essere un errore",
        Negative,
        Some("help"),
    ),
    (
        "Il corriere ha lasciato il pacco sotto la pioggia, tutto da buttare",
        Negative,
        Some("complaint"),
    ),
    ("L'app si chiude da sola appena apro la mappa", Negative, Some("help")),
    (
        "Buongiorno, scrivo per La Stampa e vorrei intervistare il vostro amministratore delegato",
        Neutral,
        Some("press"),
    ),
    ("non ci siamo proprio ragazzi", Negative, Some("complaint")),
    ("Che giornata stupenda al mare ☀️", Positive, None),
    (
        "Complimenti, davvero un bel servizio: tre ore di coda per parlare con un robot 🙄",
        Negative,
        Some("complaint"),
    ),
    ("Ho appena ritirato il pacco", Neutral, None),
    (
        "I ordered a sofa two months ago and still nothing. Every time you tell me \"next week\". Enough.",
        Negative,
        Some("complaint"),
    ),
    ("Your agent hung up on me three times", Negative, Some("complaint")),
    (
        "We have had no internet since last night, the modem blinks red",
        Negative,
        Some("help"),
    ),
    (
        "Hi, do your stores in Leeds take gift vouchers?",
        Neutral,
        Some("information"),
    ),
    (
        "Do you deliver to Ireland, and how long does it take?",
        Neutral,
        Some("information"),
    ),
    (
        "Just wanted to say that Mark from support was incredibly kind",
        Positive,
        Some("praise"),
    ),
    (
        "After yet another outage I've decided to leave. How do I close my account?",
        Negative,
        Some("cancellation"),
    ),
    (
        "How can I send back a pair of shoes in the wrong size?",
        Neutral,
        Some("cancellation"),
    ),
    (
        "We are a company of 40 people looking for a coffee supplier, could you make us an offer?",
        Neutral,
        Some("purchase"),
    ),
    ("You could add a size filter to the website", Neutral, Some("idea")),
    (
        "I got a bill of 800 pounds, there must be some mistake",
        Negative,
        Some("help"),
    ),
    (
        "The courier left the parcel in the rain, everything is ruined",
        Negative,
        Some("complaint"),
    ),
    (
        "The app closes by itself as soon as I open the map",
        Negative,
        Some("help"),
    ),
    (
        "Hello, I write for the Guardian and would like to interview your CEO",
        Neutral,
        Some("press"),
    ),
    (
        "Great, another two hour delay. Just what I needed 🙄",
        Negative,
        Some("complaint"),
    ),
    ("I've just picked up the parcel", Neutral, None),
    (
        "you charged my card twice and nobody replies to my emails",
        Negative,
        Some("complaint"),
    ),
    (
        "delivery in one day and perfectly packed, chapeau",
        Positive,
        Some("praise"),
    ),
    (
        "if this is how you treat loyal customers i'm out",
        Negative,
        Some("complaint"),
    ),
    ("Can someone explain how to export my invoices?", Neutral, Some("help")),
    ("My account has been suspended for no reason", Negative, Some("help")),
    (
        "Buonasera, il negozio di Bergamo è aperto il 25 aprile?",
        Neutral,
        Some("information"),
    ),
    (
        "Mi avete mandato la taglia sbagliata per la seconda volta, sono senza parole",
        Negative,
        Some("complaint"),
    ),
    (
        "Non riesco più ad entrare nell'area clienti, dice credenziali errate",
        Negative,
        Some("help"),
    ),
    (
        "Tecnico puntuale, educato e competente. Lavoro fatto benissimo.",
        Positive,
        Some("praise"),
    ),
    (
        "Vorrei chiudere il mio conto, che documenti servono?",
        Neutral,
        Some("cancellation"),
    ),
    (
        "Quanto verrebbe a costare un impianto per una casa di 100 mq? Vorrei un preventivo",
        Neutral,
        Some("purchase"),
    ),
    (
        "Cinque mail e zero risposte. Gestione ridicola.",
        Negative,
        Some("complaint"),
    ),
    (
        "La lavatrice perde acqua e il display segna E20",
        Negative,
        Some("help"),
    ),
    ("È possibile pagare con Satispay?", Neutral, Some("information")),
    ("finalmente venerdì! 🎉", Positive, None),
    (
        "Vi sembra normale far aspettare una persona di 80 anni al freddo?",
        Negative,
        Some("complaint"),
    ),
    (
        "Un consiglio: nell'app aggiungete la possibilità di salvare i preferiti",
        Neutral,
        Some("idea"),
    ),
    (
        "la peggior esperienza d'acquisto della mia vita",
        Negative,
        Some("complaint"),
    ),
    ("Spedizione fulminea, grazie ragazzi!", Positive, Some("praise")),
    ("Ok, resto in attesa del codice", Neutral, None),
    ("È dal 3 marzo che aspetto il rimborso", Negative, Some("complaint")),
    (
        "Food arrived cold and half of it was missing",
        Negative,
        Some("complaint"),
    ),
    ("Five emails, zero replies. Ridiculous.", Negative, Some("complaint")),
    (
        "My washing machine is leaking and the display says E20",
        Negative,
        Some("help"),
    ),
    ("Can I pay with Apple Pay in store?", Neutral, Some("information")),
    ("finally friday! 🎉", Positive, None),
    (
        "Does it seem normal to you to make an 80 year old wait in the cold?",
        Negative,
        Some("complaint"),
    ),
    ("Super fast shipping, thanks guys!", Positive, Some("praise")),
    ("Ok, I will wait for the code", Neutral, None),
    (
        "I've been waiting for my refund since March 3rd",
        Negative,
        Some("complaint"),
    ),
    (
        "I'd like to change the email address of my account",
        Neutral,
        Some("help"),
    ),
    (
        "Honestly the best support I have ever dealt with",
        Positive,
        Some("praise"),
    ),
    (
        "Not the first time this happens and probably not the last",
        Negative,
        Some("complaint"),
    ),
    ("I need to cancel tomorrow's appointment", Neutral, Some("cancellation")),
    (
        "your driver was rude and threw the box over the fence",
        Negative,
        Some("complaint"),
    ),
    (
        "Hi, we'd need 300 t-shirts with our logo, what would be your best price?",
        Neutral,
        Some("purchase"),
    ),
    (
        "Good luck getting a human on the phone with this company",
        Negative,
        Some("complaint"),
    ),
    (
        "I was promised a call back on Monday. It's Thursday.",
        Negative,
        Some("complaint"),
    ),
    (
        "Buongiorno, fate anche riparazioni di orologi a pendolo?",
        Neutral,
        Some("information"),
    ),
    (
        "Operatrice sgarbata, mi ha risposto malissimo e poi ha messo giù",
        Negative,
        Some("complaint"),
    ),
    (
        "Da stamattina il pos non si collega, ho la fila alla cassa",
        Negative,
        Some("help"),
    ),
    (
        "Esperienza ottima dall'inizio alla fine, vi consiglierò agli amici",
        Positive,
        Some("praise"),
    ),
    ("Vorrei disdire la palestra da settembre", Neutral, Some("cancellation")),
    (
        "Mi aspettavo di più da un marchio come il vostro",
        Negative,
        Some("complaint"),
    ),
    ("Ci vediamo domani in filiale", Neutral, None),
    (
        "Bella app! Sarebbe comodo avere il widget per la home",
        Positive,
        Some("idea"),
    ),
    (
        "Rimborsatemi subito, il prodotto è difettoso",
        Negative,
        Some("cancellation"),
    ),
    ("Hi, do you repair pendulum clocks?", Neutral, Some("information")),
    (
        "Rude operator, she hung up while I was talking",
        Negative,
        Some("complaint"),
    ),
    (
        "The card reader won't connect since this morning and I have a queue at the till",
        Negative,
        Some("help"),
    ),
    (
        "Excellent experience from start to finish, I'll tell my friends about you",
        Positive,
        Some("praise"),
    ),
    (
        "I'd like to cancel my gym membership from September",
        Neutral,
        Some("cancellation"),
    ),
    ("I expected more from a brand like yours", Negative, Some("complaint")),
    ("See you tomorrow at the branch", Neutral, None),
    (
        "Lovely app! A home screen widget would be a nice addition",
        Positive,
        Some("idea"),
    ),
    (
        "Refund me now, the product is defective",
        Negative,
        Some("cancellation"),
    ),
];

#[test]
fn messages_are_labelled_as_a_person_would() {
    let engine = Engine::new();
    let mut wrong = Vec::new();
    for (text, sentiment, request) in MESSAGES {
        let labels = engine.label(text, &Context::default());
        if labels.sentiment.class != *sentiment || labels.request_type.as_deref() != *request {
            wrong.push(format!(
                "{text}\n  {} and {:?}, not {sentiment} and {request:?}; evidence {:?}",
                labels.sentiment.class, labels.request_type, labels.evidence
            ));
        }
    }
    // What is learnt is right most of the time, not every time.
    assert!(
        wrong.len() * 100 <= MESSAGES.len() * 15,
        "{} of {} wrong:\n{}",
        wrong.len(),
        MESSAGES.len(),
        wrong.join("\n")
    );
}
