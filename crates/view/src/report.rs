//! `report.pdf`: the plan as a client takes it home, in plain words.
//!
//! The chapters are blocks ([`crate::pdf`]), one function each, in the order of [`blocks`]. Care texts come from
//! [`hairline_plan::care`]; what is an assumption says so where it stands.

use hairline_plan::Plan;
use hairline_plan::care;
use hairline_plan::case::Look;
use hairline_plan::forecast::YEARS;
use hairline_plan::plan::SessionPlan;
use hairline_plan::warnings::Warning;
use rayon::prelude::*;

use crate::chart::{Chart, lay_out};
use crate::pdf::{Block, Column, Figure, Fonts, Frame, Metadata, PdfError, Table, flow, footers};
use crate::picture::PictureFile;

mod after;
mod course;
mod design;
mod picture;
mod shade;
mod years;

/// The report of a plan with pictures from `preview/`; a picture that is not among them is left out.
pub fn report_pdf(plan: &Plan, pictures: &[PictureFile]) -> Result<Vec<u8>, PdfError> {
    let fonts = Fonts::new();
    let frame = Frame { paper: plan.case.studio.paper, footer: footer(plan), foot_mm: 0.0 };
    let mut book = flow(&blocks(plan, pictures)?, &frame, &fonts)?;
    footers(&mut book, &frame, &fonts);
    let first = plan.sessions.first().and_then(|s| s.when.date);
    let metadata = Metadata {
        title: title(plan),
        description: "A scalp micropigmentation plan: sessions, pictures, cost, aftercare.".to_string(),
        language: "en-GB".to_string(),
        date: first.map(|d| (d.year(), d.month() as u8, d.day() as u8)),
    };
    book.write(&metadata, &fonts)
}

/// Everything the report says, in reading order.
pub fn blocks(plan: &Plan, pictures: &[PictureFile]) -> Result<Vec<Block>, PdfError> {
    let shelf = Shelf::new(plan, pictures)?;
    let mut blocks = design::cover(plan, &shelf);
    blocks.extend(design::what_it_is(plan));
    blocks.extend(design::your_plan(plan, &shelf));
    blocks.extend(shade::colour(plan));
    blocks.extend(course::sessions(plan, &shelf));
    blocks.extend(course::cost(plan));
    blocks.extend(after::day_by_day(plan));
    blocks.extend(after::healing(plan)?);
    blocks.extend(years::fading(plan, &shelf)?);
    blocks.extend(years::ten_years_on(plan, &shelf));
    blocks.extend(years::other_ways(plan));
    blocks.extend(questions(plan));
    blocks.extend(sources(plan));
    // Last, so that it is the back of the printed report and found at once.
    blocks.extend(after::when_to_call(plan));
    Ok(blocks)
}

/// A warning where words of the case have characters that the built-in typeface lacks.
pub fn unprintable(plan: &Plan) -> Option<Warning> {
    let fonts = Fonts::new();
    let case = &plan.case;
    let fields = [
        ("title", case.title.as_str()),
        ("studio.name", case.studio.name.as_str()),
        ("studio.contact", case.studio.contact.as_str()),
    ];
    let painted = case.loss.painted.iter().map(|z| ("loss.painted", z.name.as_str()));
    let occasions = case.sessions.occasions.iter().map(|o| ("sessions.occasions", o.name.as_str()));
    let mut names: Vec<&str> = vec![];
    for (field, words) in fields.into_iter().chain(painted).chain(occasions) {
        if !fonts.missing(words).is_empty() && !names.contains(&field) {
            names.push(field);
        }
    }
    (!names.is_empty()).then(|| {
        Warning::new(
            "unprintable",
            format!(
                "{} has letters that the typeface of report.pdf and stencil.pdf lacks: they print as boxes there. Latin, \
                 Greek and Cyrillic letters print; plan.json and course.ics keep every letter",
                names.join(", ")
            ),
            "the built-in typeface, Source Sans 3",
        )
    })
}

fn title(plan: &Plan) -> String {
    let look = match plan.case.look {
        Look::Shaved => "Your shaved look",
        Look::Density => "Fuller-looking hair",
        Look::Hairline => "Your new hairline",
        Look::Scar => "Your scar, blended in",
    };
    look.to_string()
}

fn footer(plan: &Plan) -> String {
    let studio = &plan.case.studio;
    [plan.title.as_str(), studio.name.as_str(), studio.contact.as_str()]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .join("  ·  ")
}

/// Side of the smaller pictures: 180 dots an inch at the width of half a page.
const SMALL_PX: usize = 560;
/// Side of a close-up: 300 dots an inch at the width of half a page, so that single dots stay crisp.
const CLOSE_UP_PX: usize = 940;
/// Longer side of the strip of fading: 200 dots an inch over the page.
const STRIP_PX: usize = 1300;

/// The pictures that the report shows, made ready for paper.
struct Shelf {
    /// Name and JPEG.
    ready: Vec<(String, Vec<u8>)>,
}

impl Shelf {
    /// Prepares the pictures that the chapters ask for.
    fn new(plan: &Plan, pictures: &[PictureFile]) -> Result<Shelf, PdfError> {
        let sessions = plan.sessions.len();
        let (best, second) = (design::best_view(plan), design::second_view(plan));
        let mut wanted = vec![(format!("{best}-session-{sessions}-healed"), 1000)];
        wanted.extend((1..sessions).map(|n| (format!("{best}-session-{n}-healed"), SMALL_PX)));
        wanted.push((format!("{best}-before"), SMALL_PX));
        wanted.push((format!("{second}-before"), SMALL_PX));
        wanted.push((format!("{second}-session-{sessions}-healed"), SMALL_PX));
        wanted.extend(design::close_ups(plan).map(|(moment, _)| (format!("closeup-{moment}"), CLOSE_UP_PX)));
        for years in years::LATER {
            wanted.extend([best, second].map(|view| (format!("{view}-later-{years}"), SMALL_PX)));
        }
        wanted.extend(YEARS.map(|y| (format!("{}-year-{y}", years::view(plan)), SMALL_PX)));
        wanted.push(("fade-strip".to_owned(), STRIP_PX));
        let found = |name: &str| pictures.iter().find(|p| p.file == format!("preview/{name}.png"));
        let ready = wanted
            .into_par_iter()
            .filter_map(|(name, side)| found(&name).map(|p| (name, side, &p.image)))
            .map(|(name, side, image)| match picture::for_paper(image, side) {
                Ok(jpeg) => Ok((name, jpeg)),
                Err(reason) => Err(PdfError::Picture { alt: name, reason }),
            })
            .collect::<Result<_, PdfError>>()?;
        Ok(Shelf { ready })
    }

    /// A figure of a view at a moment, if there is a picture of it.
    fn figure(&self, view: &str, moment: &str, alt: String, caption: String) -> Option<Figure> {
        let name = format!("{view}-{moment}");
        let picture = self.ready.iter().find(|(n, _)| *n == name)?.1.clone();
        Some(Figure { picture, alt, caption })
    }
}

/// Width and height of a chart, mm.
const CHART_MM: [f64; 2] = [160.0, 78.0];

/// A chart with its text below.
fn drawn(chart: Chart, caption: &str) -> Result<Block, PdfError> {
    Ok(lay_out(&chart, CHART_MM, &Fonts::new())?.into_block(caption.to_owned()))
}

/// Pictures side by side, if there are any.
fn figures(columns: usize, width_share: f64, figures: Vec<Option<Figure>>) -> Vec<Block> {
    let figures: Vec<Figure> = figures.into_iter().flatten().collect();
    if figures.is_empty() { vec![] } else { vec![Block::Figures { columns, width_share, figures }] }
}

fn questions(plan: &Plan) -> Vec<Block> {
    vec![
        heading("Questions to ask before you say yes"),
        Block::Bullets(care::questions(&plan.case).into_iter().map(str::to_string).collect()),
        heading("Words"),
        Block::Terms(
            care::glossary(&plan.case)
                .into_iter()
                .map(|(word, meaning)| (word.to_string(), meaning.to_string()))
                .collect(),
        ),
    ]
}

fn sources(plan: &Plan) -> Vec<Block> {
    let measures: Vec<String> = plan
        .head
        .measures
        .iter()
        .map(|m| match m.measured_mm {
            Some(taken) => {
                format!("{} {taken:.0} mm (measured)", m.name.replace("_mm", "").replace('_', " "))
            }
            None => {
                format!("{} {:.0} mm (filled in)", m.name.replace("_mm", "").replace('_', " "), m.used_mm)
            }
        })
        .collect();
    let mut notes = vec![
        format!("Your head: {}. {}.", plan.head.accuracy, measures.join(", ")),
        format!("Fading: {}.", plan.forecast.note),
        "Pictures: computed from this plan with the skin tone and hair of your case; light, camera and the colour of healed dots are a model, not a photograph. A screen and a printer change colours.".to_string(),
        format!("Aftercare, healing and warning signs: collected from published lists of clinics, studios and medical papers; every source is listed in {}, sections smp 5.1 to 5.4. Sources disagree on some days; this report follows the stricter usual ones, and a studio may change them.{}", plan.sources, if care::Wear::of(&plan.case) == care::Wear::Long { " The published lists are written for shaved heads: the rules for long hair are derived from them." } else { "" }),
        format!("Table of warning signs: version {}. It is no medical advice and does not replace a doctor.", care::TRIAGE_VERSION),
        "No study has counted side effects of scalp micropigmentation; problems are uncommon in the small series that were published (183 people in all), and not well measured.".to_string(),
        format!("Cost: {}. {}", plan.quote.note, years::price_sources(plan)),
    ];
    let for_artist = plan.warnings.iter().filter(|w| design::FOR_THE_ARTIST.contains(&w.code.as_str()));
    notes.extend(for_artist.map(|w| format!("For the artist: {}", design::sentence(&w.text))));
    if plan.left_out > 0 {
        notes.push(format!("{} dots found no place between hairs and were left out.", plan.left_out));
    }
    notes.push(format!("Made with hairline {} from case seed {}.", plan.program_version, plan.seed));
    let mut blocks = vec![heading("Where the numbers come from")];
    blocks.extend(notes.into_iter().map(Block::Small));
    blocks
}

fn heading(text: &str) -> Block {
    Block::Heading(2, text.to_string())
}

fn part(text: &str) -> Block {
    Block::Heading(3, text.to_string())
}

fn text(words: impl Into<String>) -> Block {
    Block::Text(words.into())
}

/// A table of columns `(title, share, numbers)`.
fn table(summary: &str, columns: &[(&str, f64, bool)], rows: Vec<Vec<String>>) -> Block {
    let column =
        |&(title, share, right): &(&str, f64, bool)| Column { title: title.to_string(), share, right };
    Block::Table(Table { summary: summary.to_string(), columns: columns.iter().map(column).collect(), rows })
}

/// `Mon 11 Jan 2027`, or `Day 14`.
fn day_of(session: &SessionPlan) -> String {
    match session.when.date {
        Some(date) => date.strftime("%a %-d %b %Y").to_string(),
        None => format!("Day {}", session.when.day),
    }
}

/// The day some days after a session: `21 Jan`, or `day 24`.
fn day_after(session: &SessionPlan, days: u16) -> String {
    match session.when.date {
        Some(date) => {
            date.checked_add(jiff::Span::new().days(days)).unwrap_or(date).strftime("%-d %b").to_string()
        }
        None => format!("day {}", session.when.day + i32::from(days)),
    }
}

/// `12 345`, with spaces that do not break.
fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push('\u{a0}');
        }
        out.push(c);
    }
    if number < 0.0 { format!("−{out}") } else { out }
}

/// `2 345 EUR`, with cents where there are any.
fn money(amount: f64, currency: &str) -> String {
    let cents = ((amount * 100.0).round() as i64).rem_euclid(100);
    let whole = grouped(amount.trunc());
    if cents == 0 {
        format!("{whole}\u{a0}{currency}")
    } else {
        format!("{whole}.{cents:02}\u{a0}{currency}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(grouped(1_234_567.0), "1\u{a0}234\u{a0}567");
        assert_eq!(grouped(999.0), "999");
        assert_eq!(money(2345.5, "EUR"), "2\u{a0}345.50\u{a0}EUR");
        assert_eq!(money(0.0, "EUR"), "0\u{a0}EUR");
    }
}
