package io.ropewalk.testing;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.ExtendedKeyUsage;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import io.ropewalk.tls.TlsContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A certificate authority for a test, and what it issues. Nobody else trusts it. */
public final class TestPki {
    private static final char[] PASSWORD = "test".toCharArray();

    /** Of everybody but the authorities: what makes the difference is who has signed what. RSA, as all can read it. */
    private static final KeyPair KEYS = rsa();

    private final X509Bundle authority;

    public TestPki(String name) {
        try {
            authority = valid().subject("CN=" + name)
                    .setIsCertificateAuthority(true)
                    .setKeyUsage(true, KeyUsage.keyCertSign, KeyUsage.cRLSign)
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A certificate with its key. */
    public record Identity(X509Bundle bundle) {
        /** As nbdkit, libnbd and QEMU look for it: {@code server-cert.pem} and {@code server-key.pem}, or of a client. */
        public void write(Path folder, String role) throws IOException {
            Files.writeString(folder.resolve(role + "-cert.pem"), bundle.getCertificatePathPEM());
            Files.writeString(folder.resolve(role + "-key.pem"), bundle.getPrivateKeyPEM());
        }
    }

    /** For a server of these names or addresses. */
    public Identity server(String... hosts) {
        return issue(named("CN=" + hosts[0], hosts).addExtendedKeyUsage(ExtendedKeyUsage.PKIX_KP_SERVER_AUTH));
    }

    /** For a server whose certificate was good until yesterday. */
    public Identity expiredServer(String... hosts) {
        return issue(expired(named("CN=" + hosts[0], hosts).addExtendedKeyUsage(ExtendedKeyUsage.PKIX_KP_SERVER_AUTH)));
    }

    /** For a client with this common name. */
    public Identity client(String name) {
        return issue(named("CN=" + name).addExtendedKeyUsage(ExtendedKeyUsage.PKIX_KP_CLIENT_AUTH));
    }

    /** For a client whose certificate was good until yesterday. */
    public Identity expiredClient(String name) {
        return issue(expired(named("CN=" + name).addExtendedKeyUsage(ExtendedKeyUsage.PKIX_KP_CLIENT_AUTH)));
    }

    /** For a client with anything in its certificate. */
    public Identity issue(CertificateBuilder builder) {
        try {
            return new Identity(builder.buildIssuedBy(authority));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** What trusts this authority and no other, and shows {@code identity}; null for none. */
    public SSLContext context(@Nullable Identity identity) {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", authority.getCertificate());
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(identity == null ? new KeyManager[0] : keys(identity), trust.getTrustManagers(), null);
            return context;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    public TlsContext tls(@Nullable Identity identity) {
        return TlsContext.of(context(identity));
    }

    /** Writes {@code ca-cert.pem}. */
    public void write(Path folder) throws IOException {
        Files.writeString(folder.resolve("ca-cert.pem"), authority.getCertificatePEM());
    }

    private static KeyManager[] keys(Identity identity) throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        X509Bundle bundle = identity.bundle();
        own.setKeyEntry("own", bundle.getKeyPair().getPrivate(), PASSWORD, bundle.getCertificatePath());
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, PASSWORD);
        return keys.getKeyManagers();
    }

    /** A certificate that is good for a day, with these alternative names. */
    public static CertificateBuilder named(String subject, String... hosts) {
        CertificateBuilder builder =
                valid().keyPair(KEYS).subject(subject).setKeyUsage(true, KeyUsage.digitalSignature);
        for (String host : hosts) {
            if (host.matches("[0-9.]+|.*:.*")) {
                builder.addSanIpAddress(host);
            } else {
                builder.addSanDnsName(host);
            }
        }
        return builder;
    }

    private static KeyPair rsa() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static CertificateBuilder valid() {
        Instant now = Instant.now();
        return new CertificateBuilder()
                .rsa2048()
                .notBefore(now.minus(Duration.ofDays(3)))
                .notAfter(now.plus(Duration.ofDays(1)));
    }

    private static CertificateBuilder expired(CertificateBuilder builder) {
        return builder.notAfter(Instant.now().minus(Duration.ofDays(1)));
    }
}
