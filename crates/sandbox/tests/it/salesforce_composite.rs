//! Many requests in one call that are not one transaction: batches and graphs.

use reqwest::Method;
use sandbox::ApiRequests;
use serde_json::{Value, json};

use crate::support::{Org, start};

impl Org {
    async fn batch(&self, body: Value) -> (u16, Value) {
        self.call(Method::POST, "/composite/batch", Some(body)).await
    }

    async fn graph(&self, body: Value) -> (u16, Value) {
        self.call(Method::POST, "/composite/graph", Some(body)).await
    }

    async fn named(&self, name: &str) -> u64 {
        let (_, page) = self.query(&format!("SELECT COUNT() FROM Account WHERE Name = '{name}'")).await;
        page["totalSize"].as_u64().unwrap()
    }
}

fn create(name: &str) -> Value {
    json!({ "method": "POST", "url": "v60.0/sobjects/Account", "richInput": { "Name": name } })
}

#[tokio::test]
async fn a_batch_keeps_what_went_well_and_counts_as_one_call() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    sandbox.world().set_api_requests(ApiRequests { max: 100, used: 0 });
    let (status, reply) = org
        .batch(json!({ "batchRequests": [
            create("Batch A"),
            { "method": "POST", "url": "v60.0/sobjects/Account", "richInput": {} },
            { "method": "get", "url": "v59.0/query?q=SELECT+Name+FROM+Account+WHERE+Name='Batch+A'" },
            { "method": "GET", "url": "v60.0/sobjects/Account/0015j00000000zzAAA" },
            { "method": "GET", "url": "v12.0/sobjects" },
            { "method": "POST", "url": "v60.0/composite/batch", "richInput": { "batchRequests": [create("Nested")] } },
        ] }))
        .await;
    assert_eq!((status, &reply["hasErrors"]), (200, &json!(true)), "{reply}");
    let codes: Vec<u64> =
        reply["results"].as_array().unwrap().iter().map(|row| row["statusCode"].as_u64().unwrap()).collect();
    assert_eq!(codes, [201, 400, 200, 404, 404, 400], "{reply}");
    assert_eq!(reply["results"][0]["result"]["success"], true);
    assert_eq!(reply["results"][1]["result"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    let found = &reply["results"][2]["result"]["records"][0];
    assert_eq!(found["Name"], "Batch A", "sees what the one before it saved");
    assert!(found["attributes"]["url"].as_str().unwrap().starts_with("/services/data/v59.0/"), "in its own version");
    assert_eq!(reply["results"][3]["result"][0]["errorCode"], "NOT_FOUND");
    assert_eq!(sandbox.world().api_requests().used, 1);

    let id = reply["results"][0]["result"]["id"].as_str().unwrap().to_owned();
    let (_, reply) = org
        .batch(json!({ "batchRequests": [
            { "method": "PATCH", "url": format!("v60.0/sobjects/Account/{id}"), "richInput": { "Phone": "1" } },
        ] }))
        .await;
    assert_eq!(reply, json!({ "hasErrors": false, "results": [{ "statusCode": 204, "result": null }] }));
    assert_eq!((org.named("Batch A").await, org.named("Nested").await), (1, 0));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_batch_that_halts_does_nothing_after_the_first_failure() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let (status, reply) = org
        .batch(json!({ "haltOnError": true, "batchRequests": [
            create("Before"), { "method": "GET", "url": "v60.0/nothing" }, create("After"), create("After"),
        ] }))
        .await;
    assert_eq!((status, &reply["hasErrors"]), (200, &json!(true)));
    for halted in [&reply["results"][2], &reply["results"][3]] {
        assert_eq!(
            (&halted["statusCode"], &halted["result"][0]["errorCode"]),
            (&json!(412), &json!("BATCH_PROCESSING_HALTED"))
        );
    }
    assert_eq!((org.named("Before").await, org.named("After").await), (1, 0));

    let many: Vec<Value> = (0..26).map(|_| create("Many")).collect();
    assert_eq!(org.batch(json!({ "batchRequests": many })).await.0, 400);
    assert_eq!(org.batch(json!({ "batchRequests": [] })).await.0, 400);
    assert_eq!(org.batch(json!({})).await.0, 400);
    // What cannot be read stops the whole, before anything is done.
    for wrong in [
        json!({ "method": "POST", "url": "/services/data/v60.0/sobjects/Account", "richInput": { "Name": "Many" } }),
        json!({ "method": "BREW", "url": "v60.0/limits" }),
        json!({ "url": "v60.0/limits" }),
    ] {
        let (status, reply) = org.batch(json!({ "batchRequests": [create("Many"), wrong] })).await;
        assert_eq!((status, &reply[0]["errorCode"]), (400, &json!("JSON_PARSER_ERROR")), "{reply}");
    }
    assert_eq!(org.named("Many").await, 0);
    sandbox.stop().await;
}

fn node(reference: &str, method: &str, path: &str, body: Value) -> Value {
    json!({ "method": method, "url": format!("/services/data/v60.0{path}"), "referenceId": reference, "body": body })
}

#[tokio::test]
async fn graphs_are_saved_one_by_one_each_as_a_whole() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    sandbox.world().set_api_requests(ApiRequests { max: 100, used: 0 });
    let family = |name: &str, email: &str| {
        json!([
            node("account", "POST", "/sobjects/Account", json!({ "Name": name })),
            node(
                "contact",
                "POST",
                "/sobjects/Contact",
                json!({ "LastName": name, "AccountId": "@{account.id}", "Email": email })
            ),
            node("again", "PATCH", "/sobjects/Account/@{account.id}", json!({ "Phone": "0311112222" })),
            node("read", "GET", "/sobjects/Contact/@{contact.id}?fields=AccountId", Value::Null),
        ])
    };
    let (status, reply) = org
        .graph(json!({ "graphs": [
            { "graphId": "good", "compositeRequest": family("Graph good", "a@example.com") },
            { "graphId": "bad", "compositeRequest": family("Graph bad", "nope") },
            { "graphId": "alien", "compositeRequest": [
                node("x", "POST", "/sobjects/Account", json!({ "Name": "Graph alien" })),
                node("y", "GET", "/sobjects/Account/@{account.id}", Value::Null),
            ] },
            { "graphId": "last", "compositeRequest": [node("x", "POST", "/sobjects/Account", json!({ "Name": "Graph last" }))] },
        ] }))
        .await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(sandbox.world().api_requests().used, 1);
    let graphs = reply["graphs"].as_array().unwrap();
    let outcome: Vec<(&str, bool)> = graphs
        .iter()
        .map(|graph| (graph["graphId"].as_str().unwrap(), graph["isSuccessful"].as_bool().unwrap()))
        .collect();
    assert_eq!(outcome, [("good", true), ("bad", false), ("alien", false), ("last", true)]);
    let nodes = |graph: usize| graphs[graph]["graphResponse"]["compositeResponse"].as_array().unwrap().clone();
    let good = nodes(0);
    let statuses: Vec<&Value> = good.iter().map(|node| &node["httpStatusCode"]).collect();
    assert_eq!(statuses, [&json!(201), &json!(201), &json!(204), &json!(200)]);
    assert_eq!(good[0]["referenceId"], "account");
    assert!(good[0]["httpHeaders"]["Location"].as_str().unwrap().contains("/sobjects/Account/001"));
    assert_eq!(good[3]["body"]["AccountId"], good[0]["body"]["id"]);
    let bad = nodes(1);
    assert_eq!(bad.len(), 4);
    assert_eq!(bad[1]["body"][0]["errorCode"], "INVALID_EMAIL_ADDRESS");
    for undone in [&bad[0], &bad[2], &bad[3]] {
        assert_eq!(
            (&undone["httpStatusCode"], &undone["body"][0]["errorCode"]),
            (&json!(400), &json!("PROCESSING_HALTED"))
        );
    }
    assert_eq!(nodes(2)[1]["body"][0]["errorCode"], "PROCESSING_HALTED", "references do not reach into another graph");
    for (name, count) in [("Graph good", 1), ("Graph bad", 0), ("Graph alien", 0), ("Graph last", 1)] {
        assert_eq!(org.named(name).await, count, "{name}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn graphs_hold_five_hundred_requests_on_records() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let nodes = |count: usize| -> Vec<Value> {
        (0..count).map(|n| node(&format!("n{n}"), "POST", "/sobjects/Account", json!({ "Name": "Node" }))).collect()
    };
    let graph = |id: &str, nodes: Vec<Value>| json!({ "graphId": id, "compositeRequest": nodes });
    let (status, reply) = org.graph(json!({ "graphs": [graph("1", nodes(300)), graph("2", nodes(201))] })).await;
    assert_eq!((status, org.named("Node").await), (400, 0), "{reply}");
    let (status, _) = org.graph(json!({ "graphs": [graph("1", nodes(300)), graph("2", nodes(200))] })).await;
    assert_eq!((status, org.named("Node").await), (200, 500));
    for wrong in [
        json!({}),
        json!({ "graphs": [] }),
        json!({ "graphs": [graph("a", nodes(1)), graph("a", nodes(1))] }),
        json!({ "graphs": [graph("", nodes(1))] }),
        json!({ "graphs": [graph("a", [nodes(1), nodes(1)].concat())] }),
    ] {
        assert_eq!(org.graph(wrong.clone()).await.0, 400, "{wrong}");
    }
    for foreign in ["/query?q=SELECT+Id+FROM+Account", "/composite/batch", "/sobjects/Account/describe", "/limits"] {
        let (status, reply) =
            org.graph(json!({ "graphs": [graph("a", vec![node("n", "GET", foreign, Value::Null)])] })).await;
        assert_eq!((status, &reply["graphs"][0]["isSuccessful"]), (200, &json!(false)), "{foreign}");
    }
    assert_eq!(org.named("Node").await, 500);
    sandbox.stop().await;
}
