//! The store on both engines: the schema, its migrations, and what transactions promise.
