package io.ropewalk.inventory;

import java.io.IOException;

/** The store cannot do it now. The message is one sentence for people. */
public final class StoreException extends IOException {
    private static final long serialVersionUID = 1;

    public StoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
