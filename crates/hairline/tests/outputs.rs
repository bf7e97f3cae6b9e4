//! The files of a plan, judged by foreign programs, and the same bytes on any number of threads.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use hairline_plan::case::EXAMPLES;
use support::{hairline, in_folder};

/// Folder of the foreign programs that the test command installs.
fn tools() -> PathBuf {
    PathBuf::from(std::env::var_os("HAIRLINE_TOOLS").expect(
        "HAIRLINE_TOOLS is not set: run the tests with `cargo xtask test`, which installs what they need",
    ))
}

fn judge(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?} cannot be started: {e}"));
    assert!(
        output.status.success(),
        "{command:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn plan(folder: &Path, name: &str, text: &str, threads: &str) -> PathBuf {
    std::fs::write(folder.join("case.toml"), text).expect("the case is written");
    let out = folder.join(format!("{name}-{threads}"));
    let out_name = out.to_string_lossy().into_owned();
    let run = hairline(folder, &["plan", "case.toml", "-o", &out_name], &[("RAYON_NUM_THREADS", threads)]);
    assert_eq!(run.code, 0, "{name}: {}", run.err);
    assert!(run.out.contains("sessions"), "{name}: {}", run.out);
    assert!(run.err.is_empty(), "{name}: quiet in a pipe, but: {}", run.err);
    out
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(at) = left.pop() {
        for entry in std::fs::read_dir(&at).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below the folder").to_path_buf();
                out.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    out
}

#[test]
fn every_example_writes_every_file_the_same_on_one_and_two_threads_and_foreign_programs_read_them() {
    let tools = tools();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools");
    in_folder(|folder| {
        for (name, text) in EXAMPLES {
            let out = plan(folder, name, text, "1");
            let written = files(&out);
            for file in [
                "plan.json",
                "dots.csv",
                "dots.ply",
                "head.glb",
                "cells.csv",
                "stencil.pdf",
                "report.pdf",
                "course.ics",
            ] {
                assert!(written.contains_key(Path::new(file)), "{name}: no {file}");
            }
            let again = files(&plan(folder, name, text, "2"));
            assert_eq!(written.len(), again.len());
            for (file, bytes) in &written {
                assert!(again[file] == *bytes, "{name}: {} differs between 1 and 2 threads", file.display());
            }
            pictures(name, &written);
            for pdf in ["stencil.pdf", "report.pdf"] {
                judge(Command::new("qpdf").arg("--check").arg(out.join(pdf)));
                let fonts = Command::new("pdffonts").arg(out.join(pdf)).output().expect("poppler-utils");
                let fonts = String::from_utf8_lossy(&fonts.stdout).into_owned();
                let rows: Vec<&str> = fonts.lines().skip(2).collect();
                // Columns from the right: object number and generation, unicode, subset, embedded.
                let embedded = |row: &&str| row.split_whitespace().rev().nth(4) == Some("yes");
                assert!(!rows.is_empty() && rows.iter().all(embedded), "{name}: {pdf}: {fonts}");
            }
            let python = tools.join("venv/bin/python");
            judge(Command::new(&python).arg(scripts.join("check_ics.py")).arg(out.join("course.ics")));
            judge(Command::new(&python).arg(scripts.join("check_ply.py")).arg(&out));
            judge(
                Command::new("node")
                    .arg(scripts.join("check_gltf.mjs"))
                    .arg(out.join("head.glb"))
                    .env("HAIRLINE_TOOLS", &tools),
            );
        }
    });
}

/// 1000 x 1000 pictures of each state, named as the contract says; what changes from state to state is the treated skin.
fn pictures(name: &str, written: &BTreeMap<PathBuf, Vec<u8>>) {
    let n_sessions = written
        .keys()
        .filter(|f| {
            f.to_string_lossy().starts_with("preview/front-session-")
                && f.to_string_lossy().ends_with("-healed.png")
        })
        .count();
    assert!(n_sessions >= 3, "{name}: {n_sessions} sessions in the pictures");
    let picture = |stem: &str| {
        let bytes = written
            .get(Path::new(&format!("preview/{stem}.png")))
            .unwrap_or_else(|| panic!("{name}: no preview/{stem}.png"));
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("a whole PNG");
        assert_eq!(
            (info.width, info.height, info.color_type),
            (1000, 1000, png::ColorType::Rgb),
            "{name}: {stem}"
        );
        pixels
    };
    for view in ["front", "left", "right", "top", "back"] {
        picture(&format!("{view}-before"));
        picture(&format!("{view}-session-{n_sessions}-healed"));
    }
    for year in [1, 3, 5, 8] {
        for view in ["front", "top", "closeup"] {
            picture(&format!("{view}-year-{year}"));
        }
    }
    let mean = |stem: &str| {
        // Green, where skin and pigment differ most.
        picture(stem).chunks_exact(3).map(|p| f64::from(p[1])).sum::<f64>() / 1e6
    };
    // The close-up darkens from session to session and fades over the years.
    let steps: Vec<f64> = (1..=n_sessions).map(|s| mean(&format!("closeup-session-{s}-healed"))).collect();
    let before = mean("closeup-before");
    assert!(steps.iter().all(|&s| s < before), "{name}: {before} before, {steps:?}");
    assert!(steps[n_sessions - 1] < steps[0], "{name}: {steps:?}");
    let years = [1, 3, 5, 8].map(|y| mean(&format!("closeup-year-{y}")));
    assert!(years[3] > years[0] && years[3] < before, "{name}: {years:?}");
}

#[test]
fn without_a_first_day_the_plan_counts_days_and_writes_no_calendar() {
    let text = EXAMPLES[3].1.replace("first_day = 2027-05-03", "");
    in_folder(|folder| {
        let out = plan(folder, "days", &text, "2");
        assert!(!out.join("course.ics").exists());
        let plan = std::fs::read_to_string(out.join("plan.json")).expect("plan.json");
        let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
        let days: Vec<i64> =
            plan["sessions"].as_array().expect("sessions").iter().filter_map(|s| s["day"].as_i64()).collect();
        assert_eq!(days, [0, 14, 42, 70]);
        assert!(plan["sessions"][0]["date"].is_null());
    });
}

#[test]
fn a_case_from_standard_input_plans_and_the_result_is_a_line_of_json() {
    in_folder(|folder| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hairline"))
            .args(["plan", "-", "-o", "out", "--json"])
            .current_dir(folder)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("the program starts");
        std::io::Write::write_all(&mut child.stdin.take().expect("its input"), EXAMPLES[3].1.as_bytes())
            .expect("written");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success());
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
        let dots = line["dots"].as_u64().expect("a count");
        let rows = std::fs::read_to_string(folder.join("out/dots.csv")).expect("dots.csv").lines().count();
        assert_eq!(rows as u64, dots + 1);
    });
}

#[test]
fn a_title_that_does_not_print_is_said_and_our_own_dots_are_read_back() {
    in_folder(|folder| {
        let (_, text) = EXAMPLES.iter().find(|e| e.0 == "scar-strip").expect("an example");
        let chinese = text.replace("title = \"Strip scar\"", "title = \"头皮 plan\"");
        let first = plan(folder, "first", &chinese, "2");
        let told: serde_json::Value =
            serde_json::from_slice(&std::fs::read(first.join("plan.json")).expect("plan.json"))
                .expect("JSON");
        let warnings = told["warnings"].as_array().expect("warnings");
        let note = warnings.iter().find(|w| w["code"] == "unprintable").expect("a warning about the title");
        assert!(note["text"].as_str().is_some_and(|t| t.starts_with("title has letters")), "{note}");
        // Every cell has a middle on the skin, every row of cells.csv as many columns as the header.
        let cells = std::fs::read_to_string(first.join("cells.csv")).expect("cells.csv");
        let columns = |line: &str| line.split(',').count();
        let header = cells.lines().next().expect("a header");
        assert!(header.contains("x_mm,y_mm,z_mm") && header.contains("needle_depth_mm"), "{header}");
        assert!(cells.lines().skip(1).all(|l| columns(l) == columns(header)), "{cells}");
        // The dots of this plan as an earlier treatment: new dots keep clear of them.
        std::fs::copy(first.join("dots.csv"), folder.join("old.csv")).expect("a copy");
        let again = format!("{text}\n[earlier]\ndots = \"old.csv\"\n");
        let second = plan(folder, "second", &again, "2");
        let places = |file: &Path| -> Vec<[f64; 3]> {
            let text = std::fs::read_to_string(file).expect("dots.csv");
            let number = |cell: Option<&str>| cell.and_then(|c| c.parse().ok()).expect("a number");
            let place = |line: &str| {
                let mut cells = line.split(',').skip(4);
                [number(cells.next()), number(cells.next()), number(cells.next())]
            };
            text.lines().skip(1).map(place).collect()
        };
        let (old, new) = (places(&first.join("dots.csv")), places(&second.join("dots.csv")));
        let apart = |a: &[f64; 3], b: &[f64; 3]| (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>();
        let nearest = new.iter().flat_map(|n| old.iter().map(|o| apart(n, o))).fold(f64::INFINITY, f64::min);
        assert!(nearest.sqrt() > 0.2, "an old dot {:.2} mm away", nearest.sqrt());
    });
}
