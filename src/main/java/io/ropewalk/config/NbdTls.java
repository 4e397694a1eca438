package io.ropewalk.config;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.config.RopewalkProperties.Nbd;
import io.ropewalk.config.RopewalkProperties.Tls;
import io.ropewalk.config.TlsBundles.UnusableException;
import io.ropewalk.nbd.NbdClientTls;
import io.ropewalk.nbd.NbdServerTls;
import io.ropewalk.tls.ClientCertificates;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** TLS of NBD, both ways, as it is configured. */
final class NbdTls {
    private static final String BUNDLE = "ropewalk.nbd.ssl-bundle";
    private static final String MAKE_ONE =
            "Describe it under spring.ssl.bundle.pem or spring.ssl.bundle.jks, or name another one.";

    private NbdTls() {}

    /**
     * Checks what goes together, before anything is opened.
     *
     * @throws StartupException when NBD would be less safe than what is said makes believe
     */
    static void check(Nbd nbd) {
        Tls tls = nbd.effectiveTls();
        if (tls == Tls.OFF && nbd.clientAuth() != ClientCertificates.NONE) {
            throw new StartupException(
                    "ropewalk.nbd.client-auth is " + nbd.clientAuth().name().toLowerCase(Locale.ROOT)
                            + ", but TLS is off for NBD, so nobody would be asked for a certificate.",
                    "Set ropewalk.nbd.tls to required and " + BUNDLE + ", or remove ropewalk.nbd.client-auth.");
        }
        if (tls == Tls.ALLOWED && nbd.clientAuth() == ClientCertificates.NEED) {
            throw new StartupException(
                    "ropewalk.nbd.client-auth is need, but TLS is only allowed for NBD, so whoever does without would be"
                            + " asked for no certificate.",
                    "Set ropewalk.nbd.tls to required, or ropewalk.nbd.client-auth to want.");
        }
        if (nbd.clientAuth() == ClientCertificates.NONE
                && !nbd.allowedCertificates().isEmpty()) {
            throw new StartupException(
                    "ropewalk.nbd.allowed-certificates names certificates, but ropewalk.nbd.client-auth is none, so nobody"
                            + " would be asked for one.",
                    "Set ropewalk.nbd.client-auth to want or need, or remove ropewalk.nbd.allowed-certificates.");
        }
        if (tls != Tls.OFF && nbd.sslBundle() == null) {
            throw missingBundle(nbd, tls);
        }
    }

    private static StartupException missingBundle(Nbd nbd, Tls tls) {
        String why = nbd.tls() == null
                ? "ropewalk.nbd.address is " + nbd.address().getHostAddress()
                        + ", where NBD clients of other machines must use TLS"
                : "ropewalk.nbd.tls is " + tls.name().toLowerCase(Locale.ROOT);
        return new StartupException(
                why + ", but " + BUNDLE + " does not say which certificate to show them.",
                "Set " + BUNDLE + " to an SSL bundle (spring.ssl.bundle.pem.NAME), or ropewalk.nbd.tls to off where"
                        + " whoever can listen in may.");
    }

    /**
     * The server's side; null where TLS is off.
     *
     * @throws StartupException when the bundle will not do
     */
    static @Nullable NbdServerTls server(Nbd nbd, TlsBundles bundles) {
        String name = nbd.sslBundle();
        if (nbd.effectiveTls() == Tls.OFF || name == null) {
            return null;
        }
        try {
            bundles.context(name);
            bundles.requireIdentity(name);
            if (nbd.clientAuth() != ClientCertificates.NONE) {
                bundles.requireAuthorities(name);
            }
        } catch (UnusableException unusable) {
            throw new StartupException(BUNDLE + ": " + unusable.getMessage(), MAKE_ONE, unusable);
        }
        return new NbdServerTls(() -> bundles.context(name), nbd.effectiveTls() == Tls.REQUIRED, nbd.clientAuth());
    }

    /**
     * The client's side.
     *
     * @param usual the bundle where a URI names none; null for the CAs of the Java runtime
     * @throws StartupException when that will not do
     */
    static NbdClientTls client(@Nullable String usual, TlsBundles bundles) {
        if (usual != null) {
            try {
                bundles.context(usual);
            } catch (UnusableException unusable) {
                throw new StartupException(
                        "ropewalk.nbd-client.ssl-bundle: " + unusable.getMessage(), MAKE_ONE, unusable);
            }
        }
        return named -> {
            String name = named == null ? usual : named;
            if (name == null) {
                return NbdClientTls.OF_THE_RUNTIME.context(null);
            }
            try {
                return bundles.context(name);
            } catch (UnusableException unusable) {
                throw new DeviceException(Reason.UNSUITABLE, String.valueOf(unusable.getMessage()), unusable);
            }
        };
    }
}
