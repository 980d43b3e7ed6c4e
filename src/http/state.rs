//! The state that all handlers share.

use std::sync::Arc;

use crate::app::App;

/// The application, as handlers share it.
pub type AppState = Arc<App>;
