//! What a replay is to be like: route, pace, headers and an edited body, from the command line to the request for a plan.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::deeds::failed;
use super::show::fetch;
use crate::broker::{Error, ErrorKind};
use crate::cli::exit::Exit;
use crate::cli::{Desk, complain, find};
use crate::decode::safe;
use crate::model::{Address, Seat};
use crate::schema::see;
use crate::triage::plan::{Deed, Editable, EditedBody, LARGEST_EDIT, ReplayRequest, Route, Source, editable, header};

/// How, beside which messages.
#[derive(Default)]
pub struct Wish {
    pub to: Option<String>,
    pub routing_key: Option<String>,
    pub rate: Option<u32>,
    pub canary: Option<Vec<u32>>,
    pub strip: Vec<String>,
    pub keep: Vec<String>,
    /// `HEADER=VALUE`, as typed.
    pub add: Vec<String>,
    pub edit: Option<PathBuf>,
    pub again: bool,
}

/// The request, without scope and reason; why there is none has been said.
pub async fn request(desk: &Desk, at: &Address, deed: Deed, wish: &Wish) -> Result<ReplayRequest, Exit> {
    let source = if deed == Deed::Restore { Source::Ledger(at.clone()) } else { Source::Queue(at.clone()) };
    let route = match (deed, &wish.to) {
        (_, Some(to)) => Route::To(find::destination(&desk.means.brokers, &desk.context.name, to).await.map_err(failed)?.at),
        (Deed::Replay, None) => Route::Origin,
        (Deed::Restore, None) => Route::Same,
        _ => Route::Nowhere,
    };
    let mut ask = ReplayRequest::new(deed, source, route, desk.permit.actor.clone()).configured(&desk.context, &desk.config.replay);
    ask.even_resolved = wish.again;
    ask.routing_key.clone_from(&wish.routing_key);
    match wish.rate {
        Some(0) => ask.pace.per_second = None,
        Some(rate) => ask.pace.per_second = Some(f64::from(rate)),
        None => {}
    }
    if let Some(canary) = &wish.canary {
        ask.pace.canary = canary.iter().copied().filter(|n| *n > 0).collect();
    }
    ask.edit.strip.clone_from(&wish.strip);
    ask.edit.keep.clone_from(&wish.keep);
    let added: Result<Vec<_>, String> = wish.add.iter().map(|text| header(text)).collect();
    ask.edit.add = added.map_err(|why| complain(&safe(&why), Exit::Usage))?;
    Ok(ask)
}

/// Takes the file's text in as the body of the message at this seat.
pub async fn edited(desk: &Desk, at: &Address, seat: &Seat, file: &Path, ask: &mut ReplayRequest) -> Result<(), Exit> {
    let no = |why: String| failed(Error::new(ErrorKind::Invalid, "edit", why).about(at));
    let seen = see(fetch(desk, at, seat.clone()).await.map_err(failed)?, &desk.declared);
    // the file has the body as it is to be, byte for byte
    let text = String::from_utf8_lossy(seen.message.body.as_deref().unwrap_or_default()).into_owned();
    let given = Editable { text, laid_out: false, ..editable(&seen).map_err(no)? };
    let mut back = Vec::new();
    let most = LARGEST_EDIT as u64 + 1;
    let read = match file.to_str() {
        Some("-") => std::io::stdin().lock().take(most).read_to_end(&mut back),
        _ => std::fs::File::open(file).and_then(|f| f.take(most).read_to_end(&mut back)),
    };
    read.map_err(|e| complain(&format!("--edit {}: {e}", file.display()), Exit::Usage))?;
    match EditedBody::new(&seen, &given, back, &desk.declared, &desk.permit.actor.name).map_err(no)? {
        Some((body, _)) => ask.edit.set_body(&seen.message.seat, body),
        None => return Err(no("the file has the body as it is: nothing is edited".into())),
    }
    Ok(())
}
