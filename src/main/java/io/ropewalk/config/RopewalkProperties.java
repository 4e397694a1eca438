package io.ropewalk.config;

import io.ropewalk.tls.ClientCertificates;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What can be said of Ropewalk; the names are part of the contract. A name that is not known is refused.
 *
 * @param dataDir where the desired state is kept; one running instance per folder
 * @param demo whether to bring a geom named demo over two NBD servers of our own inside the process
 * @param nbd where NBD clients connect
 * @param nbdClient how we connect to NBD servers
 * @param io how I/O is done
 * @param security who may use the API
 * @param allow what a caller of the API may make the service open
 * @param audit the audit of changes
 * @param limits how much of the API one client may use
 * @param devices devices that should exist, by name
 * @param scan which local files become devices by themselves
 * @param geoms geoms that should exist, by name
 * @param geomDefaults the policies of a geom for which nothing else was asked
 */
@Validated
@ConfigurationProperties(prefix = "ropewalk", ignoreUnknownFields = false)
record RopewalkProperties(
        @DefaultValue("./data") Path dataDir,
        @DefaultValue("false") boolean demo,
        @Valid @DefaultValue Nbd nbd,
        @DefaultValue NbdClient nbdClient,
        @Valid @DefaultValue Io io,
        @DefaultValue Security security,
        @NestedConfigurationProperty @DefaultValue AllowProperties allow,
        @Valid @NestedConfigurationProperty @DefaultValue AuditProperties audit,
        @Valid @NestedConfigurationProperty @DefaultValue LimitProperties limits,
        @DefaultValue Map<String, DeviceProperties> devices,
        @DefaultValue ScanProperties scan,
        @DefaultValue Map<String, GeomProperties> geoms,
        @NestedConfigurationProperty @DefaultValue PolicyProperties geomDefaults) {

    /**
     * Where NBD clients connect.
     *
     * @param address the address to listen on for TCP
     * @param port the port to listen on for TCP; 0 for any free one
     * @param unixSocket a Unix socket to listen on as well; none when left out
     * @param tls whether clients must use TLS. Left out: required, unless the address is loopback; there allowed where
     *     an SSL bundle is named, else off. A Unix socket never needs it
     * @param sslBundle the SSL bundle (spring.ssl.bundle) with the certificate to show to clients, and the CAs of theirs
     * @param clientAuth whether clients are asked for certificates: none, want or need
     * @param maxSessions how many clients may be connected at a time; further ones are closed at once
     * @param maxSessionsPerAddress how many of these may come from one address, an IPv6 network of 64 bits being one; as
     *     many as all when left out
     * @param maxHandshakes how many of these may negotiate at a time; one more ends the oldest of them
     * @param handshakeTimeout how long a client may take from its connection to the use of an export
     * @param allowedCertificates for an export, by its name: the names in the certificates of those who may use it; left
     *     out for everybody. Others do not see it
     */
    record Nbd(
            @DefaultValue("127.0.0.1") InetAddress address,

            @DefaultValue("10809")
            @Min(value = 0, message = "must be 0 to 65535") @Max(value = 65535, message = "must be 0 to 65535") int port,

            @Nullable Path unixSocket,
            @Nullable Tls tls,
            @Nullable String sslBundle,
            @DefaultValue("NONE") ClientCertificates clientAuth,

            @DefaultValue("1024")
            @Min(value = 1, message = "must be 1 to 65535") @Max(value = 65535, message = "must be 1 to 65535") int maxSessions,

            @Min(value = 1, message = "must be 1 to 65535") @Max(value = 65535, message = "must be 1 to 65535") @Nullable Integer maxSessionsPerAddress,

            @DefaultValue("256")
            @Min(value = 1, message = "must be 1 to 65535") @Max(value = 65535, message = "must be 1 to 65535") int maxHandshakes,

            @DefaultValue("10s") @DurationMin(seconds = 1, message = "must be 1s or more")
            Duration handshakeTimeout,

            @DefaultValue Map<String, Set<String>> allowedCertificates) {

        /** What was said, or what goes without saying. */
        Tls effectiveTls() {
            if (tls != null) {
                return tls;
            }
            if (!address.isLoopbackAddress()) {
                return Tls.REQUIRED;
            }
            if (sslBundle == null) {
                return Tls.OFF;
            }
            return clientAuth == ClientCertificates.NEED ? Tls.REQUIRED : Tls.ALLOWED;
        }

        /** Whether nobody gets in over TCP without a certificate. */
        boolean knowsItsClients() {
            return effectiveTls() == Tls.REQUIRED && clientAuth == ClientCertificates.NEED;
        }
    }

    /** Whether NBD clients must use TLS. */
    enum Tls {
        /** TLS is not offered. */
        OFF,
        /** Who wants TLS gets it. */
        ALLOWED,
        /** Nothing is done over TCP without TLS. */
        REQUIRED
    }

    /**
     * How we connect to NBD servers.
     *
     * @param sslBundle the SSL bundle (spring.ssl.bundle) for nbds devices whose URI names none by tls-bundle: the CAs
     *     that servers must be certified by, and the certificate to show; the CAs of the Java runtime when left out
     */
    record NbdClient(@Nullable String sslBundle) {}

    /**
     * How I/O is done.
     *
     * @param threads how many event loops; as many as there are cores when 0 or left out
     * @param transport how sockets are waited for
     */
    record Io(
            @DefaultValue("0")
            @Min(value = 0, message = "must be 0 to 1024") @Max(value = 1024, message = "must be 0 to 1024") int threads,

            @DefaultValue("AUTO") IoTransport transport) {
        int threadsOrCores() {
            return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        }
    }

    /**
     * Who may use the API.
     *
     * @param mode how callers are known. Left out, everybody on this machine may do everything and nothing listens on
     *     other addresses than loopback; none lifts that restriction; token and jwt ask for a token, mtls for a client
     *     certificate
     * @param token the token of an administrator, for mode token; best from a file, by spring.config.import=configtree:
     * @param tokens more tokens for mode token, by who uses them; of each only its hash
     * @param jwt what the tokens of mode jwt say; whose they are is said by spring.security.oauth2.resourceserver.jwt
     * @param certificates for mode mtls the names in client certificates, and their roles
     * @param hosts where nobody is asked, on loopback: names by which the API may be asked beside localhost and addresses
     */
    record Security(
            @Nullable SecurityMode mode,
            @Nullable String token,
            @DefaultValue Map<String, TokenProperties> tokens,
            @DefaultValue Jwt jwt,
            @DefaultValue List<RoleProperties> certificates,
            @DefaultValue Set<String> hosts) {
        /** Without what is secret. */
        @Override
        public String toString() {
            return "Security[mode=" + mode + "]";
        }
    }

    /** How callers of the API are known. */
    enum SecurityMode {
        /** Not at all: whoever reaches the port may do everything. */
        NONE,
        /** By the token they send; its role says what they may do. */
        TOKEN,
        /** By the token that an issuer has signed for them; a claim in it says what they may do. */
        JWT,
        /** By their client certificate; its name says what they may do. */
        MTLS
    }

    /**
     * What a token says of its owner.
     *
     * @param nameClaim the claim with the caller's name
     * @param rolesClaim the claim with the roles, a list or words in one string; dots lead into claims within claims
     * @param roles what each role of the issuer's is here; left out, the roles are called viewer, operator and admin
     */
    record Jwt(
            @DefaultValue("sub") String nameClaim,
            @DefaultValue("roles") String rolesClaim,
            @DefaultValue List<RoleProperties> roles) {}
}
