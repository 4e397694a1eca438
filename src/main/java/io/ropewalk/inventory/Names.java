package io.ropewalk.inventory;

import java.net.URI;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What names may be, and names for devices that were given none. Pure. */
public final class Names {
    static final int MAXIMUM_LENGTH = 63;
    static final String RULE =
            "Use 1 to 63 letters, digits, dots, hyphens and underscores; the first one a letter or digit.";

    private static final Pattern LEGAL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final Pattern ODD = Pattern.compile("[^A-Za-z0-9._-]+");
    private static final Pattern ODD_START = Pattern.compile("^[^A-Za-z0-9]+");
    private static final Pattern SOCKET = Pattern.compile("(?:^|&)socket=([^&]+)");

    private Names() {}

    /** Whether a device, a geom or an export can be called so. */
    public static boolean isLegal(String name) {
        return LEGAL.matcher(name).matches();
    }

    /** A legal name that tells where {@code uri} leads, and that is not taken. */
    static String derive(URI uri, Predicate<String> taken) {
        String base = legalize(hint(uri));
        String name = base;
        for (int number = 2; taken.test(name); number++) {
            String suffix = "-" + number;
            name = cut(base, MAXIMUM_LENGTH - suffix.length()) + suffix;
        }
        return name;
    }

    private static String hint(URI uri) {
        String last = lastSegment(uri.getPath());
        String socket = socket(uri);
        if (socket != null) {
            return join(lastSegment(socket), last);
        }
        String host = uri.getAuthority();
        return host == null ? last : join(host.substring(host.lastIndexOf('@') + 1), last);
    }

    private static String join(String where, String what) {
        return what.isEmpty() ? where : where + "-" + what;
    }

    private static @Nullable String socket(URI uri) {
        var matcher = SOCKET.matcher(uri.getQuery() == null ? "" : uri.getQuery());
        return matcher.find() ? matcher.group(1) : null;
    }

    /** What follows the last slash; empty where there is no path. */
    static String lastSegment(@Nullable String path) {
        return path == null ? "" : path.substring(path.lastIndexOf('/') + 1);
    }

    private static String legalize(String hint) {
        String plain = ODD_START.matcher(ODD.matcher(hint).replaceAll("-")).replaceAll("");
        return plain.isEmpty() ? "device" : cut(plain, MAXIMUM_LENGTH);
    }

    private static String cut(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length);
    }
}
