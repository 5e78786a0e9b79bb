//! Cases with what is written about them, and the articles that answer before a case is opened.

use super::Kind::{
    Boolean, DateTime, Double, Email, Int, Linked, LongText, MultiPicklist, OpenPicklist, Picklist, Reference, Text,
    Url,
};
use super::{Field, Object, f};

/// The last is the only closed one.
pub(crate) const CASE_STATUS: &[&str] = &["New", "Working", "Escalated", "Closed"];

const CASE: &[Field] = &[
    f("CaseNumber", Text(30)).read(),
    f("Subject", Text(255)),
    f("Description", LongText(32_000)),
    f("Status", Picklist(CASE_STATUS)),
    f("Priority", Picklist(&["High", "Medium", "Low"])),
    f("Origin", OpenPicklist(&["Phone", "Email", "Web"])),
    f("Type", Text(255)),
    f("Reason", Text(255)),
    f("ContactId", Reference("Contact", "Contact")),
    f("AccountId", Reference("Account", "Account")),
    f("AssetId", Reference("Asset", "Asset")),
    f("ParentId", Reference("Case", "Parent")),
    f("IsClosed", Boolean).read(),
    f("ClosedDate", DateTime).read(),
    f("IsEscalated", Boolean),
    f("ContactEmail", Email).read(),
    f("ContactPhone", Text(40)).read(),
    f("SuppliedEmail", Email),
    f("SuppliedName", Text(80)),
    f("SuppliedPhone", Text(40)),
    f("SuppliedCompany", Text(80)),
    // Write-only: makes a CaseComment and reads as null.
    f("Comments", LongText(4_000)),
    // The portal's own id (assumption), so that a repeated create answers DUPLICATE_VALUE.
    f("Portal_Case_Id__c", Text(64)).external().unique(),
    // An operator's own field (assumption): what the case is about, several at once.
    f("Topics__c", MultiPicklist(&["Billing", "Delivery", "Internet", "SIM", "VPN"])),
];

const CASE_COMMENT: &[Field] = &[
    f("ParentId", Reference("Case", "Parent")).required().once(),
    f("CommentBody", LongText(4_000)),
    f("IsPublished", Boolean),
];

/// `EmailMessage.Status` is a digit as text: New, Read, Replied, Sent, Forwarded, Draft.
const MAIL_STATUS: &[&str] = &["0", "1", "2", "3", "4", "5"];

const EMAIL_MESSAGE: &[Field] = &[
    f("ParentId", Reference("Case", "Parent")).once(),
    f("ActivityId", Text(18)).read(),
    f("FromAddress", Email),
    f("FromName", Text(1_000)),
    f("ToAddress", LongText(4_000)),
    f("CcAddress", LongText(4_000)),
    f("BccAddress", LongText(4_000)),
    f("Subject", Text(3_000)),
    f("TextBody", LongText(131_072)),
    f("HtmlBody", LongText(131_072)),
    f("Headers", LongText(32_000)),
    f("Incoming", Boolean),
    f("Status", Picklist(MAIL_STATUS)).required(),
    f("MessageDate", DateTime),
    f("HasAttachment", Boolean).read(),
    f("IsExternallyVisible", Boolean),
    f("MessageIdentifier", Text(765)),
    f("ThreadIdentifier", Text(765)),
];

const FEED_ITEM: &[Field] = &[
    f("ParentId", Linked(&["Case", "Account", "Contact", "Order", "User"], "Parent")).required().once(),
    f(
        "Type",
        Picklist(&["TextPost", "LinkPost", "ContentPost", "AdvancedTextPost", "CreateRecordEvent", "ChangeStatusPost"]),
    )
    .once(),
    f("Body", LongText(10_000)),
    f("Title", Text(255)).once(),
    f("LinkUrl", Url).once(),
    f("IsRichText", Boolean).once(),
    f("Visibility", Picklist(&["AllUsers", "InternalUsers"])).once(),
    f("RelatedRecordId", Text(18)).once(),
    f("CommentCount", Int).read(),
    f("LikeCount", Int).read(),
    f("InsertedById", Reference("User", "InsertedBy")).read(),
];

const ARTICLE: &[Field] = &[
    f("Title", Text(255)).read(),
    f("Summary", Text(1_000)).read(),
    f("UrlName", Text(255)).read(),
    f("Language", Picklist(&["en_US", "ja"])).read(),
    f("PublishStatus", Picklist(&["Draft", "Online", "Archived"])).read(),
    f("ArticleNumber", Text(30)).read(),
    f("KnowledgeArticleId", Text(18)).read(),
    f("VersionNumber", Int).read(),
    f("IsLatestVersion", Boolean).read(),
    f("IsVisibleInPkb", Boolean).read(),
    f("IsVisibleInCsp", Boolean).read(),
    f("FirstPublishedDate", DateTime).read(),
    f("LastPublishedDate", DateTime).read(),
    f("ArticleTotalViewCount", Double).read(),
];

pub(super) static OBJECTS: &[Object] = &[
    Object::new("Case", "Cases", "500", "sf.Case", CASE).numbered("CaseNumber", 8).children(&[
        ("CaseComments", "CaseComment", "ParentId"),
        ("EmailMessages", "EmailMessage", "ParentId"),
        ("Feeds", "FeedItem", "ParentId"),
        ("ContentDocumentLinks", "ContentDocumentLink", "LinkedEntityId"),
        ("Cases", "Case", "ParentId"),
    ]),
    Object::new("CaseComment", "Case Comments", "00a", "sf.CaseComment", CASE_COMMENT).unowned(),
    Object::new("EmailMessage", "Email Messages", "02s", "sf.EmailMessage", EMAIL_MESSAGE).unowned().children(&[(
        "ContentDocumentLinks",
        "ContentDocumentLink",
        "LinkedEntityId",
    )]),
    Object::new("FeedItem", "Feed Items", "0D5", "sf.FeedItem", FEED_ITEM).unowned(),
    Object::new("KnowledgeArticleVersion", "Knowledge Article Versions", "ka0", "sf.KnowledgeArticleVersion", ARTICLE)
        .never_inserted(),
];
