package io.ropewalk.api;

import io.ropewalk.tls.CertificateNames;
import jakarta.servlet.http.HttpServletRequest;
import java.security.cert.X509Certificate;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;

/** Callers are known by the client certificates that TLS has found good; their names have roles. Immutable. */
public final class CertificateCallers implements Callers {
    /** Where the servlet container leaves the certificates (Servlet specification, 3.10). */
    private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

    private final Map<String, Role> roles;

    /** @param roles by a name that is in the certificate, see {@link CertificateNames} */
    public CertificateCallers(Map<String, Role> roles) {
        this.roles = Map.copyOf(roles);
    }

    @Override
    public Answer identify(HttpServletRequest request) {
        return request.getAttribute(CERTIFICATES) instanceof X509Certificate[] chain && chain.length > 0
                ? known(CertificateNames.of(chain[0]))
                : new Unknown(
                        "The request comes without a client certificate.",
                        "Connect with a certificate of a CA that this service trusts.",
                        null);
    }

    /** Where several names have roles, the highest counts. */
    private Known known(Set<String> names) {
        return names.stream()
                .filter(roles::containsKey)
                .map(name -> new Known(name, roles.get(name)))
                .max(Comparator.comparing(Known::role, Comparator.nullsFirst(Comparator.naturalOrder())))
                .orElseGet(() -> new Known(names.stream().findFirst().orElse("a certificate without a name"), null));
    }
}
