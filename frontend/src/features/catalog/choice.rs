//! Filter and sort of the plan list. They live in the address, so that Back and sharing work.

use domain::catalog::{Catalog, Category, DataAllowance, Plan};

/// Order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// As the operator lists them.
    #[default]
    Recommended,
    PriceLow,
    PriceHigh,
    DataHigh,
}

impl Sort {
    pub const ALL: [Self; 4] = [Self::Recommended, Self::PriceLow, Self::PriceHigh, Self::DataHigh];
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::PriceLow => "price",
            Self::PriceHigh => "price-high",
            Self::DataHigh => "data",
        }
    }
    pub fn from_slug(slug: &str) -> Self {
        Self::ALL.into_iter().find(|s| s.slug() == slug).unwrap_or_default()
    }
}

/// What the visitor looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanChoice {
    pub category: Option<Category>,
    pub sort: Sort,
    /// Only plans with calls.
    pub voice: bool,
}

impl PlanChoice {
    pub fn from_query(category: Option<&str>, sort: Option<&str>, voice: Option<&str>) -> Self {
        Self {
            category: category.and_then(Category::from_slug),
            sort: sort.map(Sort::from_slug).unwrap_or_default(),
            voice: voice == Some("1"),
        }
    }

    /// The address that shows this choice.
    pub fn href(self) -> String {
        let mut parts = Vec::new();
        if let Some(category) = self.category {
            parts.push(["category=", category.slug()].concat());
        }
        if self.sort != Sort::default() {
            parts.push(["sort=", self.sort.slug()].concat());
        }
        if self.voice {
            parts.push("voice=1".to_owned());
        }
        if parts.is_empty() { "/plans".to_owned() } else { ["/plans?", &parts.join("&")].concat() }
    }

    /// The plans to show, in order.
    pub fn of(self, catalog: &Catalog) -> Vec<&Plan> {
        let mut plans: Vec<&Plan> = catalog
            .plans
            .iter()
            .filter(|p| self.category.is_none_or(|c| c == p.category))
            .filter(|p| !self.voice || p.voice)
            .collect();
        match self.sort {
            Sort::Recommended => plans.sort_by_key(|p| p.category),
            Sort::PriceLow => plans.sort_by_key(|p| p.price.minor),
            Sort::PriceHigh => plans.sort_by_key(|p| std::cmp::Reverse(p.price.minor)),
            Sort::DataHigh => plans.sort_by_key(|p| std::cmp::Reverse(p.data.map(megabytes))),
        }
        plans
    }
}

fn megabytes(data: DataAllowance) -> u32 {
    match data {
        DataAllowance::Megabytes(mb) => mb,
        DataAllowance::Unlimited => u32::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::common::text::LocalText;
    use domain::{Money, Timestamp};

    fn plan(sku: &str, category: Category, yen: i64, data: Option<DataAllowance>, voice: bool) -> Plan {
        Plan {
            sku: sku.into(),
            category,
            name: LocalText::default(),
            description: LocalText::default(),
            price: Money::yen(yen),
            data,
            voice,
            tier: None,
            sim_kinds: Vec::new(),
            options: Vec::new(),
        }
    }
    fn catalog() -> Catalog {
        Catalog {
            plans: vec![
                plan("net", Category::Internet, 5000, None, false),
                plan("s20", Category::Sim, 2000, Some(DataAllowance::Megabytes(20_000)), true),
                plan("s3", Category::Sim, 900, Some(DataAllowance::Megabytes(3_000)), false),
                plan("max", Category::Sim, 7000, Some(DataAllowance::Unlimited), true),
            ],
            tax_rate_percent: 10,
            as_of: Timestamp(0),
            stale: false,
            customer_may_confirm: true,
        }
    }
    fn shown(choice: PlanChoice) -> Vec<String> {
        choice.of(&catalog()).into_iter().map(|p| p.sku.0.clone()).collect()
    }

    #[test]
    fn filter_and_sort() {
        let all = PlanChoice::default();
        assert_eq!(shown(all), ["s20", "s3", "max", "net"]);
        assert_eq!(shown(PlanChoice { sort: Sort::PriceLow, ..all }), ["s3", "s20", "net", "max"]);
        assert_eq!(shown(PlanChoice { sort: Sort::PriceHigh, ..all }), ["max", "net", "s20", "s3"]);
        assert_eq!(
            shown(PlanChoice { sort: Sort::DataHigh, category: Some(Category::Sim), voice: false }),
            ["max", "s20", "s3"]
        );
        assert_eq!(shown(PlanChoice { voice: true, ..all }), ["s20", "max"]);
    }

    #[test]
    fn the_address_says_what_is_shown() {
        let choice = PlanChoice { category: Some(Category::Sim), sort: Sort::DataHigh, voice: true };
        assert_eq!(choice.href(), "/plans?category=sim&sort=data&voice=1");
        assert_eq!(PlanChoice::from_query(Some("sim"), Some("data"), Some("1")), choice);
        assert_eq!(PlanChoice::from_query(Some("boats"), Some("luck"), None), PlanChoice::default());
        assert_eq!(PlanChoice::default().href(), "/plans");
    }
}
