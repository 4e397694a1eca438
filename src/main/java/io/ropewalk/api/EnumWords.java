package io.ropewalk.api;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The words of an enum as they stand in JSON and in URLs. */
final class EnumWords {
    private EnumWords() {}

    static String of(Class<?> type) {
        return Arrays.stream(type.getEnumConstants()).map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** How a constant calls itself where it goes by a lower-case word. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The constant's name for a word. */
    static String constant(String word) {
        return word.toUpperCase(Locale.ROOT);
    }
}
