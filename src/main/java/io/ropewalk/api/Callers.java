package io.ropewalk.api;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/** How callers of the API are known. Asked once for each request, on its thread; any number of threads. */
public interface Callers {
    /** Nobody is asked: everybody may do everything. */
    Callers EVERYBODY = request -> new Known("anonymous", Role.ADMIN);

    /** What is known of a caller. */
    sealed interface Answer {}

    /**
     * One who is known.
     *
     * @param name as events tell
     * @param role null for one who may do nothing
     */
    record Known(String name, @Nullable Role role) implements Answer {}

    /**
     * One who is not known, or not any more.
     *
     * @param why in one sentence
     * @param correction what to do, in one sentence
     * @param challenge what HTTP says to it (RFC 9110, 11.6.1); null where it has no word
     */
    record Unknown(String why, String correction, @Nullable String challenge) implements Answer {}

    /** Who sends {@code request}. */
    Answer identify(HttpServletRequest request);

    /** Whether anybody is asked at all. */
    default boolean areAsked() {
        return this != EVERYBODY;
    }
}
