//! Staff on the command line: who they are, and what they do about jobs and runs.

use crate::all_in_one::{Api, new_order};
use crate::process::{Folder, Running, portal};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

fn run(data: &Folder, arguments: &[&str], input: &str) -> Output {
    let mut command = portal(arguments, &[("DATA_DIR", data.text())]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses earlier does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
fn says(data: &Folder, arguments: &[&str], input: &str) -> String {
    let output = run(data, arguments, input);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}\n{out}{err}");
    out.into_owned()
}

#[track_caller]
fn refuses(data: &Folder, arguments: &[&str], input: &str, words: &str) {
    let output = run(data, arguments, input);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && err.contains(words), "{arguments:?}: {err}");
    assert!(!err.contains("plum tree"), "no password is shown: {err}");
}

#[test]
fn staff_are_added_listed_and_removed() {
    let data = Folder::new();
    says(&data, &["migrate"], "");
    let add = ["staff", "add", "--email", "Aoi@Operator.example", "--name", "Aoi", "--password-stdin"];
    refuses(&data, &add, "short\n", "at least 10 characters");
    refuses(&data, &add, "password123\n", "among the first that are tried");
    refuses(&data, &["staff", "add", "--email", "no-address", "--password-stdin"], "a plum tree in May\n", "--email");
    assert_eq!(says(&data, &["staff", "list"], ""), "", "nobody was made on the way");
    says(&data, &add, "a plum tree in May\n");
    let list = says(&data, &["staff", "list"], "");
    assert!(list.contains("aoi@operator.example Aoi since") && list.contains("by console"), "{list}");
    refuses(&data, &add[..6], "", "one of the staff already");
    says(&data, &["staff", "password", "--email", "aoi@operator.example", "--password-stdin"], "another plum tree\n");
    says(&data, &["staff", "remove", "--email", "aoi@operator.example"], "");
    assert_eq!(says(&data, &["staff", "list"], ""), "");
    refuses(&data, &["staff", "remove", "--email", "aoi@operator.example"], "", "nobody of the staff");
}

#[test]
fn acts_need_a_reason_and_a_job() {
    let data = Folder::new();
    says(&data, &["migrate"], "");
    let id = "00000000-0000-0000-0000-000000000001";
    for act in ["retry", "resume", "discard"] {
        refuses(&data, &["jobs", act, id], "", "--reason");
        refuses(&data, &["jobs", act, id, "--reason", " x "], "", "at least 3 characters");
        refuses(&data, &["jobs", act, id, "--reason", "because", "--by", "x@y.example"], "", "nobody of the staff");
        refuses(&data, &["jobs", act, id, "--reason", "because"], "", "there is no job");
    }
    refuses(&data, &["jobs", "list", "--state", "asleep"], "", "no state of a job");
    assert!(says(&data, &["jobs", "retry-dead", "provision", "--reason", "because"], "").contains("0 dead jobs"));
    refuses(&data, &["runs", "show", "00000042"], "", "there is no order");
    assert!(says(&data, &["runs", "list"], "").contains("0 of 0 runs"));
}

#[tokio::test]
async fn a_stopped_run_is_found_read_and_resumed_beside_the_running_portal() {
    let data = Folder::new();
    let running = Running::start(&data);
    let customer = Api::sign_in(&running).await;
    let http = reqwest::Client::new();
    let console =
        |path: &str| http.post(format!("{}/console/api/{path}", running.console)).header("Origin", &running.console);
    let fault =
        json!({ "system": "Freebit", "operation": "master/addAcnt", "kind": { "Refuse": "400-306" }, "times": 1 });
    console("faults").json(&fault).send().await.unwrap().error_for_status().unwrap();
    let (status, placed) = customer.order("first", &new_order()).await;
    assert_eq!(status, 201, "{placed:#}");
    let (id, number) = (placed["id"].as_str().unwrap(), placed["number"].as_str().unwrap());
    let orders: Value =
        http.get(format!("{}/console/api/orders", running.console)).send().await.unwrap().json().await.unwrap();
    let mine = |o: &&Value| o["Portal_Order_Id__c"].as_str() == Some(id);
    let salesforce = orders.as_array().unwrap().iter().find(mine).unwrap()["Id"].as_str().unwrap();
    console(&format!("orders/{salesforce}/approve")).send().await.unwrap().error_for_status().unwrap();
    customer.becomes(id, "needs_attention").await;

    let list = says(&data, &["runs", "list", "--stage", "needs_attention"], "");
    assert!(list.contains(number) && list.contains("refused open_line of item 1 line_refused"), "{list}");
    let shown = says(&data, &["runs", "show", number], "");
    assert!(says(&data, &["runs", "verify"], "").contains("stands as the log says"));
    for part in ["C-100001", "accept_billing_order", "order_placed", "order_needs_attention", "parked"] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    assert!(!shown.contains("Mika") && !shown.contains("example.com"), "{shown}");
    let jobs = says(&data, &["jobs", "list", "--state", "parked"], "");
    let job = jobs.split_whitespace().next().unwrap();
    let by = "staff@example.com";
    says(&data, &["jobs", "resume", job, "--reason", "The carrier has put it right.", "--by", by], "");
    refuses(&data, &["jobs", "resume", job, "--reason", "Once more."], "", "nothing was done");
    customer.becomes(id, "active").await;

    // The demo staff see the same, who did it, and how the connected systems are.
    let staff = Api::sign_in_as(&running, by, "yamabuki-demo-2026").await;
    let log = staff.get("/api/ops/audit?kind=job_resumed").await;
    assert_eq!(log["items"][0]["actor"], json!({ "kind": "staff", "name": "Aoi" }), "{log:#}");
    assert_eq!(log["items"][0]["data"]["reason"], "The carrier has put it right.");
    let started = Instant::now();
    loop {
        let overview = staff.get("/api/ops/overview").await;
        let systems: Vec<&str> =
            overview["upstreams"].as_array().unwrap().iter().map(|u| u["provider"].as_str().unwrap()).collect();
        let calls = |name: &str| {
            overview["upstreams"]
                .as_array()
                .unwrap()
                .iter()
                .find(|u| u["provider"] == name)
                .map(|u| u["calls"].as_u64())
        };
        if systems == ["freebit", "salesforce", "whmcs"] && calls("whmcs") > Some(Some(0)) {
            assert_eq!(overview["subscriber"]["stream"]["connected"], true, "{overview:#}");
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{overview:#}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(running.stop(), Some(0));
}
