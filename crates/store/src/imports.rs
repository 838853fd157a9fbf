//! Imports: long work on an uploaded file.
