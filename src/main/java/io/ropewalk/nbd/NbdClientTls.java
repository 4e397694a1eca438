package io.ropewalk.nbd;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.tls.TlsContext;
import java.security.NoSuchAlgorithmException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Where sessions of {@code nbds} devices get what TLS needs. Asked when a device is opened, where it may block, and again
 * for each session, on loops, where it answers from memory; so new certificates count from the next session on.
 */
@FunctionalInterface
public interface NbdClientTls {
    /** Trusts whom the Java runtime trusts, and shows no certificate; knows no bundles. */
    NbdClientTls OF_THE_RUNTIME = NbdClientTls::ofTheRuntime;

    /**
     * What to use.
     *
     * @param bundle the {@code tls-bundle} that the URI names; null for the usual one
     * @throws DeviceException of reason UNSUITABLE when there is none of that name, or it cannot be used
     */
    TlsContext context(@Nullable String bundle) throws DeviceException;

    private static TlsContext ofTheRuntime(@Nullable String bundle) throws DeviceException {
        if (bundle != null) {
            throw new DeviceException(Reason.UNSUITABLE, "There are no SSL bundles here; leave tls-bundle away.");
        }
        try {
            return TlsContext.of(SSLContext.getDefault());
        } catch (NoSuchAlgorithmException e) {
            throw new DeviceException(
                    Reason.UNSUITABLE, "The Java runtime's own CAs cannot be used (" + e.getMessage() + ").", e);
        }
    }
}
