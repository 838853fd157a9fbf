//! Prints how many posts a second one core labels: `cargo run --release -p voce-text --example speed [FILE]`, where each line of the
//! file is a post.

use std::hint::black_box;
use std::time::Instant;

use voce_text::{Context, Engine};

const POSTS: [&str; 6] = [
    "@assistenza buongiorno, da tre giorni la linea non funziona e nessuno risponde al numero verde. Ho già aperto due segnalazioni, ma non ho avuto alcuna risposta. È una vergogna! https://example.org/x",
    "Finalmente è arrivato il pacco, consegna velocissima e personale gentilissimo: complimenti davvero, lo consiglio a tutti 😍 #felice",
    "Buonasera, vorrei sapere a che ora chiude il negozio di via Roma il sabato e se è possibile ritirare lì un ordine fatto sul sito. Grazie mille in anticipo",
    "@support my flight was cancelled for the second time today and I've been on hold for 2 hours... this is the worst customer service I have ever had, I want a refund now!!!",
    "Just wanted to say thank you to the crew in Dublin, they went above and beyond and made my day. Not bad at all for a low cost company, can't wait to fly with you again :)",
    "Hi, could you tell me how much the premium plan costs for ten people and whether it includes phone support? We are interested in switching before the end of the month.",
];

fn main() {
    let start = Instant::now();
    let engine = Engine::new();
    println!("lexicons compiled in {:.1?}", start.elapsed());

    let file = std::env::args()
        .nth(1)
        .map(|path| std::fs::read_to_string(path).expect("a file of posts"));
    let posts: Vec<&str> = file.as_deref().map_or(POSTS.to_vec(), |file| file.lines().collect());
    let rounds = 180_000 / posts.len().max(1) + 1;
    let context = Context::default();
    // The models are read when they are first needed.
    black_box(engine.label(POSTS[0], &context));
    let start = Instant::now();
    for _ in 0..rounds {
        for post in &posts {
            black_box(engine.label(black_box(post), &context));
        }
    }
    let labelled = rounds * posts.len();
    println!(
        "{:.0} posts/s on one core",
        labelled as f64 / start.elapsed().as_secs_f64()
    );
}
