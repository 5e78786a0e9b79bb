//! All plans, by kind, with filter and sort.

use super::super::choice::{PlanChoice, Sort};
use crate::components::molecules::empty::Empty;
use crate::components::molecules::loaded::loaded;
use crate::components::organisms::plan_card::PlanCard;
use crate::components::organisms::subscription_row::category_words;
use crate::components::ui::button::{LinkButton, Weight};
use crate::components::ui::checkbox::Checkbox;
use crate::components::ui::notice::{Notice, Urgency};
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::select::Select;
use crate::components::ui::skeleton::SkeletonCards;
use crate::providers::catalog::use_offers;
use crate::providers::language::{Tr, now, tag, text};
use crate::providers::live::use_live;
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::{t, tr};
use domain::catalog::{Catalog, Category, Plan};
use domain::live::ServerMessage;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

/// The page `/plans?category=…&sort=…&voice=1`.
#[component]
pub fn Plans() -> AnyView {
    let offers = use_offers();
    let query = use_query_map();
    let choice = Memo::new(move |_| {
        query.with(|q| {
            PlanChoice::from_query(q.get("category").as_deref(), q.get("sort").as_deref(), q.get("voice").as_deref())
        })
    });
    use_live().listen(move |message| {
        if message == ServerMessage::CatalogChanged {
            offers.reload();
        }
    });
    view! {
        <PageTitle title=tr!(plans.title) lead=tr!(plans.lead)/>
        {filters(choice)}
        {loaded(offers, || view! { <SkeletonCards count=6/> }.into_any(), move |catalog| list(catalog, choice))}
    }
    .into_any()
}

const fn sort_words(sort: Sort) -> Tr {
    match sort {
        Sort::Recommended => tr!(plans.sort_recommended),
        Sort::PriceLow => tr!(plans.sort_price_low),
        Sort::PriceHigh => tr!(plans.sort_price_high),
        Sort::DataHigh => tr!(plans.sort_data),
    }
}

fn filters(choice: Memo<PlanChoice>) -> AnyView {
    let navigate = use_navigate();
    let open = Callback::new(move |choice: PlanChoice| {
        navigate(&choice.href(), NavigateOptions { replace: true, scroll: false, ..Default::default() });
    });
    let tab = move |category: Option<Category>| {
        let name = category.map_or(tr!(category.all), category_words);
        let href = move || PlanChoice { category, ..choice.get() }.href();
        let current = move || (choice.get().category == category).then_some("true");
        view! { <li><a class="tab" href=href aria-current=current data-noscroll="true">{text(name)}</a></li> }
            .into_any()
    };
    let tabs: Vec<AnyView> = std::iter::once(None).chain(Category::ALL.map(Some)).map(tab).collect();
    view! {
        <div class="filters">
            <nav aria-label=t!(plans.kinds)><ul class="tabs">{tabs}</ul></nav>
            <div class="filters-more">
                <Checkbox pointer="voice" label=tr!(plans.only_voice)
                    checked=Signal::derive(move || choice.get().voice)
                    on_change=Callback::new(move |voice| open.run(PlanChoice { voice, ..choice.get_untracked() }))
                    errors=Signal::stored(Vec::new())/>
                <Select id="sort" label=tr!(plans.sort)
                    choices=Sort::ALL.map(|s| (s.slug(), sort_words(s))).to_vec()
                    chosen=Signal::derive(move || choice.get().sort.slug())
                    on_choose=Callback::new(move |slug: String| {
                        open.run(PlanChoice { sort: Sort::from_slug(&slug), ..choice.get_untracked() });
                    })/>
            </div>
        </div>
    }
    .into_any()
}

fn list(catalog: Signal<Catalog>, choice: Memo<PlanChoice>) -> AnyView {
    let stale = move || {
        catalog.with(|c| c.stale.then_some(c.as_of)).map(|as_of| {
            let words =
                Signal::derive(move || fill(now(tr!(plans.stale)), &[("time", &format::date_time(tag(), as_of))]));
            view! { <Notice urgency=Urgency::Caution text=words/> }
        })
    };
    let plans = Memo::new(move |_| catalog.with(|c| choice.get().of(c).into_iter().cloned().collect::<Vec<Plan>>()));
    let rate = catalog.with_untracked(|c| c.tax_rate_percent);
    let count = move || fill(now(tr!(plans.count)), &[("count", &plans.with(Vec::len).to_string())]);
    let body = move || {
        if plans.with(Vec::is_empty) {
            let nothing_at_all = catalog.with(|c| c.plans.is_empty());
            empty(nothing_at_all)
        } else {
            let cards = plans.get().into_iter().map(|plan| view! { <PlanCard plan=plan tax_rate_percent=rate/> });
            view! { <div class="grid-cards">{cards.collect::<Vec<_>>()}</div> }.into_any()
        }
    };
    view! {
        {stale}
        <h2 class="visually-hidden" id="results">{t!(plans.results)}</h2>
        <p class="muted count" role="status">{count}</p>
        {body}
    }
    .into_any()
}

fn empty(nothing_at_all: bool) -> AnyView {
    if nothing_at_all {
        view! { <Empty title=tr!(plans.none) text=tr!(plans.none_text)/> }.into_any()
    } else {
        let clear = || {
            view! { <LinkButton label=tr!(common.clear_filters) href="/plans" weight=Weight::Secondary/> }.into_any()
        };
        view! { <Empty title=tr!(plans.no_match) text=tr!(plans.no_match_text) action=clear/> }.into_any()
    }
}
