//! The client's report, read back as a screen reader reads it.

mod paper;

use hairline_plan::case::{self, EXAMPLES};
use hairline_plan::design::Known;
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::{Plan, make_plan};
use hairline_view::pdf::Block;
use hairline_view::picture::{Image, PictureFile};
use hairline_view::report::{blocks, report_pdf};

fn plan(name: &str, change: impl Fn(&str) -> String) -> Plan {
    let (_, text) = EXAMPLES.iter().find(|e| e.0 == name).unwrap();
    let case = case::read(name, change(text).as_bytes()).unwrap();
    let source = head_from_measurements(&case).unwrap();
    make_plan(&case, source, &Known::default(), "test", &mut |_| {}).unwrap().plan
}

/// Small grey pictures under every name that `preview/` has.
fn pictures(plan: &Plan) -> Vec<PictureFile> {
    let moments = hairline_plan::forecast::moments(plan.sessions.len());
    let views = ["front", "left", "right", "top", "back"];
    let mut files = vec![];
    for (i, moment) in moments.iter().enumerate() {
        for view in views {
            let shade = 40 + 9 * i as u8;
            let image = Image { width: 40, height: 40, rgb: vec![shade; 40 * 40 * 3] };
            files.push(PictureFile { file: format!("preview/{view}-{}.png", moment.name), image });
        }
    }
    files
}

/// What a reader should hear, block by block.
fn intended(blocks: &[Block], out: &mut Vec<String>) {
    let plain = |text: &str| text.replace("**", "");
    for block in blocks {
        match block {
            Block::Title { title, subtitle } => out.extend([title.clone(), subtitle.clone()]),
            Block::Heading(_, text) => out.push(text.clone()),
            Block::Text(text) | Block::Small(text) => out.push(plain(text)),
            Block::Bullets(items) => out.extend(items.iter().map(|i| format!("• {}", plain(i)))),
            Block::Terms(terms) | Block::Facts(terms) => {
                out.extend(terms.iter().map(|(a, b)| format!("{a} {}", plain(b))));
            }
            Block::Table(table) => {
                out.extend(table.columns.iter().map(|c| c.title.clone()));
                let cell = |c: &String| if c.is_empty() { "–".to_string() } else { plain(c) };
                out.extend(table.rows.iter().flatten().map(cell));
            }
            Block::Figures { figures, .. } => out.extend(figures.iter().map(|f| f.caption.clone())),
            Block::Drawing { caption, .. } => out.push(caption.clone()),
            Block::Callout { title, body, .. } => {
                out.push(title.clone());
                intended(body, out);
            }
            Block::Space(_) | Block::NewPage | Block::Need(_) => {}
        }
    }
}

#[test]
fn every_example_is_read_in_the_intended_order() {
    for (name, _) in EXAMPLES {
        let plan = plan(name, str::to_owned);
        let pictures = pictures(&plan);
        let bytes = report_pdf(&plan, &pictures).unwrap();
        let path = paper::keep(&format!("report-{name}.pdf"), &bytes);
        paper::check_pdf(&path);
        let mut expected = vec![];
        intended(&blocks(&plan, &pictures).unwrap(), &mut expected);
        // Labels drawn into the chart are part of its figure; they stand where the figure stands.
        let heard = paper::tagged_text(&path);
        let mut at = 0;
        for words in &expected {
            let words = paper::fold(words);
            let found = heard[at..].find(&words).unwrap_or_else(|| {
                panic!(
                    "{name}: after {:?} comes not {words:?} but {:?}",
                    &heard[at.saturating_sub(60)..at],
                    &heard[at..(at + 200).min(heard.len())]
                )
            });
            assert!(found < 160, "{name}: before {words:?} stands {:?}", &heard[at..at + found]);
            at += found + words.len();
        }
        assert!(heard.len() - at < 10, "{name}: after the end stands {:?}", &heard[at..]);
    }
}

#[test]
fn every_chapter_is_there_and_every_day_of_every_session() {
    let plan = plan("shaved-norwood6", str::to_owned);
    let bytes = report_pdf(&plan, &pictures(&plan)).unwrap();
    assert_eq!(bytes, report_pdf(&plan, &pictures(&plan)).unwrap());
    let path = paper::keep("report.pdf", &bytes);
    let text = paper::tagged_text(&path);
    for chapter in [
        "What it is, and what it is not",
        "Your plan",
        "Before and after",
        "Your sessions",
        "How it grows",
        "What is used",
        "What it costs",
        "After each session, day by day",
        "Back to work, sport and sun",
        "What is normal",
        "when to call",
        "Emergency",
        "See a doctor",
        "Call the studio",
        "Normal: look after it",
        "What fades",
        "Without any touch-up",
        "Ten and twenty years on",
        "Other ways, over ten years",
        "Questions to ask",
        "Words",
        "Where the numbers come from",
        "needs clinical sign-off",
    ] {
        assert!(text.contains(chapter), "{chapter}");
    }
    // The first day of sport after the last session is in the table of days.
    let last = plan.sessions.last().unwrap().when.date.unwrap();
    let day = last.checked_add(jiff::Span::new().days(10)).unwrap().strftime("%-d %b").to_string();
    assert!(text.contains(&day), "{day}");
    // Screen readers find the pictures' words.
    let tree = paper::run("pdfinfo", &["-struct", path.to_str().unwrap()]);
    assert!(tree.matches("Figure").count() >= 4 + plan.sessions.len() + 4 + 2, "{tree}");
}

#[test]
fn without_a_first_day_days_are_counted_and_without_pictures_it_still_reads() {
    let undated = |t: &str| {
        let kept = |l: &&str| !["first_day", "blocked"].iter().any(|k| l.trim_start().starts_with(k));
        t.lines().filter(kept).collect::<Vec<_>>().join("\n")
    };
    let plan = plan("scar-strip", undated);
    let path = paper::keep("report-undated.pdf", &report_pdf(&plan, &[]).unwrap());
    paper::check_pdf(&path);
    let text = paper::tagged_text(&path);
    assert!(text.contains("Day 0") && text.contains("Day 14") && text.contains("day 24"), "{text}");
    let info = paper::run("pdfinfo", &[path.to_str().unwrap()]);
    assert!(!info.contains("CreationDate"), "no clock: {info}");
}
