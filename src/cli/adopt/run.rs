//! `doorward adopt run`: adopts users, and reports every row that is left behind.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::{
    left_behind::{left_json, left_line},
    unknown,
};
use crate::{
    Error, Result,
    app::App,
    cli::{outcome::CommandOutcome, output, progress::Shown},
    model::TextDamage,
    ops::legacy::{
        AdoptionReport, LeftBehind, LeftRow, PlainText,
        run::{self, AdoptionProgress, ProgressObserver, RunOptions},
        states,
    },
};

/// A printer of the rows that are left behind and of the progress. It stops the run at a signal.
struct Printer {
    json: bool,
    shown: Shown,
    is_stopped: Arc<AtomicBool>,
}

impl ProgressObserver for Printer {
    fn left_behind(&mut self, row: &LeftRow) {
        self.shown.clear();
        if self.json {
            output::line(left_json(row));
        } else {
            output::line(format_args!("left behind: {}", left_line(row)));
        }
    }

    fn progress(&mut self, progress: AdoptionProgress) -> ControlFlow<()> {
        self.shown.show(progress);
        if self.is_stopped.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

pub(super) async fn run(app: &App, wanted: RunOptions, json: bool) -> Result<CommandOutcome> {
    if let Some(application) = &app.legacy {
        let table = application.table(&app.db).await?;
        for absent in states::absent_values(application.db(&app.db), table).await? {
            output::error(output::printable(&absent));
        }
    }
    let mut printer = Printer { json, shown: Shown::new(), is_stopped: stop_at_signal()? };
    let outcome = run::run(app, wanted, &mut printer).await;
    printer.shown.clear();
    let run = match outcome {
        Ok(run) => run,
        Err(error) if error.may_pass() => {
            output::error("what was adopted so far is kept: run the same command again to go on");
            // A repeated run does what is missing, so it does not matter whether the last commit succeeded.
            return Err(match error {
                Error::Uncertain(reason) => Error::Unavailable(reason),
                error => error,
            });
        }
        Err(error) => return Err(error),
    };
    let seconds = printer.shown.elapsed().as_secs_f64();
    if json {
        output::line(summary_json(&run.report, run.is_finished, seconds));
    } else {
        summary(&run.report, seconds);
    }
    advise(&run.report, wanted.plain_text);
    if run.is_finished {
        return Ok(CommandOutcome::Done);
    }
    output::error("stopped before the end; what was adopted so far is kept: run the same command again to go on");
    Ok(CommandOutcome::Refused)
}

/// Prints the advice for damaged names and unrecognised passwords.
fn advise(account: &AdoptionReport, plain_text: PlainText) {
    let damaged =
        account.left_by_reason.get(LeftBehind::NameDamaged(TextDamage::Inexact).code()).map_or(0, |(_, count)| *count);
    if let Some(advice) = unknown::advice_on_names(damaged) {
        output::error(advice);
    }
    let left = account.left_by_reason.get(LeftBehind::PasswordUnrecognized.code());
    if let (Some((_, count)), PlainText::Refuse) = (left, plain_text) {
        output::error(format_args!(
            "{count} passwords are in no recognised form: `doorward adopt scan` shows their shapes; if they are passwords in \
             clear, run again with --plain-text accept"
        ));
    }
}

/// Returns a flag that the first SIGINT or SIGTERM sets. A second signal ends the process at once, which loses at most
/// one batch.
fn stop_at_signal() -> Result<Arc<AtomicBool>> {
    let listen_for = |kind| signal(kind).map_err(|error| Error::system("cannot listen for signals", error));
    let mut interrupt = listen_for(SignalKind::interrupt())?;
    let mut terminate = listen_for(SignalKind::terminate())?;
    let is_stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&is_stopped);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if stop.swap(true, Ordering::Relaxed) {
                std::process::exit(1);
            }
        }
    });
    Ok(is_stopped)
}

fn counts(account: &AdoptionReport) -> [(&'static str, &'static str, u64); 10] {
    [
        ("rows", "rows read", account.rows),
        ("adopted", "adopted", account.adopted),
        ("adopted_disabled", "adopted as disabled users: shut out there", account.adopted_disabled),
        ("renumbered", "of them under a new number, with the old key as an attribute", account.renumbered),
        ("already_here", "already here", account.already_here),
        ("changed_there", "password changed there since, and taken over", account.changed_there),
        ("gone_there", "gone or locked there", account.gone_there),
        ("back_there", "there again", account.back_there),
        ("deleted_here", "deleted here, and so not adopted again", account.deleted_here),
        ("plain_text_hashed", "passwords in clear, hashed on the way", account.plain_text_hashed),
    ]
}

fn summary(account: &AdoptionReport, seconds: f64) {
    for (_, words, count) in counts(account) {
        if count > 0 || matches!(words, "rows read" | "adopted") {
            output::line(format_args!("{count:>9}  {words}"));
        }
    }
    for (why, count) in account.left_by_reason.values() {
        output::line(format_args!("{count:>9}  left behind: {}", why.kind()));
    }
    output::line(format_args!("{seconds:>9.1}  seconds"));
}

fn summary_json(account: &AdoptionReport, is_finished: bool, seconds: f64) -> Value {
    let mut summary: serde_json::Map<String, Value> =
        counts(account).into_iter().map(|(key, _, count)| (key.to_owned(), count.into())).collect();
    let left: serde_json::Map<String, Value> =
        account.left_by_reason.iter().map(|(code, (_, count))| ((*code).to_owned(), (*count).into())).collect();
    summary.insert("left_behind".to_owned(), left.into());
    summary.insert("seconds".to_owned(), seconds.into());
    summary.insert("is_finished".to_owned(), is_finished.into());
    json!({ "summary": summary })
}
