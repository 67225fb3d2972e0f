// Generated from api/openapi.json by `npm run generate`. Do not edit.
export interface paths {
    "/ack/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where a link leads: what it is about, with a button that takes it on. Changes nothing. */
        get: operations["acknowledge_page"];
        put?: never;
        /** Takes the incident on, or all of its group, as the person that the message was sent to. Doing it again changes nothing. */
        post: operations["acknowledge_by_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every agent, worst first, with what it may read.
         * @description Needs `servers.view`.
         */
        get: operations["list_agents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alert-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All rules, the default one last.
         * @description Needs `rules.view`.
         */
        get: operations["list_alert_rules"];
        put?: never;
        /**
         * Makes a rule.
         * @description Needs `rules.manage`.
         */
        post: operations["create_alert_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alert-rules/backtest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tries a rule on what was recorded. Nothing is stored, nobody is told.
         * @description Needs `rules.manage`.
         */
        post: operations["backtest_alert_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alert-rules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a rule; what it opened resolves.
         * @description Needs `rules.manage`.
         */
        delete: operations["delete_alert_rule"];
        options?: never;
        head?: never;
        /**
         * Changes a rule.
         * @description Needs `rules.manage`.
         */
        patch: operations["update_alert_rule"];
        trace?: never;
    };
    "/api/auth/csrf-cookie": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sets the cookie `XSRF-TOKEN`; its value goes into `X-XSRF-TOKEN` of every call that changes something. */
        get: operations["csrf_cookie"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Opens a session. Wrong e-mail and wrong password are told alike, in the same time. */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends this session. */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in. */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes one's own password; all other sessions end, this one gets a new id. */
        post: operations["change_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own sessions, the latest used first. */
        get: operations["list_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends one of one's own sessions; its live connection closes. */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/detectors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Detectors and metrics, with units.
         * @description Needs `rules.view`.
         */
        get: operations["list_detectors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/escalation-policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All policies with their steps, by name.
         * @description Needs `rules.view`.
         */
        get: operations["list_escalation_policies"];
        put?: never;
        /**
         * Makes a policy.
         * @description Needs `rules.manage`.
         */
        post: operations["create_escalation_policy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/escalation-policies/simulate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Runs a policy dry that need not be stored.
         * @description Needs `rules.manage`.
         */
        post: operations["simulate_draft_policy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/escalation-policies/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a policy that no rule uses.
         * @description Needs `rules.manage`.
         */
        delete: operations["delete_escalation_policy"];
        options?: never;
        head?: never;
        /**
         * Changes a policy; given steps replace all of them.
         * @description Needs `rules.manage`.
         */
        patch: operations["update_escalation_policy"];
        trace?: never;
    };
    "/api/escalation-policies/{id}/simulate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Runs a stored policy dry.
         * @description Needs `rules.manage`.
         */
        post: operations["simulate_escalation_policy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/address": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether an address is blocked, where and why, by the logs of the last 30 days.
         * @description Needs `servers.view`.
         */
        get: operations["hosting_address"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/backups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Backups of the fleet, a row each server: who has had no good one for longest first.
         * @description Needs `servers.view`.
         */
        get: operations["hosting_backups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/cpanel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * cPanel hosts of the fleet.
         * @description Orders: `-license` (the default; licences that do not hold first, then those that end soonest), `accounts`,
         *     `email_accounts`, `name`, `observed_at`.
         *
         *     Needs `servers.view`.
         */
        get: operations["hosting_cpanel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/crons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Cron jobs of the fleet, overdue ones first.
         * @description Needs `servers.view`.
         */
        get: operations["hosting_crons"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/disks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * File systems of the fleet, a row each server.
         * @description Orders: `-worst_pct` (the default, the fullest first, by bytes or by inodes), `used_pct`, `inodes_used_pct`,
         *     `hours_to_full` (whose first file system is full soonest, by its last report; those that do not fill, or of which
         *     nothing is known, come last), `name`, `observed_at`.
         *
         *     Needs `servers.view`.
         */
        get: operations["hosting_disks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/firewall-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The firewalls' logs of the fleet, newest first.
         * @description Needs `servers.view`.
         */
        get: operations["hosting_firewall_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/litespeed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * LiteSpeed servers of the fleet.
         * @description Orders: `-connections_pct` (the default; stopped servers first, then the fullest), `requests_per_s`,
         *     `hit_ratio_pct`, `name`, `observed_at`.
         *
         *     Needs `servers.view`.
         */
        get: operations["hosting_litespeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/mail-abuse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Cases of mail abuse, the oldest that nobody has looked at first.
         * @description Needs `incidents.view`.
         */
        get: operations["hosting_mail_abuse"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/mail-abuse/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One case.
         * @description Needs `incidents.view`.
         */
        get: operations["show_mail_abuse"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/mail-abuse/{id}/transition": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decides about a case: `detected` becomes anything, `acknowledged` is closed; closed cases stay as they are. Closing ends
         *     the incident. `false_positive` lets the sender do as much, and a fifth more, for 45 days, renewed by clean use.
         * @description Needs `incidents.act`.
         */
        post: operations["move_mail_abuse"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/mail-allowances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What senders may do because a person said that it was no abuse, the newest first.
         * @description Needs `incidents.view`.
         */
        get: operations["list_mail_allowances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/mail-allowances/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Takes an allowance back.
         * @description Needs `rules.manage`.
         */
        delete: operations["revoke_mail_allowance"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/mail-queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Mail queues of the fleet.
         * @description Orders: `-frozen` (the default, the most frozen messages first), `deferred`, `oldest_age_s`, `name`, `observed_at`.
         *
         *     Needs `servers.view`.
         */
        get: operations["hosting_mail_queue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/mysql": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Database servers of the fleet.
         * @description Orders: `-connections_pct` (the default, the fullest first), `lag_s` (a broken replica counts as the most behind),
         *     `slow_queries_per_min`, `name`, `observed_at`.
         *
         *     Needs `servers.view`.
         */
        get: operations["hosting_mysql"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/top-attackers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The addresses that firewalls had most to do with in the last 24 h; the 1,000 worst are counted.
         * @description Needs `servers.view`.
         */
        get: operations["hosting_top_attackers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosting/top-senders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who sends most mail, by login and by script: of each the 1,000 with most recipients in 24 hours, and those with most in
         *     the running hour.
         * @description Needs `servers.view`.
         */
        get: operations["hosting_top_senders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Incidents, newest first.
         * @description Needs `incidents.view`.
         */
        get: operations["list_incidents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/incidents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One incident with its story.
         * @description Needs `incidents.view`.
         */
        get: operations["show_incident"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/incidents/{id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes an open incident, or all of its group; steps for unacknowledged incidents stop. Or takes one over from who has it.
         * @description Needs `incidents.act`.
         */
        post: operations["acknowledge_incident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/incidents/{id}/escalate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fires the next step of the policy now, if none fired since the caller looked.
         * @description Needs `incidents.act`.
         */
        post: operations["escalate_incident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/incidents/{id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Adds a note to the timeline.
         * @description Needs `incidents.act`.
         */
        post: operations["add_incident_note"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/incidents/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends an incident by hand; its cause stays quiet until it was fine once, or for 30 min.
         * @description Needs `incidents.act`.
         */
        post: operations["resolve_incident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/incidents/{id}/snooze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tells nobody of an incident until a time, unless it gets worse; `until: null` ends a snooze.
         * @description Needs `incidents.act`.
         */
        post: operations["snooze_incident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/incidents/{id}/unacknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives an acknowledged incident back; the policy begins anew.
         * @description Needs `incidents.act`.
         */
        post: operations["unacknowledge_incident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/maintenance-windows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All windows: those under way first, then what comes next, then what is over, the newest first.
         * @description Needs `rules.view`.
         */
        get: operations["list_maintenance_windows"];
        put?: never;
        /**
         * Makes a window.
         * @description Needs `rules.manage`.
         */
        post: operations["create_maintenance_window"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/maintenance-windows/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a window; what it held back goes on.
         * @description Needs `rules.manage`.
         */
        delete: operations["delete_maintenance_window"];
        options?: never;
        head?: never;
        /**
         * Changes a window.
         * @description Needs `rules.manage`.
         */
        patch: operations["update_maintenance_window"];
        trace?: never;
    };
    "/api/me/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own contacts, oldest first. The account's own e-mail address is none of them: it always counts. */
        get: operations["list_my_contacts"];
        put?: never;
        /** Adds an address and sends its code there. */
        post: operations["add_my_contact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/contacts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes a contact. A channel that used it is off then; e-mail goes to the account's own address again. */
        delete: operations["delete_my_contact"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/contacts/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends another code; the last one no longer counts. */
        post: operations["resend_my_contact_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/contacts/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a test to one of one's own contacts, by the way that pages take; what comes of it stands in `test`. */
        post: operations["test_my_contact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/contacts/{id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Enters the code that was sent to a contact: it counts from now on. */
        post: operations["verify_my_contact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/notification-channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The channels that reach people at addresses of their own. */
        get: operations["list_my_channels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/notification-preferences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One's own preferences; the defaults for whoever never saved any: e-mail at the account's own address, critical and
         *     high, no quiet hours, no digest.
         */
        get: operations["my_notification_preferences"];
        /** Saves one's own preferences. What was held back until now is told at once if the new hours are not quiet. */
        put: operations["put_my_notification_preferences"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/message-templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every kind of message, what it says and which words of one's own there are.
         * @description Needs `channels.view`.
         */
        get: operations["list_message_templates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/message-templates/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Shows a sample message in these words, on each channel as it would send it. Keeps nothing, sends nothing.
         * @description Needs `channels.view`.
         */
        post: operations["preview_message_template"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/message-templates/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Says a kind of message in words of one's own, on every channel or on one. In force with the next message.
         * @description Needs `channels.manage`.
         */
        put: operations["put_message_template"];
        post?: never;
        /**
         * Goes back to the words without these: of a channel to those for every channel, of those to the product's.
         * @description Needs `channels.manage`.
         */
        delete: operations["delete_message_template"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notification-channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All channels there are, set up or not.
         * @description Needs `channels.view`.
         */
        get: operations["list_notification_channels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notification-channels/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Sets a channel up.
         * @description Needs `channels.manage`.
         */
        put: operations["put_notification_channel"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notification-channels/{key}/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes the address at which the channel's provider tells what became of messages, or another one: the one before is not
         *     heard any more.
         * @description Needs `channels.manage`.
         */
        post: operations["make_channel_callback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notification-channels/{key}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends a test message now and says what came of it. A refusal by the provider is a 200 with `ok: false`.
         * @description Needs `channels.manage`.
         */
        post: operations["test_notification_channel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notification-deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Deliveries, newest first.
         * @description Needs `deliveries.view`.
         */
        get: operations["list_notification_deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notification-deliveries/{id}/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was tried, told and done about one delivery, oldest first.
         * @description Needs `deliveries.view`.
         */
        get: operations["list_delivery_attempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notification-deliveries/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tries a delivery that failed, expired, was suppressed or cancelled once more, now.
         * @description Needs `deliveries.manage`.
         */
        post: operations["retry_notification_delivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/on-call/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is on call now, by each schedule, and when they hand over to whom. */
        get: operations["current_on_call"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/on-call/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All schedules by name, with who stands in and where gaps are.
         * @description Needs `on_call.view`.
         */
        get: operations["list_on_call_schedules"];
        put?: never;
        /**
         * Makes a schedule.
         * @description Needs `on_call.manage`.
         */
        post: operations["create_on_call_schedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/on-call/schedules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a schedule, who stands in by it, and the calendar links to it.
         * @description Needs `on_call.manage`.
         */
        delete: operations["delete_on_call_schedule"];
        options?: never;
        head?: never;
        /**
         * Changes a schedule; given members replace all of them. What this version cannot read stays until another is given.
         * @description Needs `on_call.manage`.
         */
        patch: operations["update_on_call_schedule"];
        trace?: never;
    };
    "/api/on-call/schedules/{id}.ics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A schedule as a calendar: the last 4 weeks and a year ahead.
         * @description Opens with a link's token; a wrong one, a revoked one and another schedule's look alike.
         */
        get: operations["on_call_calendar"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/on-call/schedules/{id}/calendar-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One's own links to a schedule's calendar, newest first.
         * @description Needs `on_call.view`.
         */
        get: operations["list_calendar_tokens"];
        put?: never;
        /**
         * Makes a link for one's own calendar.
         * @description Needs `on_call.view`.
         */
        post: operations["create_calendar_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/on-call/schedules/{id}/calendar-tokens/{inner_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revokes one of one's own links: calendars that use it get nothing any more.
         * @description Needs `on_call.view`.
         */
        delete: operations["revoke_calendar_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/on-call/schedules/{id}/overrides": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Puts somebody on duty for a while.
         * @description Needs `on_call.cover`.
         */
        post: operations["create_on_call_override"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/on-call/schedules/{id}/overrides/{inner_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes an override: whose turn it is, is on duty again.
         * @description Who may not change schedules may delete what puts themselves on duty, or what they made.
         *
         *     Needs `on_call.cover`.
         */
        delete: operations["delete_on_call_override"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/on-call/schedules/{id}/shifts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The final schedule: shifts that follow each other without a gap, times that are nobody's included.
         * @description Needs `on_call.view`.
         */
        get: operations["on_call_shifts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["openapi_document"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/registration-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tokens, newest first.
         * @description Needs `servers.manage`.
         */
        get: operations["list_registration_tokens"];
        put?: never;
        /**
         * Makes a token.
         * @description Needs `servers.manage`.
         */
        post: operations["create_registration_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/registration-tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revokes a token; servers it let in stay.
         * @description Needs `servers.manage`.
         */
        delete: operations["revoke_registration_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The fleet, worst first.
         * @description Needs `servers.view`.
         */
        get: operations["list_servers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One server.
         * @description Needs `servers.view`.
         */
        get: operations["show_server"];
        put?: never;
        post?: never;
        /**
         * Deletes a server and its measurements; its agent's secret stops working. Its incidents stay readable.
         * @description Needs `servers.manage`.
         */
        delete: operations["delete_server"];
        options?: never;
        head?: never;
        /**
         * Renames or tags a server.
         * @description Needs `servers.manage`.
         */
        patch: operations["update_server"];
        trace?: never;
    };
    "/api/servers/{id}/approve-re-enrolment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lets the server's name be enrolled once more within 60 min; then its old secret dies.
         * @description Needs `servers.manage`.
         */
        post: operations["approve_re_enrolment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/backups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The backups of a server: the last seven days, its jobs, and its runs page by page.
         * @description Needs `servers.view`.
         */
        get: operations["server_backups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/cpanel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The cPanel installation of a host as last reported.
         * @description Needs `servers.view`.
         */
        get: operations["server_cpanel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/crons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The cron jobs of a host as last reported, overdue ones first; of very many the first 2,000.
         * @description Needs `servers.view`.
         */
        get: operations["server_crons"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was decided about a server, newest first. Reasons for doing nothing are recorded when they change, and once in 6 h.
         * @description Needs `incidents.view`.
         */
        get: operations["server_decisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/disable-agent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switches monitoring of a server off: its open incidents close without a page, and no detector looks at it.
         * @description Needs `servers.manage`.
         */
        post: operations["disable_agent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/disks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The file systems as last reported.
         * @description Needs `servers.view`.
         */
        get: operations["server_disks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/enable-agent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switches monitoring of a server on again.
         * @description Needs `servers.manage`.
         */
        post: operations["enable_agent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/firewall": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The firewall of a server: what it did in the last 24 h, and its log, newest first.
         * @description Needs `servers.view`.
         */
        get: operations["server_firewall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The incidents of a server, newest first.
         * @description Needs `incidents.view`.
         */
        get: operations["server_incidents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/litespeed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The LiteSpeed server of a host as last reported.
         * @description Needs `servers.view`.
         */
        get: operations["server_litespeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/mail-queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The mail queue of a host as last reported.
         * @description Needs `servers.view`.
         */
        get: operations["server_mail_queue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/marks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Reboots, backups and incidents of a span, each oldest first.
         * @description Needs `incidents.view`.
         */
        get: operations["server_marks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Measurements over time.
         * @description Needs `servers.view`.
         */
        get: operations["server_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/mysql": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The database server of a host as last reported.
         * @description Needs `servers.view`.
         */
        get: operations["server_mysql"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The services as last reported.
         * @description Needs `servers.view`.
         */
        get: operations["server_services"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{id}/usual": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is usual for measurements of the host itself that a detector or an enabled rule on a baseline judges.
         * @description Needs `servers.view`.
         */
        get: operations["server_usual"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All accounts, by `name`, `email` or `last_login_at`.
         * @description Needs `users.view`.
         */
        get: operations["list_users"];
        put?: never;
        /**
         * Makes an account.
         * @description Needs `users.manage`.
         */
        post: operations["create_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One account.
         * @description Needs `users.view`.
         */
        get: operations["show_user"];
        put?: never;
        post?: never;
        /**
         * Deletes an account and ends its sessions.
         * @description Needs `users.manage`.
         */
        delete: operations["delete_user"];
        options?: never;
        head?: never;
        /**
         * Changes an account.
         * @description Needs `users.manage`.
         */
        patch: operations["update_user"];
        trace?: never;
    };
    "/api/wall": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the fleet is, for a screen on a wall: nothing in it is about a person. */
        get: operations["wall_board"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wall-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Screens that may show the wall, newest first.
         * @description Needs `wall.manage`.
         */
        get: operations["list_wall_tokens"];
        put?: never;
        /**
         * Lets another screen in.
         * @description Needs `wall.manage`.
         */
        post: operations["create_wall_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wall-tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Sends a screen away: from its next question on it sees nothing.
         * @description Needs `wall.manage`.
         */
        delete: operations["revoke_wall_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/app/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Opens a live connection: a WebSocket in Pusher protocol 7. Errors come as `pusher:error` frames. */
        get: operations["open_socket"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/broadcasting/auth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Signs a subscription. */
        post: operations["authorize_channel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/hooks/{provider}/{secret}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows Meta that an address is ours: gives its challenge back. */
        get: operations["verify_hook"];
        put?: never;
        /** Takes in what a provider tells of messages that it took. Telling it again changes nothing. */
        post: operations["take_callback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runtime-config.js": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A script that sets the five `window.__NOC_*__` values. What is not configured is the page's own origin. */
        get: operations["runtime_config"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description What sends.
         * @enum {string}
         */
        AbuseSender: "login" | "script" | "domain";
        /**
         * @description Where a case is in its review.
         * @enum {string}
         */
        AbuseStatus: "detected" | "acknowledged" | "suspended_by_op" | "cleared" | "false_positive";
        /** @description What was decided about a case. */
        AbuseTransition: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            by: components["schemas"]["Person"] | null;
            /** @description What it was. */
            from: components["schemas"]["AbuseStatus"];
            /** @description Why, in the operator's words; may be empty. */
            note: string;
            /** @description What it became. */
            to: components["schemas"]["AbuseStatus"];
        };
        /** @description How much to take on. */
        Acknowledge: {
            /**
             * Format: int64
             * @description When taking over: the account that had it when the caller looked; null or absent: nobody with an account.
             * @default null
             */
            from?: number | null;
            /**
             * @description True: every open incident of its group, and for 30 min who joins it, unless that is worse or the group has doubled.
             * @default false
             */
            group?: boolean;
            /**
             * @description True: an acknowledged one, from whoever has it; nobody is told and nothing starts again. Not for a whole group.
             * @default false
             */
            take_over?: boolean;
        };
        /** @description How often something happened. */
        ActionCount: {
            /** @description What. */
            action: string;
            /**
             * Format: int64
             * @description How often.
             */
            count: number;
        };
        /** @description What one server has to say about an address. */
        AddressOnServer: {
            event: components["schemas"]["FirewallEvent"] | null;
            /**
             * Format: int64
             * @description How often the address stands in the log, within the time looked at.
             */
            events: number;
            /** @description Where the report stands that says so. */
            probe: components["schemas"]["Probe"];
            /** @description Which server. */
            server: components["schemas"]["ServerRef"];
            /** @description Whether it turns the address away. */
            state: components["schemas"]["BlockState"];
            /**
             * Format: date-time
             * @description When a block for a time ends or ended.
             */
            until: string | null;
        };
        /** @description Whether an address is blocked, where and why. */
        AddressReport: {
            /**
             * Format: int64
             * @description On how many servers it is blocked.
             */
            blocked_on: number;
            /** @description Two letters; null where nobody knows. */
            country: string | null;
            /** @description The address, in its usual spelling. */
            ip: string;
            /**
             * Format: int64
             * @description How far the log was looked back, hours.
             */
            looked_back_h: number;
            /** @description Servers that know the address: those that block it first. */
            servers: components["schemas"]["AddressOnServer"][];
            /** @description The first of those, with what would help. */
            unknown: components["schemas"]["AddressOnServer"][];
            /**
             * Format: int64
             * @description Servers whose firewall log is not read, so that they may block it all the same.
             */
            unknown_servers: number;
        };
        /** @description One agent. */
        Agent: {
            /**
             * Format: date-time
             * @description When it got its secret.
             */
            enrolled_at: string | null;
            /** @description What it may read, every kind of report there is. */
            grants: components["schemas"]["Grant"][];
            /**
             * Format: date-time
             * @description Last payload of any kind.
             */
            last_seen_at: string | null;
            /** @description Why it is not healthy, in words; empty when it is. */
            reasons: string[];
            /** @description Values that were refused. */
            refused: components["schemas"]["RefusedFields"];
            /** @description Its server. */
            server: components["schemas"]["ServerRef"];
            /**
             * Format: int64
             * @description How far its clock lags ours, milliseconds; negative when it is ahead, null when it is not known.
             */
            skew_ms: number | null;
            /** @description What waits on the host. */
            spool: components["schemas"]["Spool"];
            /** @description How it stands. */
            state: components["schemas"]["AgentState"];
            /**
             * Format: int64
             * @description Seconds since it was started.
             */
            uptime_s: number | null;
            /** @description Its version. */
            version: string | null;
        };
        /** @description A page of agents, and the fleet in numbers. */
        AgentList: {
            /** @description The rows of this page. */
            data: components["schemas"]["Agent"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
            /** @description The whole fleet. */
            summary: components["schemas"]["AgentSummary"];
        };
        /**
         * @description How an agent stands.
         * @enum {string}
         */
        AgentState: "healthy" | "degraded" | "silent" | "never_reported" | "not_enrolled" | "disabled";
        /** @description The fleet in numbers, whatever is filtered. */
        AgentSummary: {
            /**
             * Format: int64
             * @description The ones that report, but not all is well.
             */
            degraded: number;
            /**
             * Format: int64
             * @description Of those, the ones that have a secret.
             */
            enrolled: number;
            /**
             * Format: int64
             * @description Servers whose monitoring is on.
             */
            expected: number;
            /**
             * Format: int64
             * @description Of those, the ones that are healthy.
             */
            healthy: number;
            /**
             * Format: int64
             * @description The ones that are silent, those that never reported among them.
             */
            silent: number;
            /** @description Versions of those that are expected, the most common first. */
            versions: components["schemas"]["VersionCount"][];
        };
        /** @description An alert rule: what to look for, and whom to tell. */
        AlertRule: {
            /** @description Channels it tells at once; null when a policy does. */
            channels: string[] | null;
            /** @description What to look for. */
            condition: components["schemas"]["RuleCondition"];
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description Off: judges nothing. */
            enabled: boolean;
            /**
             * Format: int64
             * @description Policy that tells; null when channels do.
             */
            escalation_policy_id: number | null;
            /** @description Its name. */
            escalation_policy_name: string | null;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description The rule for everything that no other rule routes; it cannot be deleted. */
            is_default: boolean;
            /** @description Shown in the incident's title. */
            name: string;
            /** @description What to read when it happens. */
            runbook_url: string | null;
            /** @description Which servers. */
            scope: components["schemas"]["RuleScope"];
            severity: components["schemas"]["Severity"] | null;
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updated_at: string;
            /**
             * Format: int64
             * @description Grows with each change; a PATCH may name the one it was made for.
             */
            version: number;
        };
        /** @description Changes of a rule; what is absent stays, null clears. Naming `channels` drops the policy and the other way round. */
        AlertRulePatch: {
            /**
             * @description Channels to tell at once.
             * @default null
             */
            channels?: string[] | null;
            /** @default null */
            condition?: components["schemas"]["RuleCondition"] | null;
            /**
             * @description On or off.
             * @default null
             */
            enabled?: boolean | null;
            /**
             * Format: int64
             * @description Policy that tells.
             * @default null
             */
            escalation_policy_id?: number | null;
            /**
             * @description 1 to 120 characters.
             * @default null
             */
            name?: string | null;
            /**
             * @description What to read when it happens.
             * @default null
             */
            runbook_url?: string | null;
            /** @default null */
            scope?: components["schemas"]["RuleScope"] | null;
            /** @default null */
            severity?: components["schemas"]["Severity"] | null;
            /**
             * Format: int64
             * @description The version this change was made for; another one in force is `409 stale_version`.
             * @default null
             */
            version?: number | null;
        };
        /** @description Nothing to say. */
        AnotherCode: Record<string, unknown>;
        /** @description Nothing to say. */
        AskedTest: Record<string, unknown>;
        /** @description An address that firewalls had to do with. */
        Attacker: {
            /** @description What happened, most often first. */
            actions: components["schemas"]["ActionCount"][];
            /** @description Two letters; null where nobody knows. */
            country: string | null;
            /**
             * Format: int64
             * @description How often it was turned away or seen to attack in the last 24 h.
             */
            events: number;
            /** @description The address. */
            ip: string;
            /**
             * Format: date-time
             * @description When it was last seen.
             */
            last_at: string;
            /**
             * Format: int64
             * @description On how many servers.
             */
            servers: number;
        };
        /** @description What came of it. */
        Backtest: {
            difference: components["schemas"]["Difference"] | null;
            /**
             * Format: date-time
             * @description Since when every server was replayed: later than asked for where the payload log begins later.
             */
            from: string;
            in_force: components["schemas"]["InForce"] | null;
            /** @description What the rule would have opened or had open, by time, the first 1,000. */
            incidents: components["schemas"]["BacktestIncident"][];
            /**
             * Format: int64
             * @description How many there are.
             */
            incidents_total: number;
            /** @description Subjects that a rule on a baseline could not judge for a part of the span, or all of it; the first 100. */
            learning: components["schemas"]["BacktestLearning"][];
            /** @description What is not covered, for people. */
            notes: string[];
            /**
             * Format: int64
             * @description Values, or payloads, that were judged, those before the span included.
             */
            samples: number;
            /** @description Measurements with the rule's limits, 3 at most; none of rules on built-in detectors. */
            series: components["schemas"]["BacktestSeries"][];
            /**
             * Format: int64
             * @description Servers that were replayed to the end; the incidents are theirs.
             */
            servers: number;
            /**
             * Format: int64
             * @description Monitored servers that the rules are for.
             */
            servers_in_scope: number;
            /** @description What was read. */
            source: components["schemas"]["BacktestSource"];
            /**
             * Format: date-time
             * @description How far it was replayed.
             */
            to: string;
            /** @description Not everything was replayed: it would have taken too long. */
            truncated: boolean;
        };
        /** @description An incident that would have been. */
        BacktestIncident: {
            /**
             * Format: int64
             * @description How long it lasted, to the end of the span at most.
             */
            duration_s: number;
            /** @description What would have been fine. */
            expected: string;
            /** @description What was seen when it opened. */
            observed: string;
            /**
             * Format: date-time
             * @description When it opened.
             */
            opened_at: string;
            /**
             * Format: date-time
             * @description When it was over; null: not within the span.
             */
            resolved_at: string | null;
            /** @description Whose. */
            server: components["schemas"]["BacktestServer"];
            /** @description The worst. */
            severity: components["schemas"]["Severity"];
            /** @description What about within the server: mount, service ...; empty for the server itself. */
            subject: string;
            /** @description Title. */
            title: string;
            /** @description Channels, or steps of a policy, that would have told somebody, had nobody acknowledged it. */
            would_tell: string[];
        };
        /** @description A subject that was not known yet when the span began. */
        BacktestLearning: {
            /**
             * Format: date-time
             * @description Since when it is judged; null: it was not known at the end either.
             */
            known_from: string | null;
            /** @description Whose. */
            server: components["schemas"]["BacktestServer"];
            /** @description Mount ...; empty for the server itself. */
            subject: string;
        };
        /** @description A rule as for `POST /api/alert-rules`, but name and whom to tell may be missing yet. */
        BacktestRule: {
            /** @description Channels to tell at once. */
            channels?: string[] | null;
            /** @description What to look for. */
            condition: components["schemas"]["RuleCondition"];
            /** @description Is not looked at: it is tried as if it were on. */
            enabled?: boolean | null;
            /**
             * Format: int64
             * @description Policy that tells.
             */
            escalation_policy_id?: number | null;
            /** @description 1 to 120 characters. */
            name?: string | null;
            /** @description Is not looked at. */
            runbook_url?: string | null;
            /** @description Which servers. */
            scope: components["schemas"]["RuleScope"];
            severity?: components["schemas"]["Severity"] | null;
        };
        /** @description Measurements of one subject; all lists are as long as `at`. */
        BacktestSeries: {
            /** @description When, milliseconds since 1970; 2,000 points at most: of more than that the most conspicuous. */
            at: number[];
            /** @description What was usual; null entries while it learned, null for rules with a threshold. */
            expected: (number | null)[] | null;
            /** @description In breach below this; null where the rule does not look downwards. */
            lower: (number | null)[] | null;
            /**
             * Format: int64
             * @description Whose.
             */
            server_id: number;
            /** @description Mount ...; empty for the server itself. */
            subject: string;
            /**
             * Format: double
             * @description The fixed limit; null for rules on baselines.
             */
            threshold: number | null;
            /** @description In breach above this; null where the rule does not look upwards. */
            upper: (number | null)[] | null;
            /** @description What was measured; of counters under a rule on a baseline, steps a second. */
            value: number[];
        };
        /** @description A server by id and name. */
        BacktestServer: {
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description Name. */
            name: string;
        };
        /**
         * @description What the replay read.
         * @enum {string}
         */
        BacktestSource: "series" | "log";
        /** @description The runs of one day, in the zone of the installation. */
        BackupDay: {
            /**
             * Format: date
             * @description Which day.
             */
            date: string;
            /**
             * Format: int64
             * @description How many runs ended.
             */
            runs: number;
            status: components["schemas"]["BackupStatus"] | null;
        };
        /** @description One job of a server. */
        BackupJob: {
            /** @description The tool's name of the job. */
            job: string;
            /**
             * Format: date-time
             * @description When its newest run ended.
             */
            last_finished_at: string;
            /**
             * Format: date-time
             * @description When its newest good run ended.
             */
            last_good_at: string | null;
            /**
             * Format: int64
             * @description Size of its newest good run, bytes.
             */
            last_good_bytes: number | null;
            /** @description How its newest run ended. */
            last_status: components["schemas"]["BackupStatus"];
            /** @description `jetbackup` ... */
            tool: string;
        };
        /** @description A backup that ran. */
        BackupMark: {
            /**
             * Format: date-time
             * @description When it ended.
             */
            finished_at: string;
            /** @description Of which job; may be empty. */
            job: string;
            /**
             * Format: date-time
             * @description When it began; null where the tool does not say.
             */
            started_at: string | null;
            /** @description `success`, `partial` or `failed`. */
            status: string;
            /** @description With what. */
            tool: string;
        };
        /** @description One run. */
        BackupRun: {
            /**
             * Format: int64
             * @description Accounts it did not back up.
             */
            accounts_failed: number | null;
            /**
             * Format: int64
             * @description Accounts it is there for.
             */
            accounts_total: number | null;
            /**
             * Format: int64
             * @description What was written, bytes.
             */
            bytes: number | null;
            /**
             * Format: int64
             * @description How long it took, seconds.
             */
            duration_s: number | null;
            /**
             * Format: date-time
             * @description When it ended.
             */
            finished_at: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description The tool's name of the job. */
            job: string;
            /** @description The tool's own words, and why a success counts as partial. */
            message: string | null;
            /**
             * Format: date-time
             * @description When it began.
             */
            started_at: string | null;
            /** @description How it ended. */
            status: components["schemas"]["BackupStatus"];
            /** @description `jetbackup` ... */
            tool: string;
        };
        /**
         * @description How a server stands with its backups.
         * @enum {string}
         */
        BackupState: "ok" | "stale" | "never_good" | "not_configured";
        /**
         * @description How a run ended, as we count it: a success with nothing written or with accounts missing is partial.
         * @enum {string}
         */
        BackupStatus: "success" | "partial" | "failed";
        /**
         * @description Whether a server turns an address away.
         * @enum {string}
         */
        BlockState: "blocked" | "unblocked" | "seen" | "unknown";
        /** @description A link that a calendar program reads a schedule by, without its token: that is shown once, when it is made. */
        CalendarToken: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: date-time
             * @description When a calendar last asked for it.
             */
            last_used_at: string | null;
            /** @description Only one's own shifts. */
            only_mine: boolean;
        };
        /** @description Where a provider tells what became of messages. */
        ChannelCallback: {
            /** @description Whether an address was made. */
            is_set: boolean;
            /**
             * Format: date-time
             * @description When the provider last called there; null: never, so nobody waits for what it would tell.
             */
            last_receipt_at: string | null;
            /** @description The address to enter at the provider. A secret: only for whoever may configure channels. */
            url: string | null;
            /** @description To enter where the provider asks for a verify token. */
            verify_token: string | null;
        };
        /** @description What came of the message of a day, to all of a channel's own recipients. */
        ChannelCheck: {
            /**
             * Format: int64
             * @description Of those, its provider took.
             */
            accepted: number;
            /**
             * Format: date-time
             * @description When it was queued.
             */
            at: string;
            /**
             * Format: int64
             * @description Messages, one to each recipient.
             */
            messages: number;
            /** @description What the provider calls it. */
            provider_id: string | null;
            /** @description Why the worst one did not arrive. */
            reason: string | null;
            /** @description How the worst of its messages stands. */
            status: components["schemas"]["DeliveryStatus"];
        };
        /** @description One field of a channel's form. */
        ChannelField: {
            /** @description What unset means, as text. */
            default: string | null;
            /** @description One line of help. */
            help: string | null;
            /** @description What it holds. */
            kind: components["schemas"]["FieldKind"];
            /** @description Label. */
            label: string;
            /** @description Name in `settings`. */
            name: string;
            /** @description For a select: what there is. */
            options: string[];
            /** @description Whether it must be filled in. */
            required: boolean;
            /** @description Written, never read back: `<name>_set` in the settings tells whether there is one. */
            secret: boolean;
            shown_if: components["schemas"]["FieldCondition"] | null;
        };
        /** @description The signature that the connection shows. */
        ChannelGrant: {
            /** @description `<key>:<HMAC-SHA256>`. */
            auth: string;
            /** @description Signed along; names the session, so that the subscription ends with it. */
            channel_data: string;
        };
        /** @description Whether and where one channel reaches its person. */
        ChannelPreference: {
            /** @description A verified address, as it is shown; null: none was chosen. */
            address: string | null;
            /** @description False: never there. */
            enabled: boolean;
        };
        /** @description A choice for one channel. */
        ChannelPreferenceInput: {
            /**
             * @description One of one's verified addresses; null with `email`: the account's own.
             * @default null
             */
            address?: string | null;
            /**
             * @description Whether it is used.
             * @default false
             */
            enabled?: boolean;
        };
        /** @description What each channel does. */
        ChannelPreferences: {
            /** @description Discord. */
            discord: components["schemas"]["ChannelPreference"];
            /** @description E-mail; the account's own address unless another was chosen. */
            email: components["schemas"]["ChannelPreference"];
            /** @description Telegram. */
            telegram: components["schemas"]["ChannelPreference"];
            /** @description WhatsApp. */
            whatsapp: components["schemas"]["ChannelPreference"];
        };
        /** @description Choices; a channel that is left out is off. */
        ChannelPreferencesInput: {
            /**
             * @description Discord.
             * @default {
             *       "address": null,
             *       "enabled": false
             *     }
             */
            discord?: components["schemas"]["ChannelPreferenceInput"];
            /**
             * @description E-mail.
             * @default {
             *       "address": null,
             *       "enabled": false
             *     }
             */
            email?: components["schemas"]["ChannelPreferenceInput"];
            /**
             * @description Telegram.
             * @default {
             *       "address": null,
             *       "enabled": false
             *     }
             */
            telegram?: components["schemas"]["ChannelPreferenceInput"];
            /**
             * @description WhatsApp.
             * @default {
             *       "address": null,
             *       "enabled": false
             *     }
             */
            whatsapp?: components["schemas"]["ChannelPreferenceInput"];
        };
        /** @description A sample message as one channel would send it. */
        ChannelPreview: {
            /** @description Key. */
            channel: string;
            /** @description The HTML part of an e-mail; null elsewhere. To be shown where no script runs. */
            html: string | null;
            /** @description Whether something is cut to fit. */
            is_cut: boolean;
            /** @description Shown name. */
            label: string;
            /** @description What the provider limits. */
            measures: components["schemas"]["MessageMeasure"][];
            /** @description Its subject or headline. */
            subject: string;
            /** @description What would leave, mark-up included. */
            text: string;
        };
        /** @description A connection wants a channel. As a form or as JSON. */
        ChannelRequest: {
            /** @description `private-fleet`, `private-incidents` or `private-server.{id}`. */
            channel_name: string;
            /** @description The connection, as `pusher:connection_established` named it. */
            socket_id: string;
        };
        /** @description Settings of a channel, all of them; a secret that is absent or null stays, unless the host it belongs to changes. */
        ChannelSettings: {
            /** @description Whether a message a day to its own recipients shows that it works; as it was when absent. */
            canary?: boolean | null;
            /** @description Whether it is used. */
            enabled: boolean;
            /** @description By the names of `fields`. */
            settings: Record<string, unknown>;
        };
        /** @description Whom to send a test. */
        ChannelTest: {
            /**
             * @description An address of the channel's kind; its own recipients when absent.
             * @default null
             */
            recipient?: string | null;
        };
        /** @description What came of a test. */
        ChannelTestResult: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description Whether the provider took it. */
            ok: boolean;
            /** @description What the provider calls the message. */
            provider_id: string | null;
            /** @description What it said, or why it could not be reached. */
            result: string;
        };
        /**
         * @description A side of a limit.
         * @enum {string}
         */
        ChartSide: "below" | "above";
        /**
         * @description How a metric compares with a threshold while in breach.
         * @enum {string}
         */
        Comparator: ">" | ">=" | "<" | "<=";
        /** @description An address at which one is told personally. */
        Contact: {
            /** @description As it is shown; of a webhook only its id, because who has its address can post there. */
            address: string;
            /** @description Key of the channel. */
            channel: string;
            code: components["schemas"]["ContactCode"] | null;
            /**
             * Format: date-time
             * @description When it was added.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            test: components["schemas"]["ContactTest"] | null;
            /** @description Whether its code was entered. Nothing but codes is sent to one that is not verified. */
            verified: boolean;
            /**
             * Format: date-time
             * @description When.
             */
            verified_at: string | null;
        };
        /** @description The last code that was asked for. */
        ContactCode: {
            /**
             * Format: date-time
             * @description From when on another one may be asked for.
             */
            again_at: string;
            /**
             * Format: date-time
             * @description When.
             */
            asked_at: string;
            /**
             * Format: date-time
             * @description Until when it counts; null until it has left.
             */
            expires_at: string | null;
            /** @description Why it has not arrived, where that is known. */
            reason: string | null;
            /** @description How its message stands. */
            status: components["schemas"]["DeliveryStatus"];
            /**
             * Format: int32
             * @description How often it may still be entered.
             */
            tries_left: number;
        };
        /** @description A test that was asked for. */
        ContactTest: {
            /**
             * Format: date-time
             * @description From when on another one may be asked for.
             */
            again_at: string;
            /**
             * Format: date-time
             * @description When.
             */
            asked_at: string;
            /** @description What the provider calls it. */
            provider_id: string | null;
            /** @description Why it has not arrived, where that is known. */
            reason: string | null;
            /** @description How its message stands. */
            status: components["schemas"]["DeliveryStatus"];
        };
        /** @description One thing counted. */
        CountedName: {
            /** @description What. */
            name: string;
            /**
             * Format: int64
             * @description How many recipients.
             */
            recipients: number;
        };
        /** @description An account just made. */
        CreatedUser: components["schemas"]["User"] & {
            /** @description The password made up for them; shown this once, must be changed at the first log-in. */
            initial_password: string | null;
        };
        /** @description One cron job as last reported. */
        CronJob: {
            /** @description What is run; secrets are taken out on the host. */
            command: string;
            /**
             * Format: date-time
             * @description When it should have begun, or is to begin, after its last run; by its schedule in the host's zone.
             */
            expected_at: string | null;
            /** @description Whether it did not begin when it should have; null where nobody can tell. */
            is_overdue: boolean | null;
            /**
             * Format: int64
             * @description How it last ended.
             */
            last_exit: number | null;
            /**
             * Format: date-time
             * @description When it last began; null where there is no evidence.
             */
            last_run_at: string | null;
            /**
             * Format: int64
             * @description For how long it is overdue, seconds.
             */
            overdue_s: number | null;
            /** @description Five fields or a word such as `@daily`, as written. */
            schedule: string;
            /** @description How it stands with its schedule. */
            state: components["schemas"]["CronState"];
            /** @description Whom it runs as; masked for those who may not see customers' log-ins. */
            user: string;
        };
        /**
         * @description How a job stands with its schedule.
         * @enum {string}
         */
        CronState: "on_time" | "overdue" | "at_boot" | "unknown";
        /** @description One message a day. */
        DailyDigest: {
            /** @description `HH:MM`, in the zone of the quiet hours. */
            at: string;
            /** @description Takes the place of e-mail about each event that is not critical. */
            enabled: boolean;
        };
        /** @description What a detector decided about one subject, and why. */
        Decision: {
            /**
             * Format: date-time
             * @description When the report came that led to it.
             */
            at: string;
            /** @description Key of the detector. */
            detector: string;
            /** @description Its name, for people. */
            detector_name: string;
            /** @description What would be fine. */
            expected: string | null;
            /** @description The same in words. */
            explanation: string;
            /** @description Whether it opened, changed or ended an incident. */
            moved: boolean;
            /** @description What was seen, or why nothing can be said. */
            observed: string | null;
            /**
             * @description What came of it: `opened`, `reopened`, `rose`, `cleared`, or why nothing did: `learning`, `unknown`,
             *     `held_by_server_down`, `quiet_after_manual_resolve`, `held_open_flapping` ...
             */
            reason: string;
            /**
             * Format: int64
             * @description The user's rule that judged.
             */
            rule_id: number | null;
            /**
             * Format: int64
             * @description Its version then.
             */
            rule_version: number | null;
            /**
             * Format: int32
             * @description Samples the judgement rests on.
             */
            samples: number | null;
            severity: components["schemas"]["Severity"] | null;
            /** @description Mount, service, mailbox ...; empty where it is about the server itself. */
            subject: string;
            /**
             * Format: double
             * @description The limit that applied, in the metric's unit.
             */
            threshold: number | null;
            /** @description What the detector said: `breach`, `clear`, `learning`, `unknown`. */
            verdict: string;
        };
        /** @description A message to one recipient over one channel; the body of `delivery.updated`. */
        Delivery: {
            /**
             * Format: int32
             * @description How often it was tried.
             */
            attempts: number;
            /** @description Channel. */
            channel: string;
            /**
             * Format: date-time
             * @description When it was queued.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: int64
             * @description Incident it is about.
             */
            incident_id: number | null;
            /** @description `problem`, `recovery`, `reminder`, `digest`, `test` ... */
            kind: string;
            /**
             * Format: date-time
             * @description When it is tried again.
             */
            next_retry_at: string | null;
            /** @description What the provider calls it. */
            provider_id: string | null;
            /** @description Why it was not sent, or what the provider said. */
            reason: string | null;
            /** @description Address, as shown. */
            recipient: string;
            /**
             * Format: date-time
             * @description When the provider took it.
             */
            sent_at: string | null;
            /** @description How it stands. */
            status: components["schemas"]["DeliveryStatus"];
            /**
             * Format: int64
             * @description Account it was meant for.
             */
            user_id: number | null;
        };
        /** @description One step on a delivery's way: a try to send it, or what was told or done about it afterwards. */
        DeliveryAttempt: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description The provider's words, or what was done. */
            detail: string;
            /**
             * Format: int64
             * @description How long the provider took to answer; 0 for what is no try.
             */
            duration_ms: number;
            /**
             * @description Of a try: `sent`, `retry`, `permanent`. Told by the provider: `delivered`, `read`, `failed`. Done because it was not
             *     taken: `failed_over` (it also went elsewhere), `instead` (it stands for another one).
             */
            outcome: string;
        };
        /**
         * @description How a delivery stands.
         * @enum {string}
         */
        DeliveryStatus: "queued" | "sending" | "sent" | "delivered" | "retrying" | "failed" | "suppressed" | "cancelled" | "expired";
        /** @description A built-in detector. */
        Detector: {
            /** @description What it looks for, one or two sentences. */
            about: string;
            /** @description A page about it, Markdown: what it looks for, why, how it decides, how to tune. */
            docs: string;
            /** @description Key, as it stands in incidents and rules. */
            key: string;
            /** @description Name, for people. */
            name: string;
            /** @description Its numbers that a rule of type `detector` may set. */
            numbers: components["schemas"]["DetectorNumber"][];
            /** @description Severities it may give, mildest first. */
            severities: components["schemas"]["Severity"][];
        };
        /** @description What rules can be made of. */
        DetectorCatalogue: {
            /** @description Built-in detectors. */
            detectors: components["schemas"]["Detector"][];
            /** @description Metrics for threshold and baseline rules. */
            metrics: components["schemas"]["Metric"][];
        };
        /** @description A number of a detector. */
        DetectorNumber: {
            /** @description What it does, in one line. */
            about: string;
            /**
             * Format: double
             * @description Where no rule sets it.
             */
            default: number;
            /** @description Its name in `condition.numbers`. */
            key: string;
            /**
             * Format: double
             * @description The largest that is taken.
             */
            max: number;
            /**
             * Format: double
             * @description The smallest that is taken.
             */
            min: number;
            /** @description As units of metrics. */
            unit: string;
        };
        /** @description How two rules differ. Incidents of the same subject that overlap are the same. */
        Difference: {
            /**
             * Format: int64
             * @description Both.
             */
            both: number;
            /**
             * Format: int64
             * @description Only the rule that is tried.
             */
            only_new: number;
            /**
             * Format: int64
             * @description Only the rule in force.
             */
            only_old: number;
        };
        /**
         * @description On which side of its baseline a metric is in breach.
         * @enum {string}
         */
        Direction: "above" | "below" | "both";
        /** @description How long monitoring stays off. */
        DisableAgent: {
            /**
             * Format: date-time
             * @description Then it is switched on again by itself, within a minute; a year ahead at most. Absent: until a person does it.
             */
            until?: string | null;
        };
        /** @description One file system. */
        DiskPartition: {
            /**
             * Format: int64
             * @description Size, bytes.
             */
            bytes_total: number | null;
            /**
             * Format: int64
             * @description In use, bytes.
             */
            bytes_used: number | null;
            /** @description What is mounted. */
            device: string;
            /** @description `ext4`, `xfs` ... */
            fstype: string;
            /**
             * Format: int64
             * @description Inodes there are; null where the file system has none.
             */
            inodes_total: number | null;
            /**
             * Format: int64
             * @description Inodes in use.
             */
            inodes_used: number | null;
            /**
             * Format: double
             * @description Inodes in use, percent.
             */
            inodes_used_pct: number | null;
            /** @description Where it is mounted. */
            mount: string;
            /**
             * Format: double
             * @description In use, percent.
             */
            used_pct: number | null;
        };
        /** @description One file system, and where it is going. */
        DiskTrend: components["schemas"]["DiskPartition"] & {
            /**
             * Format: double
             * @description By how many bytes it grows in an hour, by the trend of the last six hours; negative while it is emptied, null before there is a trend.
             */
            bytes_per_h: number | null;
            /**
             * Format: double
             * @description Hours until it is full at that pace, by bytes or by inodes, whichever comes first; null while it does not fill.
             */
            hours_to_full: number | null;
        };
        /** @description What was entered. */
        EnteredCode: {
            /** @description Six digits; blanks between them do not matter. */
            code: string;
        };
        /** @description The body of every answer that is not a success. */
        Error: {
            /** @description Stable code in `snake_case`, for programs. */
            error: string;
            /** @description What is wrong with which field; only where fields are to blame. */
            errors?: {
                [key: string]: string[];
            } | null;
            /** @description One sentence, for people. */
            message: string;
        };
        /** @description Fire the next step now. */
        Escalate: {
            /**
             * Format: date-time
             * @description When the caller saw the incident: refused where a step fired since.
             */
            as_of: string;
        };
        /** @description Whom to tell, in which order, until somebody acknowledges. */
        EscalationPolicy: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description The policy of the default rule on a fresh install. */
            is_default: boolean;
            /** @description Unique name. */
            name: string;
            /**
             * Format: int32
             * @description How many further passes follow the first.
             */
            repeat: number;
            /**
             * Format: int32
             * @description Seconds between the last step and the next pass.
             */
            repeat_delay_seconds: number;
            /** @description Its steps in order. */
            steps: components["schemas"]["EscalationStep"][];
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updated_at: string;
            /**
             * Format: int64
             * @description Rules that use it; a policy in use cannot be deleted.
             */
            used_by_rules: number;
        };
        /** @description Changes of a policy; what is absent stays. `steps` replaces all of them. Incidents under way keep what they began with. */
        EscalationPolicyPatch: {
            /**
             * @description Unique, 1 to 120 characters.
             * @default null
             */
            name?: string | null;
            /**
             * Format: int32
             * @description Further passes after the first, 0 to 100.
             * @default null
             */
            repeat?: number | null;
            /**
             * Format: int32
             * @description Seconds between the last step and the next pass, 60 to 604800.
             * @default null
             */
            repeat_delay_seconds?: number | null;
            /**
             * @description 1 to 20 steps.
             * @default null
             */
            steps?: components["schemas"]["NewEscalationStep"][] | null;
        };
        /**
         * @description Whether the policy of an incident goes on.
         * @enum {string}
         */
        EscalationState: "armed" | "paused";
        /** @description A step, as read. */
        EscalationStep: {
            /**
             * Format: int64
             * @description Seconds after the incident's first message: the sum of the delays so far.
             */
            at_seconds: number;
            /** @description Channels it uses; none means every channel that is switched on. */
            channels: string[];
            /**
             * Format: int32
             * @description Seconds after the previous step fired.
             */
            delay_seconds: number;
            /** @description False: fires even when somebody has acknowledged. */
            only_if_unacknowledged: boolean;
            /** @description Whom it tells. Without any target, the channels' own recipients. */
            targets: components["schemas"]["Targets"];
        };
        /** @description What another field has to say. */
        FieldCondition: {
            /** @description The other field, a select; its default counts where it is unset. */
            field: string;
            /** @description One of these. */
            values: string[];
        };
        /**
         * @description What a field of a channel holds.
         * @enum {string}
         */
        FieldKind: "text" | "number" | "bool" | "multiline" | "password" | "select" | "list";
        /** @description One line of a firewall's log. */
        FirewallEvent: {
            /** @description `block`, `temp_block`, `unblock`, `brute_force`, `scanner`, `port_scan`, `mod_security`, `login_failure`. */
            action: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description Two letters; null where nobody knows. */
            country: string | null;
            /** @description The address it is about. */
            ip: string;
            /** @description Ports, as the log writes them. */
            ports: string | null;
            /** @description The log's words. */
            reason: string;
            /**
             * Format: int64
             * @description Whose firewall.
             */
            server_id: number;
            /** @description Its server's name; null of a server that is gone. */
            server_name: string | null;
            /** @description `lfd`, `csf`, `modsecurity`, `fail2ban`. */
            source: string;
            /** @description Account or login it is about. */
            user: string | null;
        };
        /** @description Whether an agent may read what a kind of report is made from. */
        Grant: {
            /** @description What would help, in the agent's words. */
            hint: string | null;
            /** @description Kind of report. */
            kind: string;
            /**
             * Format: date-time
             * @description When it was measured.
             */
            observed_at: string | null;
            /** @description Where its newest report stands; `no_data`: the agent never sent one. */
            state: components["schemas"]["ProbeState"];
        };
        /** @description An incident of a group. */
        GroupMember: {
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description Name of the server when it opened. */
            server_name: string;
            /** @description How bad. */
            severity: components["schemas"]["Severity"];
            /** @description How it stands. */
            status: components["schemas"]["IncidentStatus"];
            /** @description One line. */
            title: string;
        };
        /**
         * @description The day on which a weekly rotation hands over.
         * @enum {string}
         */
        HandoffWeekday: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";
        /**
         * @description Whether there is a cache hit ratio.
         * @enum {string}
         */
        HitRatioState: "measured" | "no_requests" | "unknown";
        /** @description A row of the fleet's backups. */
        HostBackups: {
            /** @description The last seven days, oldest first. */
            days: components["schemas"]["BackupDay"][];
            /** @description What would help, in the agent's words, where its backup tool cannot be watched. */
            hint: string | null;
            /**
             * Format: int64
             * @description How many jobs ever ran.
             */
            jobs: number;
            /**
             * Format: int64
             * @description Of those, how many have no good run within 30 h: one good job does not make up for another.
             */
            jobs_behind: number;
            /**
             * Format: int64
             * @description How long ago that is, seconds.
             */
            last_good_age_s: number | null;
            /**
             * Format: date-time
             * @description When the newest good run ended.
             */
            last_good_at: string | null;
            /**
             * Format: date-time
             * @description When the newest run ended, whatever came of it.
             */
            last_run_at: string | null;
            /** @description Whose. */
            server: components["schemas"]["ServerRef"];
            /** @description How it stands. */
            state: components["schemas"]["BackupState"];
        };
        /** @description A row of the fleet's cPanel hosts. */
        HostCpanel: components["schemas"]["ServerCpanel"] & {
            /** @description Whose. */
            server: components["schemas"]["ServerRef"];
        };
        /** @description A row of the fleet's cron jobs. */
        HostCron: components["schemas"]["CronJob"] & {
            /**
             * Format: int64
             * @description Id of the job.
             */
            id: number;
            /** @description Whose. */
            server: components["schemas"]["ServerRef"];
            /** @description The zone that its schedule is in. */
            timezone: string | null;
        };
        /** @description A row of the fleet's disks. */
        HostDisks: {
            /**
             * Format: double
             * @description Hours until its first file system is full; null while none fills.
             */
            hours_to_full: number | null;
            /** @description Its file systems, fullest first. */
            partitions: components["schemas"]["DiskTrend"][];
            /** @description Where the report stands. */
            probe: components["schemas"]["Probe"];
            /** @description Whose. */
            server: components["schemas"]["ServerRef"];
            /**
             * Format: double
             * @description Share in use of its fullest file system, by bytes or by inodes, percent.
             */
            worst_pct: number | null;
        };
        /** @description A row of the fleet's LiteSpeed servers. */
        HostLitespeed: components["schemas"]["ServerLitespeed"] & {
            /** @description Whose. */
            server: components["schemas"]["ServerRef"];
        };
        /** @description A row of the fleet's mail queues. */
        HostMailQueue: components["schemas"]["ServerMailQueue"] & {
            /** @description Whose. */
            server: components["schemas"]["ServerRef"];
        };
        /** @description The host itself as last reported. */
        HostMetrics: {
            /**
             * Format: int64
             * @description Logical cores.
             */
            cores: number | null;
            /**
             * Format: double
             * @description Busy share of all cores since the last report, percent.
             */
            cpu_pct: number | null;
            /**
             * Format: double
             * @description Read from disks, bytes per second.
             */
            disk_read_bytes_per_s: number | null;
            /**
             * Format: double
             * @description Written to disks, bytes per second.
             */
            disk_write_bytes_per_s: number | null;
            /**
             * Format: double
             * @description Share of time waiting for disks, percent.
             */
            iowait_pct: number | null;
            /**
             * Format: double
             * @description Load, mean of 1 min.
             */
            load1: number | null;
            /**
             * Format: double
             * @description Load, mean of 15 min.
             */
            load15: number | null;
            /**
             * Format: double
             * @description Load, mean of 5 min.
             */
            load5: number | null;
            /**
             * Format: double
             * @description Received, bytes per second.
             */
            net_rx_bytes_per_s: number | null;
            /**
             * Format: double
             * @description Sent, bytes per second.
             */
            net_tx_bytes_per_s: number | null;
            /**
             * Format: int64
             * @description Processes there are.
             */
            processes: number | null;
            /**
             * Format: int64
             * @description Memory there is, bytes.
             */
            ram_total_bytes: number | null;
            /**
             * Format: int64
             * @description Memory not available for new programs, bytes.
             */
            ram_used_bytes: number | null;
            /**
             * Format: double
             * @description Share of time the hypervisor gave to others, percent.
             */
            steal_pct: number | null;
            /**
             * Format: int64
             * @description Swap there is, bytes.
             */
            swap_total_bytes: number | null;
            /**
             * Format: int64
             * @description Swap in use, bytes.
             */
            swap_used_bytes: number | null;
            /**
             * Format: int64
             * @description Established TCP connections.
             */
            tcp_established: number | null;
            /**
             * Format: int64
             * @description Seconds since boot.
             */
            uptime_s: number | null;
        };
        /** @description A row of the fleet's database servers. */
        HostMysql: components["schemas"]["ServerMysql"] & {
            /** @description Whose. */
            server: components["schemas"]["ServerRef"];
        };
        /** @description The incident that is imagined: it opens, nobody acknowledges it, and it lasts. */
        ImaginedIncident: {
            /**
             * Format: date-time
             * @description When it opens; now when absent. Within a year.
             */
            at?: string | null;
            /** @description Key of the detector that finds it; null: one that no maintenance window names. */
            detector?: string | null;
            /**
             * Format: int64
             * @description On which server; null: the fleet's. Maintenance windows ask for it.
             */
            server_id?: number | null;
            /** @description How bad it is. */
            severity: components["schemas"]["Severity"];
        };
        /** @description The rule in force. */
        InForce: {
            /** @description What it opened, by time, the first 1,000. */
            incidents: components["schemas"]["BacktestIncident"][];
            /**
             * Format: int64
             * @description How many there are.
             */
            incidents_total: number;
            /**
             * Format: int64
             * @description Which.
             */
            rule_id: number;
            /**
             * Format: int64
             * @description As it is now.
             */
            version: number;
        };
        /** @description An incident, as a list shows it. */
        Incident: {
            /**
             * Format: date-time
             * @description When somebody took it.
             */
            acknowledged_at: string | null;
            acknowledged_by: components["schemas"]["Person"] | null;
            /**
             * Format: date-time
             * @description When who took it was asked whether they are still on it, and has not answered; after 15 min it is open again.
             */
            asked_at: string | null;
            /** @description What a person may paste on the host; the platform never runs it. */
            command: string | null;
            /** @description Key of the detector that opened it. */
            detector: string;
            escalation: components["schemas"]["NextStep"] | null;
            /** @description What would be right. */
            expected: string | null;
            /**
             * Format: int64
             * @description How many incidents its group has, itself and those that are over included; 1 where it stands alone.
             */
            group_size: number;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: date-time
             * @description Last time it was seen to hold.
             */
            last_seen_at: string;
            /** @description What was seen. */
            observed: string | null;
            /**
             * Format: int32
             * @description How often it was seen.
             */
            occurrences: number;
            /**
             * Format: date-time
             * @description Since when.
             */
            opened_at: string;
            /**
             * Format: date-time
             * @description When it was over.
             */
            resolved_at: string | null;
            resolved_by: components["schemas"]["Person"] | null;
            /**
             * Format: int64
             * @description Rule that opened it, if one did.
             */
            rule_id: number | null;
            /**
             * Format: int64
             * @description Server it is about; null when it is about the fleet, or the server was deleted.
             */
            server_id: number | null;
            /** @description Name of the server when it opened. */
            server_name: string;
            /** @description How bad. */
            severity: components["schemas"]["Severity"];
            /**
             * Format: date-time
             * @description Nobody is told of it until then, unless it gets worse; null when it is not snoozed.
             */
            snoozed_until: string | null;
            /** @description How it stands. */
            status: components["schemas"]["IncidentStatus"];
            /** @description Mount, service ...; empty when the server itself. */
            subject: string;
            /** @description One line. */
            title: string;
            /** @description How much of what was told of it arrived. */
            told: components["schemas"]["Told"];
        };
        /** @description The series that an incident's detector judged. */
        IncidentChart: {
            fine: components["schemas"]["ChartSide"] | null;
            /** @description Metrics `<kind>.<field>` of one kind and unit, as `GET /api/servers/{id}/metrics` takes them. */
            metrics: string[];
            /** @description Subjects of its columns that the incident is about; null: the host itself. */
            subjects: string[] | null;
        };
        /** @description An incident with its story: the body of `incident.opened` and `incident.updated`. */
        IncidentDetail: components["schemas"]["Incident"] & {
            chart: components["schemas"]["IncidentChart"] | null;
            /** @description Who was told what, newest first. */
            deliveries: components["schemas"]["Delivery"][];
            group: components["schemas"]["IncidentGroup"] | null;
            /** @description What to read when it happens, from the rule. */
            runbook_url: string | null;
            /** @description What happened, oldest first. */
            timeline: components["schemas"]["TimelineEntry"][];
        };
        /** @description Incidents that are one trouble: of one server, or found by one detector on several servers of a place. */
        IncidentGroup: {
            /**
             * Format: int64
             * @description Of those, somebody is on.
             */
            acknowledged: number;
            covered_by: components["schemas"]["Person"] | null;
            /**
             * Format: date-time
             * @description Until when who joins is acknowledged as well; it may lie in the past. Null: nobody has taken the whole of it on.
             */
            covered_until: string | null;
            /** @description The detector of all of them; null: any of one server. */
            detector: string | null;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description What makes an incident one of it, such as `server:12` or `service_down@rack:r1`. */
            key: string;
            /** @description `server`, `hypervisor`, `rack`, `dc` or `fleet`. */
            kind: string;
            /** @description The server's name, the tag, or `fleet`. */
            label: string;
            /** @description The most urgent of them, 50 at most, this incident among them. */
            members: components["schemas"]["GroupMember"][];
            /**
             * Format: int64
             * @description Of those, nobody has taken on.
             */
            open: number;
            /**
             * Format: int64
             * @description Members, those that are over included.
             */
            size: number;
        };
        /** @description An incident that was open. */
        IncidentMark: {
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: date-time
             * @description Since when.
             */
            opened_at: string;
            /**
             * Format: date-time
             * @description Until when; null while it is not over.
             */
            resolved_at: string | null;
            /** @description How bad. */
            severity: components["schemas"]["Severity"];
            /** @description One line. */
            title: string;
        };
        /**
         * @description How an incident stands.
         * @enum {string}
         */
        IncidentStatus: "open" | "acknowledged" | "resolved";
        /**
         * @description Where an expectation comes from.
         * @enum {string}
         */
        LearnedFrom: "hour_of_day" | "subject" | "pattern" | "fleet" | "nothing";
        /** @description What a list answers. */
        List_AlertRule: {
            /** @description The rows of this page. */
            data: components["schemas"]["AlertRule"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_BackupRun: {
            /** @description The rows of this page. */
            data: components["schemas"]["BackupRun"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_CalendarToken: {
            /** @description The rows of this page. */
            data: components["schemas"]["CalendarToken"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_Contact: {
            /** @description The rows of this page. */
            data: components["schemas"]["Contact"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_Decision: {
            /** @description The rows of this page. */
            data: components["schemas"]["Decision"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_Delivery: {
            /** @description The rows of this page. */
            data: components["schemas"]["Delivery"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_DeliveryAttempt: {
            /** @description The rows of this page. */
            data: components["schemas"]["DeliveryAttempt"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_EscalationPolicy: {
            /** @description The rows of this page. */
            data: components["schemas"]["EscalationPolicy"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_FirewallEvent: {
            /** @description The rows of this page. */
            data: components["schemas"]["FirewallEvent"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_HostBackups: {
            /** @description The rows of this page. */
            data: components["schemas"]["HostBackups"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_HostCpanel: {
            /** @description The rows of this page. */
            data: components["schemas"]["HostCpanel"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_HostDisks: {
            /** @description The rows of this page. */
            data: components["schemas"]["HostDisks"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_HostLitespeed: {
            /** @description The rows of this page. */
            data: components["schemas"]["HostLitespeed"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_HostMailQueue: {
            /** @description The rows of this page. */
            data: components["schemas"]["HostMailQueue"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_HostMysql: {
            /** @description The rows of this page. */
            data: components["schemas"]["HostMysql"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_Incident: {
            /** @description The rows of this page. */
            data: components["schemas"]["Incident"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_MailAllowance: {
            /** @description The rows of this page. */
            data: components["schemas"]["MailAllowance"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_MaintenanceWindow: {
            /** @description The rows of this page. */
            data: components["schemas"]["MaintenanceWindow"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_MessageKind: {
            /** @description The rows of this page. */
            data: components["schemas"]["MessageKind"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_NotificationChannel: {
            /** @description The rows of this page. */
            data: components["schemas"]["NotificationChannel"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_OnCallNow: {
            /** @description The rows of this page. */
            data: components["schemas"]["OnCallNow"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_OnCallSchedule: {
            /** @description The rows of this page. */
            data: components["schemas"]["OnCallSchedule"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_OnCallShift: {
            /** @description The rows of this page. */
            data: components["schemas"]["OnCallShift"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_PersonalChannel: {
            /** @description The rows of this page. */
            data: components["schemas"]["PersonalChannel"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_RegistrationToken: {
            /** @description The rows of this page. */
            data: components["schemas"]["RegistrationToken"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_Server: {
            /** @description The rows of this page. */
            data: components["schemas"]["Server"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_Session: {
            /** @description The rows of this page. */
            data: components["schemas"]["Session"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_User: {
            /** @description The rows of this page. */
            data: components["schemas"]["User"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a list answers. */
        List_WallToken: {
            /** @description The rows of this page. */
            data: components["schemas"]["WallToken"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
        };
        /** @description Who wants in. */
        LoginRequest: {
            /** @description Log-in name. */
            email: string;
            /** @description Password. */
            password: string;
        };
        /** @description Who came in. */
        LoginResponse: {
            /** @description The account. */
            user: components["schemas"]["Me"];
        };
        /**
         * @description A case of mail abuse: a sender that mailed far more than it does. Logins are masked for those who may not see
         *     customers' addresses, in notes, scripts and signs as well.
         */
        MailAbuseCase: {
            /** @description The hosting account, where it is known. */
            account: string | null;
            /**
             * Format: int64
             * @description How many addresses there were.
             */
            address_count: number | null;
            /** @description Addresses it came from, as far as they are named. */
            addresses: string[];
            /**
             * Format: date-time
             * @description Last change.
             */
            changed_at: string;
            /** @description Countries it came from, two letters each. */
            countries: string[];
            /**
             * Format: date-time
             * @description When it was detected.
             */
            detected_at: string;
            /** @description Sender domains it used. */
            domains: components["schemas"]["CountedName"][];
            /**
             * Format: double
             * @description Recipients expected in such an hour.
             */
            expected: number;
            /**
             * Format: int64
             * @description Recipients that failed or were deferred.
             */
            failures: number | null;
            /** @description All decisions, oldest first. */
            history: components["schemas"]["AbuseTransition"][];
            /**
             * Format: date-time
             * @description The worst hour so far, its start.
             */
            hour: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: int64
             * @description Its incident.
             */
            incident_id: number;
            /** @description Where that comes from. */
            learned_from: components["schemas"]["LearnedFrom"];
            /** @description Logins that sent for it. */
            logins: components["schemas"]["CountedName"][];
            /** @description What it may become. */
            may_become: components["schemas"]["AbuseStatus"][];
            /**
             * Format: int64
             * @description Messages those were in.
             */
            messages: number | null;
            /** @description The login, path or domain. */
            name: string;
            /**
             * Format: int64
             * @description Recipients mailed in it.
             */
            recipients: number;
            /**
             * Format: date-time
             * @description When a person decided last.
             */
            reviewed_at: string | null;
            reviewed_by: components["schemas"]["Person"] | null;
            /**
             * Format: int32
             * @description Samples it rests on.
             */
            samples: number;
            /** @description Scripts that sent for it. */
            scripts: components["schemas"]["CountedName"][];
            /** @description What sends. */
            sender: components["schemas"]["AbuseSender"];
            /** @description On which server. */
            server: components["schemas"]["ServerRef"];
            /** @description How bad. */
            severity: components["schemas"]["Severity"];
            /** @description What makes it worse than a large mailing. */
            signs: string[];
            /** @description Where it is in its review. */
            status: components["schemas"]["AbuseStatus"];
        };
        /** @description Cases, with how many wait. */
        MailAbuseList: {
            /** @description The page. */
            data: components["schemas"]["MailAbuseCase"][];
            /** @description Where it ends. */
            meta: components["schemas"]["MailAbuseMeta"];
        };
        /** @description Where a page of cases ends, and what waits. */
        MailAbuseMeta: {
            /**
             * Format: int64
             * @description Cases of the fleet that somebody looks at.
             */
            acknowledged: number;
            /**
             * Format: int64
             * @description Cases of the fleet that nobody has looked at.
             */
            detected: number;
            /** @description For the next page; null on the last one. */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description Cases on all pages.
             */
            total: number;
        };
        /** @description What a sender may do because a person said that it was no abuse. */
        MailAllowance: {
            /**
             * Format: double
             * @description Recipients an hour that open no case.
             */
            ceiling: number;
            /**
             * Format: date-time
             * @description When it was granted.
             */
            granted_at: string;
            granted_by: components["schemas"]["Person"] | null;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description The login, path or domain. */
            name: string;
            /** @description What sends. */
            sender: components["schemas"]["AbuseSender"];
            /** @description On which server. */
            server: components["schemas"]["ServerRef"];
            /**
             * Format: date-time
             * @description When it ends; clean use renews it.
             */
            until: string;
        };
        /** @description When a window returns, in wall-clock time of its zone. An end that is not after the start lies on the next day. */
        MaintenanceRecurrence: {
            /** @description The days on which it starts, at least one. */
            days: components["schemas"]["Weekday"][];
            /** @description `HH:MM`, not the same as the start. */
            end: string;
            /** @enum {string} */
            every: "week";
            /** @description `HH:MM`. */
            start: string;
        } | {
            /**
             * Format: int32
             * @description 1 to 31; the last day where the month is shorter.
             */
            day: number;
            /** @description `HH:MM`, not the same as the start. */
            end: string;
            /** @enum {string} */
            every: "month";
            /** @description `HH:MM`. */
            start: string;
        };
        /** @description From when until when. */
        MaintenanceSpan: {
            /**
             * Format: date-time
             * @description Its first instant.
             */
            from: string;
            /**
             * Format: date-time
             * @description The first instant after it; null: not before somebody ends it.
             */
            until: string | null;
        };
        /** @description A time in which nobody is told of what people are working on. */
        MaintenanceWindow: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            created_by: components["schemas"]["Person"] | null;
            /** @description Keys of detectors; none: all. */
            detectors: string[];
            /**
             * Format: date-time
             * @description Until when; null where it returns without an end.
             */
            ends_at: string | null;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description Shown where something is held back for it. */
            name: string;
            next: components["schemas"]["MaintenanceSpan"] | null;
            /** @description What is done. */
            reason: string;
            recurrence: components["schemas"]["MaintenanceRecurrence"] | null;
            /** @description Which servers. */
            scope: components["schemas"]["RuleScope"];
            /**
             * Format: date-time
             * @description From when on.
             */
            starts_at: string;
            /** @description IANA name of its zone. */
            timezone: string;
            under_way: components["schemas"]["MaintenanceSpan"] | null;
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updated_at: string;
        };
        /** @description Changes of a window; what is absent stays. */
        MaintenanceWindowPatch: {
            /**
             * @description Keys of detectors; empty: all.
             * @default null
             */
            detectors?: string[] | null;
            /**
             * Format: date-time
             * @description Until when; null: without an end.
             * @default null
             */
            ends_at?: string | null;
            /**
             * @description 1 to 120 characters.
             * @default null
             */
            name?: string | null;
            /**
             * @description At most 2000 characters.
             * @default null
             */
            reason?: string | null;
            /** @default null */
            recurrence?: components["schemas"]["MaintenanceRecurrence"] | null;
            /** @default null */
            scope?: components["schemas"]["RuleScope"] | null;
            /**
             * Format: date-time
             * @description From when on.
             * @default null
             */
            starts_at?: string | null;
            /**
             * @description IANA name of its zone.
             * @default null
             */
            timezone?: string | null;
        };
        /** @description The account that is signed in. */
        Me: {
            /** @description Log-in name. */
            email: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: date-time
             * @description Log-in before this one.
             */
            last_login_at: string | null;
            /** @description True: nothing but changing the password works. */
            must_change_password: boolean;
            /** @description Shown name. */
            name: string;
            /** @description What the role grants. */
            permissions: components["schemas"]["Permission"][];
            /** @description Role. */
            role: components["schemas"]["Role"];
        };
        /** @description A kind of message: what it says, and what may stand in the place of that. */
        MessageKind: {
            /** @description Key, as in deliveries: `problem` ... */
            kind: string;
            /** @description Shown name. */
            label: string;
            /** @description The organisation's own words: those for every channel first. */
            own: components["schemas"]["MessageTemplate"][];
            /** @description When it is sent. */
            sent: string;
            /** @description The product's subject, as a template. */
            subject: string;
            /** @description The product's text, as a template. */
            text: string;
            /** @description What templates may name. */
            variables: components["schemas"]["TemplateVariable"][];
        };
        /** @description A length against its limit, in the provider's units. */
        MessageMeasure: {
            /**
             * Format: int64
             * @description Before it is cut.
             */
            length: number;
            /**
             * Format: int64
             * @description What fits.
             */
            limit: number;
            /** @description Of what. */
            of: string;
        };
        /** @description How words look. */
        MessagePreview: {
            /** @description A sample message, on each channel asked for. */
            channels: components["schemas"]["ChannelPreview"][];
            /** @description Of which kind. */
            kind: string;
        };
        /** @description Words to be looked at. */
        MessagePreviewAsk: {
            /** @description For which channel; null: all of them. */
            channel?: string | null;
            /** @description Of which kind. */
            kind: string;
            /** @description As in a template. */
            subject?: string | null;
            /** @description As in a template. */
            text?: string | null;
        };
        /** @description The organisation's own words for a kind, on one channel or on all. */
        MessageTemplate: {
            /** @description The channel they are for; null: every channel that has none of its own. */
            channel: string | null;
            /**
             * Format: date-time
             * @description When it last failed, so that a message went out in the product's words; null: not since it was written.
             */
            failed_at: string | null;
            /** @description Why. */
            failure: string | null;
            /** @description Of the subject; null: not changed. */
            subject: string | null;
            /** @description Of the text; null: not changed. */
            text: string | null;
            /**
             * Format: date-time
             * @description When that was.
             */
            updated_at: string;
            updated_by: components["schemas"]["Person"] | null;
        };
        /** @description Where a page stands in its list. */
        Meta: {
            /** @description Give it as `cursor` to get the next page; null on the last one. */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description Rows that match the filters, on all pages.
             */
            total: number;
        };
        /** @description A metric. */
        Metric: {
            /** @description It only grows until what counts is restarted: rules on baselines judge its steps a second. */
            counter: boolean;
            /**
             * Format: int64
             * @description Seconds between two values.
             */
            interval_s: number;
            /** @description `<kind>.<field>`. */
            name: string;
            /** @description What one value belongs to within a server (`mount`); null for the host itself. */
            subject: string | null;
            /** @description What it measures. */
            title: string;
            /** @description `percent`, `bytes`, `bytes_per_s`, `s`, `count`, `per_s`, `load`, `yes_no` (1 or 0). */
            unit: string;
        };
        /** @description One field of one subject; all vectors are as long as the axis, null where nothing was measured. */
        MetricColumn: {
            /** @description Mean. */
            avg: (number | null)[];
            /** @description Name of the field. */
            field: string;
            /** @description Largest. */
            max: (number | null)[];
            /** @description Smallest. */
            min: (number | null)[];
            /** @description Mount; null for the host itself. */
            subject: string | null;
        };
        /** @description Measurements over time: one axis, any number of columns on it, drawn as they are. */
        MetricSeries: {
            /** @description Start of each bucket, milliseconds since 1970 UTC, ascending. Numbers, for charts take them as they are. */
            at_ms: number[];
            /**
             * Format: int64
             * @description Milliseconds a bucket spans; 0 when `at_ms` are the times of single measurements.
             */
            bucket_ms: number;
            /** @description One column a field and subject. */
            columns: components["schemas"]["MetricColumn"][];
            /** @description Whether hourly values were read (long ranges); the running and the previous hour are always exact. */
            hourly: boolean;
            /** @description Kind of payload the fields belong to. */
            kind: string;
        };
        /**
         * @description The body of the live event `metrics.received`: the report that just became readable, as its GET gives it. Other kinds
         *     of report only tell that there is a new one.
         */
        MetricsReceived: {
            cpanel: components["schemas"]["ServerCpanel"] | null;
            disks: components["schemas"]["ServerDisks"] | null;
            /**
             * Format: date-time
             * @description When it was true.
             */
            event_at: string;
            /** @description Which kind; the field of the same meaning is set. */
            kind: string;
            litespeed: components["schemas"]["ServerLitespeed"] | null;
            mail_queue: components["schemas"]["ServerMailQueue"] | null;
            metrics: components["schemas"]["HostMetrics"] | null;
            mysql: components["schemas"]["ServerMysql"] | null;
            /**
             * Format: int64
             * @description Whose.
             */
            server_id: number;
            services: components["schemas"]["ServerServices"] | null;
        };
        /** @description A link just made. */
        MintedCalendarToken: components["schemas"]["CalendarToken"] & {
            /** @description What to subscribe to; shown this once. */
            url: string;
        };
        /** @description A token just made. */
        MintedToken: components["schemas"]["RegistrationToken"] & {
            /** @description What to paste on a Linux host. The token goes in by standard input, so no process list shows it. */
            install_command: string;
            /** @description The token; shown this once. */
            token: string;
        };
        /** @description A token just made. */
        MintedWallToken: components["schemas"]["WallToken"] & {
            /** @description The token; shown this once. */
            token: string;
            /** @description The page of the screen. The token stands behind `#`, which browsers send to nobody. */
            url: string;
        };
        /** @description Replication as last reported. */
        MysqlReplication: {
            /** @description Whether the thread that fetches from the primary runs. */
            io_running: boolean | null;
            /**
             * Format: int64
             * @description How far behind, seconds; null on a replica means broken, not 0.
             */
            lag_s: number | null;
            /** @description `none`, `primary`, `replica` or `unknown`. */
            role: string | null;
            /** @description Whether the thread that applies what was fetched runs. */
            sql_running: boolean | null;
            /** @description How it stands. */
            status: components["schemas"]["ReplicationStatus"];
        };
        /** @description A new rule. Either `channels` or `escalation_policy_id`, not both, not neither. */
        NewAlertRule: {
            /** @description Channels to tell at once. */
            channels?: string[] | null;
            /** @description What to look for. */
            condition: components["schemas"]["RuleCondition"];
            /** @description On when absent. */
            enabled?: boolean;
            /**
             * Format: int64
             * @description Policy that tells.
             */
            escalation_policy_id?: number | null;
            /** @description 1 to 120 characters. */
            name: string;
            /** @description `https://` or `http://`, what to read when it happens. */
            runbook_url?: string | null;
            /** @description Which servers. */
            scope: components["schemas"]["RuleScope"];
            severity?: components["schemas"]["Severity"] | null;
        };
        /** @description What is to be tried. */
        NewBacktest: {
            /**
             * Format: int64
             * @description The rule in force that it would replace: both are tried.
             */
            compare_with?: number | null;
            /**
             * Format: date-time
             * @description First instant.
             */
            from: string;
            /** @description The rule. */
            rule: components["schemas"]["BacktestRule"];
            /**
             * Format: int64
             * @description Whose measurements are drawn; null: those of the servers with the first incidents.
             */
            server?: number | null;
            /**
             * Format: date-time
             * @description Last instant, exclusive; at most 31 days behind the first. Later than now is read as now.
             */
            to: string;
        };
        /** @description What a link shows. */
        NewCalendarToken: {
            /**
             * @description Only one's own shifts; everybody's when absent.
             * @default false
             */
            only_mine?: boolean;
        };
        /** @description An address to add. */
        NewContact: {
            /** @description An e-mail address, a telephone number (Bangladesh's without country code), a chat id, the URL of a webhook. */
            address: string;
            /** @description Key of the channel: `email`, `whatsapp`, `telegram` or `discord`. */
            channel: string;
        };
        /** @description A new policy. */
        NewEscalationPolicy: {
            /** @description Unique, 1 to 120 characters. */
            name: string;
            /**
             * Format: int32
             * @description Further passes after the first, 0 to 100; 3 when absent.
             */
            repeat?: number | null;
            /**
             * Format: int32
             * @description Seconds between the last step and the next pass, 60 to 604800; 900 when absent.
             */
            repeat_delay_seconds?: number | null;
            /** @description 1 to 20 steps. */
            steps: components["schemas"]["NewEscalationStep"][];
        };
        /** @description A step, as written. */
        NewEscalationStep: {
            /** @description Channels it uses; none means every channel that is switched on. */
            channels: string[];
            /**
             * Format: int32
             * @description Seconds after the previous step fired, 0 to 604800.
             */
            delay_seconds: number;
            /** @description True when absent. */
            only_if_unacknowledged?: boolean;
            /** @description Whom it tells. */
            targets?: components["schemas"]["Targets"];
        };
        /** @description A new window. */
        NewMaintenanceWindow: {
            /** @description Keys of detectors; all when absent or empty. */
            detectors?: string[];
            /**
             * Format: date-time
             * @description Until when: 31 days after the start at most for one that does not return, which must have an end.
             */
            ends_at?: string | null;
            /** @description 1 to 120 characters. */
            name: string;
            /** @description At most 2000 characters; empty when absent. */
            reason?: string;
            recurrence?: components["schemas"]["MaintenanceRecurrence"] | null;
            /** @description Which servers. */
            scope: components["schemas"]["RuleScope"];
            /**
             * Format: date-time
             * @description From when on.
             */
            starts_at: string;
            /** @description IANA name of its zone; `NOC_TIMEZONE` when absent. */
            timezone?: string | null;
        };
        /** @description Words of a kind. A part that is absent, null or blank is not changed. */
        NewMessageTemplate: {
            /**
             * @description For which channel; null: every channel that has none of its own.
             * @default null
             */
            channel?: string | null;
            /**
             * @description Template of one line, 500 bytes at most.
             * @default null
             */
            subject?: string | null;
            /**
             * @description Template of the text, 8192 bytes at most. The link and the delivery's number are added to it.
             * @default null
             */
            text?: string | null;
        };
        /** @description A note to an incident. */
        NewNote: {
            /** @description 1 to 4000 characters. */
            text: string;
        };
        /** @description A new override. Whoever may not change schedules may only put themselves on duty. */
        NewOnCallOverride: {
            /**
             * Format: date-time
             * @description Until just before; later than now, and a year after `starts_at` at most.
             */
            ends_at: string;
            /**
             * Format: int64
             * @description Whose turns it takes; whoever's when absent, and times that are nobody's.
             */
            replaces_user_id?: number | null;
            /**
             * Format: date-time
             * @description From then on; within a year from now.
             */
            starts_at: string;
            /**
             * Format: int64
             * @description Who is on duty.
             */
            user_id: number;
        };
        /** @description A new schedule. */
        NewOnCallSchedule: {
            /** @description `HH:MM` by the wall clock. */
            handoff_time: string;
            handoff_weekday?: components["schemas"]["HandoffWeekday"] | null;
            /** @description 1 to 50 accounts in the order of their turns, each once. */
            members: number[];
            /** @description Unique, 1 to 120 characters. */
            name: string;
            /** @description How long a turn is. */
            rotation: components["schemas"]["RotationKind"];
            /**
             * Format: date
             * @description Local day on which the first turn begins, 2000 to 2099; today in that zone when absent.
             */
            starts_on?: string | null;
            /** @description IANA name, such as `Asia/Dhaka`. */
            timezone: string;
        };
        /** @description A new token. */
        NewRegistrationToken: {
            /** @description Networks from which a roll-out's hosts need no approval. */
            allowed_cidrs?: string[];
            /**
             * Format: int64
             * @description Minutes it lives: 1 to 1440, 60 when absent.
             */
            expires_in_minutes?: number | null;
            /**
             * Format: int32
             * @description How many hosts it lets in: 1 to 1000, 1 when absent.
             */
            max_uses?: number | null;
            /** @description Name of the server to be, or of the roll-out. */
            name: string;
            /** @description Tags that servers get. */
            tags?: string[];
        };
        /** @description A decision about a case. */
        NewTransition: {
            /** @description Why, at most 4,000 characters. */
            note?: string;
            /** @description What it becomes. */
            status: components["schemas"]["AbuseStatus"];
        };
        /** @description A new account. */
        NewUser: {
            /** @description Log-in name; upper and lower case are the same. */
            email: string;
            /** @description Shown name. */
            name: string;
            /** @description First password, at least 12 characters; made up and answered once when left out. */
            password?: string | null;
            /** @description What they may do. */
            role: components["schemas"]["Role"];
        };
        /** @description For another screen. */
        NewWallToken: {
            /** @description Which screen: 1 to 100 characters, as no other has. */
            name: string;
        };
        /** @description What the policy does next. */
        NextStep: {
            /** @description Channels it uses; empty: all that are switched on. */
            channels: string[];
            /**
             * Format: date-time
             * @description When it fires; null while held.
             */
            due_at: string | null;
            /** @description Why it stands still: `server_down`, `snoozed`, `maintenance`; null when it does not. */
            held_for: string | null;
            /**
             * Format: int64
             * @description Number of the pass, from 1.
             */
            pass: number;
            /** @description Name of the policy when the incident opened; null for a rule that lists channels. */
            policy_name: string | null;
            /** @description Whether it goes on. */
            state: components["schemas"]["EscalationState"];
            /**
             * Format: int64
             * @description Number of the step, from 1.
             */
            step: number;
            /**
             * Format: int64
             * @description How many steps a pass has.
             */
            steps: number;
            /** @description Whom it tells; nobody named: the channels' own recipients. */
            targets: components["schemas"]["NextTargets"];
        };
        /** @description Whom a step tells. Who has a role is found out when it fires. */
        NextTargets: {
            /**
             * Format: int64
             * @description How many addresses of people without an account.
             */
            external: number;
            /** @description Accounts. */
            people: components["schemas"]["Person"][];
            /** @description Roles; `oncall` is whoever is on duty then. */
            roles: string[];
        };
        /** @description A channel: what it is, how it is set, whether it works. */
        NotificationChannel: {
            callback: components["schemas"]["ChannelCallback"] | null;
            /** @description Whether a message a day to its own recipients shows that it works. */
            canary: boolean;
            /** @description Key: `email` ... */
            channel: string;
            /** @description Whether it was ever set up. */
            configured: boolean;
            /** @description Off: nothing is sent over it. */
            enabled: boolean;
            /** @description Its form. */
            fields: components["schemas"]["ChannelField"][];
            /** @description False after a failure that will not go away by itself, and while its provider is away; until a success. */
            healthy: boolean;
            /** @description Shown name. */
            label: string;
            last_check: components["schemas"]["ChannelCheck"] | null;
            /** @description That failure. */
            last_error: string | null;
            /**
             * Format: date-time
             * @description When it was last tested.
             */
            last_test_at: string | null;
            /** @description What the provider called that message. */
            last_test_provider_id: string | null;
            /** @description What came of it: `sent`, or why not. */
            last_test_result: string | null;
            /**
             * Format: date-time
             * @description Until when its provider asked to be left alone; nothing is sent before.
             */
            paused_until: string | null;
            /** @description What is set; secrets are null, beside `<name>_set`. */
            settings: Record<string, unknown>;
            /**
             * Format: date-time
             * @description Since when it is not healthy.
             */
            unhealthy_since: string | null;
            /**
             * Format: date-time
             * @description When it was last set.
             */
            updated_at: string | null;
        };
        /** @description One's own preferences. */
        NotificationPreferences: {
            /** @description Where. */
            channels: components["schemas"]["ChannelPreferences"];
            /** @description Once a day instead. */
            digest: components["schemas"]["DailyDigest"];
            /** @description When not. */
            quiet_hours: components["schemas"]["QuietHours"];
            /** @description What flat lists of channels tell one of. Steps of escalation policies name people whatever it is. */
            severities: components["schemas"]["Severity"][];
            /**
             * Format: date-time
             * @description When they were saved; null: never. Until then flat lists of channels tell one nothing personally.
             */
            updated_at: string | null;
        };
        /** @description Preferences to save, all of them. */
        NotificationPreferencesInput: {
            /** @description Where. */
            channels: components["schemas"]["ChannelPreferencesInput"];
            /** @description Once a day instead. */
            digest: components["schemas"]["DailyDigest"];
            /** @description When not. */
            quiet_hours: components["schemas"]["QuietHours"];
            /** @description What flat lists of channels tell one of; may be empty. */
            severities: components["schemas"]["Severity"][];
            /**
             * Format: date-time
             * @description As it was read; means nothing here.
             */
            updated_at?: string | null;
        };
        /**
         * @description A field that decides who is on duty when.
         * @enum {string}
         */
        OnCallField: "rotation" | "handoff_time" | "timezone";
        /** @description A time at which a schedule puts nobody on duty who can be told: the role `oncall` is nobody then. */
        OnCallGap: {
            /**
             * Format: date-time
             * @description Until just before; at the end of the 8 weeks it may go on.
             */
            ends_at: string;
            /**
             * Format: date-time
             * @description From then on.
             */
            starts_at: string;
            user: components["schemas"]["OnCallPerson"] | null;
        };
        /** @description Who is on call by one schedule. */
        OnCallNow: {
            next_user: components["schemas"]["OnCallPerson"] | null;
            /**
             * Format: int64
             * @description The override that put them there.
             */
            override_id: number | null;
            /**
             * Format: int64
             * @description Schedule.
             */
            schedule_id: number;
            /** @description Its name. */
            schedule_name: string;
            /**
             * Format: date-time
             * @description Since when; 60 days ago at the earliest.
             */
            since: string;
            /** @description Its zone, as it is stored. */
            timezone: string;
            /** @description A sentence: what of it this version cannot read, so that nobody is on duty; null: nothing. */
            unreadable: string | null;
            /**
             * Format: date-time
             * @description The next hand-off; null where there is none within 8 weeks.
             */
            until: string | null;
            user: components["schemas"]["OnCallPerson"] | null;
        };
        /** @description Somebody stands in for a while. It is applied once, to whose turn it is; of two that apply, the one made last counts. */
        OnCallOverride: {
            /**
             * Format: date-time
             * @description When.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Account that made it.
             */
            created_by: number | null;
            /**
             * Format: date-time
             * @description Until just before.
             */
            ends_at: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            replaces: components["schemas"]["OnCallPerson"] | null;
            /**
             * Format: date-time
             * @description From then on.
             */
            starts_at: string;
            /** @description Who is on duty. */
            user: components["schemas"]["OnCallPerson"];
        };
        /** @description Somebody who may be on duty. */
        OnCallPerson: {
            /**
             * Format: int64
             * @description Account.
             */
            id: number;
            /** @description False: the account is switched off, and is told nothing. */
            is_active: boolean;
            /** @description Name. */
            name: string;
        };
        /** @description Whose turn it is, by the wall clock of a zone. */
        OnCallSchedule: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description When nobody can be told within the next 8 weeks. */
            gaps: components["schemas"]["OnCallGap"][];
            /** @description `HH:MM` by the wall clock. Where clocks skip it, the first moment after; where they show it twice, the first time. */
            handoff_time: string;
            handoff_weekday: components["schemas"]["HandoffWeekday"] | null;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description Who has turns, in their order. */
            members: components["schemas"]["OnCallPerson"][];
            /** @description Unique name. */
            name: string;
            /** @description Who stands in, now or later, the earliest first. */
            overrides: components["schemas"]["OnCallOverride"][];
            rotation: components["schemas"]["RotationKind"] | null;
            /**
             * Format: date
             * @description Local day on which the first member's first turn begins; it lasts until the first hand-off after it.
             */
            starts_on: string;
            /** @description IANA name of the zone whose wall clock counts; as it is stored, also where this version does not know it. */
            timezone: string;
            /** @description A sentence: what of it this version cannot read, so that nobody is on duty by it; null: nothing. */
            unreadable: string | null;
            /** @description The fields that it is about, which stay as they are stored until others are given. */
            unreadable_fields: components["schemas"]["OnCallField"][];
            /**
             * Format: date-time
             * @description When it, or who stands in, was last changed.
             */
            updated_at: string;
        };
        /** @description Changes of a schedule; what is absent stays. `members` replaces all of them. Turns are counted anew from `starts_on`. */
        OnCallSchedulePatch: {
            /**
             * @description `HH:MM` by the wall clock.
             * @default null
             */
            handoff_time?: string | null;
            /** @default null */
            handoff_weekday?: components["schemas"]["HandoffWeekday"] | null;
            /**
             * @description 1 to 50 accounts in the order of their turns, each once.
             * @default null
             */
            members?: number[] | null;
            /**
             * @description Unique, 1 to 120 characters.
             * @default null
             */
            name?: string | null;
            /** @default null */
            rotation?: components["schemas"]["RotationKind"] | null;
            /**
             * Format: date
             * @description Local day on which the first turn begins, 2000 to 2099.
             * @default null
             */
            starts_on?: string | null;
            /**
             * @description IANA name, such as `Asia/Dhaka`.
             * @default null
             */
            timezone?: string | null;
        };
        /** @description A piece of the final schedule: one turn or what is left of it, one stand-in, or a time that is nobody's. */
        OnCallShift: {
            /**
             * Format: date-time
             * @description Until just before.
             */
            ends_at: string;
            /**
             * Format: int64
             * @description The override that put them there.
             */
            override_id: number | null;
            /**
             * Format: date-time
             * @description From then on.
             */
            starts_at: string;
            user: components["schemas"]["OnCallPerson"] | null;
        };
        /** @description A list, and whom it can say nothing about. */
        PartialList_Attacker: {
            /** @description The rows of this page. */
            data: components["schemas"]["Attacker"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
            /** @description Servers without rows because nothing is known of them, among those that the list was asked for. */
            unreadable: components["schemas"]["Unreadable"];
        };
        /** @description A list, and whom it can say nothing about. */
        PartialList_FirewallEvent: {
            /** @description The rows of this page. */
            data: components["schemas"]["FirewallEvent"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
            /** @description Servers without rows because nothing is known of them, among those that the list was asked for. */
            unreadable: components["schemas"]["Unreadable"];
        };
        /** @description A list, and whom it can say nothing about. */
        PartialList_HostCron: {
            /** @description The rows of this page. */
            data: components["schemas"]["HostCron"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
            /** @description Servers without rows because nothing is known of them, among those that the list was asked for. */
            unreadable: components["schemas"]["Unreadable"];
        };
        /** @description A list, and whom it can say nothing about. */
        PartialList_TopSender: {
            /** @description The rows of this page. */
            data: components["schemas"]["TopSender"][];
            /** @description Where the page stands. */
            meta: components["schemas"]["Meta"];
            /** @description Servers without rows because nothing is known of them, among those that the list was asked for. */
            unreadable: components["schemas"]["Unreadable"];
        };
        /** @description A change of one's own password. */
        PasswordChange: {
            /** @description The one in force. */
            current_password: string;
            /** @description 12 to 256 characters, another one. */
            password: string;
            /** @description The same once more. */
            password_confirmation: string;
        };
        /**
         * @description A named permission.
         * @enum {string}
         */
        Permission: "servers.view" | "incidents.view" | "rules.view" | "on_call.view" | "incidents.act" | "deliveries.view" | "on_call.cover" | "servers.manage" | "rules.manage" | "on_call.manage" | "deliveries.manage" | "channels.view" | "users.view" | "reports.export" | "mail.pii" | "channels.manage" | "users.manage" | "wall.manage" | "dashboard.admin.view" | "security.manage";
        /** @description A person, as shown beside what they did. */
        Person: {
            /**
             * Format: int64
             * @description Account.
             */
            id: number;
            /** @description Shown name. */
            name: string;
        };
        /** @description A channel that reaches people at addresses of their own. */
        PersonalChannel: {
            /** @description False: an administrator has not switched it on, so nothing is sent over it. */
            available: boolean;
            /** @description Key: `email`, `whatsapp`, `telegram` or `discord`. */
            channel: string;
            /** @description Shown name. */
            label: string;
        };
        /** @description What would happen within 24 h. */
        PolicySimulation: {
            /** @description How it ends. */
            ending: components["schemas"]["SimulatedEnding"];
            /** @description In the order of time; 300 steps at most. */
            events: components["schemas"]["SimulatedEvent"][];
            /**
             * Format: int64
             * @description Seconds that the incident must last before anybody is told; null: this severity pages nobody.
             */
            hold_seconds: number | null;
            /**
             * Format: date-time
             * @description When the incident opens.
             */
            opened_at: string;
            /** @description IANA name of the organisation's zone. */
            timezone: string;
            /** @description What is about no single step. */
            warnings: string[];
        };
        /** @description A policy that need not be stored, and an incident. */
        PolicyTrial: {
            /**
             * Format: date-time
             * @description When it opens; now when absent. Within a year.
             */
            at?: string | null;
            /** @description Key of the detector that finds it; null: one that no maintenance window names. */
            detector?: string | null;
            /** @description As it would be saved; its name may be empty. */
            policy: components["schemas"]["NewEscalationPolicy"];
            /**
             * Format: int64
             * @description On which server; null: the fleet's.
             */
            server_id?: number | null;
            /** @description How bad it is. */
            severity: components["schemas"]["Severity"];
        };
        /** @description Where a report stands: shown beside its values, so that *unknown* never looks like *fine*. */
        Probe: {
            /** @description What would help, in the agent's words. */
            hint: string | null;
            /**
             * Format: date-time
             * @description When it was measured.
             */
            observed_at: string | null;
            /** @description Whether it can be relied on. */
            state: components["schemas"]["ProbeState"];
        };
        /**
         * @description Whether the newest report of a kind can be relied on.
         * @enum {string}
         */
        ProbeState: "ok" | "stale" | "no_data" | "no_permission" | "not_installed" | "collector_error" | "timeout";
        /** @description One sender's part of a queue. */
        QueueSender: {
            /**
             * Format: int64
             * @description Messages.
             */
            count: number | null;
            /** @description Domain of the sender's address; empty for bounces. */
            domain: string;
        };
        /** @description When one wants to be left alone. */
        QuietHours: {
            /** @description Holds back what is critical too. */
            block_critical: boolean;
            /** @description `HH:MM`, until before then; not after `start`: on the next day; equal: no quiet hours. */
            end: string;
            /** @description `HH:MM`, from then on. */
            start: string;
            /** @description IANA name of the zone of all times of day here. */
            timezone: string;
        };
        /** @description Values of an agent that were impossible and stored as null. */
        RefusedFields: {
            /** @description The fields of the last report that had some. */
            fields: string[];
            /**
             * Format: date-time
             * @description When that report came.
             */
            last_at: string | null;
            /**
             * Format: int64
             * @description How many there were.
             */
            total: number;
        };
        /** @description A registration token, without the token itself: that is shown once, when it is made. */
        RegistrationToken: {
            /** @description Hosts from these networks need no approval; empty: single-use tokens need none. */
            allowed_cidrs: string[];
            /**
             * Format: date-time
             * @description When.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Account that made it.
             */
            created_by: number | null;
            /**
             * Format: date-time
             * @description Until when it does.
             */
            expires_at: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: int32
             * @description How often it may be used.
             */
            max_uses: number;
            /** @description Names the server, or the roll-out when `max_uses` is above 1. */
            name: string;
            /**
             * Format: date-time
             * @description When it was revoked.
             */
            revoked_at: string | null;
            /** @description Whether it still lets hosts in. */
            state: components["schemas"]["TokenState"];
            /** @description Tags that servers get. */
            tags: string[];
            /**
             * Format: int32
             * @description How often it was.
             */
            uses: number;
        };
        /**
         * @description How a database server stands in its replication.
         * @enum {string}
         */
        ReplicationStatus: "none" | "running" | "lagging" | "broken" | "unknown";
        /**
         * @description A person's role.
         * @enum {string}
         */
        Role: "viewer" | "oncall" | "operator" | "admin";
        /**
         * @description How long a turn is.
         * @enum {string}
         */
        RotationKind: "weekly" | "daily";
        /** @description What a rule looks for. */
        RuleCondition: {
            /**
             * Format: double
             * @description Where it counts as over; absent means the threshold itself.
             */
            clear_threshold?: number | null;
            /** @description How the metric compares with the threshold while in breach. */
            comparator: components["schemas"]["Comparator"];
            /**
             * Format: int32
             * @description Seconds it must hold before it counts, 0 to 86400.
             */
            for_seconds: number;
            /** @description `<kind>.<field>`, from `GET /api/detectors`. */
            metric: string;
            /**
             * Format: double
             * @description In the metric's unit.
             */
            threshold: number;
            /** @enum {string} */
            type: "threshold";
        } | {
            /**
             * Format: double
             * @description So many standard deviations away as well, 0 to 100; 0 leaves it to the factor, which must then be over 1.
             */
            deviations?: number;
            /** @description On which side of the baseline. */
            direction?: components["schemas"]["Direction"];
            /**
             * Format: double
             * @description Breach above so many times the baseline, or below such a part of it, 1 to 1000.
             */
            factor: number;
            /**
             * Format: int32
             * @description Seconds it must hold, 0 to 86400.
             */
            for_seconds: number;
            /** @description `<kind>.<field>`; of counters, what they grow by a second is judged. */
            metric: string;
            /**
             * Format: double
             * @description Never a breach above the baseline that is below this, nor one below a baseline of less than this. In the
             *     metric's unit, 0 or more.
             */
            min_value: number;
            /** @enum {string} */
            type: "baseline";
        } | {
            /** @description Key of the detector, from `GET /api/detectors`; `*` for all of them. */
            detector: string;
            /**
             * @description Numbers of the detector by their keys, within the bounds that `GET /api/detectors` gives; those not named keep
             *     their defaults, or what a rule for more servers sets.
             */
            numbers?: {
                [key: string]: number;
            };
            /** @description True: the detector leaves these servers alone, and what it opened of them is over. */
            off?: boolean;
            /** @enum {string} */
            type: "detector";
        };
        /** @description Which servers a rule is for: `{"all": true}`, `{"tags": [..]}` or `{"server_ids": [..]}`. */
        RuleScope: {
            /** @description All of them; only `true` is accepted. */
            all: boolean;
        } | {
            /** @description Servers that carry at least one of the tags. */
            tags: string[];
        } | {
            /** @description These servers. */
            server_ids: number[];
        };
        /**
         * @description What a sender is.
         * @enum {string}
         */
        SenderKind: "login" | "script";
        /** @description A monitored server: its row of the fleet, and the body of `server.updated`. */
        Server: {
            /** @description Version of its agent. */
            agent_version: string | null;
            /** @description Processor architecture. */
            arch: string | null;
            /**
             * Format: int64
             * @description Logical cores, by the newest `metrics` report: what load is compared with.
             */
            cores: number | null;
            /**
             * Format: double
             * @description Busy share of all cores, percent.
             */
            cpu_pct: number | null;
            /**
             * Format: date-time
             * @description When it was first known.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Messages put off in its mail queue.
             */
            deferred_mail: number | null;
            /**
             * Format: date-time
             * @description Then monitoring is switched on again by itself; null while on, or when only a person does that.
             */
            disabled_until: string | null;
            /**
             * Format: date-time
             * @description When its agent got its secret.
             */
            enrolled_at: string | null;
            /** @description What the host calls itself. */
            hostname: string | null;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: double
             * @description Share of time waiting for disks, percent.
             */
            iowait_pct: number | null;
            /** @description False while monitoring is switched off. */
            is_active: boolean;
            /**
             * Format: date-time
             * @description Last `metrics` payload.
             */
            last_metric_at: string | null;
            /**
             * Format: date-time
             * @description Last payload of any kind.
             */
            last_seen_at: string | null;
            /**
             * Format: double
             * @description Load, mean of 1 min.
             */
            load1: number | null;
            /**
             * Format: double
             * @description Load of 1 min on each core.
             */
            load_per_core: number | null;
            /**
             * Format: double
             * @description Connections in use of its database server, percent.
             */
            mysql_connections_pct: number | null;
            /** @description Unique name. */
            name: string;
            /**
             * Format: int64
             * @description Incidents not resolved.
             */
            open_incidents: number;
            /** @description Operating system. */
            os: string | null;
            /**
             * Format: double
             * @description Memory in use, percent.
             */
            ram_pct: number | null;
            /**
             * Format: date-time
             * @description Until when its name may be enrolled once more.
             */
            re_enrol_until: string | null;
            /** @description What it is for: the value of its tag `role:<value>`. */
            role: string | null;
            /** @description How it stands. */
            status: components["schemas"]["ServerStatus"];
            /** @description Tags, plain or `key:value`. */
            tags: string[];
            /**
             * Format: double
             * @description Share in use of its fullest file system, by bytes or by inodes, percent.
             */
            worst_disk_pct: number | null;
            /**
             * Format: double
             * @description Share of inodes in use of the file system that has fewest left, percent.
             */
            worst_inodes_pct: number | null;
        };
        /** @description The backups of a server. */
        ServerBackups: {
            /** @description The last seven days, oldest first. */
            days: components["schemas"]["BackupDay"][];
            /** @description What would help, in the agent's words, where its backup tool cannot be watched. */
            hint: string | null;
            /** @description Its jobs, longest without a good run first. */
            jobs: components["schemas"]["BackupJob"][];
            /**
             * Format: date-time
             * @description When the newest good run ended.
             */
            last_good_at: string | null;
            /** @description Its runs, newest first, page by page. */
            runs: components["schemas"]["List_BackupRun"];
            /** @description How it stands. */
            state: components["schemas"]["BackupState"];
        };
        /** @description The cPanel installation of a host as last reported. */
        ServerCpanel: {
            /**
             * Format: int64
             * @description Accounts that are not suspended.
             */
            accounts_active: number | null;
            /**
             * Format: int64
             * @description Suspended accounts.
             */
            accounts_suspended: number | null;
            /**
             * Format: int64
             * @description Databases.
             */
            databases: number | null;
            /**
             * Format: int64
             * @description Domains of all accounts.
             */
            domains: number | null;
            /**
             * Format: int64
             * @description Mailboxes.
             */
            email_accounts: number | null;
            /**
             * Format: int64
             * @description Days until then, negative once it is over.
             */
            license_days_left: number | null;
            /**
             * Format: date
             * @description The last day of the licence, where it is told.
             */
            license_expires_on: string | null;
            /** @description `active`, `trial`, `inactive`, `expired`, `missing` or `unknown`. */
            license_status: string | null;
            /** @description Whether customers can get in; null when it is not known. */
            license_valid: boolean | null;
            /** @description Where the report stands. */
            probe: components["schemas"]["Probe"];
            /** @description As installed. */
            version: string | null;
        };
        /** @description The cron jobs of a server. */
        ServerCrons: {
            /** @description Overdue ones first. */
            jobs: components["schemas"]["CronJob"][];
            /**
             * Format: int64
             * @description How many are overdue; null without a report.
             */
            overdue: number | null;
            /** @description Where the report stands. */
            probe: components["schemas"]["Probe"];
            /** @description The zone that schedules are in. */
            timezone: string | null;
        };
        /** @description The file systems of a server as last reported. */
        ServerDisks: {
            /** @description Fullest first. */
            partitions: components["schemas"]["DiskPartition"][];
            /** @description Where the report stands. */
            probe: components["schemas"]["Probe"];
        };
        /** @description The firewall of a server. */
        ServerFirewall: {
            /** @description What happened in the last 24 h, most often first; empty when nothing is known, see the probe. */
            actions_24h: components["schemas"]["ActionCount"][];
            /** @description Newest first, page by page. */
            events: components["schemas"]["List_FirewallEvent"];
            /** @description Where the report stands. */
            probe: components["schemas"]["Probe"];
        };
        /** @description The LiteSpeed server of a host as last reported. A stopped server has no values but version and age. */
        ServerLitespeed: {
            /**
             * Format: double
             * @description Received, bytes per second.
             */
            bytes_in_per_s: number | null;
            /**
             * Format: double
             * @description Sent, bytes per second.
             */
            bytes_out_per_s: number | null;
            /**
             * Format: int64
             * @description Clients connected, plain and TLS.
             */
            connections: number | null;
            /**
             * Format: double
             * @description Connections in use, percent.
             */
            connections_pct: number | null;
            /**
             * Format: double
             * @description Of the requests that the cache may answer the share it did, percent, between the two newest reports.
             */
            hit_ratio_pct: number | null;
            /** @description Whether there is a hit ratio. */
            hit_ratio_state: components["schemas"]["HitRatioState"];
            /**
             * Format: int64
             * @description Clients it takes at once.
             */
            max_connections: number | null;
            /** @description Where the report stands. */
            probe: components["schemas"]["Probe"];
            /**
             * Format: int64
             * @description Age of the web server's own report when it was read, seconds.
             */
            report_age_s: number | null;
            /**
             * Format: double
             * @description Requests per second.
             */
            requests_per_s: number | null;
            /** @description Whether it runs. */
            state: components["schemas"]["WebServerState"];
            /** @description Edition and version. */
            version: string | null;
            /**
             * Format: int64
             * @description Virtual hosts.
             */
            vhosts: number | null;
        };
        /** @description The mail queue of a host as last reported. */
        ServerMailQueue: {
            /**
             * Format: int64
             * @description Bounces in the last hour.
             */
            bounces_1h: number | null;
            /**
             * Format: int64
             * @description Messages put off at least once.
             */
            deferred: number | null;
            /**
             * Format: double
             * @description By how much the deferred messages grow in an hour, by the trend of the last two hours; negative while they are delivered, null before there is a trend.
             */
            deferred_per_h: number | null;
            /**
             * Format: int64
             * @description Messages that are not tried any more.
             */
            frozen: number | null;
            /** @description `exim`, `postfix` ... */
            mta: string | null;
            /**
             * Format: int64
             * @description Age of the oldest message, seconds.
             */
            oldest_age_s: number | null;
            /** @description Where the report stands. */
            probe: components["schemas"]["Probe"];
            /** @description Who has most messages in the queue, the largest first. */
            top_senders: components["schemas"]["QueueSender"][];
            /**
             * Format: int64
             * @description Messages in the queue.
             */
            total: number | null;
        };
        /** @description What happened to a server in a span: of each the newest 200, oldest first. */
        ServerMarks: {
            /** @description Backups that ran in it. */
            backups: components["schemas"]["BackupMark"][];
            /** @description Incidents that were open in it. */
            incidents: components["schemas"]["IncidentMark"][];
            /** @description When it booted, as its uptime tells; in long spans to a bucket of its measurements. */
            reboots: string[];
        };
        /** @description The database server of a host as last reported. */
        ServerMysql: {
            /**
             * Format: double
             * @description Connections in use, percent.
             */
            connections_pct: number | null;
            /**
             * Format: double
             * @description Deadlocks per hour between the two newest reports; null after a restart, and where they are not counted.
             */
            deadlocks_per_h: number | null;
            /** @description `mariadb`, `mysql` ... */
            flavour: string | null;
            /**
             * Format: int64
             * @description Clients it takes at once.
             */
            max_connections: number | null;
            /** @description Where the report stands. */
            probe: components["schemas"]["Probe"];
            /**
             * Format: double
             * @description Statements per second between the two newest reports; null after a restart.
             */
            questions_per_s: number | null;
            /** @description Replication. */
            replication: components["schemas"]["MysqlReplication"];
            /**
             * Format: double
             * @description Slow statements per minute between the two newest reports; null after a restart.
             */
            slow_queries_per_min: number | null;
            /**
             * Format: int64
             * @description Clients connected.
             */
            threads_connected: number | null;
            /**
             * Format: int64
             * @description Seconds since its start.
             */
            uptime_s: number | null;
            /** @description As the server tells it. */
            version: string | null;
        };
        /** @description Changes of a server; what is absent stays. */
        ServerPatch: {
            /**
             * @description Unique name: letters, digits, `.`, `_`, `-`.
             * @default null
             */
            name?: string | null;
            /**
             * @description All its tags.
             * @default null
             */
            tags?: string[] | null;
        };
        /** @description The server that a row is about. */
        ServerRef: {
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description Unique name. */
            name: string;
            /** @description How it stands. */
            status: components["schemas"]["ServerStatus"];
            /** @description Tags, plain or `key:value`. */
            tags: string[];
        };
        /** @description The services of a server as last reported. */
        ServerServices: {
            /** @description Where the report stands. */
            probe: components["schemas"]["Probe"];
            /** @description Stopped ones first, then running ones, then those not installed. */
            services: components["schemas"]["ServiceRow"][];
        };
        /**
         * @description How a server stands.
         * @enum {string}
         */
        ServerStatus: "registering" | "up" | "stale" | "down" | "unknown" | "disabled";
        /** @description One service. */
        ServiceRow: {
            /** @description Started at boot. */
            enabled: boolean;
            /**
             * Format: int64
             * @description The main process.
             */
            main_pid: number | null;
            /** @description Name on the fixed list. */
            name: string;
            /**
             * Format: int64
             * @description How many processes.
             */
            pids: number | null;
            /** @description What a person may paste on the host to start it; the platform never runs it. */
            restart_command: string | null;
            /** @description Whether it runs. */
            status: components["schemas"]["ServiceStatus"];
            /** @description Unit name. */
            unit: string | null;
        };
        /**
         * @description Whether a service runs.
         * @enum {string}
         */
        ServiceStatus: "stopped" | "running" | "idle" | "not_installed";
        /** @description A session of one's own. */
        Session: {
            /**
             * Format: date-time
             * @description When it began.
             */
            created_at: string;
            /** @description Whether it is the one asking. */
            current: boolean;
            /**
             * Format: date-time
             * @description When it ends in any case.
             */
            expires_at: string;
            /** @description Its name; not the secret in the cookie. */
            id: string;
            /** @description Address it began from. */
            ip: string;
            /**
             * Format: date-time
             * @description Last request, to the minute.
             */
            last_seen_at: string;
            /** @description Browser, as it calls itself. */
            user_agent: string;
        };
        /**
         * @description How bad it is, mildest first.
         * @enum {string}
         */
        Severity: "info" | "low" | "medium" | "high" | "critical";
        /**
         * @description How a simulation ends.
         * @enum {string}
         */
        SimulatedEnding: "pages_nobody" | "done" | "goes_on";
        /** @description One thing that would happen. */
        SimulatedEvent: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * Format: int64
             * @description The same, in seconds after the incident opened.
             */
            at_seconds: number;
            /** @description What is said: `problem` or `reminder`. */
            message: string | null;
            /**
             * Format: date-time
             * @description When the next step is due, once it goes on.
             */
            next_at: string | null;
            /**
             * Format: int32
             * @description Of a step and of a call its pass, from 1.
             */
            pass: number | null;
            /**
             * Format: int32
             * @description Of a step its number, from 1.
             */
            step: number | null;
            /** @description To whom; none although a step fires: nobody is reached, and the next step follows at once. */
            told: components["schemas"]["SimulatedRecipient"][];
            /** @description What. */
            type: components["schemas"]["SimulatedType"];
            /** @description What leads nowhere, or may not arrive. */
            warnings: string[];
            /** @description The maintenance window that holds back. */
            window: string | null;
        };
        /** @description Somebody who would be told. */
        SimulatedRecipient: {
            /** @description Channel. */
            channel: string;
            /** @description Why it does not arrive at once: their quiet hours, or their digest; null: it does. */
            kept_back: string | null;
            /** @description Its shown name. */
            label: string;
            /** @description Address. */
            recipient: string;
            user: components["schemas"]["Person"] | null;
        };
        /**
         * @description What happens.
         * @enum {string}
         */
        SimulatedType: "step" | "every_admin" | "held" | "goes_on";
        /** @description How long to tell nobody. */
        Snooze: {
            /**
             * Format: date-time
             * @description Within the next 7 days; null: tell again from now on.
             */
            until: string | null;
        };
        /** @description Reports that wait on the host. */
        Spool: {
            /**
             * Format: int64
             * @description Their size, bytes.
             */
            bytes: number | null;
            /**
             * Format: int64
             * @description Files; null where the agent does not tell.
             */
            files: number | null;
            /**
             * Format: int64
             * @description Reports that were dropped because it was full, since the agent was installed.
             */
            lost_total: number | null;
        };
        /** @description What is pressed. */
        Tap: {
            /**
             * @description Takes all of the incident's group on, not it alone.
             * @default false
             */
            group?: boolean;
        };
        /** @description Whom a step tells. */
        Targets: {
            /**
             * @description Mail addresses and phone numbers of nobody with an account; read by viewers, they are masked.
             * @default []
             */
            external?: string[];
            /**
             * @description Roles; `oncall` means who is on duty when the step fires.
             * @default []
             */
            roles?: components["schemas"]["Role"][];
            /**
             * @description Accounts.
             * @default []
             */
            users?: number[];
        };
        /** @description Something that templates may name. */
        TemplateVariable: {
            /** @description What it holds in the sample; empty where that has nothing. */
            example: string;
            /** @description What it holds. */
            holds: string;
            /** @description As templates name it. */
            name: string;
        };
        /** @description One thing that happened to an incident. */
        TimelineEntry: {
            /** @description Who or what did it: `user:1`, `detector:service_down`, `policy:2`, `system`. */
            actor: string;
            /** @description Name of the person, when it was one. */
            actor_name: string | null;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description Particulars; their fields depend on the type. */
            detail: Record<string, unknown>;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description What: `opened`, `acknowledged`, `note`, `step_fired` ... */
            type: string;
        };
        /**
         * @description Whether a token still lets hosts in.
         * @enum {string}
         */
        TokenState: "active" | "used" | "expired" | "revoked";
        /** @description Messages about an incident, its recovery apart. */
        Told: {
            /**
             * Format: int64
             * @description That their channels took.
             */
            accepted: number;
            /**
             * Format: int64
             * @description That were meant to arrive: neither called off, held back nor too late.
             */
            messages: number;
        };
        /** @description Who sends mail, by login or by script. */
        TopSender: {
            /** @description The hosting account it belongs to. */
            account: string | null;
            /**
             * Format: int64
             * @description Addresses it logged in from in 24 hours, the most that an hour had; null of a script.
             */
            addresses: number | null;
            /**
             * Format: double
             * @description That, as a multiple of what the sender mails in this hour of the day: the median of the last 7 days, at least 1.
             *     Null while fewer than 4 of those days are known.
             */
            expected_x: number | null;
            /**
             * Format: double
             * @description Of its recipients in 24 hours the share that could not be reached, percent; null of a script.
             */
            failures_pct: number | null;
            /** @description Recipients of each of the last 24 hours, oldest first; null where nothing was reported of it. */
            hours: (number | null)[];
            /** @description What it is. */
            kind: components["schemas"]["SenderKind"];
            /** @description The login, masked for those who may not see customers' addresses; null of a script. */
            login: string | null;
            /**
             * Format: int64
             * @description Recipients of its messages in the running hour.
             */
            recipients_1h: number;
            /**
             * Format: int64
             * @description Recipients of its messages in the last 24 hours.
             */
            recipients_24h: number;
            /** @description The script's path; null of a login. */
            script: string | null;
            /** @description On which server. */
            server: components["schemas"]["ServerRef"];
        };
        /**
         * @description Servers that a list can say nothing about: the agent may not read what its rows are made of, or has not reported it
         *     for too long. A host on which there is no such thing is none of them.
         */
        Unreadable: {
            /** @description The first 20 by name. */
            servers: components["schemas"]["UnreadableServer"][];
            /**
             * Format: int64
             * @description How many.
             */
            total: number;
        };
        /** @description A server that a list can say nothing about. */
        UnreadableServer: {
            /** @description Where its report stands, with what would help. */
            probe: components["schemas"]["Probe"];
            /** @description Which server. */
            server: components["schemas"]["ServerRef"];
        };
        /** @description An account. */
        User: {
            /**
             * Format: date-time
             * @description When the account was made.
             */
            created_at: string;
            /** @description Log-in name, lower case. */
            email: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /** @description False: cannot sign in and is told nothing. */
            is_active: boolean;
            /**
             * Format: date-time
             * @description Last successful log-in.
             */
            last_login_at: string | null;
            /** @description True until they have chosen a password of their own. */
            must_change_password: boolean;
            /** @description Shown name. */
            name: string;
            /** @description What they may do. */
            role: components["schemas"]["Role"];
        };
        /** @description Changes of an account; what is absent stays. */
        UserPatch: {
            /**
             * @description False ends their sessions.
             * @default null
             */
            is_active?: boolean | null;
            /**
             * @description Shown name.
             * @default null
             */
            name?: string | null;
            /**
             * @description A new first password, which they must change; ends their sessions.
             * @default null
             */
            password?: string | null;
            /** @default null */
            role?: components["schemas"]["Role"] | null;
        };
        /** @description What is usual for one measurement, hour by hour; all vectors are as long as `at_ms`, null while that was learned. */
        UsualColumn: {
            /** @description Beginnings of the hours, milliseconds since 1970 UTC. */
            at_ms: number[];
            /** @description Name of the field. */
            field: string;
            /** @description One of twenty values of the hour lies above. */
            high: (number | null)[];
            /** @description What judges it. */
            judged_by: components["schemas"]["UsualJudge"][];
            /** @description One of twenty values of the hour lies below. */
            low: (number | null)[];
            /** @description The middle. */
            mid: (number | null)[];
        };
        /** @description What judges a measurement. */
        UsualJudge: {
            /** @description Key of the detector; `baseline` for a rule. */
            detector: string;
            /** @description Name of the rule or the detector. */
            name: string;
            /**
             * Format: int64
             * @description The rule, if it is one.
             */
            rule_id: number | null;
        };
        /** @description What is usual for measurements. */
        UsualRanges: {
            /** @description One a field that something judges; the others are left out. */
            columns: components["schemas"]["UsualColumn"][];
        };
        /** @description How many agents run a version. */
        VersionCount: {
            /**
             * Format: int64
             * @description How many.
             */
            agents: number;
            /** @description The version; null where it is not known. */
            version: string | null;
        };
        /** @description How the fleet is. */
        WallBoard: {
            /**
             * Format: date-time
             * @description When this was true.
             */
            at: string;
            /** @description Critical ones, those that nobody has taken first, of each the oldest first; 40 at most. */
            criticals: components["schemas"]["WallIncident"][];
            /**
             * Format: date-time
             * @description When a server last reported anything, of those that are watched; null where none ever did.
             */
            newest_report_at: string | null;
            /** @description Incidents that are not over, by severity. */
            open: components["schemas"]["WallOpen"];
            /** @description The servers by where they stand, named places first. */
            places: components["schemas"]["WallPlace"][];
            /**
             * Format: int64
             * @description How many of those that are critical nobody has taken.
             */
            unacknowledged_criticals: number;
        };
        /** @description An incident, without a word about anybody. */
        WallIncident: {
            /** @description Whether somebody is on it. */
            acknowledged: boolean;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: date-time
             * @description Since when.
             */
            opened_at: string;
            /** @description Name of the server, or of the group of them. */
            server_name: string;
            /** @description What is wrong: the detector's name, with the mount, service or group where it is about one. */
            what: string;
        };
        /** @description Incidents that are not over, by severity. */
        WallOpen: {
            /**
             * Format: int64
             * @description How many are critical.
             */
            critical: number;
            /**
             * Format: int64
             * @description How many are high.
             */
            high: number;
            /**
             * Format: int64
             * @description How many are info.
             */
            info: number;
            /**
             * Format: int64
             * @description How many are low.
             */
            low: number;
            /**
             * Format: int64
             * @description How many are medium.
             */
            medium: number;
        };
        /** @description A data centre. */
        WallPlace: {
            /** @description As its servers' `dc:` tag says; null for those without one. */
            dc: string | null;
            /** @description Its racks, named ones first. */
            racks: components["schemas"]["WallRack"][];
        };
        /** @description A rack. */
        WallRack: {
            /** @description As its servers' `rack:` tag says; null for those without one. */
            rack: string | null;
            /** @description Its servers, by name. */
            servers: components["schemas"]["WallServer"][];
        };
        /** @description A server. */
        WallServer: {
            /** @description Whether somebody is on all of those that are as bad. */
            acknowledged: boolean;
            /** @description Name. */
            name: string;
            severity: components["schemas"]["Severity"] | null;
            /** @description How it stands. */
            status: components["schemas"]["ServerStatus"];
        };
        /** @description What lets a screen in, without the token itself: that is shown once, when it is made. */
        WallToken: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Id.
             */
            id: number;
            /**
             * Format: date-time
             * @description When a screen last used it, to the minute.
             */
            last_used_at: string | null;
            /** @description Which screen. */
            name: string;
        };
        /**
         * @description Whether a web server runs.
         * @enum {string}
         */
        WebServerState: "running" | "stopped" | "unknown";
        /**
         * @description A day of the week.
         * @enum {string}
         */
        Weekday: "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    acknowledge_page: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description As it stands in the message */
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description No link of ours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description The incident is over, or a newer message has a link that works */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    acknowledge_by_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description As it stands in the message */
                token: string;
            };
            cookie?: never;
        };
        /** @description May be left out */
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["Tap"];
            };
        };
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description No link of ours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description The incident is over, or a newer message has a link that works */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_agents: {
        parameters: {
            query?: {
                /** @description Part of the server's name, host name or a tag. */
                q?: string;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description States, separated by commas. */
                state?: string;
                /** @description Exactly this version; `unknown` for those that do not tell. */
                version?: string;
                /** @description `state` (the default, worst first), `name`, `last_seen_at`, `version`, `skew`, `spool_bytes`, `refused`; `-` before it turns around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentList"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_alert_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_AlertRule"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    create_alert_rule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAlertRule"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    backtest_alert_rule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewBacktest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backtest"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_many_requests`: another one runs on this node; see `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_alert_rule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Rule */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `default_rule`: the default rule stays */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    update_alert_rule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Rule */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertRulePatch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `stale_version`: somebody changed it meanwhile */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    csrf_cookie: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cookie is set */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginResponse"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_credentials` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `locked`: too many failures; `Retry-After` says for how long */
            423: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `locked` */
            423: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Session"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_detectors: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DetectorCatalogue"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_escalation_policies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_EscalationPolicy"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    create_escalation_policy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEscalationPolicy"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EscalationPolicy"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_exists`: the name is taken */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    simulate_draft_policy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PolicyTrial"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicySimulation"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_escalation_policy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Policy */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `in_use`: rules route to it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    update_escalation_policy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Policy */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EscalationPolicyPatch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EscalationPolicy"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_exists`: the name is taken */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    simulate_escalation_policy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Policy */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImaginedIncident"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicySimulation"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_address: {
        parameters: {
            query: {
                /** @description An IPv4 or IPv6 address. */
                ip: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddressReport"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_backups: {
        parameters: {
            query?: {
                /** @description Part of the server's name, host name or a tag. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description `ok`, `stale`, `never_good`, `not_configured`, separated by commas; all of them when absent. */
                state?: string;
                /** @description `last_good_at` (the default: never first, then the oldest), `last_run_at`, `name`; `-` before it turns around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_HostBackups"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_cpanel: {
        parameters: {
            query?: {
                /** @description Part of the server's name, host name or a tag. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description Where the newest report stands: `ok`, `stale`, `no_data`, `no_permission`, `not_installed`, `collector_error`, `timeout`, separated by commas. */
                state?: string;
                /** @description An order, `-` before it turns it around; the description names those there are, worst first when absent. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_HostCpanel"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_crons: {
        parameters: {
            query?: {
                /** @description Part of the command, or of the user it runs as, as far as the caller sees them. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description `overdue`, `on_time`, `at_boot`, `unknown` (nobody can tell whether it ran), `failed` (ended with something else than 0), separated by commas. */
                state?: string;
                /** @description `overdue` (the default: the longest overdue first, then what failed), `server`, `user`, `last_run_at`; `-` before it turns around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartialList_HostCron"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_disks: {
        parameters: {
            query?: {
                /** @description Part of the server's name, host name or a tag. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description Where the newest report stands: `ok`, `stale`, `no_data`, `no_permission`, `not_installed`, `collector_error`, `timeout`, separated by commas. */
                state?: string;
                /** @description An order, `-` before it turns it around; the description names those there are, worst first when absent. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_HostDisks"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_firewall_events: {
        parameters: {
            query?: {
                /** @description Part of the reason, or of the account or login. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description One address. */
                ip?: string;
                /** @description Actions, separated by commas. */
                action?: string;
                /** @description Sources, separated by commas. */
                source?: string;
                /** @description First instant, inclusive; 24 h before `to` when absent. */
                from?: string;
                /** @description Last instant, exclusive; now when absent. */
                to?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartialList_FirewallEvent"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_litespeed: {
        parameters: {
            query?: {
                /** @description Part of the server's name, host name or a tag. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description Where the newest report stands: `ok`, `stale`, `no_data`, `no_permission`, `not_installed`, `collector_error`, `timeout`, separated by commas. */
                state?: string;
                /** @description An order, `-` before it turns it around; the description names those there are, worst first when absent. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_HostLitespeed"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_mail_abuse: {
        parameters: {
            query?: {
                /** @description `detected`, `acknowledged`, `suspended_by_op`, `cleared`, `false_positive`, separated by commas; all when absent. */
                status?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description Part of the account, script or domain; of the login for those who may see it. */
                q?: string;
                /** @description `urgency` (the default: oldest unreviewed first), `detected_at`, `recipients`; `-` turns it around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailAbuseList"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    show_mail_abuse: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Case */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailAbuseCase"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    move_mail_abuse: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Case */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTransition"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailAbuseCase"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_transition`: it is closed, or would go back */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_mail_allowances: {
        parameters: {
            query?: {
                /** @description Id of one server. */
                server?: number;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_MailAllowance"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    revoke_mail_allowance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Allowance */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_mail_queue: {
        parameters: {
            query?: {
                /** @description Part of the server's name, host name or a tag. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description Where the newest report stands: `ok`, `stale`, `no_data`, `no_permission`, `not_installed`, `collector_error`, `timeout`, separated by commas. */
                state?: string;
                /** @description An order, `-` before it turns it around; the description names those there are, worst first when absent. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_HostMailQueue"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_mysql: {
        parameters: {
            query?: {
                /** @description Part of the server's name, host name or a tag. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description Where the newest report stands: `ok`, `stale`, `no_data`, `no_permission`, `not_installed`, `collector_error`, `timeout`, separated by commas. */
                state?: string;
                /** @description An order, `-` before it turns it around; the description names those there are, worst first when absent. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_HostMysql"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_top_attackers: {
        parameters: {
            query?: {
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description Two letters. */
                country?: string;
                /** @description `-events` (the default), `-servers`, `-last_at`; without `-` the other way around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartialList_Attacker"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    hosting_top_senders: {
        parameters: {
            query?: {
                /** @description Part of the login, account or script; logins only for those who may see them. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description `login` or `script`; both when absent. */
                kind?: string;
                /** @description `-recipients_1h` (the default), `-recipients_24h`, `-failures_pct`; without `-` the other way around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartialList_TopSender"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_incidents: {
        parameters: {
            query?: {
                /** @description Part of the title, server name or subject. */
                q?: string;
                /** @description Statuses, separated by commas. */
                status?: string;
                /** @description Severities, separated by commas. */
                severity?: string;
                /** @description Server. */
                server_id?: number;
                /** @description Key of the detector. */
                detector?: string;
                /** @description Who took it on: `me`, `nobody`, or the id of an account. */
                owner?: string;
                /** @description Not over, and its escalation stands still: for `maintenance`, `snoozed` or `server_down`, separated by commas. */
                held?: string;
                /** @description `-opened_at` (the default), `last_seen_at`, `severity` (worst first), or `urgency`: unacknowledged first, the worst of them first; `-` before it turns around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Incident"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    show_incident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Incident */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    acknowledge_incident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Incident */
                id: number;
            };
            cookie?: never;
        };
        /** @description May be left out */
        requestBody: {
            content: {
                "application/json": components["schemas"]["Acknowledge"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_transition`: it is not open, or none of its group is; `owner_changed`: it is not with `from` any more */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Taking over a whole group */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    escalate_incident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Incident */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Escalate"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_transition`: it is not open; `already_escalated`: a step fired since `as_of`; `held_back`; `nothing_follows` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    add_incident_note: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Incident */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewNote"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    resolve_incident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Incident */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_transition`: it is over already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    snooze_incident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Incident */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Snooze"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_transition`: it is over, or not snoozed */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Not a time within the next 7 days */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    unacknowledge_incident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Incident */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_transition`: it is not acknowledged */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_maintenance_windows: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_MaintenanceWindow"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    create_maintenance_window: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMaintenanceWindow"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MaintenanceWindow"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_maintenance_window: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Window */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    update_maintenance_window: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Window */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MaintenanceWindowPatch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MaintenanceWindow"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_my_contacts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Contact"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    add_my_contact: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewContact"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_exists`, `already_verified` (the account's own address), `channel_off`, `too_many` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_many_requests`: `Retry-After` says when */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_my_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Contact */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    resend_my_contact_code: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Contact */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnotherCode"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_verified`, `channel_off` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_many_requests`: one a minute, five an hour */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    test_my_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Contact */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AskedTest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `not_verified`, `channel_off` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_many_requests`: one a minute, five an hour */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    verify_my_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Contact */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EnteredCode"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_verified`, `code_not_sent`, `code_expired`, `code_spent`: ask for another one */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_my_channels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_PersonalChannel"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    my_notification_preferences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationPreferences"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    put_my_notification_preferences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotificationPreferencesInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationPreferences"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_message_templates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_MessageKind"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    preview_message_template: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessagePreviewAsk"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessagePreview"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `errors` names subject or text, with line and reason */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    put_message_template: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Kind of message */
                kind: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessageTemplate"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageKind"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `errors` names subject or text, with line and reason */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_message_template: {
        parameters: {
            query?: {
                /** @description A channel; absent: the words for every channel. */
                channel?: string;
            };
            header?: never;
            path: {
                /** @description Kind of message */
                kind: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Reset */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_notification_channels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_NotificationChannel"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    put_notification_channel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Channel */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelSettings"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationChannel"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    make_channel_callback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Channel */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationChannel"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `not_configured`: set it up first; `no_callbacks`: its provider tells nothing */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    test_notification_channel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Channel */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelTest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelTestResult"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `not_configured`: set it up first */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_notification_deliveries: {
        parameters: {
            query?: {
                /** @description Statuses, separated by commas. */
                status?: string;
                /** @description Channel. */
                channel?: string;
                /** @description Incident. */
                incident_id?: number;
                /** @description Account. */
                user_id?: number;
                /** @description Queued at this time or later. */
                from?: string;
                /** @description Queued before this time. */
                to?: string;
                /** @description `-created_at` (the default), or `trouble`: failed ones first, then those under way; `-` before it turns around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Delivery"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_delivery_attempts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Delivery */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_DeliveryAttempt"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    retry_notification_delivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Delivery */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_transition`: it is on its way or has arrived */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    current_on_call: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_OnCallNow"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_on_call_schedules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_OnCallSchedule"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    create_on_call_schedule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOnCallSchedule"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OnCallSchedule"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_exists`: the name is taken; `too_many`: there are 50 */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_on_call_schedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Schedule */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    update_on_call_schedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Schedule */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OnCallSchedulePatch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OnCallSchedule"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_exists`: the name is taken */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    on_call_calendar: {
        parameters: {
            query?: {
                /** @description As it stands in the link. */
                token?: string;
            };
            header?: never;
            path: {
                /** @description Schedule */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description iCalendar */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/calendar": unknown;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_calendar_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Schedule */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_CalendarToken"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    create_calendar_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Schedule */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCalendarToken"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MintedCalendarToken"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_many`: revoke one first */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    revoke_calendar_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Schedule */
                id: number;
                /** @description Link */
                inner_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    create_on_call_override: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Schedule */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOnCallOverride"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OnCallOverride"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_many`: 200 are ahead */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_on_call_override: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Schedule */
                id: number;
                /** @description Override */
                inner_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    on_call_shifts: {
        parameters: {
            query?: {
                /** @description From then on; now when absent. */
                from?: string;
                /** @description Until just before, a year later at most; 4 weeks later when absent. */
                until?: string;
            };
            header?: never;
            path: {
                /** @description Schedule */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_OnCallShift"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    openapi_document: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_registration_tokens: {
        parameters: {
            query?: {
                /** @description Name of an order; `-` before it turns it around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_RegistrationToken"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    create_registration_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRegistrationToken"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MintedToken"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    revoke_registration_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Token */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_servers: {
        parameters: {
            query?: {
                /** @description Part of the name, host name or a tag. */
                q?: string;
                /** @description Statuses, separated by commas. */
                status?: string;
                /** @description A tag they must carry. */
                tag?: string;
                /** @description Only servers whose monitoring is on (true) or off (false). */
                is_active?: boolean;
                /** @description `trouble` (the default, worst first: down, an open critical incident, unknown, stale, other open incidents by severity, registering, up, disabled), `status`, `name`, `cpu_pct`, `ram_pct`, `load1`, `load_per_core`, `iowait_pct`, `worst_disk_pct`, `worst_inodes_pct`, `deferred_mail`, `mysql_connections_pct`, `agent_version`, `last_seen_at`, `created_at`; `-` before it turns around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Server"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    show_server: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Server"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_server: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    update_server: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServerPatch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Server"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_exists`: the name is taken */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    approve_re_enrolment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Server"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_backups: {
        parameters: {
            query?: {
                /** @description Name of an order; `-` before it turns it around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerBackups"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_cpanel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerCpanel"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_crons: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerCrons"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_decisions: {
        parameters: {
            query?: {
                /** @description Keys of detectors, separated by commas; all when absent. */
                detector?: string;
                /** @description One subject, exactly. */
                subject?: string;
                /** @description Only what opened, changed or ended an incident (`true`), or only why nothing happened (`false`). */
                moved?: boolean;
                /** @description First instant; 30 days back when absent. */
                from?: string;
                /** @description Last instant, exclusive; now when absent. */
                to?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Decision"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    disable_agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        /** @description May be left out */
        requestBody: {
            content: {
                "application/json": components["schemas"]["DisableAgent"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Server"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_transition`: it is off already, until the same time */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_disks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerDisks"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    enable_agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Server"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `invalid_transition`: it is on already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_firewall: {
        parameters: {
            query?: {
                /** @description Part of the reason, or of the account or login. */
                q?: string;
                /** @description Id of one server. */
                server?: number;
                /** @description A tag the server must carry. */
                tag?: string;
                /** @description One address. */
                ip?: string;
                /** @description Actions, separated by commas. */
                action?: string;
                /** @description Sources, separated by commas. */
                source?: string;
                /** @description First instant, inclusive; 24 h before `to` when absent. */
                from?: string;
                /** @description Last instant, exclusive; now when absent. */
                to?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerFirewall"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_incidents: {
        parameters: {
            query?: {
                /** @description Name of an order; `-` before it turns it around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Incident"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_litespeed: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerLitespeed"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_mail_queue: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerMailQueue"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_marks: {
        parameters: {
            query?: {
                /** @description First instant, inclusive; an hour before `to` when absent. */
                from?: string;
                /** @description Last instant, exclusive; now when absent. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerMarks"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_metrics: {
        parameters: {
            query?: {
                /** @description Fields separated by commas: `cpu_pct,load1`, or `disks.used_pct` for another kind. All of one kind. */
                fields?: string;
                /** @description First instant, inclusive; an hour before `to` when absent. */
                from?: string;
                /** @description Last instant, exclusive; now when absent. */
                to?: string;
                /** @description At most so many points a column, 1 to 2000; 500 when absent. */
                points?: number;
            };
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MetricSeries"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_mysql: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerMysql"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_services: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerServices"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    server_usual: {
        parameters: {
            query: {
                /** @description Fields separated by commas, as `GET /api/servers/{id}/metrics` takes them. All of one kind. */
                fields: string;
                /** @description First instant, inclusive, 8 days before `to` at most; an hour before `to` when absent. */
                from?: string;
                /** @description Last instant, exclusive; now when absent. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description Server */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsualRanges"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_users: {
        parameters: {
            query?: {
                /** @description Name of an order; `-` before it turns it around. */
                sort?: string;
                /** @description Rows on the page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Where the page begins. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_User"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    create_user: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedUser"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_exists` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    show_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Account */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Account */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `last_admin`, or `in_use` while an escalation policy or an on-call schedule names it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    update_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Account */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserPatch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `last_admin`: one active administrator must remain */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    wall_board: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WallBoard"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    list_wall_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_WallToken"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    create_wall_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWallToken"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MintedWallToken"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `already_exists`: another screen has the name; `too_many`: revoke one first */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    revoke_wall_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Token */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `forbidden`, or `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    open_socket: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `window.__NOC_REVERB_KEY__` */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is open */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not a WebSocket handshake */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    authorize_channel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelRequest"];
                "application/x-www-form-urlencoded": components["schemas"]["ChannelRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelGrant"];
                };
            };
            /** @description `malformed`: not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `password_change_required` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `csrf_mismatch`: get the cookie again */
            419: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    verify_hook: {
        parameters: {
            query?: {
                /** @description `subscribe`. */
                "hub.mode"?: string;
                /** @description As it was entered there: the secret part of the address. */
                "hub.verify_token"?: string;
                /** @description To be given back. */
                "hub.challenge"?: string;
            };
            header?: never;
            path: {
                /** @description `whatsapp` */
                provider: string;
                /** @description As made for the channel */
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The challenge */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    take_callback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `whatsapp` (Meta), `twilio`, `waha` */
                provider: string;
                /** @description As made for the channel */
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken in, also where it is about nothing of ours */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `malformed`: not what this provider says */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description No such address, or not signed by its provider */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `validation_failed`: `errors` says which fields are wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    runtime_config: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The script */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/javascript": string;
                };
            };
            /** @description `unavailable`: a part cannot be reached; `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
}
