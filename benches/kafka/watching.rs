//! The terminal UI on the big topic: first paint, opening, idling, scrolling, and typing into a tail of 50,000 messages a second.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::cluster::{Cluster, body};
use super::screen::Screen;
use super::{Failed, Figure};

const TAIL_RATE: u64 = 50_000;

pub fn measure(cluster: &Cluster, topic: &str) -> Result<Vec<Figure>, Failed> {
    let mut figures = Vec::new();
    let config = cluster.config()?;
    let mut screen = Screen::start(&config, false)?;
    let began = screen.began;
    let paint = screen.until("first paint", began, |s| s.contains("overview"))?;
    figures.push(Figure::new("first paint", ms(paint), "", "from exec to the first frame, before any broker has answered"));
    screen.until("the broker", began, |s| s.contains("1 up"))?;

    open(&mut screen, topic)?;
    let pressed = Instant::now();
    screen.press("\r")?;
    let first = screen.until("messages", pressed, |s| s.contains("\"id\":\"ord-"))?;
    figures.push(Figure::new(
        "first message on screen after opening the topic",
        ms(first),
        "50 ms",
        "from enter to the row, frame and terminal included",
    ));

    screen.let_run(Duration::from_secs(3));
    let before = screen.cpu()?;
    let bytes = screen.let_run(Duration::from_secs(10));
    let idle = screen.cpu()?.saturating_sub(before);
    figures.push(Figure::new(
        "processor time over 10 idle seconds",
        ms(idle),
        "none to speak of",
        format!("Messages open, nothing arriving; {bytes} bytes drawn"),
    ));

    let (pages, seconds) = scroll(&mut screen)?;
    figures.push(Figure::new(
        "memory while scrolling",
        format!("{:.0} MiB (most ever {:.0})", screen.memory("VmRSS")?, screen.memory("VmHWM")?),
        "under 150 MB",
        format!("{pages} times to the last row and on to older ones, and to oldest, newest and by time, in {seconds:.0} s"),
    ));
    drop(screen);
    figures.extend(tail(cluster, topic)?);
    Ok(figures)
}

/// To the row of the topic in Destinations.
fn open(screen: &mut Screen, topic: &str) -> Result<(), Failed> {
    let now = Instant::now();
    screen.press("2")?;
    screen.until("destinations", now, |s| s.contains("DEPTH") && s.contains("listed at"))?;
    screen.press(&format!("/{topic}"))?;
    screen.until("the filter", now, |s| s.contains("1 of "))?;
    screen.press("\r")?;
    screen.let_run(Duration::from_millis(300));
    Ok(())
}

/// Scrolls for half a minute: down past the last row again and again, which loads older ones, and jumps.
fn scroll(screen: &mut Screen) -> Result<(u32, f64), Failed> {
    let began = Instant::now();
    let mut pages = 0;
    while began.elapsed() < Duration::from_secs(30) {
        screen.press("G")?;
        screen.let_run(Duration::from_millis(100));
        screen.press("j\x06\x06")?;
        screen.let_run(Duration::from_millis(100));
        pages += 1;
        if pages % 20 == 0 {
            for jump in ["@oldest\r", "@newest\r", "@1h\r"] {
                screen.press(jump)?;
                screen.let_run(Duration::from_millis(300));
            }
        }
    }
    Ok((pages, began.elapsed().as_secs_f64()))
}

/// A live tail while a producer sends, and keys are typed all the while.
fn tail(cluster: &Cluster, topic: &str) -> Result<Vec<Figure>, Failed> {
    let config = cluster.config()?;
    let mut screen = Screen::start(&config, true)?;
    let began = screen.began;
    screen.until("the broker", began, |s| s.contains("1 up"))?;
    let topic = topic.replace("bench", "tail");
    cluster.create(&topic, 12)?;
    screen.press("2r")?;
    screen.let_run(Duration::from_secs(1));
    open(&mut screen, &topic)?;
    screen.press("f")?;
    screen.let_run(Duration::from_secs(1));
    let stop = Arc::new(AtomicBool::new(false));
    let sent = Arc::new(AtomicU64::new(0));
    let producer = produce(cluster, &topic, Arc::clone(&stop), Arc::clone(&sent))?;
    let log = cluster.folder.path().join("redrive.log");
    let before = frames(&log)?.len();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(15) {
        for key in ["j", "k", "G", "g", "j"] {
            screen.press(key)?;
            screen.let_run(Duration::from_millis(60));
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let rate = sent.load(Ordering::Relaxed) as f64 / seconds;
    let tailing = screen.contents().contains("ord-");
    stop.store(true, Ordering::Relaxed);
    let _ = producer.join();
    let all = frames(&log)?;
    let mut during = all.get(before..).unwrap_or_default().to_vec();
    during.sort_unstable();
    let late = during.iter().filter(|us| **us > 16_000).count();
    let at = |share: f64| during.get(((during.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(0) as f64 / 1_000.0;
    Ok(vec![Figure::new(
        "frames over 16 ms while tailing and typing",
        format!("{late} of {}", during.len()),
        "none",
        format!(
            "{rate:.0} messages/s sent for {seconds:.0} s, 160x50, a key every 60 ms; median {:.1} ms, 99 % {:.1} ms, worst {:.1} ms{}",
            at(0.5),
            at(0.99),
            at(1.0),
            if tailing { "" } else { "; NO ROWS SEEN" }
        ),
    )])
}

/// Sends at the rate until told to stop.
fn produce(cluster: &Cluster, topic: &str, stop: Arc<AtomicBool>, sent: Arc<AtomicU64>) -> Result<std::thread::JoinHandle<()>, Failed> {
    let mut kcat = cluster.kcat(topic)?;
    let mut to = kcat.stdin.take().ok_or("kcat has no input")?;
    Ok(std::thread::spawn(move || {
        let began = Instant::now();
        let mut i = 0;
        while !stop.load(Ordering::Relaxed) {
            let due = (began.elapsed().as_secs_f64() * TAIL_RATE as f64) as u64;
            let mut chunk = String::new();
            while i < due {
                chunk.push_str(&body(i));
                chunk.push('\n');
                i += 1;
            }
            if to.write_all(chunk.as_bytes()).is_err() {
                break;
            }
            sent.store(i, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(to);
        let _ = kcat.wait();
    }))
}

/// Microseconds of every frame in the log.
fn frames(log: &std::path::Path) -> Result<Vec<u64>, Failed> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let frames = text.lines().filter(|l| l.contains("redrive::frame"));
    Ok(frames.filter_map(|l| l.split("us=").nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()).collect())
}

fn ms(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1_000.0)
}
