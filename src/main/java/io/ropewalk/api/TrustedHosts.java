package io.ropewalk.api;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The names under which a browser may ask where nobody has to say who he is. A page can have its own name lead to loopback
 * after it was loaded (DNS rebinding): then it is of this origin, for all that the browser knows.
 *
 * @param more beside localhost and addresses of loopback; in lower case
 */
public record TrustedHosts(Set<String> more) {
    /** {@code more} in any case. */
    public TrustedHosts {
        more = more.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    }

    /** @param host as in the header, without port and brackets; null where there is none, as before HTTP/1.1 */
    boolean contains(@Nullable String host) {
        if (host == null || host.isEmpty()) {
            return true;
        }
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost") || name.endsWith(".localhost") || more.contains(name) || isLoopback(name);
    }

    /** Whether {@code address} is a literal address of loopback. */
    static boolean isLoopback(String address) {
        try {
            return InetAddress.ofLiteral(address).isLoopbackAddress();
        } catch (IllegalArgumentException aName) {
            return false;
        }
    }
}
