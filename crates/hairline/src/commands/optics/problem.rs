//! Layered problems from files: TOML of our own, or the reference program's input (`.mci` 1.0, in centimetres).

use hairline_optics::layer::{Layer, Stack};
use hairline_optics::transport::slab::{Beam, Grids};
use serde::Deserialize;

/// Weight below which a photon plays roulette, as in the reference program.
const ROULETTE_WEIGHT: f64 = 1e-4;

/// A problem as read.
#[derive(Debug)]
pub struct Problem {
    pub stack: Stack,
    pub beam: Beam,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    photons: u64,
    #[serde(default = "first_seed")]
    seed: u64,
    n_above: f64,
    n_below: f64,
    radial_step_mm: f64,
    radial_bins: usize,
    depth_step_mm: Option<f64>,
    depth_bins: Option<usize>,
    angle_bins: Option<usize>,
    layer: Vec<FileLayer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLayer {
    n: f64,
    mua_per_mm: f64,
    mus_per_mm: f64,
    g: f64,
    thickness_mm: Thickness,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "thickness_mm must be a number of mm or \"inf\"")]
enum Thickness {
    Mm(f64),
    Word(Infinite),
}

#[derive(Deserialize)]
enum Infinite {
    #[serde(rename = "inf")]
    Inf,
}

fn first_seed() -> u64 {
    1
}

/// Reads a problem; `run` picks one of an `.mci` file, from 1.
pub fn read(name: &str, bytes: &[u8], run: Option<usize>) -> Result<Problem, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{name}: not a text file"))?;
    // The reference program's input begins with its version; TOML never begins with a number.
    let is_mci =
        text.lines().find_map(|line| words(line).next()).is_some_and(|word| word.parse::<f64>().is_ok());
    if is_mci {
        return read_mci(name, text, run);
    }
    let file: File = toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        format!("{name} line {line}: {}", e.message().replace('\n', " "))
    })?;
    let grids = match (file.depth_step_mm, file.depth_bins, file.angle_bins) {
        (None, None, None) => None,
        (Some(depth_step_mm), Some(depth_bins), angle_bins) => {
            Some(Grids { depth_step_mm, depth_bins, angle_bins: angle_bins.unwrap_or(1) })
        }
        _ => return Err(format!("{name}: grids need both depth_step_mm and depth_bins")),
    };
    let layer = |l: &FileLayer| Layer {
        n: l.n,
        mua_per_mm: l.mua_per_mm,
        mus_per_mm: l.mus_per_mm,
        g: l.g,
        thickness_mm: match l.thickness_mm {
            Thickness::Mm(mm) => mm,
            Thickness::Word(Infinite::Inf) => f64::INFINITY,
        },
    };
    Ok(Problem {
        stack: Stack {
            n_above: file.n_above,
            n_below: file.n_below,
            layers: file.layer.iter().map(layer).collect(),
        },
        beam: Beam {
            photons: file.photons,
            seed: file.seed,
            radial_step_mm: file.radial_step_mm,
            radial_bins: file.radial_bins,
            roulette_weight: ROULETTE_WEIGHT,
            grids,
        },
    })
}

/// The words of a line before its comment.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split('#').next().unwrap_or_default().split_whitespace()
}

/// A thickness at which the reference program's users mean "without end", cm.
const ENDLESS_CM: f64 = 1e5;

fn read_mci(name: &str, text: &str, run: Option<usize>) -> Result<Problem, String> {
    let mut lines = Lines { name, lines: text.lines().enumerate(), line: 0 };
    let [version] = lines.numbers("the file version")?;
    if version != 1.0 {
        return Err(format!("{name} line {}: the file version is {version}, but must be 1.0", lines.line));
    }
    let [runs] = lines.numbers("the number of runs")?;
    let run = match run {
        Some(run) if run < 1 || run as f64 > runs => {
            return Err(format!("{name}: --run is {run}, but must be 1 to {runs}"));
        }
        Some(run) => run,
        None if runs == 1.0 => 1,
        None => return Err(format!("{name}: the file holds {runs} runs; --run picks one")),
    };
    for _ in 1..run {
        lines.run()?;
    }
    lines.run()
}

/// The meaningful lines of an `.mci` file.
struct Lines<'a> {
    name: &'a str,
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    line: usize,
}

impl Lines<'_> {
    fn run(&mut self) -> Result<Problem, String> {
        self.next("the name of the output file")?;
        let [photons] = self.numbers("the number of photons")?;
        let [dz, dr] = self.numbers("dz and dr, cm")?;
        let [nz, nr, na] = self.numbers("the numbers of dz, dr and da")?;
        let [layers] = self.numbers("the number of layers")?;
        let [n_above] = self.numbers("n of the medium above")?;
        if !(1.0..=1000.0).contains(&layers) {
            return Err(format!("{}: the number of layers is {layers}, but must be 1 to 1000", self.name));
        }
        let mut stack = Stack { n_above, n_below: 1.0, layers: vec![] };
        for _ in 0..layers as usize {
            let [n, mua, mus, g, d] = self.numbers("n, mua, mus, g and d of a layer")?;
            stack.layers.push(Layer {
                n,
                mua_per_mm: 0.1 * mua,
                mus_per_mm: 0.1 * mus,
                g,
                thickness_mm: if d >= ENDLESS_CM { f64::INFINITY } else { 10.0 * d },
            });
        }
        [stack.n_below] = self.numbers("n of the medium below")?;
        let beam = Beam {
            photons: photons as u64,
            seed: first_seed(),
            radial_step_mm: 10.0 * dr,
            radial_bins: nr as usize,
            roulette_weight: ROULETTE_WEIGHT,
            grids: Some(Grids { depth_step_mm: 10.0 * dz, depth_bins: nz as usize, angle_bins: na as usize }),
        };
        Ok(Problem { stack, beam })
    }

    fn next(&mut self, wanted: &str) -> Result<Vec<String>, String> {
        for (i, line) in self.lines.by_ref() {
            self.line = i + 1;
            let words: Vec<String> = words(line).map(str::to_owned).collect();
            if !words.is_empty() {
                return Ok(words);
            }
        }
        Err(format!("{}: the file ends where {wanted} should stand", self.name))
    }

    fn numbers<const N: usize>(&mut self, wanted: &str) -> Result<[f64; N], String> {
        let words = self.next(wanted)?;
        let numbers: Vec<f64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        let numbers = <[f64; N]>::try_from(numbers).ok().filter(|_| words.len() == N);
        numbers.ok_or_else(|| {
            format!(
                "{} line {}: found \"{}\", but here must stand {wanted}",
                self.name,
                self.line,
                words.join(" ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MCI: &str = "# skin\n1.0 # version\n2\na.mco A\n10\n0.01 0.02\n5 4 3\n2\n1.0\n1.4 0.2 100 0.9 0.05 # top\n\
                       1.4 1 10 0 1E+08\n1.3\nb.mco A\n20\n0.1 0.1\n1 1 1\n1\n1\n1 1 9 .75 .02\n1\n";

    #[test]
    fn an_input_of_the_reference_program_is_read_in_millimetres() {
        let p = read("a.mci", MCI.as_bytes(), Some(1)).expect("it is one");
        assert_eq!((p.beam.photons, p.beam.radial_bins, p.stack.layers.len()), (10, 4, 2));
        assert!((p.stack.layers[0].mus_per_mm - 10.0).abs() < 1e-12 && p.stack.n_below == 1.3);
        assert!((p.stack.layers[0].thickness_mm - 0.5).abs() < 1e-12);
        assert_eq!(p.stack.layers[1].thickness_mm, f64::INFINITY);
        let grids = p.beam.grids.expect("it has some");
        assert!((grids.depth_step_mm - 0.1).abs() < 1e-12 && grids.angle_bins == 3);
        assert_eq!(read("a.mci", MCI.as_bytes(), Some(2)).expect("it is one").beam.photons, 20);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let toml = "photons = 10\nn_above = 1\nn_below = 1\nradial_step_mm = 0.1\nradial_bins = 2\n[[layer]]\n\
                    n = 1.4\nmua_per_mm = 1\nmus_per_mm = 1\ng = 0\nthickness_mm = \"endless\"\n";
        for (text, run, says) in [
            (toml, None, "line 11"),
            ("photons = -3\n", None, "line 1"),
            ("photon = 3\n", None, "photon"),
            (MCI, None, "--run picks one"),
            (MCI, Some(3), "must be 1 to 2"),
            (&MCI.replace("5 4 3", "5 4"), Some(1), "line 7: found \"5 4\""),
            (&MCI[..40], Some(1), "ends where"),
            (&MCI.replace("1.0 # version", "2.0"), Some(1), "must be 1.0"),
        ] {
            let error = read("f", text.as_bytes(), run).expect_err(says);
            assert!(error.contains(says) && !error.contains('\n'), "{error}");
        }
        assert!(read("f", toml.replace("endless", "inf").as_bytes(), None).is_ok());
        assert!(read("f", &[0xff, 0xfe], None).expect_err("no text").contains("not a text file"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-z=.\\n \"#\\[\\]_-]{0,200}", run in 0usize..4) {
            let _ = read("f", text.as_bytes(), Some(run));
        }
    }
}
