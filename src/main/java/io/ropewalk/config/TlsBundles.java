package io.ropewalk.config;

import io.ropewalk.tls.TlsContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * Spring's SSL bundles as TLS contexts: each is made once, and again when its files change, where the bundle says
 * reload-on-update. Any thread; blocks only when a bundle is asked for the first time.
 */
final class TlsBundles {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    private final SslBundles bundles;
    private final Map<String, TlsContext> contexts = new ConcurrentHashMap<>();

    TlsBundles(SslBundles bundles) {
        this.bundles = bundles;
    }

    /**
     * What the bundle holds now.
     *
     * @throws UnusableException when there is no such bundle, or nothing can be made of it
     */
    TlsContext context(String name) {
        return contexts.computeIfAbsent(name, this::load);
    }

    /** @throws UnusableException when it has no certificate that we could show */
    void requireIdentity(String name) {
        if (bundle(name).getStores().getKeyStore() == null) {
            throw new UnusableException("The SSL bundle '" + name + "' has no certificate to show.", null);
        }
    }

    /** @throws UnusableException when it names no CA, so that everybody's certificate would do */
    void requireAuthorities(String name) {
        if (bundle(name).getStores().getTrustStore() == null) {
            throw new UnusableException(
                    "The SSL bundle '" + name + "' does not say whose certificates are good (truststore).", null);
        }
    }

    private TlsContext load(String name) {
        TlsContext context = contextOf(name, bundle(name));
        bundles.addBundleUpdateHandler(name, changed -> reload(name, changed));
        return context;
    }

    private SslBundle bundle(String name) {
        try {
            return bundles.getBundle(name);
        } catch (NoSuchSslBundleException unknown) {
            throw new UnusableException("There is no SSL bundle '" + name + "'.", unknown);
        } catch (RuntimeException unreadable) {
            throw unusable(name, unreadable);
        }
    }

    private void reload(String name, SslBundle changed) {
        try {
            contexts.put(name, contextOf(name, changed));
            LOG.info("The SSL bundle {} has changed: new sessions use it", name);
        } catch (UnusableException broken) {
            LOG.warn("{} What it was before stays in use", broken.getMessage());
        }
    }

    private static TlsContext contextOf(String name, SslBundle bundle) {
        String[] protocols = bundle.getOptions().getEnabledProtocols();
        String[] ciphers = bundle.getOptions().getCiphers();
        try {
            return new TlsContext(
                    bundle.createSslContext(),
                    protocols == null ? TlsContext.PROTOCOLS : List.of(protocols),
                    ciphers == null ? List.of() : List.of(ciphers));
        } catch (RuntimeException unreadable) {
            throw unusable(name, unreadable);
        }
    }

    private static UnusableException unusable(String name, RuntimeException cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return new UnusableException(
                "The SSL bundle '" + name + "' cannot be used: " + String.valueOf(root.getMessage()) + ".", cause);
    }

    /** What is in the way, in one sentence for people. */
    static final class UnusableException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private UnusableException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
