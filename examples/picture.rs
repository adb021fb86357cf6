//! Draws the pictures of the README: runs the real binary on the demo in a terminal of its own, presses keys, writes screens as SVG.
//!
//! `scripts/picture` calls it as `cargo run --example picture -- BINARY FOLDER`.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

type Failed = Box<dyn std::error::Error>;

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

/// What is pressed, what must then be on the screen, and the file it goes to, if it is a picture.
const SHOTS: &[(&str, &str, Option<&str>)] = &[
    ("", "5h  +2", Some("overview.svg")),
    ("2", "listed at", None),
    ("/orders.dlt\r", "1 of ", None),
    ("\r", "why grouped", Some("causes.svg")),
    ("R", "who reads", Some("plan.svg")),
    ("\u{1b}", "why grouped", None),
    ("\r", "newest first", None),
    ("\r", "[Death]", Some("message.svg")),
];

fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let (Some(binary), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("picture BINARY FOLDER".into());
    };
    let pair = native_pty_system().openpty(PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 })?;
    let mut command = CommandBuilder::new(std::fs::canonicalize(binary)?);
    command.arg("demo");
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env("REDRIVE_ACTOR", "lea");
    let mut child = pair.slave.spawn_command(command)?;
    let mut keys = pair.master.take_writer()?;
    let mut reader = pair.master.try_clone_reader()?;
    let (send, bytes) = mpsc::sync_channel::<Vec<u8>>(64);
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(n) = reader.read(&mut buffer) {
            if n == 0 || send.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut screen = vt100::Parser::new(ROWS, COLUMNS, 0);
    for (press, wanted, file) in SHOTS {
        keys.write_all(press.as_bytes())?;
        keys.flush()?;
        settle(&mut screen, &bytes, wanted)?;
        if let Some(file) = file {
            std::fs::write(format!("{folder}/{file}"), svg(screen.screen()))?;
            println!("{folder}/{file}");
        }
    }
    child.kill()?;
    Ok(())
}

/// Reads until the wanted text is there and the screen has been still for a moment (the story moves a few times a second).
fn settle(screen: &mut vt100::Parser, bytes: &mpsc::Receiver<Vec<u8>>, wanted: &str) -> Result<(), Failed> {
    let end = Instant::now() + Duration::from_secs(20);
    let mut since = Instant::now();
    loop {
        match bytes.recv_timeout(Duration::from_millis(150)) {
            Ok(chunk) => screen.process(&chunk),
            Err(mpsc::RecvTimeoutError::Timeout) if screen.screen().contents().contains(wanted) => return Ok(()),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(e) => return Err(e.into()),
        }
        if !screen.screen().contents().contains(wanted) {
            since = Instant::now();
        }
        if since.elapsed() > Duration::from_secs(1) {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("'{wanted}' never came; the screen was\n{}", screen.screen().contents()).into());
        }
    }
}

fn svg(screen: &vt100::Screen) -> String {
    const W: f32 = 8.4;
    const H: f32 = 18.0;
    let (width, height) = (f32::from(COLUMNS) * W + 24.0, f32::from(ROWS) * H + 24.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n\
         <g font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for row in 0..ROWS {
        let mut column = 0;
        while column < COLUMNS {
            let Some(first) = screen.cell(row, column) else { break };
            let look = look(first);
            let start = column;
            let mut text = String::new();
            while column < COLUMNS
                && let Some(cell) = screen.cell(row, column)
                && self::look(cell) == look
            {
                text.push_str(if cell.has_contents() {
                    cell.contents()
                } else if cell.is_wide_continuation() {
                    ""
                } else {
                    " "
                });
                column += 1;
            }
            let (x, y) = (12.0 + f32::from(start) * W, 12.0 + f32::from(row) * H);
            let length = f32::from(column - start) * W;
            if let Some(back) = &look.1 {
                let _ = writeln!(out, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{H}\" fill=\"{back}\"/>");
            }
            if !text.trim().is_empty() {
                let weight = if look.2 { " font-weight=\"bold\"" } else { "" };
                let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                let _ = writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{}\"{weight} textLength=\"{length:.1}\">{text}</text>",
                    y + 13.5,
                    look.0
                );
            }
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// Foreground, background, bold.
fn look(cell: &vt100::Cell) -> (String, Option<String>, bool) {
    let fore = color(cell.fgcolor()).unwrap_or_else(|| if cell.dim() { "#7d8590".into() } else { "#d5d9e0".into() });
    let back = color(cell.bgcolor());
    if cell.inverse() { (back.unwrap_or_else(|| "#16181d".into()), Some(fore), cell.bold()) } else { (fore, back, cell.bold()) }
}

fn color(color: vt100::Color) -> Option<String> {
    const SIXTEEN: [&str; 16] = [
        "#3b4048", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d5d9e0", "#7d8590", "#ff7b86", "#b5e890", "#ffd68a",
        "#82c7ff", "#e29bf5", "#7fdbe6", "#ffffff",
    ];
    match color {
        vt100::Color::Default => None,
        vt100::Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        vt100::Color::Idx(i @ 0..16) => Some(SIXTEEN[usize::from(i)].to_owned()),
        vt100::Color::Idx(i @ 16..232) => {
            let part = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let i = i - 16;
            Some(format!("#{:02x}{:02x}{:02x}", part(i / 36), part(i / 6 % 6), part(i % 6)))
        }
        vt100::Color::Idx(i) => {
            let grey = 8 + 10 * (i - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
    }
}
