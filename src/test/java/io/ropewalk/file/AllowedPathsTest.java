package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.testing.LoopDevice;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tried as an attacker would, who can name any path and change what lies below the allowed folder. */
class AllowedPathsTest {
    private static final byte OURS = 'o';
    private static final byte SECRET = 's';

    @TempDir
    Path folder;

    private Path allowed;
    private Path disk;
    private Path secret;

    @BeforeEach
    void makeDisks() throws IOException {
        folder = folder.toRealPath();
        allowed = Files.createDirectory(folder.resolve("allowed"));
        disk = filled(allowed.resolve("disk.img"), OURS);
        secret = filled(Files.createDirectory(folder.resolve("secret")).resolve("disk.img"), SECRET);
    }

    @Test
    void whatIsAllowed_opens_alsoByALinkFromElsewhere() throws Exception {
        open(disk.toUri()).close();
        open(Files.createSymbolicLink(folder.resolve("link"), disk).toUri()).close();
    }

    @Test
    void aPathOutside_isNotAllowed_andItIsNotToldWhetherAnythingIsThere() {
        DeviceException there = refusal(secret.toUri());
        DeviceException notThere = refusal(URI.create(secret.toUri() + "-not-there"));

        assertThat(there.reason()).isEqualTo(Reason.NOT_ALLOWED);
        assertThat(there).hasMessageContaining("ropewalk.allow.paths");
        assertThat(String.valueOf(notThere.getMessage()).replace("-not-there", ""))
                .isEqualTo(there.getMessage());
        assertThat(notThere.reason()).isEqualTo(Reason.NOT_ALLOWED);
    }

    @Test
    void dotsDoNotLeadOut() {
        for (String path : List.of("/../secret/disk.img", "/%2e%2e/secret/disk.img", "/./../secret/disk.img")) {
            assertThat(refusal(URI.create("file://" + allowed + path)).reason()).isEqualTo(Reason.INVALID_URI);
        }
        assertThat(refusal(URI.create("file://" + allowed + "-twin/disk.img")).reason())
                .as("a folder whose name begins alike")
                .isEqualTo(Reason.NOT_ALLOWED);
    }

    @Test
    void linksDoNotLeadOut() throws Exception {
        Path toFile = Files.createSymbolicLink(allowed.resolve("file"), secret);
        Path toFolder = Files.createSymbolicLink(allowed.resolve("folder"), secret.getParent());
        Path relative = Files.createSymbolicLink(allowed.resolve("relative"), Path.of("../secret/disk.img"));

        for (Path link : List.of(toFile, toFolder.resolve("disk.img"), relative)) {
            assertThat(refusal(link.toUri()).reason()).as("%s", link).isEqualTo(Reason.NOT_ALLOWED);
        }
    }

    /** Whatever it opens is ours, and it is asked often enough for the swap to fall between look and open. */
    @Test
    void aSwapBetweenLookAndOpen_doesNotLeadOut() throws Exception {
        Path bait = allowed.resolve("bait");
        Path toOurs = allowed.resolve("ours");
        AtomicBoolean over = new AtomicBoolean();
        Files.createSymbolicLink(bait, disk);
        Thread attacker = Thread.ofPlatform().start(() -> swap(bait, toOurs, over));
        AllowedPaths rules = new AllowedPaths(List.of(allowed.toString()), List.of());
        FileTarget target = FileTarget.parse(bait.toUri());
        int opened = 0;
        int refused = 0;
        try {
            for (int i = 0; i < 20_000 && (i < 2_000 || opened == 0 || refused == 0); i++) {
                try {
                    OpenFile file = OpenFile.open(target, rules);
                    opened++;
                    assertThat(firstByte(file.fd())).isEqualTo(OURS);
                    file.release();
                } catch (DeviceException e) {
                    assertThat(e.reason()).isEqualTo(Reason.NOT_ALLOWED);
                    refused++;
                }
            }
        } finally {
            over.set(true);
            attacker.join();
        }
        assertThat(opened).as("opened").isPositive();
        assertThat(refused).as("refused").isPositive();
    }

    @Test
    void anEntryIsNotFollowedAnew_whenWhatLiesThereIsSwapped() throws Exception {
        AllowedPaths rules = new AllowedPaths(List.of(disk.toString()), List.of());
        FileDeviceFactory factory = new FileDeviceFactory(rules);
        factory.open("disk", disk.toUri()).close();

        Files.delete(disk);
        Files.createSymbolicLink(disk, secret);

        assertThat(catchThrowableOfType(DeviceException.class, () -> factory.open("disk", disk.toUri()))
                        .reason())
                .isEqualTo(Reason.NOT_ALLOWED);
    }

    @Test
    void aPattern_coversWhatItMatches_butNotWhatALinkOfThatNameLeadsTo() throws Exception {
        FileDeviceFactory factory = new FileDeviceFactory(new AllowedPaths(List.of(allowed + "/*.img"), List.of()));
        Path link = Files.createSymbolicLink(allowed.resolve("link.img"), secret);

        factory.open("disk", disk.toUri()).close();

        assertThat(catchThrowableOfType(DeviceException.class, () -> factory.open("disk", link.toUri()))
                        .reason())
                .isEqualTo(Reason.NOT_ALLOWED);
    }

    @Test
    void aDevicesLinkBelowDev_isFollowed() throws Exception {
        LoopDevice.requireRoot();
        try (LoopDevice loop = LoopDevice.attach(disk, 512)) {
            Path link = Path.of("/dev/ropewalk-test-" + loop.path().getFileName());
            Files.createSymbolicLink(link, loop.path());
            try {
                for (String entry : List.of(
                        link.toString(), "/dev/ropewalk-test-*", loop.path().toString())) {
                    new FileDeviceFactory(new AllowedPaths(List.of(entry), List.of()))
                            .open("disk", link.toUri())
                            .close();
                }
                assertThat(refusal(link.toUri()).reason()).isEqualTo(Reason.NOT_ALLOWED);
            } finally {
                Files.delete(link);
            }
        }
    }

    @Test
    void filesThatAreNone_andOurOwn_areNeverOpened() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("memory"), Path.of("/proc/self/mem"));
        FileDeviceFactory everything = new FileDeviceFactory(new AllowedPaths(List.of("/"), List.of(secret)));

        for (Path path : List.of(link, Path.of("/proc/self/maps"), Path.of("/sys/kernel/mm"), secret)) {
            assertThat(catchThrowableOfType(
                                    DeviceException.class,
                                    () -> everything.open("disk", URI.create(path.toUri() + "?readonly=true")))
                            .reason())
                    .as("%s", path)
                    .isEqualTo(Reason.NOT_ALLOWED);
        }
        everything.open("disk", disk.toUri()).close();
    }

    @Test
    void aSocketThatIsHeld_isConnectedTo_whateverTakesItsPlace() throws Exception {
        AllowedPaths rules = new AllowedPaths(List.of(allowed.toString()), List.of());
        Path path = allowed.resolve("socket");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
            try (PinnedPath held = rules.pinSocket(path.toString())) {
                Files.delete(path);
                Files.createSymbolicLink(path, secret);
                try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(held.door()))) {
                    assertThat(client.isConnected()).isTrue();
                }
            }
            assertThat(catchThrowableOfType(DeviceException.class, () -> rules.pinSocket(path.toString()))
                            .reason())
                    .isEqualTo(Reason.NOT_ALLOWED);
            assertThat(catchThrowableOfType(DeviceException.class, () -> rules.pinSocket(disk.toString()))
                            .reason())
                    .isEqualTo(Reason.UNSUITABLE);
            assertThat(catchThrowableOfType(DeviceException.class, () -> rules.pinSocket(allowed + "/none"))
                            .reason())
                    .isEqualTo(Reason.UNREACHABLE);
        }
    }

    @Test
    void nothingHoldsDescriptorsOfWhatWasRefused() throws Exception {
        long before = descriptors();
        for (int i = 0; i < 100; i++) {
            refusal(secret.toUri());
        }
        assertThat(descriptors()).isLessThan(before + 50);
    }

    @Test
    void aRelativeEntryIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AllowedPaths(List.of("disks"), List.of()))
                .withMessage("'disks' is not an absolute path");
    }

    private BlockDevice open(URI uri) throws DeviceException {
        return new FileDeviceFactory(new AllowedPaths(List.of(allowed.toString()), List.of())).open("disk", uri);
    }

    private DeviceException refusal(URI uri) {
        DeviceException refusal =
                catchThrowableOfType(DeviceException.class, () -> open(uri).close());
        assertThat(refusal).as("refusal of %s", uri).isNotNull();
        return refusal;
    }

    private static Path filled(Path path, byte content) throws IOException {
        byte[] bytes = new byte[4096];
        java.util.Arrays.fill(bytes, content);
        return Files.write(path, bytes);
    }

    private static byte firstByte(int fd) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(Path.of("/proc/self/fd/" + fd)))
                .get();
    }

    private static long descriptors() throws IOException {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }

    /** Makes {@code bait} lead to the secret and back again, each time at one stroke. */
    private void swap(Path bait, Path spare, AtomicBoolean over) {
        try {
            for (boolean ours = false; !over.get(); ours = !ours) {
                Files.createSymbolicLink(spare, ours ? disk : secret);
                Files.move(spare, bait, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (AtomicMoveNotSupportedException e) {
            throw new AssertionError(e);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
