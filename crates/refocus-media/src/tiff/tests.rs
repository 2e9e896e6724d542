//! TIFF files of every kind that scanners, cameras and programs write, built here field by field.

mod colours;
mod file;
mod numbers;
mod packed;
mod pages;
