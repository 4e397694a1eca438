package io.ropewalk.api;

import com.fasterxml.jackson.annotation.JsonValue;

/** How much of each geom a listing tells. */
enum View {
    /** What it is and how it is. */
    BASIC,
    /** Everything. */
    FULL;

    @JsonValue
    @Override
    public String toString() {
        return EnumWords.word(this);
    }
}
