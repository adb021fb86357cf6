//! Numbers: ranges, units, and values that are surely in the wrong unit.

use super::super::settings::{Kind, MANY, Setting};
use super::super::tree::Value;
use super::{Right, Wrong, found, wrong};

/// A whole number of a setting, in the setting's own unit.
pub fn number(setting: &Setting, name: &str, value: &Value) -> Result<Right, Wrong> {
    let (low, high, unit, plain) = match setting.kind {
        Kind::Ms(low, high) => (low, high, " ms", "ms"),
        Kind::Seconds(low, high) => (low, high, " seconds", "seconds"),
        Kind::Bytes => (0, i64::MAX, " bytes", "bytes"),
        Kind::Int(low, high) => (low, high, "", ""),
        _ => (i64::MIN, i64::MAX, "", ""),
    };
    let number = match value {
        Value::Int(number) => *number,
        Value::Str(text) => match with_unit(setting.kind, text) {
            Some(number) => number,
            None => return wrong(format!("{name} is a number, found {}", found(value)), ""),
        },
        Value::Float(number) => {
            return wrong(format!("{name} is a whole number, found {number}"), "");
        }
        _ => return wrong(format!("{name} is a number, found {}", found(value)), ""),
    };
    if number < low || number > high {
        let range = if high >= MANY { format!("at least {low}") } else { format!("{low} to {high}") };
        return wrong(format!("{name} is {range}{unit}, not {number}"), setting.why);
    }
    let (usual_low, usual_high) = setting.usual;
    let usual = usual_low..=usual_high;
    let mut warning = None;
    if (usual_low, usual_high) != (0, 0) && number > 0 && !usual.contains(&number) {
        let meant = [number.checked_mul(1_000), Some(number / 1_000)];
        if let Some(meant) = meant.into_iter().flatten().find(|meant| usual.contains(meant)) {
            warning = Some(Wrong {
                message: format!("{name} counts {plain}: {number} is unusual; is {meant} meant?"),
                note: format!("usual is {usual_low} to {usual_high}{unit}"),
            });
        }
    }
    Ok(Right { value: Value::Int(number), warning })
}

/// `"30s"` in the field's own unit, `"1MiB"` in bytes; none if it is no such text, or not whole.
fn with_unit(kind: Kind, text: &str) -> Option<i64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let number: i64 = text[..split].parse().ok()?;
    let unit = text[split..].trim();
    let ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    match kind {
        Kind::Ms(..) if ms > 0 => number.checked_mul(ms),
        Kind::Seconds(..) if ms > 0 => {
            let ms = number.checked_mul(ms)?;
            (ms % 1_000 == 0).then_some(ms / 1_000)
        }
        Kind::Bytes => {
            let factor = match unit {
                "B" => 1,
                "kB" | "KB" => 1_000,
                "MB" => 1_000_000,
                "GB" => 1_000_000_000,
                "KiB" => 1 << 10,
                "MiB" => 1 << 20,
                "GiB" => 1 << 30,
                _ => return None,
            };
            number.checked_mul(factor)
        }
        _ => None,
    }
}

/// Any number.
pub fn as_float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) if number.is_finite() => Some(*number),
        _ => None,
    }
}
