//! The world at its beginning: a made-up operator with customers and their history.

mod billing;
mod cases;
mod catalog;
mod customers;
mod people;

use serde_json::json;

use crate::clock::salesforce_datetime;
use crate::salesforce::oauth::USERNAME;
use crate::salesforce::records::Writer;
use crate::world::store::Txn;

/// The operator. Fictional, like everyone and everything of it.
pub const OPERATOR_NAME: &str = "Asagao Mobile";
/// The Salesforce org.
pub(crate) const ORG_ID: &str = "00D5j000000KGMTEA4";
/// The user of the connected app.
pub(crate) const INTEGRATION_USER_ID: &str = "0055j000000INTGAA4";
/// The member of staff who acts at the console.
pub(crate) const AGENT_USER_ID: &str = "0055j000000AGNTAA4";

/// Fills an empty store. All dates follow from `now_ms`.
pub(crate) fn plant(txn: &mut Txn<'_>, now_ms: i64) -> anyhow::Result<()> {
    let stamp = salesforce_datetime(now_ms);
    for (id, name, username) in [
        (INTEGRATION_USER_ID, "Portal Integration", USERNAME),
        (AGENT_USER_ID, "Aki Hoshino", "aki@kagami-telecom.example.com"),
    ] {
        let user = json!({
            "Id": id, "Name": name, "Username": username, "Email": username, "IsActive": true, "IsDeleted": false, "CreatedDate": stamp,
            "CreatedById": id, "LastModifiedDate": stamp, "LastModifiedById": id, "SystemModstamp": stamp,
        });
        txn.put("sf.User", id, &user);
    }
    crate::pubsub::plant(txn, &stamp);
    let writer = Writer { user_id: AGENT_USER_ID.to_owned(), now_ms };
    let planted = catalog::plant(txn, &writer)?;
    customers::plant(txn, &planted, now_ms)?;
    cases::articles(txn, now_ms)?;
    crate::whmcs::daily::begin(txn, crate::clock::Date::japan(now_ms));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::ids;
    use crate::world::store::Store;

    #[test]
    fn fixed_ids_have_the_right_suffix() {
        for id in [ORG_ID, INTEGRATION_USER_ID, AGENT_USER_ID] {
            assert_eq!(ids::to_18(&id[..15]), id);
        }
    }

    #[test]
    fn the_seed_is_plainly_fictional_and_leaves_the_portals_numbers_alone() {
        let mut store = Store::default();
        let mut txn = store.begin();
        let now = txn.now_ms();
        plant(&mut txn, now).unwrap();
        txn.commit().unwrap();
        let accounts: Vec<_> = store.rows(crate::freebit::LINES).map(|(account, _)| account.clone()).collect();
        assert!(accounts.len() >= 6);
        assert!(accounts.iter().all(|a| a.starts_with("07000") && a.len() == 11));
        assert!(store.rows("whmcs.clients").all(|(_, row)| row["email"].as_str().unwrap().ends_with("@example.com")));
        let of_mika = store.rows("whmcs.invoices").filter(|(_, row)| row["userid"] == 1).count();
        assert!(of_mika >= 12, "{of_mika}");
        for status in ["Active", "Suspended", "Pending", "Cancelled"] {
            assert!(store.rows("whmcs.services").any(|(_, row)| row["status"] == status), "{status}");
        }
    }
}
