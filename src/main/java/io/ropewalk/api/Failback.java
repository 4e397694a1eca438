package io.ropewalk.api;

import java.time.Duration;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The policy {@code failback} in words: {@code MANUAL}, {@code IMMEDIATE}, {@code AFTER(PT5M)}. */
public final class Failback {
    private static final String MANUAL = "MANUAL";
    private static final String IMMEDIATE = "IMMEDIATE";
    private static final Pattern AFTER = Pattern.compile("AFTER\\((.+)\\)");

    private Failback() {}

    /** The words for how long a preferred path must have been well; null for never. */
    public static String write(@Nullable Duration after) {
        if (after == null) {
            return MANUAL;
        }
        return after.isZero() ? IMMEDIATE : "AFTER(" + after + ")";
    }

    /**
     * The other way round.
     *
     * @param durations reads what stands between the parentheses
     * @throws IllegalArgumentException when it is none of the words
     */
    public static @Nullable Duration read(String words, Function<String, Duration> durations) {
        Matcher after = AFTER.matcher(words);
        if (after.matches()) {
            return durations.apply(after.group(1));
        }
        return switch (words) {
            case MANUAL -> null;
            case IMMEDIATE -> Duration.ZERO;
            default ->
                throw new IllegalArgumentException(
                        "failback must be MANUAL, IMMEDIATE or AFTER(duration), not " + words);
        };
    }
}
