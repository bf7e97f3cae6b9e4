//! What every command prints and writes when all is well.

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hairline_plan::case::EXAMPLES;
use serde_json::Value;
use support::{hairline, in_folder};

/// A run that must succeed: what it printed.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let run = hairline(folder, arguments, &[]);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    assert!(run.err.is_empty(), "{arguments:?}: quiet in a pipe, but: {}", run.err);
    run.out
}

/// Runs with a file as standard input; what was printed.
fn piped(folder: &Path, arguments: &[&str], input: &str) -> String {
    let file = std::fs::File::open(folder.join(input)).expect("the input");
    let output = Command::new(env!("CARGO_BIN_EXE_hairline"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::from(file))
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A sheet of 80 x 60 mm as PLY, with the density 1 for x below 40 mm and 3 beyond.
fn sheet() -> String {
    let (nx, ny) = (80, 60);
    let mut ply = format!(
        "ply\nformat ascii 1.0\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\n\
         property float quality\nelement face {}\nproperty list uchar int vertex_indices\nend_header\n",
        (nx + 1) * (ny + 1),
        nx * ny * 2
    );
    for y in 0..=ny {
        for x in 0..=nx {
            let _ = writeln!(ply, "{x} {y} 0 {}", if x < 40 { 1 } else { 3 });
        }
    }
    for y in 0..ny {
        for x in 0..nx {
            let a = y * (nx + 1) + x;
            let _ = writeln!(ply, "3 {a} {} {}\n3 {a} {} {}", a + 1, a + nx + 2, a + nx + 2, a + nx + 1);
        }
    }
    ply
}

/// Rows of the command's `x,y,z,visit`.
fn rows(csv: &str) -> Vec<[f64; 4]> {
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("# x,y,z,visit"));
    let row = |line: &str| {
        let cells: Vec<f64> = line.split(',').map(|c| c.parse().expect("a number")).collect();
        <[f64; 4]>::try_from(cells).expect("four columns")
    };
    lines.map(row).collect()
}

#[test]
fn dots_are_laid_on_any_mesh_graded_and_clear_of_hairs() {
    in_folder(|folder| {
        std::fs::write(folder.join("sheet.ply"), sheet()).expect("written");
        let hairs: Vec<[f64; 2]> = (0..30).map(|k| [2.5 * f64::from(k) + 1.0, 30.3]).collect();
        let lines: Vec<String> = hairs.iter().map(|[x, y]| format!("{x},{y},0\n")).collect();
        std::fs::write(folder.join("hairs.csv"), format!("x,y,z\n{}", lines.concat())).expect("written");
        let arguments = [
            "dots",
            "sheet.ply",
            "--n",
            "4000",
            "--visits",
            "3",
            "--seed",
            "5",
            "--graded",
            "--hairs",
            "hairs.csv",
        ];
        let out = printed(folder, &arguments);
        let dots = rows(&out);
        assert_eq!(dots.len(), 4000);
        let of_visit = |v: f64| dots.iter().filter(|d| d[3] == v).count();
        assert_eq!([1.0, 2.0, 3.0].map(of_visit), [1200, 1600, 1200]);
        // Three quarters of the density lie beyond x = 40 (the step is one cell wide).
        let beyond = dots.iter().filter(|d| d[0] > 40.0).count() as f64 / 4000.0;
        assert!((beyond - 0.75).abs() < 0.015, "{beyond:.3} beyond");
        let nearest = |d: &[f64; 4]| {
            hairs
                .iter()
                .map(|h| ((h[0] - d[0]).powi(2) + (h[1] - d[1]).powi(2)).sqrt())
                .fold(f64::MAX, f64::min)
        };
        let least = dots.iter().map(nearest).fold(f64::MAX, f64::min);
        assert!(least >= 0.3 - 1e-6, "a dot {least} mm from a hair");
        assert!(
            dots.iter().all(|d| (0.0..=80.0).contains(&d[0]) && (0.0..=60.0).contains(&d[1]) && d[2] == 0.0)
        );

        // A file, standard input and any number of threads give the same; another seed does not.
        assert_eq!(printed(folder, &[&arguments[..], &["-o", "dots.csv"]].concat()), "");
        assert_eq!(std::fs::read_to_string(folder.join("dots.csv")).expect("written"), out);
        let from_input: Vec<&str> =
            arguments.iter().map(|&a| if a == "sheet.ply" { "-" } else { a }).collect();
        assert_eq!(piped(folder, &from_input, "sheet.ply"), out);
        assert_eq!(printed(folder, &[&["--threads", "1"], &arguments[..]].concat()), out);
        let other: Vec<&str> = arguments.iter().map(|&a| if a == "5" { "6" } else { a }).collect();
        assert_ne!(printed(folder, &other), out);
    });
}

#[test]
fn dots_on_a_mesh_in_metres_are_in_millimetres_and_a_doubtful_unit_is_said() {
    in_folder(|folder| {
        let metres: Vec<String> = sheet()
            .lines()
            .map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
                [x, y, "0", q] => {
                    let metre = |v: &str| v.parse::<f64>().expect("a number") / 1000.0;
                    format!("{} {} 0 {q}\n", metre(x), metre(y))
                }
                _ => format!("{line}\n"),
            })
            .collect();
        std::fs::write(folder.join("metres.ply"), metres.concat()).expect("written");
        let run = hairline(folder, &["dots", "metres.ply", "--n", "500"], &[]);
        assert_eq!(run.code, 0);
        assert!(run.err.contains("--unit"), "{}", run.err);
        let dots = rows(&printed(folder, &["dots", "metres.ply", "--n", "500", "--unit", "m"]));
        assert!(dots.iter().map(|d| d[0]).fold(0.0, f64::max) > 70.0);
    });
}

#[test]
fn a_head_written_by_a_plan_is_measured_as_its_client_was() {
    in_folder(|folder| {
        std::fs::write(folder.join("case.toml"), EXAMPLES[1].1).expect("written");
        printed(folder, &["plan", "case.toml", "-o", "plan"]);
        let report: Value =
            serde_json::from_str(&printed(folder, &["head", "plan/head.glb", "--json"])).expect("JSON");
        assert_eq!(report["unit"]["unit"], "m");
        // The tape of the example case, mm; the head is met within 1 mm and found again within 2.
        for (measure, taken_mm) in [("circumference_mm", 572.0), ("length_mm", 198.0), ("breadth_mm", 154.0)]
        {
            let found = report["measures"][measure].as_f64().expect("a number");
            assert!((found - taken_mm).abs() < 3.0, "{measure} {found}");
        }
        let rows = report["head_from_scan"].as_array().expect("rows");
        assert!(rows.len() == 4 && rows.iter().all(|r| r.as_array().is_some_and(|r| r.len() == 4)));
        let words = printed(folder, &["head", "plan/head.glb"]);
        for word in ["circumference_mm", "nasion", "glTF is in metres", "orientation"] {
            assert!(words.contains(word), "no {word:?} in {words}");
        }
        assert_eq!(
            piped(folder, &["head", "-"], "plan/head.glb").lines().skip(1).collect::<Vec<_>>(),
            words.lines().skip(1).collect::<Vec<_>>()
        );
    });
}

#[test]
fn the_schema_is_one_and_the_examples_obey_it() {
    let tools =
        PathBuf::from(std::env::var_os("HAIRLINE_TOOLS").expect("run the tests with `cargo xtask test`"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/check_schema.py");
    in_folder(|folder| {
        std::fs::write(folder.join("case.schema.json"), printed(folder, &["schema", "case"]))
            .expect("written");
        for (name, text) in EXAMPLES {
            assert_eq!(printed(folder, &["example", name]), text);
            std::fs::write(folder.join(format!("{name}.toml")), text).expect("written");
        }
        let broken = EXAMPLES[1].1.replacen("circumference_mm = 572", "circumference_mm = \"572\"", 1);
        std::fs::write(folder.join("broken.toml"), broken).expect("written");
        let judge = |files: &[String]| {
            Command::new(tools.join("venv/bin/python"))
                .arg(&script)
                .arg("case.schema.json")
                .args(files)
                .current_dir(folder)
                .output()
                .expect("python starts")
        };
        let examples: Vec<String> = EXAMPLES.iter().map(|(name, _)| format!("{name}.toml")).collect();
        let output = judge(&examples);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!judge(&["broken.toml".to_owned()]).status.success());
        let listed = printed(folder, &["example"]);
        assert!(EXAMPLES.iter().all(|(name, _)| listed.contains(name)) && listed.lines().count() == 4);
    });
}

#[test]
fn help_has_an_example_and_completions_are_scripts() {
    in_folder(|folder| {
        for command in ["plan", "example", "schema", "head", "dots", "completions"] {
            let help = printed(folder, &[command, "--help"]);
            assert!(help.contains(&format!("  hairline {command}")), "{command}: {help}");
            assert!(help.contains("--threads"), "{help}");
        }
        assert!(printed(folder, &["--help"]).contains("Examples:"));
        let script = printed(folder, &["completions", "bash"]);
        std::fs::write(folder.join("hairline.bash"), &script).expect("written");
        let status = Command::new("bash").arg("-n").arg(folder.join("hairline.bash")).status();
        assert!(status.expect("bash starts").success());
        assert!(["plan", "dots", "--visits"].iter().all(|word| script.contains(word)));
        for shell in ["zsh", "fish", "elvish", "powershell"] {
            assert!(printed(folder, &["completions", shell]).contains("completions"), "{shell}");
        }
    });
}

/// `script` of util-linux gives the program a terminal.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_sees_progress_and_colour() {
    in_folder(|folder| {
        std::fs::write(folder.join("case.toml"), EXAMPLES[3].1).expect("written");
        let command = format!("{} plan case.toml -o plan", env!("CARGO_BIN_EXE_hairline"));
        let output = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .current_dir(folder)
            .env("TERM", "xterm")
            .output()
            .expect("util-linux");
        let seen = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{seen}");
        for step in ["existing hair", "every dot", "pictures", "writing"] {
            assert!(seen.contains(step), "no {step:?} in {seen:?}");
        }
        assert!(seen.contains("\u{1b}[33mnote:"), "{seen:?}");
    });
}

/// Nothing can be written to `/dev/full`.
#[cfg(target_os = "linux")]
#[test]
fn a_machine_that_fails_is_no_bad_input() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let output = Command::new(env!("CARGO_BIN_EXE_hairline"))
        .args(["schema", "case"])
        .stdout(Stdio::from(full))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.starts_with("error: standard output: "), "{message}");
}

#[test]
fn fade_forecasts_with_bands_and_learns_from_earlier_cases() {
    in_folder(|folder| {
        let text = EXAMPLES.iter().find(|e| e.0 == "hairline-norwood3").expect("an example").1;
        std::fs::write(folder.join("case.toml"), text).expect("a case");
        let words = printed(folder, &["fade", "case.toml"]);
        assert!(words.contains("touch-up (under 50 %)") && words.contains("day 10"), "{words}");
        let json: Value =
            serde_json::from_str(&printed(folder, &["fade", "case.toml", "--json"])).expect("JSON");
        assert_eq!(json["format"], "hairline-fade/1");
        let due = |json: &Value| json["forecast"]["touch_up_years"][1].as_f64().expect("years");
        // A client and a studio that fade fast.
        let fast = "\n[[follow_up]]\nday = 28\ndarkness = 0.9\ndarkness_error = 0.05\n\n[[follow_up]]\nday = 400\ndarkness = 0.5\ndarkness_error = 0.05\n";
        for i in 0..6 {
            std::fs::write(folder.join(format!("old{i}.toml")), format!("{text}{fast}")).expect("a case");
        }
        let mut arguments = vec!["fade", "case.toml", "-o", "out", "--json", "--learn-from"];
        let old: Vec<String> = (0..6).map(|i| format!("old{i}.toml")).collect();
        arguments.extend(old.iter().map(String::as_str));
        let learnt: Value = serde_json::from_str(&printed(folder, &arguments)).expect("JSON");
        assert!(due(&learnt) < 0.8 * due(&json), "{} {}", due(&learnt), due(&json));
        let own: Value =
            serde_json::from_str(&printed(folder, &["fade", "old0.toml", "--json"])).expect("JSON");
        assert!(due(&own) < 0.8 * due(&json));
        for file in [
            "fade.csv",
            "fade.json",
            "fade.svg",
            "fade.png",
            "first-days.csv",
            "first-days.svg",
            "first-days.png",
        ] {
            assert!(folder.join("out").join(file).is_file(), "{file}");
        }
        let csv = std::fs::read_to_string(folder.join("out/fade.csv")).expect("a table");
        let columns = csv.lines().next().expect("a header").split(',').count();
        assert!(csv.lines().count() > 60 && csv.lines().all(|row| row.split(',').count() == columns));
        // Without a follow-up in any of them there is nothing to learn.
        let refused = hairline(folder, &["fade", "case.toml", "--learn-from", "case.toml"], &[]);
        assert!(refused.code == 2 && refused.err.contains("[[follow_up]]"), "{}", refused.err);
    });
}

#[test]
fn refresh_reads_a_plan_and_never_writes_over_it() {
    in_folder(|folder| {
        let text = EXAMPLES.iter().find(|e| e.0 == "hairline-norwood3").expect("an example").1;
        std::fs::write(folder.join("case.toml"), text).expect("a case");
        printed(folder, &["plan", "case.toml", "-o", "plan"]);
        let refresh = |arguments: &[&str], threads: &str| {
            let all: Vec<&str> =
                ["refresh", "plan", "--day", "1400"].iter().chain(arguments).copied().collect();
            hairline(folder, &all, &[("RAYON_NUM_THREADS", threads)])
        };
        let run = refresh(&["-o", "one"], "1");
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.out.contains("to go over") && run.out.contains("single dots"), "{}", run.out);
        assert_eq!(refresh(&["-o", "two"], "2").code, 0);
        for file in
            ["refresh.json", "dots.csv", "cells.csv", "preview/front-before.png", "preview/closeup-after.png"]
        {
            let bytes = |out: &str| {
                std::fs::read(folder.join(out).join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
            };
            assert!(bytes("one") == bytes("two"), "{file} differs on two threads");
        }
        let rows = |file: &str| std::fs::read_to_string(folder.join(file)).expect("a table").lines().count();
        let dots = std::fs::read_to_string(folder.join("one/dots.csv")).expect("a table");
        let count = |action: &str| dots.lines().filter(|row| row.contains(action)).count();
        assert_eq!(count(",leave,") + count(",go-over,"), rows("plan/dots.csv") - 1);
        let json: Value =
            serde_json::from_slice(&std::fs::read(folder.join("one/refresh.json")).expect("JSON"))
                .expect("JSON");
        assert_eq!(json["add"], count(",add,"));
        // The plan's folder is refused, and so is what cannot be.
        for (arguments, part) in [
            (vec!["-o", "plan"], "other files"),
            (vec!["-o", "three", "--goal", "7"], "--goal: found 7"),
            (vec!["-o", "three", "--measured", "nan"], "--measured"),
            (vec!["-o", "three", "--lower-mm", "80"], "--lower-mm"),
            (vec!["-o", "three", "--density", "900"], "--density"),
        ] {
            let run = refresh(&arguments, "1");
            assert!(run.code == 2 && run.err.contains(part), "{arguments:?}: {}", run.err);
            assert!(!folder.join("three").exists());
        }
        assert!(folder.join("plan/report.pdf").is_file());
        let soon = hairline(folder, &["refresh", "plan", "--day", "100", "--laser", "2", "-o", "three"], &[]);
        assert!(soon.code == 2 && soon.err.contains("174"), "{}", soon.err);
        // Again into its own folder, and a lower line.
        assert_eq!(refresh(&["-o", "one", "--lower-mm", "5"], "2").code, 0);
        assert!(rows("one/dots.csv") > rows("two/dots.csv"));
    });
}
