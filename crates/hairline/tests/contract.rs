//! The running server against its own description: schemathesis asks everything that the description allows and much that
//! it does not, and every answer has to be one that is described.

mod served;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use served::Server;

#[test]
fn every_answer_is_described() {
    let tools = std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/schemathesis.toml");
    support::in_folder(|folder| {
        let server = Server::new(folder.to_str().expect("UTF-8"), None);
        let mut child = server.start();
        // Without a studio and a service that are there, nothing but 404 is tried.
        let wanted = server.free_times(1, 1, 1).swap_remove(0);
        let (day, _) = wanted.start.split_once('T').expect("an instant");
        let settings = std::fs::read_to_string(settings).expect("the settings are there");
        let values = format!(
            "[parameters]\n\"query.studio\" = \"{}\"\n\"query.service\" = \"{}\"\n\"query.from\" = \"{day}\"\n\
             \"query.to\" = \"{day}\"\n",
            wanted.studio, wanted.service
        );
        let file = folder.join("schemathesis.toml");
        std::fs::write(&file, format!("{settings}\n{values}")).expect("written");
        let ran = Command::new(PathBuf::from(tools).join("venv/bin/schemathesis"))
            .arg("--config-file")
            .arg(&file)
            .args(["run", &format!("http://{}/api/openapi.json", server.address)])
            .args([
                "--checks",
                "all",
                "--phases",
                "examples,coverage,fuzzing,stateful",
                "--max-examples",
                "40",
            ])
            .args(["--seed", "1", "--continue-on-failure", "--no-color", "--warnings", "off"])
            .current_dir(folder)
            .output()
            .expect("schemathesis runs");
        child.kill().expect("it runs");
        child.wait().expect("it has ended");
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
        assert!(said.contains(" generated, "), "it tried something: {said}");
    });
}
