//! `/api/v1/users`: accounts, the own one and those of others.

pub mod create;
pub mod list;
pub mod me;
pub mod members;
pub mod one;
pub mod password;
pub mod state;
pub mod user;

use crate::http::route::Route;

/// Returns the routes of accounts, in the order of the documents.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of(&create::DOC, create::create),
        Route::of(&list::DOC, list::list),
        Route::of(&me::SHOW, me::show),
        Route::of(&me::CHANGE, me::change),
        Route::of(&me::DELETE, me::delete),
        Route::of(&password::CHANGE_OWN, password::change_own),
        Route::of(&one::SHOW, one::show),
        Route::of(&one::CHANGE, one::change),
        Route::of(&one::DELETE, one::delete),
        Route::of(&password::SET, password::set),
        Route::of(&state::DISABLE, state::disable),
        Route::of(&state::ENABLE, state::enable),
        Route::of(&state::UNLOCK, state::unlock),
    ]
}
