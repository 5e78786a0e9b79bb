//! The objects of the org: standard fields, and the custom ones a telecom portal needs.

/// Field type with what checking it needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Id,
    /// Maximum length in characters.
    Text(usize),
    LongText(usize),
    Email,
    Phone,
    Url,
    Boolean,
    Double,
    Currency,
    Date,
    DateTime,
    /// Restricted list of values.
    Picklist(&'static [&'static str]),
    /// Object referred to and the name used in a path (`Account` for `AccountId`).
    Reference(&'static str, &'static str),
}

/// Who may write a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Write,
    InsertOnly,
    Read,
}

/// One field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub external_id: bool,
    pub access: Access,
}

impl Field {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    const fn external(mut self) -> Self {
        self.external_id = true;
        self
    }
    const fn once(mut self) -> Self {
        self.access = Access::InsertOnly;
        self
    }
    const fn read(mut self) -> Self {
        self.access = Access::Read;
        self
    }
}

/// An object with its children for subqueries and trees.
#[derive(Debug)]
pub(crate) struct Object {
    pub name: &'static str,
    pub label: &'static str,
    pub plural: &'static str,
    pub prefix: &'static str,
    pub fields: &'static [Field],
    /// Relationship name, child object, child field.
    pub children: &'static [(&'static str, &'static str, &'static str)],
    /// Auto-number field and its digits.
    pub auto_number: Option<(&'static str, usize)>,
    pub table: &'static str,
}

const fn f(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false, external_id: false, access: Access::Write }
}

use Kind::{Boolean, Currency, Date, DateTime, Double, Email, LongText, Phone, Picklist, Reference, Text, Url};

const SYSTEM: &[Field] = &[
    f("Id", Kind::Id).read(),
    f("CreatedDate", DateTime).read(),
    f("CreatedById", Reference("User", "CreatedBy")).read(),
    f("LastModifiedDate", DateTime).read(),
    f("LastModifiedById", Reference("User", "LastModifiedBy")).read(),
    f("SystemModstamp", DateTime).read(),
    f("IsDeleted", Boolean).read(),
    f("OwnerId", Reference("User", "Owner")),
];

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
    f("Customer_Number__c", Text(32)).external(),
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
pub(crate) const ORDER_STATUS: &[&str] = &["Draft", "Approved", "Rejected", "Cancelled", "Activated"];

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
    f("Portal_Order_Id__c", Text(64)).external(),
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

const CASE: &[Field] = &[
    f("CaseNumber", Text(30)).read(),
    f("Subject", Text(255)),
    f("Description", LongText(32_000)),
    f("Status", Picklist(&["New", "Working", "Escalated", "Closed"])),
    f("Priority", Picklist(&["High", "Medium", "Low"])),
    f("Origin", Text(255)),
    f("Type", Text(255)),
    f("Reason", Text(255)),
    f("ContactId", Reference("Contact", "Contact")),
    f("AccountId", Reference("Account", "Account")),
    f("ParentId", Reference("Case", "Parent")),
    f("IsClosed", Boolean).read(),
    f("ClosedDate", DateTime).read(),
    f("SuppliedEmail", Email),
    f("SuppliedName", Text(80)),
    f("SuppliedPhone", Text(40)),
    f("Comments", LongText(4_000)),
];

const CASE_COMMENT: &[Field] = &[
    f("ParentId", Reference("Case", "Parent")).required().once(),
    f("CommentBody", LongText(4_000)),
    f("IsPublished", Boolean),
];

const fn object(
    name: &'static str,
    plural: &'static str,
    prefix: &'static str,
    table: &'static str,
    fields: &'static [Field],
    children: &'static [(&'static str, &'static str, &'static str)],
    auto_number: Option<(&'static str, usize)>,
) -> Object {
    Object { name, label: name, plural, prefix, fields, children, auto_number, table }
}

const MANAGED_SUBSCRIPTION: &[Field] =
    &[f("DeveloperName", Text(80)).read(), f("MasterLabel", Text(80)).read(), f("Metadata", LongText(32_000)).read()];

static TOOLING: &[Object] = &[Object {
    name: "ManagedEventSubscription",
    label: "Managed Event Subscription",
    plural: "Managed Event Subscriptions",
    prefix: "18x",
    fields: MANAGED_SUBSCRIPTION,
    children: &[],
    auto_number: None,
    table: "sf.ManagedEventSubscription",
}];

static OBJECTS: &[Object] = &[
    object("User", "Users", "005", "sf.User", USER, &[], None),
    object(
        "Account",
        "Accounts",
        "001",
        "sf.Account",
        ACCOUNT,
        &[("Contacts", "Contact", "AccountId"), ("Orders", "Order", "AccountId"), ("Cases", "Case", "AccountId")],
        None,
    ),
    object("Contact", "Contacts", "003", "sf.Contact", CONTACT, &[("Cases", "Case", "ContactId")], None),
    object(
        "Pricebook2",
        "Price Books",
        "01s",
        "sf.Pricebook2",
        PRICEBOOK,
        &[("PricebookEntries", "PricebookEntry", "Pricebook2Id")],
        None,
    ),
    object(
        "Product2",
        "Products",
        "01t",
        "sf.Product2",
        PRODUCT,
        &[("PricebookEntries", "PricebookEntry", "Product2Id")],
        None,
    ),
    object(
        "PricebookEntry",
        "Price Book Entries",
        "01u",
        "sf.PricebookEntry",
        ENTRY,
        &[("OrderItems", "OrderItem", "PricebookEntryId")],
        None,
    ),
    object(
        "Order",
        "Orders",
        "801",
        "sf.Order",
        ORDER,
        &[("OrderItems", "OrderItem", "OrderId")],
        Some(("OrderNumber", 8)),
    ),
    object("OrderItem", "Order Products", "802", "sf.OrderItem", ORDER_ITEM, &[], Some(("OrderItemNumber", 10))),
    object(
        "Case",
        "Cases",
        "500",
        "sf.Case",
        CASE,
        &[("CaseComments", "CaseComment", "ParentId"), ("Cases", "Case", "ParentId")],
        Some(("CaseNumber", 8)),
    ),
    object("CaseComment", "Case Comments", "00a", "sf.CaseComment", CASE_COMMENT, &[], None),
];

/// All objects, for describe global.
/// Objects of the Tooling API, which the data API does not know.
pub(crate) fn find_tooling(name: &str) -> Option<&'static Object> {
    TOOLING.iter().find(|object| object.name.eq_ignore_ascii_case(name))
}

pub(crate) fn objects() -> &'static [Object] {
    OBJECTS
}

/// Finds an object by name, whatever its case.
pub(crate) fn find(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.name.eq_ignore_ascii_case(name))
}

/// Finds the object whose records have this id prefix.
pub(crate) fn of_id(id: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| id.starts_with(object.prefix))
}

impl Object {
    pub(crate) fn all_fields(&self) -> impl Iterator<Item = &'static Field> {
        SYSTEM.iter().chain(self.fields)
    }

    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.all_fields().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The reference field behind a name used in a path.
    pub(crate) fn relationship(&self, name: &str) -> Option<(&'static Field, &'static Object)> {
        self.all_fields().find_map(|field| match field.kind {
            Reference(target, relation) if relation.eq_ignore_ascii_case(name) => Some((field, find(target)?)),
            _ => None,
        })
    }

    pub(crate) fn child(&self, name: &str) -> Option<(&'static str, &'static Object, &'static str)> {
        let (relation, object, field) =
            self.children.iter().find(|(relation, _, _)| relation.eq_ignore_ascii_case(name))?;
        Some((relation, find(object)?, field))
    }
}

impl Kind {
    /// The name of the type in a describe result.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Id => "id",
            Text(_) => "string",
            LongText(_) => "textarea",
            Email => "email",
            Phone => "phone",
            Url => "url",
            Boolean => "boolean",
            Double => "double",
            Currency => "currency",
            Date => "date",
            DateTime => "datetime",
            Picklist(_) => "picklist",
            Reference(..) => "reference",
        }
    }

    pub(crate) fn length(&self) -> usize {
        match self {
            Text(n) | LongText(n) => *n,
            Email => 80,
            Phone => 40,
            Url | Picklist(_) => 255,
            Self::Id | Reference(..) => 18,
            _ => 0,
        }
    }
}
