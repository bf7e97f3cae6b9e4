//! `hairline optics`: what engineers script against.

mod support;

use std::path::Path;

use serde_json::Value;
use support::{hairline, in_folder};

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let run = hairline(folder, &[&["optics"], arguments, &["--json"]].concat(), &[]);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    serde_json::from_str(&run.out).expect("JSON")
}

const SLAB: &str = "photons = 60000\nseed = 7\nn_above = 1.0\nn_below = 1.0\nradial_step_mm = 0.1\nradial_bins = 10\n\
                    depth_step_mm = 0.05\ndepth_bins = 4\n[[layer]]\nn = 1.0\nmua_per_mm = 1.0\nmus_per_mm = 9.0\ng = 0.75\n\
                    thickness_mm = 0.2\n";

/// The slab of van de Hulst (1980), from TOML and from an input file of the reference program; on one thread and on two.
#[test]
fn a_slab_is_solved_from_both_kinds_of_file_alike_on_any_threads() {
    in_folder(|folder| {
        std::fs::write(folder.join("slab.toml"), SLAB).expect("written");
        let text = "1.0\n1\nout.mco A\n60000\n0.005 0.01\n4 10 30\n1\n1.0\n1.0 10 90 0.75 0.02 # cm\n1.0\n";
        std::fs::write(folder.join("slab.mci"), text).expect("written");
        let one = json(folder, &["slab", "slab.toml", "--threads", "1"]);
        for other in [
            json(folder, &["slab", "slab.toml", "--threads", "2"]),
            json(folder, &["slab", "slab.mci", "--seed", "7"]),
        ] {
            for key in ["specular", "diffuse_reflectance", "transmittance", "absorbed", "radial", "photons"] {
                assert_eq!(one[key], other[key], "{key}");
            }
        }
        for (key, wanted) in [("diffuse_reflectance", 0.09739), ("transmittance", 0.66096)] {
            let number = |what: &str| one[key][what].as_f64().expect("a number");
            let (value, se) = (number("value"), number("se"));
            assert!((value - wanted).abs() < 4.5 * se && se < 0.01, "{key} {value} {se}");
        }
        assert_eq!(one["radial"].as_array().map(Vec::len), Some(10));
        assert!(one["seconds"].is_number() && one["threads"] == 1 && one.get("grids").is_none());
        let grids = json(folder, &["slab", "slab.toml", "--grids"]);
        assert_eq!(grids["grids"]["absorbed"].as_array().map(Vec::len), Some(40));
    });
}

/// What is printed is a case that can be repeated: read back, the tables say the same, and full Monte Carlo nearly so.
#[test]
fn a_dot_can_be_repeated_from_what_is_printed() {
    in_folder(|folder| {
        let dot = json(folder, &["dot", "--ita", "30", "--depth-mm", "0.3"]);
        for key in
            ["skin_lab", "dot_lab", "delta_e00", "hwhm_mm", "wavelengths_nm", "dot_reflectance", "profile"]
        {
            assert!(!dot[key].is_null(), "{key}");
        }
        let layer = &dot["stack"]["layers"][1];
        assert_eq!(layer["name"], "epidermis");
        for key in ["n", "g", "mua_per_mm", "mus_per_mm"] {
            assert_eq!(layer[key].as_array().map(Vec::len), Some(31), "{key}");
        }
        assert_eq!(dot["dot"]["shape"], "cylinder");
        std::fs::write(folder.join("dot.json"), dot.to_string()).expect("written");
        let again = json(folder, &["dot", "--stack", "dot.json"]);
        assert_eq!(dot["dot_lab"], again["dot_lab"]);
        let exact = json(folder, &["dot", "--stack", "dot.json", "--exact", "--photons", "3000"]);
        let number = |v: &Value| v.as_f64().expect("a number");
        let off = (number(&exact["delta_e00"]) - number(&dot["delta_e00"])).abs();
        assert!(off < 1.0 && !exact["ratio_se"].is_null(), "{off}");
    });
}

#[test]
fn spectra_come_as_csv_and_json_and_as_plots() {
    in_folder(|folder| {
        let spectrum = json(folder, &["spectrum", "--ita", "30"]);
        assert_eq!(spectrum["reflectance_sce"].as_array().map(Vec::len), Some(31));
        let ita = spectrum["ita_deg"].as_f64().expect("a number");
        assert!((ita - 30.0).abs() < 1.0, "{ita}");
        for name in ["skin.svg", "skin.png"] {
            let run = hairline(folder, &["optics", "spectrum", "--monk", "6", "--csv", "--plot", name], &[]);
            assert!(run.out.starts_with("wavelength_nm,") && run.out.lines().count() == 32, "{}", run.out);
            assert!(std::fs::metadata(folder.join(name)).expect("drawn").len() > 5_000, "{name}");
        }
    });
}

#[test]
fn impossible_questions_are_refused_in_one_sentence() {
    in_folder(|folder| {
        for (arguments, says) in [
            (&["dot", "--depth-mm", "-1"][..], "--depth-mm is -1; allowed are 0 to 5 mm"),
            (&["dot", "--shade", "0"], "allowed are 0.1 to 1000"),
            (&["dot", "--ita", "400"], "ITA in degrees is 400"),
            (&["dot", "--diameter-mm", "nan"], "--diameter-mm is NaN"),
            (&["dot", "--pigment", "unobtainium"], "no pigment named \"unobtainium\""),
            (&["dot", "--light", "candle"], "no light named \"candle\""),
            (&["dot", "--stack", "missing.json"], "no such file"),
            (&["spectrum", "--lab-sce", "50,10"], "must have three"),
            (&["spectrum", "--plot", "x.gif"], ".svg or .png"),
            (&["slab", "missing.toml"], "no such file"),
            (&["check", "--cases", "0", "--table", "missing.bin"], "no such file"),
            (&["bake", "-o", "x.bin", "--photons", "1"], "1000"),
        ] {
            let run = hairline(folder, &[&["optics"], arguments].concat(), &[]);
            assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
            assert!(run.err.contains(says) && !run.err.contains("panicked"), "{arguments:?}: {}", run.err);
        }
        assert_eq!(std::fs::read_dir(folder).expect("the folder").count(), 0);
    });
}
