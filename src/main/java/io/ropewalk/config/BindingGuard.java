package io.ropewalk.config;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets nothing listen where strangers may come from, as long as nobody has said how they are to be known: neither REST nor
 * NBD asks who is there on loopback.
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
        if (open.isEmpty()) {
            LOG.info("Everything listens on loopback only: whoever is on this machine may do everything");
        } else {
            LOG.warn(
                    "Security is switched off (ropewalk.security.mode is none): whoever reaches {} may do everything",
                    String.join(", ", open.keySet()));
        }
    }

    private static StartupException refusal(Map.Entry<String, @Nullable InetAddress> open) {
        InetAddress address = open.getValue();
        return new StartupException(
                open.getKey() + " is "
                        + (address == null ? "not set, which is every address" : address.getHostAddress())
                        + ", where others than this machine can reach the service, but nothing says who may use it.",
                "Set " + open.getKey() + " to 127.0.0.1, or set ropewalk.security.mode; none lets everybody in who can"
                        + " reach it.");
    }
}
