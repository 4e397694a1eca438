package io.ropewalk.config;

import org.jspecify.annotations.Nullable;

/** The service cannot start as it is configured. The message is one sentence for people. */
final class StartupException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String correction;

    /** @param correction one sentence: what to do */
    StartupException(String message, String correction) {
        this(message, correction, null);
    }

    StartupException(String message, String correction, @Nullable Throwable cause) {
        super(message, cause);
        this.correction = correction;
    }

    String correction() {
        return correction;
    }
}
