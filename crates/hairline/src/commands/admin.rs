use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hairline_studio::files::Files;
use hairline_studio::files::copies::{self, Copies};
use hairline_studio::ids::Fresh;
use hairline_studio::seal::system_random;
use hairline_studio::store::backup::{self, Place, Seen};
use hairline_studio::store::seals::{self, History, Seal};
use hairline_studio::store::{self, Store, set_up, staff};
use jiff::Timestamp;
use uuid::Uuid;

use super::{master_key, master_key_is_given, note, print};
use crate::Failure;

/// Back up, restore and look over the studio's store, and let in who is locked out.
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
    /// Make a link by which somebody on the staff chooses a new password: for an owner who has lost every way in.
    ///
    /// The link is good once and for a week, and signs its holder in. Who has an app or a passkey keeps it.
    ///
    /// Example: hairline admin let-in owner@studio.example --data hairline-data
    #[command(verbatim_doc_comment)]
    LetIn {
        /// Their e-mail address.
        email: String,
        #[command(flatten)]
        of: Where,
    },
    /// Look over a store or a backup: whole, nobody booked twice, nothing missing, the history as it was sealed; prints what
    /// each table holds.
    Verify {
        /// A backup, in place of the store in --data or --database.
        file: Option<PathBuf>,
        /// File with the master key, by which the history's seals are known from others'. The variable HAIRLINE_MASTER_KEY
        /// with the key itself goes before it. Default: master.key in DIR, if it is there.
        #[arg(long, value_name = "FILE", env = "HAIRLINE_MASTER_KEY_FILE")]
        master_key: Option<PathBuf>,
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
    /// Files in S3 in place of DIR, as given to `hairline serve`.
    #[arg(long, value_name = "URL", env = "HAIRLINE_FILES", value_parser = super::files_url)]
    files: Option<String>,
}

impl Where {
    fn place(&self) -> Place {
        match &self.database {
            Some(url) => Place::Server(url.clone()),
            None => Place::File(self.data.join("hairline.db")),
        }
    }

    /// Where the files are; the folder is made where `new`.
    async fn files(&self, new: bool) -> Result<Files, Failure> {
        match &self.files {
            Some(url) => super::in_s3(url).await,
            None if new => Files::in_folder(&self.data).map_err(Failure::other),
            None => Files::of_folder(&self.data).map_err(Failure::input),
        }
    }

    /// The newest seals of histories that are kept with the files; none where there is no place for files yet.
    async fn outside(&self) -> Result<Outside, Failure> {
        if self.files.is_none() && !self.data.is_dir() {
            return Ok(Outside::new());
        }
        self.files(false).await?.checkpoints().await.map_err(Failure::other)
    }
}

/// Seals of histories outside the database, by chain.
type Outside = BTreeMap<Uuid, Vec<u8>>;

/// Where the files of a backup are: beside it, under its name.
fn beside(backup: &Path) -> PathBuf {
    backup.with_added_extension("files")
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

/// The newest seals of histories that a backup has; none in one without files.
async fn outside_of(backup: &Path) -> Result<Outside, Failure> {
    if !beside(backup).is_dir() {
        return Ok(Outside::new());
    }
    Files::of_folder(&beside(backup)).map_err(Failure::input)?.checkpoints().await.map_err(Failure::other)
}

/// Keeps seals of histories with the files of a place, in the place of those that are there; says where that is a step back.
async fn keep_outside(outside: Outside, files: &Files) -> Result<(), Failure> {
    let known = files.checkpoints().await.map_err(Failure::other)?;
    for (chain, seal) in outside {
        let seals = (known.get(&chain).and_then(|known| Seal::from_bytes(known)), Seal::from_bytes(&seal));
        if let (Some(known), Some(kept)) = seals
            && known.number > kept.number
        {
            note(&format!(
                "the files know the history up to seal {}, the backup up to {}: what happened between is not in it",
                known.number, kept.number
            ));
        }
        files.put_checkpoint(chain, seal).await.map_err(Failure::other)?;
    }
    Ok(())
}

/// Looks whether the files that rows name are in a place.
async fn look(
    objects: &[(uuid::Uuid, u64)],
    place: impl Future<Output = Result<Files, Failure>>,
) -> Result<(), Failure> {
    if objects.is_empty() {
        return Ok(());
    }
    refuse_missing(&copies::look(objects, &place.await?).await.map_err(Failure::other)?)
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::other)?;
    let now_us = Timestamp::now().as_microsecond();
    match &arguments.task {
        Task::Backup { from, output } => {
            // Seals before the rows, which then have them: one that comes meanwhile is the next backup's.
            let outside = runtime.block_on(from.outside())?;
            backup::backup(&from.place(), output, now_us)?;
            if !outside.is_empty() {
                let target = Files::in_folder(&beside(output)).map_err(Failure::other)?;
                runtime.block_on(keep_outside(outside, &target))?;
            }
            // Files after their rows, for the same reason.
            let objects = backup::objects(&Place::File(output.clone()))?;
            if objects.is_empty() {
                return print(&format!("Backed up to {}.\n", output.display()));
            }
            let copied = runtime.block_on(async {
                let (source, target) = (from.files(false).await?, Files::in_folder(&beside(output)));
                let target = target.map_err(Failure::other)?;
                copies::copy(&objects, &source, &target).await.map_err(Failure::other)
            })?;
            print(&format!(
                "Backed up to {}, and {} encrypted files to {}.\n",
                output.display(),
                objects.len(),
                beside(output).display()
            ))?;
            refuse_missing(&copied)
        }
        Task::Restore { file, to } => {
            let objects = backup::objects(&Place::File(file.clone()))?;
            let kept = || Files::of_folder(&beside(file)).map_err(Failure::input);
            runtime.block_on(look(&objects, async { kept() }))?;
            let outside = runtime.block_on(outside_of(file))?;
            std::fs::create_dir_all(&to.data)
                .map_err(|e| Failure::other(format!("--data {}: {e}", to.data.display())))?;
            backup::restore(file, &to.place(), now_us, || {
                if objects.is_empty() && outside.is_empty() {
                    return Ok(());
                }
                runtime.block_on(async {
                    let (kept, files) = (kept()?, to.files(true).await?);
                    refuse_missing(&copies::copy(&objects, &kept, &files).await.map_err(Failure::other)?)?;
                    keep_outside(outside, &files).await
                })
            })?;
            print("Restored. Put the master key in its place before the studio is started.\n")
        }
        Task::LetIn { email, of } => {
            let store = match of.place() {
                Place::Server(url) => Store::postgres(&url, 1, now_us),
                Place::File(file) if file.is_file() => Store::sqlite(&file, now_us),
                Place::File(file) => return Err(Failure::input(format!("{}: is no file", file.display()))),
            };
            let store = store.map_err(Failure::other)?;
            let chain = set_up::there(&store).map_err(Failure::other)?;
            let chain = chain.ok_or_else(|| Failure::input("no studio is set up in this store"))?;
            let typed = email.clone();
            let made = store.write(Some(chain), move |tx| {
                let mut rng = system_random();
                staff::let_in_again(tx, &typed, &mut Fresh::new(Timestamp::now(), &mut rng))
            });
            let token = made.map_err(|e: store::Error| Failure::other(e))?;
            let token = token
                .ok_or_else(|| Failure::input(format!("nobody on the staff has the address {email}")))?;
            print(&format!("Open this under the studio's address within a week: /invitation/{token}\n"))
        }
        Task::Verify { file, master_key: key, of } => {
            let place = file.clone().map_or_else(|| of.place(), Place::File);
            let beside_data = of.data.join("master.key");
            let master = match key {
                Some(path) => Some(master_key(path)?),
                None if master_key_is_given() || beside_data.exists() => Some(master_key(&beside_data)?),
                None => None,
            };
            // Read before the database, which then has at least those seals.
            let outside = runtime.block_on(async {
                match file {
                    Some(file) => outside_of(file).await,
                    None => of.outside().await,
                }
            })?;
            let Seen { tables, mut faults } = backup::verify(&place)?;
            for (table, rows, hash) in tables {
                print(&format!("{table:15} {rows:9} rows  {}\n", &hash[..16]))?;
            }
            for History { said, faults: found } in seals::look(&place, master.as_ref(), &outside)? {
                print(&format!("{said}\n"))?;
                faults.extend(found);
            }
            for fault in &faults {
                print(&format!("Fault: {fault}.\n"))?;
            }
            runtime.block_on(look(&backup::objects(&place)?, async {
                match file {
                    Some(file) => Files::of_folder(&beside(file)).map_err(Failure::input),
                    None => of.files(false).await,
                }
            }))?;
            if let Some(first) = faults.first() {
                return Err(Failure::input(format!("{} faults; the first: {first}", faults.len())));
            }
            print("No faults.\n")
        }
    }
}
