package io.ropewalk.config;

import io.ropewalk.api.Callers;
import io.ropewalk.api.CertificateCallers;
import io.ropewalk.api.Role;
import io.ropewalk.config.TlsBundles.UnusableException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.web.server.Ssl;

/** The mode mtls: the web server asks for certificates, their names have roles. */
final class MtlsMode {
    private static final String CERTIFICATES = "ropewalk.security.certificates";

    private MtlsMode() {}

    /**
     * Who comes with a certificate.
     *
     * @param ssl how the web server does TLS; null for not at all
     * @throws StartupException when nobody would be asked for a certificate, anybody's would do, or none has a role
     */
    static Callers callers(List<RoleProperties> certificates, @Nullable Ssl ssl, TlsBundles bundles) {
        if (!Ssl.isEnabled(ssl)) {
            throw new StartupException(
                    "ropewalk.security.mode is mtls, but the API has no TLS.",
                    "Set server.ssl.bundle to an SSL bundle with the service's certificate and the CAs of its callers.");
        }
        if (ssl == null || ssl.getClientAuth() == null || ssl.getClientAuth() == Ssl.ClientAuth.NONE) {
            throw new StartupException(
                    "ropewalk.security.mode is mtls, but nobody would be asked for a certificate.",
                    "Set server.ssl.client-auth to need, or to want where the API's pages are for everybody.");
        }
        requireAuthorities(ssl, bundles);
        Map<String, Role> roles = roles(CERTIFICATES, certificates);
        if (roles.isEmpty()) {
            throw new StartupException(
                    "ropewalk.security.mode is mtls, but no certificate has a role, so nobody could come in.",
                    "Set " + CERTIFICATES + "[0].name to a name in a certificate, and " + CERTIFICATES
                            + "[0].role to viewer, operator or admin.");
        }
        return new CertificateCallers(roles);
    }

    /** The web server by itself would take the CAs of the Java runtime, so that anybody's certificate would do. */
    private static void requireAuthorities(Ssl ssl, TlsBundles bundles) {
        String bundle = ssl.getBundle();
        if (bundle == null && ssl.getTrustStore() == null && ssl.getTrustCertificate() == null) {
            throw new StartupException(
                    "ropewalk.security.mode is mtls, but server.ssl does not say whose certificates are good.",
                    "Set server.ssl.bundle to an SSL bundle whose truststore is the CA of your callers.");
        }
        if (bundle != null) {
            try {
                bundles.requireAuthorities(bundle);
            } catch (UnusableException unusable) {
                throw new StartupException(
                        "server.ssl.bundle: " + unusable.getMessage(),
                        "Set the truststore of the bundle to the CA of your callers.",
                        unusable);
            }
        }
    }

    /** @throws StartupException when a role has no name, a name no role, or two */
    static Map<String, Role> roles(String property, List<RoleProperties> given) {
        Map<String, Role> roles = new HashMap<>();
        for (RoleProperties each : given) {
            String name = each.name();
            Role role = each.role();
            if (name == null || name.isBlank() || role == null) {
                throw new StartupException(
                        property + " has an entry without " + (role == null ? "role." : "name."),
                        "Give each a name, and the role viewer, operator or admin.");
            }
            if (roles.put(name, role) != null) {
                throw new StartupException(property + " names " + name + " twice.", "Remove one of the two.");
            }
        }
        return roles;
    }
}
