//! Who keeps which number.

use domain::{OrderId, Timestamp};
use platform::clock::new_id;
use platform::on_both_stores;
use platform::store::port_ins;
use platform::testing::TestStore;

on_both_stores!(a_number_belongs_to_one_order_until_it_is_let_go, two_claims_at_once_have_one_winner);

async fn a_number_belongs_to_one_order_until_it_is_let_go(store: TestStore) {
    let (conn, now) = (store.db.conn(), Timestamp(1_800_000_000_000));
    let (first, second) = (OrderId(new_id()), OrderId(new_id()));
    let claim = async |order, at| port_ins::claim(conn, "09012345678", order, at).await.unwrap();
    assert!(claim(first, now).await);
    assert!(claim(first, now).await, "its own repeat");
    assert!(!claim(second, now).await);
    assert!(port_ins::claim(conn, "08012345678", second, now).await.unwrap(), "another number");
    port_ins::release(conn, first).await.unwrap();
    assert!(claim(second, now).await);
    // Its order was never kept.
    assert!(!claim(first, now.plus_millis(9 * 60_000)).await);
    assert!(claim(first, now.plus_millis(11 * 60_000)).await);
}

async fn two_claims_at_once_have_one_winner(store: TestStore) {
    let now = Timestamp(1_800_000_000_000);
    let claims: Vec<_> = (0..8)
        .map(|_| {
            let db = store.db.clone();
            tokio::spawn(
                async move { port_ins::claim(db.conn(), "09012345678", OrderId(new_id()), now).await.unwrap() },
            )
        })
        .collect();
    let mut winners = 0;
    for claim in claims {
        winners += u32::from(claim.await.unwrap());
    }
    assert_eq!(winners, 1);
}
