//! The page for visitors: what we offer and what happens after ordering. Customers go on to their dashboard.

use super::hero_art::hero_art;
use crate::components::molecules::loaded::loaded;
use crate::components::organisms::plan_card::PlanCard;
use crate::components::ui::button::{LinkButton, Weight};
use crate::components::ui::icon::Icon;
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::SkeletonCards;
use crate::providers::catalog::use_offers;
use crate::providers::language::{Tr, text};
use crate::providers::session::use_session;
use crate::{t, tr};
use domain::catalog::{Catalog, Category, Plan};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The page `/`.
#[component]
pub fn PublicHome() -> AnyView {
    let session = use_session();
    let navigate = use_navigate();
    let signed_in = Memo::new(move |_| session.is_signed_in());
    Effect::new(move |_| {
        if signed_in.get() {
            navigate("/home", NavigateOptions { replace: true, ..Default::default() });
        }
    });
    view! {
        <section class="hero">
            <div class="hero-words">
                <PageTitle title=tr!(home.title) lead=tr!(home.lead)/>
                <div class="card-actions">
                    <LinkButton label=tr!(home.see_plans) href="/plans" icon=Icon::Arrow/>
                    <LinkButton label=tr!(auth.sign_in) href="/sign-in" weight=Weight::Secondary/>
                </div>
                <ul class="promises">
                    {[tr!(home.promise_price), tr!(home.promise_once), tr!(home.promise_live)].map(promise).into_iter().collect::<Vec<_>>()}
                </ul>
            </div>
            {hero_art()}
        </section>
        <section class="band" aria-labelledby="teasers">
            <h2 id="teasers">{t!(home.teasers)}</h2>
            <p class="lead">{t!(home.teasers_lead)}</p>
            {loaded(use_offers(), || view! { <SkeletonCards/> }.into_any(), teasers)}
            <p class="band-more"><LinkButton label=tr!(home.all_plans) href="/plans" weight=Weight::Quiet icon=Icon::Arrow/></p>
        </section>
        <section class="band" aria-labelledby="journey">
            <h2 id="journey">{t!(home.journey)}</h2>
            <p class="lead">{t!(home.journey_lead)}</p>
            <ol class="journey">
                {[
                    (Icon::Orders, tr!(home.step1), tr!(home.step1_text)),
                    (Icon::Shield, tr!(home.step2), tr!(home.step2_text)),
                    (Icon::Sim, tr!(home.step3), tr!(home.step3_text)),
                    (Icon::Wave, tr!(home.step4), tr!(home.step4_text)),
                ]
                .map(journey_step)
                .into_iter().collect::<Vec<_>>()}
            </ol>
        </section>
    }
    .into_any()
}

fn promise(words: Tr) -> AnyView {
    view! { <li>{Icon::Check.view()} <span>{text(words)}</span></li> }.into_any()
}

fn journey_step((icon, name, words): (Icon, Tr, Tr)) -> AnyView {
    view! {
        <li class="journey-step">
            <span class="journey-icon">{icon.view()}</span>
            <h3>{text(name)}</h3>
            <p class="muted">{text(words)}</p>
        </li>
    }
    .into_any()
}

fn teasers(catalog: Signal<Catalog>) -> AnyView {
    let cards = move || {
        catalog.with(|catalog| {
            let rate = catalog.tax_rate_percent;
            teased(catalog)
                .into_iter()
                .map(|plan| view! { <PlanCard plan=plan.clone() tax_rate_percent=rate/> })
                .collect::<Vec<_>>()
        })
    };
    view! { <div class="grid-cards">{cards}</div> }.into_any()
}

/// Three plans: the operator's first of each kind, filled up with further mobile plans.
fn teased(catalog: &Catalog) -> Vec<&Plan> {
    let firsts = Category::ALL.into_iter().filter_map(|c| catalog.plans.iter().find(|p| p.category == c));
    let mut chosen: Vec<&Plan> = firsts.collect();
    for plan in &catalog.plans {
        if chosen.len() < 3 && !chosen.iter().any(|p| p.sku == plan.sku) {
            chosen.push(plan);
        }
    }
    chosen.truncate(3);
    chosen.sort_by_key(|p| p.category);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::common::text::LocalText;
    use domain::{Money, Timestamp};

    fn plan(sku: &str, category: Category) -> Plan {
        Plan {
            sku: sku.into(),
            category,
            name: LocalText::default(),
            description: LocalText::default(),
            price: Money::yen(1),
            data: None,
            voice: false,
            tier: None,
            sim_kinds: Vec::new(),
            options: Vec::new(),
        }
    }
    fn skus(plans: Vec<Plan>) -> Vec<String> {
        let catalog =
            Catalog { plans, tax_rate_percent: 10, as_of: Timestamp(0), stale: false, customer_may_confirm: true };
        teased(&catalog).iter().map(|p| p.sku.0.clone()).collect()
    }

    #[test]
    fn one_of_each_kind_is_shown_or_more_of_one_kind() {
        use Category::{Internet, Sim, Vpn};
        assert_eq!(
            skus(vec![plan("s1", Sim), plan("s2", Sim), plan("n1", Internet), plan("v1", Vpn)]),
            ["s1", "n1", "v1"]
        );
        assert_eq!(skus(vec![plan("s1", Sim), plan("s2", Sim), plan("n1", Internet)]), ["s1", "s2", "n1"]);
        assert_eq!(skus(Vec::new()), Vec::<String>::new());
    }
}
