package io.ropewalk.tls;

import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * What sessions of TLS are made from: who we are, whom we trust, and what may be spoken. Immutable; any thread.
 *
 * @param context our certificate and the CAs that we trust
 * @param protocols what may be agreed on, of {@link #PROTOCOLS}
 * @param ciphers what may be agreed on; empty for what the JDK thinks good
 */
public record TlsContext(SSLContext context, List<String> protocols, List<String> ciphers) {
    /** What is good enough: TLS 1.2 and later. */
    public static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    /** @throws IllegalArgumentException when none of {@code protocols} is good enough, or one is not */
    public TlsContext {
        if (protocols.isEmpty() || !PROTOCOLS.containsAll(protocols)) {
            throw new IllegalArgumentException("TLS is spoken as " + PROTOCOLS + ", not as " + protocols);
        }
        protocols = List.copyOf(protocols);
        ciphers = List.copyOf(ciphers);
    }

    /** With all of {@link #PROTOCOLS} and the JDK's ciphers. */
    public static TlsContext of(SSLContext context) {
        return new TlsContext(context, PROTOCOLS, List.of());
    }

    /** The server's side of a new session. */
    public SSLEngine serverEngine(ClientCertificates clients) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = parameters(engine);
        parameters.setUseCipherSuitesOrder(true);
        // Each of the two setters undoes the other.
        switch (clients) {
            case NONE -> parameters.setWantClientAuth(false);
            case WANT -> parameters.setWantClientAuth(true);
            case NEED -> parameters.setNeedClientAuth(true);
        }
        engine.setSSLParameters(parameters);
        return engine;
    }

    /**
     * The client's side of a new session, which the server must prove to be {@code host}.
     *
     * @param host a name or an address, IPv6 without brackets; its certificate must be for it (RFC 2818)
     * @param port 1 to 65535, or 0 where there is none
     */
    public SSLEngine clientEngine(String host, int port) {
        SSLEngine engine = context.createSSLEngine(host, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = parameters(engine);
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return engine;
    }

    private SSLParameters parameters(SSLEngine engine) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(protocols.toArray(String[]::new));
        if (!ciphers.isEmpty()) {
            parameters.setCipherSuites(ciphers.toArray(String[]::new));
        }
        return parameters;
    }
}
