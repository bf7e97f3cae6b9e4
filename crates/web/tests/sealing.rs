//! The server seals the history by itself, keeps the newest seal with the files, and does not seal on where the database has
//! lost what the files know.

mod visitor;

use std::time::{Duration, Instant};

use hairline_studio::files::Files;
use hairline_studio::permission::Role;
use hairline_studio::store::Error;
use hairline_studio::store::jobs::{self, NewJob};
use hairline_studio::store::seals::{self, SEAL, Seal};
use hairline_web::Config;
use hairline_web::jobs::runner::Runner;
use visitor::{Visitor, demo};

async fn until(visitor: &mut Visitor, path: &str, words: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let page = visitor.page(path).await;
        if page.contains(words) {
            return;
        }
        assert!(Instant::now() < end, "no {words:?} in {page}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_sealed_and_a_lost_seal_is_a_job_that_failed() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = Files::in_folder(folder.path()).expect("a folder for files");
    let demo = demo(Config { demo: true, sign_in_limit: None, rate_limit: None, ..Config::default() });
    demo.app.keep_files(files.clone());
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    let runner = Runner::start(demo.app.clone());
    until(&mut owner, "/staff/jobs?list=done", "Seal the history").await;
    let newest = demo.office.read(|desk| seals::newest(desk.tx)).await.expect("reads").expect("a seal");
    assert!(newest.number == 1 && newest.events > 100, "{newest:?}");
    let outside = files.checkpoints().await.expect("reads");
    assert_eq!(outside.get(&newest.chain.0).and_then(|bytes| Seal::from_bytes(bytes)), Some(newest.clone()));

    let cut = demo.office.write(|desk| {
        desk.tx.execute("drop trigger seals_remain", &[])?;
        desk.tx.execute("delete from seals", &[])?;
        let (about, due_us) = (desk.tx.chain()?.0, desk.fresh.now_us());
        jobs::add(desk.tx, &[NewJob { kind: SEAL, about, body: String::new(), due_us }], &mut desk.fresh)
    });
    cut.await.unwrap_or_else(|e: Error| panic!("{e}"));
    until(&mut owner, "/staff/jobs", "the files know 1, the database ends with 0").await;
    assert_eq!(demo.office.read(|desk| seals::newest(desk.tx)).await, Ok::<_, Error>(None));
    assert_eq!(files.checkpoints().await.expect("reads"), outside, "what the files know stays");
    runner.end().await;
}
