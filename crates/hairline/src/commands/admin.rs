use std::path::{Path, PathBuf};

use hairline_studio::files::copies::{self, Copies};
use hairline_studio::store::backup::{self, Place, Seen};
use jiff::Timestamp;

use super::print;
use crate::Failure;

/// Back up, restore and look over the studio's store.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(clap::Subcommand)]
enum Task {
    /// Copy the store as it is at this moment to a file, while the studio goes on working.
    ///
    /// The copy of a PostgreSQL database is a SQLite file too, so that it can be opened without a server. Photos, documents and
    /// files of plans are copied, encrypted as they are, to the folder FILE.files beside it; what is there is not copied again.
    /// The master key is not in it: keep it elsewhere.
    ///
    /// Example: hairline admin backup --data hairline-data -o backup-2026-11-23.db
    #[command(verbatim_doc_comment)]
    Backup {
        #[command(flatten)]
        from: Where,
        /// The file to write; must not be there yet.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Bring a backup into an empty folder or database.
    ///
    /// Example: hairline admin restore backup-2026-11-23.db --data hairline-data
    #[command(verbatim_doc_comment)]
    Restore {
        /// The backup.
        file: PathBuf,
        #[command(flatten)]
        to: Where,
    },
    /// Look over a store or a backup: whole, nobody booked twice, nothing missing; prints what each table holds.
    Verify {
        /// A backup, in place of the store in --data or --database.
        file: Option<PathBuf>,
        #[command(flatten)]
        of: Where,
    },
}

#[derive(clap::Args)]
struct Where {
    /// Folder of the studio.
    #[arg(long, value_name = "DIR", default_value = "hairline-data")]
    data: PathBuf,
    /// PostgreSQL in place of the SQLite file in DIR, as postgres://user:password@host/database.
    #[arg(long, value_name = "URL", env = "HAIRLINE_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

impl Where {
    fn place(&self) -> Place {
        match &self.database {
            Some(url) => Place::Server(url.clone()),
            None => Place::File(self.data.join("hairline.db")),
        }
    }
}

/// Where the files of a backup are: beside it, under its name.
fn beside(backup: &Path) -> PathBuf {
    backup.with_added_extension("files")
}

fn files_words(objects: &[(uuid::Uuid, u64)], output: &Path) -> String {
    match objects.len() {
        0 => String::new(),
        n => format!(", and {n} encrypted files to {}", beside(output).display()),
    }
}

fn refuse_missing(copies: &Copies) -> Result<(), Failure> {
    match copies.missing.first() {
        None => Ok(()),
        Some(first) => Err(Failure::input(format!(
            "{} encrypted files are missing or cut; the first is {}",
            copies.missing.len(),
            first.path()
        ))),
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let now_us = Timestamp::now().as_microsecond();
    match &arguments.task {
        Task::Backup { from, output } => {
            backup::backup(&from.place(), output, now_us).map_err(Failure::input)?;
            // Files after their rows: one that comes meanwhile is the next backup's.
            let objects = backup::objects(output).map_err(Failure::other)?;
            let copied = copies::copy(&objects, &from.data, &beside(output)).map_err(Failure::other)?;
            print(&format!("Backed up to {}{}.\n", output.display(), files_words(&objects, output)))?;
            refuse_missing(&copied)?;
        }
        Task::Restore { file, to } => {
            std::fs::create_dir_all(&to.data)
                .map_err(|e| Failure::other(format!("--data {}: {e}", to.data.display())))?;
            let objects = backup::objects(file).map_err(Failure::input)?;
            refuse_missing(&copies::look(&objects, &beside(file)))?;
            backup::restore(file, &to.place(), now_us).map_err(Failure::input)?;
            copies::copy(&objects, &beside(file), &to.data).map_err(Failure::other)?;
            print("Restored. Put the master key in its place before the studio is started.\n")?;
        }
        Task::Verify { file, of } => {
            let place = file.clone().map_or_else(|| of.place(), Place::File);
            let Seen { tables, faults } = backup::verify(&place).map_err(Failure::input)?;
            for (table, rows, hash) in tables {
                print(&format!("{table:15} {rows:9} rows  {}\n", &hash[..16]))?;
            }
            let of_files = match (file, &of.database) {
                (Some(file), _) => Some((backup::objects(file), beside(file))),
                (None, None) => Some((backup::objects(&of.data.join("hairline.db")), of.data.clone())),
                (None, Some(_)) => None,
            };
            if let Some((objects, folder)) = of_files {
                refuse_missing(&copies::look(&objects.map_err(Failure::input)?, &folder))?;
            }
            if let Some(first) = faults.first() {
                return Err(Failure::input(format!("{} faults; the first: {first}", faults.len())));
            }
            print("No faults.\n")?;
        }
    }
    Ok(())
}
