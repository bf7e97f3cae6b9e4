//! `hairline serve --tls` and foreign clients: one that installs the local authority, one that knows the authority of the files.

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

#[test]
fn a_device_that_installs_the_local_authority_trusts_the_server_and_nothing_more() {
    let tools = std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/check_tls.py");
    support::in_folder(|folder| {
        let mut server = Command::new(env!("CARGO_BIN_EXE_hairline"))
            .args(["serve", "--demo", "--tls", "self", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let ready = lines.find(|line| line.contains("is ready at https://")).expect("it starts");
        let printed = lines.find_map(|line| line.trim().strip_prefix("SHA-256 ").map(str::to_owned));
        let port = ready.rsplit(':').next().expect("a port").to_owned();
        let out = Command::new(PathBuf::from(tools).join("venv/bin/python")).arg(script).arg(port).output();
        server.kill().expect("it runs");
        server.wait().expect("it has ended");

        let out = out.expect("python runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let found: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        assert_eq!(found["fingerprint"].as_str(), printed.as_deref(), "what is printed is what is given out");
        assert_eq!(found["on_page"], true);
        assert_eq!(found["trusted"], json!([200, "ready\n"]));
        assert_eq!(found["by_address"], 200);
        assert!(found["hsts"].as_str().is_some_and(|hsts| hsts.starts_with("max-age=")), "{found}");
        assert!(found["other_name"].as_str().is_some_and(|why| why.contains("studio.example")), "{found}");
        assert_ne!(found["not_installed"], "", "a device that trusts nobody new refuses");
        assert_eq!(found["plain"][0], 308);
        let place = found["plain"][1].as_str().expect("a place");
        assert!(place.starts_with("https://127.0.0.1:") && place.ends_with("/studios?near=Leeds"), "{place}");
        assert_eq!(found["sign_in_leads_to_trust"], true);
    });
}

/// A certificate of one's own authority in files, as a studio has one from a public authority.
#[test]
fn a_certificate_from_files_is_shown_and_what_it_does_not_vouch_for_is_refused() {
    let tools = std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/ask_tls.py");
    support::in_folder(|folder| {
        let made = rcgen::generate_simple_self_signed(["studio.example".to_owned()]).expect("a certificate");
        let (certificate, key) = (folder.join("chain.pem"), folder.join("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).expect("written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        let mut server = Command::new(env!("CARGO_BIN_EXE_hairline"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--public-url", "https://studio.example"])
            .args(["--data", folder.join("data").to_str().expect("UTF-8"), "--tls"])
            .args([&certificate, &key])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let ready = lines.find(|line| line.contains("is ready at https://")).expect("it starts");
        // What it prints afterwards must not find its output closed.
        let rest = std::thread::spawn(move || lines.collect::<Vec<String>>());
        let port = ready.rsplit(':').next().expect("a port").to_owned();
        let python = PathBuf::from(tools).join("venv/bin/python");
        let out = Command::new(python).arg(script).arg(port).arg(&certificate).output();
        server.kill().expect("it runs");
        server.wait().expect("it has ended");
        let said = rest.join().expect("read");
        assert!(!said.iter().any(|line| line.contains("SHA-256")), "no authority of its own: {said:?}");

        let out = out.expect("python runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let found: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        assert_eq!(found["trusted"], json!([200, "ready\n"]));
        assert_eq!(found["same"], true, "the certificate of the file, and no other");
        assert!(found["hsts"].as_str().is_some_and(|hsts| hsts.starts_with("max-age=")), "{found}");
        assert!(found["other_name"].as_str().is_some_and(|why| why.contains("other.example")), "{found}");
        assert_ne!(found["not_trusted"], "", "who does not know the authority refuses");
        assert_eq!(found["old"], false, "TLS 1.1 is not spoken");
    });
}

#[test]
fn what_is_wrong_with_tls_is_said() {
    support::in_folder(|folder| {
        for (tls, said) in [
            (&["missing.pem", "key.pem"][..], "missing.pem"),
            (&["other"], "CERT KEY"),
            (&["self", "--public-url", "https://studio.example"], "studio.example"),
        ] {
            let run = support::hairline(folder, &[&["serve", "--data", "data", "--tls"], tls].concat(), &[]);
            assert_eq!(run.code, 2, "{tls:?}: {}", run.err);
            assert!(run.err.contains(said), "{tls:?}: {}", run.err);
        }
    });
}
