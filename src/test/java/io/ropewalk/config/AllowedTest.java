package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.inventory.DeviceSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Off loopback, where nothing is allowed that nobody has named. */
class AllowedTest {
    private static final AllowProperties NOTHING_SAID = new AllowProperties(null, null, null);

    @TempDir
    Path folder;

    @BeforeEach
    void followLinks() throws IOException {
        folder = folder.toRealPath();
    }

    @Test
    void whatIsLookedForMayBeOpened_andItsNeighboursMayNot() throws Exception {
        FileDeviceFactory factory = factory(scan(List.of()));

        factory.open("found", disk("wwn-a.img").toUri()).close();
        assertThat(refusal(factory, disk("wwn-a.txt"))).isEqualTo(Reason.NOT_ALLOWED);
    }

    @Test
    void ofWhatIsLookedForOnlyThatWhichMayBeTakenIsAllowed() throws Exception {
        FileDeviceFactory factory = factory(scan(List.of(folder + "/wwn-*")));

        factory.open("found", disk("wwn-a.img").toUri()).close();
        assertThat(refusal(factory, disk("usb.img"))).isEqualTo(Reason.NOT_ALLOWED);
    }

    @Test
    void whereNothingIsLookedForNothingIsAllowed() throws Exception {
        ScanProperties nothing = new ScanProperties(List.of(), List.of(), Duration.ofSeconds(5));

        assertThat(refusal(factory(nothing), disk("wwn-a.img"))).isEqualTo(Reason.NOT_ALLOWED);
    }

    private ScanProperties scan(List<String> allow) {
        return new ScanProperties(List.of(folder + "/*.img"), allow, Duration.ofSeconds(5));
    }

    private FileDeviceFactory factory(ScanProperties scan) {
        List<DeviceSpec> none = List.of();
        return new FileDeviceFactory(Allowed.of(NOTHING_SAID, true, folder.resolve("data"), none, scan)
                .paths());
    }

    private Path disk(String name) throws IOException {
        return Files.write(folder.resolve(name), new byte[4096]);
    }

    private static Reason refusal(FileDeviceFactory factory, Path disk) {
        return catchThrowableOfType(
                        DeviceException.class,
                        () -> factory.open("disk", disk.toUri()).close())
                .reason();
    }
}
