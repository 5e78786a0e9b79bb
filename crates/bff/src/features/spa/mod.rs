//! The built front end: files of a folder, and `index.html` for every address that is a page of the browser's own.

pub(crate) mod service;
