//! `hairline shade`: the match in words, tables, plots, and the card to print.

mod support;

use serde_json::Value;
use support::{hairline, in_folder};

const CASE: &str =
    "look = \"shaved\"\n[loss]\nstage = \"norwood-iv\"\n[hair]\ncolour = \"brown\"\n[skin]\nita_deg = 40\n";

#[test]
fn the_match_is_said_and_written_with_its_runners_up_and_a_card() {
    in_folder(|folder| {
        std::fs::write(folder.join("case.toml"), CASE).expect("written");
        let run = hairline(folder, &["shade", "case.toml", "-o", "out", "--threads", "1"], &[]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(
            run.out.contains("own stubble")
                && run.out.contains("zone \"body\"")
                && run.out.contains("assumed:")
        );
        let read = |name: &str| {
            std::fs::read(folder.join("out").join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
        };
        let json: Value = serde_json::from_slice(&read("shade.json")).expect("JSON");
        assert_eq!(json["format"], "hairline-shade/1");
        let zone = &json["match"]["zones"][0];
        assert_eq!(zone["shade"], zone["choice"]["shade"]);
        assert!(zone["runners_up"].as_array().is_some_and(|r| r.len() >= 2));
        let csv = String::from_utf8(read("shade.csv")).expect("text");
        let columns = csv.lines().next().map(|l| l.split(',').count());
        assert!(csv.lines().count() > 6 && csv.lines().all(|l| Some(l.split(',').count()) == columns));
        for png in ["swatches.png", "texture.png"] {
            // PNG with an sRGB chunk.
            let bytes = read(png);
            assert!(bytes.starts_with(b"\x89PNG") && bytes.windows(4).any(|w| w == b"sRGB"), "{png}");
        }
        for svg in ["swatches.svg", "texture.svg"] {
            assert!(String::from_utf8(read(svg)).is_ok_and(|t| t.starts_with("<svg")), "{svg}");
        }
        let card = read("shade-card.pdf");
        assert!(card.starts_with(b"%PDF") && card.windows(8).any(|w| w == b"ICCBased"));
        assert!(!card.windows(9).any(|w| w == b"DeviceRGB"), "every colour by the profile");
        // Again, on more threads, into the same folder: the same bytes.
        let again = hairline(folder, &["shade", "case.toml", "-o", "out", "--threads", "3"], &[]);
        assert_eq!((again.code, again.out), (0, run.out));
        assert!(read("shade-card.pdf") == card && read("shade.csv") == csv.as_bytes());
    });
}

#[test]
fn a_plan_uses_what_the_match_chose() {
    in_folder(|folder| {
        std::fs::write(folder.join("case.toml"), CASE).expect("written");
        let run = hairline(folder, &["shade", "case.toml", "--json"], &[]);
        let shade: Value = serde_json::from_str(&run.out).expect("JSON");
        assert_eq!(hairline(folder, &["plan", "case.toml", "-o", "plan"], &[]).code, 0);
        let text = std::fs::read_to_string(folder.join("plan/plan.json")).expect("a plan");
        let plan: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(plan["match"], shade["match"]);
        let wanted = &shade["match"]["zones"][0]["shade"];
        assert_eq!(&plan["case"]["artist"]["shades"]["body"], wanted);
        let body = plan["zones"].as_array().and_then(|z| z.iter().position(|z| z["kind"] == "body"));
        let last = plan["sessions"].as_array().and_then(|s| s.last()).expect("a session");
        let passes = last["passes"].as_array().expect("passes");
        let pass = passes.iter().find(|p| p["zone"].as_u64() == body.map(|b| b as u64));
        assert_eq!(pass.map(|p| &p["shade"]), Some(wanted));
    });
}

#[test]
fn an_impossible_colour_is_refused_and_nothing_written() {
    in_folder(|folder| {
        let text = format!("{CASE}[matching]\npatch_lab_sce = [140, 0, 0]\n");
        std::fs::write(folder.join("case.toml"), text).expect("written");
        let run = hairline(folder, &["shade", "case.toml", "-o", "out"], &[]);
        assert_eq!(run.code, 2);
        assert!(run.err.contains("matching.patch_lab_sce") && run.err.contains("140"), "{}", run.err);
        assert!(!folder.join("out").exists());
    });
}
