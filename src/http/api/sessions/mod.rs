//! `/api/v1/sessions`, and the sessions of a user: logins that last until they end.

pub mod current;
pub mod devices;
pub mod log_in;
pub mod of_user;
pub mod own;
pub mod session;

use crate::http::route::Route;

/// Returns the routes of sessions, in the order of the documents.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of(&of_user::LIST, of_user::list),
        Route::of(&of_user::END_ALL, of_user::end_all),
        Route::of(&of_user::END_ONE, of_user::end_one),
        Route::of(&log_in::DOC, log_in::log_in),
        Route::of(&own::LIST, own::list),
        Route::of(&own::END_OTHERS, own::end_others),
        Route::of(&current::SHOW, current::show),
        Route::of(&current::END, current::end),
        Route::of(&own::END_ONE, own::end_one),
    ]
}
