package io.ropewalk.store;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The data folder cannot be ours. The message is one sentence for people. */
public final class DataDirException extends IOException {
    private static final long serialVersionUID = 1;

    DataDirException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
