//! Pages of a list: `?limit=&cursor=&sort=`, answered as `{"data": [...], "meta": {"next_cursor", "total"}}`.

use noc_storage::relational::page::{Page, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What a list answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct List<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Where the page stands.
    pub meta: Meta,
}

/// Where a page stands in its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Meta {
    /// Give it as `cursor` to get the next page; null on the last one.
    pub next_cursor: Option<String>,
    /// Rows that match the filters, on all pages.
    pub total: u64,
}

impl<T> List<T> {
    /// A list that always fits one page.
    #[must_use]
    pub fn whole(data: Vec<T>) -> Self {
        let total = data.len() as u64;
        Self {
            data,
            meta: Meta {
                next_cursor: None,
                total,
            },
        }
    }
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self {
            data: page.data,
            meta: Meta {
                next_cursor: page.next_cursor,
                total: page.total,
            },
        }
    }
}

/// The query of a list without filters of its own.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Name of an order; `-` before it turns it around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

impl From<PageQuery> for PageRequest {
    fn from(query: PageQuery) -> Self {
        Self {
            limit: query.limit,
            cursor: query.cursor,
            sort: query.sort,
        }
    }
}
