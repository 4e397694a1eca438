package io.ropewalk.config;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Lets nothing listen where strangers may come from, as long as nobody has said how they are to be known: by default
 * neither REST nor NBD asks who is there.
 */
final class BindingGuard {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    private BindingGuard() {}

    /**
     * Checks what is going to listen.
     *
     * @param addresses by the property that says them; null where none is said, which is every address
     * @throws StartupException when one is not loopback and no security mode is configured
     */
    static void check(Map<String, @Nullable InetAddress> addresses, RopewalkProperties.@Nullable SecurityMode mode) {
        Map<String, @Nullable InetAddress> open = new LinkedHashMap<>(addresses);
        open.values().removeIf(address -> address != null && address.isLoopbackAddress());
        if (mode == null && !open.isEmpty()) {
            throw refusal(open.entrySet().iterator().next());
        }
        LOG.atLevel(open.isEmpty() ? Level.INFO : Level.WARN).log(word(open.keySet(), mode));
    }

    /** What the log says once of who may do what. */
    private static String word(Set<String> open, RopewalkProperties.@Nullable SecurityMode mode) {
        String asks = question(mode);
        if (open.isEmpty()) {
            return "Everything listens on loopback only: whoever is on this machine "
                    + (asks.isEmpty() ? "may do everything" : "may use NBD; the API asks for " + asks);
        }
        String doors = String.join(", ", open);
        return asks.isEmpty()
                ? "Security is switched off (ropewalk.security.mode is none): whoever reaches " + doors
                        + " may do everything"
                : "The API asks for " + asks
                        + ", but metrics do not, and NBD only where it says so: let only those reach " + doors
                        + " who may use them";
    }

    /** What callers of the API are asked for; empty for nothing. */
    private static String question(RopewalkProperties.@Nullable SecurityMode mode) {
        return switch (Objects.requireNonNullElse(mode, RopewalkProperties.SecurityMode.NONE)) {
            case NONE -> "";
            case TOKEN -> "a token";
            case JWT -> "a token of its issuer";
            case MTLS -> "a certificate";
        };
    }

    private static StartupException refusal(Map.Entry<String, @Nullable InetAddress> open) {
        InetAddress address = open.getValue();
        return new StartupException(
                open.getKey() + " is "
                        + (address == null ? "not set, which is every address" : address.getHostAddress())
                        + ", where others than this machine can reach the service, but nothing says who may use it.",
                "Set " + open.getKey() + " to 127.0.0.1, or set ropewalk.security.mode: token, jwt and mtls ask"
                        + " callers who they are, none lets everybody in who can reach it.");
    }
}
