package io.ropewalk.cli;

import java.util.Locale;

/** A size as the listings show it in parentheses: at most three digits and a unit, {@code 64M}, {@code 1.0G}. */
final class HumanSize {
    private static final String UNITS = "BKMGTPE";

    private HumanSize() {}

    /** Rounded to the unit that leaves at most three digits; below ten of a unit to a tenth of it. */
    static String of(long bytes) {
        double value = bytes;
        int unit = 0;
        while (Math.round(value) >= 1000 && unit < UNITS.length() - 1) {
            value /= 1024;
            unit++;
        }
        boolean withTenth = unit > 0 && Math.round(value * 10) < 100;
        String number = withTenth
                ? String.format(Locale.ROOT, "%.1f", Math.round(value * 10) / 10.0)
                : Long.toString(Math.round(value));
        return number + UNITS.charAt(unit);
    }
}
