//! Bad input: one clear sentence each, exit code 2, nothing written.

mod support;

use support::{hairline, in_folder};

/// What is changed in the Norwood VI example, and what the message has to say about it.
#[test]
fn every_broken_case_is_refused_with_file_line_field_found_and_allowed() {
    let good = include_str!("../../plan/cases/shaved-norwood6.toml");
    // (text to replace, replacement, line of the problem or 0 for any, fragments of the message)
    let broken: &[(&str, &str, usize, &[&str])] = &[
        ("look = \"shaved\"", "look = \"shavd\"", 4, &["look", "\"shavd\"", "did you mean \"shaved\""]),
        ("look = \"shaved\"", "", 1, &["look", "nothing", "one of shaved, density, hairline, scar"]),
        ("look = \"shaved\"", "look = 3", 4, &["look", "found 3", "one of shaved"]),
        ("look = \"shaved\"", "look = \"shaved\"\ncolour = 1", 5, &["colour", "unknown key"]),
        ("seed = 6", "seed = -1", 5, &["seed", "-1", "0 to 4294967295"]),
        ("seed = 6", "seed = 1.5", 5, &["seed", "1.5", "whole number"]),
        ("seed = 6", "seed = six", 5, &["not TOML"]),
        ("seed = 6", "seed = 6\nseed = 7", 6, &["not TOML", "duplicate"]),
        ("age_years = 41", "age_years = 12", 8, &["client.age_years", "12", "18 to 100"]),
        ("age_years = 41", "age_years = \"41\"", 8, &["client.age_years", "\"41\""]),
        (
            "anatomy = \"male\"",
            "anatomy = \"man\"",
            9,
            &["client.anatomy", "\"man\"", "male, female, unspecified"],
        ),
        ("[client]", "[clientt]", 7, &["clientt", "unknown key", "`client`"]),
        (
            "circumference_mm = 572",
            "circumference_mm = 57.2",
            12,
            &["circumference_mm", "57.2", "480 to 680"],
        ),
        (
            "circumference_mm = 572",
            "circumference_cm = 57.2",
            12,
            &["circumference_cm", "unknown key", "circumference_mm"],
        ),
        ("circumference_mm = 572", "circumference_mm = nan", 12, &["circumference_mm", "NaN"]),
        ("circumference_mm = 572", "circumference_mm = inf", 12, &["circumference_mm", "inf"]),
        ("length_mm = 198", "length_mm = 0", 13, &["length_mm", "found 0", "150 to 235"]),
        ("length_mm = 198", "length_mm = [198]", 13, &["length_mm", "a list"]),
        ("breadth_mm = 154", "breadth_mm = 250", 14, &["breadth_mm", "250", "120 to 190"]),
        ("tape = \"on-skin\"", "tape = \"over hair\"", 15, &["tape", "over-hair"]),
        ("tape = \"on-skin\"", "tape = \"on-skin\"\nnasion = [1, 2, 3]", 16, &["nasion", "unknown key"]),
        (
            "[head.measurements]",
            "[head.landmarks]\nnasion = [0, 1, 2]\n[head.measurements]",
            0,
            &["head.landmarks", "without a scan"],
        ),
        (
            "stage = \"norwood-vi\"",
            "stage = \"norwood-viii\"",
            18,
            &["loss.stage", "norwood-viii", "did you mean"],
        ),
        ("stage = \"norwood-vi\"", "stage = 6", 18, &["loss.stage", "found 6"]),
        (
            "stage = \"norwood-vi\"",
            "stage = \"norwood-vi\"\nareata_percent = 20",
            19,
            &["loss.areata_percent", "stage and areata_percent", "one description"],
        ),
        ("stage = \"norwood-vi\"", "areata_percent = 0", 18, &["areata_percent", "1 to 100"]),
        ("stage = \"norwood-vi\"", "areata_percent = 120", 18, &["areata_percent", "1 to 100"]),
        (
            "stage = \"norwood-vi\"",
            "patches = [{ at = [0, 0.5] }]",
            18,
            &["patches[1].diameter_mm", "nothing"],
        ),
        (
            "stage = \"norwood-vi\"",
            "patches = [{ at = [0, 5], diameter_mm = 20 }]",
            18,
            &["patches[1].at", "t from 0 to 1.45"],
        ),
        (
            "stage = \"norwood-vi\"",
            "patches = [{ at = [0], diameter_mm = 20 }]",
            18,
            &["patches[1].at", "exactly 2 values"],
        ),
        (
            "stage = \"norwood-vi\"",
            "painted = [{ name = \"a\", outline = [[0, 0.2], [10, 0.2]] }]",
            18,
            &["painted[1].outline", "2 values", "3 to 400"],
        ),
        ("stage = \"norwood-vi\"", "years_per_stage = 0", 18, &["years_per_stage", "1 to 40"]),
        ("colour = \"dark-brown\"", "colour = \"green\"", 21, &["hair.colour", "\"green\"", "dark-brown"]),
        ("units_per_cm2 = 74", "units_per_cm2 = 740", 22, &["units_per_cm2", "740", "30 to 130"]),
        ("shaft_um = 72", "shaft_um = 0.072", 23, &["shaft_um", "0.072", "20 to 130"]),
        (
            "length_mm = 0.5 ",
            "length_mm = 60 ",
            24,
            &["hair.length_mm", "60 mm with look \"shaved\"", "density"],
        ),
        ("length_mm = 0.5 ", "length_mm = -1 ", 24, &["hair.length_mm", "-1", "0 to 1000"]),
        ("whorl = \"clockwise\"", "whorl = \"left\"", 25, &["hair.whorl", "\"left\"", "counter-clockwise"]),
        ("whorl = \"clockwise\"", "whorl_at = [10, 9]", 25, &["hair.whorl_at", "0 to 1.45"]),
        ("ita_deg = 36", "ita_deg = 120", 28, &["skin.ita_deg", "120", "-70 to 80"]),
        ("ita_deg = 36", "ita_deg = 36\nfitzpatrick = \"III\"", 0, &["skin", "more than one description"]),
        ("ita_deg = 36", "fitzpatrick = \"VII\"", 28, &["fitzpatrick", "\"VII\"", "VI"]),
        ("ita_deg = 36", "lab_sce = [60, 10]", 28, &["lab_sce", "2 values", "exactly 3 values"]),
        ("ita_deg = 36", "lab_sce = [60, -90, 10]", 28, &["lab_sce", "a colour of skin"]),
        ("oiliness = \"normal\"", "oiliness = \"greasy\"", 29, &["oiliness", "oily"]),
        ("style = \"natural\"", "style = \"edgeup\"", 32, &["hairline.style", "did you mean \"edge-up\""]),
        ("height_mm = 72 ", "height_mm = 7.2 ", 33, &["hairline.height_mm", "7.2", "35 to 130"]),
        ("height_mm = 72 ", "feather_mm = 0 ", 33, &["feather_mm", "1 to 20"]),
        (
            "height_mm = 72 ",
            "curve = [[60, 0.7], [0, 0.5], [-60, 0.7]] ",
            33,
            &["hairline.curve", "3 points", "at least 5"],
        ),
        (
            "height_mm = 72 ",
            "curve = [[-60, 0.7], [-30, 0.5], [0, 0.5], [30, 0.5], [60, 0.7]] ",
            33,
            &["hairline.curve", "right temple"],
        ),
        (
            "dot_diameter_mm = 0.28 ",
            "dot_diameter_mm = 28 ",
            36,
            &["artist.dot_diameter_mm", "28", "0.08 to 0.8"],
        ),
        ("density_per_cm2 = 150 ", "density_per_mm2 = 1.5 ", 37, &["density_per_mm2", "density_per_cm2"]),
        ("density_per_cm2 = 150 ", "needle_angle_deg = 120 ", 37, &["needle_angle_deg", "45 to 90"]),
        (
            "first_day = 2027-01-11",
            "first_day = \"next week\"",
            40,
            &["sessions.first_day", "next week", "2027-01-15"],
        ),
        ("first_day = 2027-01-11", "first_day = \"2027-02-30\"", 40, &["sessions.first_day", "2027-02-30"]),
        ("first_day = 2027-01-11", "cumulative = [0.5, 0.4, 1.0]", 40, &["sessions.cumulative", "rise"]),
        ("first_day = 2027-01-11", "cumulative = [0.5, 0.7, 0.9]", 40, &["sessions.cumulative", "end at 1"]),
        ("first_day = 2027-01-11", "cumulative = [1.0]", 40, &["sessions.cumulative", "3 to 8 values"]),
        ("first_day = 2027-01-11", "gap_days = [3]", 40, &["gap_days[1]", "found 3", "7 to 120"]),
        ("first_day = 2027-01-11", "max_minutes = 600", 40, &["max_minutes", "600", "60 to 300"]),
        (
            "\"2027-02-19/2027-02-28\"",
            "\"2027-01-01/2032-12-31\"",
            41,
            &["sessions.blocked", "no free day for session 1 from 2027-01-11", "at least one free"],
        ),
        ("height_mm = 72 ", "temporal_peak_mm = 5 ", 33, &["hairline.temporal_peak_mm", "15 to 60"]),
        ("height_mm = 72 ", "middle_third_mm = 6.4 ", 33, &["hairline.middle_third_mm", "40 to 100"]),
        ("first_day = 2027-01-11", "weekdays = []", 40, &["sessions.weekdays", "at least one weekday"]),
        ("first_day = 2027-01-11", "weekdays = [\"mon\"]", 40, &["weekdays[1]", "monday"]),
        ("first_day = 2027-01-11", "start_time = \"10:30\"", 40, &["start_time", "time_zone"]),
        (
            "first_day = 2027-01-11",
            "start_time = \"25:00\"\ntime_zone = \"Europe/Berlin\"",
            40,
            &["start_time", "25:00"],
        ),
        ("first_day = 2027-01-11", "time_zone = \"Berlin\"", 40, &["time_zone", "Europe/Berlin"]),
        ("\"2027-01-25\"", "\"2027-13-25\"", 41, &["blocked[1]", "2027-13-25"]),
        ("2027-02-19/2027-02-28", "2027-02-28/2027-02-19", 41, &["blocked[2]", "2027-02-28/2027-02-19"]),
        ("to = \"2027-04-20\"", "to = \"2027-04-01\"", 0, &["occasions[1]", "first not after the last"]),
        ("kind = \"sun-or-swim\"", "kind = \"swim\"", 47, &["occasions[1].kind", "sun-or-swim"]),
        (
            "currency = \"EUR\"",
            "currency = \"Euro\"",
            52,
            &["studio.currency", "Euro", "three capital letters"],
        ),
        ("currency = \"EUR\"", "paper = \"a3\"", 52, &["studio.paper", "a4"]),
        ("[studio]", "[[scars]]\nkind = \"line\"\n[studio]", 50, &["scars[1].kind", "strip"]),
        ("[studio]", "[[scars]]\nlength_mm = 30\n[studio]", 49, &["scars[1].kind", "nothing"]),
        (
            "[studio]",
            "[[scars]]\nkind = \"strip\"\nlength_mm = 30\nwidth_mm = 35\n[studio]",
            52,
            &["scars[1].width_mm", "longer than wide"],
        ),
        ("[studio]", "[[spots]]\nat = [0, 0.4]\n[studio]", 49, &["spots[1].diameter_mm", "nothing"]),
    ];
    assert!(broken.len() >= 60);
    let mut wrong = Vec::new();
    for (n, (old, new, line, fragments)) in broken.iter().enumerate() {
        assert!(good.contains(old), "row {n}: the example has no {old:?}");
        let text = good.replacen(old, new, 1);
        in_folder(|folder| {
            std::fs::write(folder.join("case.toml"), &text).expect("the case is written");
            let run = hairline(folder, &["plan", "case.toml", "-o", "out"], &[]);
            let place = if *line > 0 { format!("case.toml:{line}:") } else { "case.toml:".to_owned() };
            let missing: Vec<&str> =
                fragments.iter().copied().chain([place.as_str()]).filter(|f| !run.err.contains(f)).collect();
            if run.code != 2 || !missing.is_empty() || folder.join("out").exists() {
                wrong.push(format!("row {n} ({new:?}): code {}, without {missing:?}: {}", run.code, run.err));
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_that_are_no_case_are_refused() {
    let json_cut = br#"{"look": "shaved", "head": {"#;
    let rows: &[(&[u8], &str)] = &[
        (b"", "empty file"),
        (b"   \n\n", "empty file"),
        (b"\xff\xfe\x00look", "not text"),
        (json_cut, "not JSON"),
        (br#"{"look": "shaved",}"#, "not JSON"),
        (br#"{"look": "shaved" /* sure */}"#, "not JSON"),
        (br#"{"look": "shaved", "hed": {}}"#, "did you mean `head`"),
        (
            b"{\"look\": \"shaved\",\n\"look\": \"scar\"}",
            "case:2: found not JSON: the key \"look\" stands twice",
        ),
        (b"[1, 2]", "not TOML"),
        (b"look = ", "not TOML"),
        (b"PK\x03\x04\x00\x00", "not TOML"),
    ];
    for (bytes, fragment) in rows {
        in_folder(|folder| {
            std::fs::write(folder.join("case"), bytes).expect("the file is written");
            let run = hairline(folder, &["plan", "case", "-o", "out"], &[]);
            assert_eq!(run.code, 2, "{fragment}: {}", run.err);
            assert!(run.err.contains(fragment), "no {fragment:?} in {}", run.err);
            assert!(!folder.join("out").exists());
        });
    }
}

#[test]
fn files_a_case_names_are_asked_for_by_field() {
    let good = include_str!("../../plan/cases/shaved-norwood6.toml");
    /// What stands in the good case, what replaces it, the file beside it, and what the message must name.
    type Row<'a> = (&'a str, &'a str, Option<&'a [u8]>, &'a [&'a str]);
    let rows: &[Row] = &[
        (
            "[head.measurements]",
            "[head]\nscan = \"none.glb\"\n[head.measurements]",
            None,
            &["head.scan", "none.glb", "no such file"],
        ),
        (
            "[head.measurements]",
            "[head]\nscan = \"beside\"\n[head.measurements]",
            Some(b""),
            &["beside", "empty"],
        ),
        (
            "[head.measurements]",
            "[head]\nscan = \"beside\"\n[head.measurements]",
            Some(b"solid nothing\nendsolid\n"),
            &["beside"],
        ),
        (
            "colour = \"dark-brown\"",
            "positions = \"beside\"",
            Some(b"x_mm,y_mm\n1,2\n"),
            &["beside:1", "z_mm"],
        ),
        (
            "colour = \"dark-brown\"",
            "positions = \"beside\"",
            Some(b"x_mm,y_mm,z_mm\n1,2,up\n"),
            &["beside:2", "\"up\""],
        ),
        (
            "colour = \"dark-brown\"",
            "positions = \"beside\"",
            Some(b"x_mm,y_mm,z_mm\n0.01,0.13,0.02\n0.02,0.13,0.01\n"),
            &["hair.positions", "mm from the skin", "head frame"],
        ),
        (
            "[sessions]",
            "[earlier]\ndots = \"old.csv\"\n[sessions]",
            None,
            &["earlier.dots", "old.csv", "no such file"],
        ),
    ];
    for (old, new, beside, fragments) in rows {
        in_folder(|folder| {
            std::fs::write(folder.join("case.toml"), good.replacen(old, new, 1))
                .expect("the case is written");
            if let Some(bytes) = beside {
                std::fs::write(folder.join("beside"), bytes).expect("the file is written");
            }
            let run = hairline(folder, &["plan", "case.toml", "-o", "out"], &[]);
            assert_eq!(run.code, 2, "{new}: {}", run.err);
            for fragment in *fragments {
                assert!(run.err.contains(fragment), "{new}: no {fragment:?} in {}", run.err);
            }
            assert!(!folder.join("out").exists());
        });
    }
}

#[test]
fn a_folder_with_other_files_is_refused_unless_forced() {
    in_folder(|folder| {
        std::fs::create_dir(folder.join("out")).expect("a folder");
        std::fs::write(folder.join("out/diary.txt"), "mine").expect("a file");
        let case = hairline(folder, &["example", "scar-strip"], &[]).out;
        std::fs::write(folder.join("case.toml"), case).expect("the case is written");
        let run = hairline(folder, &["plan", "case.toml", "-o", "out"], &[]);
        assert_eq!(run.code, 2);
        assert!(
            run.err.contains("out: the folder holds other files") && run.err.contains("--force"),
            "{}",
            run.err
        );
        assert_eq!(std::fs::read_to_string(folder.join("out/diary.txt")).expect("still there"), "mine");

        let planned =
            |more: &[&str]| hairline(folder, &[&["plan", "case.toml", "-o", "out"], more].concat(), &[]);
        assert_eq!(planned(&["--force"]).code, 0);
        assert!(folder.join("out/plan.json").is_file());
        let diary = || std::fs::read_to_string(folder.join("out/diary.txt")).expect("still there");
        assert_eq!(diary(), "mine");
        // A plan does not make the rest of its folder ours, nor does a file of the plan's name make it a plan.
        assert_eq!(planned(&[]).code, 2);
        assert_eq!(diary(), "mine");
        std::fs::remove_file(folder.join("out/diary.txt")).expect("removed");
        std::fs::write(folder.join("out/preview/holiday.jpg"), "mine").expect("a file");
        assert_eq!(planned(&[]).code, 2);
        std::fs::remove_file(folder.join("out/preview/holiday.jpg")).expect("removed");
        let plan = std::fs::read(folder.join("out/plan.json")).expect("a plan");
        std::fs::write(folder.join("out/plan.json"), "{\"format\": \"floor-plan/1\"}").expect("a file");
        assert_eq!(planned(&[]).code, 2);
        std::fs::write(folder.join("out/plan.json"), plan).expect("a file");
        // A plan's own folder is replaced without asking, also through a link, and no scratch folder is left.
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("out", folder.join("link")).expect("a link");
            assert_eq!(hairline(folder, &["plan", "case.toml", "-o", "link"], &[]).code, 0);
            assert!(folder.join("link").is_symlink() && folder.join("out/plan.json").is_file());
            std::fs::remove_file(folder.join("link")).expect("removed");
        }
        assert_eq!(planned(&[]).code, 0);
        let names: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder")
            .flatten()
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        assert!(names.iter().all(|n| ["case.toml", "out"].contains(&n.as_str())), "{names:?}");
    });
}

#[test]
fn wrong_arguments_say_what_is_allowed() {
    for (arguments, fragment) in [
        (&["plan"][..], "CASE"),
        (&["plan", "nowhere.toml", "-o", "out"], "nowhere.toml: there is no such file"),
        (&["plan", ".", "-o", "out"], "folder, not a file"),
        (&["example", "norwood"], "hairline-norwood3, shaved-norwood6, density-partline, scar-strip"),
        (&["schema", "plan"], "case"),
        (&["dots", "x.ply"], "--n"),
        (&["dots", "x.ply", "--n", "0"], "1..=5000000"),
        (&["--threads", "0", "example"], "1..=512"),
        (&["head", "nowhere.glb"], "nowhere.glb: there is no such file"),
    ] {
        in_folder(|folder| {
            let run = hairline(folder, arguments, &[]);
            assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
            assert!(run.err.contains(fragment), "{arguments:?}: no {fragment:?} in {}", run.err);
        });
    }
}
