package io.ropewalk.inventory;

import org.jspecify.annotations.Nullable;

/**
 * A request that was seen under a key.
 *
 * @param fingerprint what it was
 * @param answer what it was answered; null while that is not known
 */
public record KeptAnswer(String fingerprint, @Nullable Answer answer) {
    /**
     * An answer over HTTP.
     *
     * @param body as text; empty when there was none
     */
    public record Answer(
            int status,
            @Nullable String contentType,
            @Nullable String location,
            @Nullable String etag,
            String body) {}
}
