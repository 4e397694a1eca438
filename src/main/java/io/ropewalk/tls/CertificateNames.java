package io.ropewalk.tls;

import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** The names in a certificate by which its owner may be known. Pure. */
public final class CertificateNames {
    /** Kinds of alternative names (RFC 5280, 4.2.1.6) that are text which a CA vouches for. */
    private static final Set<Integer> KINDS = Set.of(1, 2, 6);

    private CertificateNames() {}

    /**
     * The common name of the subject, the e-mail addresses, DNS names and URIs among its alternative names, and last the
     * whole subject as RFC 2253 writes it. Wildcards are no names of anybody.
     */
    public static Set<String> of(X509Certificate certificate) {
        Set<String> names = new LinkedHashSet<>();
        String subject = certificate.getSubjectX500Principal().getName();
        addCommonName(subject, names);
        addAlternativeNames(certificate, names);
        names.add(subject);
        names.removeIf(name -> name.isBlank() || name.indexOf('*') >= 0);
        return names;
    }

    /** The names of who is at the other end of {@code session}; none when it has shown no certificate. */
    public static Set<String> ofPeer(SSLSession session) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate own ? of(own) : Set.of();
        } catch (SSLPeerUnverifiedException none) {
            return Set.of();
        }
    }

    private static void addCommonName(String subject, Collection<String> names) {
        try {
            // The most specific part comes last.
            for (Rdn part : new LdapName(subject).getRdns().reversed()) {
                if (part.getType().equalsIgnoreCase("CN") && part.getValue() instanceof String name) {
                    names.add(name);
                    return;
                }
            }
        } catch (InvalidNameException unreadable) {
            // The subject as a whole is a name as well.
        }
    }

    private static void addAlternativeNames(X509Certificate certificate, Collection<String> names) {
        try {
            Collection<List<?>> all =
                    Objects.requireNonNullElse(certificate.getSubjectAlternativeNames(), List.<List<?>>of());
            for (List<?> alternative : all) {
                if (KINDS.contains(alternative.get(0)) && alternative.get(1) instanceof String name) {
                    names.add(name);
                }
            }
        } catch (CertificateParsingException unreadable) {
            // A name that cannot be read is nobody's.
        }
    }
}
