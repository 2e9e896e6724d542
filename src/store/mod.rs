//! SQLite: what is known of a library, and what was computed for it.
