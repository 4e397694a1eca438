package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ropewalk.api.Role;
import io.ropewalk.config.RopewalkProperties.Jwt;
import io.ropewalk.config.RopewalkProperties.Nbd;
import io.ropewalk.config.RopewalkProperties.Tls;
import io.ropewalk.tls.ClientCertificates;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.web.server.Ssl;

/** What is missing in a mode is said in a sentence, and nothing is less safe than it says. */
class SecurityModesTest {
    private static final List<RoleProperties> ADA = List.of(new RoleProperties("ada", Role.ADMIN));
    private static final Jwt JWT = new Jwt("sub", "roles", List.of());

    private final DefaultSslBundleRegistry registry = new DefaultSslBundleRegistry();
    private final TlsBundles bundles = new TlsBundles(registry);

    private static void assertRefused(ThrowingCallable start, String why, String correction) {
        StartupException refusal = catchThrowableOfType(StartupException.class, start);
        assertThat(refusal).isNotNull().hasMessageContaining(why).hasMessageEndingWith(".");
        assertThat(refusal.correction()).contains(correction).endsWith(".");
    }

    private static Ssl ssl(Ssl.@Nullable ClientAuth auth, @Nullable String bundle) {
        Ssl ssl = new Ssl();
        ssl.setClientAuth(auth);
        ssl.setBundle(bundle);
        return ssl;
    }

    // jwt

    @Test
    void jwtNeedsAnIssuer() {
        assertRefused(
                () -> JwtMode.callers(JWT, null, new OAuth2ResourceServerProperties()),
                "nothing says whose tokens are good",
                "public-key-location");
    }

    @Test
    void jwtNeedsAnAudience() {
        assertRefused(
                () -> JwtMode.callers(JWT, token -> null, new OAuth2ResourceServerProperties()),
                "nothing says for whom tokens must be",
                "audiences");
    }

    // mtls

    @Test
    void mtlsNeedsTlsThatAsksForCertificates() {
        assertRefused(() -> MtlsMode.callers(ADA, null, bundles), "the API has no TLS", "server.ssl.bundle");
        assertRefused(
                () -> MtlsMode.callers(ADA, ssl(null, null), bundles),
                "nobody would be asked for a certificate",
                "server.ssl.client-auth");
        assertRefused(
                () -> MtlsMode.callers(ADA, ssl(Ssl.ClientAuth.NONE, null), bundles),
                "nobody would be asked for a certificate",
                "server.ssl.client-auth");
    }

    @Test
    void mtlsNeedsCasAndRoles() {
        registry.registerBundle("door", SslBundle.of(SslStoreBundle.NONE));

        assertRefused(
                () -> MtlsMode.callers(ADA, ssl(Ssl.ClientAuth.NEED, "door"), bundles),
                "does not say whose certificates are good",
                "truststore");
        assertRefused(
                () -> MtlsMode.callers(ADA, ssl(Ssl.ClientAuth.NEED, null), bundles),
                "does not say whose certificates are good",
                "truststore");
        Ssl own = ssl(Ssl.ClientAuth.NEED, null);
        own.setTrustCertificate("callers.pem");
        assertRefused(
                () -> MtlsMode.callers(List.of(), own, bundles),
                "no certificate has a role",
                "ropewalk.security.certificates");
    }

    @Test
    void aRoleHasANameAndANameHasOneRole() {
        assertRefused(
                () -> MtlsMode.roles("x", List.of(new RoleProperties("ada", null))),
                "x has an entry without role",
                "role");
        assertRefused(
                () -> MtlsMode.roles("x", List.of(new RoleProperties(null, Role.ADMIN))),
                "x has an entry without name",
                "name");
        assertRefused(
                () -> MtlsMode.roles("x", List.of(ADA.getFirst(), ADA.getFirst())), "x names ada twice", "Remove");
    }

    // NBD

    private static Nbd nbd(String address, @Nullable Tls tls, @Nullable String bundle, ClientCertificates clients)
            throws UnknownHostException {
        return new Nbd(
                InetAddress.getByName(address),
                0,
                null,
                tls,
                bundle,
                clients,
                1024,
                null,
                256,
                Duration.ofSeconds(10),
                Map.of());
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, , , OFF",
        "127.0.0.1, , door, ALLOWED",
        "127.0.0.1, REQUIRED, door, REQUIRED",
        "0.0.0.0, , , REQUIRED",
        "192.0.2.1, , door, REQUIRED",
        "0.0.0.0, OFF, , OFF",
        "0.0.0.0, ALLOWED, door, ALLOWED"
    })
    void offLoopbackTlsGoesWithoutSaying(String address, @Nullable Tls said, @Nullable String bundle, Tls effective)
            throws UnknownHostException {
        assertThat(nbd(address, said, bundle, ClientCertificates.NONE).effectiveTls())
                .isEqualTo(effective);
    }

    @Test
    void nbdIsNeverLessSafeThanItSays() throws UnknownHostException {
        assertRefused(
                () -> NbdTls.check(nbd("0.0.0.0", null, null, ClientCertificates.NONE)),
                "where NBD clients of other machines must use TLS",
                "ropewalk.nbd.tls to off");
        assertRefused(
                () -> NbdTls.check(nbd("127.0.0.1", Tls.ALLOWED, null, ClientCertificates.NONE)),
                "ropewalk.nbd.tls is allowed",
                "ropewalk.nbd.ssl-bundle");
        assertRefused(
                () -> NbdTls.check(nbd("127.0.0.1", Tls.OFF, "door", ClientCertificates.NEED)),
                "TLS is off for NBD",
                "ropewalk.nbd.client-auth");
        assertRefused(
                () -> NbdTls.check(nbd("127.0.0.1", Tls.ALLOWED, "door", ClientCertificates.NEED)),
                "TLS is only allowed for NBD",
                "ropewalk.nbd.tls to required");
        assertThat(nbd("127.0.0.1", null, "door", ClientCertificates.NEED).effectiveTls())
                .isEqualTo(Tls.REQUIRED);
        InetAddress loopback = InetAddress.getLoopbackAddress();
        Map<String, Set<String>> allowed = Map.of("disk1", Set.of("db1"));
        assertRefused(
                () -> NbdTls.check(new Nbd(
                        loopback,
                        0,
                        null,
                        Tls.REQUIRED,
                        "door",
                        ClientCertificates.NONE,
                        1024,
                        null,
                        256,
                        Duration.ofSeconds(10),
                        allowed)),
                "nobody would be asked for one",
                "ropewalk.nbd.client-auth");
    }

    @Test
    void nbdNeedsACertificateToShowAndCasToAskFor() throws UnknownHostException {
        registry.registerBundle("door", SslBundle.of(SslStoreBundle.NONE));
        Nbd nbd = nbd("127.0.0.1", Tls.REQUIRED, "door", ClientCertificates.NEED);

        assertRefused(() -> NbdTls.server(nbd, bundles), "has no certificate to show", "spring.ssl.bundle");
        assertThat(NbdTls.server(nbd("127.0.0.1", Tls.OFF, "door", ClientCertificates.NONE), bundles))
                .isNull();
    }
}
