//! Rows as bytes.
//!
//! Limits: at most 2^32 bytes a row, names of subjects up to 65,535 bytes, 65,535 values a subject.
//!
//! ```text
//! row     = 1 (format) , subject*
//! subject = varint 0 | varint length+1, name ; varint number of values n ; block
//! block   = ceil(n/2) bytes of codes, two a byte, low half first ; the values' bytes, little-endian
//! code    = 0 absent | 1..=7 whole number of code-1 bytes | 8..=12 hundredths in code-7 bytes
//!         | 13 f32 | 14 f64
//! ```
//!
//! Each value takes the shortest code that gives back the very same `f64`: a percentage with two decimals takes
//! two bytes and a half, a count of bytes up to six and a half. The codes stand together, apart from the values,
//! because they hardly change from row to row, and lz4 then stores them once.

const FORMAT: u8 = 1;

/// Why bytes are not a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRow(pub &'static str);

/// Builds one row after another in the same buffer.
#[derive(Debug, Default)]
pub struct RowWriter {
    out: Vec<u8>,
    data: Vec<u8>,
}

impl RowWriter {
    /// Begins a new row.
    pub fn start(&mut self) {
        self.out.clear();
        self.out.push(FORMAT);
    }

    /// Adds a subject and its values. Values that are not finite count as absent.
    pub fn subject(
        &mut self,
        name: Option<&str>,
        values: impl ExactSizeIterator<Item = Option<f64>>,
    ) {
        match name {
            Some(name) => {
                put_varint(&mut self.out, name.len() + 1);
                self.out.extend_from_slice(name.as_bytes());
            }
            None => self.out.push(0),
        }
        put_varint(&mut self.out, values.len());
        self.data.clear();
        let mut low: Option<u8> = None;
        for value in values {
            let code = put_value(&mut self.data, value);
            match low.take() {
                None => low = Some(code),
                Some(low) => self.out.push(low | code << 4),
            }
        }
        self.out.extend(low);
        self.out.extend_from_slice(&self.data);
    }

    /// The row; `None` when it has no subjects.
    pub fn finish(&self) -> Option<&[u8]> {
        (self.out.len() > 1).then_some(self.out.as_slice())
    }
}

/// Calls `each` with every subject of a row and its values.
///
/// # Errors
/// [`BadRow`] when the bytes are not a row; or what `each` returns.
pub fn read_row<E: From<BadRow>>(
    row: &[u8],
    values: &mut Vec<Option<f64>>,
    mut each: impl FnMut(Option<&str>, &[Option<f64>]) -> Result<(), E>,
) -> Result<(), E> {
    let mut r = Reader(row);
    if r.u8()? != FORMAT {
        return Err(BadRow("format is not known").into());
    }
    while !r.0.is_empty() {
        let name = match r.varint()? {
            0 => None,
            len => Some(
                std::str::from_utf8(r.take(len - 1)?).map_err(|_| BadRow("name is not utf-8"))?,
            ),
        };
        let n = r.varint()?;
        if n > usize::from(u16::MAX) {
            return Err(BadRow("too many values").into());
        }
        let codes = r.take(n.div_ceil(2))?;
        values.clear();
        for i in 0..n {
            let both = codes.get(i / 2).copied().unwrap_or(0);
            let code = if i % 2 == 0 { both & 15 } else { both >> 4 };
            values.push(r.value(code)?);
        }
        each(name, values)?;
    }
    Ok(())
}

/// Appends a value's bytes and returns its code.
fn put_value(out: &mut Vec<u8>, value: Option<f64>) -> u8 {
    let Some(v) = value.filter(|v| v.is_finite()) else {
        return 0;
    };
    if v.is_sign_positive() {
        if let Some(whole) = exact(v, 1.0).filter(|n| n >> 48 == 0) {
            return 1 + put_uint(out, whole);
        }
        if let Some(hundredths) = exact(v, 100.0).filter(|n| n >> 40 == 0) {
            return 7 + put_uint(out, hundredths);
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked in the next line")]
    let short = v as f32;
    if f64::from(short).to_bits() == v.to_bits() {
        out.extend_from_slice(&short.to_le_bytes());
        return 13;
    }
    out.extend_from_slice(&v.to_le_bytes());
    14
}

/// `v * scale` as a whole number, if dividing that by `scale` gives back `v` to the bit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "the cast saturates, and the comparison says whether anything was lost"
)]
fn exact(v: f64, scale: f64) -> Option<u64> {
    let n = (v * scale + 0.5) as u64;
    (n < 1 << 53 && n as f64 / scale == v).then_some(n)
}

/// Appends as few bytes as hold `n`; returns how many.
fn put_uint(out: &mut Vec<u8>, n: u64) -> u8 {
    let len = (64 - n.leading_zeros()).div_ceil(8);
    out.extend(n.to_le_bytes().into_iter().take(len as usize));
    #[expect(clippy::cast_possible_truncation, reason = "at most 8")]
    let len = len as u8;
    len
}

/// Appends a number, 7 bits a byte, the lowest first.
pub fn put_varint(out: &mut Vec<u8>, mut n: usize) {
    while n >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "7 bits at a time")]
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 0x80")]
    out.push(n as u8);
}

/// What is left of a row.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next bytes.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], BadRow> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(BadRow("cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next byte.
    pub fn u8(&mut self) -> Result<u8, BadRow> {
        let (first, rest) = self.0.split_first().ok_or(BadRow("cut short"))?;
        self.0 = rest;
        Ok(*first)
    }

    /// Reads [`put_varint`].
    pub fn varint(&mut self) -> Result<usize, BadRow> {
        let mut n = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            n |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(n);
            }
        }
        Err(BadRow("number too long"))
    }

    fn uint(&mut self, len: u8) -> Result<u64, BadRow> {
        let bytes = self.take(usize::from(len))?;
        Ok(bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    /// The next bytes, so many.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], BadRow> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| BadRow("cut short"))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "only numbers below 2^48 are written so"
    )]
    fn value(&mut self, code: u8) -> Result<Option<f64>, BadRow> {
        Ok(Some(match code {
            0 => return Ok(None),
            1..=7 => self.uint(code - 1)? as f64,
            8..=12 => self.uint(code - 7)? as f64 / 100.0,
            13 => f64::from(f32::from_le_bytes(self.array()?)),
            14 => f64::from_le_bytes(self.array()?),
            _ => return Err(BadRow("code is not known")),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Subject = (Option<String>, Vec<Option<f64>>);

    fn write(subjects: &[Subject]) -> Vec<u8> {
        let mut writer = RowWriter::default();
        writer.start();
        for (name, values) in subjects {
            writer.subject(name.as_deref(), values.iter().copied());
        }
        writer.finish().unwrap_or(&[FORMAT]).to_vec()
    }

    fn read(row: &[u8]) -> Result<Vec<Subject>, BadRow> {
        let mut subjects = Vec::new();
        read_row(row, &mut Vec::new(), |name, values| {
            subjects.push((name.map(str::to_owned), values.to_vec()));
            Ok::<_, BadRow>(())
        })?;
        Ok(subjects)
    }

    fn bits(subjects: &[Subject]) -> Vec<(Option<String>, Vec<Option<u64>>)> {
        let value = |v: &Option<f64>| v.filter(|v| v.is_finite()).map(f64::to_bits);
        let subject = |s: &Subject| (s.0.clone(), s.1.iter().map(value).collect());
        subjects.iter().map(subject).collect()
    }

    #[test]
    fn usual_values_are_short() {
        let size = |v: f64| write(&[(None, vec![Some(v)])]).len() - 4;
        assert_eq!(size(0.0), 0);
        assert_eq!(size(1.0), 1);
        assert_eq!(size(37.42), 2);
        assert_eq!(size(16_777_216_000.0), 5);
        assert_eq!(size(-0.5), 4);
        assert_eq!(size(1.0 / 3.0), 8);
    }

    #[test]
    fn the_ends_of_each_code_come_back() {
        let values: Vec<_> = [
            0.0,
            -0.0,
            255.0,
            256.0,
            281_474_976_710_655.0,
            281_474_976_710_656.0,
            0.01,
            655.35,
            655.36,
            10_995_116_277.75,
            10_995_116_277.76,
            f64::MAX,
            f64::MIN_POSITIVE,
            0.1 + 0.2,
        ]
        .map(Some)
        .to_vec();
        let row = [(None, values)];
        assert_eq!(bits(&read(&write(&row)).unwrap()), bits(&row));
    }

    fn value() -> impl Strategy<Value = Option<f64>> {
        prop_oneof![
            Just(None),
            any::<f64>().prop_map(Some),
            any::<f32>().prop_map(|v| Some(f64::from(v))),
            (0..1u64 << 53).prop_map(|n| Some(n as f64)),
            (0..100_000u32).prop_map(|n| Some(f64::from(n) / 100.0)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            row in prop::collection::vec((prop::option::of(".{0,200}"), prop::collection::vec(value(), 0..40)), 0..5),
        ) {
            prop_assert_eq!(bits(&read(&write(&row)).unwrap()), bits(&row));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            // Whatever comes out, nothing panics and nothing large is reserved.
            let mut with_format = vec![FORMAT];
            with_format.extend(bytes);
            if let Ok(subjects) = read(&with_format) {
                prop_assert!(subjects.len() <= 200);
            }
        }
    }
}
