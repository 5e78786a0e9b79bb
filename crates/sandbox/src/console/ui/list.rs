//! Long lists: filters as links, a search field, pages.

use maud::{Markup, html};

use super::form::{Fields, address};

/// Rows on one page.
const SIZE: usize = 50;

/// What a person asked of a list.
pub(crate) struct Asked<'a> {
    path: &'a str,
    pub show: &'a str,
    pub search: &'a str,
    page: usize,
}

impl<'a> Asked<'a> {
    pub(crate) fn read(path: &'a str, fields: &Fields<'a>) -> Self {
        let page = fields.text("page").parse().unwrap_or(1).max(1);
        Self { path, show: fields.text("show"), search: fields.text("q"), page }
    }

    /// Whether any of the texts has the words that were searched for, without regard to case.
    pub(crate) fn finds(&self, texts: &[&str]) -> bool {
        let wanted = self.search.to_lowercase();
        wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted))
    }

    /// The filters as links with counts, `""` standing for all, and the search field.
    pub(crate) fn bar(&self, label: &str, filters: &[(&str, &str, usize)], hint: &str) -> Markup {
        html! {
            div class="bar" {
                @if !filters.is_empty() {
                    nav class="tabs" aria-label=(label) { ul {
                        @for (value, name, count) in filters {
                            li {
                                a href=(address(self.path, &[("show", value), ("q", self.search)]))
                                    aria-current=[(*value == self.show).then_some("page")] {
                                    (name) " " span class="count" { (count) }
                                }
                            }
                        }
                    } }
                }
                form class="search" method="get" action=(self.path) role="search" {
                    @if !self.show.is_empty() { input type="hidden" name="show" value=(self.show); }
                    label { span class="unseen" { (hint) }
                        input type="search" name="q" value=(self.search) placeholder=(hint) autocomplete="off"; }
                    button { "Search" }
                    @if !self.search.is_empty() {
                        a class="button quiet" href=(address(self.path, &[("show", self.show)])) { "Clear" }
                    }
                }
            }
        }
    }

    /// The rows of this page, and links to the others.
    pub(crate) fn page<T>(&self, rows: Vec<T>) -> (Vec<T>, Markup) {
        let (total, pages) = (rows.len(), rows.len().div_ceil(SIZE).max(1));
        let page = self.page.min(pages);
        let link =
            |to: usize| address(self.path, &[("show", self.show), ("q", self.search), ("page", &to.to_string())]);
        let links = html! {
            @if pages > 1 {
                nav class="pages" aria-label="Pages" {
                    @if page > 1 { a class="button" rel="prev" href=(link(page - 1)) { "Newer" } }
                    span { "Page " (page) " of " (pages) " · " (total) " in all" }
                    @if page < pages { a class="button" rel="next" href=(link(page + 1)) { "Older" } }
                }
            }
        };
        (rows.into_iter().skip((page - 1) * SIZE).take(SIZE).collect(), links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beyond_the_last_is_the_last() {
        let fields = [("page".to_owned(), "9".to_owned()), ("q".to_owned(), "Ab".to_owned())];
        let asked = Asked::read("/x", &Fields(&fields));
        let (rows, links) = asked.page((0..120).collect());
        assert_eq!(rows, (100..120).collect::<Vec<_>>());
        let links = links.into_string();
        assert!(links.contains("Page 3 of 3") && links.contains("page=2") && !links.contains("page=4"), "{links}");
        assert!(asked.finds(&["x", "cABd"]) && !asked.finds(&["b a"]));
    }
}
