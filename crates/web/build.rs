//! Makes the tables of files that the program carries: `assets/` with names by content and pressed bodies, `guide/` as text.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Done<()> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("assets.rs"), assets(&out)?)?;
    std::fs::write(out.join("guide.rs"), guide()?)?;
    Ok(())
}

/// A constant with the address of each file, and the table that the handler looks them up in.
fn assets(out: &Path) -> Done<String> {
    // Style sheets come last: they name other files, whose addresses must be known.
    let mut names = files("assets")?;
    names.sort_by_key(|name| (name.ends_with(".css"), name.clone()));
    let mut addresses: Vec<(String, String)> = Vec::new();
    let (mut constants, mut table) =
        (String::new(), String::from("/// Every file.\npub static ASSETS: &[Asset] = &[\n"));
    for name in names {
        let mut body = std::fs::read(Path::new("assets").join(&name))?;
        let (stem, extension) = name.rsplit_once('.').ok_or("an asset has a file ending")?;
        let media_type = match extension {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            "woff2" => "font/woff2",
            "jpg" => "image/jpeg",
            "png" => "image/png",
            "webp" => "image/webp",
            "txt" => "text/plain; charset=utf-8",
            other => return Err(format!("assets/{name}: no media type is known for .{other}").into()),
        };
        if extension == "css" {
            let mut text = String::from_utf8(body)?;
            for (name, address) in &addresses {
                text = text.replace(&format!("asset:{name}"), address);
            }
            if text.contains("asset:") {
                return Err(format!("assets/{name} names an asset that is not there").into());
            }
            text.push_str(&rows());
            body = text.into_bytes();
        }
        let hash: String = Sha256::digest(&body).iter().take(6).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let address = format!("/static/{stem}.{hash}.{extension}");
        let constant = name.to_uppercase().replace(['.', '-'], "_");
        writeln!(constants, "/// Address of `assets/{name}`.\npub const {constant}: &str = \"{address}\";")?;
        let include = |suffix: &str, bytes: &[u8]| -> Done<String> {
            let file = out.join(format!("{hash}-{name}{suffix}"));
            std::fs::write(&file, bytes)?;
            Ok(format!("include_bytes!({:?})", file.display().to_string()))
        };
        let plain = include("", &body)?;
        let pressed = if ["css", "js", "svg", "txt"].contains(&extension) {
            format!("Some(({}, {}))", include(".gz", &gzip(&body)?)?, include(".br", &brotli(&body)?)?)
        } else {
            "None".to_owned()
        };
        writeln!(
            table,
            "    Asset {{ address: \"{address}\", media_type: \"{media_type}\", plain: {plain}, pressed: {pressed} }},"
        )?;
        addresses.push((name, address));
    }
    Ok(format!("{constants}\n{table}];\n"))
}

/// Rules that place things in the rows of a calendar: no page carries styles of its own, so each row has a class. A day has
/// 100 quarter hours at most, one of 25 hours.
fn rows() -> String {
    (0..=100).fold(String::new(), |mut rules, n| {
        let _ = write!(rules, ".from-{n}{{grid-row-start:{}}}", n + 1);
        if n > 0 {
            let _ = write!(rules, ".for-{n}{{grid-row-end:span {n}}}");
        }
        rules
    })
}

/// The guide's pages as (file stem, text), in order of file name.
fn guide() -> Done<String> {
    let mut table =
        String::from("/// File stem and text of each page.\npub static SOURCES: &[(&str, &str)] = &[\n");
    for name in files("guide")?.iter().filter(|name| name.ends_with(".md")) {
        let path = std::fs::canonicalize(Path::new("guide").join(name))?;
        let stem = name.trim_end_matches(".md");
        writeln!(table, "    ({stem:?}, include_str!({:?})),", path.display().to_string())?;
    }
    Ok(table + "];\n")
}

fn files(folder: &str) -> Done<Vec<String>> {
    println!("cargo::rerun-if-changed={folder}");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body)?;
    encoder.finish()
}

fn brotli(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut pressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &body[..], &mut pressed, &parameters)?;
    Ok(pressed)
}
