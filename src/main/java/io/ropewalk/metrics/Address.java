package io.ropewalk.metrics;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a device is, for a label: no user, no password, no options.
 *
 * @param transport the scheme of its URI
 * @param address host and port, or the path of a socket or file
 */
record Address(String transport, String address) {
    static final Address UNKNOWN = new Address("", "");

    private static final Pattern SOCKET = Pattern.compile("(?:^|&)socket=([^&]+)");

    static Address of(String uri) {
        try {
            return of(URI.create(uri));
        } catch (IllegalArgumentException unreadable) {
            return UNKNOWN;
        }
    }

    private static Address of(URI uri) {
        String transport = String.valueOf(uri.getScheme());
        Matcher socket = SOCKET.matcher(uri.getQuery() == null ? "" : uri.getQuery());
        if (socket.find()) {
            return new Address(transport, socket.group(1));
        }
        String authority = uri.getAuthority();
        if (authority != null) {
            return new Address(transport, authority.substring(authority.lastIndexOf('@') + 1));
        }
        return new Address(transport, uri.getPath() == null ? "" : uri.getPath());
    }
}
