package io.ropewalk.api;

import io.ropewalk.inventory.Names;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of a listing that is ordered by name.
 *
 * @param nextPageToken where the next part begins; null when this is the last
 */
record Page<T>(List<T> items, @Nullable String nextPageToken) {
    static final int USUAL_SIZE = 100;
    static final int LARGEST_SIZE = 1000;

    /**
     * The part after {@code pageToken}. A token holds the last name of the page before, so that what comes and goes
     * meanwhile neither repeats nor hides what stays.
     */
    static <T> Page<T> of(List<T> all, Function<T, String> name, int pageSize, @Nullable String pageToken) {
        String after = pageToken == null || pageToken.isEmpty() ? "" : decode(pageToken);
        List<T> rest = all.stream()
                .filter(item -> name.apply(item).compareTo(after) > 0)
                .toList();
        if (rest.size() <= pageSize) {
            return new Page<>(rest, null);
        }
        List<T> items = rest.subList(0, pageSize);
        return new Page<>(items, encode(name.apply(items.getLast())));
    }

    <R> Page<R> map(Function<T, R> form) {
        return new Page<>(items.stream().map(form).toList(), nextPageToken);
    }

    private static String encode(String name) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(name.getBytes(StandardCharsets.UTF_8));
    }

    /** Refuses what cannot have been given out: a token holds a name, and in one way only. */
    private static String decode(String token) {
        try {
            String name = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
            if (Names.isLegal(name) && encode(name).equals(token)) {
                return name;
            }
        } catch (IllegalArgumentException none) {
            // Said below.
        }
        throw ApiException.parameter("pageToken", "must be the nextPageToken of the page before");
    }
}
