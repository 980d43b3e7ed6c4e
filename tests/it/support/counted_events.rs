//! Counts the events that a future emits, such as its log lines or its SQL statements.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tracing::{Dispatch, Event, Metadata, Subscriber, instrument::WithSubscriber as _, span, subscriber::NoSubscriber};

struct Counter {
    is_counted: fn(&Metadata<'_>) -> bool,
    events: AtomicUsize,
}

/// Runs `future`. Returns the number of its events that `is_counted` accepts, and its output.
pub async fn count_events<T>(is_counted: fn(&Metadata<'_>) -> bool, future: impl Future<Output = T>) -> (usize, T) {
    let counter = Arc::new(Counter { is_counted, events: AtomicUsize::new(0) });
    let dispatch = Dispatch::new(Arc::clone(&counter));
    // While one dispatcher exists, tracing asks the thread that reaches a callsite first, and keeps its answer. That thread
    // may belong to another test, which has no subscriber. With two dispatchers, it asks both.
    let _second = Dispatch::new(NoSubscriber::default());
    let output = future.with_subscriber(dispatch).await;
    (counter.events.load(Ordering::Relaxed), output)
}

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        (self.is_counted)(metadata)
    }

    fn event(&self, _: &Event<'_>) {
        self.events.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
