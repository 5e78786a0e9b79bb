use super::client::{Answer, Client};
use super::composite::{MAX_SUBREQUESTS, SubRequest};
use super::records::{Fields, MOST_RECORDS};
use super::rest_error;
use super::soql::{self, Soql};
use crate::error::{UpstreamError, UpstreamErrorKind};
use crate::http::{Call, error_shape};
use domain::orders::providers::salesforce::{
    self as mapper, CrmOrder, CrmOrderState, FulfilmentReport, NewCrmOrder, RawOrder, RawPage,
};
use domain::{OrderId, Timestamp};
use reqwest::Method;
use serde_json::{Map, Value, json};

impl Client {
    /// Makes an order in Draft with its items, all or nothing, under our own id as unique external id. A repeat finds the
    /// first order and gives that.
    ///
    /// # Errors
    /// `OutcomeUnknown` and `Unavailable`: call again with the same id; `Refused` (a rule of the organisation, an entry that
    /// is no longer on sale); `Denied`; `Garbled` (an order with this id has a different number of items, or the price book
    /// is missing).
    pub async fn create_order(&self, new: &NewCrmOrder) -> Result<CrmOrder, UpstreamError> {
        let call = Self::call_write("create Order");
        let price_book = self.price_book_id().await?;
        let fields = mapper::new_order_fields(new, &price_book);
        let answer = if new.lines.len() < MAX_SUBREQUESTS {
            self.composite(call, self.order_with_items(new, fields)).await.map(|answer| answer.map(drop))
        } else {
            self.order_tree(call, new, fields).await
        }
        .map_err(|kind| call.error(kind))?;
        match answer {
            Answer::Ok(_) => {}
            Answer::Errors(_, errors) if rest_error::is_duplicate(&errors, "Portal_Order_Id__c") => {
                tracing::info!(order.id = %new.order_id, "Salesforce has this order already");
            }
            Answer::Errors(status, errors) => return Err(call.error(rest_error::kind(status, &errors))),
        }
        let order = self.find_order(new.order_id).await?;
        // A write that succeeded and cannot be read yet is as good as unknown: the repeat finds it.
        let order = order.ok_or_else(|| call.error(UpstreamErrorKind::OutcomeUnknown))?;
        if order.items.len() < new.lines.len() {
            let detail = format!("{} of {} items are there", order.items.len(), new.lines.len());
            return Err(call.error(UpstreamErrorKind::garbled(detail)));
        }
        Ok(order)
    }

    /// The order with our id, whoever approved or changed it since.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`. Absence is `None`.
    pub async fn find_order(&self, id: OrderId) -> Result<Option<CrmOrder>, UpstreamError> {
        let tail = Soql::new(" WHERE Portal_Order_Id__c = ").text(&id.to_string());
        let orders = self.select_orders("query Order", tail).await?;
        Ok(asked_for(orders, |order| order.portal_order_id == Some(id)).next())
    }

    /// The order with a Salesforce id (15 or 18 characters).
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`, `Denied`, `Garbled`.
    pub async fn order(&self, salesforce_id: &str) -> Result<CrmOrder, UpstreamError> {
        let call = Self::call_read("query Order");
        let not_found = || call.error(UpstreamErrorKind::NotFound);
        let id = mapper::normalise_id(salesforce_id).ok_or_else(not_found)?;
        let tail = Soql::new(" WHERE Id = ").text(&id);
        let orders = self.select_orders(call.operation, tail).await?;
        asked_for(orders, |order| order.salesforce_id == id).next().ok_or_else(not_found)
    }

    /// The orders with our ids, in no particular order; those that Salesforce does not have are missing.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`.
    pub async fn orders(&self, ids: &[OrderId]) -> Result<Vec<CrmOrder>, UpstreamError> {
        let mut found = Vec::with_capacity(ids.len());
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        for some in soql::chunks(&texts) {
            let tail = Soql::new(" WHERE ").is_one_of("Portal_Order_Id__c", some);
            let orders = self.select_orders("query Orders", tail).await?;
            found.extend(asked_for(orders, |order| order.portal_order_id.is_some_and(|id| ids.contains(&id))));
        }
        Ok(found)
    }

    /// Approved portal orders that are not reported as provisioned and have not changed since `before`, oldest change first.
    /// All of them: an order stays in this list until it works or somebody takes it back.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`.
    pub async fn approved_orders(&self, before: Timestamp) -> Result<Vec<CrmOrder>, UpstreamError> {
        let tail = Soql::new(" WHERE Status = ")
            .text(&self.inner.config.approved_status)
            .code(" AND Activation_Status__c != 'Activated' AND Portal_Order_Id__c != null AND SystemModstamp <= ")
            .instant(before)
            .code(" ORDER BY SystemModstamp");
        self.select_orders("query approved Orders", tail).await
    }

    /// Approves a Draft order. One that is approved or activated already is left alone.
    ///
    /// # Errors
    /// `Refused` (rejected, or in a status that the portal gives no meaning to), `NotFound`, `OutcomeUnknown` and
    /// `Unavailable`: call again; `Denied`, `Garbled`.
    pub async fn approve_order(&self, salesforce_id: &str) -> Result<(), UpstreamError> {
        let call = Self::call_write("approve Order");
        match self.order(salesforce_id).await?.state {
            CrmOrderState::Approved | CrmOrderState::Activated => Ok(()),
            CrmOrderState::Rejected | CrmOrderState::Other => {
                Err(call.error(UpstreamErrorKind::Refused { reason: "the order is not a draft".to_owned() }))
            }
            CrmOrderState::Draft => {
                let fields = field("Status", &self.inner.config.approved_status);
                self.patch_order(call, salesforce_id, &fields).await
            }
        }
    }

    /// Reports an order as provisioned: its services at its items, and the order Activated, all or nothing. May be repeated:
    /// an order that carries this report already is left alone (an activated order's items can no longer be written).
    ///
    /// # Errors
    /// `OutcomeUnknown` and `Unavailable`: call again; `Refused` (also when the order is activated with another billing
    /// order); `NotFound`, `Denied`, `Garbled`.
    pub async fn report_fulfilled(&self, salesforce_id: &str, report: &FulfilmentReport) -> Result<(), UpstreamError> {
        let call = Self::call_write("report Order fulfilled");
        let order = self.order(salesforce_id).await?;
        if order.state == CrmOrderState::Activated {
            let same = order.provisioned && order.whmcs_order_id == Some(report.whmcs_order_id);
            let reason = "the order is activated with another billing order".to_owned();
            return if same { Ok(()) } else { Err(call.error(UpstreamErrorKind::Refused { reason })) };
        }
        let mut requests = Vec::new();
        if !report.items.is_empty() {
            let records: Vec<Value> = report
                .items
                .iter()
                .map(|item| {
                    let mut record = mapper::fulfilled_item_fields(item);
                    record.insert("attributes".to_owned(), json!({ "type": "OrderItem" }));
                    record.insert("id".to_owned(), json!(item.order_item_id));
                    Value::Object(record)
                })
                .collect();
            requests.push(SubRequest {
                method: Method::PATCH,
                path: self.path("/composite/sobjects"),
                name: "items".to_owned(),
                body: Some(json!({ "allOrNone": true, "records": records })),
            });
        }
        let fields = mapper::fulfilled_order_fields(report, &self.inner.config.fulfilled_status);
        requests.push(SubRequest {
            method: Method::PATCH,
            path: self.path(&format!("/sobjects/Order/{}", order.salesforce_id)),
            name: "order".to_owned(),
            body: Some(Value::Object(fields)),
        });
        let answer = self.composite(call, requests).await;
        answer.and_then(|answer| answer.value()).map(drop).map_err(|kind| call.error(kind))
    }

    /// Reports that provisioning stopped; `code` is one of ours, for the agent. The order keeps its status.
    ///
    /// # Errors
    /// `OutcomeUnknown` and `Unavailable`: call again; `NotFound`, `Refused`, `Denied`.
    pub async fn report_failed(&self, salesforce_id: &str, code: &str) -> Result<(), UpstreamError> {
        let call = Self::call_write("report Order failed");
        let mut fields = field("Activation_Status__c", "Failed");
        fields.extend(field("Activation_Error_Code__c", code));
        self.patch_order(call, salesforce_id, &fields).await
    }

    async fn patch_order(&self, call: Call, salesforce_id: &str, fields: &Fields) -> Result<(), UpstreamError> {
        self.patch(call, "Order", salesforce_id, fields).await.map_err(|kind| call.error(kind))
    }

    /// One sub-request for the order and one for each item, so that a fault of an item is a fault of the call.
    fn order_with_items(&self, new: &NewCrmOrder, order: Map<String, Value>) -> Vec<SubRequest> {
        let create = |object: &str, name: String, fields: Map<String, Value>| SubRequest {
            method: Method::POST,
            path: self.path(&format!("/sobjects/{object}")),
            name,
            body: Some(Value::Object(fields)),
        };
        let mut requests = vec![create("Order", "order".to_owned(), order)];
        requests.extend(new.lines.iter().enumerate().map(|(index, line)| {
            let mut fields = mapper::new_order_item_fields(line);
            fields.insert("OrderId".to_owned(), json!("@{order.id}"));
            create("OrderItem", format!("item{index}"), fields)
        }));
        requests
    }

    /// An order whose items do not fit in a composite call: a tree is all or none too, and takes 200 records.
    async fn order_tree(
        &self,
        call: Call,
        new: &NewCrmOrder,
        mut order: Map<String, Value>,
    ) -> Result<Answer<()>, UpstreamErrorKind> {
        if new.lines.len() >= MOST_RECORDS {
            return Err(UpstreamErrorKind::Refused { reason: "the order has too many lines".to_owned() });
        }
        let items: Vec<Value> = new
            .lines
            .iter()
            .enumerate()
            .map(|(index, line)| {
                let mut fields = mapper::new_order_item_fields(line);
                let attributes = json!({ "type": "OrderItem", "referenceId": format!("item{index}") });
                fields.insert("attributes".to_owned(), attributes);
                Value::Object(fields)
            })
            .collect();
        order.insert("attributes".to_owned(), json!({ "type": "Order", "referenceId": "order" }));
        order.insert("OrderItems".to_owned(), json!({ "records": items }));
        Ok(self.tree(call, "Order", vec![Value::Object(order)]).await?.map(drop))
    }

    async fn select_orders(&self, operation: &'static str, tail: Soql) -> Result<Vec<CrmOrder>, UpstreamError> {
        let call = Self::call_read(operation);
        let query = Soql::new("SELECT ").code(RawOrder::FIELDS).code(" FROM Order").append(tail);
        let rows: Vec<Value> = self.query(call, &query).await.map_err(|kind| call.error(kind))?;
        let mut orders = Vec::with_capacity(rows.len());
        for row in rows {
            orders.push(self.read_order(call, row).await.map_err(|kind| call.error(kind))?);
        }
        Ok(orders)
    }

    async fn read_order(&self, call: Call, row: Value) -> Result<CrmOrder, UpstreamErrorKind> {
        let mut raw: RawOrder =
            serde_json::from_value(row).map_err(|error| UpstreamErrorKind::garbled(error_shape(&error)))?;
        if let Some(first) = raw.items.take_if(|items| !items.done) {
            let records = self.rest_of_pages(call, first).await?;
            raw.items = Some(RawPage { done: true, next_records_url: None, records });
        }
        Ok(mapper::order(raw, &self.inner.config.statuses(), self.inner.config.currency)?)
    }

    async fn price_book_id(&self) -> Result<String, UpstreamError> {
        let call = Self::call_read("query Pricebook2");
        let fetch = async || {
            let query = Soql::new("SELECT Id FROM Pricebook2 WHERE IsActive = true AND Name = ")
                .text(&self.inner.config.price_book);
            let rows: Vec<Value> = self.query(call, &query).await?;
            let id = rows.first().and_then(|row| row.get("Id")).and_then(Value::as_str);
            id.map(str::to_owned)
                .ok_or_else(|| UpstreamErrorKind::garbled("there is no active price book of that name"))
        };
        let id = self.inner.price_book_id.get_or_try_init(fetch).await;
        id.cloned().map_err(|kind: UpstreamErrorKind| call.error(kind))
    }
}

/// Those that were asked for. Salesforce was asked for them alone; what it answers is checked all the same, because an order
/// that came along could be another customer's.
fn asked_for(orders: Vec<CrmOrder>, asked: impl Fn(&CrmOrder) -> bool) -> impl Iterator<Item = CrmOrder> {
    orders.into_iter().filter(move |order| {
        let right = asked(order);
        if !right {
            tracing::error!(
                salesforce.order = order.salesforce_id,
                "Salesforce answered with an order that was not asked for"
            );
        }
        right
    })
}

/// One text field.
fn field(name: &str, value: &str) -> Fields {
    Map::from_iter([(name.to_owned(), json!(value))])
}
