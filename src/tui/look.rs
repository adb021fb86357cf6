//! How meanings look: tones to styles, from the theme; nothing but signs and words where colours are not wanted.

use ratatui::style::{Color, Modifier, Style};

use crate::app::text::Tone;
use crate::config::theme::{self, Theme};

/// Styles by meaning.
#[derive(Clone, Debug)]
pub struct Look {
    tones: [Style; 12],
    /// The row under the cursor.
    pub chosen: Style,
    /// Line 1.
    pub head: Style,
    /// The context's name in line 1; production is not to be mistaken.
    pub context: Style,
    /// What is typed.
    pub input: Style,
}

/// Whether the user wants no colours (`NO_COLOR` set to anything but nothing, <https://no-color.org>).
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || std::env::var_os("TERM").is_some_and(|t| t == "dumb")
}

impl Look {
    /// Readable in any terminal: the 16 colours by name, so that the user's own palette decides.
    pub fn sixteen(context: Option<&str>) -> Self {
        let fg = |c| Style::new().fg(c);
        let mut look = Self {
            tones: [Style::new(); 12],
            chosen: Style::new().add_modifier(Modifier::REVERSED),
            head: Style::new(),
            context: Style::new()
                .add_modifier(Modifier::BOLD | Modifier::REVERSED)
                .patch(context.and_then(color).map(fg).unwrap_or_default()),
            input: Style::new().add_modifier(Modifier::BOLD),
        };
        for (tone, style) in [
            (Tone::Muted, fg(Color::DarkGray)),
            (Tone::Strong, Style::new().add_modifier(Modifier::BOLD)),
            (Tone::Accent, fg(Color::Cyan)),
            (Tone::Ok, fg(Color::Green)),
            (Tone::Watch, fg(Color::Yellow)),
            (Tone::Bad, fg(Color::Red).add_modifier(Modifier::BOLD)),
            (Tone::Name, fg(Color::Cyan)),
            (Tone::Quoted, fg(Color::Green)),
            (Tone::Number, fg(Color::Magenta)),
            (Tone::Literal, fg(Color::Yellow)),
            (Tone::Match, Style::new().add_modifier(Modifier::REVERSED)),
        ] {
            look.set(tone, style);
        }
        look
    }

    /// By a theme of the config.
    pub fn themed(theme: &Theme, context: Option<&str>) -> Self {
        let mut look = Self::sixteen(context);
        let fg = |c: theme::Color| of(c).map_or(Style::new(), |c| Style::new().fg(c));
        let syntax = &theme.syntax;
        for (tone, style) in [
            (Tone::Plain, fg(theme.text)),
            (Tone::Muted, fg(theme.muted)),
            (Tone::Strong, fg(theme.text).add_modifier(Modifier::BOLD)),
            (Tone::Accent, fg(theme.accent)),
            (Tone::Ok, fg(theme.ok)),
            (Tone::Watch, fg(theme.watch)),
            (Tone::Bad, fg(theme.bad).add_modifier(Modifier::BOLD)),
            (Tone::Name, fg(syntax.key)),
            (Tone::Quoted, fg(syntax.string)),
            (Tone::Number, fg(syntax.number)),
            (Tone::Literal, fg(syntax.literal)),
        ] {
            look.set(tone, style);
        }
        if let Some(back) = of(theme.selection) {
            look.chosen = fg(theme.selection_text).bg(back);
        }
        look
    }

    /// Without colours: bold, dim and reversed only; signs and words carry the meaning.
    pub fn plain() -> Self {
        let mut look = Self {
            tones: [Style::new(); 12],
            chosen: Style::new().add_modifier(Modifier::REVERSED),
            head: Style::new(),
            context: Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
            input: Style::new().add_modifier(Modifier::BOLD),
        };
        for (tone, m) in [
            (Tone::Muted, Modifier::DIM),
            (Tone::Strong, Modifier::BOLD),
            (Tone::Accent, Modifier::BOLD),
            (Tone::Bad, Modifier::BOLD),
            (Tone::Watch, Modifier::BOLD),
            (Tone::Match, Modifier::REVERSED),
        ] {
            look.set(tone, Style::new().add_modifier(m));
        }
        look
    }

    /// Gives a tone a style.
    pub fn set(&mut self, tone: Tone, style: Style) {
        self.tones[index(tone)] = style;
    }

    /// The style of a tone.
    pub fn tone(&self, tone: Tone) -> Style {
        self.tones[index(tone)]
    }
}

fn index(tone: Tone) -> usize {
    match tone {
        Tone::Plain => 0,
        Tone::Muted => 1,
        Tone::Strong => 2,
        Tone::Accent => 3,
        Tone::Ok => 4,
        Tone::Watch => 5,
        Tone::Bad => 6,
        Tone::Name => 7,
        Tone::Quoted => 8,
        Tone::Number => 9,
        Tone::Literal => 10,
        Tone::Match => 11,
    }
}

/// A theme's colour as the terminal takes it; `None`: its own.
fn of(color: theme::Color) -> Option<Color> {
    match color {
        theme::Color::Terminal => None,
        theme::Color::Ansi(n) => Some(Color::Indexed(n)),
        theme::Color::Rgb(r, g, b) => Some(Color::Rgb(r, g, b)),
    }
}

/// A colour by its word or `#rrggbb`.
pub fn color(text: &str) -> Option<Color> {
    text.trim().to_lowercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_words_or_hex() {
        assert_eq!(color("Red"), Some(Color::Red));
        assert_eq!(color("#ff8800"), Some(Color::Rgb(255, 136, 0)));
        assert_eq!(color("mauvish"), None);
    }

    #[test]
    fn without_colours_no_style_has_one() {
        let look = Look::plain();
        assert!(look.tones.iter().chain([&look.chosen, &look.context]).all(|s| s.fg.is_none() && s.bg.is_none()));
    }
}
