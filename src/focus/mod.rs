//! From encodings, references, focus and find to an order.
//!
//! Pure functions over slices: no file, no database, no window.
