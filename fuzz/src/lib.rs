#![allow(missing_docs)]
#[path = "../../src/library/mod.rs"]
pub mod library;
#[path = "../../src/model/mod.rs"]
pub mod model;
#[path = "../../src/store/mod.rs"]
pub mod store;
