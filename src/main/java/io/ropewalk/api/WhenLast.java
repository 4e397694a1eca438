package io.ropewalk.api;

import com.fasterxml.jackson.annotation.JsonValue;
import io.ropewalk.inventory.LastPath;

/** What to do when the path to remove is the geom's only one. */
enum WhenLast {
    /** 409 {@code last-path}. */
    REFUSE(LastPath.REFUSE),
    /** Destroy the geom with it. */
    DESTROY(LastPath.DESTROY);

    private final LastPath lastPath;

    WhenLast(LastPath lastPath) {
        this.lastPath = lastPath;
    }

    LastPath lastPath() {
        return lastPath;
    }

    @JsonValue
    @Override
    public String toString() {
        return EnumWords.word(this);
    }
}
