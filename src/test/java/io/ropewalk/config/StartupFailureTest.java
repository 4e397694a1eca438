package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.ropewalk.store.DataDirLock;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.web.server.PortInUseException;

/** A service that cannot start says why in a sentence. */
class StartupFailureTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ropewalk.nbd.port=many                          | ropewalk.nbd.port cannot be 'many'             | it is a number
            ropewalk.nbd.port=70000                         | ropewalk.nbd.port must be 0 to 65535           |
            ropewalk.io.threads=-1                          | ropewalk.io.threads must be 0 to 1024          |
            ropewalk.io.transport=pigeon                    | ropewalk.io.transport cannot be 'pigeon'       | auto, io-uring, epoll, nio
            ropewalk.security.mode=trust                    | ropewalk.security.mode cannot be 'trust'       | none
            ropewalk.security.mode=jwt                      | ropewalk.security.mode is jwt                  | nothing says whose tokens are good
            ropewalk.security.mode=mtls                     | ropewalk.security.mode is mtls                 | the API has no TLS
            ropewalk.security.mode=token                    | ropewalk.security.mode is token                | no token is configured
            ropewalk.security.token=0123456789abcdef        | A token is configured                          | mode is not token
            ropewalk.security.tokens.ada.role=king          | ropewalk.security.tokens.ada.role cannot be    | viewer, operator, admin
            ropewalk.nbd.adress=127.0.0.1                   | There is no property ropewalk.nbd.adress       |
            ropewalk.geom-defaults.attempt-timeout=0s       | ropewalk.geom-defaults cannot be               | attemptTimeout must be PT0.01S to PT10M
            ropewalk.geom-defaults.failback=later           | ropewalk.geom-defaults cannot be               | MANUAL, IMMEDIATE
            ropewalk.geoms.disk1.mode=fast                  | ropewalk.geoms.disk1.mode cannot be 'fast'     | active-passive
            ropewalk.devices.sda.uri=ftp://127.0.0.1/x      | device ftp://127.0.0.1/x cannot be             | known are file, nbd
            ropewalk.scan.patterns=disks/*                  | ropewalk.scan cannot be                        | not an absolute path
            ropewalk.scan.interval=1ms                      | ropewalk.scan cannot be                        | interval must be PT0.1S to PT1H
            ropewalk.geoms.disk1.paths=sda                  | There is no device "sda"                       |
            server.address=0.0.0.0                          | server.address is 0.0.0.0                      | nothing says who may use it
            management.server.address=0.0.0.0               | management.server.address is 0.0.0.0           | nothing says who may use it
            ropewalk.nbd.address=0.0.0.0                    | ropewalk.nbd.address is 0.0.0.0                | nothing says who may use it
            ropewalk.nbd.tls=maybe                          | ropewalk.nbd.tls cannot be 'maybe'             | off, allowed, required
            ropewalk.nbd.tls=required                       | ropewalk.nbd.tls is required                   | ropewalk.nbd.ssl-bundle does not say
            ropewalk.nbd.client-auth=need                   | ropewalk.nbd.client-auth is need               | TLS is off for NBD
            ropewalk.nbd.ssl-bundle=none                    | ropewalk.nbd.ssl-bundle                        | There is no SSL bundle 'none'
            ropewalk.nbd-client.ssl-bundle=none             | ropewalk.nbd-client.ssl-bundle                 | There is no SSL bundle 'none'
            server.ssl.bundle=none                          | server.ssl.bundle                              | There is no SSL bundle 'none'
            management.server.ssl.bundle=none               | that of management                             | There is no SSL bundle 'none'
            server.ssl.bundle=door spring.ssl.bundle.pem.door.keystore.certificate=/no.crt | server.ssl.bundle | SSL bundle 'door' cannot be used
            ropewalk.nbd.address=0.0.0.0 ropewalk.security.mode=none | ropewalk.nbd.address is 0.0.0.0       | ropewalk.nbd.ssl-bundle does not say
            """)
    void aPropertyThatCannotBeIsNamed(String arguments, String description, @Nullable String more) {
        FailureAnalysis analysis =
                failure(Stream.of(arguments.split(" ")).map("--"::concat).toArray(String[]::new));

        assertThat(analysis.getDescription())
                .contains(description)
                .contains(Objects.requireNonNullElse(more, ""))
                .doesNotContain("java.")
                .doesNotContain("io.ropewalk");
        assertThat(analysis.getAction()).isNotBlank();
    }

    @Test
    void aPortInUseIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            FailureAnalysis analysis = failure("--ropewalk.nbd.port=" + taken.getLocalPort());

            assertThat(analysis.getDescription())
                    .startsWith("Cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": it is in use");
            assertThat(analysis.getAction()).contains("ropewalk.nbd.port");
            assertThat(catchThrowable(
                            () -> RunningService.run(folder.resolve("data"), "--server.port=" + taken.getLocalPort())))
                    .hasStackTraceContaining(PortInUseException.class.getName());
        }
    }

    @Test
    void aDataFolderOfAnotherInstanceIsNamed() throws Exception {
        try (DataDirLock held = DataDirLock.acquire(folder.resolve("data"))) {
            assertThat(held).isNotNull();

            assertThat(failure("--ropewalk.demo=false").getDescription())
                    .startsWith("The data folder " + folder.resolve("data") + " is held by another instance");
        }
    }

    @Test
    void aDataFolderThatIsAFileIsNamed() throws Exception {
        Files.createFile(folder.resolve("data"));

        assertThat(failure("--ropewalk.demo=false").getDescription())
                .startsWith("The data folder " + folder.resolve("data") + " cannot be used");
    }

    @Test
    void aDatabaseThatCannotBeReadIsNamed() throws Exception {
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.write(data.resolve("inventory.mv.db"), new byte[4096]);

        FailureAnalysis analysis = failure("--ropewalk.demo=false");

        assertThat(analysis.getDescription())
                .startsWith("The database cannot be used")
                .contains("inventory");
        assertThat(analysis.getAction()).contains("ropewalk.data-dir");
    }

    private FailureAnalysis failure(String... arguments) {
        Throwable failure = catchThrowable(() -> RunningService.run(folder.resolve("data"), arguments));
        assertThat(failure).isNotNull();
        return Stream.of(new StartupFailureAnalyzer().analyze(failure), new PropertyFailureAnalyzer().analyze(failure))
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow(() -> new AssertionError("nobody can explain", failure));
    }
}
