//! What the operator sells: products in Salesforce with prices, and their twins in WHMCS.

use serde_json::json;

use crate::salesforce::records::{self, Record, Writer};
use crate::salesforce::{ids, schema};
use crate::whmcs::types::{self, CustomField, Product};
use crate::world::store::Txn;

/// A product. Prices are yen without tax.
pub(super) struct Item {
    pub pid: u64,
    pub code: &'static str,
    pub name: &'static str,
    text: &'static str,
    name_ja: &'static str,
    text_ja: &'static str,
    /// SIM, Internet or VPN.
    pub category: &'static str,
    /// Service, Installation, Activation or Add-on.
    pub class: &'static str,
    pub price: i64,
    monthly: bool,
    /// SIM: data, plan type, network plan. Internet: tier, offering type.
    detail: Detail,
    offer: Offer,
}

enum Detail {
    None,
    Sim(&'static str, &'static str, &'static str),
    Internet(&'static str, &'static str),
    /// An add-on for plans with calls.
    Voice,
}

#[derive(PartialEq)]
enum Offer {
    Portal,
    /// Sold by staff only.
    Staff,
    Inactive,
}

use Detail::{Internet, None as Plain, Sim, Voice};
use Offer::{Inactive, Portal, Staff};

#[expect(clippy::too_many_arguments, reason = "one row of the table below, read by position")]
const fn item(
    pid: u64,
    code: &'static str,
    (name, text): (&'static str, &'static str),
    (name_ja, text_ja): (&'static str, &'static str),
    (category, class): (&'static str, &'static str),
    (price, monthly): (i64, bool),
    detail: Detail,
    offer: Offer,
) -> Item {
    Item { pid, code, name, text, name_ja, text_ja, category, class, price, monthly, detail, offer }
}

const SIM: (&str, &str) = ("SIM", "Service");
const NET: (&str, &str) = ("Internet", "Service");

pub(super) const ITEMS: &[Item] = &[
    item(
        101,
        "SIM-V03",
        ("Mobile 3GB", "Calls, SMS and 3 GB a month. On a SIM card or an eSIM."),
        ("モバイル 3GB", "音声通話・SMSと毎月3GBのデータ。SIMカードまたはeSIM。"),
        SIM,
        (980, true),
        Sim("3GB", "DataSmsVoice", "KGM03V"),
        Portal,
    ),
    item(
        102,
        "SIM-V10",
        ("Mobile 10GB", "Calls, SMS and 10 GB a month. On a SIM card or an eSIM."),
        ("モバイル 10GB", "音声通話・SMSと毎月10GBのデータ。SIMカードまたはeSIM。"),
        SIM,
        (1_780, true),
        Sim("10GB", "DataSmsVoice", "KGM10V"),
        Portal,
    ),
    item(
        103,
        "SIM-V30",
        ("Mobile 30GB", "Calls, SMS and 30 GB a month, 5G included."),
        ("モバイル 30GB", "音声通話・SMSと毎月30GBのデータ。5G対応。"),
        SIM,
        (2_680, true),
        Sim("30GB", "DataSmsVoice", "KGM30V"),
        Portal,
    ),
    item(
        104,
        "SIM-VUN",
        ("Mobile Unlimited 5G", "Calls, SMS and data without a monthly limit on 5G."),
        ("モバイル 無制限 5G", "音声通話・SMSとデータ使い放題の5Gプラン。"),
        SIM,
        (4_980, true),
        Sim("Unlimited", "DataSmsVoice", "KGMUNV"),
        Portal,
    ),
    item(
        105,
        "SIM-D05",
        ("Data 5GB", "5 GB of data a month for tablets and routers. No calls."),
        ("データ 5GB", "タブレットやルーター向けの毎月5GB。音声通話なし。"),
        SIM,
        (880, true),
        Sim("5GB", "DataOnly", "KGM05D"),
        Portal,
    ),
    item(
        106,
        "SIM-D50",
        ("Data 50GB", "50 GB of data a month for a home without a line. No calls."),
        ("データ 50GB", "固定回線の代わりになる毎月50GB。音声通話なし。"),
        SIM,
        (2_980, true),
        Sim("50GB", "DataOnly", "KGM50D"),
        Portal,
    ),
    item(
        107,
        "SIM-ACT",
        ("Mobile activation", "One-time fee for a new mobile line."),
        ("モバイル 初期登録料", "新規回線の登録手数料(初回のみ)。"),
        ("SIM", "Activation"),
        (1_500, false),
        Plain,
        Portal,
    ),
    item(
        108,
        "SIM-VM",
        ("Voice mail", "Messages are kept for 72 hours."),
        ("留守番電話", "メッセージを72時間保存します。"),
        ("SIM", "Add-on"),
        (300, true),
        Voice,
        Portal,
    ),
    item(
        109,
        "SIM-CW",
        ("Call waiting", "Take a second call while you talk."),
        ("割込通話", "通話中に別の電話を受けられます。"),
        ("SIM", "Add-on"),
        (200, true),
        Voice,
        Portal,
    ),
    item(
        110,
        "SIM-INT",
        ("International roaming", "Calls and data abroad, charged by use."),
        ("国際ローミング", "海外での通話とデータ通信(従量制)。"),
        ("SIM", "Add-on"),
        (0, true),
        Plain,
        Portal,
    ),
    item(
        201,
        "NET-H1G",
        ("Fibre Home 1G", "Up to 1 Gbps for a house."),
        ("光 戸建て 1G", "戸建て向け、最大1Gbps。"),
        NET,
        (4_800, true),
        Internet("Silver", "Home 1G"),
        Portal,
    ),
    item(
        202,
        "NET-H10G",
        ("Fibre Home 10G", "Up to 10 Gbps for a house."),
        ("光 戸建て 10G", "戸建て向け、最大10Gbps。"),
        NET,
        (6_300, true),
        Internet("Platinum", "Home 10G"),
        Portal,
    ),
    item(
        203,
        "NET-A1G",
        ("Fibre Apartment 1G", "Up to 1 Gbps for an apartment."),
        ("光 マンション 1G", "集合住宅向け、最大1Gbps。"),
        NET,
        (3_900, true),
        Internet("Silver", "Apartment 1G"),
        Portal,
    ),
    item(
        204,
        "NET-A10G",
        ("Fibre Apartment 10G", "Up to 10 Gbps for an apartment."),
        ("光 マンション 10G", "集合住宅向け、最大10Gbps。"),
        NET,
        (5_400, true),
        Internet("Platinum", "Apartment 10G"),
        Portal,
    ),
    item(
        205,
        "NET-INST",
        ("Installation", "A technician connects your home; paid once."),
        ("開通工事", "技術者が訪問して開通します(一括払い)。"),
        ("Internet", "Installation"),
        (22_800, false),
        Plain,
        Portal,
    ),
    item(
        206,
        "NET-INSTW",
        ("Installation on a weekend", "The same on a Saturday, Sunday or holiday."),
        ("開通工事(土日祝)", "土日祝日の開通工事(一括払い)。"),
        ("Internet", "Installation"),
        (25_800, false),
        Plain,
        Portal,
    ),
    item(
        207,
        "NET-IP",
        ("Static IP address", "One IPv4 address that stays yours."),
        ("固定IPアドレス", "固定IPv4アドレス1個。"),
        ("Internet", "Add-on"),
        (1_000, true),
        Plain,
        Portal,
    ),
    item(
        208,
        "NET-WIFI",
        ("Wi-Fi router rental", "Wi-Fi 6E router, exchanged when it breaks."),
        ("Wi-Fiルーターレンタル", "Wi-Fi 6E対応ルーター。故障時は交換。"),
        ("Internet", "Add-on"),
        (500, true),
        Plain,
        Portal,
    ),
    item(
        301,
        "VPN-SF",
        ("VPN San Francisco", "Your connection comes out in the United States."),
        ("VPN サンフランシスコ", "アメリカ合衆国からの接続になります。"),
        ("VPN", "Service"),
        (1_800, true),
        Plain,
        Portal,
    ),
    item(
        302,
        "VPN-LDN",
        ("VPN London", "Your connection comes out in the United Kingdom."),
        ("VPN ロンドン", "イギリスからの接続になります。"),
        ("VPN", "Service"),
        (1_800, true),
        Plain,
        Portal,
    ),
    item(
        303,
        "VPN-ACT",
        ("VPN activation", "One-time fee for a VPN router."),
        ("VPN 初期登録料", "VPNルーターの登録手数料(初回のみ)。"),
        ("VPN", "Activation"),
        (3_000, false),
        Plain,
        Portal,
    ),
    item(
        111,
        "SIM-COR",
        ("Corporate data pool", "Shared data for companies, by contract."),
        ("法人データプール", "法人契約向けの共有データ。"),
        SIM,
        (980, true),
        Sim("Pool", "DataOnly", "KGM50D"),
        Staff,
    ),
    item(
        209,
        "NET-DED",
        ("Dedicated line", "A line of one's own, by contract."),
        ("専用線", "法人契約向けの専用回線。"),
        NET,
        (98_000, true),
        Internet("Dedicated", "Home 10G"),
        Staff,
    ),
    item(
        112,
        "SIM-V01",
        ("Mobile 1GB (old)", "No longer sold."),
        ("モバイル 1GB(旧)", "販売終了。"),
        SIM,
        (680, true),
        Sim("1GB", "DataSmsVoice", "KGM03V"),
        Inactive,
    ),
];

/// Finds a product by its WHMCS id.
pub(super) fn by_pid(pid: u64) -> Option<&'static Item> {
    ITEMS.iter().find(|item| item.pid == pid)
}

impl Item {
    pub(super) fn is_sim(&self) -> bool {
        matches!(self.detail, Sim(..))
    }

    pub(super) fn is_monthly(&self) -> bool {
        self.monthly
    }

    pub(super) fn plan_code(&self) -> Option<&'static str> {
        match self.detail {
            Sim(_, _, plan) => Some(plan),
            _ => None,
        }
    }

    pub(super) fn group(&self) -> &'static str {
        match self.category {
            "SIM" => "Mobile",
            "Internet" => "Fibre",
            _ => "VPN",
        }
    }

    /// Custom field ids of a SIM product: MSISDN and SIM Type. They differ from product to product.
    pub(super) fn sim_fields(&self) -> (u64, u64) {
        (self.pid * 10 + 1, self.pid * 10 + 2)
    }
}

/// Ids of what orders refer to.
pub(super) struct Planted {
    pub portal_book: String,
    /// WHMCS product id to price book entry.
    pub entries: std::collections::BTreeMap<u64, String>,
}

/// Puts products, price books and prices into Salesforce, products into WHMCS.
pub(super) fn plant(txn: &mut Txn<'_>, writer: &Writer) -> anyhow::Result<Planted> {
    let object = |name: &str| schema::find(name).ok_or_else(|| anyhow::anyhow!("no object {name}"));
    let fail = |error| anyhow::anyhow!("seed: {error:?}");
    let make = |txn: &mut Txn<'_>, name: &str, body: serde_json::Value| -> anyhow::Result<String> {
        let body: Record = serde_json::from_value(body)?;
        records::create(txn, object(name)?, &body, writer).map_err(fail)
    };
    let standard = make(txn, "Pricebook2", json!({ "Name": "Standard Price Book", "IsActive": true }))?;
    let mut book = records::get(txn, object("Pricebook2")?, &standard).map_err(fail)?;
    book.insert("IsStandard".to_owned(), json!(true));
    records::save(txn, object("Pricebook2")?, book, writer);
    let portal = make(
        txn,
        "Pricebook2",
        json!({ "Name": "Portal", "IsActive": true, "Description": "Prices of the customer portal, without tax" }),
    )?;
    let mut planted = Planted { portal_book: portal.clone(), entries: std::collections::BTreeMap::new() };
    for (at, item) in ITEMS.iter().enumerate() {
        let mut product = json!({
            "Name": item.name, "ProductCode": item.code, "StockKeepingUnit": item.code, "Description": item.text, "IsActive": item.offer != Inactive,
            "Family": item.group(), "Portal_Catalog__c": item.offer == Portal, "Portal_Sort__c": (at + 1) * 10, "Portal_Name_JA__c": item.name_ja,
            "Portal_Description_JA__c": item.text_ja, "Portal_Category__c": item.category, "Item_Class__c": item.class,
            "Billing_Cycle__c": if item.monthly { "Monthly" } else { "Onetime" }, "WHMCS_Product_ID__c": item.pid,
        });
        match item.detail {
            Sim(size, kind, plan) => {
                product["SIM_Data_Size__c"] = json!(size);
                product["SIM_Plan_Type__c"] = json!(kind);
                product["Freebit_Plan_Code__c"] = json!(plan);
            }
            Internet(tier, offering) => {
                product["Internet_Plan_Tier__c"] = json!(tier);
                product["Internet_Offering_Type__c"] = json!(offering);
            }
            Voice => product["SIM_Plan_Type__c"] = json!("DataSmsVoice"),
            Plain => {}
        }
        let product = make(txn, "Product2", product)?;
        for book in [&standard, &portal] {
            let entry = json!({ "Pricebook2Id": book, "Product2Id": product, "UnitPrice": item.price, "IsActive": item.offer != Inactive });
            let id = make(txn, "PricebookEntry", entry)?;
            if *book == portal {
                planted.entries.insert(item.pid, id);
            }
        }
        bill(txn, item);
    }
    debug_assert!(ids::normalize(&standard).is_some());
    Ok(planted)
}

fn bill(txn: &mut Txn<'_>, item: &Item) {
    let customfields = if item.is_sim() {
        let (msisdn, kind) = item.sim_fields();
        let field = |id, name: &str, description: &str| CustomField {
            id,
            name: name.to_owned(),
            description: description.to_owned(),
            required: false,
        };
        vec![field(msisdn, "MSISDN", "Phone number of the line"), field(kind, "SIM Type", "Physical or eSIM")]
    } else {
        Vec::new()
    };
    let gid = match item.category {
        "SIM" => 1,
        "Internet" => 2,
        _ => 3,
    };
    let product = Product {
        pid: item.pid,
        gid,
        group: item.group().to_owned(),
        name: item.name.to_owned(),
        description: item.text.to_owned(),
        // Lines have a module; fibre and VPN are set up by hand.
        module: if item.is_sim() { "mobileline" } else { "" }.to_owned(),
        paytype: if item.monthly { "recurring" } else { "onetime" }.to_owned(),
        price: item.price,
        customfields,
    };
    types::save(txn, &product);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_complete_and_its_plans_exist() {
        let count = |wanted: &Offer| ITEMS.iter().filter(|item| item.offer == *wanted).count();
        assert!(count(&Portal) >= 14 && count(&Staff) == 2 && count(&Inactive) == 1);
        for item in ITEMS {
            assert_eq!(
                ITEMS.iter().filter(|other| other.pid == item.pid || other.code == item.code).count(),
                1,
                "{}",
                item.code
            );
            if let Some(plan) = item.plan_code() {
                assert!(crate::freebit::types::plan(plan).is_some(), "{plan}");
            }
        }
    }
}
