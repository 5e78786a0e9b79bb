//! Connections that die without anybody being told, as behind a firewall that forgets them.

mod on_postgres {
    use crate::cut::Proxy;
    use crate::engine::{add, engine, until};
    use platform::queue::{self, Ended, Job};
    use platform::testing::TestStore;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn dead_connections_are_replaced_before_a_lease_is_lost() {
        let store = TestStore::postgres().await;
        let proxy = Proxy::before(&store.url).await;
        let engine = engine(&proxy.url, 4, Duration::from_secs(6)).await;
        let (go_on, runs) = (CancellationToken::new(), Arc::new(AtomicU32::new(0)));
        let (waits, counted) = (go_on.clone(), runs.clone());
        let running = tokio::spawn(engine.clone().run(move |job: Job| {
            counted.fetch_add(1, Ordering::SeqCst);
            let waits = waits.clone();
            async move {
                if job.kind == "long" {
                    waits.cancelled().await;
                }
                Ended::Done
            }
        }));
        let done = |count: usize| {
            let db = store.db.clone();
            move || {
                let db = db.clone();
                async move { queue::list(&db, Some("done"), 100).await.unwrap().len() == count }
            }
        };
        add(&store.db, "long", 1).await;
        add(&store.db, "quick", 3).await;
        until(Duration::from_secs(10), "quick jobs", done(3)).await;
        // So that the heartbeat has a connection to lose.
        tokio::time::sleep(Duration::from_secs(2)).await;
        proxy.strand();
        add(&store.db, "quick", 3).await;
        until(Duration::from_secs(10), "quick jobs over new connections", done(6)).await;
        // Longer than a lease: the long job is still ours only when heartbeats go on.
        tokio::time::sleep(Duration::from_secs(7)).await;
        assert_eq!(queue::sweep(&store.db).await.unwrap(), (0, 0));
        go_on.cancel();
        until(Duration::from_secs(10), "the long job", done(7)).await;
        engine.stopping.cancel();
        running.await.unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 7, "each job ran once");
    }
}
