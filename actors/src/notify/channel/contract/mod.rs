//! What every channel that calls a web service keeps, checked against real servers on loopback that behave badly. The
//! same list runs on each of them, with one named test a case; beside it each provider's own answers.

mod answers;
mod callbacks;
mod cases;
mod server;
mod subjects;
mod whatsapp;

/// The list, for one channel.
macro_rules! holds_for {
    ($($subject:ident),* $(,)?) => { $(
        mod $subject {
            use super::{cases, subjects};
            holds_for!(@cases $subject:
                good_settings_are_accepted_and_a_message_is_taken,
                a_repeat_carries_the_same_delivery_id,
                a_long_message_is_cut_and_keeps_its_link,
                statuses_mean_the_same_everywhere,
                too_much_is_waited_for_as_long_as_was_asked,
                a_success_in_strange_words_is_no_success_where_words_are_read,
                a_redirect_is_not_followed,
                who_says_nothing_is_given_up_in_time,
                a_body_that_never_ends_is_not_waited_for,
                a_head_that_never_ends_is_not_read,
                a_lost_connection_says_nothing_about_the_message,
                nonsense_is_no_answer,
                nobody_there_is_unavailable,
                addresses_inside_are_refused_by_number_and_by_name,
                what_is_echoed_holds_no_secret,
                after_a_bad_day_comes_a_good_one,
            );
        }
    )* };
    (@cases $subject:ident: $($case:ident),* $(,)?) => { $(
        #[tokio::test]
        async fn $case() {
            cases::$case(&subjects::$subject()).await;
        }
    )* };
}

holds_for!(telegram, discord, slack, webhook, cloud_api, twilio, waha);
