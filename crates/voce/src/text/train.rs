//! `voce text train`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use voce_text::Engine;
use voce_text::train::{RECIPES, Sources};

#[derive(Debug, clap::Args)]
pub struct Train {
    /// Which models [default: all].
    names: Vec<String>,
    /// Folder of the public sets.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Folder of the texts written for Voce.
    #[arg(long, default_value = "crates/text/training")]
    own: PathBuf,
    /// Where to. The models are compiled in: build again to use them.
    #[arg(long, short, default_value = "crates/text/models")]
    output: PathBuf,
    /// Only say which models there are and what they learn from.
    #[arg(long)]
    list: bool,
}

pub fn run(args: &Train) -> anyhow::Result<()> {
    if let Some(unknown) = args
        .names
        .iter()
        .find(|name| RECIPES.iter().all(|recipe| recipe.name != *name))
    {
        let names: Vec<&str> = RECIPES.iter().map(|recipe| recipe.name).collect();
        bail!("there is no model \"{unknown}\"; the models are {}", names.join(", "));
    }
    let engine = Engine::new();
    let sources = Sources {
        sets: &args.data,
        own: &args.own,
    };
    for recipe in RECIPES {
        if !args.names.is_empty() && args.names.iter().all(|name| name != recipe.name) {
            continue;
        }
        if args.list {
            println!("{}: {}", recipe.name, recipe.from.join("; "));
            continue;
        }
        let start = Instant::now();
        let bytes = recipe
            .make(&engine, &sources)
            .with_context(|| format!("{} was not made", recipe.name))?;
        let path = args.output.join(recipe.name).with_extension("bin");
        let same = std::fs::read(&path).is_ok_and(|before| before == bytes);
        std::fs::write(&path, &bytes).with_context(|| format!("{} cannot be written", path.display()))?;
        let news = if same { "the same as before" } else { "new" };
        println!(
            "{}: {} kB in {:.1?}, {news}",
            path.display(),
            bytes.len() / 1000,
            start.elapsed()
        );
    }
    Ok(())
}
