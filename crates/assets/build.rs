//! Runs `npm ci` when the lock file changed, bundles with esbuild, and writes the tables that `lib.rs` embeds.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

const SOURCES: [&str; 7] = [
    "build.rs",
    "bundle.mjs",
    "icons.txt",
    "images",
    "package-lock.json",
    "scripts",
    "styles",
];

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    install()?;
    run(Command::new("node").arg("bundle.mjs").arg(&out))?;
    fs::write(out.join("embedded.rs"), embedded(&out)?)?;
    Ok(())
}

/// Installs the packages of the lock file, unless exactly these are there already.
fn install() -> Outcome {
    let stamp = Path::new("node_modules/.voce-lock");
    // Builds of two profiles may run at the same time: one file that both know serves as the lock.
    let lock = File::open("build.rs")?;
    lock.lock()?;
    let wanted = fs::read("package-lock.json")?;
    if fs::read(stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(Command::new(npm()).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
        "--loglevel=error",
    ]))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

fn run(command: &mut Command) -> Outcome {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| {
        format!("cannot run `{program}` ({error}): building the pages needs Node.js 20 or newer with npm on the PATH")
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "`{command:?}` failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

/// Rust tables over what the bundler left, sorted so that `lib.rs` can search by halves.
fn embedded(out: &Path) -> Outcome<String> {
    let mut code = String::from("static FILES: &[(&str, &[u8])] = &[\n");
    let files = sorted(&out.join("files"))?;
    for (name, path) in &files {
        writeln!(code, "({name:?}, include_bytes!({path:?})),")?;
    }
    code.push_str("];\nstatic URLS: &[(&str, &str)] = &[\n");
    let mut urls: Vec<_> = files.iter().map(|(name, _)| (without_hash(name), name)).collect();
    urls.sort();
    for (plain, name) in urls {
        writeln!(code, "({plain:?}, \"/assets/{name}\"),")?;
    }
    code.push_str("];\nstatic ICONS: &[(&str, &str)] = &[\n");
    for (name, path) in sorted(&out.join("icons"))? {
        writeln!(code, "({name:?}, include_str!({path:?})),")?;
    }
    code.push_str("];\n");
    Ok(code)
}

fn sorted(folder: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let mut entries = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    Ok(entries)
}

/// `app.3F2A.css` -> `app.css`
fn without_hash(name: &str) -> String {
    match name.splitn(3, '.').collect::<Vec<_>>()[..] {
        [stem, _, extension] => format!("{stem}.{extension}"),
        _ => name.to_owned(),
    }
}
