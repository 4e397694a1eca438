package io.ropewalk.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * How the command does TLS, from PEM files as curl takes them.
 *
 * @param ca whom we trust; null for the CAs of the Java runtime
 * @param certificate ours, and those between it and its CA; null for none
 * @param key of {@code certificate}, in PKCS #8 and not encrypted; null when it is in the same file
 */
record ServiceTls(
        @Nullable Path ca,
        @Nullable Path certificate,
        @Nullable Path key) {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----", Pattern.DOTALL);
    /** Of a key store that is never written anywhere. */
    private static final char[] NO_PASSWORD = {};

    /**
     * Null when nothing was said, so that the Java runtime does what it usually does.
     *
     * @throws CliException when a file is not what it should be
     */
    @Nullable SSLContext context() {
        if (certificate == null && key != null) {
            throw new CliException("There is a key, but no certificate.", "Name its certificate with --cert.");
        }
        if (ca == null && certificate == null) {
            return null;
        }
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    certificate == null ? null : keys(certificate).getKeyManagers(),
                    ca == null ? null : trust(ca).getTrustManagers(),
                    null);
            return context;
        } catch (GeneralSecurityException | IOException odd) {
            throw new IllegalStateException(odd);
        }
    }

    private static TrustManagerFactory trust(Path ca) throws GeneralSecurityException, IOException {
        KeyStore trusted = emptyStore();
        int number = 0;
        for (Certificate each : certificates(ca)) {
            trusted.setCertificateEntry("ca" + number++, each);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory;
    }

    private KeyManagerFactory keys(Path file) throws GeneralSecurityException, IOException {
        Certificate[] chain = certificates(file).toArray(Certificate[]::new);
        PrivateKey ours =
                privateKey(key == null ? file : key, chain[0].getPublicKey().getAlgorithm());
        KeyStore own = emptyStore();
        try {
            own.setKeyEntry("own", ours, NO_PASSWORD, chain);
        } catch (KeyStoreException unrelated) {
            throw new CliException(
                    "The certificates in " + file + " are no chain.",
                    "It must begin with the one to show, each signed by the next.");
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(own, NO_PASSWORD);
        return factory;
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Collection<? extends Certificate> certificates(Path file) throws GeneralSecurityException {
        // What stands around certificates, as the key beside them, is not for the factory.
        String text = Pattern.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", Pattern.DOTALL)
                .matcher(read(file))
                .results()
                .map(found -> found.group() + "\n")
                .reduce("", String::concat);
        if (text.isEmpty()) {
            throw new CliException("There is no certificate in " + file + ".", "It must be PEM.");
        }
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException broken) {
            throw new CliException("A certificate in " + file + " cannot be read.");
        }
    }

    private static PrivateKey privateKey(Path file, String algorithm) {
        Matcher found = KEY.matcher(read(file));
        if (!found.find()) {
            throw new CliException(
                    "There is no key in " + file + " that can be read.",
                    "It must be PEM in PKCS #8, not encrypted: openssl pkcs8 -topk8 -nocrypt.");
        }
        try {
            byte[] bytes = Base64.getMimeDecoder().decode(found.group(1));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
        } catch (GeneralSecurityException | IllegalArgumentException other) {
            throw new CliException("The key in " + file + " is none of the certificate's kind, " + algorithm + ".");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException unreadable) {
            throw new CliException("The file " + file + " cannot be read.");
        }
    }
}
