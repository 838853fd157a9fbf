//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub data: String,
}

/// Puts events together out of the bytes of a stream.
#[derive(Default)]
pub struct Reader {
    line: Vec<u8>,
    name: String,
    data: Vec<String>,
    size: usize,
    after_cr: bool,
}

/// More than any status with all its entities.
const MAX_EVENT: usize = 4 * 1024 * 1024;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than {MAX_EVENT} bytes")]
pub struct TooLarge;

impl Reader {
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLarge> {
        let mut events = Vec::new();
        for &byte in bytes {
            match byte {
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ if self.size >= MAX_EVENT => return Err(TooLarge),
                _ => {
                    self.line.push(byte);
                    self.size += 1;
                }
            }
            self.after_cr = byte == b'\r';
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
        if line.is_empty() {
            self.size = 0;
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            return (!data.is_empty()).then(|| Event {
                name,
                data: data.join("\n"),
            });
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = value.to_owned(),
            "data" => self.data.push(value.to_owned()),
            "" => self.size = self.data.iter().map(String::len).sum(), // a comment that keeps the connection alive
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] =
        b":connected\n\nevent: update\ndata: {\"id\":\"1\"}\n\n:thump\n\nevent:delete\r\ndata:7\r\n\r\nevent: x\n\ndata: a\ndata: b\n\n";

    fn event(name: &str, data: &str) -> Event {
        Event {
            name: name.to_owned(),
            data: data.to_owned(),
        }
    }

    #[test]
    fn reads_events_however_they_are_cut() {
        let expected = [
            event("update", "{\"id\":\"1\"}"),
            event("delete", "7"),
            event("", "a\nb"),
        ];
        for size in 1..=STREAM.len() {
            let mut reader = Reader::default();
            let events: Vec<Event> = STREAM
                .chunks(size)
                .flat_map(|bytes| reader.push(bytes).unwrap())
                .collect();
            assert_eq!(events, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn an_endless_event_is_an_error() {
        let mut reader = Reader::default();
        assert_eq!(reader.push(&vec![b'x'; MAX_EVENT + 1]), Err(TooLarge));
        let mut reader = Reader::default();
        for _ in 0..1000 {
            assert_eq!(reader.push(&b":thump".repeat(1000)), Ok(vec![]));
            assert_eq!(reader.push(b"\n"), Ok(vec![]));
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Reader::default().push(&bytes);
        }
    }
}
