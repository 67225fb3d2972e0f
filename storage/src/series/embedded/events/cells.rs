//! Cells as bytes: one after the other, those not known included.

use super::super::codec::{BadRow, Reader, put_varint};
use noc_pipeline::payload::EventValue;

const UNKNOWN: u8 = 0;
const TEXT: u8 = 1;
const NUMBER: u8 = 2;
const NO: u8 = 3;
const YES: u8 = 4;
/// A whole number that is not negative and below 2^32.
const WHOLE: u8 = 5;

/// Appends a cell.
pub fn put(out: &mut Vec<u8>, cell: Option<&EventValue>) {
    match cell {
        None => out.push(UNKNOWN),
        Some(EventValue::Text(text)) => {
            out.push(TEXT);
            put_varint(out, text.len());
            out.extend_from_slice(text.as_bytes());
        }
        Some(EventValue::Number(number)) => match whole(*number) {
            Some(whole) => {
                out.push(WHOLE);
                put_varint(out, whole);
            }
            None => {
                out.push(NUMBER);
                out.extend_from_slice(&number.to_le_bytes());
            }
        },
        Some(EventValue::YesNo(yes)) => out.push(if *yes { YES } else { NO }),
    }
}

/// The cells in some bytes.
pub fn read(bytes: &[u8]) -> Result<Vec<Option<EventValue>>, BadRow> {
    let mut reader = Reader(bytes);
    let mut cells = Vec::with_capacity(12);
    while !reader.0.is_empty() {
        cells.push(match reader.u8()? {
            UNKNOWN => None,
            TEXT => {
                let len = reader.varint()?;
                let text = std::str::from_utf8(reader.take(len)?);
                let text = text.map_err(|_| BadRow("text is not utf-8"))?;
                Some(EventValue::Text(text.to_owned()))
            }
            NUMBER => Some(EventValue::Number(f64::from_le_bytes(reader.array()?))),
            NO => Some(EventValue::YesNo(false)),
            YES => Some(EventValue::YesNo(true)),
            WHOLE => {
                let whole = u32::try_from(reader.varint()?);
                let whole = whole.map_err(|_| BadRow("number too long"))?;
                Some(EventValue::Number(f64::from(whole)))
            }
            _ => return Err(BadRow("cell is not known")),
        });
    }
    Ok(cells)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and the comparison says whether anything was lost"
)]
fn whole(number: f64) -> Option<usize> {
    let whole = number as u32;
    (f64::from(whole).to_bits() == number.to_bits()).then_some(whole as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell() -> impl Strategy<Value = Option<EventValue>> {
        prop_oneof![
            Just(None),
            any::<String>().prop_map(|text| Some(text.into())),
            any::<f64>().prop_map(|number| Some(number.into())),
            (0..1u64 << 40).prop_map(|n| Some((n as f64).into())),
            any::<bool>().prop_map(|yes| Some(yes.into())),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(cells in prop::collection::vec(cell(), 0..12)) {
            let mut bytes = Vec::new();
            for cell in &cells {
                put(&mut bytes, cell.as_ref());
            }
            let bits = |cells: &[Option<EventValue>]| -> Vec<String> {
                let bits = |c: &Option<EventValue>| match c {
                    Some(EventValue::Number(n)) => format!("{:x}", n.to_bits()),
                    other => format!("{other:?}"),
                };
                cells.iter().map(bits).collect()
            };
            prop_assert_eq!(bits(&read(&bytes).unwrap()), bits(&cells));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(cells) = read(&bytes) {
                prop_assert!(cells.len() <= bytes.len());
            }
        }
    }
}
