//! The cases, a subject a file; each finds out by itself whether it applies to the broker before it.

mod act;
mod bytes;
mod errors;
mod hold;
mod list;
mod peek;
mod readers;
mod tail;
mod traces;

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::hosts::{Host, Ran};

/// One case.
pub struct Case {
    pub name: &'static str,
    pub run: fn(Arc<dyn Host>) -> BoxFuture<'static, Ran>,
}

/// Lists async functions as cases, under their paths.
macro_rules! cases {
    ($($module:ident: $($name:ident),+;)+) => {
        vec![$($(Case {
            name: concat!(stringify!($module), "::", stringify!($name)),
            run: |host| Box::pin(async move { $module::$name(&*host).await }),
        }),+),+]
    };
}

/// All cases.
pub fn all() -> Vec<Case> {
    cases! {
        list: probe_says_what_it_is, lists_what_is_there, describes_it, unknown_is_not_found_and_stays_so;
        peek: all_in_order, empty_is_complete, limit_and_cursor, newest, from_a_time, to_a_time, a_seat, below_the_start_is_gone, batches_are_bounded, window;
        tail: hears_only_what_is_new, dropping_it_cancels;
        traces: exactly_those_declared, none_without_consent, none_from_asking;
        bytes: come_back_as_sent, big_and_odd;
        act: rehearsal_is_what_arrives, confirmed_with_a_seat, by_key_as_java_does, too_large_is_refused, one_answer_each, no_such_partition;
        hold: seats, first, gone_seats_are_left_out, one_answer_each_settled, dropped_is_given_back, closed_gives_back_in_order, carried_is_published_and_gone;
        readers: positions, unknown_group_is_none;
        errors: wrong_password_is_login, missing_right_is_denied, nobody_reads_nothing, wrong_host_is_unreachable, late_look, late_write_is_in_doubt, comes_back_after_it_was_down;
    }
}
