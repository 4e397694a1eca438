package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.testing.Command;
import io.ropewalk.testing.LoopDevice;
import io.ropewalk.testing.Requests;
import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDeviceFactoryTest {
    @TempDir
    Path folder;

    private final FileDeviceFactory factory = new FileDeviceFactory();
    private final List<BlockDevice> open = new ArrayList<>();
    private Path disk;

    @BeforeEach
    void makeDisk() throws IOException {
        disk = TestFiles.sparse(folder.resolve("disk.img"), 1 << 20);
    }

    @AfterEach
    void closeAll() {
        open.forEach(BlockDevice::close);
    }

    // ---- what is refused

    @Test
    void aMissingFile_isUnreachable() {
        assertRefused(folder.resolve("nothing").toUri(), Reason.UNREACHABLE, "there is no such file");
        assertRefused(URI.create(disk.toUri() + "/below"), Reason.UNREACHABLE, "not a folder");
    }

    @Test
    void whatIsNoDisk_isUnsuitable() throws Exception {
        Path pipe = folder.resolve("pipe");
        Command.output(Tools.require("mkfifo").toString(), pipe.toString());
        assertRefused(URI.create("file:" + folder), Reason.UNSUITABLE, "it is a folder");
        assertRefused(pipe.toUri(), Reason.UNSUITABLE, "it is a named pipe");
        assertRefused(URI.create("file:///dev/null"), Reason.UNSUITABLE, "it is a character device");
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(folder.resolve("socket")));
            assertRefused(folder.resolve("socket").toUri(), Reason.UNSUITABLE, "it is a socket");
        }
    }

    @Test
    void aFileWithoutOneWholeSector_isUnsuitable() throws Exception {
        assertRefused(TestFiles.sparse(folder.resolve("0"), 0).toUri(), Reason.UNSUITABLE, "smaller than one sector");
        assertRefused(TestFiles.sparse(folder.resolve("511"), 511).toUri(), Reason.UNSUITABLE, "of 512 bytes");
    }

    @Test
    void aFileThatMayNotBeWritten_isRefused_butNotForReading() throws Exception {
        if (System.getProperty("user.name").equals("root")) {
            Path onDisk = TestFiles.sparse(TestFiles.folderOnDisk().resolve("immutable"), 512);
            String chattr = Tools.require("chattr").toString();
            org.junit.jupiter.api.Assumptions.assumeTrue(
                    Command.run(chattr, "+i", onDisk.toString()).isSuccess(), "needs a file system with chattr +i");
            try {
                assertRefused(onDisk.toUri(), Reason.NOT_ALLOWED, "give this process read and write permission");
                open(URI.create(onDisk.toUri() + "?readonly=true"));
            } finally {
                Command.output(chattr, "-i", onDisk.toString());
                TestFiles.deleteWithFolder(onDisk);
            }
        } else {
            assertThat(disk.toFile().setReadOnly()).isTrue();
            assertRefused(disk.toUri(), Reason.NOT_ALLOWED, "give this process read and write permission");
            open(readOnly(disk));
        }
    }

    @Test
    void aWriteProtectedDevice_isRefused_butNotForReading() throws Exception {
        LoopDevice.requireRoot();
        String blockdev = Tools.require("blockdev").toString();
        try (LoopDevice loop = LoopDevice.attach(disk, 512)) {
            Command.output(blockdev, "--setro", loop.path().toString());
            try {
                assertRefused(loop.path().toUri(), Reason.NOT_ALLOWED, "add readonly=true");
                open(readOnly(loop.path())).close();
            } finally {
                // The kernel remembers it for the next user of this loop device.
                Command.output(blockdev, "--setrw", loop.path().toString());
            }
        }
    }

    @Test
    void aDeviceWithoutMedium_isUnsuitable() throws Exception {
        LoopDevice.requireRoot();
        LoopDevice loop = LoopDevice.attach(disk, 512);
        loop.close();
        Path empty = loop.path();
        DeviceException refusal = catchThrowableOfType(
                DeviceException.class,
                () -> factory.open("disk", readOnly(empty)).close());
        // Another process may have taken the same free device just now; then there is nothing to see.
        org.junit.jupiter.api.Assumptions.assumeTrue(refusal != null, "somebody else took the loop device");
        assertThat(refusal.reason()).isIn(Reason.UNSUITABLE, Reason.UNREACHABLE);
    }

    // ---- locks

    @Test
    void aFileThatAnotherProcessHas_isInUse_untilThatEnds() throws Exception {
        try (OtherProcess other = OtherProcess.open(disk.toUri())) {
            assertThat(other.said()).isEqualTo("OPEN");
            assertRefused(disk.toUri(), Reason.IN_USE, "another process has locked it");
            assertRefused(readOnly(disk), Reason.IN_USE, "another process has locked it");
        }
        open(disk.toUri());
    }

    @Test
    @DisplayName("U10: a file that we have is in use for another process until our last device on it is closed")
    void aFileThatWeHave_isInUseForAnotherProcess_untilOurLastDeviceOnItIsClosed() throws Exception {
        Path link = Files.createLink(folder.resolve("link.img"), disk);
        BlockDevice first = open(disk.toUri());
        BlockDevice second = open(link.toUri());
        assertOtherProcess(disk.toUri(), "IN_USE");

        first.close();
        assertOtherProcess(disk.toUri(), "IN_USE");

        second.close();
        Awaitility.await().atMost(Requests.DEADLINE).untilAsserted(() -> assertOtherProcess(disk.toUri(), "OPEN"));
    }

    @Test
    void manyMayRead_whileNobodyWrites() throws Exception {
        open(readOnly(disk));

        assertOtherProcess(readOnly(disk), "OPEN");
        assertOtherProcess(disk.toUri(), "IN_USE");
    }

    @Test
    void aWriterMayJoinOurReader_andTheLockFollows() throws Exception {
        open(readOnly(disk));
        BlockDevice writer = open(disk.toUri());
        assertOtherProcess(readOnly(disk), "IN_USE");

        writer.close();

        Awaitility.await().atMost(Requests.DEADLINE).untilAsserted(() -> assertOtherProcess(readOnly(disk), "OPEN"));
        assertOtherProcess(disk.toUri(), "IN_USE");
    }

    @Test
    void aWriterThatIsRefused_leavesOurReaderItsLock() throws Exception {
        BlockDevice reader = open(readOnly(disk));
        try (OtherProcess other = OtherProcess.open(readOnly(disk))) {
            assertThat(other.said()).isEqualTo("OPEN");
            assertRefused(disk.toUri(), Reason.IN_USE, "another process has locked it");
        }
        assertOtherProcess(disk.toUri(), "IN_USE");
        reader.close();
        Awaitility.await().atMost(Requests.DEADLINE).untilAsserted(() -> assertOtherProcess(disk.toUri(), "OPEN"));
    }

    @Test
    void aProcessThatLocksNothing_isNotHindered() throws Exception {
        String nbdkit = Tools.require("nbdkit").toString();
        Tools.require("nbdinfo");
        open(disk.toUri());

        String size = Command.output(nbdkit, "-U", "-", "file", disk.toString(), "--run", "nbdinfo --size \"$uri\"");

        assertThat(size).isEqualTo("1048576");
    }

    @Test
    void qemuAndWe_respectEachOther() throws Exception {
        String qemuIo = Tools.require("qemu-io").toString();
        Process qemu = new ProcessBuilder(qemuIo, "-f", "raw", disk.toString()).start();
        try {
            Awaitility.await("qemu-io has opened the file")
                    .atMost(Requests.DEADLINE)
                    .untilAsserted(() -> assertRefused(disk.toUri(), Reason.IN_USE, "another process has locked it"));
        } finally {
            qemu.destroy();
            qemu.waitFor();
        }
        open(disk.toUri());
        assertThat(Command.run(qemuIo, "-f", "raw", "-c", "write 0 4k", disk.toString()))
                .satisfies(refused -> assertThat(refused.isSuccess()).isFalse())
                .satisfies(refused -> assertThat(refused.output()).contains("lock"));
    }

    @Test
    void aMountedDevice_isInUse_andOneThatWeHaveCannotBeMounted() throws Exception {
        LoopDevice.requireRoot();
        Path file = TestFiles.sparse(folder.resolve("fs.img"), 8 << 20);
        Path mountPoint = Files.createDirectory(folder.resolve("mnt"));
        String mount = Tools.require("mount").toString();
        Command.output(Tools.require("mkfs.ext4").toString(), "-q", file.toString());
        try (LoopDevice loop = LoopDevice.attach(file, 512)) {
            Command.output(mount, loop.path().toString(), mountPoint.toString());
            try {
                assertRefused(loop.path().toUri(), Reason.IN_USE, "it is mounted");
            } finally {
                Command.output(Tools.require("umount").toString(), mountPoint.toString());
            }
            BlockDevice first = open(loop.path().toUri());
            Path alias = Files.createSymbolicLink(folder.resolve("alias"), loop.path());
            BlockDevice second = open(alias.toUri());
            first.close();
            assertThat(Command.run(mount, loop.path().toString(), mountPoint.toString())
                            .isSuccess())
                    .isFalse();
            second.close();
            Files.delete(alias);
        }
    }

    // ---- helpers

    private static URI readOnly(Path path) {
        return URI.create(path.toUri() + "?readonly=true");
    }

    private BlockDevice open(URI uri) throws DeviceException {
        BlockDevice device = factory.open("disk", uri);
        open.add(device);
        return device;
    }

    private static void assertOtherProcess(URI uri, String said) throws Exception {
        try (OtherProcess other = OtherProcess.open(uri)) {
            assertThat(other.said()).startsWith(said);
        }
    }

    private void assertRefused(URI uri, Reason reason, String message) {
        DeviceException refusal = catchThrowableOfType(
                DeviceException.class, () -> factory.open("disk", uri).close());
        assertThat(refusal).as("refusal of %s", uri).isNotNull();
        assertThat(refusal.reason()).as(refusal.getMessage()).isEqualTo(reason);
        assertThat(refusal).hasMessageStartingWith("Cannot open /").hasMessageContaining(message);
    }
}
