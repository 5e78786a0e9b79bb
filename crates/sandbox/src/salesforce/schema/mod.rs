//! The objects of the org: standard fields, and the custom ones a telecom portal needs. What the org does with them
//! by itself is in `rules`; what a value must look like is in `values`.

mod content;
mod sales;
mod service;

pub(crate) use service::CASE_STATUS;

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
    Int,
    Double,
    Currency,
    Date,
    DateTime,
    /// Restricted list of values.
    Picklist(&'static [&'static str]),
    /// List of values that the API does not insist on, as most standard lists are.
    OpenPicklist(&'static [&'static str]),
    /// Several values of a restricted list, `a;b`.
    MultiPicklist(&'static [&'static str]),
    /// Object referred to and the name used in a path (`Account` for `AccountId`).
    Reference(&'static str, &'static str),
    /// A reference to a record of any of these objects; paths do not lead through it.
    Linked(&'static [&'static str], &'static str),
    /// Bytes: written as base64, read as the address where they are downloaded.
    Base64,
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
    pub unique: bool,
    pub access: Access,
}

impl Field {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// An external id that several records may share.
    const fn external(mut self) -> Self {
        self.external_id = true;
        self
    }
    const fn unique(mut self) -> Self {
        self.unique = true;
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
    /// Whether it has `OwnerId`: details of something else have not.
    pub owned: bool,
    /// Whether the API may make one.
    pub insertable: bool,
}

impl Object {
    const fn new(
        name: &'static str,
        plural: &'static str,
        prefix: &'static str,
        table: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self {
            name,
            label: name,
            plural,
            prefix,
            fields,
            children: &[],
            auto_number: None,
            table,
            owned: true,
            insertable: true,
        }
    }
    const fn children(mut self, children: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        self.children = children;
        self
    }
    const fn numbered(mut self, field: &'static str, digits: usize) -> Self {
        self.auto_number = Some((field, digits));
        self
    }
    const fn unowned(mut self) -> Self {
        self.owned = false;
        self
    }
    const fn never_inserted(mut self) -> Self {
        self.insertable = false;
        self
    }
}

const fn f(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false, external_id: false, unique: false, access: Access::Write }
}

use Kind::{Boolean, DateTime, LongText, Reference, Text};

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

const MANAGED_SUBSCRIPTION: &[Field] =
    &[f("DeveloperName", Text(80)).read(), f("MasterLabel", Text(80)).read(), f("Metadata", LongText(32_000)).read()];

static TOOLING: &[Object] = &[Object {
    label: "Managed Event Subscription",
    ..Object::new(
        "ManagedEventSubscription",
        "Managed Event Subscriptions",
        "18x",
        "sf.ManagedEventSubscription",
        MANAGED_SUBSCRIPTION,
    )
}];

/// Objects of the Tooling API, which the data API does not know.
pub(crate) fn find_tooling(name: &str) -> Option<&'static Object> {
    TOOLING.iter().find(|object| object.name.eq_ignore_ascii_case(name))
}

/// All objects, for describe global.
pub(crate) fn objects() -> impl Iterator<Item = &'static Object> {
    sales::OBJECTS.iter().chain(service::OBJECTS).chain(content::OBJECTS)
}

/// Finds an object by name, whatever its case.
pub(crate) fn find(name: &str) -> Option<&'static Object> {
    objects().find(|object| object.name.eq_ignore_ascii_case(name))
}

/// Finds the object whose records have this id prefix.
pub(crate) fn of_id(id: &str) -> Option<&'static Object> {
    objects().find(|object| id.starts_with(object.prefix))
}

impl Object {
    pub(crate) fn all_fields(&self) -> impl Iterator<Item = &'static Field> {
        let owned = self.owned;
        SYSTEM.iter().filter(move |field| owned || field.name != "OwnerId").chain(self.fields)
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
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Boolean => "boolean",
            Self::Int => "int",
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Date => "date",
            DateTime => "datetime",
            Self::Picklist(_) | Self::OpenPicklist(_) => "picklist",
            Self::MultiPicklist(_) => "multipicklist",
            Reference(..) | Self::Linked(..) => "reference",
            Self::Base64 => "base64",
        }
    }

    /// Characters that fit; 0 where that says nothing.
    pub(crate) fn length(&self) -> usize {
        match self {
            Text(n) | LongText(n) => *n,
            Self::Email => 80,
            Self::Phone => 40,
            Self::Url | Self::Picklist(_) | Self::OpenPicklist(_) => 255,
            Self::MultiPicklist(_) => 4_099,
            Self::Id | Reference(..) | Self::Linked(..) => 18,
            Boolean | Self::Int | Self::Double | Self::Currency | Self::Date | DateTime | Self::Base64 => 0,
        }
    }

    /// The values of a list.
    pub(crate) fn values(&self) -> &'static [&'static str] {
        match self {
            Self::Picklist(values) | Self::OpenPicklist(values) | Self::MultiPicklist(values) => values,
            _ => &[],
        }
    }

    /// Objects that an id in this field may name, and the name of the relation.
    pub(crate) fn targets(&self) -> (Vec<&'static str>, Option<&'static str>) {
        match self {
            Reference(target, relation) => (vec![target], Some(relation)),
            Self::Linked(targets, relation) => (targets.to_vec(), Some(relation)),
            _ => (Vec::new(), None),
        }
    }
}
