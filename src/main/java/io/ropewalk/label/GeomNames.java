package io.ropewalk.label;

import java.util.regex.Pattern;

/** Which names a labelled geom can have, and names that stand in for those it cannot (Q19). Pure. */
public final class GeomNames {
    /** Digits of base 36 behind the hyphen of a temporary name. */
    private static final int SUFFIX_LENGTH = 4;

    private static final int SUFFIX_COUNT = 36 * 36 * 36 * 36;
    private static final Pattern VALID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,14}");

    private GeomNames() {}

    /** 1 to 15 characters, {@code [A-Za-z0-9][A-Za-z0-9._-]*}. */
    public static boolean isValidForLabel(String name) {
        return VALID.matcher(name).matches();
    }

    /** The valid name nearest to {@code name}, which is returned when it is valid itself. */
    static String nearestValid(String name) {
        String replaced = name.replaceAll("[^A-Za-z0-9._-]", "-");
        String started = replaced.replaceFirst("^[._-]+", "");
        return started.isEmpty() ? "geom" : started.substring(0, Math.min(started.length(), Label.MAXIMUM_NAME_BYTES));
    }

    /** How many temporary names there are for one name. */
    static int temporaryNameCount() {
        return SUFFIX_COUNT;
    }

    /** The {@code number}th temporary name for the valid name {@code base}: {@code disk1-x7q2}. Valid itself. */
    static String temporary(String base, int number) {
        int room = Label.MAXIMUM_NAME_BYTES - 1 - SUFFIX_LENGTH;
        String suffix = Integer.toString(Math.floorMod(number, SUFFIX_COUNT) + SUFFIX_COUNT, 36);
        return base.substring(0, Math.min(base.length(), room)) + '-' + suffix.substring(1);
    }
}
