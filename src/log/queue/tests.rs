//! The queue in front of streams that stall, fail and recover.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// A stream whose every write waits for a permission, and then succeeds or fails.
struct Stalled {
    permissions: Receiver<bool>,
    written: Sender<String>,
}

impl Write for Stalled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Closed channels are the end of the test.
        if !self.permissions.recv().unwrap_or(false) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        drop(self.written.send(String::from_utf8(bytes.to_vec()).unwrap()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Bench {
    queue: LineQueue,
    dropped: DroppedLines,
    permissions: Sender<bool>,
    written: Receiver<String>,
}

/// A queue of 30 bytes, which is five lines of [`line`].
fn bench() -> Bench {
    let (permissions, permitted) = channel();
    let (written, seen) = channel();
    let dropped = DroppedLines::default();
    let stream = Stalled { permissions: permitted, written };
    let queue = LineQueue::start(stream, 30, dropped.clone(), |lines| format!("dropped {lines}\n")).unwrap();
    Bench { queue, dropped, permissions, written: seen }
}

fn line(number: u32) -> String {
    format!("line{number}\n")
}

impl Bench {
    fn push(&self, numbers: std::ops::Range<u32>) {
        numbers.for_each(|number| self.queue.push(line(number).as_bytes()));
    }

    /// Waits until the writer has taken all lines and waits for its stream.
    fn wait_for_writer(&self) {
        while !self.queue.0.lock().pending.is_empty() {
            thread::yield_now();
        }
    }

    fn permit(&self, writes: usize) {
        (0..writes).for_each(|_| self.permissions.send(true).unwrap());
    }

    fn read(&self, lines: usize) -> Vec<String> {
        (0..lines).map(|_| self.written.recv().unwrap()).collect()
    }
}

// J19
#[test]
fn a_stalled_stream_drops_lines_and_counts_them() {
    let bench = bench();
    bench.push(0..1);
    bench.wait_for_writer();
    // Five fit, three do not, and none of them waits.
    bench.push(1..9);
    assert_eq!(bench.dropped.count(), 3);
    bench.permit(7);
    let expected: Vec<_> = (0..6).map(line).chain(["dropped 3\n".to_owned()]).collect();
    assert_eq!(bench.read(7), expected);
    bench.permit(1);
    bench.push(9..10);
    assert_eq!(bench.read(1), [line(9)], "the count is written once");
    assert_eq!(bench.dropped.count(), 3);
}

#[test]
fn lines_that_cannot_be_written_are_counted_as_soon_as_lines_can() {
    let bench = bench();
    let write = |number: u32, permissions: &[bool]| {
        permissions.iter().for_each(|permission| bench.permissions.send(*permission).unwrap());
        bench.push(number..number + 1);
        assert!(bench.queue.flush(Instant::now() + Duration::from_secs(60)));
    };
    write(0, &[false]);
    assert_eq!(bench.dropped.count(), 1);
    write(1, &[true, true]);
    assert_eq!(bench.read(2), [line(1), "dropped 1\n".to_owned()]);
    // A notice that fails is repeated.
    write(2, &[false]);
    write(3, &[true, false]);
    assert_eq!(bench.read(1), [line(3)]);
    write(4, &[true, true]);
    assert_eq!(bench.read(2), [line(4), "dropped 1\n".to_owned()]);
    assert_eq!(bench.dropped.count(), 2);
}

#[test]
fn a_flush_writes_all_lines_or_ends_at_its_deadline() {
    let bench = bench();
    assert!(bench.queue.flush(Instant::now()), "nothing waits");
    bench.push(0..1);
    bench.wait_for_writer();
    bench.push(1..3);
    assert!(!bench.queue.flush(Instant::now()), "the stream is stalled");
    bench.permit(3);
    assert!(bench.queue.flush(Instant::now() + Duration::from_secs(60)));
    assert_eq!(bench.read(3), [line(0), line(1), line(2)]);
}
