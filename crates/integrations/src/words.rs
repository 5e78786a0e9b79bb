//! The words of other systems that may stand in a log.
//!
//! Their error texts repeat what they were sent, and a name cannot be told from any other word by its looks. So nothing
//! passes but what stands here: the vocabulary of their documented messages, without anything that could be somebody's.

/// Lower case, sorted.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "a", "accept", "accepted", "access", "account", "action", "activated", "active", "add", "address", "admin",
    "allowed", "already", "amount", "an", "and", "any", "api", "apply", "approved", "are", "argument", "as", "at",
    "attempt", "authentication", "available", "bad", "balance", "be", "been", "before", "belong", "belongs",
    "billing", "by", "call", "can", "cancel", "cancellation", "cancelled", "cannot", "card", "carrier", "charge",
    "charged", "client", "code", "column", "command", "configured", "contract", "could", "country", "create",
    "credit", "currency", "custom", "customer", "cycle", "data", "date", "declined", "deleted", "denied",
    "department", "details", "different", "disabled", "does", "domain", "draft", "duplicate", "duplicates", "email",
    "empty", "enabled", "encountered", "entered", "entity", "entry", "error", "exceeded", "exception", "exist",
    "existing", "exists", "expired", "external", "failed", "feature", "field", "fields", "for", "forbidden", "format",
    "found", "gateway", "given", "has", "have", "id", "ids", "in", "inactive", "incorrect", "insufficient", "integer",
    "internal", "invalid", "invoice", "ip", "is", "item", "items", "its", "json", "key", "length", "limit", "line",
    "list", "locked", "login", "long", "malformed", "marked", "match", "maximum", "message", "method", "minimum",
    "missing", "module", "more", "most", "must", "name", "need", "needs", "new", "no", "not", "number", "object",
    "of", "on", "one", "only", "operation", "or", "order", "orders", "out", "owner", "paid", "parameter", "passed", "password",
    "pay", "payment", "pending", "permission", "phone", "picklist", "plan", "please", "postcode", "pricebook",
    "processed", "product", "products", "provided", "query", "range", "reached", "read", "record", "records",
    "reference", "refused", "rejected", "related", "request", "requested", "requests", "required", "resource",
    "restricted", "row", "rows", "rule", "says", "server", "service", "session", "set", "since", "size", "specified",
    "state", "status", "store", "stored", "string", "submitted", "such", "supplied", "support", "supported",
    "suspended", "system", "template", "terminated", "than", "that", "the", "there", "this", "ticket", "time",
    "timeout", "to", "token", "too", "try", "type", "unable", "unauthorized", "unavailable", "unexpected", "unique",
    "unknown", "unpaid", "unsupported", "update", "upgrade", "use", "used", "user", "valid", "validation", "value",
    "values", "was", "were", "with", "without", "wrong", "you", "your",
];

/// Whether a word says something of a system and nothing of a person: one of the list, a code in capitals
/// (`DUPLICATE_VALUE`), or the name of a field of ours (`Portal_Order_Id__c`).
pub(crate) fn is_known(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let code = bare.contains('_') && bare.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let field = bare.ends_with("__c") && bare.len() <= 40 && bare.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    // `client_id` is two words.
    let listed = |part: &str| KNOWN.binary_search(&part.to_ascii_lowercase().as_str()).is_ok();
    code || field || bare.split('_').all(|part| part.is_empty() || listed(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(KNOWN.is_sorted(), "{:?}", KNOWN.windows(2).find(|pair| pair[0] > pair[1]));
    }

    #[test]
    fn names_are_no_words() {
        for name in ["Sato", "mika", "佐藤", "Kanariyama", "(Sato)", "sato__c1", "SATO"] {
            assert!(!is_known(name), "{name}");
        }
        for word in ["Order", "not", "found.", "[Portal_Order_Id__c]", "DUPLICATE_VALUE:", "--"] {
            assert!(is_known(word), "{word}");
        }
    }
}
