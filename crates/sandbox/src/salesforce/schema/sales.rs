//! Customers, the catalogue, orders and what customers own.

use super::Kind::{Boolean, Currency, Date, DateTime, Double, Email, LongText, Phone, Picklist, Reference, Text, Url};
use super::{Field, Object, f};

const USER: &[Field] = &[
    f("Name", Text(121)).read(),
    f("Username", Text(80)).read(),
    f("Email", Email).read(),
    f("IsActive", Boolean).read(),
];

const ACCOUNT: &[Field] = &[
    f("Name", Text(255)).required(),
    f("AccountNumber", Text(40)),
    f("Phone", Phone),
    f("Website", Url),
    f("Type", Text(255)),
    f("Description", LongText(32_000)),
    f("BillingStreet", Text(255)),
    f("BillingCity", Text(40)),
    f("BillingState", Text(80)),
    f("BillingPostalCode", Text(20)),
    f("BillingCountry", Text(80)),
    f("ShippingStreet", Text(255)),
    f("ShippingCity", Text(40)),
    f("ShippingState", Text(80)),
    f("ShippingPostalCode", Text(20)),
    f("ShippingCountry", Text(80)),
    f("ParentId", Reference("Account", "Parent")),
    f("Customer_Number__c", Text(32)).external().unique(),
    f("WHMCS_Client_ID__c", Double).external(),
    f("Portal_Status__c", Picklist(&["Not Registered", "Active", "Suspended", "Closed"])),
    f("Portal_Registered_At__c", DateTime),
    f("Portal_Last_Login__c", DateTime),
    f("Internet_Eligibility__c", Text(255)),
    f("ID_Verification_Status__c", Picklist(&["Not Submitted", "Submitted", "Verified", "Rejected"])),
];

const CONTACT: &[Field] = &[
    f("LastName", Text(80)).required(),
    f("FirstName", Text(40)),
    f("Salutation", Text(40)),
    f("Name", Text(121)).read(),
    f("AccountId", Reference("Account", "Account")),
    f("Email", Email),
    f("Phone", Phone),
    f("MobilePhone", Phone),
    f("Birthdate", Date),
    f("MailingStreet", Text(255)),
    f("MailingCity", Text(40)),
    f("MailingState", Text(80)),
    f("MailingPostalCode", Text(20)),
    f("MailingCountry", Text(80)),
];

const PRICEBOOK: &[Field] = &[
    f("Name", Text(255)).required(),
    f("Description", Text(255)),
    f("IsActive", Boolean),
    f("IsStandard", Boolean).read(),
];

const PRODUCT: &[Field] = &[
    f("Name", Text(255)).required(),
    f("ProductCode", Text(255)),
    f("StockKeepingUnit", Text(180)),
    f("Description", LongText(4_000)),
    f("IsActive", Boolean),
    f("Family", Text(255)),
    f("DisplayUrl", Url),
    f("QuantityUnitOfMeasure", Text(255)),
    f("Portal_Catalog__c", Boolean),
    f("Portal_Sort__c", Double),
    f("Portal_Name_JA__c", Text(255)),
    f("Portal_Description_JA__c", LongText(4_000)),
    f("Portal_Category__c", Picklist(&["Internet", "SIM", "VPN"])),
    f("Item_Class__c", Picklist(&["Service", "Installation", "Activation", "Add-on"])),
    f("Billing_Cycle__c", Picklist(&["Monthly", "Onetime"])),
    f("WHMCS_Product_ID__c", Double),
    f("SIM_Data_Size__c", Text(20)),
    f("SIM_Plan_Type__c", Picklist(&["DataOnly", "DataSms", "DataSmsVoice"])),
    f("Internet_Plan_Tier__c", Text(40)),
    f("Internet_Offering_Type__c", Picklist(&["Home 1G", "Home 10G", "Apartment 1G", "Apartment 10G"])),
    f("Bundled_Addon__c", Reference("Product2", "Bundled_Addon__r")),
    f("Freebit_Plan_Code__c", Text(20)),
];

const ENTRY: &[Field] = &[
    f("Name", Text(255)).read(),
    f("Pricebook2Id", Reference("Pricebook2", "Pricebook2")).required().once(),
    f("Product2Id", Reference("Product2", "Product2")).required().once(),
    f("UnitPrice", Currency).required(),
    f("IsActive", Boolean),
    f("UseStandardPrice", Boolean),
    f("ProductCode", Text(255)).read(),
];

/// Values of `Order.Status`; all but `Activated` belong to the Draft category.
const ORDER_STATUS: &[&str] = &["Draft", "Approved", "Rejected", "Cancelled", "Activated"];

const ORDER: &[Field] = &[
    f("AccountId", Reference("Account", "Account")).required(),
    f("EffectiveDate", Date).required(),
    f("EndDate", Date),
    f("Status", Picklist(ORDER_STATUS)).required(),
    f("StatusCode", Picklist(&["Draft", "Activated"])).read(),
    f("Pricebook2Id", Reference("Pricebook2", "Pricebook2")),
    f("OrderNumber", Text(30)).read(),
    f("Name", Text(80)),
    f("TotalAmount", Currency).read(),
    f("ActivatedDate", DateTime).read(),
    f("ActivatedById", Reference("User", "ActivatedBy")).read(),
    f("Type", Text(255)),
    f("Description", LongText(32_000)),
    f("BillToContactId", Reference("Contact", "BillToContact")),
    f("ShipToContactId", Reference("Contact", "ShipToContact")),
    f("BillingStreet", Text(255)),
    f("BillingCity", Text(40)),
    f("BillingState", Text(80)),
    f("BillingPostalCode", Text(20)),
    f("BillingCountry", Text(80)),
    f("ShippingStreet", Text(255)),
    f("ShippingCity", Text(40)),
    f("ShippingState", Text(80)),
    f("ShippingPostalCode", Text(20)),
    f("ShippingCountry", Text(80)),
    f("OrderReferenceNumber", Text(80)),
    f("PoNumber", Text(80)),
    f("Portal_Order_Id__c", Text(64)).external().unique(),
    f("Order_Type__c", Picklist(&["Internet", "SIM", "VPN", "Mixed", "Other"])),
    f("Activation_Type__c", Picklist(&["Immediate", "Scheduled"])),
    f("Activation_Scheduled_At__c", DateTime),
    f("Activation_Status__c", Picklist(&["Not Started", "Activating", "Activated", "Failed"])),
    f("Activation_Error_Code__c", Text(80)),
    f("Activation_Error_Message__c", Text(255)),
    f("WHMCS_Order_ID__c", Text(32)),
    f("SIM_Type__c", Picklist(&["Physical", "eSIM"])),
    f("EID__c", Text(32)),
    f("MSISDN__c", Text(20)),
    f("ICCID__c", Text(20)),
    f("MNP_Application__c", Boolean),
    f("MNP_Reservation_Number__c", Text(10)),
    f("MNP_Expiry_Date__c", Date),
    f("MNP_Phone_Number__c", Text(20)),
    f("MNP_Holder_Name_Kana__c", Text(80)),
    f("Address_Changed__c", Boolean),
];

const ORDER_ITEM: &[Field] = &[
    f("OrderId", Reference("Order", "Order")).required().once(),
    f("PricebookEntryId", Reference("PricebookEntry", "PricebookEntry")).required().once(),
    f("Quantity", Double).required(),
    f("UnitPrice", Currency).required(),
    f("ListPrice", Currency).read(),
    f("TotalPrice", Currency).read(),
    f("Product2Id", Reference("Product2", "Product2")).read(),
    f("ServiceDate", Date),
    f("EndDate", Date),
    f("Description", Text(255)),
    f("OrderItemNumber", Text(30)).read(),
    f("WHMCS_Service_ID__c", Double),
    f("Billing_Cycle__c", Picklist(&["Monthly", "Onetime"])),
];

const ASSET: &[Field] = &[
    f("Name", Text(255)).required(),
    f("AccountId", Reference("Account", "Account")),
    f("ContactId", Reference("Contact", "Contact")),
    f("Product2Id", Reference("Product2", "Product2")),
    f("ParentId", Reference("Asset", "Parent")),
    f("SerialNumber", Text(80)),
    f("Status", Picklist(&["Shipped", "Installed", "Registered", "Obsolete", "Purchased"])),
    f("InstallDate", Date),
    f("PurchaseDate", Date),
    f("UsageEndDate", Date),
    f("Price", Currency),
    f("Quantity", Double),
    f("Description", LongText(32_000)),
    f("IsCompetitorProduct", Boolean),
    f("StockKeepingUnit", Text(180)).read(),
    f("ProductCode", Text(255)).read(),
];

pub(super) static OBJECTS: &[Object] = &[
    Object::new("User", "Users", "005", "sf.User", USER).unowned().never_inserted(),
    Object::new("Account", "Accounts", "001", "sf.Account", ACCOUNT).children(&[
        ("Contacts", "Contact", "AccountId"),
        ("Orders", "Order", "AccountId"),
        ("Cases", "Case", "AccountId"),
        ("Assets", "Asset", "AccountId"),
        ("ContentDocumentLinks", "ContentDocumentLink", "LinkedEntityId"),
        ("Feeds", "FeedItem", "ParentId"),
    ]),
    Object::new("Contact", "Contacts", "003", "sf.Contact", CONTACT)
        .children(&[("Cases", "Case", "ContactId"), ("Assets", "Asset", "ContactId")]),
    Object::new("Pricebook2", "Price Books", "01s", "sf.Pricebook2", PRICEBOOK).unowned().children(&[(
        "PricebookEntries",
        "PricebookEntry",
        "Pricebook2Id",
    )]),
    Object::new("Product2", "Products", "01t", "sf.Product2", PRODUCT)
        .unowned()
        .children(&[("PricebookEntries", "PricebookEntry", "Product2Id"), ("Assets", "Asset", "Product2Id")]),
    Object::new("PricebookEntry", "Price Book Entries", "01u", "sf.PricebookEntry", ENTRY).unowned().children(&[(
        "OrderItems",
        "OrderItem",
        "PricebookEntryId",
    )]),
    Object::new("Order", "Orders", "801", "sf.Order", ORDER).numbered("OrderNumber", 8).children(&[
        ("OrderItems", "OrderItem", "OrderId"),
        ("ContentDocumentLinks", "ContentDocumentLink", "LinkedEntityId"),
    ]),
    Object::new("OrderItem", "Order Products", "802", "sf.OrderItem", ORDER_ITEM)
        .unowned()
        .numbered("OrderItemNumber", 10),
    Object::new("Asset", "Assets", "02i", "sf.Asset", ASSET).children(&[("ChildAssets", "Asset", "ParentId")]),
];
