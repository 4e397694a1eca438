package io.ropewalk.api;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How long a caller wants to wait, by RFC 7240: {@code Prefer: wait=10}, {@code Prefer: respond-async}. Pure. */
final class Preference {
    static final String PREFER = "Prefer";
    static final String APPLIED = "Preference-Applied";

    /** The longest that can be asked for, in seconds; who wants more leaves the preference out. */
    static final int MOST_SECONDS = 300;

    private static final String ASYNC = "respond-async";
    private static final Pattern WAIT = Pattern.compile("wait\\s*=\\s*\"?([^\";]*)\"?.*");
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,3}");

    private Preference() {}

    /**
     * Null when the caller waits until it is done. Preferences that we do not know are nothing to us, as the RFC has it.
     *
     * @param headers every Prefer header of the request
     * @throws ApiException for a time that is none
     */
    static @Nullable Duration wait(Iterable<String> headers) {
        Duration wait = null;
        for (String header : headers) {
            for (String one : header.split(",", -1)) {
                String preference = one.strip().toLowerCase(Locale.ROOT);
                Matcher matcher = WAIT.matcher(preference);
                if (matcher.matches()) {
                    return seconds(matcher.group(1));
                }
                if (preference.equals(ASYNC)) {
                    wait = Duration.ZERO;
                }
            }
        }
        return wait;
    }

    private static Duration seconds(String text) {
        if (SECONDS.matcher(text).matches() && Integer.parseInt(text) <= MOST_SECONDS) {
            return Duration.ofSeconds(Integer.parseInt(text));
        }
        throw ApiException.parameter(PREFER, "must have a wait of 0 to " + MOST_SECONDS + " seconds");
    }

    /** What to tell of the preference that was followed. */
    static String applied(Duration wait) {
        return "wait=" + wait.toSeconds();
    }
}
