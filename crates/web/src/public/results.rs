//! Healed results in public: pictures that clients consented to, while they do.

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::Response;
use hairline_studio::store::{files, shown};

use crate::App;
use crate::problem::{self, Problem};
use crate::staff::record::files::stream;

/// Most pictures on a studio's page.
const MOST: i64 = 12;

/// A picture on the page.
pub struct Picture {
    /// Its name in addresses.
    pub code: String,
    /// What stands below it.
    pub caption: String,
}

/// What a studio shows: pictures of one client beside each other. Nothing while no store is there.
pub async fn of_studio(app: &App, slug: &str) -> Result<Vec<Vec<Picture>>, Problem> {
    let Ok(office) = app.office() else { return Ok(Vec::new()) };
    let Some(id) = office.practice().studio_named(slug).map(|s| s.id) else { return Ok(Vec::new()) };
    let groups = office.read(move |desk| shown::of_studio(desk.tx, id, MOST)).await?;
    let picture = |p: shown::Shown| Picture { code: p.code, caption: p.caption };
    Ok(groups.into_iter().map(|group| group.into_iter().map(picture).collect()).collect())
}

/// `GET /pictures/{code}`: asked for anew each time, so that a consent withdrawn counts at once.
pub async fn get(State(app): State<App>, Path(code): Path<String>) -> Result<Response, Problem> {
    let gone = || Problem::new(&problem::NOT_FOUND);
    let office = app.office().map_err(|_| gone())?;
    let found = office
        .read(move |desk| {
            let Some(picture) = shown::by_code(desk.tx, &code)? else { return Ok(None) };
            files::by_id(desk.tx, desk.vault, picture.file)
        })
        .await?;
    let (file, _, key) = found.filter(|(file, ..)| file.what == files::What::Public).ok_or_else(gone)?;
    let mut response = stream(app.files()?, &key, &file.stored, None).await?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
