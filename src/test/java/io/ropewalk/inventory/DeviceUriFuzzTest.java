package io.ropewalk.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.Fuzz;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whatever is given for the URI of a device, it is refused as INVALID_URI, or it has one form, which is its own form and
 * from which a legal name can be made. The input is its text in UTF-8.
 */
public class DeviceUriFuzzTest {
    private static final String CORPUS = "device-uri";
    /** Nothing is opened, so nothing runs on them. */
    private static final NettyLoops LOOPS = new NettyLoops(Transport.NIO, 1);

    private static final Factories FACTORIES =
            new Factories(List.of(new FileDeviceFactory(), new NbdDeviceFactory(LOOPS, NbdClientOptions.DEFAULTS)));

    @Test
    void everyInputOfTheCorpusIsReadOrRefused() {
        Fuzz.replay(CORPUS, DeviceUriFuzzTest::fuzzerTestOneInput);
    }

    @Test
    void mutantsOfTheCorpusAreReadOrRefused() {
        Fuzz.mutate(CORPUS, DeviceUriFuzzTest::fuzzerTestOneInput);
    }

    /** Once, before a search. */
    public static void fuzzerInitialize() {
        Fuzz.silence();
    }

    public static void fuzzerTestOneInput(byte[] input) {
        URI uri;
        try {
            uri = FACTORIES.normalize(new String(input, StandardCharsets.UTF_8));
        } catch (InventoryException refusal) {
            assertThat(refusal.problem()).isEqualTo(Problem.INVALID_URI);
            return;
        }
        assertThat(FACTORIES.normalize(uri.toString())).isEqualTo(uri);
        assertThat(uri.toString()).matches("\\p{ASCII}*");
        if (uri.getScheme().equals("file")) {
            assertThat(uri.getRawPath().split("/")).doesNotContain("..");
        }
        assertThat(Names.isLegal(Names.derive(uri, name -> false))).isTrue();
    }
}
