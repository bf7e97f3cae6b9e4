//! A page of the guide from its Markdown: title, summary, headings with anchors, HTML.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A page of the guide.
#[derive(Clone, Debug)]
pub struct Article {
    /// Last part of its address: the file's name without a leading number.
    pub slug: String,
    /// The first heading.
    pub title: String,
    /// The first paragraph, as plain text.
    pub summary: String,
    /// Headings of the second level: anchor and text.
    pub contents: Vec<(String, String)>,
    /// What follows the first paragraph, as HTML. Raw HTML of the source is left out.
    pub html: String,
    /// Minutes to read it, at 220 words a minute [assumption: adults read plain prose at 200-260].
    pub reading_min: usize,
}

/// Reads a page from the file with this stem.
pub fn article(stem: &str, text: &str) -> Article {
    let options = Options::ENABLE_TABLES | Options::ENABLE_SMART_PUNCTUATION;
    let mut events: Vec<Event> = Parser::new_ext(text, options).filter(|event| !is_raw(event)).collect();
    let title = take(&mut events, TagEnd::Heading(HeadingLevel::H1)).unwrap_or_else(|| stem.to_owned());
    let summary = take(&mut events, TagEnd::Paragraph).unwrap_or_default();
    let contents = anchor_headings(&mut events);
    let mut html = String::new();
    html::push_html(&mut html, scroll_tables(events).into_iter());
    let slug = stem.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('-').to_owned();
    Article {
        slug,
        title,
        summary,
        contents,
        html,
        reading_min: text.split_whitespace().count().div_ceil(220).max(1),
    }
}

/// HTML in the source: comments for editors, and nothing else that a page needs.
fn is_raw(event: &Event) -> bool {
    use Event::{End, Html, InlineHtml, Start};
    matches!(event, Html(_) | InlineHtml(_) | Start(Tag::HtmlBlock) | End(TagEnd::HtmlBlock))
}

/// Takes the first block out when it ends so, and returns its text.
fn take(events: &mut Vec<Event>, end: TagEnd) -> Option<String> {
    let first = events.first()?;
    if !matches!(first, Event::Start(tag) if tag.to_end() == end) {
        return None;
    }
    let last = events.iter().position(|event| *event == Event::End(end))?;
    let block: Vec<Event> = events.drain(..=last).collect();
    Some(plain(&block))
}

fn plain(events: &[Event]) -> String {
    events
        .iter()
        .map(|event| match event {
            Event::Text(text) | Event::Code(text) => text.as_ref(),
            Event::SoftBreak | Event::HardBreak => " ",
            _ => "",
        })
        .collect()
}

/// Gives headings of the second level an id made of their words.
fn anchor_headings(events: &mut [Event]) -> Vec<(String, String)> {
    let mut contents: Vec<(String, String)> = Vec::new();
    for i in 0..events.len() {
        if !matches!(events[i], Event::Start(Tag::Heading { level: HeadingLevel::H2, .. })) {
            continue;
        }
        let end = Event::End(TagEnd::Heading(HeadingLevel::H2));
        let length = events[i..].iter().position(|event| *event == end).unwrap_or_default();
        let text = plain(&events[i..i + length]);
        let mut anchor = slug(&text);
        if contents.iter().any(|(other, _)| *other == anchor) {
            anchor = format!("{anchor}-{}", contents.len() + 1);
        }
        if let Event::Start(Tag::Heading { id, .. }) = &mut events[i] {
            *id = Some(CowStr::from(anchor.clone()));
        }
        contents.push((anchor, text));
    }
    contents
}

/// Wide tables scroll in a box of their own, which the keyboard can reach.
fn scroll_tables(events: Vec<Event>) -> Vec<Event> {
    let mut out = Vec::with_capacity(events.len());
    for event in events {
        let (start, end) = (matches!(event, Event::Start(Tag::Table(_))), event == Event::End(TagEnd::Table));
        if start {
            out.push(Event::Html(CowStr::from(
                "<div class=\"scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\">",
            )));
        }
        out.push(event);
        if end {
            out.push(Event::Html(CowStr::from("</div>")));
        }
    }
    out
}

/// Words in lower case with hyphens between them.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# How *it* is done\n\nIn three or more\nsessions.\n\n## How long?\n\nOne & two.\n\n## How long?\n\n\
        <script>alert(1)</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";

    #[test]
    fn a_page_falls_into_title_summary_contents_and_rest() {
        let page = article("20-how-it-is-done", TEXT);
        assert_eq!((page.slug.as_str(), page.title.as_str()), ("how-it-is-done", "How it is done"));
        assert_eq!(page.summary, "In three or more sessions.");
        let how_long = |anchor: &str| (anchor.to_owned(), "How long?".to_owned());
        assert_eq!(page.contents, [how_long("how-long"), how_long("how-long-2")]);
        assert!(page.html.contains("<h2 id=\"how-long\">How long?</h2>"), "{}", page.html);
        assert!(page.html.contains("<table>") && page.html.contains("One &amp; two."), "{}", page.html);
        assert!(!page.html.contains("three or more"), "the summary is drawn apart");
    }

    #[test]
    fn raw_html_is_left_out() {
        assert!(!article("x", TEXT).html.contains("<script>"));
        assert!(!article("x", "# T\n\nS\n\nword <img src=x onerror=alert(1)> word").html.contains("<img"));
    }

    #[test]
    fn a_page_of_nothing_is_a_page() {
        let page = article("30-empty", "");
        assert_eq!((page.title.as_str(), page.summary.as_str(), page.reading_min), ("30-empty", "", 1));
    }
}
