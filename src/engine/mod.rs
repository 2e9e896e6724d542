//! The background: indexing and ranking, and the only bridge between the stations and the window or command line.
