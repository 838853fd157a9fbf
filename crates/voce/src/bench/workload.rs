//! Messages as a shop with customers in two languages gets them: new and returning people, new and continued threads.

use std::fmt::Write;

use rand::{RngExt, SeedableRng, rngs::SmallRng};

/// Of a hundred messages, how many continue a thread, and how many are of somebody new.
const CONTINUED: u32 = 45;
const NEW_PEOPLE: u32 = 25;

/// What one connection sends. No two connections write in the same thread.
pub struct Workload {
    random: SmallRng,
    connection: usize,
    sent: usize,
    people: usize,
    /// Threads with the person who writes in them.
    threads: Vec<usize>,
}

impl Workload {
    /// `run` keeps the ids of one phase apart from those of another.
    pub fn new(run: usize, connection: usize) -> Self {
        let connection = run * 10_000 + connection;
        Self {
            random: SmallRng::seed_from_u64(connection as u64),
            connection,
            sent: 0,
            people: 1,
            threads: vec![0],
        }
    }

    /// The next message in the shape of the open intake, appended to `body`.
    pub fn write_next(&mut self, body: &mut String) {
        let dice = self.random.random_range(0..100);
        if dice >= CONTINUED {
            let person = match dice < CONTINUED + NEW_PEOPLE {
                true => {
                    self.people += 1;
                    self.people - 1
                }
                false => self.random.random_range(0..self.people),
            };
            self.threads.push(person);
        }
        let thread = match dice < CONTINUED {
            // People go on where they wrote lately.
            true => self
                .random
                .random_range(self.threads.len().saturating_sub(50)..self.threads.len()),
            false => self.threads.len() - 1,
        };
        let person = self.threads.get(thread).copied().unwrap_or_default();
        let (connection, sent) = (self.connection, self.sent);
        self.sent += 1;
        let first = self.pick(&FIRST);
        let last = self.pick(&LAST);
        // Writing into a string cannot fail.
        let _ = write!(
            body,
            r#"{{"id":"b-{connection}-{sent}","conversation":"t-{connection}-{thread}","author":{{"email":"p{person}.{connection}@example.com","name":"{first} {last}"}},"subject":"#
        );
        let italian = person % 3 > 0;
        let order = self.random.random_range(10_000..99_999);
        let _ = match italian {
            true => write!(body, r#""Ordine {order}","text":""#),
            false => write!(body, r#""Order {order}","text":""#),
        };
        let parts: &[&str] = if italian { &ITALIAN } else { &ENGLISH };
        for _ in 0..self.random.random_range(2..6) {
            body.push_str(self.pick(parts));
            body.push(' ');
        }
        let _ = write!(body, "{order}\"}}");
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        let at = self.random.random_range(0..list.len());
        list.get(at).copied().unwrap_or_default()
    }
}

const FIRST: [&str; 12] = [
    "Anna", "Marco", "Giulia", "Luca", "Sofia", "Paolo", "Emma", "James", "Olivia", "Chiara", "Davide", "Sarah",
];
const LAST: [&str; 12] = [
    "Rossi", "Bianchi", "Ferrari", "Esposito", "Romano", "Colombo", "Smith", "Taylor", "Brown", "Ricci", "Marino",
    "Greco",
];
const ITALIAN: [&str; 18] = [
    "Buongiorno, vi scrivo perché il mio pacco non è ancora arrivato.",
    "Il corriere dice di aver consegnato ieri ma qui non c'è nessuno che abbia firmato.",
    "Vorrei sapere quando verrà spedito il mio ordine.",
    "Il prodotto è arrivato rotto, la scatola era completamente schiacciata.",
    "Chiedo il rimborso immediato, sono molto deluso dal vostro servizio.",
    "Grazie mille per la gentilezza, siete stati velocissimi!",
    "È possibile cambiare l'indirizzo di consegna?",
    "La taglia non va bene, posso fare il cambio con una più grande?",
    "Ho già scritto tre volte senza avere risposta, è una vergogna.",
    "Mi serve la fattura intestata alla mia azienda.",
    "Voglio disdire l'abbonamento mensile.",
    "Il codice sconto non funziona nel carrello.",
    "Avete ancora disponibile la lampada da tavolo in ottone?",
    "Urgente: la consegna è prevista per domani e sarò fuori città.",
    "Ottima qualità, lo consiglierò sicuramente alle mie amiche.",
    "Non riesco ad accedere al mio profilo, la password non viene accettata.",
    "Quanto costa la spedizione verso la Sardegna?",
    "Vi allego la foto del difetto, aspetto un vostro riscontro.",
];
const ENGLISH: [&str; 16] = [
    "Hello, I am writing because my parcel has not arrived yet.",
    "The courier says it was delivered yesterday but nobody here signed for it.",
    "Could you tell me when my order will be shipped?",
    "The product arrived broken and the box was completely crushed.",
    "I want a full refund, I am really disappointed with your service.",
    "Thank you so much, you have been incredibly fast!",
    "Is it possible to change the delivery address?",
    "The size does not fit, can I exchange it for a larger one?",
    "I have written three times without any answer, this is a disgrace.",
    "I need an invoice made out to my company.",
    "Please cancel my monthly subscription.",
    "The discount code does not work in the basket.",
    "Do you still have the brass table lamp in stock?",
    "Urgent: delivery is planned for tomorrow and I will be out of town.",
    "Great quality, I will certainly recommend it to my friends.",
    "I cannot log in to my profile, the password is not accepted.",
];
