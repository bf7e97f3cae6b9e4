//! Every real scan with every example case, through the real command.

mod support;

use std::path::{Path, PathBuf};

use hairline_plan::case::EXAMPLES;
use serde_json::Value;
use support::{hairline, in_folder};

/// The scans, without what lies beside them.
fn scans() -> Vec<PathBuf> {
    let shared = std::env::var("HAIRLINE_SHARED").expect("cargo sets it (.cargo/config.toml)");
    let folder = Path::new(&shared).join("scans");
    let is_mesh =
        |p: &PathBuf| p.extension().is_some_and(|e| ["glb", "obj", "ply", "stl"].iter().any(|k| e == *k));
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut scans: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(is_mesh).collect();
    scans.sort();
    assert!(scans.len() >= 14, "{} scans in {}", scans.len(), folder.display());
    scans
}

/// The plan of a case text, after it was written to a folder.
fn plan(folder: &Path, name: &str, text: &str) -> Value {
    std::fs::write(folder.join("case.toml"), text).expect("the case is written");
    let run = hairline(folder, &["plan", "case.toml", "-o", "out", "--force", "--json"], &[]);
    assert_eq!(run.code, 0, "{name}: {}", run.err);
    let bytes = std::fs::read(folder.join("out/plan.json")).expect("the plan is written");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The example with this scan in place of its measurements.
fn with_scan(text: &str, scan: &Path) -> String {
    let start = text.find("[head.measurements]").expect("the examples give measurements");
    let end = start + text[start..].find("\n\n").expect("a section ends with an empty line");
    format!("{}[head]\nscan = {:?}{}", &text[..start], scan.to_string_lossy(), &text[end..])
}

#[test]
fn every_scan_with_every_example_gives_a_plan_like_that_on_the_built_head() {
    let number = |plan: &Value, key: &str| plan[key].as_f64().unwrap_or_else(|| panic!("{key} is a number"));
    let area = |plan: &Value| number(plan, "treated_area_cm2");
    let share = |plan: &Value| area(plan) / number(&plan["head"], "scalp_area_cm2");
    let density = |plan: &Value| number(plan, "dots") / area(plan);
    in_folder(|folder| {
        for (name, text) in EXAMPLES {
            let built = plan(folder, name, text);
            for scan in scans() {
                let what = format!("{name} on {}", scan.display());
                let scanned = plan(folder, &what, &with_scan(text, &scan));
                // A scar is as long as it is. A hairline is a height on the forehead, the hair behind it a place on the
                // chart: what lies between differs much. Everything else is a share of the scalp.
                let (size, sizes, densities) = match name {
                    "scar-strip" => (area(&scanned) / area(&built), 0.95..=1.05, 0.98..=1.02),
                    "hairline-norwood3" => (share(&scanned) / share(&built), 0.3..=1.6, 0.75..=1.25),
                    _ => (share(&scanned) / share(&built), 0.85..=1.15, 0.9..=1.1),
                };
                assert!(sizes.contains(&size), "{what}: {size:.2} times the size");
                let ratio = density(&scanned) / density(&built);
                assert!(densities.contains(&ratio), "{what}: {ratio:.2} times the density");
            }
        }
    });
}

/// A plan's folder does not hold the scan: named again, it gives pictures and a lower line; another head is refused.
#[test]
fn a_plan_made_on_a_scan_is_refreshed_on_it() {
    in_folder(|folder| {
        let all = scans();
        let find = |name: &str| {
            let found = all.iter().find(|s| s.ends_with(name)).unwrap_or_else(|| panic!("no {name}"));
            found.to_string_lossy().into_owned()
        };
        let (own, other) = (find("lps_phone_like_scan.ply"), find("ict_generic_neutral.obj"));
        let (_, text) = EXAMPLES.into_iter().find(|e| e.0 == "hairline-norwood3").expect("an example");
        plan(folder, "on a scan", &with_scan(text, Path::new(&own)));
        let refresh = |more: &[&str]| {
            hairline(folder, &[&["refresh", "out", "--day", "1300", "-o", "again"], more].concat(), &[])
        };
        for (more, says) in [
            (&["--lower-mm", "4"][..], "name it with --scan FILE"),
            (&["--scan", &other], "needed is the scan that the plan was made on"),
        ] {
            let run = refresh(more);
            assert_eq!(run.code, 2, "{more:?}: {}", run.err);
            assert!(run.err.contains(says), "{more:?}: {}", run.err);
            assert!(!folder.join("again").exists());
        }
        let run = refresh(&["--scan", &own, "--lower-mm", "4"]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(folder.join("again/preview/front-after.png").exists());
        let rows = std::fs::read_to_string(folder.join("again/dots.csv")).expect("dots");
        assert!(rows.lines().filter(|row| row.contains(",add,")).count() > 100);
    });
}
